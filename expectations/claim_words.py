"""Units and prices in words: what the findings of ``claim_prices.py`` say."""

from collections.abc import Mapping
from typing import Any

EXCHANGED = {  # by factor, declared unit and whether the price is too high
    (60.0, "01", True): ", hours under the code of minutes",
    (60.0, "04", False): ", minutes under the code of hours",
}


def describe_unit(row: Mapping[str, Any], own_year: int) -> str:
    """One verdict in words: who, which months, prices and volume, what fits, what it does to the mean price."""
    against = {
        "own": f"its own price of {own_year}",
        "agreed": "the agreed price",
        "national": "the national median",
        "maximum": "the legal maximum",
    }[row["reference"]]
    volume = "unknown" if row["volume_ratio"] is None else f"{show_ratio(row['volume_ratio'])} x"
    prices = f"{show_price(row['price'])} against {show_price(row['reference_price'])}"
    text = (
        f"{name_place(row)}, unit {row['unit_code']}, {_period(row['first_month'], row['last_month'])}: price "
        f"{show_ratio(row['price_ratio'])} x {against} ({prices}), volume {volume}; {_describe_fit(row)}"
    )
    if row["older_eur"] is not None:
        text += f"; older months at about that price hold € {row['older_eur']:,.0f}"
    if row["mean_price_without"] is None:
        return text
    text += (
        f"; mean price of {row['wlz_uitvoerder']} in {row['last_year']} as delivered {show_price(row['mean_price'])}, "
        f"without it {show_price(row['mean_price_without'])}"
    )
    if row["status"] == "unit_error_confirmed":
        return f"{text}, which is used"
    return f"{text}: € {row['price_effect_eur']:,.0f} on what was claimed of it in that year"


def _describe_fit(row: Mapping[str, Any]) -> str:
    if row["status"] == "mixture":
        unit, part = ("larger", "reported") if row["price_ratio"] > 1 else ("smaller", "real")
        return f"{row['share']:.1%} of the {part} volume in the {unit} unit would explain it"
    if row["status"] == "volume_factor_60":
        return "volume and amount are both too high"
    fits = f"fits {row['candidates']}{EXCHANGED.get((row['factor'], row['unit_code'], row['price_ratio'] > 1), '')}"
    if row["status"] == "scale_error":
        return f"fits {row['candidates']}: the volume is not what is wrong, the amount is"
    if row["status"] == "unit_error_confirmed":
        return f"{fits}, confirmed by the volume, which counts {'times' if row['price_ratio'] > 1 else 'divided by'} 60"
    if row["is_confirmed"]:
        return f"{fits}, confirmed by the volume"
    doubt = "no volume to confirm it" if row["volume_ratio"] is None else "the volume does not confirm it"
    return f"{fits}, {doubt}"


def name_place(row: Mapping[str, Any]) -> str:
    """Uitvoerder, zorgkantoor, provider and prestatie of a row."""
    place = f"zorgkantoor {row['zorgkantoor_code']}"
    provider = f"provider {row['agb_code']}" if row["agb_code"] else "all providers together"
    return f"{row['wlz_uitvoerder'] or 'unknown uitvoerder'}, {place}, {provider}, prestatie {row['prestatiecode']}"


def _period(first: Any, last: Any) -> str:
    return f"{first:%Y-%m}" if first == last else f"{first:%Y-%m} to {last:%Y-%m}"


def show_price(euro: float) -> str:
    """A price with as many digits as it needs."""
    return f"€ {euro:,.2f}" if euro >= 10 else f"€ {euro:.4f}"


def show_ratio(ratio: float) -> str:
    """A ratio with as many digits as it needs."""
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.3f}"
