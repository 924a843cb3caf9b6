"""Claims beside the delivery before: a column that changed throughout (D14); and one row far from its own series (V08).

Doubled and partial deliveries are judged in ``previous.py``, units and prices per provider in ``claim_prices.py``.
"""

from typing import Any

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, ClaimsView, holds_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule
from expectations.previous import DOUBLED_RISE_RATIO
from wlz.words.large_frames import as_text, parts_of
from wlz.words.months import MONTHS_PER_YEAR, number_months

CLAIMS = ("declaraties",)
CODED = ["prestatiecode", "unit_code"]
MOST = 0.5
PROVIDER_SERIES = ["zorgkantoor_code", "agb_code", *CODED]
_FIVE = 5  # a largest row below five times the mean of the others is no suspect; medians are dear, means are not


def measure_changed_claims(view: ClaimsView) -> pl.DataFrame:
    """Columns of claims that are another thing than in the delivery before, in more than half of its euro.

    Compared in months old enough to stand still (``comparison_minimum_lag_months``), per prestatie and unit. Units
    changed when the prestaties are there and their units are not; volumes or amounts when the sums lie beyond
    ``unit_factor_tolerance`` or are turned, and not when both are twice as much or less (D05, D08); months are moved
    when the sums are nearer to those of the month before than to their own; zorgkantoren are exchanged when more than
    ``restated_block_ratio`` of the whole moved between them. The euro is that of the rows concerned.
    """
    if view.previous_sums is None or view.previous_sums.is_empty():
        return keep_largest(pl.DataFrame())
    delivered = pl.lit(view.previous_month)
    lag = number_months(delivered) - number_months("care_month")
    before = view.previous_sums.filter(lag >= view.assumptions["comparison_minimum_lag_months"])
    now = view.sums.filter(pl.col("care_month") <= before["care_month"].max())
    found = [*_units(now, before), *_scales(view, now, before), *_months(now, before), *_regions(view, now, before)]
    rows = pl.DataFrame(found, schema_overrides={"at_stake_eur": pl.Float64, "factor": pl.Float64} if found else None)
    return keep_largest(rows.with_columns(one_each()) if found else rows)


def _found(column: str, wording: str, euro: float, factor: float | None = None) -> dict[str, Any]:
    return {"column": column, "wording": wording, "at_stake_eur": round(euro, 2), "factor": factor}


def _sum_by(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    return rows.group_by(key).agg(pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64))


def _euro(rows: pl.DataFrame) -> float:
    return float(rows.select(pl.col("amount_eur").cast(pl.Float64).abs().sum()).item() or 0.0)


