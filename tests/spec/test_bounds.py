"""Levels of the bounds (docs/explanation/bounds.md): a tiny advice, in which every total can be added up by hand."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.unit.test_ets import make_panel
from wlz.bounds.bounds import describe_groups, put_beside_point
from wlz.bounds.calendar import build_calendar
from wlz.bounds.levels import ExtraItems, ScenarioTables, add_up, bound_levels, expect_levels
from wlz.bounds.read_off import EURO_BOUNDS, LEVEL_KEY, VOLUME_BOUNDS, bound_rows, sample_family
from wlz.bounds.valued_paths import Sampling, Seen, Valuation, build_levels, complete_shares
from wlz.forecasting.engines import ENGINES
from wlz.forecasting.paths import draw_shocks
from wlz.forecasting.sampling import Panel, fit_uncertainty

# Two prestaties of A in two regions, one of them meerzorg, and one of B; hours and days in the group "mixed".
SERIES = pl.DataFrame(
    {
        "prestatiecode": ["Z1", "Z2", "M1", "Z1", "H1"],
        "wlz_uitvoerder": ["A", "A", "A", "B", "B"],
        "prestatiegroep": ["stay", "mixed", "meerzorg", "stay", "mixed"],
        "unit_code": ["14", "14", "14", "14", "04"],
        "is_mixed": [False, True, False, False, True],
        "in_base": [True, True, False, True, True],
    }
)
SHARES = pl.DataFrame(
    {
        "prestatiecode": ["Z1", "Z1", "Z2", "Z2", "M1", "M1", "Z1", "H1"],
        "wlz_uitvoerder": ["A"] * 6 + ["B"] * 2,
        "zorgkantoorregio": ["North", "South"] * 3 + ["East"] * 2,
        "region_share_ratio": [0.25, 0.75, 0.6, 0.4, 0.5, 0.5, 1.0, 1.0],
    }
)
PRICE = np.array([10.0, 20.0, 5.0, 10.0, 2.0])
REGIONS = {"wlz_uitvoerder": ["A", "A", "B"], "zorgkantoorregio": ["North", "South", "East"]}
EXTRA = ExtraItems({"A": np.full(200, 120.0), "B": np.zeros(200)}, pl.DataFrame({**REGIONS, "share": [0.5, 0.5, 1.0]}))
FIRST = date(2015, 1, 1)


def describe(scenarios: dict[str, float], months: int = 36) -> Sampling:
    """Five series, the calendar of 2018 behind `months` of history, and scenarios as factors of the point."""
    values = make_panel(5, months=months)
    point = ENGINES["combined"](values, 24 - (months - 36)).point
    panel = Panel([f"s{row}" for row in range(5)], values, point)
    calendar = build_calendar(FIRST, months, 2018)
    seen = values[:, calendar.observed].sum(axis=1)
    return Sampling(
        panel=panel,
        uncertainty=fit_uncertainty(panel, ENGINES["combined"]),
        shocks=draw_shocks(200, months, 0),
        base=point,
        points={name: point * factor for name, factor in scenarios.items()},
        days=None,
        completed=None,
        seen=Seen(seen, seen * PRICE),
        valuation=Valuation(PRICE, np.zeros(5)),
        calendar=calendar,
        series=SERIES,
        shares=SHARES,
        levels=build_levels(SERIES, SHARES),
        seed=0,
    )


def add_base(sampling: Sampling):
    """Samples of every level of the scenario base, with the extra items of A."""
    return add_up(sample_family(sampling)["base"], sampling, EXTRA)


def test_every_level_is_a_sum_of_the_same_paths():
    """On every path: regions add up to the uitvoerder, uitvoerders and groups to the nation."""
    paths = add_base(describe({"base": 1.0}))
    total = "Landelijk"
    north, south = (paths["region", "A", name, None].cumulative for name in ("North", "South"))
    of_a, of_b = (paths["uitvoerder", name, total, None].cumulative for name in "AB")
    nation = paths["national", total, total, None].cumulative
    assert north + south == pytest.approx(of_a, rel=1e-5)
    assert of_a + of_b == pytest.approx(nation, rel=1e-5)
    groups = sum(paths["group", total, total, name].cumulative for name in ("stay", "mixed"))
    items = 120.0 * np.arange(1, 13) / 12
    assert groups + items == pytest.approx(nation, rel=1e-5)


def test_meerzorg_is_in_no_total():
    """It has an item of its own: no group of it, and nothing in the sums of A; as a series it has bounds."""
    sampling = describe({"base": 1.0})
    read = sample_family(sampling)["base"]
    paths = add_up(read, sampling, EXTRA)
    assert not [key for key in paths if key[3] == "meerzorg"]
    in_base = [paths["group", "A", "Landelijk", name].month for name in ("stay", "mixed")]
    assert sum(in_base) + 10.0 == pytest.approx(paths["uitvoerder", "A", "Landelijk", None].month, rel=1e-5)
    assert set(read.series["prestatiecode"]) == {"Z1", "Z2", "M1", "H1"}


def test_volumes_of_different_units_are_not_added():
    """Hours of H1 and days of Z2 are in one group: euro only. Groups in one unit have a volume."""
    sampling = describe({"base": 1.0})
    rows = bound_levels(add_base(sampling), sampling.calendar)
    of_groups = rows.filter(level="group", period="year", wlz_uitvoerder="Landelijk")
    has_volume = dict(of_groups.select("prestatiegroep", pl.col("lower_80_volume").is_not_null()).iter_rows())
    assert has_volume == {"stay": True, "mixed": False}
    assert rows.filter(level="uitvoerder")["lower_80_volume"].null_count() == rows.filter(level="uitvoerder").height


def test_a_scenario_two_percent_up_has_bounds_two_percent_up():
    """It stands on the base's paths; extra items are not scaled."""
    found = sample_family(describe({"base": 1.0, "high": 1.02}))
    base, high = (found[name].series.select(EURO_BOUNDS).to_numpy() for name in ("base", "high"))
    assert high == pytest.approx(base * 1.02, rel=1e-5)
    for name in "AB":
        assert found["high"].sums[name].euro == pytest.approx(found["base"].sums[name].euro * 1.02, rel=1e-4)


