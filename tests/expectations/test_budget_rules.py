"""Rules on money that is not claimed: kader and transfers (K01), pgb stands (G01, G02), agreements (A01)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import budgets
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure
from expectations.judging.runner import judge
from warehouse.tables.deliveries import AFSPRAKEN, KADER, OVERHEVELINGEN, PGB_VERLENINGEN

RULES = {rule.check_id: rule for rule in budgets.RULES}
LIMITS = {"control_total_tolerance_eur": 0.01, "pgb_fall_ratio": 0.01, "pgb_jump_ratio": 0.1}
ZIN = {"5508": 1_000_000.0, "5518": 2_000_000.0, "5519": 300_000.0, "5522": 100_000.0}
MONTH_ENDS = pl.date_range(date(2017, 1, 1), date(2018, 5, 1), "1mo", eager=True).dt.month_end()


@pytest.fixture
def check_budget(make_view: Callable[..., DeliveryView]) -> Callable[..., CheckResult]:
    """Result of a rule on a delivery of this kind."""

    def run(check_id: str, frame: pl.DataFrame, kind: str, **changes: object) -> CheckResult:
        view = make_view(frame, kind, assumptions=LIMITS, **changes)
        (result,) = judge([measure(RULES[check_id], view)])
        return result

    return run


@pytest.fixture
def kader() -> pl.DataFrame:
    """The kader of 2018 at two stands; the first one is lower."""
    rows = [
        (date(2018, 5, 15), stand, code, 2018, zin * ratio, zin * ratio / 10)
        for stand, ratio in ((date(2018, 1, 15), 0.5), (date(2018, 5, 15), 1.0))
        for code, zin in ZIN.items()
    ]
    return as_delivered(rows, KADER.schema)


@pytest.fixture
def transfers() -> pl.DataFrame:
    """Two transfers from zin of Nijmegen and one from pgb of Haaglanden."""
    day = date(2018, 5, 15)
    rows = [
        (day, date(2018, 2, 1), 2018, "5508", "zin", "5518", "zin", 400_000.0),
        (day, date(2018, 3, 1), 2018, "5508", "zin", "5508", "pgb", 600_000.0),
        (day, date(2018, 3, 1), 2018, "5518", "pgb", "5518", "zin", 200_000.0),
    ]
    return as_delivered(rows, OVERHEVELINGEN.schema)


@pytest.fixture
def stands() -> pl.DataFrame:
    """Stands of three regions from January 2017 to May 2018: 1 % of January more each month, and a lower January."""
    rows = [
        (date(2018, 5, 31), day, code, day.year, base * (0.8 + 0.1 * (day.year - 2017)) * (0.99 + 0.01 * day.month))
        for day in MONTH_ENDS
        for code, base in (("5508", 1_000_000.0), ("5518", 5_000_000.0), ("5519", 200_000.0))
    ]
    return as_delivered([(*row, 0.0, 0.0, 10, 1) for row in rows], PGB_VERLENINGEN.schema)


@pytest.fixture
def agreements() -> pl.DataFrame:
    """Agreements of 2018 just within the zin kader of three regions, one of them of two codes."""
    start = date(2018, 1, 1)
    rows = [
        (date(2018, 1, 15), 2018, code, agb, "prestaties", euro, start, None)
        for code, agb, euro in (
            ("5508", "99000001", 600_000.0),
            ("5508", "99000002", 400_000.0),
            ("5518", "99000001", 1_900_000.0),
            ("5519", "99000003", 310_000.0),
            ("5522", "99000003", 90_000.0),
        )
    ]
    return as_delivered(rows, AFSPRAKEN.schema)


def as_delivered(rows: list[tuple[object, ...]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    money = {name: pl.Float64() for name, dtype in schema.items() if dtype.is_decimal()}
    frame = pl.DataFrame(rows, schema={**schema, **money}, orient="row")
    return frame.with_columns(pl.col(name).round(2).cast(schema[name]) for name in money)


def set_stand(stands: pl.DataFrame, day: date, codes: tuple[str, ...], factor: float) -> pl.DataFrame:
    hit = (pl.col("reference_date") == day) & pl.col("zorgkantoor_code").is_in(codes)
    changed = (pl.col("granted_eur").cast(pl.Float64) * factor).round(2).cast(stands.schema["granted_eur"])
    return stands.with_columns(pl.when(hit).then(changed).otherwise("granted_eur").alias("granted_eur"))


# --- K01, kader ---------------------------------------------------------------------------------------------------


def test_kader_rule_flags_regions_that_do_not_add_up(check_budget, kader):
    total = float(kader["zin_budget_eur"].sum())
    result = check_budget("K01", kader, "kader", control={"rows": 8, "zin": total + 50_000, "pgb": total / 10})
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", True, 1)
    assert result.observed.startswith("zin of the regions adds up to 5,100,000.00 (2018: € 5.1 mln) where the control")
    assert result.at_stake_eur == Decimal("50000.00")
    assert "compare with the beleidsregel" in result.message


@pytest.mark.parametrize(("cents", "outcome"), [(0, "passed"), (1, "passed"), (2, "failed")])
def test_kader_rule_asks_for_the_total_to_the_cent(check_budget, kader, cents, outcome):
    total = round(float(kader["pgb_budget_eur"].sum()) + cents / 100, 2)
    assert check_budget("K01", kader, "kader", control={"pgb": total}).outcome == outcome


@pytest.mark.parametrize("stated", ["much", None, float("nan")])
def test_kader_rule_flags_a_total_that_is_no_amount(check_budget, kader, stated):
    result = check_budget("K01", kader, "kader", control={"zin": stated})
    assert (result.outcome, result.at_stake_eur) == ("failed", None)
    assert "which is no amount" in result.observed


@pytest.mark.parametrize("control", [None, {"rows": 8}])
def test_kader_rule_passes_without_a_national_total(check_budget, kader, control):
    result = check_budget("K01", kader, "kader", control=control)
    assert (result.outcome, result.observed) == ("passed", "no control file with a national total")


# --- K01, transfers -----------------------------------------------------------------------------------------------


def test_transfer_rule_adds_up_what_leaves_a_part(check_budget, kader, transfers):
    """400,000 and 600,001 leave a part of 1,000,000; each alone would fit."""
    more = transfers.with_columns(
        pl.when(pl.col("to_part") == "pgb")
        .then(pl.lit(Decimal("600001.00")).cast(pl.Decimal(18, 2)))
        .otherwise("amount_eur")
        .alias("amount_eur")
    )
    result = check_budget("K01", more, "overhevelingen", kader=kader)
    assert (result.outcome, result.is_blocking, result.at_stake_eur) == ("failed", True, Decimal("1.00"))
    assert result.observed == "€ 1.0 mln leaves zin of zorgkantoor 5508 in 2018, a part of € 1.0 mln"
    assert result.findings["wlz_uitvoerder"].to_list() == ["VGZ"]


def test_transfer_rule_accepts_transfers_up_to_the_newest_stand(check_budget, kader, transfers):
    """All of zin of Nijmegen leaves, and all of pgb of Haaglanden; the stand of January was half of it."""
    result = check_budget("K01", transfers, "overhevelingen", kader=kader)
    assert (result.outcome, result.observed) == ("passed", "3 transfers within the part they leave")


def test_transfer_rule_flags_a_zorgkantoor_outside_the_kader(check_budget, kader, transfers):
    result = check_budget("K01", transfers, "overhevelingen", kader=kader.filter(pl.col("zorgkantoor_code") != "5518"))
    assert (result.outcome, result.at_stake_eur) == ("failed", Decimal("200000.00"))
    assert "€ 200,000 leaves pgb of zorgkantoor 5518 in 2018, a part of € 0" in result.observed


def test_transfer_rule_knows_a_zorgkantoor_that_closed_since(check_budget, kader, transfers):
    """5522 closed in 2020: a later stand has its part of 2018 under 5519, the other code of the region."""
    of_closed = transfers.with_columns(
        pl.lit("5522").alias("from_zorgkantoor_code"), pl.lit(50_000).cast(pl.Decimal(18, 2)).alias("amount_eur")
    ).head(1)
    later = kader.filter(pl.col("zorgkantoor_code") != "5522")
    assert check_budget("K01", of_closed, "overhevelingen", kader=later).outcome == "passed"
    too_much = of_closed.with_columns(pl.lit(350_000).cast(pl.Decimal(18, 2)).alias("amount_eur"))
    assert check_budget("K01", too_much, "overhevelingen", kader=later).at_stake_eur == 50_000.0


def test_transfer_rule_passes_over_what_it_cannot_know(check_budget, kader, transfers):
    next_year = transfers.with_columns(pl.lit(2019, dtype=pl.Int32).alias("budget_year"))
    assert check_budget("K01", next_year, "overhevelingen", kader=kader).outcome == "passed"
    unknown = check_budget("K01", transfers, "overhevelingen", kader=None)
    assert unknown.observed == "no kader known, so nothing was judged"


# --- G01 ----------------------------------------------------------------------------------------------------------


def test_stand_rule_flags_a_fall_outside_january(check_budget, stands):
    fallen = set_stand(stands, date(2018, 5, 31), ("5518",), 0.92)
    result = check_budget("G01", fallen, "pgb_verleningen")
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.observed == (
        "zorgkantoorregio Haaglanden, 2018-05: stand € 4.3 mln, -7.1% against the month before (€ 4.6 mln)"
    )
    assert result.at_stake_eur == Decimal("329400.00")
    assert result.findings["wlz_uitvoerder"].to_list() == ["CZ"]


def test_stand_rule_accepts_stands_that_grow_and_a_lower_january(check_budget, stands):
    january = set_stand(stands, date(2018, 1, 31), ("5508", "5518", "5519"), 0.9)
    for clean in (stands, january):
        result = check_budget("G01", clean, "pgb_verleningen")
        assert (result.outcome, result.at_stake_eur) == ("passed", None)
        assert result.observed == "33 stands of 2017-06 to 2018-05, none falls"


@pytest.mark.parametrize(("factor", "outcome"), [(0.985, "passed"), (0.97, "failed")])
def test_stand_rule_asks_for_more_than_a_percent(check_budget, stands, factor, outcome):
    """The stand of May is 1.04 ÷ 1.03 times that of April: 0.985 of it is 0.5 % lower, 0.97 of it 2.1 %."""
    fallen = set_stand(stands, date(2018, 5, 31), ("5508",), factor)
    assert check_budget("G01", fallen, "pgb_verleningen").outcome == outcome


def test_stand_rule_flags_months_that_repeat_in_all_regions(check_budget, stands):
    """Repeated stands hide what the same month added a year before, as stands have grown: 1 % of 0.9 × 6.2 mln."""
    repeated = set_stand(stands, date(2018, 5, 31), ("5508", "5518", "5519"), 1.03 / 1.04)
    result = check_budget("G01", repeated, "pgb_verleningen")
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.observed == "stands of 2018-05 are those of the month before in all 3 regions"
    assert result.at_stake_eur == Decimal("55800.00")


def test_stand_rule_accepts_a_single_region_that_repeats(check_budget, stands):
    repeated = set_stand(stands, date(2018, 5, 31), ("5508", "5518"), 1.03 / 1.04)
    assert check_budget("G01", repeated, "pgb_verleningen").outcome == "passed"


# --- G02 ----------------------------------------------------------------------------------------------------------


def test_deviation_rule_flags_a_region_above_its_year(check_budget, stands):
    """May was led to be 1.04 of January by 1 % a month; the rise since April is the euro."""
    jumped = set_stand(stands, date(2018, 5, 31), ("5508",), 1.25)
    result = check_budget("G02", jumped, "pgb_verleningen")
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.observed == (
        "zorgkantoorregio Nijmegen, 2018-05: stand € 1.2 mln, +25.0% against what the earlier months of the year "
        "lead to (€ 936,000)"
    )
    assert result.at_stake_eur == Decimal("243000.00")


@pytest.mark.parametrize(("factor", "outcome"), [(1.08, "passed"), (1.09, "failed")])
def test_deviation_rule_asks_for_more_than_a_tenth(check_budget, stands, factor, outcome):
    """February is held against January alone; it was 1 % above it."""
    jumped = set_stand(stands, date(2018, 2, 28), ("5519",), factor)
    later = jumped.filter(pl.col("reference_date") <= date(2018, 2, 28))
    assert check_budget("G02", later, "pgb_verleningen").outcome == outcome


def test_deviation_rule_accepts_steady_growth_another_year_and_a_single_month(check_budget, stands):
    result = check_budget("G02", stands, "pgb_verleningen")
    assert (result.outcome, result.observed) == ("passed", "12 stands of 2018-02 to 2018-05, in line with their year")
    last_year = set_stand(stands, date(2017, 6, 30), ("5508",), 1.5)
    assert check_budget("G02", last_year, "pgb_verleningen").outcome == "passed"
    january = stands.filter(pl.col("reference_date") == date(2018, 1, 31))
    assert check_budget("G02", january, "pgb_verleningen").observed == "0 stands of no month, in line with their year"


def test_falls_are_told_once(check_budget, stands):
    fallen = set_stand(stands, date(2018, 5, 31), ("5518",), 0.5)
    assert check_budget("G02", fallen, "pgb_verleningen").outcome == "passed"


# --- A01 ----------------------------------------------------------------------------------------------------------


def test_room_rule_flags_agreements_above_the_kader_of_a_region(check_budget, agreements, kader):
    more = agreements.with_columns(
        pl.when(pl.col("zorgkantoor_code") == "5522")
        .then(pl.lit(Decimal("130000.00")).cast(pl.Decimal(18, 2)))
        .otherwise("agreed_revenue_eur")
        .alias("agreed_revenue_eur")
    )
    result = check_budget("A01", more, "afspraken", kader=kader)
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "info", 1)
    assert result.observed == (
        "zorgkantoorregio Westland Schieland Delfland, 2018: € 440,000 agreed, +10.0% against a zin kader of € 400,000"
    )
    assert result.at_stake_eur == Decimal("40000.00")
    assert result.findings["wlz_uitvoerder"].to_list() == ["DSW"]


def test_room_rule_accepts_agreements_up_to_the_kader(check_budget, agreements, kader):
    result = check_budget("A01", agreements, "afspraken", kader=kader)
    assert (result.outcome, result.observed) == ("passed", "3 regions within their zin kader")


def test_room_rule_counts_the_latest_of_a_changed_agreement(check_budget, agreements, kader):
    changed = agreements.head(1).with_columns(pl.lit(date(2018, 7, 1)).alias("valid_from"))
    assert check_budget("A01", pl.concat([agreements, changed]), "afspraken", kader=kader).outcome == "passed"


def test_room_rule_passes_without_a_kader(check_budget, agreements, kader):
    assert check_budget("A01", agreements, "afspraken", kader=None).observed.startswith("no kader known")
    of_2017 = kader.with_columns(pl.lit(2017, dtype=pl.Int32).alias("budget_year"))
    assert check_budget("A01", agreements, "afspraken", kader=of_2017).outcome == "passed"
