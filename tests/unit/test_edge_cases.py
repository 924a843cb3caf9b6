"""Edge cases outside scenario letter, one by one: a series that shows each, and what is made of it."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.unit.test_volumes import get_forecast, get_label, make_series, make_volumes
from wlz.forecasting.edge_cases import find_level_shift, find_odd_last_month
from wlz.forecasting.one_panel import FLAGS, forecast_treated, treat_history
from wlz.volumes.volumes import build_panel, forecast_volumes
from wlz.words.months import add_months

START, LAST = date(2015, 1, 1), date(2017, 12, 1)
Q105_Q106 = pl.DataFrame({"prestatiecode": ["Q105"], "successor": ["Q106"], "end_month": [date(2016, 12, 1)]})


def forecast(series: pl.DataFrame, **options: object) -> pl.DataFrame:
    return forecast_volumes(
        series,
        first_month=START,
        last_observed=LAST,
        last_month=add_months(LAST, 12),
        engine="combined",
        own_rules=True,
        **options,  # type: ignore[arg-type]
    )


def of_code(volumes: pl.DataFrame, code: str) -> pl.DataFrame:
    return volumes.filter(pl.col("prestatiecode") == code)


def test_an_incomplete_last_month_does_not_move_the_forecast() -> None:
    """The largest single risk (methods): December half delivered; the month counts as what was expected of it."""
    complete = make_volumes(36)
    cut = [*complete[:-1], complete[-1] * 0.4]
    volumes, whole = forecast(make_series(cut)), forecast(make_series(complete))
    assert get_label(volumes)[1] == "incomplete_last_month"
    ahead = volumes.filter(pl.col("care_month") > LAST)
    assert sum(get_forecast(ahead)) == pytest.approx(sum(get_forecast(whole)), rel=0.01)
    december = volumes.filter(pl.col("care_month") == LAST).row(0, named=True)
    assert december["observed_volume"] is None
    assert december["forecast_volume"] == pytest.approx(complete[-1], rel=0.05)


def test_a_last_month_claimed_twice_is_set_aside() -> None:
    complete = make_volumes(36)
    volumes = forecast(make_series([*complete[:-1], complete[-1] * 2]))
    assert get_label(volumes)[1] == "jump"
    ahead = volumes.filter(pl.col("care_month") > LAST)
    assert sum(get_forecast(ahead)) == pytest.approx(sum(get_forecast(forecast(make_series(complete)))), rel=0.01)


def test_letter_takes_the_last_month_as_it_is() -> None:
    """The letter has no such rule, so scenario letter has none either."""
    cut = [*make_volumes(35), 150.0]
    panel = build_panel(make_series(cut), first_month=START, last_observed=LAST)
    assert panel.history[0, -1] == 150.0
    assert not panel.flags["incomplete_last_month"].any()


def test_a_wild_series_keeps_its_last_month() -> None:
    """Months that differ by a third as a rule say nothing about the last one."""
    rng = np.random.default_rng(4)
    wild = (500 * np.exp(rng.normal(0, 0.4, (20, 36)))).round()
    incomplete, jump, _ = find_odd_last_month(wild)
    assert not incomplete.any()
    assert not jump.any()


def test_a_successor_takes_over_the_history_of_its_predecessor() -> None:
    """Q105 ended in December 2016, Q106 began in January 2017: forecast as one series of three years."""
    volumes = make_volumes(36)
    series = pl.concat([make_series(volumes[:24], "Q105"), make_series(volumes[24:], "Q106", start=date(2017, 1, 1))])
    ended = Q105_Q106.select("prestatiecode", "end_month")
    replaced = forecast(series, successors=Q105_Q106, ended=ended)
    assert get_label(of_code(replaced, "Q105")) == ("ended", "ended")
    assert get_label(of_code(replaced, "Q106"))[1] == "replaced"
    one = forecast(make_series(volumes))
    assert get_forecast(of_code(replaced, "Q106")) == pytest.approx(get_forecast(one))
    assert of_code(replaced, "Q106")["observed_volume"].drop_nulls().to_list() == volumes[24:]


def test_a_successor_that_has_not_begun_is_forecast_all_the_same() -> None:
    """Q205 ends in December 2017 and nothing of Q206 is claimed yet: its year is in the forecast, not silently 0."""
    successors = pl.DataFrame({"prestatiecode": ["Q205"], "successor": ["Q206"], "end_month": [LAST]})
    ended = successors.select("prestatiecode", "end_month")
    volumes = forecast(make_series(make_volumes(36), "Q205"), successors=successors, ended=ended)
    assert get_forecast(of_code(volumes, "Q205")) == [0.0] * 12
    one = forecast(make_series(make_volumes(36)))
    assert get_forecast(of_code(volumes, "Q206")) == pytest.approx(get_forecast(one))
    assert of_code(volumes, "Q206")["observed_volume"].null_count() == 12


def test_a_replacement_in_the_year_is_counted_once() -> None:
    """Until its end in June the old code has the care, after it the new one; together they are one year."""
    end = date(2018, 6, 1)
    successors = pl.DataFrame({"prestatiecode": ["Q205"], "successor": ["Q206"], "end_month": [end]})
    ended = successors.select("prestatiecode", "end_month")
    volumes = forecast(make_series(make_volumes(36), "Q205"), successors=successors, ended=ended)
    old, new = (get_forecast(of_code(volumes, code)) for code in ("Q205", "Q206"))
    whole = get_forecast(forecast(make_series(make_volumes(36))))
    assert old == pytest.approx([*whole[:6], *[0.0] * 6])
    assert new == pytest.approx([*[0.0] * 6, *whole[6:]])


def test_what_takes_over_from_two_codes_has_nothing_before_they_end() -> None:
    """Meerzorg of two kinds becomes one: a forecast of their sum is not the sum of their forecasts, and no care."""
    end = date(2018, 12, 1)
    kinds = {
        "ZMZTK": [100.0 + month % 5 for month in range(36)],
        "ZMZTL": [300.0 + 10 * (month % 7) for month in range(36)],
    }
    successors = pl.DataFrame({"prestatiecode": list(kinds), "successor": ["ZMZ01"] * 2, "end_month": [end] * 2})
    series = pl.concat([make_series(volumes, code) for code, volumes in kinds.items()])
    volumes = forecast(series, successors=successors, ended=successors.select("prestatiecode", "end_month"))
    assert get_forecast(of_code(volumes, "ZMZ01")) == [0.0] * 12
    assert all(volume > 0 for code in kinds for volume in get_forecast(of_code(volumes, code)))


def test_chains_of_replacements_are_followed() -> None:
    successors = pl.DataFrame(
        {
            "prestatiecode": ["A1", "A2"],
            "successor": ["A2", "A3"],
            "end_month": [date(2015, 12, 1), date(2016, 12, 1)],
        }
    )
    volumes = make_volumes(36)
    parts = [make_series(volumes[i : i + 12], f"A{i // 12 + 1}", start=add_months(START, i)) for i in (0, 12, 24)]
    panel = build_panel(pl.concat(parts), first_month=START, last_observed=LAST, successors=successors, own_rules=True)
    last = panel.keys["prestatiecode"].to_list().index("A3")
    assert panel.history[last].tolist() == volumes


def test_a_level_shift_is_told_and_kept() -> None:
    """Five months at + 60 %: named, and the history is not lifted."""
    shifted = make_volumes(36)
    shifted[31:] = [value * 1.6 for value in shifted[31:]]
    volumes = forecast(make_series(shifted))
    assert get_label(volumes)[1] == "level_shift"
    assert volumes["observed_volume"].drop_nulls().to_list() == shifted


def test_clean_series_have_no_level_shift() -> None:
    clean = np.array([make_volumes(36, seed) for seed in range(200)])
    assert (find_level_shift(clean)[0] > 0).sum() == 0
    incomplete, jump, _ = find_odd_last_month(clean)
    assert incomplete.sum() + jump.sum() == 0


def test_growth_outside_half_to_double_is_held() -> None:
    """A code that grows 11 % a month would more than triple: without an override it doubles, and says so."""
    noise = np.random.default_rng(2).normal(0, 0.01, 36)
    series = make_series((100 * 1.11 ** np.arange(36) * np.exp(noise)).tolist())
    volumes = forecast_volumes(
        series, first_month=START, last_observed=LAST, last_month=add_months(LAST, 12), own_rules=True
    )
    assert get_label(volumes)[1] == "growth_outside"
    last_year = series.tail(12)["volume"].sum()
    assert sum(get_forecast(volumes)) == pytest.approx(2 * last_year)


@pytest.mark.parametrize("months", [1, 2, 5, 11])
def test_a_code_that_ends_within_the_year_is_not_lifted_to_half_of_it(months: int) -> None:
    """Care of two months is a sixth of a year, not a fall to less than half of one: the end is known."""
    series = make_series(make_volumes(36))
    ended = pl.DataFrame({"prestatiecode": [series["prestatiecode"][0]], "end_month": [add_months(LAST, months)]})
    volumes, whole = forecast(series, ended=ended), forecast(series)
    assert get_forecast(volumes)[:months] == pytest.approx(get_forecast(whole)[:months])
    assert set(get_forecast(volumes)[months:]) == {0.0}
    assert get_label(volumes)[1] == "ended"


def test_growth_is_held_by_whole_years_also_where_the_code_ends() -> None:
    """A code that grows 11 % a month and ends in June: its six months are those of a year that is held at double."""
    noise = np.random.default_rng(2).normal(0, 0.01, 36)
    series = make_series((100 * 1.11 ** np.arange(36) * np.exp(noise)).tolist())
    ended = pl.DataFrame({"prestatiecode": [series["prestatiecode"][0]], "end_month": [add_months(LAST, 6)]})
    volumes, whole = forecast(series, ended=ended), forecast(series)
    assert get_forecast(volumes)[:6] == pytest.approx(get_forecast(whole)[:6])


def test_gaps_are_never_zero() -> None:
    missing = [None if month in (20, 30, 31) else volume for month, volume in enumerate(make_volumes(36))]
    volumes = forecast(make_series(missing))
    assert get_label(volumes)[1] == "gap"
    whole = sum(get_forecast(forecast(make_series(make_volumes(36)))))
    assert sum(get_forecast(volumes)) == pytest.approx(whole, rel=0.03)


def test_negative_months_stay_possible_and_are_named() -> None:
    values = [100.0 + month % 7 for month in range(36)]
    values[20] = -40.0
    volumes = forecast(make_series(values))
    assert get_label(volumes)[1] == "negative"


@pytest.mark.parametrize("count", [1, 2, 6])
def test_short_series_take_their_mean(count: int) -> None:
    observed = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0][:count]
    volumes = forecast(make_series(observed, start=add_months(date(2018, 1, 1), -count)))
    assert get_label(volumes) == ("mean", "short")
    assert get_forecast(volumes) == pytest.approx([np.mean(observed)] * 12)


@pytest.mark.parametrize("count", [7, 12, 13, 23])
def test_below_two_years_growth_alone(count: int) -> None:
    """The season cannot be estimated and smoothing without it is bad there (methods, `combined`)."""
    volumes = forecast(make_series(make_volumes(count), start=add_months(date(2018, 1, 1), -count)))
    assert get_label(volumes)[0] == "growth alone"
    assert min(get_forecast(volumes)) > 0


def test_adding_a_year_of_history_never_breaks() -> None:
    """Any number of months from 1 to 72, with every rule active."""
    rng = np.random.default_rng(0)
    for months in range(1, 73):
        values = np.abs(rng.normal(100, 30, (4, months))).round()
        treated = treat_history(values)
        from wlz.forecasting.engines import ENGINES

        found = forecast_treated(treated, ENGINES["combined"], 24, month_of_year=(months - 1) % 12)
        assert np.isfinite(found.point).all(), months
        assert (found.point >= 0).all(), months
        assert set(found.flag.tolist()) <= {*FLAGS, ""}