def test_a_scenario_that_moves_one_series_moves_that_one_only():
    """Z1 of A doubled in every month, all else as in base: paths × point ÷ base, also in the sums of A and not of B."""
    sampling = describe({"base": 1.0})
    doubled = sampling.points["base"] * np.array([2.0, 1.0, 1.0, 1.0, 1.0])[:, None]
    found = sample_family(sampling._replace(points={**sampling.points, "doubled": doubled}))
    base, moved = (found[name].series.select(EURO_BOUNDS).to_numpy() for name in ("base", "doubled"))
    of_z1 = ((pl.col("prestatiecode") == "Z1") & (pl.col("wlz_uitvoerder") == "A")).alias("is_moved")
    factor = np.where(found["base"].series.select(of_z1).to_series().to_numpy(), 2.0, 1.0)
    assert moved == pytest.approx(base * factor[:, None], rel=1e-5)
    assert (found["doubled"].sums["B"].euro == found["base"].sums["B"].euro).all()
    uitvoerder, north = (found["doubled"].sums["A"].euro[row] - found["base"].sums["A"].euro[row] for row in (0, 1))
    assert north == pytest.approx(0.25 * uitvoerder, rel=1e-3)


def test_a_price_that_scatters_widens_its_series_and_no_other():
    """20 % on Z1 of A: the same volumes, wider euro; without volume uncertainty the bounds would be e^(±1.28 × 0.2)."""
    sampling = describe({"base": 1.0})
    unsure = Valuation(PRICE, np.array([0.2, 0.0, 0.0, 0.0, 0.0]))
    certain, scattered = (sample_family(one)["base"] for one in (sampling, sampling._replace(valuation=unsure)))
    year = [
        read.series.filter(period="year").with_columns(
            width=pl.col("upper_80_eur") - pl.col("lower_80_eur"), kept=pl.col("upper_80_volume")
        )
        for read in (certain, scattered)
    ]
    wider = (year[1]["width"] / year[0]["width"]).to_list()
    assert wider[0] > 1.2
    assert wider[1:] == [1.0] * 4
    assert year[0]["kept"].equals(year[1]["kept"])
    assert (scattered.sums["B"].euro == certain.sums["B"].euro).all()


