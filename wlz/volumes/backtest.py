"""The backtest of an advice's own series: which months, which weights, which sums."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from wlz.forecasting.backtest import ACCURACY_SCHEMA, BacktestError, backtest_panel
from wlz.forecasting.engines import Engine
from wlz.volumes.volumes import build_panel
from wlz.words.vocabulary import SERIES_KEY

PRICE_MONTHS = 12


def backtest_series(
    series: pl.DataFrame,
    *,
    last_observed: date,
    fit_months: int,
    paths: int,
    engines: Mapping[str, Engine],
    prestaties: pl.DataFrame,
    origins: int | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Accuracy per engine × level × horizon of the claims series; columns of `backtest.ACCURACY_SCHEMA`.

    In: SERIES (declared_volume, declared_amount_eur per prestatie, uitvoerder, care month); all months up to
    `last_observed` count, also those before the window of the forecast. Series are weighed by their mean price of the
    last twelve months, so that sums are euro at constant prices; meerzorg is left out, as in the expectation. Levels:
    series, group (prestatiegroep × uitvoerder), uitvoerder, national. Without enough history there are no rows.
    """
    in_base = prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode", "prestatiegroep")
    known = series.filter(pl.col("care_month") <= last_observed).join(
        in_base.select("prestatiecode"), on="prestatiecode", how="semi"
    )
    if known.is_empty():
        return pl.DataFrame(schema=ACCURACY_SCHEMA)
    first: date = known["care_month"].min()  # type: ignore[assignment]
    panel = build_panel(known.rename({"declared_volume": "volume"}), first_month=first, last_observed=last_observed)
    keys = panel.keys.join(_mean_prices(known), on=SERIES_KEY, how="left", maintain_order="left").join(
        in_base, on="prestatiecode", how="left", maintain_order="left"
    )
    group = keys.select(pl.concat_str("prestatiegroep", "wlz_uitvoerder", separator="/")).to_series()
    groups = {"group": _number(group), "uitvoerder": _number(keys["wlz_uitvoerder"])}
    try:
        measured = backtest_panel(
            panel.observed,
            panel.ids,
            month_of_year=panel.month_of_year,
            engines=engines,
            origins=origins,
            weights=keys["price"].fill_null(0.0).to_numpy(),
            groups=groups,
            fit_months=fit_months,
            paths=paths,
            seed=seed,
        )
    except BacktestError:
        return pl.DataFrame(schema=ACCURACY_SCHEMA)
    return measured.with_columns(pl.col("level").replace("total", "national"))


def _mean_prices(known: pl.DataFrame) -> pl.DataFrame:
    last = pl.lit(known["care_month"].max()).dt.offset_by(f"-{PRICE_MONTHS - 1}mo")
    recent = known.filter(pl.col("care_month") >= last).sort(*SERIES_KEY, "care_month")
    volume, amount = pl.col("declared_volume").sum(), pl.col("declared_amount_eur").sum().cast(pl.Float64)
    price = pl.when((volume > 0) & (amount > 0)).then(amount / volume)
    return recent.group_by(SERIES_KEY, maintain_order=True).agg(price.alias("price"))


def _number(names: pl.Series) -> np.ndarray:
    return names.rank("dense").cast(pl.Int64).to_numpy() - 1
