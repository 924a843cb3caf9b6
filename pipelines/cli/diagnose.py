"""The diagnosis of one published series, for `wlz explain`: months from the mart, computed now, nothing written."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.cli.text.diagnosis import render_diagnosis
from warehouse.duck import run_query
from warehouse.withdrawals import newest_month
from wlz.forecasting.diagnosis import diagnose_series
from wlz.forecasting.ets import FloatArray

NOTHING_TO_DIAGNOSE = "No diagnosis: no month of this series was observed."


def diagnose_published(database: Path, prestatiecode: str, wlz_uitvoerder: str) -> str:
    """Diagnosis, as text, of the observed months of a series in the latest advice.

    Of several scenarios `letter` is read, because there no month is set aside; without it the first by name. The
    engine compared with is the one published there.
    """
    code, uitvoerder = (value.replace("'", "''") for value in (prestatiecode, wlz_uitvoerder))
    rows = run_query(
        database,
        f"""
        SELECT scenario, care_month, observed_volume, engine FROM marts.volume_forecast
        WHERE prestatiecode = '{code}' AND wlz_uitvoerder = '{uitvoerder}'
            AND delivery_month = DATE '{newest_month(database)}'
        ORDER BY scenario <> 'letter', scenario, care_month
        """,
    )
    observed = rows.filter(pl.col("scenario") == pl.col("scenario").first()).drop_nulls("observed_volume")
    if observed.is_empty():
        return NOTHING_TO_DIAGNOSE
    values, first_month = spread_months(observed)
    return render_diagnosis(diagnose_series(values, first_month, chosen_engine=observed["engine"][0]))


def spread_months(observed: pl.DataFrame) -> tuple[FloatArray, date]:
    """Observed rows (care_month, observed_volume) as months in order, NaN where there is no row; and the first one."""
    months = observed["care_month"].to_numpy().astype("datetime64[M]").astype(np.int64)
    values = np.full(int(months[-1] - months[0]) + 1, np.nan)
    values[months - months[0]] = observed["observed_volume"].to_numpy()
    return values, observed["care_month"][0]
