"""The panel of months completed for lag: what scenario completed forecasts from. How they are completed: `lag/`."""

from datetime import date

import polars as pl

from wlz.lag.complete import DAY_UNIT, count_days
from wlz.runoff.completion import UNSURE_MONTHS
from wlz.volumes.volumes import VolumePanel, build_panel
from wlz.words.vocabulary import SERIES_KEY


def completed_panel(
    completed: pl.DataFrame,
    series: pl.DataFrame,
    prestaties: pl.DataFrame,
    *,
    last_month: date,
    successors: pl.DataFrame,
) -> VolumePanel:
    """The panel scenario completed forecasts from: completed volume per day.

    From the first month of the letter's panel to the month before the youngest, of which too little is known.

    In: COMPLETED_SERIES, SERIES (which marks the letter's months); `last_month` is how far the forecast will reach;
    `successors` take over the history of their predecessors.
    Limit: a series that began in the youngest month is not in the panel (check V05 names it).
    """
    first = series.filter("in_forecast_base")["care_month"].min()
    last = completed.filter(pl.col("lag_months") > UNSURE_MONTHS)["care_month"].max()
    assert isinstance(first, date), "the letter's panel has months"
    assert isinstance(last, date), "COMPLETED_SERIES has rows"
    months = pl.date_range(first, last_month, "1mo", eager=True).to_list()
    units = completed.select("prestatiecode").unique().sort("prestatiecode").join(prestaties, on="prestatiecode")
    per_month = pl.DataFrame({"care_month": months})
    kinds = units.select("prestatiecode", (pl.col("unit_code") == DAY_UNIT).alias("by_day"))
    for by_day, unit in ((True, DAY_UNIT), (False, "")):
        days = count_days(months, [unit])[0]
        per_month = per_month.with_columns(pl.Series("days" if by_day else "weekdays", days))
    counted = pl.when("by_day").then("days").otherwise("weekdays")
    per_day = (
        completed.join(kinds, on="prestatiecode", how="left")
        .join(per_month, on="care_month", how="inner")
        .select(*SERIES_KEY, "care_month", (pl.col("completed_volume") / counted).alias("volume"))
    )
    panel = build_panel(per_day, first_month=first, last_observed=last, successors=successors, own_rules=True)
    codes = panel.keys.join(
        units.select("prestatiecode", "unit_code"), on="prestatiecode", how="left", maintain_order="left"
    )
    return panel._replace(days=count_days(months, codes["unit_code"].to_list()))
