"""Rule on the list of codes an advice was made with: its age is told once, as information (D02-age)."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.code_lists import AGE_RULES
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from tests.lists import LISTS
from warehouse.packs import load_pack, load_reference
from wlz.prices.code_trust import find_list_age

(AGE,) = AGE_RULES
VALUED = pl.DataFrame(
    {
        "prestatiecode": ["Z025", "Z025", "ZMZ01"],
        "forecast_amount_eur": [Decimal("1200000.10"), Decimal("800000.20"), Decimal("5000.00")],
        "in_base": [True, True, False],
    },
    schema_overrides={"forecast_amount_eur": pl.Decimal(18, 2)},
)


def judge_age(frame: pl.DataFrame) -> CheckResult:
    (result,) = judge([measure_table(AGE, frame, "revenue", "declaraties-2021-05-abc", {})])
    assert result.outcome != "broken", result.message
    return result


def test_a_list_older_than_the_budget_year_is_told_once_with_the_euro_of_the_year():
    """1,200,000.10 + 800,000.20; meerzorg is estimated apart."""
    lists = load_reference(load_pack("vektis-2019"), 2021, date(2021, 1, 1))
    result = judge_age(find_list_age(lists, VALUED, 2021))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "info", 1)
    assert result.at_stake_eur == Decimal("2000000.30")
    assert "list vektis-2019 vouches for codes until 2019, 2 years before the budget year 2021" in result.message
    assert not result.is_blocking


@pytest.mark.parametrize("year", [2015, 2018, 2019])
def test_a_list_that_vouches_for_the_budget_year_is_not_told(year):
    lists = load_reference(load_pack("vektis-2019"), year, date(year, 1, 1))
    result = judge_age(find_list_age(lists, VALUED, year))
    assert (result.outcome, result.findings_count) == ("passed", 0)


def test_a_list_that_says_no_last_year_is_not_told_as_old():
    """Unknown is unknown: nothing is said of an age that nobody stated."""
    assert find_list_age(LISTS._replace(vouched_until=None), VALUED, 2031).is_empty()


def test_without_a_forecast_the_age_is_told_and_no_euro_rests_on_it():
    lists = load_reference(load_pack("vektis-2019"), 2020, date(2020, 1, 1))
    result = judge_age(find_list_age(lists, VALUED.clear(), 2020))
    assert (result.outcome, result.at_stake_eur) == ("failed", Decimal("0.00"))
    assert "1 year before the budget year 2020" in result.message
