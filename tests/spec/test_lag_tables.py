"""What the lag stage shows and tells, from frames small enough to add up: curve, statistics, drift, late changes."""

import math
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.spec.test_lag import CURVE, level, triangles
from wlz.forecasting.engines.seasonal_naive import seasonal_naive
from wlz.hand_overs import FAMILY_SCHEMA
from wlz.lag.complete import CompletedAdvice, SeriesPanel, _complete_series
from wlz.lag.findings import BOUND_95, _widening, measure_cover
from wlz.lag.revisions import Said, _at_lags, _usual_size, find_falls, find_late_changes, gather_snapshots
from wlz.lag.said import LAGS
from wlz.lag.sudden_levels import _judge_youngest, _nan_median
from wlz.lag.tables import DRIFT_LAGS, _measure_drift, _speed_rows, list_curve, revision_statistics
from wlz.runoff import complete_cells, retrospective_errors
from wlz.runoff.retrospect import ERROR_LAGS, RetrospectiveErrors, measure_scatter
from wlz.runoff.season import shift_completeness
from wlz.runoff.triangle import sum_labels

NAN = math.nan
OWNERS = np.array([0, 0, 1])
LONG_CURVE = np.concatenate([CURVE, np.ones(LAGS - len(CURVE))])
ASSUMPTIONS = {
    "closed_month_lag_months": 12.0,
    "negative_minimum_lag_months": 4.0,
    "revision_fall_ratio": 0.1,
    "revision_floor_ratio": 0.01,
    "revision_robust_sd": 3.0,
    "revision_minimum_eur": 1000.0,
    "late_change_ratio": 0.02,
    "sudden_level_floor": 0.01,
}


def advice_of(values: np.ndarray) -> CompletedAdvice:
    """What the stage says of three cells (3, T, L) of two uitvoerders; euro, no series."""
    done = complete_cells(values, OWNERS, 3, level)
    errors = retrospective_errors(values, OWNERS, 3, level, done)
    cells = pl.DataFrame({"wlz_uitvoerder": ["A", "A", "B"], "prestatiegroep": ["g", "h", "g"]})
    return CompletedAdvice(
        series=pl.DataFrame(),
        price=pl.DataFrame(),
        values=sum_labels(values, OWNERS),
        cells=cells,
        completion=done,
        errors=errors,
        scatter=measure_scatter(errors, done.curve.p, OWNERS),
        claims_month=date(2018, 5, 1),
        price_level=np.ones(2),
        hand_overs=pl.DataFrame(schema=FAMILY_SCHEMA),
    )


def test_the_curve_has_a_row_per_lag_and_ends_complete() -> None:
    """30, 90, 97, 99 and 100 % are known after 1 to 5 months: a month grows by 90 ÷ 30 = 3 from lag 1 to lag 2.

    Nothing follows lag 36, so nothing was learnt of it: no link ratio, no credibility, no ratios.
    """
    curve = list_curve(advice_of(triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE)))
    assert curve.height == 3 * LAGS
    of_cell = curve.filter(wlz_uitvoerder="A", prestatiegroep="h")
    assert of_cell["lag_months"].to_list() == list(range(1, LAGS + 1))
    assert of_cell["completeness_ratio"][:5].to_list() == pytest.approx([0.30, 0.90, 0.97, 0.99, 1.0])
    assert of_cell["link_ratio"][:2].to_list() == pytest.approx([3.0, 0.97 / 0.90])
    assert of_cell["link_ratios_count"][0] == 12
    last = of_cell.row(-1, named=True)
    assert (last["link_ratio"], last["credibility_ratio"], last["link_ratios_count"]) == (None, 0.0, 0)
    assert of_cell["drift_ratio"][:DRIFT_LAGS].to_list() == pytest.approx([0.0] * DRIFT_LAGS, abs=1e-9)


