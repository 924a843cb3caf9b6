"""Rules on a delivery beside the one before it: doubled (D05), partial (D08), and which delivery that is."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from expectations.intake.known_deliveries import GoodClaims, KnownDeliveries, find_previous
from expectations.judging.delivery_view import euro_by_month
from expectations.judging.results import CheckResult, foresees_block
from expectations.judging.rule import NO_FINDINGS, Escalation, ExpectationSpec, Rule, RuleMetrics
from expectations.previous import measure_doubling
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER

MARCH, APRIL, MAY = date(2018, 3, 1), date(2018, 4, 1), date(2018, 5, 1)
VGZ, DSW = pl.col("zorgkantoor_code") == "5508", pl.col("zorgkantoor_code") == "5522"
EVERY_ROW = pl.lit(True)


def times(claims: pl.DataFrame, factor: float, where: pl.Expr = EVERY_ROW) -> pl.DataFrame:
    """The claims with volume and amount of some rows multiplied."""
    return claims.with_columns(
        pl.when(where).then(pl.col(name) * pl.lit(factor)).otherwise(pl.col(name)).cast(claims.schema[name])
        for name in ("volume", "amount_eur")
    )


def euro_of(claims: pl.DataFrame, where: pl.Expr, older_than: date) -> Decimal:
    """Euro in care months of this and earlier."""
    return Decimal(str(claims.filter(where, pl.col("care_month") <= older_than)["amount_eur"].sum()))


@pytest.fixture
def beside(
    check_rule: Callable[..., CheckResult], places: tuple[pl.DataFrame, pl.DataFrame]
) -> Callable[..., CheckResult]:
    """Result of a rule on a delivery of May 2018 beside claims of an earlier delivery month (April unless named)."""

    def run(check_id: str, frame: pl.DataFrame, earlier: pl.DataFrame, month: date = APRIL) -> CheckResult:
        known = earlier.filter(pl.col("care_month") < month)
        previous = euro_by_month(known, *places).with_columns(pl.lit(month).alias("delivery_month"))
        return check_rule(check_id, frame, previous=previous)

    return run


# --- D05 ----------------------------------------------------------------------------------------------------------


def test_doubling_rule_flags_a_delivery_that_holds_everything_twice(beside, claims):
    """24 months of 2016 and 2017 are older: lag 4 in the delivery of April 2018 is December 2017. The months since are
    counted twice as well."""
    result = beside("D05", times(claims, 2), claims)
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", True, 3)
    assert "VGZ: 24 of 24 older months (2016-01 to 2017-12) at 2.00 times the delivery of 2018-04, € " in result.message
    assert " counted twice" in result.message
    assert result.at_stake_eur == euro_of(claims, EVERY_ROW, MAY)
    assert "The delivery is refused; the last accepted one is used. Next: ask the Wlz-uitvoerder" in result.message


def test_doubling_rule_flags_the_one_uitvoerder_that_is_doubled(beside, claims):
    result = beside("D05", times(claims, 2, DSW), claims)
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.observed.startswith("uitvoerder DSW: 24 of 24 older months")
    assert result.at_stake_eur == euro_of(claims, DSW, MAY)


@pytest.mark.parametrize(
    ("factor", "outcome"),
    [(1.85, "passed"), (1.91, "failed"), (2.0, "failed"), (2.09, "failed"), (2.15, "passed"), (1.0, "passed")],
)
def test_doubling_rule_asks_for_about_twice(beside, claims, factor, outcome):
    assert beside("D05", times(claims, factor), claims).outcome == outcome


@pytest.mark.parametrize(("first", "outcome"), [(date(2016, 12, 1), "failed"), (date(2017, 1, 1), "passed")])
def test_doubling_rule_asks_for_most_of_the_older_months(beside, claims, first, outcome):
    """13 of 24 months are most of them, 12 of 24 are not: a year that was claimed late can double."""
    assert beside("D05", times(claims, 2, pl.col("care_month") >= first), claims).outcome == outcome


@pytest.mark.parametrize(("first", "outcome"), [(date(2017, 10, 1), "failed"), (date(2017, 11, 1), "passed")])
def test_doubling_rule_asks_for_three_older_months(beside, claims, first, outcome):
    short = claims.filter(pl.col("care_month") >= first)
    assert beside("D05", times(short, 2), short).outcome == outcome


def test_doubling_rule_accepts_months_that_fill_up(beside, claims):
    """A month that was half known at lag 1 to 3 doubles; so do all of them when months of delivery are left out."""
    for month in (APRIL, date(2017, 5, 1)):
        young = pl.col("care_month") >= pl.lit(month).dt.offset_by("-3mo")
        assert beside("D05", claims, times(claims, 0.5, young), month).outcome == "passed"


def test_doubling_rule_accepts_a_zorgkantoor_that_is_back(beside, claims, change_rows):
    """DSW was half absent in April (check L01) and is whole again: twice the euro, nothing counted twice."""
    both = pl.concat([claims, change_rows(claims.filter(DSW), EVERY_ROW, zorgkantoor_code="5519")])
    assert beside("D05", both, claims).outcome == "passed"
    assert beside("D05", times(both, 2, VGZ), claims).observed.startswith("uitvoerder VGZ: 24 of 24")


def test_doubling_rule_accepts_what_has_no_positive_euro_to_compare_with(beside, claims):
    assert beside("D05", claims, times(claims, 0.0)).outcome == "passed"


# --- D08 ----------------------------------------------------------------------------------------------------------


def test_partial_rule_flags_half_a_delivery(beside, claims):
    result = beside("D08", times(claims, 0.5), claims)
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", True, 3)
    assert "VGZ: 24 of 24 older months (2016-01 to 2017-12) at 0.50 times the delivery of 2018-04, € " in result.message
    assert " missing" in result.message
    assert result.at_stake_eur == euro_of(claims, EVERY_ROW, MAY) / 2


def test_partial_rule_counts_the_months_that_fell_when_most_did_not(beside, claims):
    spring = pl.col("care_month").is_between(date(2017, 3, 1), date(2017, 5, 1))
    result = beside("D08", times(claims, 0.5, DSW & spring), claims)
    assert result.observed.startswith("uitvoerder DSW: 3 of 24 older months (2017-03 to 2017-05)")
    assert result.at_stake_eur == euro_of(claims, DSW & spring, MAY) / 2


def test_partial_rule_flags_the_one_uitvoerder_that_is_halved(beside, claims):
    result = beside("D08", times(claims, 0.5, DSW), claims)
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.observed.startswith("uitvoerder DSW: 24 of 24 older months")


@pytest.mark.parametrize(("factor", "outcome"), [(0.79, "failed"), (0.81, "passed"), (1.0, "passed")])
def test_partial_rule_allows_a_fall_of_a_fifth(beside, claims, factor, outcome):
    assert beside("D08", times(claims, factor), claims).outcome == outcome


@pytest.mark.parametrize(("last", "outcome"), [(date(2016, 3, 1), "failed"), (date(2016, 2, 1), "passed")])
def test_partial_rule_asks_for_three_older_months(beside, claims, last, outcome):
    result = beside("D08", claims.filter(~(VGZ & (pl.col("care_month") <= last))), claims)
    assert result.outcome == outcome
    if outcome == "failed":
        assert "uitvoerder VGZ: 3 of 24 older months (2016-01 to 2016-03) at 0.00 times" in result.message
        assert result.at_stake_eur == euro_of(claims, VGZ, last)


def test_partial_rule_accepts_falls_in_young_months(beside, claims):
    young = pl.col("care_month") >= date(2018, 1, 1)
    assert beside("D08", times(claims, 0.1, young), claims).outcome == "passed"


def test_an_absent_uitvoerder_is_not_reported_twice(beside, check_rule, claims):
    absent = claims.filter(~VGZ)
    assert beside("D08", absent, claims).outcome == "passed"
    assert check_rule("L01", absent).outcome == "failed"


def test_an_uitvoerder_that_vanished_is_worth_what_it_had(beside, claims):
    result = beside("L01", claims.filter(~VGZ), claims)
    assert (result.is_blocking, result.findings_count) == (True, 1)
    assert result.at_stake_eur == euro_of(claims, VGZ, date(2018, 3, 1))  # those of the delivery of April


def test_an_absent_zorgkantoor_is_not_reported_twice(beside, check_rule, claims, change_rows):
    """5519 and 5522 are both DSW: without 5519 it falls by half, and check L01 says why."""
    both = pl.concat([claims, change_rows(claims.filter(DSW), EVERY_ROW, zorgkantoor_code="5519")])
    assert beside("D08", claims, both).outcome == "passed"
    absent = {"5508": 1.0, "5518": 1.0, "5519": 1.0, "5522": 1.0}
    assert "DSW, Westland Schieland Delfland (zorgkantoor 5519): 0 rows" in (
        check_rule("L01", claims, kader_by_code=absent).message
    )


def test_rows_under_another_code_of_the_same_uitvoerder_are_neither_doubled_nor_missing(beside, claims, change_rows):
    """5522 merges into 5519: one code doubles, the other is gone, and the uitvoerder is what it was."""
    both = pl.concat([claims, change_rows(claims.filter(DSW), EVERY_ROW, zorgkantoor_code="5519")])
    merged = times(change_rows(claims, DSW, zorgkantoor_code="5519"), 2, pl.col("zorgkantoor_code") == "5519")
    for check_id in ("D05", "D08"):
        assert beside(check_id, merged, both).outcome == "passed"


# --- What clean looks like ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_id", ["D05", "D08"])
def test_a_clean_delivery_says_the_same_beside_any_other_and_alone(beside, check_rule, claims, check_id):
    """Else data_quality would depend on the order in which deliveries come in."""
    alone = check_rule(check_id, claims)
    assert (alone.outcome, alone.findings_count, alone.at_stake_eur) == ("passed", 0, None)
    assert beside(check_id, claims, claims) == beside(check_id, claims, times(claims, 1.02), MARCH) == alone


# --- Which delivery is the one before -----------------------------------------------------------------------------


def test_euro_by_month_follows_the_region_of_the_care_month(claims, places):
    """Exact to the cent, per code, lazily or not; the codes of one uitvoerder stay apart."""
    euro = euro_by_month(claims, *places)
    assert euro.equals(euro_by_month(claims.lazy(), *places))
    assert euro.columns == ["wlz_uitvoerder", "zorgkantoor_code", "care_month", "amount_eur"]
    assert euro.filter(wlz_uitvoerder="DSW", care_month=date(2016, 1, 1)).rows() == [
        ("DSW", "5522", date(2016, 1, 1), 302_500.0)
    ]


class Lake:
    """Accepted, refused and superseded claims per month, each with its own factor."""

    def __init__(self, root: Path, claims: pl.DataFrame, places: tuple[pl.DataFrame, pl.DataFrame]) -> None:
        self.store, self.claims, self.places = Store(root / "lake"), claims, places
        self.register = DELIVERY_REGISTER.empty()

    def add(self, month: date, factor: int, status: str) -> None:
        delivery_id = f"declaraties-{month:%Y-%m}-{status}"
        self.store.hold_delivery(DECLARATIES, times(self.claims, factor), delivery_id, month)
        self.store.settle_delivery(DECLARATIES, delivery_id, month, accepted=status != "refused")
        row = {"delivery_id": delivery_id, "kind": "declaraties", "delivery_month": month, "delivery_status": status}
        added = pl.DataFrame([row], schema_overrides={"delivery_month": pl.Date})
        self.register = pl.concat([self.register, added], how="diagonal_relaxed")

    def factor_before(self, month: date, read_now: dict[date, pl.DataFrame] | None = None) -> tuple[date, float] | None:
        good = {when: GoodClaims(euro, when) for when, euro in (read_now or {}).items()}
        found = find_previous(KnownDeliveries(self.store, self.register, good), month, *self.places)
        if found is None:
            return None
        ratio = found.euro["amount_eur"].sum() / float(self.claims["amount_eur"].sum())
        return found.euro["delivery_month"].unique().item(), ratio


@pytest.fixture
def lake(tmp_path: Path, claims: pl.DataFrame, places: tuple[pl.DataFrame, pl.DataFrame]) -> Lake:
    return Lake(tmp_path, claims, places)


def test_nothing_comes_before_the_first_delivery(lake):
    assert lake.factor_before(MAY) is None
    lake.add(MAY, 1, "accepted")
    assert lake.factor_before(MAY) is None  # a re-delivery is compared with the month before, not with itself


def test_the_accepted_delivery_of_the_latest_earlier_month_is_the_one(lake):
    lake.add(date(2017, 12, 1), 2, "accepted")
    lake.add(MARCH, 4, "superseded")
    lake.add(MARCH, 3, "accepted")
    lake.add(APRIL, 5, "refused")
    lake.add(date(2018, 6, 1), 6, "accepted")
    assert lake.factor_before(MAY) == (MARCH, 3)
    assert lake.factor_before(MARCH) == (date(2017, 12, 1), 2)


def test_what_is_read_now_comes_in_place_of_what_the_lake_holds(lake, claims, places):
    lake.add(MARCH, 2, "accepted")
    read_now = {MARCH: euro_by_month(times(claims, 3), *places)}
    assert lake.factor_before(MAY, read_now) == (MARCH, 3)
    assert lake.factor_before(MARCH, read_now) is None
    lake.add(APRIL, 4, "accepted")
    assert lake.factor_before(MAY, read_now) == (APRIL, 4)


# --- Known before it is judged ------------------------------------------------------------------------------------

BLOCK = Rule("X", "x", "x", ("declaraties",), "block", measure_doubling, NO_FINDINGS, "x", "x", "x")
AT_LEAST_ONE = ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "findings_count", "min_value": 1})
NO_RANGE = ExpectationSpec("ExpectColumnPairValuesToBeEqual", {"column_A": "a", "column_B": "b"})


def measured(count: int, error: str | None = None, **changes: object) -> RuleMetrics:
    rule = Rule(**{**BLOCK.__dict__, **changes})
    frame = pl.DataFrame({"observed": ["x"], "findings_count": [count], "at_stake_eur": [1.0], "share": [0.3]})
    return RuleMetrics(rule, "declaraties", "d", "d", frame, error, block_above=0.2 if rule.escalation else None)


@pytest.mark.parametrize(
    ("metrics", "is_foreseen"),
    [
        (measured(0), False),
        (measured(1), True),
        (measured(1, severity="warn"), False),
        (measured(1, severity="warn", escalation=Escalation("share", "x")), True),
        (measured(0, severity="warn", escalation=Escalation("share", "x")), False),
        (measured(0, error="ZeroDivisionError"), True),
        (measured(0, error="ZeroDivisionError", severity="warn"), False),
        (measured(0, expectation=AT_LEAST_ONE), True),
        (measured(1, expectation=AT_LEAST_ONE), False),
        (measured(1, expectation=NO_RANGE), False),
    ],
)
def test_a_block_is_foreseen_from_the_metrics(metrics, is_foreseen):
    assert foresees_block(metrics) is is_foreseen
