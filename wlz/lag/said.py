"""What every delivery said of every care month, as arrays: of cells in euro, of single series in volume.

Rows of CLAIMS_SNAPSHOT in. What follows from them is in `complete.py` and `how_sure.py`.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from wlz.forecasting.ets import FloatArray
from wlz.runoff.retrospect import ERROR_LAGS
from wlz.words.months import month_number, number_months
from wlz.words.vocabulary import SERIES_KEY

LAGS = 36  # months of lag followed; older months are complete


def build_cells(snapshots: pl.DataFrame, series: pl.DataFrame, months: Sequence[date]) -> FloatArray:
    """Cumulative euro at one price per series, (cells, months, LAGS): [n, t, l] as known l + 1 months after month t.

    `series` has prestatiecode, wlz_uitvoerder, cell and price. A delivery in which an uitvoerder has no row of a month
    at all says nothing of it (NaN) when the month is the youngest; a cell without rows in a delivered month is 0.
    """
    first, count = months[0], len(months)
    number = number_months("care_month") - month_number(first)
    lag = number_months("delivery_month") - number_months("care_month")
    placed = (
        snapshots.with_columns(number.alias("t"), (lag - 1).alias("l"))
        .filter(pl.col("t").is_between(0, count - 1), pl.col("l").is_between(0, LAGS - 1))
        .join(series, on=SERIES_KEY, how="inner")
    )
    value = (pl.col("declared_volume") * pl.col("price")).sum()
    summed = placed.sort("prestatiecode").group_by("cell", "t", "l", maintain_order=True).agg(value.alias("value"))
    cells = int(series["cell"].max()) + 1  # type: ignore[arg-type]
    values = np.full((cells, count, LAGS), np.nan)
    delivered = placed.select("t", "l").unique()
    diagonals = np.unique((delivered["t"] + delivered["l"]).to_numpy())
    t, lags = np.meshgrid(np.arange(count), np.arange(LAGS), indexing="ij")
    values[:, np.isin(t + lags, diagonals)] = 0.0
    values[summed["cell"].to_numpy(), summed["t"].to_numpy(), summed["l"].to_numpy()] = summed["value"].to_numpy()
    return values


def build_series(snapshots: pl.DataFrame, keys: pl.DataFrame, months: Sequence[date]) -> FloatArray:
    """Cumulative volume of every series of `keys`, (series, months, ERROR_LAGS); 0 without a row, NaN not delivered."""
    month = number_months("care_month") - month_number(months[0])
    lag = number_months("delivery_month") - number_months("care_month") - 1
    deliveries = snapshots["delivery_month"].unique()
    rows = (
        snapshots.lazy().with_columns(month.alias("t"), lag.alias("l"))
        .filter(pl.col("t") >= 0, pl.col("l").is_between(0, ERROR_LAGS - 1))
        .join(keys.lazy().with_row_index("row"), on=SERIES_KEY, how="inner")
        .select("row", "t", "l", "declared_volume").collect()
    )  # fmt: skip
    values = np.full((keys.height, len(months), ERROR_LAGS), np.nan)
    delivered = [month_number(delivery) - month_number(months[0]) - 1 for delivery in deliveries]
    values[:, np.isin(np.add.outer(np.arange(len(months)), np.arange(ERROR_LAGS)), delivered)] = 0.0
    values[tuple(rows[name].to_numpy() for name in ("row", "t", "l"))] = rows["declared_volume"].to_numpy()
    return values