def test_months_that_a_change_of_speed_touches_say_so() -> None:
    """A bills at another speed: its months of a lag up to 4 say it. B is one delivery behind: all of 36 lags say it.

    A series that stopped five months ago is silent, and says that first. Rows begin with the first claim, of one unit.
    """
    months = [date(2015 + number // 12, number % 12 + 1, 1) for number in range(40)]
    steady = advice_of(triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE, len(months)))
    declared = np.nan_to_num(steady.completion.declared)
    declared[1, -5:] = 0.0
    declared[0, :11] = [0.0] * 10 + [1.0]
    lateness = steady.completion.curve.lateness
    behind = lateness.behind.copy()
    behind[1, -1] = 1
    curve = steady.completion.curve._replace(lateness=lateness._replace(behind=behind))
    speed = steady.completion.speed._replace(shift=np.array([0.5, 0.0]))
    panel = SeriesPanel(
        keys=pl.DataFrame({"prestatiecode": ["P", "Q", "R"], "wlz_uitvoerder": ["A", "A", "B"]}),
        months=months,
        cell=np.arange(3),
        uitvoerder=OWNERS,
        declared=declared,
        days=np.ones((3, len(months))),
        price=np.ones(3),
    )
    rows = _complete_series(
        panel,
        steady.completion._replace(curve=curve, speed=speed),
        steady.scatter,
        triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE, len(months))[:, :, :ERROR_LAGS],
        seasonal_naive,
        (np.full(3, len(months)), np.zeros(declared.shape)),  # none has ended or taken over
    )
    told = {
        code: rows.filter(pl.col("flag") == flag, prestatiecode=code)["lag_months"].sort().to_list()
        for code, flag in (("P", "billing_speed"), ("Q", "silent_series"), ("R", "late_uitvoerder"))
    }
    assert told == {"P": [1, 2, 3, 4], "Q": [1, 2, 3, 4, 5], "R": list(range(1, 37))}
    assert rows.filter(prestatiecode="R")["effective_lag_months"].sort().to_list() == list(range(40))
    assert rows.group_by("prestatiecode").len().sort("prestatiecode")["len"].to_list() == [30, 40, 40]
    assert rows["flag"].null_count() == rows.height - 4 - 5 - 36


@pytest.mark.parametrize(
    ("shift", "since", "how", "taken"),
    [(math.log(2), 1, "faster", 6 / 13), (-math.log(2), 3, "slower", 3 / 17)],
)
def test_a_change_of_speed_is_told_with_its_share(shift: float, since: int, how: str, taken: float) -> None:
    """Odds of 0.3 are 3 ÷ 7; twice that is 6 ÷ 13 = 46 %, half of it 3 ÷ 17 = 18 %, of both cells of A. B is silent.

    The euro is what the shares of all open months move: at lag 1 from 0.3, at lag 2 from 0.9, at 3 from 0.97 …
    """
    steady = advice_of(triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE))
    completion = steady.completion
    moved = shift_completeness(completion.completeness, np.array([[shift], [shift], [0.0]]))
    speed = completion.speed._replace(shift=np.array([shift, 0.0]), since=np.array([since, 0]))
    advice = steady._replace(
        completion=completion._replace(speed=speed, completeness=moved), price_level=np.array([2.0, 1.0])
    )
    (found,) = _speed_rows(advice, ["A", "B"])
    assert (found.finding, found.wlz_uitvoerder, found.wording) == ("speed", "A", how)
    assert found.numbers == pytest.approx({"since_count": since, "taken_ratio": taken, "usual_ratio": 0.3})
    euro = found.at_stake_eur
    shares = [odds * math.exp(shift) / (1 + odds * math.exp(shift)) for odds in (0.3 / 0.7, 9.0, 0.97 / 0.03, 99.0)]
    change = sum(share - p for share, p in zip(shares, (0.3, 0.9, 0.97, 0.99), strict=True))
    assert euro == pytest.approx(abs(2.0 * 160 * change), rel=1e-3)


