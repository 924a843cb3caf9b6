"""Volumes: what happens to each kind of series, with small series in and expected rows out."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz.forecasting.engines import ENGINES, EngineForecast
from wlz.forecasting.ets import MIN_OBSERVATIONS
from wlz.forecasting.one_panel import FLAGS
from wlz.volumes.second_opinion import check_with_statsmodels
from wlz.volumes.volumes import VolumesError, forecast_volumes
from wlz.words.months import add_months

START = date(2015, 1, 1)
QUICK = settings(max_examples=20, deadline=None, derandomize=True)


def make_series(
    volumes: Sequence[float | None], code: str = "Z051", uitvoerder: str = "A", start: date = START
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "prestatiecode": [code] * len(volumes),
            "wlz_uitvoerder": [uitvoerder] * len(volumes),
            "care_month": [add_months(start, month) for month in range(len(volumes))],
            "volume": volumes,
        },
        schema_overrides={"volume": pl.Float64},
    )


def make_volumes(count: int, seed: int = 1) -> list[float]:
    """A grown-up series: level 500, season, noise."""
    rng, month = np.random.default_rng(seed), np.arange(count)
    return (500 + 2 * month + 40 * np.sin(2 * np.pi * month / 12) + rng.normal(0, 8, count)).tolist()


def forecast(
    series: pl.DataFrame, last_observed: date = date(2017, 12, 1), horizon: int = 12, **options: object
) -> pl.DataFrame:
    last_month = add_months(last_observed, horizon)
    return forecast_volumes(
        series,
        first_month=START,
        last_observed=last_observed,
        last_month=last_month,
        **options,  # type: ignore[arg-type]
    )


def get_forecast(volumes: pl.DataFrame) -> list[float]:
    return volumes["forecast_volume"].drop_nulls().to_list()


def get_label(volumes: pl.DataFrame) -> tuple[str, str | None]:
    labels = volumes.select("model", "flag").unique()
    assert len(labels) == 1, "model and flag are the same on every row of a series"
    return labels.row(0)


def test_a_row_per_series_and_month_in_order() -> None:
    """36 months in, 12 out (S004, annex A.2.1): observed and forecast months exclude each other."""
    series = pl.concat([make_series(make_volumes(36), code, u) for code in ("Z2", "Z1") for u in "BA"])
    volumes = forecast(series.sample(fraction=1, shuffle=True, seed=3))
    assert volumes.columns == [
        "prestatiecode",
        "wlz_uitvoerder",
        "care_month",
        "observed_volume",
        "completed_volume",
        "forecast_volume",
        "engine",
        "model",
        "flag",
    ]
    assert len(volumes) == 4 * 48
    assert volumes.equals(volumes.sort("prestatiecode", "wlz_uitvoerder", "care_month"))
    is_forecast = volumes["care_month"] > date(2017, 12, 1)
    assert (volumes["observed_volume"].is_null() == is_forecast).all()
    assert (volumes["forecast_volume"].is_not_null() == is_forecast).all()
    assert volumes["engine"].unique().to_list() == ["ets_select"]


def test_months_outside_the_period_do_not_count() -> None:
    """2018-01 … are incomplete in the letter of May 2018: only months up to last_observed enter the fit."""
    complete = make_series(make_volumes(36))
    later = make_series([1.0, 1.0], start=date(2018, 1, 1))
    earlier = make_series([9e9], start=date(2014, 12, 1))
    assert forecast(pl.concat([earlier, complete, later])).equals(forecast(complete))


@pytest.mark.parametrize("count", [1, 2, 6])
def test_short_series_take_their_mean(count: int) -> None:
    """1–6 observations: mean × 12, flagged. A trend through three points is noise."""
    observed = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0][:count]
    volumes = forecast(make_series(observed, start=add_months(date(2018, 1, 1), -count)))
    assert get_label(volumes) == ("mean", "short")
    assert sum(get_forecast(volumes)) == pytest.approx(12 * np.mean(observed))


@pytest.mark.parametrize(("count", "seasonal"), [(7, False), (23, False), (36, True)])
def test_season_from_two_years(count: int, seasonal: bool) -> None:
    """7–23 observations: no season."""
    volumes = forecast(make_series(make_volumes(count), start=add_months(date(2018, 1, 1), -count)))
    assert get_label(volumes)[0].endswith(",A") == seasonal


def test_half_zeros_take_the_mean_of_the_last_year() -> None:
    """50 % zeros or more: mean of the last 12 months; smoothing would chase the last claim."""
    volumes = forecast(make_series([90.0, 0.0] * 12 + [30.0, 0.0] * 6))
    assert get_label(volumes) == ("mean", "intermittent")
    assert get_forecast(volumes) == pytest.approx([15.0] * 12)


def test_leading_zeros_are_cut() -> None:
    """A code that starts in 2016 has no volume in 2015, not a volume of zero."""
    started = make_series(make_volumes(24), start=date(2016, 1, 1))
    padded = pl.concat([make_series([0.0] * 12), started])
    assert forecast(padded).equals(forecast(started))


def test_a_constant_stays_exactly_constant() -> None:
    volumes = forecast(make_series([0.1] * 36))
    assert get_label(volumes) == ("constant", None)
    assert get_forecast(volumes) == [0.1] * 12


@pytest.mark.parametrize("end", [date(2016, 6, 1), date(2017, 12, 1)])
def test_an_ended_code_is_zero(end: date) -> None:
    """End date in the code list, claims or not: forecast 0."""
    series = pl.concat([make_series(make_volumes(36), "Z1"), make_series(make_volumes(36), "Z2")])
    volumes = forecast(series, ended=pl.DataFrame({"prestatiecode": ["Z1"], "end_month": [end]}))
    gone = volumes.filter(pl.col("prestatiecode") == "Z1")
    assert get_label(gone) == ("ended", "ended")
    assert get_forecast(gone) == [0.0] * 12
    assert min(get_forecast(volumes.filter(pl.col("prestatiecode") == "Z2"))) > 0


def test_a_code_that_ends_in_the_forecast_counts_until_then() -> None:
    ended = pl.DataFrame({"prestatiecode": ["Z051"], "end_month": [date(2018, 3, 1)]})
    series = make_series(make_volumes(36))
    volumes = forecast(series, ended=ended)
    assert get_forecast(volumes)[:3] == get_forecast(forecast(series))[:3]
    assert get_forecast(volumes)[3:] == [0.0] * 9
    assert get_label(volumes)[1] == "ended"


@pytest.mark.parametrize(
    ("tail", "last_observed", "is_ended", "reason"),
    [
        ([0.0] * 6, date(2017, 12, 1), True, "zero for six months"),
        ([0.0] * 5, date(2017, 12, 1), False, "five months, but care since January"),
        ([0.0] * 3, date(2017, 3, 1), True, "zero since January"),
        ([0.0] * 2, date(2017, 2, 1), True, "two months are the least"),
        ([0.0], date(2017, 1, 1), False, "one empty month is no evidence"),
        ([0.0, None, 0.0], date(2017, 3, 1), True, "a month not delivered says nothing either way"),
        ([0.0, 5.0, 0.0], date(2017, 3, 1), False, "care in February"),
    ],
)
def test_silence_ends_a_code(tail: list[float | None], last_observed: date, is_ended: bool, reason: str) -> None:
    """A code that ended: zero since January or for 6 months (methods, volumes, edge cases)."""
    count = (last_observed.year - 2015) * 12 + last_observed.month - len(tail)
    volumes = forecast(make_series([*make_volumes(count), *tail]), last_observed)
    assert (get_label(volumes)[1] == "ended") == is_ended, reason


def test_a_code_that_is_often_silent_has_not_ended_in_february() -> None:
    """Two zeros since January, but three in a row last year."""
    often = [50.0, 40.0, 60.0, 0.0, 0.0, 0.0, 55.0, 45.0, 50.0, 60.0, 40.0, 50.0]
    volumes = forecast(make_series([*often, *often, 0.0, 0.0]), date(2017, 2, 1))
    assert get_label(volumes)[1] != "ended"


def test_a_code_never_used_is_ended() -> None:
    volumes = forecast(make_series([0.0] * 36))
    assert get_label(volumes) == ("ended", "ended")
    assert len(volumes) == 48


def test_missing_months_are_dropped_never_zero() -> None:
    """A gap does not lower the forecast: about the same as with the months there."""
    complete = make_volumes(36)
    missing = [None if month in (30, 31) else volume for month, volume in enumerate(complete)]
    with_gap = forecast(make_series(missing))
    assert get_label(with_gap)[1] == "gap"
    expected = sum(get_forecast(forecast(make_series(complete))))
    assert sum(get_forecast(with_gap)) == pytest.approx(expected, rel=0.05)
    assert with_gap["observed_volume"].drop_nulls().len() == 34
    assert len(with_gap) == 34 + 12


def test_null_rows_and_absent_rows_are_the_same() -> None:
    series = make_series([None if month == 20 else v for month, v in enumerate(make_volumes(36))])
    assert forecast(series).equals(forecast(series.drop_nulls()))


def test_a_missing_last_month_is_a_gap_at_the_end() -> None:
    """The incomplete last month left out by the caller: the forecast still starts after last_observed."""
    volumes = forecast(make_series(make_volumes(35)))
    assert get_label(volumes)[1] == "gap"
    months = volumes.filter(pl.col("forecast_volume").is_not_null())["care_month"]
    assert (months.min(), months.max(), len(months)) == (date(2018, 1, 1), date(2018, 12, 1), 12)


def test_series_that_appear_later_have_no_rows() -> None:
    late = make_series([5.0, 6.0], "Z9", start=date(2018, 1, 1))
    volumes = forecast(pl.concat([make_series(make_volumes(36)), late]))
    assert volumes["prestatiecode"].unique().to_list() == ["Z051"]
    assert forecast(late).is_empty()
    assert forecast(late).schema == volumes.schema


@pytest.mark.parametrize(("factor", "flag"), [(1.0, None), (1.11, "growth_outside"), (0.88, "growth_outside")])
def test_growth_outside_half_to_double_is_kept_and_flagged(factor: float, flag: str | None) -> None:
    """× 0.5 – × 2 of last year (checks, F01): a year that grows 11 % a month is kept, and says so."""
    noise = np.random.default_rng(2).normal(0, 0.01, 36)
    volumes = forecast(make_series((100 * factor ** np.arange(36) * np.exp(noise)).tolist()))
    assert get_label(volumes)[1] == flag
    assert min(get_forecast(volumes)) > 0


def test_growth_compares_the_same_months_of_a_year() -> None:
    """A season of × 4 between winter and summer is no growth, wherever the year is cut."""
    month = np.arange(33)
    noise = np.random.default_rng(2).normal(0, 2, 33)
    series = make_series((250 + 150 * np.sin(2 * np.pi * month / 12) + noise).tolist())
    assert get_label(forecast(series, date(2017, 9, 1), horizon=15))[1] is None


def test_the_second_year_is_judged_too() -> None:
    """The year after the budget year is forecast as well: a fall below half of year one is flagged."""
    month = np.arange(36)
    series = make_series((1000 - 18.0 * month + np.random.default_rng(1).normal(0, 1, 36)).tolist())
    assert get_label(forecast(series, horizon=12))[1] is None
    assert get_label(forecast(series, horizon=24))[1] == "growth_outside"


def test_a_falling_trend_stops_at_zero() -> None:
    """'Daarbij wordt voorkomen dat een trend kan doorzetten in negatieve waarden' (S004, annex A.2.1)."""
    noise = np.random.default_rng(1).normal(0, 4, 36)
    volumes = forecast(make_series((400 - 11 * np.arange(36) + noise).tolist()), horizon=24)
    assert min(get_forecast(volumes)) >= 0


def test_negative_history_may_go_on() -> None:
    """Reversals can exceed claims: additive models only, and no clipping."""
    volumes = forecast(make_series([-50.0 - month % 5 for month in range(36)]))
    assert max(get_forecast(volumes)) < 0
    assert not get_label(volumes)[0].startswith("log")


def test_flags_have_one_order() -> None:
    """One flag per series: an ended short series with a gap is ended."""
    ended = pl.DataFrame({"prestatiecode": ["Z051"], "end_month": [date(2017, 12, 1)]})
    short = make_series([5.0, None, 7.0], start=date(2017, 10, 1))
    assert FLAGS[:3] == ("ended", "short", "intermittent")
    assert get_label(forecast(short, ended=ended))[1] == "ended"
    assert get_label(forecast(short))[1] == "short"


def test_a_new_engine_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine sees only series with at least 7 observations; the edge cases stay where they are."""

    def last_value(values: np.ndarray, horizon: int) -> EngineForecast:
        assert ((~np.isnan(values)).sum(axis=1) >= MIN_OBSERVATIONS).all()
        return EngineForecast(np.repeat(values[:, -1:], horizon, axis=1), np.full(len(values), "last"))

    monkeypatch.setitem(ENGINES, "last_value", last_value)
    series = pl.concat([make_series(make_volumes(36)), make_series([3.0], "Z9", start=date(2017, 12, 1))])
    volumes = forecast(series, engine="last_value")
    assert volumes["model"].unique().sort().to_list() == ["last", "mean"]
    assert volumes["engine"].unique().to_list() == ["last_value"]
    assert get_forecast(volumes)[:12] == [make_volumes(36)[-1]] * 12


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (make_series([1.0]), {"engine": "prophet"}, "unknown engine 'prophet'; known: ets_select"),
        (make_series([1.0]), {"horizon": 0}, "expected a last_month after 2017-12-01"),
        (make_series([1.0]), {"last_observed": date(2014, 12, 1)}, "first_month ≤ last_observed"),
        (pl.concat([make_series([1.0])] * 2), {}, "more than one row .* in 2 rows, such as .*Z051"),
        (make_series([1.0, float("nan")]), {}, "not a finite number in 1 rows"),
        (make_series([1.0, float("inf")]), {}, "not a finite number"),
        (make_series([1.0]).with_columns(care_month=pl.date(2015, 1, 15)), {}, "not the first of a month"),
        (
            make_series([1.0]),
            {"ended": pl.DataFrame({"prestatiecode": ["Z1"] * 2, "end_month": [START] * 2})},
            "more than one end_month for",
        ),
    ],
)
def test_what_cannot_be_forecast_is_refused(series: pl.DataFrame, options: dict[str, object], message: str) -> None:
    with pytest.raises(VolumesError, match=message):
        forecast(series, **options)  # type: ignore[arg-type]


