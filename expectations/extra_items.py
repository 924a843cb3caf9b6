"""Rules on what is delivered for the extra items: the na-ijl of a closed year (L09)."""

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, BudgetView, holds_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule


def measure_na_ijl(view: BudgetView) -> pl.DataFrame:
    """Uitvoerders whose late claims of a year lie further from 0 than ``na_ijl_warn_percent``; below 0 is allowed.

    The euro is the percentage of the zin kader of the uitvoerder's zorgkantoren, empty where no kader is known.
    ``distance_percent`` is the percentage without its sign, as printed (0.10 is 0.10 %).
    """
    kader = _kader_of_uitvoerders(view)
    far = view.rows.with_columns(pl.col("lag_percentage").abs().alias("distance_percent")).filter(
        pl.col("distance_percent") > view.assumptions["na_ijl_warn_percent"]
    )
    found = far.join(kader, on="wlz_uitvoerder", how="left").sort("reference_year", "wlz_uitvoerder")
    columns = (
        "wlz_uitvoerder",
        one_each(),
        (pl.col("distance_percent") / 100 * pl.col("kader_eur")).alias("at_stake_eur"),
        "reference_year",
        pl.col("lag_percentage").round(4),
        "distance_percent",
    )
    return keep_largest(found.select(columns))


def _kader_of_uitvoerders(view: BudgetView) -> pl.DataFrame:
    """Zin kader per wlz_uitvoerder, of the codes that hold in the delivery month; no rows when no kader is known."""
    known = pl.DataFrame(
        list((view.kader_by_code or {}).items()),
        schema={"zorgkantoor_code": pl.String, "kader_eur": pl.Float64},
        orient="row",
    )
    return (
        view.crosswalk.select(CROSSWALK_COLUMNS)
        .filter(holds_on(pl.lit(view.delivery_month)))
        .join(view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
        .join(known, on="zorgkantoor_code")
        .group_by("wlz_uitvoerder")
        .agg(pl.col("kader_eur").sum())
    )


RULES = (
    Rule(
        check_id="L09",
        title="na-ijl outside history",
        why=(
            "The na-ijl of the letter lies between 0 and 0.15 %; a percentage beyond that is a year not closed, or "
            "another unit."
        ),
        kinds=("na_ijl",),
        severity="warn",
        metrics=measure_na_ijl,
        expectation=NO_FINDINGS,
        expected="between −0.15 and 0.15 % of the year, as printed (0.10 is 0.10 %)",
        cause="another reference year, or a factor of a hundred",
        action="The percentage is used in scenarios that add the na-ijl",
        next_step="ask the Wlz-uitvoerder for the claims of that year as known now and a year ago",
        escalation=Escalation("distance_percent", "na_ijl_block_percent"),
    ),
)