def test_the_year_is_december_cumulative_and_holds_what_is_known():
    """History to March 2018: three months are known, nine are ahead; the year is their sum on every path."""
    sampling = describe({"base": 1.0}, months=39)
    calendar, values = sampling.calendar, sampling.panel.history
    assert calendar.observed == slice(36, 39)
    assert [month.month for month in calendar.ahead_months] == [4, 5, 6, 7, 8, 9, 10, 11, 12]
    rows = bound_levels(add_base(sampling), calendar)
    nation = rows.filter(level="national")
    year = nation.filter(period="year").drop("period")
    december = nation.filter(period="cumulative", month=date(2018, 12, 1)).drop("period")
    assert year.equals(december)
    known = float((values[:, 36:39].sum(axis=1) * PRICE)[SERIES["in_base"].to_numpy()].sum())
    april = nation.filter(month=date(2018, 4, 1))
    month, cumulative = (april.filter(period=name)[EURO_BOUNDS].row(0) for name in ("month", "cumulative"))
    # Four twelfths of the extra items of 120 are in the year to April, one in the month.
    assert np.array(cumulative) - np.array(month) == pytest.approx(np.full(4, known + 30.0), rel=1e-5)


def test_the_year_of_a_series_holds_what_is_known_of_it():
    """April by itself and the year up to April differ by January to March, in units and, at its price, in euro."""
    sampling = describe({"base": 1.0}, months=39)
    known = sampling.panel.history[:, 36:39].sum(axis=1)
    rows = sample_family(sampling)["base"].series.filter(month=date(2018, 4, 1))
    for names, seen in ((VOLUME_BOUNDS, known), (EURO_BOUNDS, known * PRICE)):
        for row, (code, name) in enumerate(SERIES.select("prestatiecode", "wlz_uitvoerder").iter_rows()):
            of_series = rows.filter(prestatiecode=code, wlz_uitvoerder=name)
            month, to_april = (of_series.filter(period=one)[names].row(0) for one in ("month", "cumulative"))
            assert np.array(to_april) - np.array(month) == pytest.approx(np.full(4, seen[row]), rel=1e-5)


def test_what_is_expected_lies_within_the_bounds():
    sampling = describe({"base": 1.0})
    point = sampling.panel.point
    rows = bound_levels(add_base(sampling), sampling.calendar).filter(period="year")
    revenue = pl.DataFrame(
        [
            (code, name, date(2018, month + 1, 1), in_base, point[row, month], point[row, month] * PRICE[row])
            for row, (code, name, in_base) in enumerate(
                SERIES.select("prestatiecode", "wlz_uitvoerder", "in_base").iter_rows()
            )
            for month in range(12)
        ],
        schema=["prestatiecode", "wlz_uitvoerder", "care_month", "in_base", "month_volume", "forecast_amount_eur"],
        orient="row",
    )
    items = pl.DataFrame({"wlz_uitvoerder": ["A", "B"], "item_eur": [120.0, 0.0]})
    tables = ScenarioTables(volumes=pl.DataFrame(), revenue=revenue, extra_items=items, utilisation=pl.DataFrame())
    expected = expect_levels(tables, sampling, EXTRA).filter(period="year")
    key = ["level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep"]
    joined = rows.join(expected, on=key, how="inner", nulls_equal=True)
    assert joined.height == rows.height
    for lower, upper in (
        ("lower_80_eur", "upper_80_eur"),
        ("lower_95_eur", "lower_80_eur"),
        ("upper_80_eur", "upper_95_eur"),
    ):
        assert (joined[lower] <= joined[upper]).all()
    assert joined["expected_eur"].is_between(joined["lower_95_eur"], joined["upper_95_eur"]).all()


