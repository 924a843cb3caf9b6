"""The bridge between two advices as text: a sentence per component, a table per uitvoerder, the sum to the cent."""

from decimal import Decimal

import polars as pl

from reports.rounding import round_millions
from wlz.words.vocabulary import NATION

# Component → Dutch term, what it says when room was lost, when it was gained, when nothing moved.
_MOVED = "regions that another uitvoerder runs now took their room along, as the earlier advice had it"
_SENTENCES = {
    "moved": ("Verplaatst", _MOVED, _MOVED, "no region is run by another uitvoerder"),
    "volume": (
        "Volume",
        "more care is expected in the months the earlier advice had to forecast, at its prices",
        "less care is expected in the months the earlier advice had to forecast, at its prices",
        "the months the earlier advice had to forecast are expected as they were",
    ),
    "price": (
        "Prijs",
        "a unit of the care expected now is dearer than it was taken to be",
        "a unit of the care expected now is cheaper than it was taken to be",
        "prices stayed",
    ),
    "lag": (
        "Na-ijl",
        "months with claims already, as declared or completed, turned out higher",
        "months with claims already, as declared or completed, turned out lower",
        "no month had claims already, or none changed",
    ),
    "extra_items": (
        "Extra posten",
        "the extra items (crisisbedden, meerzorg, na-ijl and what was declared) together are higher",
        "the extra items (crisisbedden, meerzorg, na-ijl and what was declared) together are lower",
        "the extra items (crisisbedden, meerzorg, na-ijl and what was declared) together stayed",
    ),
    "pgb": (
        "Pgb",
        "the stand of December is expected to be higher",
        "the stand of December is expected to be lower",
        "the expected stand of December stayed",
    ),
    "kader": (
        "Kader",
        "it was lowered, apart from overhevelingen",
        "it was raised, apart from overhevelingen",
        "it stayed, apart from overhevelingen",
    ),
    "transfers": (
        "Overhevelingen",
        "those booked between the two stands of the kader took room",
        "those booked between the two stands of the kader brought room",
        "none between the two stands of the kader changed the room",
    ),
}


def render_bridge(bridge: pl.DataFrame) -> str:
    """Headline, a sentence per component of the nation, the table and the check; amounts in mln and to the cent.

    In: rows of FORECAST_BRIDGE of one delivery month and scenario.
    """
    nation = bridge.filter(wlz_uitvoerder=NATION)
    changes = dict(nation.select("component", "change_eur").iter_rows())
    anyone = bridge.filter(pl.col("component") == "moved", pl.col("change_eur") != 0).height > 0
    sentences = [f"  {_sentence(component, changes.get(component, Decimal(0)), anyone)}" for component in _SENTENCES]
    return "\n".join([_headline(nation), "", *sentences, "", *_table(bridge), "", _check(bridge)])


def _headline(nation: pl.DataFrame) -> str:
    row = nation.row(0, named=True)
    before, after = row["available_before_eur"], row["available_after_eur"]
    compared = "" if row["from_scenario"] == row["scenario"] else f" (the earlier one in {row['from_scenario']})"
    return (
        f"Advice on delivery month {row['from_delivery_month']:%Y-%m} → {row['delivery_month']:%Y-%m}, "
        f"budget year {row['budget_year']}, scenario {row['scenario']}{compared}.\n"
        f"Room in the kader, zin and pgb together: from {_amount(before)} to {_amount(after)},\n"
        f"a change of {_amount(after - before)}:"
    )


def _sentence(component: str, change: Decimal, anyone_moved: bool) -> str:
    """What a component did to the room of the nation; what moved between uitvoerders is nothing for the nation."""
    term, less, more, none = _SENTENCES[component]
    if component == "moved" and anyone_moved:
        none = f"{_MOVED}: the table says whose. For the nation"
    return f"{term}: {none if change == 0 else less if change < 0 else more}: {_amount(change)}."


def _amount(euro: Decimal) -> str:
    """Millions with their sign, and the amount to the cent."""
    return f"€ {_mln(euro)} mln ({_cents(euro)})"


def _cents(euro: Decimal) -> str:
    return f"{euro:+,.2f}" if euro else "0.00"


def _mln(euro: Decimal) -> str:
    rounded = round_millions(euro, 1) or Decimal(0)
    return f"{rounded:+,.1f}" if rounded else "0.0"


def _table(bridge: pl.DataFrame) -> list[str]:
    """Components per uitvoerder in € mln, room before and after at the ends."""
    lines = [["€ mln", "before", *(term.lower() for term, *_ in _SENTENCES.values()), "after"]]
    ordered = bridge.sort(pl.col("wlz_uitvoerder") == NATION, "wlz_uitvoerder")
    for (name,), rows in ordered.group_by("wlz_uitvoerder", maintain_order=True):
        changes = dict(rows.select("component", "change_eur").iter_rows())
        first, last = rows["available_before_eur"][0], rows["available_after_eur"][0]
        parts = [changes.get(component, Decimal(0)) for component in _SENTENCES]
        lines.append([str(name), *map(_mln, [first, *parts, last])])
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return [
        "  ".join([name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))])
        for name, *cells in lines
    ]


def _check(bridge: pl.DataFrame) -> str:
    """Do the components add up to the difference, for the nation and for everyone?"""
    summed = bridge.group_by("wlz_uitvoerder").agg(
        pl.col("change_eur").sum().alias("parts"),
        (pl.col("available_after_eur").first() - pl.col("available_before_eur").first()).alias("difference"),
    )
    nation = summed.filter(wlz_uitvoerder=NATION).row(0, named=True)
    off = summed.filter(pl.col("parts") != pl.col("difference"))["wlz_uitvoerder"].sort().to_list()
    closes = f"to the cent, for each of the {summed.height - 1} uitvoerders too" if not off else f"not for {off}"
    return f"Sum of the components {_cents(nation['parts'])}; after − before {_cents(nation['difference'])}: {closes}."