@QUICK
@given(
    panel=st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 40).map(float)), min_size=1, max_size=36),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 99),
)
def test_any_panel_is_forecast_and_order_does_not_matter(panel: list[list[float | None]], seed: int) -> None:
    """Whatever a delivery holds: as many forecast months as asked, never negative."""
    series = pl.concat([make_series(volumes, f"Z{code}") for code, volumes in enumerate(panel)])
    volumes = forecast(series, horizon=24)
    again = forecast(series.sample(fraction=1, shuffle=True, seed=seed), horizon=24)
    assert volumes.drop("forecast_volume").equals(again.drop("forecast_volume"))
    coming = volumes.filter(pl.col("forecast_volume").is_not_null())
    seen = series.drop_nulls("volume")["prestatiecode"].n_unique()
    assert len(coming) == 24 * seen
    assert (coming["forecast_volume"] >= 0).all()


def test_statsmodels_agrees_with_the_chosen_form() -> None:
    """The independent check: the same form by maximum likelihood gives nearly the same year."""
    rng = np.random.default_rng(0)
    series = [
        make_series((np.array(make_volumes(36, seed)) * rng.uniform(0.1, 50)).tolist(), f"Z{seed:02d}")
        for seed in range(6)
    ]
    series += [
        make_series([7.0] * 36, "Z90"),
        make_series([*make_volumes(36)[:20], None, *make_volumes(36)[21:]], "Z91"),
        make_series(make_volumes(36), "Z92"),
    ]
    ended = pl.DataFrame({"prestatiecode": ["Z92"], "end_month": [date(2018, 6, 1)]})
    volumes = forecast(pl.concat(series), horizon=24, ended=ended)
    check = check_with_statsmodels(volumes)
    assert check["prestatiecode"].to_list() == [f"Z{i:02d}" for i in [*range(6), 90, 91, 92]]
    refitted = check.filter(pl.col("check_volume_year").is_not_null())
    assert refitted["prestatiecode"].to_list() == [f"Z{i:02d}" for i in range(6)]
    assert refitted["difference_ratio"].abs().max() < 0.02
    ours = volumes.filter(
        pl.col("prestatiecode") == "Z00", pl.col("care_month").is_between(date(2018, 1, 1), date(2018, 12, 1))
    )
    assert refitted["forecast_volume_year"][0] == pytest.approx(ours["forecast_volume"].sum())
    reasons = check.filter(pl.col("check_volume_year").is_null())["reason"].to_list()
    assert [reason.split()[0] for reason in reasons] == ["model", "missing", "the"]


def test_the_sample_does_not_depend_on_order() -> None:
    series = pl.concat([make_series([5.0] * 12, f"Z{code:02d}") for code in range(40)])
    volumes = forecast(series, date(2015, 12, 1))
    shuffled = volumes.sample(fraction=1, shuffle=True, seed=1)
    sample = check_with_statsmodels(volumes)
    assert len(sample) == 12
    assert sample.equals(check_with_statsmodels(shuffled))
    assert not sample.equals(check_with_statsmodels(volumes, seed=1))
