"""Rules on claims in their place among the deliveries: repeated (D04), a gap (D07-gap), out of order (D07-reversal)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import sequence
from expectations.judging.delivery_view import ClaimsView, euro_by_month
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure
from expectations.judging.runner import judge

MARCH, APRIL, MAY = date(2018, 3, 1), date(2018, 4, 1), date(2018, 5, 1)
RULES = {rule.check_id: rule for rule in sequence.RULES}


@pytest.fixture
def beside(
    make_view: Callable[..., ClaimsView], places: tuple[pl.DataFrame, pl.DataFrame]
) -> Callable[..., CheckResult]:
    """Result of a rule on a delivery of May 2018 beside earlier claims (of April unless named)."""

    def run(
        check_id: str, frame: pl.DataFrame, earlier: pl.DataFrame | None, month: date = APRIL, **changes: object
    ) -> CheckResult:
        previous = None
        if earlier is not None:
            previous = euro_by_month(earlier, *places).with_columns(pl.lit(month).alias("delivery_month"))
        view = make_view(frame, previous=previous, **changes)
        (result,) = judge([measure(RULES[check_id], view)])
        return result

    return run


@pytest.fixture
def known_in_april(claims: pl.DataFrame) -> pl.DataFrame:
    """The claims as the delivery of April had them: without May and, in part, April."""
    return claims.filter(pl.col("care_month") < APRIL)


def a_usual_month(claims: pl.DataFrame, months: int = 1) -> Decimal:
    """Mean of the care months of 2017: with lag 4 and more in the delivery of April 2018."""
    of_year = claims.filter(pl.col("care_month").dt.year() == 2017)["amount_eur"].sum()
    return (Decimal(str(of_year)) / 12 * months).quantize(Decimal("0.01"))


# --- D04 ----------------------------------------------------------------------------------------------------------


def test_repetition_rule_flags_the_rows_of_the_delivery_before_under_a_new_date(beside, claims, known_in_april):
    result = beside("D04", known_in_april, known_in_april)
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", True, 1)
    assert "all 81 sums per zorgkantoor and care month equal to those of the delivery of 2018-04" in result.observed
    assert result.at_stake_eur == a_usual_month(claims)
    assert "The delivery is refused; the last accepted one is used. Next: ask the Wlz-uitvoerder" in result.message


def test_what_a_repetition_hides_grows_as_the_months_before_did(beside, claims):
    """2017 at 1.21 times 2016: nine and a half months on from its middle, to May 2018, it is 1.21 ** (9.5 / 12)."""
    last_year = pl.col("care_month") < date(2017, 1, 1)
    amount = pl.when(last_year).then(pl.col("amount_eur") / 1.21).otherwise("amount_eur")
    grown = claims.with_columns(amount.cast(claims.schema["amount_eur"])).filter(pl.col("care_month") < APRIL)
    usual = float(a_usual_month(claims))
    assert float(beside("D04", grown, grown).at_stake_eur) == pytest.approx(usual * 1.21 ** (9.5 / 12), rel=0.01)


def test_repetition_rule_accepts_a_delivery_that_went_on(beside, claims, known_in_april):
    result = beside("D04", claims, known_in_april)
    assert (result.outcome, result.at_stake_eur, result.observed) == ("passed", None, "no delivery repeated")


@pytest.mark.parametrize(("cents", "outcome"), [(0, "failed"), (1, "passed")])
def test_repetition_rule_asks_for_every_sum_to_the_cent(beside, known_in_april, cents, outcome):
    """A cent that went from one zorgkantoor to another leaves the total as it is."""
    first, last = pl.int_range(pl.len()) == 0, pl.int_range(pl.len()) == pl.len() - 1
    moved = pl.when(first).then(cents).when(last).then(-cents).otherwise(0) / 100
    changed = known_in_april.with_columns(
        (pl.col("amount_eur") + moved.cast(pl.Decimal(18, 2))).cast(known_in_april.schema["amount_eur"])
    )
    assert beside("D04", changed, known_in_april).outcome == outcome


def test_repetition_rule_looks_at_the_rows_outside_quarantine(beside, known_in_april):
    """What was set aside in the earlier delivery is in none of its sums."""
    kept = known_in_april.filter(pl.col("prestatiecode") != "Z110")
    assert beside("D04", known_in_april, kept, kept=kept).outcome == "failed"
    assert beside("D04", known_in_april, kept).outcome == "passed"


def test_repetition_rule_names_the_delivery_with_the_same_bytes(beside, claims, known_in_april):
    result = beside("D04", claims, known_in_april, same_content_as="declaraties-2018-03-0123456789ab")
    assert (result.outcome, result.observed) == ("failed", "the bytes of delivery declaraties-2018-03-0123456789ab")


def test_repetition_rule_counts_the_months_since(beside, claims, known_in_april):
    """Repeated after a gap: two months are missing. In the delivery of March, November 2017 has a lag of 4."""
    result = beside("D04", known_in_april, known_in_april, MARCH)
    year = claims.filter(pl.col("care_month").is_between(date(2016, 12, 1), date(2017, 11, 1)))["amount_eur"].sum()
    assert result.at_stake_eur == (Decimal(str(year)) / 12 * 2).quantize(Decimal("0.01"))


# --- D07-gap ------------------------------------------------------------------------------------------------------


def test_gap_rule_names_the_months_without_a_delivery(beside, claims):
    result = beside("D07-gap", claims, claims.filter(pl.col("care_month") < date(2018, 2, 1)), date(2018, 2, 1))
    assert (result.outcome, result.severity, result.is_blocking, result.findings_count) == ("failed", "warn", False, 2)
    assert result.observed == "no accepted delivery of 2018-03, 2018-04, after that of 2018-02"
    year = claims.filter(pl.col("care_month").is_between(date(2016, 11, 1), date(2017, 10, 1)))["amount_eur"].sum()
    assert result.at_stake_eur == (Decimal(str(year)) / 12 * 2).quantize(Decimal("0.01"))


def test_gap_rule_accepts_a_delivery_every_month_and_the_first_of_all(beside, claims, known_in_april):
    assert beside("D07-gap", claims, known_in_april).observed == "the delivery of 2018-04 came before it"
    assert beside("D07-gap", claims, None).observed == "the first delivery of all"


# --- D07-reversal -------------------------------------------------------------------------------------------------


def test_reversal_rule_flags_a_delivery_dated_before_the_one_before(beside, claims, known_in_april):
    result = beside("D07-reversal", claims, known_in_april, previous_received_on=date(2018, 5, 3))
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", True, 1)
    assert "dated 2018-05-02, before the delivery of 2018-04 dated 2018-05-03; € 1.9 mln came in" in result.observed
    since = claims["amount_eur"].sum() - known_in_april["amount_eur"].sum()
    assert result.at_stake_eur == since


@pytest.mark.parametrize("before", [date(2018, 4, 3), date(2018, 5, 2), None])
def test_reversal_rule_accepts_dates_in_order(beside, claims, known_in_april, before):
    """Also two deliveries of one day, and the first of all."""
    result = beside("D07-reversal", claims, known_in_april, previous_received_on=before)
    assert (result.outcome, result.at_stake_eur) == ("passed", None)


def test_reversal_rule_looks_at_the_latest_date_in_the_file(beside, claims, known_in_april, change_rows):
    older = change_rows(claims, pl.col("care_month") < MAY, delivery_date=date(2018, 3, 2))
    assert beside("D07-reversal", older, known_in_april, previous_received_on=date(2018, 4, 3)).outcome == "passed"
