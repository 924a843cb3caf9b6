"""The room of the kader when the year ends at a bound: kader − bound, once, for marts and pages.

Not here: the bounds (`levels.py`, `pgb.py`), and the room on every path (`exceedance.py`).
"""

import polars as pl

from wlz.words.vocabulary import MONEY, PLACE

CELL = ["scenario", "part", "level", *PLACE]
# The least room is left at the upper bound of the year.
_LEFT_AT = {
    "available_lower_80_eur": "upper_80_eur",
    "available_upper_80_eur": "lower_80_eur",
    "available_lower_95_eur": "upper_95_eur",
    "available_upper_95_eur": "lower_95_eur",
}
ROOM_BOUNDS, BOUNDS = list(_LEFT_AT), sorted(_LEFT_AT.values())


def state_room(bounds: pl.DataFrame, utilisation: pl.DataFrame) -> pl.DataFrame:
    """Bounds with `available_lower_80_eur` … `available_upper_95_eur` beside them; the same rows in the same order.

    In: FORECAST_BOUNDS and UTILISATION without their vintage, all scenarios. To the cent of the published bound, so
    that kader − bound is what a reader finds. Null where there is no kader to hold it against: months, groups, series.
    """
    kader = utilisation.select(*CELL, pl.col("budget_eur").cast(MONEY).alias("kader"), period=pl.lit("year"))
    beside = bounds.join(kader, on=[*CELL, "period"], how="left", maintain_order="left")
    return beside.with_columns(room_at_bounds("kader")).drop("kader")


def room_at_bounds(kader: str) -> list[pl.Expr]:
    """The columns ``ROOM_BOUNDS`` of rows that hold a kader, in euro to the cent, and the bounds of the same year."""
    return [
        (pl.col(kader) - pl.col(bound).round(2, mode="half_to_even").cast(MONEY)).cast(MONEY).alias(name)
        for name, bound in _LEFT_AT.items()
    ]
