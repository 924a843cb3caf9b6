"""Volumes of the coming months: from series to a panel, edge cases, an engine's forecast, overrides.

One series per prestatie and Wlz-uitvoerder, months as first-of-month dates, volumes in the unit of the prestatie.
Engines are in `engines/`, edge cases in `forecasting/one_panel.py` and `forecasting/edge_cases.py`; prices (`prices/`)
and bounds (`bounds/valued_paths.py`) come after. A flag says which rule was applied, not what to do about it.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.forecasting.engines import ENGINES, Engine
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray, TextArray
from wlz.forecasting.one_panel import Treated, cut_leading_zeros, find_set_aside, forecast_treated, treat_history
from wlz.hand_overs import spread_links
from wlz.words.faults import Spoken
from wlz.words.months import add_months, month_number, months_between, number_months
from wlz.words.vocabulary import SERIES_KEY


class VolumesError(Spoken, ValueError):
    """Series or a period that cannot be forecast; the message names rows and what was expected."""


class VolumePanel(NamedTuple):
    """N series (rows of `keys`, sorted) × T months from `first_month`; NaN = not observed.

    With `days` (N, T + H) `observed` and `history` are per mean month: volume ÷ days that count in the month, and a
    forecast is multiplied by them again.

    `observed` is what was delivered, `history` what an engine sees: there an odd last month is replaced by what was
    expected of it (and not in `observed`), and a successor has the months of its predecessor. `flags` (name → (N,))
    are the rules found so far.
    """

    keys: pl.DataFrame
    observed: FloatArray
    history: FloatArray
    first_month: date
    flags: Mapping[str, BoolArray]
    days: FloatArray | None = None

    @property
    def ids(self) -> list[str]:
        """`PRESTATIECODE/UITVOERDER` of every series, as people name it."""
        return [f"{code}/{name}" for code, name in self.keys.select(SERIES_KEY).iter_rows()]

    def take(self, wanted: pl.DataFrame) -> "VolumePanel":
        """Only the series named in `wanted` (prestatiecode, wlz_uitvoerder)."""
        rows = self.keys.with_row_index("row").join(wanted, on=SERIES_KEY, how="semi")["row"].to_numpy()
        flags = {name: found[rows] for name, found in self.flags.items()}
        keys, days = self.keys[rows.tolist()], None if self.days is None else self.days[rows]
        return VolumePanel(keys, self.observed[rows], self.history[rows], self.first_month, flags, days)

    @property
    def days_ahead(self) -> FloatArray | None:
        """(N, H): days that count in each month behind the history; None where the panel counts whole months."""
        return None if self.days is None else self.days[:, self.history.shape[1] :]

    @property
    def known(self) -> FloatArray:
        """(N, T): what was delivered, and what was expected of a month that was set aside."""
        known = self.observed.copy()
        known[self.set_aside, -1] = self.history[self.set_aside, -1]
        return known

    @property
    def set_aside(self) -> BoolArray:
        """Series of which the last month was not taken as delivered."""
        return np.isnan(self.observed[:, -1]) & find_set_aside(self.flags)

    @property
    def month_of_year(self) -> int:
        """Of the last observed column; 0 is January."""
        return int(self.first_month.month - 1 + self.history.shape[1] - 1) % SEASON_MONTHS


def forecast_volumes(
    series: pl.DataFrame,
    *,
    first_month: date,
    last_month: date,
    last_observed: date,
    engine: str = "ets_select",
    ended: pl.DataFrame | None = None,
    successors: pl.DataFrame | None = None,
    own_rules: bool = False,
) -> pl.DataFrame:
    """Monthly volumes per prestatie and Wlz-uitvoerder up to `last_month`: `build_panel`, then `forecast_panel`.

    >>> forecast_volumes(series, first_month=date(2015, 1, 1), last_observed=date(2017, 12, 1),
    ...                  last_month=date(2019, 12, 1))  # doctest: +SKIP
    """
    panel = build_panel(
        series, first_month=first_month, last_observed=last_observed, successors=successors, own_rules=own_rules
    )
    return forecast_panel(
        panel, last_month=last_month, engine=engine, ended=ended, successors=successors, own_rules=own_rules
    )


def forecast_panel(
    panel: VolumePanel,
    *,
    last_month: date,
    engine: str = "ets_select",
    run_engine: Engine | None = None,
    ended: pl.DataFrame | None = None,
    successors: pl.DataFrame | None = None,
    own_rules: bool = False,
) -> pl.DataFrame:
    """Monthly volumes of a panel up to `last_month` (S004, annex A.2.1).

    `engine` names it in the output; `run_engine` computes it (default: the registry's). `ended`: prestatiecode,
    end_month (last with care); `successors` adds who takes over. Out: one row per series and month:
    `observed_volume` (null in forecast months), `completed_volume` (null: `volume_scenarios.put_completed` fills it),
    `forecast_volume` (null in observed months), `engine`, `model`,
    `flag` (null or the first of `panel.FLAGS` that applies), the same on all rows of a series; sorted.

    Edge cases (methods, volumes): 1–6 observations → mean, `short`; half or more zeros → mean of the last 12
    observations, `intermittent`; ended → 0, `ended`; a year outside × 0.5–2 of the one before → with `own_rules` held
    at the nearer end, else kept, `growth_outside`; missing months are skipped, never zero, `gap`. Below 0 only where
    history is. Raises VolumesError for an unknown engine or a `last_month` not after the history.

    >>> forecast_panel(build_panel(series, ...), last_month=date(2019, 12, 1))  # doctest: +SKIP
    """
    if engine not in ENGINES:
        raise VolumesError(f"unknown engine '{engine}'; known: {', '.join(ENGINES)}")
    last_observed = add_months(panel.first_month, panel.history.shape[1] - 1)
    horizon = months_between(last_observed, last_month)
    if horizon < 1:
        raise VolumesError(f"expected a last_month after {last_observed}, found {last_month}")
    open_months = _count_open_months(panel.keys, ended, last_observed, horizon)
    found = forecast_treated(
        Treated(panel.history, dict(panel.flags)),
        run_engine or ENGINES[engine],
        horizon,
        month_of_year=panel.month_of_year,
        open_months=open_months,
        own_rules=own_rules,
    )
    point = found.point
    if own_rules:
        point = _start_after_predecessor(panel, point, successors, last_observed)
    return _to_frame(panel, point, engine, found.model, found.flag)


def build_panel(
    series: pl.DataFrame,
    *,
    first_month: date,
    last_observed: date,
    successors: pl.DataFrame | None = None,
    own_rules: bool = False,
) -> "VolumePanel":
    """Series × months of `first_month` … `last_observed`, leading zeros cut, oddities found.

    In: one row per prestatiecode, wlz_uitvoerder, care_month with `volume` (Float64, unit of the prestatie; null is a
    month not delivered, 0 a month without care). With `own_rules` (every scenario but letter) a successor takes over
    the history of its predecessor (`successors`: prestatiecode, successor, end_month), and an odd last month is set
    aside. Limit: a series without an observation in the period is not in the panel. Raises VolumesError for duplicate
    rows, a care_month that is not the first of a month, a volume that is not finite, an empty period.
    """
    if last_observed < first_month:
        raise VolumesError(f"expected first_month ≤ last_observed, found {first_month}, {last_observed}")
    observed_rows = series.filter(
        pl.col("care_month").is_between(first_month, last_observed), pl.col("volume").is_not_null()
    )
    _refuse_wrong_rows(observed_rows)
    if own_rules and successors is not None:
        seen_by_engine = hand_over_history(observed_rows, successors)
    else:
        seen_by_engine = observed_rows.with_columns(is_replaced=pl.lit(False))
    keys = seen_by_engine.select(SERIES_KEY).unique().sort(SERIES_KEY)
    observed = cut_leading_zeros(_spread_rows(observed_rows, keys, first_month, last_observed))
    treated = treat_history(_spread_rows(seen_by_engine, keys, first_month, last_observed), own_rules=own_rules)
    taken_over = seen_by_engine.group_by(SERIES_KEY).agg(pl.col("is_replaced").any())
    replaced = keys.join(taken_over, on=SERIES_KEY, how="left", maintain_order="left")["is_replaced"].to_numpy()
    observed[find_set_aside(treated.flags), -1] = np.nan
    return VolumePanel(keys, observed, treated.history, first_month, {**treated.flags, "replaced": replaced})


def hand_over_history(rows: pl.DataFrame, successors: pl.DataFrame) -> pl.DataFrame:
    """Rows of predecessors up to their end once more under the successor, added to its own; `is_replaced` marks them.

    `successors` are links (`hand_overs.LINK_SCHEMA`; uitvoerder, share and factor may be absent): of the volume the
    share counts, in units of the successor. The predecessor keeps its rows: until its end it is forecast by itself, at
    0 after it. Chains of replacements are followed.
    """
    links = spread_links(successors, rows["wlz_uitvoerder"])
    handed = rows.with_columns(is_replaced=pl.lit(False))
    moving = rows
    for _ in range(links.height):
        moving = (
            moving.join(links, on=SERIES_KEY, how="inner")
            .filter(pl.col("care_month") <= pl.col("end_month"))
            .with_columns(
                pl.col("successor").alias("prestatiecode"), pl.col("volume") * pl.col("share") * pl.col("volume_factor")
            )
            .select(rows.columns)
        )
        if moving.is_empty():
            break
        handed = pl.concat([handed, moving.with_columns(is_replaced=pl.lit(True))])
    return handed.group_by([*SERIES_KEY, "care_month"]).agg(pl.col("volume").sum(), pl.col("is_replaced").any())


def _spread_rows(rows: pl.DataFrame, keys: pl.DataFrame, first_month: date, last_observed: date) -> FloatArray:
    placed = rows.join(keys.with_row_index("row"), on=SERIES_KEY).select(
        "row", (number_months("care_month") - month_number(first_month)).alias("column"), "volume"
    )
    values = np.full((len(keys), months_between(first_month, last_observed) + 1), np.nan)
    values[placed["row"].to_numpy(), placed["column"].to_numpy()] = placed["volume"].to_numpy()
    return values


def _refuse_wrong_rows(observed: pl.DataFrame) -> None:
    key = [*SERIES_KEY, "care_month"]
    for problem, wrong in (
        ("more than one row for a series and month", observed.filter(observed.select(key).is_duplicated())),
        (
            "a care_month that is not the first of a month",
            observed.filter(pl.col("care_month").dt.day() != 1),
        ),
        ("a volume that is not a finite number", observed.filter(~pl.col("volume").is_finite())),
    ):
        if len(wrong):
            example = wrong.sort(key).row(0, named=True)
            raise VolumesError(f"series: {problem} in {len(wrong)} rows, such as {example}")


def _count_open_months(keys: pl.DataFrame, ended: pl.DataFrame | None, last_observed: date, horizon: int) -> IntArray:
    """Forecast months in which each series can still have care: 0 for a code that has ended.

    `ended` may name an uitvoerder (empty: every one); the earliest end counts.
    """
    if ended is None:
        return np.full(len(keys), horizon, dtype=np.int64)
    by_series: dict[tuple[str, str | None], date] = {}
    whose = ended["wlz_uitvoerder"] if "wlz_uitvoerder" in ended.columns else [None] * ended.height
    for code, name, end in zip(ended["prestatiecode"], whose, ended["end_month"], strict=True):
        if (code, name) in by_series:
            raise VolumesError(f"ended: more than one end_month for {code}")
        if end is not None:
            by_series[code, name] = end
    series = keys.select(SERIES_KEY).iter_rows()
    both = [(by_series.get((code, None)), by_series.get((code, name))) for code, name in series]
    ends = [min((end for end in pair if end is not None), default=None) for pair in both]
    left = [horizon if end is None else months_between(last_observed, end) for end in ends]
    return np.clip(np.array(left, dtype=np.int64), 0, horizon)


def _start_after_predecessor(
    panel: VolumePanel, point: FloatArray, successors: pl.DataFrame | None, last_observed: date
) -> FloatArray:
    """A successor has its predecessor's history; until that ends, what the predecessor still has is not its own.

    One that nothing is claimed of has nothing at all until the first of its predecessors ends: what a forecast of
    their sum has beyond the sum of their forecasts is no care.
    """
    if successors is None:
        return point
    place = {key: row for row, key in enumerate(panel.keys.select(SERIES_KEY).iter_rows())}
    point = point.copy()
    links = spread_links(successors, panel.keys["wlz_uitvoerder"])
    first_end = {
        (code, name): end
        for code, name, end in links.group_by("successor", "wlz_uitvoerder").agg(pl.col("end_month").min()).iter_rows()
    }
    not_begun: BoolArray = np.asarray(np.isnan(panel.observed).all(axis=1))
    for code, uitvoerder, successor, end, share, factor in links.iter_rows():
        months = max(months_between(last_observed, end), 0)
        before, after = place.get((code, uitvoerder)), place.get((successor, uitvoerder))
        if before is not None and after is not None:
            still = point[before, :months] * share * factor
            point[after, :months] = np.maximum(point[after, :months] - still, 0.0)
            empty = max(months_between(last_observed, first_end[successor, uitvoerder]), 0)
            point[after, : empty if not_begun[after] else 0] = 0.0
    return point


def _to_frame(panel: VolumePanel, point: FloatArray, engine: str, model: TextArray, flag: TextArray) -> pl.DataFrame:
    """Panel and forecast as one sorted frame, a row per series and observed or forecast month."""
    count, observed_months = panel.observed.shape
    month_count = observed_months + point.shape[1]
    observed, forecast = np.full((count, month_count), np.nan), np.full((count, month_count), np.nan)
    observed[:, :observed_months], forecast[:, observed_months:] = panel.observed, point
    forecast[panel.set_aside, observed_months - 1] = panel.history[panel.set_aside, -1]
    if panel.days is not None:
        observed, forecast = observed * panel.days[:, :month_count], forecast * panel.days[:, :month_count]
    months = pl.Series((np.datetime64(panel.first_month, "M") + np.arange(month_count)).astype("datetime64[D]"))
    present = ~np.isnan(observed) | ~np.isnan(forecast)
    row, column = np.nonzero(present)
    labels = panel.keys.with_columns(
        engine=pl.lit(engine),
        model=pl.Series(model.tolist(), dtype=pl.String),
        flag=pl.Series([name or None for name in flag.tolist()], dtype=pl.String),
    )[row]
    return labels.select(
        *SERIES_KEY,
        months[column].alias("care_month"),
        pl.Series("observed_volume", observed[present]).fill_nan(None),
        pl.lit(None, dtype=pl.Float64).alias("completed_volume"),
        pl.Series("forecast_volume", forecast[present]).fill_nan(None),
        "engine",
        "model",
        "flag",
    )


def month_volume() -> pl.Expr:
    """What a month of VOLUMES counts for: completed for lag where it was, else as observed, else as forecast."""
    return pl.coalesce("completed_volume", "observed_volume", "forecast_volume")


def sum_year_volumes(volumes: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Volume of the budget year per prestatie × uitvoerder, known months and forecast: ``forecast_year_volume``."""
    of_year = volumes.filter(pl.col("care_month").dt.year() == budget_year).sort([*SERIES_KEY, "care_month"])
    return of_year.group_by(SERIES_KEY, maintain_order=True).agg(month_volume().sum().alias("forecast_year_volume"))
