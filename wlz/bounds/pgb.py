"""Bounds of pgb as rows: per region, uitvoerder and the nation, from the joint paths of `pgb/paths.py`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.valued_paths import EURO_BOUNDS, VOLUME_BOUNDS
from wlz.forecasting.sampling import take_bounds
from wlz.pgb.paths import PgbPaths
from wlz.words.vocabulary import NATION

Samples = npt.NDArray[np.float64]
UNCERTAINTY = "stand of grants; not: policy of the year, pgb stop"
CENT = 2


def sum_pgb(paths: PgbPaths) -> dict[str, Samples]:
    """Stands (n, 12) per uitvoerder and for the nation (Landelijk): sums of the regions on every path."""
    sums: dict[str, Samples] = {NATION: paths.euro.sum(axis=0)}
    for name in sorted(set(paths.uitvoerders)):
        sums[name] = paths.euro[[uitvoerder == name for uitvoerder in paths.uitvoerders]].sum(axis=0)
    return sums


def bound_pgb(paths: PgbPaths, forecast: pl.DataFrame) -> pl.DataFrame:
    """Rows per level × period × month of the months not yet known in every region, with expectation and bounds.

    A stand is cumulative by itself: month and cumulative are the same, the year is December. `forecast` is that of
    ``pgb.forecast_pgb``. Columns as in `advice_bounds.ROW_COLUMNS` without scenario.
    """
    stand = pl.coalesce("granted_stand_eur", "forecast_stand_eur").cast(pl.Float64)
    of_year = forecast.filter(pl.col("month").is_in(paths.months))
    open_months = of_year.group_by("month").agg(pl.col("granted_stand_eur").is_null().any().alias("is_open"))
    filled = of_year.sort("zorgkantoorregio", "month").with_columns(
        stand.forward_fill().backward_fill().over("zorgkantoorregio").alias("stand")
    )
    levels: list[tuple[str, str, str, Samples, pl.DataFrame]] = [
        ("region", uitvoerder, region, paths.euro[row], filled.filter(pl.col("zorgkantoorregio") == region))
        for row, (region, uitvoerder) in enumerate(zip(paths.regions, paths.uitvoerders, strict=True))
    ]
    for name, samples in sum_pgb(paths).items():
        inside = filled if name == NATION else filled.filter(pl.col("wlz_uitvoerder") == name)
        levels.append(("national" if name == NATION else "uitvoerder", name, NATION, samples, inside))
    rows = pl.concat([_level_rows(*level, paths) for level in levels])
    month = rows.join(open_months.filter("is_open").select("month"), on="month", how="semi")
    cumulative = month.with_columns(period=pl.lit("cumulative"))
    december = month.filter(pl.col("month").dt.month() == 12).with_columns(period=pl.lit("year"))
    return pl.concat([month, cumulative, december])


def _level_rows(
    level: str, uitvoerder: str, region: str, samples: Samples, inside: pl.DataFrame, paths: PgbPaths
) -> pl.DataFrame:
    expected: Mapping[object, float] = dict(inside.group_by("month").agg(pl.col("stand").sum()).iter_rows())
    bounds = take_bounds(samples)
    return pl.DataFrame(
        {
            "part": "pgb",
            "level": level,
            "wlz_uitvoerder": uitvoerder,
            "zorgkantoorregio": region,
            "period": "month",
            "month": paths.months,
            "expected_eur": [round(expected.get(month, 0.0), CENT) for month in paths.months],
            **{name: bounds[place] for place, name in enumerate(EURO_BOUNDS)},
            "uncertainty": UNCERTAINTY,
        }
    ).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("prestatiegroep", "prestatiecode")),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("expected_volume", *VOLUME_BOUNDS)),
    )
