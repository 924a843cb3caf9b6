"""What past advices said of a year that is settled by now, beside what was claimed in it."""

from datetime import date

import polars as pl

from wlz.forecasting.backtest import ACCURACY_SCHEMA
from wlz.words.vocabulary import SERIES_KEY

DECEMBER = 12
AMOUNT = pl.Float64()


def settled_year(last_base_month: date) -> int:
    """The last calendar year of which all months are old enough.

    >>> settled_year(date(2017, 12, 1)), settled_year(date(2018, 3, 1))
    (2017, 2017)
    """
    return last_base_month.year if last_base_month.month == DECEMBER else last_base_month.year - 1


def compare_advice(
    revenue: pl.DataFrame, series: pl.DataFrame, prestaties: pl.DataFrame, year: int, delivered: str
) -> pl.DataFrame:
    """Accuracy of one advice on `year`, per scenario: rows of `backtest.ACCURACY_SCHEMA`, horizon null (the year).

    In: its REVENUE; `series`, the claims as known now (declared_amount_eur per prestatie, uitvoerder, care month).
    Only what is in the base counts on both sides: no meerzorg, no extra items. Levels series (prestatie ×
    uitvoerder), uitvoerder and national; engine is 'advice YYYY-MM SCENARIO'. Limit: months that the advice took as
    declared count as forecast too, and bounds of past advices are not read back.
    """
    in_base = prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    of_year = series.filter(pl.col("care_month").dt.year() == year).join(in_base, on="prestatiecode", how="semi")
    actual = of_year.group_by(SERIES_KEY).agg(pl.col("declared_amount_eur").sum().cast(AMOUNT).alias("actual"))
    said = (
        revenue.filter("in_base", pl.col("care_month").dt.year() == year)
        .group_by("scenario", *SERIES_KEY)
        .agg(pl.col("forecast_amount_eur").sum().cast(AMOUNT).alias("said"))
    )
    rows = []
    for (scenario,), of_scenario in said.group_by("scenario", maintain_order=True):
        both = (
            of_scenario.drop("scenario")
            .join(actual, on=SERIES_KEY, how="full", coalesce=True)
            .fill_null(0.0)
            .sort(SERIES_KEY)
        )
        for level, units in (("series", SERIES_KEY), ("uitvoerder", ["wlz_uitvoerder"]), ("national", [])):
            summed = (
                both.group_by(units, maintain_order=True).agg(pl.col("said", "actual").sum())
                if units
                else both.select(pl.col("said", "actual").sum())
            )
            error, size = summed["said"] - summed["actual"], float(summed["actual"].abs().sum())
            if size > 0:
                measured = (float(error.abs().sum()) / size, float(error.sum()) / size)
                rows.append((f"advice {delivered} {scenario}", level, None, 1, summed.height, *measured, *[None] * 4))
    return pl.DataFrame(rows, schema=ACCURACY_SCHEMA, orient="row")