def test_months_before_a_code_begins_have_no_row():
    """Z1 of A is known from November on: two months, two of the year so far, and the year; B has all 25 rows."""
    sampling = describe({"base": 1.0})
    series = sample_family(sampling)["base"].series.filter(prestatiecode="Z1")
    begins = pl.when(pl.col("wlz_uitvoerder") == "A").then(date(2018, 11, 1)).otherwise(date(2018, 1, 1))
    expected = series.filter(pl.col("month") >= begins).select(
        *LEVEL_KEY, "period", "month", volume=pl.lit(1.0), expected_eur=pl.lit(10.0)
    )
    nothing_published = pl.DataFrame(
        schema=dict.fromkeys(["part", "level", "wlz_uitvoerder", "zorgkantoorregio", "expected_eur"], pl.String)
    )
    rows = put_beside_point(series, expected, nothing_published)
    of_a, of_b = (rows.filter(wlz_uitvoerder=name) for name in "AB")
    assert of_a.select("period", pl.col("month").dt.month()).rows() == [
        ("month", 11), ("month", 12), ("cumulative", 11), ("cumulative", 12), ("year", 12),
    ]  # fmt: skip
    assert of_b.height == 12 + 12 + 1


def test_a_region_without_claims_of_a_prestatie_has_no_share_of_it():
    """Z1 is claimed in North only; Z2 nowhere in the window, so it follows the regions' euro in all: 30 and 10."""
    window = pl.DataFrame(
        {
            "prestatiecode": ["Z1", "Z3", "Z3"],
            "wlz_uitvoerder": ["A"] * 3,
            "zorgkantoorregio": ["North", "North", "South"],
            "window_amount_eur": [20.0, 10.0, 10.0],
        }
    )
    series = pl.DataFrame({"prestatiecode": ["Z1", "Z2"], "wlz_uitvoerder": ["A", "A"]})
    shares = complete_shares(series, window)
    found = {(code, region): share for code, _, region, share in shares.iter_rows()}
    assert found == {("Z1", "North"): 1.0, ("Z1", "South"): 0.0, ("Z2", "North"): 0.75, ("Z2", "South"): 0.25}


def test_a_group_that_counts_in_two_units_anywhere_is_mixed():
    """Hours of B are enough for the days of A in the same group; a code the list does not know is in no group."""
    keys = pl.DataFrame({"prestatiecode": ["Z1", "Z2", "H1", "X9"], "wlz_uitvoerder": ["A", "A", "B", "B"]})
    known = pl.DataFrame(
        {
            "prestatiecode": ["Z1", "Z2", "H1"],
            "prestatiegroep": ["stay", "mixed", "mixed"],
            "unit_code": ["14", "14", "04"],
            "is_meerzorg": [False, False, True],
        }
    )
    found = describe_groups(keys, known)
    assert found["is_mixed"].to_list() == [False, True, True, None]
    assert found["in_base"].to_list() == [True, True, False, None]


def test_rows_are_month_cumulative_year():
    labels = pl.DataFrame([("series", "A", "Landelijk", "stay", "Z1")], schema=LEVEL_KEY, orient="row")
    bounds = np.arange(16.0).reshape(4, 1, 4)
    rows = bound_rows(labels, np.stack([np.full((4, 1, 4), np.nan), bounds]), [date(2018, 11, 1), date(2018, 12, 1)])
    assert rows.select("period", "month", "lower_80_eur").rows() == [
        ("month", date(2018, 11, 1), 0.0),
        ("month", date(2018, 12, 1), 1.0),
        ("cumulative", date(2018, 11, 1), 2.0),
        ("cumulative", date(2018, 12, 1), 3.0),
        ("year", date(2018, 12, 1), 3.0),
    ]
    assert rows["lower_80_volume"].null_count() == 5


def test_a_year_that_is_over_has_no_rows():
    calendar = build_calendar(FIRST, 48, 2018)
    assert calendar.ahead_months == []
    assert bound_levels({}, calendar).is_empty()
