"""Bounds of pgb as rows: per region, uitvoerder and the nation, from the joint paths of `pgb/paths.py`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.read_off import EURO_BOUNDS, VOLUME_BOUNDS
from wlz.forecasting.sampling import take_bounds
from wlz.pgb.paths import PgbPaths
from wlz.words.months import MONTHS_PER_YEAR
from wlz.words.vocabulary import NATION

Samples = npt.NDArray[np.float64]
UNCERTAINTY = "stand of grants; not: policy of the year, pgb stop"
DECIMALS = 2  # of euro


class PgbBounds(NamedTuple):
    """Rows of FORECAST_BOUNDS of part pgb, without scenario: they are the same in all.

    `year`: per uitvoerder and for the nation the December stand on every path (n,).
    """

    rows: pl.DataFrame
    year: dict[str, Samples]


def bound_pgb(paths: PgbPaths, forecast: pl.DataFrame) -> PgbBounds:
    """Rows per level × period × month of the months not yet known in every region, with expectation and bounds.

    A stand is cumulative by itself: month and cumulative are the same, the year is December. Stands of uitvoerders and
    the nation are sums of their regions on every path. `forecast` is that of ``pgb.forecast_pgb``.
    """
    sums: dict[str, Samples] = {NATION: paths.euro.sum(axis=0)}
    for name in sorted(set(paths.uitvoerders)):
        sums[name] = paths.euro[[uitvoerder == name for uitvoerder in paths.uitvoerders]].sum(axis=0)
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
    for name, samples in sums.items():
        inside = filled if name == NATION else filled.filter(pl.col("wlz_uitvoerder") == name)
        levels.append(("national" if name == NATION else "uitvoerder", name, NATION, samples, inside))
    rows = pl.concat([_level_rows(*level, paths.months) for level in levels])
    month = rows.join(open_months.filter("is_open").select("month"), on="month", how="semi")
    cumulative = month.with_columns(period=pl.lit("cumulative"))
    december = month.filter(pl.col("month").dt.month() == MONTHS_PER_YEAR).with_columns(period=pl.lit("year"))
    year = {name: stands[:, -1] for name, stands in sums.items()}
    return PgbBounds(pl.concat([month, cumulative, december]), year)


def _level_rows(
    level: str, uitvoerder: str, region: str, samples: Samples, inside: pl.DataFrame, months: Sequence[date]
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
            "month": months,
            "expected_eur": [round(expected.get(month, 0.0), DECIMALS) for month in months],
            **{name: bounds[place] for place, name in enumerate(EURO_BOUNDS)},
            "uncertainty": UNCERTAINTY,
        }
    ).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("prestatiegroep", "prestatiecode")),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("expected_volume", *VOLUME_BOUNDS)),
    )
