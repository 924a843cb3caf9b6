"""Codes that ended and go on under others, in scenarios that do not follow them (`letter`): what their year lacks.

The letter forecasts every code by itself: one that ended is 0, and what takes over has no history yet. Here: how much
of last year's care is then in nobody's forecast. Scenarios with rules of ours follow hand-overs (`hand_overs.py`).
"""

from collections.abc import Iterable
from datetime import date

import polars as pl

NOT_FOLLOWED_SCHEMA: dict[str, pl.DataType] = {
    "scenario": pl.String(), "wlz_uitvoerder": pl.String(), "prestatiecode": pl.String(),
    "last_year_eur": pl.Float64(), "lacks_eur": pl.Float64(), "lacks_ratio": pl.Float64(),
}  # fmt: skip


def list_not_followed(
    revenue: pl.DataFrame, series: pl.DataFrame, prestaties: pl.DataFrame, successors: pl.DataFrame, budget_year: int
) -> pl.DataFrame:
    """What the year of a scenario lacks per uitvoerder and code that ended: NOT_FOLLOWED_SCHEMA, largest first.

    In: REVENUE of the scenarios in question; SERIES; `prestaties` with valid_to and is_meerzorg, which is an extra item
    and left out here; `successors` of the list, whatever their state. Codes that are linked are taken together, since
    care may move between all of them: of what they claimed in the year before, less what is expected of them now, each
    code that ended by the end of the budget year has its part by its euro of the year before. No row where nothing is
    lacking.

    >>> list_not_followed(revenue, series, prestaties, successors, 2025)  # doctest: +SKIP
    """
    families = _families(successors.select("prestatiecode", "successor").iter_rows())
    ended = prestaties.filter(pl.col("valid_to") <= date(budget_year, 12, 31)).select("prestatiecode", is_ended=True)
    known = pl.DataFrame(
        list(families.items()), schema={"prestatiecode": pl.String, "family": pl.Int64}, orient="row"
    ).join(ended, on="prestatiecode", how="left")
    of_last_year = series.filter(pl.col("care_month").dt.year() == budget_year - 1)
    in_base = of_last_year.join(prestaties.filter("is_meerzorg"), on="prestatiecode", how="anti")
    before = _sum(in_base, "declared_amount_eur", [])
    now = _sum(revenue.filter("in_base"), "forecast_amount_eur", ["scenario"])
    scenarios = revenue.select("scenario").unique().sort("scenario")
    place = ["scenario", "wlz_uitvoerder"]
    rows = (
        scenarios.join(before.rename({"euro": "last_year_eur"}), how="cross")
        .join(now.rename({"euro": "expected_eur"}), on=[*place, "prestatiecode"], how="full", coalesce=True)
        .join(known, on="prestatiecode")
        .with_columns(pl.col("last_year_eur", "expected_eur").fill_null(0.0))
    )
    of_family, mine = [*place, "family"], pl.col("is_ended").fill_null(False)
    lacking = (pl.col("last_year_eur") - pl.col("expected_eur")).sum().over(of_family)
    had = pl.col("last_year_eur").filter(mine).sum().over(of_family)
    lacks = lacking * pl.col("last_year_eur") / had
    found = rows.with_columns(pl.when(had > 0).then(lacks).alias("lacks_eur")).filter(mine, pl.col("lacks_eur") > 0)
    shared = found.with_columns((pl.col("lacks_eur") / pl.col("last_year_eur")).alias("lacks_ratio"))
    return (
        shared.select(NOT_FOLLOWED_SCHEMA.keys())
        .cast(NOT_FOLLOWED_SCHEMA)  # type: ignore[arg-type]
        .sort("lacks_eur", "scenario", "wlz_uitvoerder", "prestatiecode", descending=[True, False, False, False])
    )


def _sum(frame: pl.DataFrame, amount: str, more: list[str]) -> pl.DataFrame:
    summed = frame.group_by(*more, "wlz_uitvoerder", "prestatiecode")
    return summed.agg(pl.col(amount).sum().cast(pl.Float64).alias("euro"))


def _families(links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Code → number of the family it is in: codes that are linked, directly or by way of others."""
    family: dict[str, int] = {}
    for number, (old, new) in enumerate(links):
        merged = {family[code] for code in (old, new) if code in family}
        family |= dict.fromkeys([*(one for one, of in family.items() if of in merged), old, new], number)
    return family
