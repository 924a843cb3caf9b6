"""What the lag stage must say of a delivery beyond late and slow: planted in a clean small world."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import polars as pl
import pytest

from expectations.judging.sentences import say_finding
from simulation import simulate_deliveries
from simulation.reference import load_simulation_reference
from tests.lists import LISTS
from warehouse.columns.deliveries import VOLUME
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import DECLARATIES
from wlz.forecasting.engines import ENGINES
from wlz.hand_overs import list_links
from wlz.lag.complete import CompletedAdvice, complete_advice
from wlz.lag.findings import MORE_FINDINGS_SCHEMA, list_more_findings
from wlz.lag.revisions import CARE_MONTHS, find_falls, find_late_changes, gather_snapshots
from wlz.lag.sudden_levels import find_sudden_levels
from wlz.series import aggregate_claims, ended_codes, lag_months, sum_regions

AUGUST = date(2018, 8, 1)
SERIES = ("DSW", "Z051")
CHECKS = {
    "fall": "V02", "late_change": "L08", "sudden_level": "V03-level", "calendar": "L10", "cover": "L11",
    "moved_level": "L14",
}  # fmt: skip


class World(NamedTuple):
    """A clean small simulation to August 2018: its snapshots, and the advice completed from them."""

    snapshots: pl.DataFrame
    found: CompletedAdvice
    prestaties: pl.DataFrame
    assumptions: Mapping[str, float]

    def findings(self, *kinds: str) -> pl.DataFrame:
        listed = list_more_findings(self.found, self.snapshots, self.prestaties, self.assumptions)
        texts = [say_finding(CHECKS[row["finding"]], row, "en") for row in listed.iter_rows(named=True)]
        listed = listed.with_columns(pl.Series("observed", texts, dtype=pl.String))
        return listed.filter(pl.col("finding").is_in(kinds)) if kinds else listed


@pytest.fixture(scope="module", params=[1, 2, 3], ids="seed {}".format)
def any_world(request: pytest.FixtureRequest) -> World:
    """Three worlds, one at a time."""
    return make_world(request.param)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(2)


def make_world(seed: int) -> World:
    crosswalk, regions, prestaties = LISTS.crosswalk, LISTS.regions, LISTS.prestaties
    names = {column.source_name or column.name: column.name for column in DECLARATIES.columns}
    said = []
    files = simulate_deliveries(load_simulation_reference("small"), scale="small", until=AUGUST, seed=seed)
    for file in files:
        if file.kind != "declaraties":
            continue
        claims = file.frame.rename(names).with_columns(
            pl.concat_str("care_month", pl.lit("-01")).str.to_date(), pl.col(VOLUME.name).cast(pl.Float64)
        )
        by_region = aggregate_claims(claims.lazy(), crosswalk, regions, prestaties, file.delivery_month)
        said.append(sum_regions(by_region).with_columns(pl.lit(file.delivery_month).alias("delivery_month")))
    found = complete_advice(
        pl.concat(said),
        said[-1].with_columns(lag_months(AUGUST)),
        prestaties,
        claims_month=AUGUST,
        engine=ENGINES["ets_average"],
        ended=ended_codes(prestaties),
        links=list_links(prestaties, LISTS.successors),
    )
    return World(pl.concat(said), found, prestaties, load_assumptions(2018))


def of_series(key: tuple[str, str] = SERIES) -> pl.Expr:
    return (pl.col("wlz_uitvoerder") == key[0]) & (pl.col("prestatiecode") == key[1])


def change_last_delivery(world: World, rows: pl.Expr, factor: float) -> World:
    """The last delivery with the amounts of some rows times a factor."""
    hit = rows & (pl.col("delivery_month") == AUGUST)
    amount = pl.col("declared_amount_eur").cast(pl.Float64)
    changed = pl.when(hit).then(amount * factor).otherwise(amount).alias("declared_amount_eur")
    return world._replace(snapshots=world.snapshots.with_columns(changed))


def euro(world: World, rows: pl.Expr) -> float:
    hit = world.snapshots.filter(rows, pl.col("delivery_month") == AUGUST)
    return float(hit["declared_amount_eur"].cast(pl.Float64).sum())


def change_volume(world: World, month: date, factor: float, key: tuple[str, str] = SERIES) -> World:
    """A completed month of a series times a factor."""
    hit = of_series(key) & (pl.col("care_month") == month)
    volume = pl.col("completed_volume")
    series = world.found.series.with_columns(
        pl.when(hit).then(volume * factor).otherwise(volume).alias(volume.meta.output_name())
    )
    return world._replace(found=world.found._replace(series=series))


def current_prices(world: World) -> pl.DataFrame:
    """Prices of the series at the level their uitvoerder has in the open months: those of 2018, not of 2017."""
    names = world.found.cells["wlz_uitvoerder"].unique(maintain_order=True)
    level = pl.DataFrame({"wlz_uitvoerder": names, "level": world.found.price_level})
    assert level["level"].is_between(1.0, 1.1).all()
    joined = world.found.price.join(level, on="wlz_uitvoerder")
    return joined.with_columns(pl.col("price") * pl.col("level")).drop("level")


# --- Clean ----------------------------------------------------------------------------------------------------------


def test_clean_deliveries_have_only_mack_to_tell(any_world: World) -> None:
    listed = any_world.findings()
    assert dict(listed.drop("observed").schema) == MORE_FINDINGS_SCHEMA
    assert set(listed["finding"]) <= {"calendar"}


def test_false_alarms_of_a_sudden_level_are_rare_in_series_of_any_size(any_world: World) -> None:
    """Without the euro from which it is told: at most one in a hundred series, all of them of a few clients."""
    any_size = {**any_world.assumptions, "revision_minimum_eur": 0.0}
    found = find_sudden_levels(any_world.found, any_world.prestaties, any_size)
    assert found.height <= 1
    assert found["at_stake_eur"].sum() < any_world.assumptions["revision_minimum_eur"]


# --- V02, L08: falls and late changes -----------------------------------------------------------------------------


def older_months(first: date, last: date) -> pl.Expr:
    return of_series() & pl.col("care_month").is_between(first, last)


def test_months_corrected_down_are_one_finding_with_their_euro(world: World) -> None:
    rows = older_months(date(2017, 10, 1), date(2018, 3, 1))
    [fall] = change_last_delivery(world, rows, 0.7).findings("fall").iter_rows(named=True)
    assert fall["wlz_uitvoerder"] == "DSW"
    assert fall["at_stake_eur"] == pytest.approx(0.3 * euro(world, rows), rel=0.01)
    assert fall["observed"].startswith("DSW, Z051: 6 months (2017-10 to 2018-03) fell by 29.9%")
    assert "since the delivery of 2018-07 (usual fall" in fall["observed"]


@pytest.mark.parametrize("factor", [0.96, 1.3])
def test_a_usual_correction_or_a_rise_is_no_fall(world: World, factor: float) -> None:
    rows = older_months(date(2017, 10, 1), date(2018, 3, 1))
    assert change_last_delivery(world, rows, factor).findings("fall").is_empty()


def test_a_month_below_zero_is_left_to_the_rule_on_negative_totals(world: World) -> None:
    """V01 judges months of a lag of 4 and more; in a younger one a correction may come before what it corrects."""
    month = {lag: older_months(when, when) for lag, when in ((3, date(2018, 5, 1)), (4, date(2018, 4, 1)))}
    assert change_last_delivery(world, month[4], -1.0).findings("fall").is_empty()
    assert change_last_delivery(world, month[3], -1.0).findings("fall").height == 1


def test_a_series_that_is_corrected_a_lot_has_to_fall_further(world: World) -> None:
    """Every delivery of 2018 takes back about 6 % of the month of lag 4, so that 8 % more is nothing special."""
    lag = (pl.col("delivery_month").dt.year() - pl.col("care_month").dt.year()) * 12 + (
        pl.col("delivery_month").dt.month().cast(pl.Int32) - pl.col("care_month").dt.month().cast(pl.Int32)
    )
    amount = pl.col("declared_amount_eur").cast(pl.Float64)
    restless = world.snapshots.with_columns(
        pl.when(of_series() & (lag >= 4)).then(0.94 * amount).otherwise(amount).alias("declared_amount_eur")
    )
    rows = older_months(date(2018, 3, 1), date(2018, 3, 1))
    assert change_last_delivery(world, rows, 0.92).findings("fall").height == 1
    assert change_last_delivery(world._replace(snapshots=restless), rows, 0.92).findings("fall").is_empty()


def test_closed_months_that_rose_name_the_na_ijl(world: World) -> None:
    rows = older_months(date(2015, 1, 1), date(2017, 7, 1))
    [late] = change_last_delivery(world, rows, 1.2).findings("late_change").iter_rows(named=True)
    assert late["at_stake_eur"] == pytest.approx(0.2 * euro(world, rows), rel=0.001)
    of_2016 = of_series() & (pl.col("care_month").dt.year() == 2016)
    whole_2016 = (pl.col("wlz_uitvoerder") == "DSW") & (pl.col("care_month").dt.year() == 2016)
    points = 100 * 0.2 * euro(world, of_2016) / euro(world, whole_2016)
    assert f"moves the na-ijl of 2016 by {points:+.3f} percentage points" in late["observed"]
    assert "changed by +20.0% since the delivery of 2018-07" in late["observed"]


def test_one_closed_month_is_enough_and_a_tenth_of_a_percent_is_not(world: World) -> None:
    one_month = older_months(date(2016, 3, 1), date(2016, 3, 1))
    assert change_last_delivery(world, one_month, 1.2).findings("late_change").height == 1
    all_months = older_months(date(2015, 1, 1), date(2017, 7, 1))
    assert change_last_delivery(world, all_months, 1.0008).findings("late_change").is_empty()


def test_a_code_that_appears_in_closed_months_changed_from_nothing(world: World) -> None:
    new = world.snapshots.filter(of_series(), pl.col("delivery_month") == AUGUST).with_columns(
        prestatiecode=pl.lit("Z999")
    )
    planted = world._replace(snapshots=pl.concat([world.snapshots, new]))
    [late] = planted.findings("late_change").iter_rows(named=True)
    assert late["observed"].startswith("DSW, Z999: months with a lag above 12 changed from nothing")


def test_an_uitvoerder_that_fell_as_a_whole_is_one_finding(world: World) -> None:
    whole = (pl.col("wlz_uitvoerder") == "DSW") & (pl.col("care_month") <= date(2018, 3, 1))
    planted = change_last_delivery(world, whole, 0.5)
    fall, late = (planted.findings(kind) for kind in ("fall", "late_change"))
    assert (fall.height, late.height) == (1, 1)
    assert " prestaties, € " in fall["observed"][0]
    closed = whole & (pl.col("care_month") < date(2017, 8, 1))
    assert late["at_stake_eur"][0] == pytest.approx(0.5 * euro(world, closed), rel=0.01)


def test_a_fall_up_to_the_youngest_month_is_told_with_the_year_it_makes_less(world: World) -> None:
    """15 % of lags 3 to 6: as much of the last twelve months; of lags 4 to 6 what was taken back."""
    goes_on, stopped = (
        change_last_delivery(world, of_series() & older_months(date(2018, 2, 1), last), 0.85).findings("fall")
        for last in (date(2018, 5, 1), date(2018, 4, 1))
    )
    assert "a year if it stays" in goes_on["observed"][0]
    assert "a year if it stays" not in stopped["observed"][0]
    year = euro(world, of_series() & older_months(date(2017, 7, 1), date(2018, 6, 1)))
    assert goes_on["at_stake_eur"][0] == pytest.approx(0.15 * year, rel=0.1)
    assert stopped["at_stake_eur"][0] < 0.5 * goes_on["at_stake_eur"][0]


def test_most_of_an_uitvoerder_off_its_level_is_one_finding_with_its_year(world: World) -> None:
    """All care of DSW 25 % up in two months: near a quarter of its year; three of its series are not most of it."""
    codes = world.found.series.filter(wlz_uitvoerder="DSW")["prestatiecode"].unique().sort().to_list()
    every = three = world
    for place, code in enumerate(codes):
        for month in (date(2018, 6, 1), date(2018, 7, 1)):
            every = change_volume(every, month, 1.25, ("DSW", code))
            three = change_volume(three, month, 1.25, ("DSW", code)) if place < 3 else three
    [moved] = every.findings("moved_level").iter_rows(named=True)
    assert moved["observed"].startswith("DSW: ")
    assert " more a year if it stays" in moved["observed"]
    year = (
        world.found.series.filter(pl.col("care_month") >= date(2017, 8, 1), wlz_uitvoerder="DSW")
        .join(current_prices(world), on=["prestatiecode", "wlz_uitvoerder"])
        .select((pl.col("completed_volume") * pl.col("price")).sum())
        .item()
    )
    assert moved["at_stake_eur"] == pytest.approx(0.25 * year, rel=0.35)
    assert three.findings("moved_level").is_empty()
    assert world.findings("moved_level").is_empty()


def test_a_first_delivery_has_nothing_to_compare_with_and_old_months_leave(world: World) -> None:
    alone = world.snapshots.filter(pl.col("delivery_month") == AUGUST)
    said = gather_snapshots(alone)
    assert find_falls(said, world.assumptions) == find_late_changes(said, world.assumptions) == []
    assert len(said.months) <= CARE_MONTHS
    older = pl.concat([alone, alone.with_columns(pl.col("care_month").dt.offset_by("-4y"))])
    assert gather_snapshots(older).months[0] == date(2013, 8, 1)


def test_a_month_that_a_delivery_no_longer_holds_did_not_fall(world: World) -> None:
    """A sender that keeps five years drops the oldest month: that is no correction."""
    shorter = world.snapshots.filter((pl.col("delivery_month") < AUGUST) | (pl.col("care_month") > date(2015, 6, 1)))
    assert world._replace(snapshots=shorter).findings("late_change").is_empty()


# --- V03-level ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "factor"), [(date(2018, 6, 1), 1.5), (date(2018, 6, 1), 0.5), (date(2018, 7, 1), 4.0)]
)
def test_a_month_at_another_level_is_told_with_its_past(world: World, month: date, factor: float) -> None:
    planted = change_volume(world, month, factor)
    [level] = planted.findings("sudden_level").iter_rows(named=True)
    completed = world.found.series.filter(of_series(), care_month=month)["completed_volume"][0]
    prices = current_prices(world)
    price = prices.filter(of_series())["price"][0]
    assert level["at_stake_eur"] == pytest.approx(abs(factor - 1) * completed * price, rel=0.15)
    year_ago = world.found.series.filter(of_series(), care_month=month.replace(year=2017))["completed_volume"][0]
    assert level["observed"].startswith(f"DSW, Z051: {month:%Y-%m} at {factor * completed:,.0f} units where")
    assert f"same month last year {year_ago:,.0f}" in level["observed"]
    assert level["observed"].count(",") > 5  # the last four months, in thousands
    last_year = planted.found.series.filter(pl.col("care_month") >= date(2017, 8, 1)).join(
        prices, on=["prestatiecode", "wlz_uitvoerder"]
    )
    of_nation = (last_year["completed_volume"] * last_year["price"]).sum()
    assert level["national_ratio"] == pytest.approx(level["at_stake_eur"] / of_nation)


def test_two_months_at_another_level_are_one_finding_with_the_euro_of_both(world: World) -> None:
    june = change_volume(world, date(2018, 6, 1), 4.0)
    both = change_volume(june, date(2018, 7, 1), 4.0)
    one, two = (planted.findings("sudden_level") for planted in (june, both))
    assert (one.height, two.height) == (1, 1)
    assert two["observed"][0].endswith("; 2018-07 too")
    assert two["at_stake_eur"][0] == pytest.approx(2 * one["at_stake_eur"][0], rel=0.1)


def test_a_month_that_falls_every_year_is_no_sudden_level(world: World) -> None:
    """Half of the care stops every June: nobody has to be asked; in one June out of three somebody has."""
    years = [date(year, 6, 1) for year in (2016, 2017, 2018)]
    every_year = world
    for june in years:
        every_year = change_volume(every_year, june, 0.5)
    assert every_year.findings("sudden_level").is_empty()
    assert change_volume(world, years[-1], 0.5).findings("sudden_level").height == 1


def test_an_older_month_or_a_ramp_is_no_sudden_level(world: World) -> None:
    assert change_volume(world, date(2018, 2, 1), 2.0).findings("sudden_level").is_empty()
    ramp = world
    for number in range(1, 8):
        ramp = change_volume(ramp, date(2018, number, 1), 1.01**number)
    assert ramp.findings("sudden_level").is_empty()


def test_a_month_of_zero_is_not_judged_and_breaks_nothing(world: World) -> None:
    """A silent series is L05-silent's affair."""
    assert change_volume(world, date(2018, 6, 1), 0.0).findings("sudden_level").is_empty()


def test_a_short_history_is_not_judged(world: World) -> None:
    recent = world.found.series.filter(pl.col("care_month") >= date(2017, 4, 1))
    planted = change_volume(world._replace(found=world.found._replace(series=recent)), date(2018, 6, 1), 3.0)
    assert find_sudden_levels(planted.found, world.prestaties, world.assumptions).is_empty()


def test_an_unsure_month_needs_a_larger_jump(world: World) -> None:
    series = world.found.series
    unsure = series.with_columns(
        pl.when(of_series()).then(0.3).otherwise("own_deviation_ratio").alias("own_deviation_ratio")
    )
    planted = change_volume(world._replace(found=world.found._replace(series=unsure)), date(2018, 6, 1), 1.5)
    assert planted.findings("sudden_level").is_empty()