def _units(now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    per_unit = _sum_by(before, CODED)
    total = _euro(per_unit)
    same_code, same_unit = (_euro(per_unit.join(now, on=key, how="semi")) for key in (["prestatiecode"], CODED))
    return [_found("eenheid", "key", same_code - same_unit)] if same_unit <= MOST * total < same_code else []


def _scales(view: ClaimsView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    limit, found = view.assumptions["unit_factor_tolerance"], []
    beside = _sum_by(now, CODED).join(_sum_by(before, CODED), on=CODED, suffix="_before")
    beside = beside.filter(~_told_whole(view, limit).fill_null(False))
    weight = pl.col("amount_eur_before").abs()
    for name, header in (("volume", "aantal"), ("amount_eur", "bedrag")):
        both = beside.filter((pl.col(name) != 0) & (pl.col(f"{name}_before") != 0)).with_columns(
            ratio=pl.col(name) / pl.col(f"{name}_before")
        )
        total = float(both.select(weight.sum()).item())
        turned = both.filter(pl.col("ratio") < 0)
        size = pl.col("ratio").abs()
        scaled = both.filter((size > limit) | (size < 1 / limit))
        for wording, rows in (("sign", turned), ("scale", scaled)):
            euro = float(rows.select(weight.sum()).item())
            if euro > MOST * total:
                found.append(_found(header, wording, euro, float(rows["ratio"].abs().median() or 0)))  # type: ignore[arg-type]
                break
    return found


def _told_whole(view: ClaimsView, limit: float) -> pl.Expr:
    """Volume and amount are twice as much alike, or less alike: a doubled (D05) or partial (D08) delivery."""
    volume, amount = (pl.col(name) / pl.col(f"{name}_before") for name in ("volume", "amount_eur"))
    is_twice = (amount - 1 - DOUBLED_RISE_RATIO).abs() <= view.assumptions["doubled_rise_tolerance_ratio"]
    return (amount / volume).is_between(1 / limit, limit) & (is_twice | amount.is_between(0, 1))


def _months(now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """Months that say what the month before them said, over all prestaties."""
    key = ["prestatiecode", "month"]
    told, earlier = (
        _sum_by(rows.with_columns(number_months("care_month").alias("month")), key) for rows in (now, before)
    )
    inside = earlier["month"].min(), earlier["month"].max()
    off = []
    for moved in (0, 1):
        other = earlier.with_columns(pl.col("month") + moved)
        both = told.join(other, on=key, how="full", suffix="_before", coalesce=True).filter(
            pl.col("month").is_between(inside[0] + 1, inside[1])  # type: ignore[operator]
        )
        difference = pl.col("amount_eur").fill_null(0.0) - pl.col("amount_eur_before").fill_null(0.0)
        off.append(float(both.select(difference.abs().sum()).item() or 0.0))
    return [_found("zorgmaand", "month", off[0])] if off[1] < MOST * off[0] else []


def _regions(view: ClaimsView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    beside = _sum_by(now, ["zorgkantoor_code"]).join(
        _sum_by(before, ["zorgkantoor_code"]), on="zorgkantoor_code", how="full", suffix="_before"
    )
    change = pl.col("amount_eur").fill_null(0.0) - pl.col("amount_eur_before").fill_null(0.0)
    moved, gained, whole = beside.select(
        change.abs().sum().alias("moved"), change.sum().abs().alias("gained"), pl.col("amount_eur_before").sum()
    ).row(0)
    exchanged = (moved - gained) / 2
    ratio = view.assumptions["restated_block_ratio"]
    return [_found("zorgkantoorcode", "exchanged", exchanged)] if exchanged > ratio * whole else []


def measure_single_claims(view: ClaimsView) -> pl.DataFrame:
    """Rows of which volume or amount is more than ``single_row_factor`` times the median of their own series' others.

    A series is a provider's prestatie at a zorgkantoor. The row must move the year of its uitvoerder (twelve of its
    usual months) by more than ``single_row_ratio``: an amount by itself, a volume at the usual price of the series.
    The euro is what it moves. Series with one month are passed over.
    """
    suspects = pl.concat(_suspects(part.collect()) for part in parts_of(view.by_provider, "agb_code"))
    if suspects.is_empty():
        return keep_largest(pl.DataFrame())
    place = view.crosswalk.select(CROSSWALK_COLUMNS).join(
        view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio"
    )
    placed = suspects.join(place, on="zorgkantoor_code").filter(holds_on(pl.col("care_month")))
    judged = placed.join(_usual_years(view), on="wlz_uitvoerder")
    factor, ratio = view.assumptions["single_row_factor"], view.assumptions["single_row_ratio"]
    size, usual = pl.col("size"), pl.col("usual")
    price = pl.when(pl.col("header") == "aantal").then(pl.col("usual_eur") / usual).otherwise(1.0)
    moved = (size - usual) * price
    found = judged.filter((usual > 0) & (size > factor * usual), moved > ratio * pl.col("year_eur")).select(
        "wlz_uitvoerder",
        *PROVIDER_SERIES,
        one_each(),
        moved.round(2).alias("at_stake_eur"),
        pl.col("header").alias("column"),
        pl.col("care_month").alias("month"),
        size.alias("found"),
        "usual",
    )
    once = found.sort("at_stake_eur", descending=True).unique(
        [*PROVIDER_SERIES, "month"], keep="first", maintain_order=True
    )
    return keep_largest(once)


def _suspects(rows: pl.DataFrame) -> pl.DataFrame:
    """The largest row of a series beside the medians of its other months: header, size, usual, usual_eur."""
    sizes = {"aantal": "volume", "bedrag": "amount_eur"}
    sums = [
        stat
        for name in sizes.values()
        for stat in (pl.col(name).abs().max().alias(f"{name}_max"), pl.col(name).abs().sum().alias(f"{name}_sum"))
    ]
    series = rows.group_by(PROVIDER_SERIES).agg(pl.len().cast(pl.Float64).alias("months"), *sums)
    found = []
    for header, name in sizes.items():
        largest, rest = pl.col(f"{name}_max"), pl.col(f"{name}_sum") - pl.col(f"{name}_max")
        odd = series.filter((pl.col("months") > 1) & (largest * (pl.col("months") - 1) > _FIVE * rest))
        own = as_text(
            rows.join(odd.select(*PROVIDER_SERIES, largest.alias("largest")), on=PROVIDER_SERIES, nulls_equal=True)
        )
        is_largest = pl.col(name).abs() == pl.col("largest")
        usual = own.filter(~is_largest).group_by(PROVIDER_SERIES).agg(
            pl.col(name).abs().median().alias("usual"), pl.col("amount_eur").abs().median().alias("usual_eur")
        )  # fmt: skip
        one = own.filter(is_largest).join(usual, on=PROVIDER_SERIES, nulls_equal=True)
        found.append(
            one.select(
                *PROVIDER_SERIES,
                "care_month",
                pl.col(name).abs().alias("size"),
                "usual",
                "usual_eur",
                header=pl.lit(header),
            )
        )
    return pl.concat(found)


def _usual_years(view: ClaimsView) -> pl.DataFrame:
    """Twelve times the median month of an uitvoerder, of the last two years: no single row moves it."""
    month = pl.lit(view.delivery_month)
    recent = pl.col("care_month").is_between(
        month.dt.offset_by(f"-{2 * MONTHS_PER_YEAR}mo"), month.dt.offset_by("-2mo")
    )
    months = view.monthly.filter(recent).group_by("wlz_uitvoerder", "care_month").agg(pl.col("amount_eur").sum())
    usual = (pl.col("amount_eur").median() * MONTHS_PER_YEAR).alias("year_eur")
    return months.group_by("wlz_uitvoerder").agg(usual)


RULES = (
    Rule(
        check_id="V08",
        title="one row of claims far from its series",
        why="One mistyped volume or amount moves the price of a prestatie, and with it the year.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_single_claims,
        expectation=NO_FINDINGS,
        expected="volumes and amounts at most single_row_factor times the median of the other months of their series, "
        "where that moves the year of the uitvoerder by more than single_row_ratio",
        cause="a mistyped volume or amount",
        action=REFUSED,
        next_step="ask the Wlz-uitvoerder for the right row; accept the check when it is right",
    ),
)
