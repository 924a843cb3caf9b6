"""The months already delivered, end to end: completed, late, fallen back, in any order of arrival. Small simulation."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.handmade import House
from tests.lists import LISTS
from warehouse.publish import hash_marts
from warehouse.reference import load_regions
from warehouse.snapshots import snapshot_files

pytestmark = pytest.mark.long

AUGUST = "2018-08"
NATION = "wlz_uitvoerder = 'Landelijk'"
MONTHS_DELIVERED = (
    "select sum(expected_eur) from marts.forecast_bounds "  # groups have no meerzorg and no extra items
    f"where level = 'group' and {NATION} and period = 'month' and month < date '2018-08-01' group by month"
)


@pytest.fixture
def world(august: House) -> House:
    """Deliveries to August 2018 and its advice."""
    return august


def publish(house: House, *scenarios: str, month: str = AUGUST) -> House:
    """``wlz run`` of a few scenarios, that must succeed."""
    chosen = [word for name in scenarios for word in ("--scenario", name)]
    told = house.wlz("run", "--delivery-month", month, *chosen)
    assert told.exit_code == 0, told.output
    return house


def final_months(house: House) -> list[float]:
    """Euro finally claimed of each month of 2018, meerzorg left out: the truth the pipeline never sees."""
    volumes = pl.read_parquet(house.landing.with_name(f"{house.landing.name}-truth") / "volumes.parquet")
    in_base = LISTS.prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    of_year = volumes.filter(pl.col("care_month").dt.year() == 2018).join(in_base, on="prestatiecode", how="semi")
    by_month = of_year.group_by("care_month").agg(pl.col("amount_eur").cast(pl.Float64).sum()).sort("care_month")
    return by_month["amount_eur"].to_list()


def expected(house: House, scenario: str = "completed") -> float:
    [(amount,)] = house.query(f"select expected_excl_extra_eur from marts.zin_uitvoerder where {NATION}", scenario)
    return float(amount)


def test_completed_months_halve_the_error_of_the_letter(world: House) -> None:
    """Of the year 0.72 against 1.62 %, of which the seven months delivered are 0.04: the rest is what lies ahead.

    Persons who stay turn from falling to rising in 2018, so August to December are too low, by 0.7 % to 2.1 %, at all
    three uitvoerders. That is this draw: seeds 1 to 6 have 0.42, 0.72, 0.11, 0.54, 0.26 and 0.24 %, and the months
    delivered 0.06, 0.04, 0.07, 0.08, 0.01 and 0.02 % of the year.
    """
    truth = final_months(world)
    of_letter, of_completed = (abs(expected(world, name) / sum(truth) - 1) for name in ("letter", "completed"))
    assert of_completed < of_letter / 2
    assert of_completed < 0.01
    delivered = [float(amount) for (amount,) in world.query(MONTHS_DELIVERED, "completed")]
    assert len(delivered) == 7
    assert abs(sum(delivered) - sum(truth[:7])) < 0.001 * sum(truth)


def test_declared_and_completed_stand_apart(world: House) -> None:
    """Seven months are completed and none is below what was declared by more than a correction; the rest is ahead."""
    rows = world.query(
        "select state, declared_month_eur, completed_month_eur, month_eur from marts.utilisation_monthly "
        "where part = 'zin' order by month",
        "completed",
    )
    assert [row[0] for row in rows] == ["completed"] * 7 + ["forecast"] * 5
    assert all(done == whole for _, _, done, whole in rows[:7])
    assert all(float(done) > 0.995 * float(declared) for _, declared, done, _ in rows[:7])
    assert all(row[1] is None and row[2] is None for row in rows[7:])
    shares = [float(declared / done) for _, declared, done, _ in rows[:7]]
    assert shares == sorted(shares, reverse=True)


def test_a_completed_month_has_bounds_and_a_declared_volume(world: House) -> None:
    rows = world.query(
        "select count(*), count(observed_volume), count(forecast_volume), count(lower_80_volume) "
        "from marts.volume_forecast where completed_volume is not null and care_month >= date '2018-01-01'",
        "completed",
    )
    count, observed, forecast, bounds = rows[0]
    assert count == observed == bounds > 500
    assert forecast == 0


def test_na_ijl_is_inside_the_months(world: House) -> None:
    assert world.query(f"select na_ijl_eur from marts.extra_items_uitvoerder where {NATION}", "completed") == [(0,)]


def test_the_curve_and_its_revisions_are_published(world: House) -> None:
    curve = world.query(
        "select lag_months, avg(completeness_ratio) from marts.lag_curve where lag_months <= 4 group by 1 order by 1",
        "completed",
    )
    shares = [share for _, share in curve]
    assert shares == sorted(shares) and shares[0] < 0.8 < shares[1]  # noqa: PT018 - one picture
    assert world.query(
        "select count(*) from marts.lag_curve where not (lower_95_ratio <= lower_80_ratio and "
        "lower_80_ratio <= completeness_ratio and completeness_ratio <= upper_80_ratio)",
        "completed",
    ) == [(0,)]
    [(rows, compared)] = world.query(
        "select count(*), max(revisions_count) from marts.revision_statistics", "completed"
    )
    assert (rows, compared) == (3 * 12, 12)


def test_the_completed_curve_is_that_of_the_truth(world: House) -> None:
    """Per uitvoerder × group and lag 2 … 4 within two points of the share that was really known."""
    truth = pl.read_parquet(world.landing.with_name(f"{world.landing.name}-truth") / "completeness.parquet")
    seen = truth.filter(pl.col("lag_months").is_between(2, 4), pl.col("delivery_month") >= date(2017, 9, 1))
    mean = seen.group_by("wlz_uitvoerder", "prestatiegroep", "lag_months").agg(
        pl.col("completeness_ratio").median().alias("true_ratio")
    )
    rows = world.query(
        "select wlz_uitvoerder, prestatiegroep, lag_months, completeness_ratio from marts.lag_curve "
        "where lag_months between 2 and 4",
        "completed",
    )
    curve = pl.DataFrame(rows, schema=["wlz_uitvoerder", "prestatiegroep", "lag_months", "ratio"], orient="row")
    both = curve.join(mean, on=["wlz_uitvoerder", "prestatiegroep", "lag_months"])
    assert both.height > 80
    assert ((both["ratio"] - both["true_ratio"]).abs() < 0.02).mean() > 0.85


@pytest.mark.parametrize(("defect", "check_id", "limit"), [
    ("late_largest", "L02", 0.006),
    ("billing_speed", "L03", 0.003),
    ("billing_slow", "L03", 0.003),
    ("catch_up", "L04", 0.003),
])  # fmt: skip
def test_odd_deliverers_are_named_and_move_the_advice_little(
    defect: str, check_id: str, limit: float, world: House, new_house: Callable[[str], House]
) -> None:
    house = new_house(defect).remember(world).simulate("--seed", "2", "--until", AUGUST, "--defect", defect)
    publish(house, "completed")
    assert abs(expected(house) / expected(world) - 1) < limit
    [(outcome, at_stake, observed)] = house.query(
        f"select outcome, at_stake_eur, observed from marts.data_quality where check_id = '{check_id}' "
        "and checked_table = 'completed_series'",
        None,
    )
    assert outcome == "failed"
    assert at_stake > 1_000_000
    assert "De Friesland" in observed


def begin_group(house: House, zorgkantoor: str, group: str, first_month: str) -> list[str]:
    """Rewrites all claims so that this group of the zorgkantoor has none before a month; its prestaties."""
    codes = LISTS.prestaties.filter(prestatiegroep=group)["prestatiecode"].to_list()
    gone = pl.col("zorgkantoorcode").eq(zorgkantoor) & pl.col("prestatiecode").is_in(codes)
    for path in house.landing.glob("*/declaraties.parquet"):
        claims = pl.read_parquet(path)
        claims.filter(~(gone & (pl.col("zorgmaand") < first_month))).write_parquet(path)
    return codes


def test_a_group_that_begins_does_not_touch_the_others(world: House, new_house: Callable[[str], House]) -> None:
    """The largest group of Salland begins in May 2018: its other groups stay as they were; it is completed itself."""
    sums = "sum(observed_volume), sum(completed_volume) from marts.volume_forecast where wlz_uitvoerder = 'Salland' "
    house = new_house("new group").remember(world)
    shutil.copytree(world.landing, house.landing)
    codes = begin_group(house, "5532", "ZZP VV incl. behandeling", "2018-05")
    publish(house, "completed")
    named = ", ".join(f"'{code}'" for code in codes)
    others = f"select prestatiecode, {sums} and prestatiecode not in ({named}) group by 1 order by 1"
    before, after = ({code: done for code, _, done in one.query(others, "completed")} for one in (world, house))
    assert set(before) == set(after)
    assert all(abs(after[code] / before[code] - 1) < 0.005 for code in before if before[code])
    months = "care_month >= date '2018-05-01' and completed_volume is not null"
    [(declared, completed)] = house.query(f"select {sums} and {months} and prestatiecode in ({named})", "completed")
    [(_, whole)] = world.query(f"select {sums} and {months} and prestatiecode in ({named})", "completed")
    assert declared < 0.9 * completed
    assert abs(completed / whole - 1) < 0.1


def test_before_two_deliveries_of_the_year_the_letter_is_shown_and_said(world: House, tmp_path: Path) -> None:
    house = world.copy(tmp_path / "data")
    told = house.run("2018-01")
    assert told.exit_code == 0, told.output
    assert "Scenario completed is left out and letter is shown first" in told.output
    assert "two claims deliveries of 2018, found 1" in told.output
    scenarios = house.query(
        "select distinct scenario from marts.zin_uitvoerder where delivery_month = '2018-01-01'", None
    )
    assert ("completed",) not in scenarios
    refused = house.wlz("run", "--delivery-month", "2018-01", "--scenario", "completed")
    assert refused.exit_code == 1
    assert "needs two claims deliveries" in refused.output


def test_the_order_of_arrival_and_delivering_twice_change_nothing(
    world: House, new_house: Callable[[str], House]
) -> None:
    """March comes after May was taken in, April twice: the advice of August is the same to the last hash."""
    house = new_house("shuffled").remember(world)
    months = sorted(folder.name for folder in world.landing.iterdir() if folder.is_dir())
    for month in months:
        if month not in ("2018-03", AUGUST):
            shutil.copytree(world.landing / month, house.landing / month)
    publish(house, "completed", month="2018-06")
    shutil.copytree(world.landing / "2018-03", house.landing / "2018-03")
    shutil.copytree(world.landing / AUGUST, house.landing / AUGUST)
    april = house.landing / "2018-04" / "declaraties.parquet"
    april.write_bytes(april.read_bytes())
    house.publish(AUGUST)
    where = "where delivery_month = '2018-08-01'"
    for mart in ("zin_uitvoerder", "volume_forecast", "lag_curve", "forecast_bounds", "revision_statistics"):
        ours, theirs = (one.query(f"select * from stored.{mart} {where} order by all", None) for one in (house, world))
        assert ours == theirs, mart


def test_a_corrected_delivery_recomputes_what_depends_on_it(world: House, tmp_path: Path) -> None:
    """Another file for 2018-03: one new snapshot, the others stay as they are; the letter does not see it."""
    house = world.copy(tmp_path / "data")
    store = house.store
    before = {path.name: path.stat().st_mtime_ns for path in snapshot_files(store)}
    march = house.landing / "2018-03" / "declaraties.parquet"
    claims = pl.read_parquet(march)
    claims.with_columns(pl.col("aanleverdatum").dt.offset_by("4d")).filter(
        ~((pl.col("zorgmaand") == "2018-02") & (pl.col("prestatiecode") == "Z053"))
    ).write_parquet(march)
    said = expected(world, "letter"), expected(world)
    publish(house, "letter", "completed")
    after = {path.name: path.stat().st_mtime_ns for path in snapshot_files(store)}
    assert len(set(after) - set(before)) == 1
    assert all(after[name] == before[name] for name in before if name in after)
    assert expected(house, "letter") == said[0]
    assert expected(house) != said[1]


def test_a_second_run_gives_the_same_marts(world: House, tmp_path: Path) -> None:
    """Every scenario, every mart: to the last hash."""
    house = world.copy(tmp_path / "data")
    hashes = hash_marts(house.database)
    house.publish(AUGUST)
    assert hash_marts(house.database).equals(hashes)


def test_regions_are_those_of_the_reference(world: House) -> None:
    known = set(load_regions()["wlz_uitvoerder"])
    assert {
        name for (name,) in world.query("select distinct wlz_uitvoerder from marts.lag_curve", "completed")
    } <= known