def test_drift_is_three_deliveries_against_the_nine_before() -> None:
    """Log link ratios of lag 1 are 0.4 and 0.6 in turn, nine of them, then 0.8 three times.

    Mean of the nine (five of 0.6, four of 0.4) 4.6 ÷ 9, variance (5 × (0.6 − m)² + 4 × (0.4 − m)²) ÷ 8 = 1 ÷ 90; the
    move is 0.8 − m, t is that over √(1/90) × √(1/3 + 1/9), and the ratio moved by e to the move, less 1.
    """
    logs = [0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4, 0.6, 0.8, 0.8, 0.8]
    months = len(logs) + 1
    values = np.full((3, months, LAGS), NAN)
    for month in range(months):
        values[:, month, 0] = 100.0
        values[:, month, 1 : months - month] = 100.0 * math.exp(logs[month]) if month < len(logs) else 0.0
    steady = advice_of(triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE, 40))
    curve = steady.completion.curve
    lateness = curve.lateness._replace(
        behind=np.zeros((2, months), dtype=np.int64), caught_up=np.zeros((2, months), dtype=bool)
    )
    completion = steady.completion._replace(curve=curve._replace(lateness=lateness))
    drift, score, z = _measure_drift(steady._replace(values=values[:2], completion=completion))
    mean = 4.6 / 9
    assert drift[:, 0] == pytest.approx([math.exp(0.8 - mean) - 1] * 2)
    t = (0.8 - mean) / (math.sqrt(1 / 90) * math.sqrt(1 / 3 + 1 / 9))
    assert score[:, 0] == pytest.approx([t] * 2)
    assert (z[:, 0] > 0).all()
    assert (z[:, 0] < t).all()  # with nine before, a t of this size is less unusual than such a z
    assert np.isnan(drift[:, DRIFT_LAGS:]).all()


def test_statistics_of_revisions_are_of_each_uitvoerder_and_lag() -> None:
    """A at lag 1: 0.1, 0.3 and −0.1: mean 0.1, of the sizes 0.5 ÷ 3, t = 0.1 ÷ (0.2 ÷ √3) = √3 ÷ 2.

    B at lag 2 once, −0.2: no scatter, so no t. Elsewhere nothing is known.
    """
    of_uitvoerder = np.full((3, 2, ERROR_LAGS), NAN)
    of_uitvoerder[:, 0, 0] = [0.1, 0.3, -0.1]
    of_uitvoerder[1, 1, 1] = -0.2
    steady = advice_of(triangles(np.array([100.0, 60.0, 80.0]), LONG_CURVE))
    found = revision_statistics(steady._replace(errors=steady.errors._replace(uitvoerder=of_uitvoerder)))
    assert found["lag_months"].to_list() == 2 * list(range(1, ERROR_LAGS + 1))
    first = found.filter(wlz_uitvoerder="A", lag_months=1).row(0)[2:]
    assert first == pytest.approx((3, 0.1, 0.5 / 3, math.sqrt(3) / 2))
    assert found.filter(wlz_uitvoerder="B", lag_months=2).row(0)[2:] == (1, -0.2, 0.2, None)
    assert found.filter(wlz_uitvoerder="B", lag_months=1).row(0)[2:] == (0, None, None, None)
    assert found["revisions_count"].sum() == 4


def snapshots_of(rows: list[tuple[str, str, date, date, int]]) -> pl.DataFrame:
    """prestatie, uitvoerder, care month, delivery month, euro."""
    names = ["prestatiecode", "wlz_uitvoerder", "care_month", "delivery_month", "declared_amount_eur"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(pl.col("declared_amount_eur").cast(pl.Decimal(18, 2)))


APRIL, MAY = date(2018, 4, 1), date(2018, 5, 1)


def said_twice(then: dict[tuple[str, date], int], now: dict[tuple[str, date], int]) -> Said:
    """Two deliveries of Menzis: (prestatie, care month) → euro."""
    rows = [
        (code, "Menzis", care, delivery, euro)
        for delivery, said in ((APRIL, then), (MAY, now))
        for (code, care), euro in said.items()
    ]
    return gather_snapshots(snapshots_of(rows))


JANUARY, FEBRUARY = date(2016, 1, 1), date(2016, 2, 1)


def test_a_late_change_names_its_euro_its_share_and_what_it_does_to_the_na_ijl() -> None:
    """Two closed months of 2016 rise from 100,000 and 70,000 to 130,000 and 70,000: + 30,000 of 170,000 is 17.6 %.

    With the other prestatie Menzis had 200,000 in 2016, so its na-ijl moves by 30,000 ÷ 200,000 = 15 percentage
    points. That one did not change and is not told.
    """
    then = {("Z025", JANUARY): 100_000, ("Z025", FEBRUARY): 70_000, ("Z041", JANUARY): 30_000}
    told = find_late_changes(said_twice(then, {**then, ("Z025", JANUARY): 130_000}), ASSUMPTIONS)
    (found,) = told
    assert (found.finding, found.wlz_uitvoerder, found.prestatiecode) == ("late_change", "Menzis", "Z025")
    assert (found.wording, found.at_stake_eur) == ("series changed", 30_000.0)
    assert found.numbers["change_ratio"] == pytest.approx(30_000 / 170_000)
    assert found.numbers["na_ijl_points"] == pytest.approx(15.0)
    said = {name: found.numbers[name] for name in ("closed_lag_months", "earlier", "change_eur", "na_ijl_year")}
    assert said == {"closed_lag_months": 12, "earlier": APRIL, "change_eur": 30_000.0, "na_ijl_year": 2016}


def test_a_late_change_counts_months_that_both_deliveries_have() -> None:
    """February is not in the delivery of May at all: that is no change of it. Nor is it where only May has it."""
    then = {("Z025", JANUARY): 100_000, ("Z025", FEBRUARY): 70_000}
    now = {("Z025", JANUARY): 100_000}
    assert find_late_changes(said_twice(then, now), ASSUMPTIONS) == []
    assert find_late_changes(said_twice(now, then), ASSUMPTIONS) == []
    less = find_late_changes(said_twice(then, {("Z025", JANUARY): 90_000, ("Z025", FEBRUARY): 70_000}), ASSUMPTIONS)
    assert [(one.finding, one.at_stake_eur) for one in less] == [("late_change", 10_000.0)]
    assert less[0].numbers["change_ratio"] == pytest.approx(-10_000 / 170_000)
    assert (less[0].numbers["earlier"], less[0].numbers["change_eur"]) == (APRIL, -10_000.0)


def test_late_changes_of_most_prestaties_are_one_finding_and_corrections_are_not_judged() -> None:
    """Five of nine prestaties with something in those months rise by 2,000 each; a tenth one is below 0 and unchanged.

    More than half of nine: one finding of 10,000. Were the tenth among the judged it would be half, and five findings.
    """
    codes = [f"Z{number:03}" for number in range(10)]
    then = {(code, JANUARY): (-50_000 if code == "Z009" else 50_000) for code in codes}
    now = {key: euro + 2_000 * (key[0] < "Z005") for key, euro in then.items()}
    (told,) = find_late_changes(said_twice(then, now), ASSUMPTIONS)
    assert (told.at_stake_eur, told.wlz_uitvoerder, told.prestatiecode) == (10_000.0, "Menzis", None)
    assert told.wording == "merged changed"
    whole = {name: told.numbers[name] for name in ("series_count", "judged_count", "total_eur")}
    assert whole == {"series_count": 5, "judged_count": 9, "total_eur": 10_000.0}
    assert told.numbers["largest_prestatiecode"] == "Z000"


def test_months_before_the_first_are_not_those_at_the_end() -> None:
    """Three care months and three deliveries: at the second a lag of 2 is January; a lag of 3 lies before it."""
    months = [date(2018, month, 1) for month in (1, 2, 3)]
    said = Said(
        series=pl.DataFrame({"prestatiecode": ["Z025"], "wlz_uitvoerder": ["Menzis"]}),
        months=months,
        deliveries=[date(2018, month, 1) for month in (2, 3, 4)],
        amount=np.array([[[10.0, 11.0, 12.0], [0.0, 20.0, 21.0], [0.0, 0.0, 30.0]]]),
        lag=np.array([[1, 2, 3], [0, 1, 2], [-1, 0, 1]]),
        delivered=np.ones((3, 3), dtype=bool),
    )
    place, before, now = _at_lags(said, range(2, 5))
    assert place.tolist() == [[0, 0, 0], [1, 0, 0]]
    np.testing.assert_array_equal(before, [[[10.0, NAN, NAN], [20.0, 11.0, NAN]]])
    np.testing.assert_array_equal(now, [[[11.0, NAN, NAN], [21.0, 12.0, NAN]]])


def test_a_fall_of_one_month_is_told_from_the_euro_it_took_back() -> None:
    """January 2018 falls from 10,000 to 8,000 at a lag of 4: 20 %, € 2,000; a fall of € 900 is too small to tell."""
    care, other = date(2018, 1, 1), date(2017, 12, 1)
    then = {("Z025", care): 10_000, ("Z025", other): 10_000, ("Z041", care): 4_000}
    (told,) = find_falls(said_twice(then, {**then, ("Z025", care): 8_000, ("Z041", care): 3_100}), ASSUMPTIONS)
    assert (told.at_stake_eur, told.prestatiecode, told.wording) == (2_000.0, "Z025", "series month fell")
    assert told.numbers["fall_ratio"] == pytest.approx(0.2)
    said = {name: told.numbers[name] for name in ("months_count", "first_month", "earlier", "usual_ratio", "fall_eur")}
    assert said == {"months_count": 1, "first_month": care, "earlier": APRIL, "usual_ratio": 0.01, "fall_eur": 2_000.0}


@pytest.mark.parametrize(
    ("sizes", "middle"),
    [
        ([0.1, 0.2, 0.6], 0.2),  # of three the second
        ([0.6, NAN, 0.2, 0.1], 0.2),
        ([0.4, 0.1, 0.2, 0.8], 0.3),  # of four between 0.2 and 0.4
        ([0.2, 0.4], 0.3),
        ([0.5], 0.5),
    ],
)
def test_the_usual_size_is_the_middle_one(sizes: list[float], middle: float) -> None:
    """1.4826 × the median; at least the floor, and the floor where nothing is known."""
    assert _usual_size(np.array([sizes])) == pytest.approx(1.4826 * middle)
    assert _usual_size(np.array([sizes]), 2.0) == pytest.approx(2.0)
    assert _nan_median(np.array([sizes])) == pytest.approx(middle)
    both = np.array([sizes, [NAN] * len(sizes)])
    assert _usual_size(both, 0.01)[1] == 0.01
    assert np.isnan(_nan_median(both)[1])


@pytest.mark.parametrize(("unknown", "is_judged"), [(4, False), (3, True)])
def test_a_level_is_judged_from_twelve_earlier_moves(unknown: int, is_judged: bool) -> None:
    """Of 20 months three come before the first move and two are judged; three months unknown leave twelve moves.

    A hundred a month, then 200: ln 2 over the floor of 0.01 × √(1 + 1), as the same month a year ago is known; the
    level is 100.
    """
    volume = np.full((1, 20), 100.0)
    volume[0, -1], volume[0, :unknown] = 200.0, NAN
    z, usual = _judge_youngest(volume, np.ones((1, 20)), np.zeros((1, 20)), ASSUMPTIONS)
    assert z[0] == pytest.approx([0.0, math.log(2) / (0.01 * math.sqrt(2)) if is_judged else 0.0])
    assert usual[0] == pytest.approx([100.0, 100.0])


def errors_of(rows: Any) -> RetrospectiveErrors:
    """Errors (R, 1, 12) of one uitvoerder with one cell, newest delivery first, the same at every lag."""
    of_uitvoerder = np.repeat(np.array(rows)[:, None, None], ERROR_LAGS, axis=2)
    none = np.zeros((len(of_uitvoerder), 1))
    return RetrospectiveErrors(of_uitvoerder, np.zeros_like(of_uitvoerder), np.array([100.0]), none, none)


def test_an_interval_rests_on_the_deliveries_before_it() -> None:
    """Twice the newest error is twice as far outside, and moves no other; without three before it nothing is asked."""
    p = np.full((1, LAGS), 0.5)
    one, other = (
        measure_cover(errors_of([newest, 0.02, 0.03, 0.01, 0.02]), p, np.zeros(1, int)) for newest in (0.1, 0.2)
    )
    assert one.shape == (2, 1, ERROR_LAGS)
    assert other[0] == pytest.approx(2 * one[0])
    np.testing.assert_array_equal(one[1], other[1])
    assert measure_cover(errors_of([0.1, 0.02, 0.03]), p, np.zeros(1, int)).shape == (0, 1, ERROR_LAGS)


def test_widening_is_what_is_lacking_of_three_months() -> None:
    """Off by 1.5, 3 and 0.5 half-widths: half an interval of the youngest month, two of the second, none of the third.

    Half-widths are the bound of 95 % × 0.1 × 1,000, × 0.05 × 400 and × 0.01 × 500.
    """
    off = np.array([[1.5, 3.0, 0.5, 9.0]])
    euro = _widening(off, np.array([9_000.0, 500.0, -400.0, 1_000.0]), np.array([0.1, 0.05, 0.01, 0.5]))
    assert euro == pytest.approx(BOUND_95 * (0.5 * 0.1 * 1_000 + 2 * 0.05 * 400))
    nothing = np.array([[NAN, np.inf, NAN, 9.0]])
    assert _widening(nothing, np.ones(4), np.ones(4)) == 0.0
