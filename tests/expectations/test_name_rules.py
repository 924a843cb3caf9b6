"""Rows keyed by the name of an uitvoerder: none counts for nobody without a word (D02-name, L09-name)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.extra_items import NAME_RULES
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from tests.expectations.conftest import ASSUMPTIONS, CROSSWALK, DELIVERY_MONTH, REGIONS
from warehouse.tables.deliveries import KINDS
from wlz.extra_items.items import na_ijl
from wlz.extra_items.stage import value_na_ijl
from wlz.known.uitvoerders import match_uitvoerders, name_uitvoerders

ALIASES = pl.DataFrame(
    [("DSW", "Zorgkantoor DSW B.V.", date(2015, 1, 1), None), ("VGZ", "Trias", date(2015, 1, 1), date(2018, 1, 1))],
    schema={"wlz_uitvoerder": pl.String, "alias": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
    orient="row",
)
NAMES = name_uitvoerders(REGIONS, ALIASES, CROSSWALK, DELIVERY_MONTH)


def delivered(*rows: tuple[int, str, float]) -> pl.DataFrame:
    return pl.DataFrame([(date(2018, 5, 2), *row) for row in rows], schema=KINDS["na_ijl"].schema, orient="row")


@pytest.fixture
def judge_names(check_rule: Callable[..., CheckResult]) -> Callable[..., CheckResult]:
    """D02-name on na_ijl; the zin kader is 1.0 mln of VGZ, 2.0 of CZ, 0.4 of DSW."""

    def run(*rows: tuple[int, str, float], **changes: object) -> CheckResult:
        return check_rule("D02-name", delivered(*rows), "na_ijl", **{"names": NAMES, **changes})

    return run


def test_names_aliases_and_codes_pass(judge_names: Callable[..., CheckResult]) -> None:
    rows = [(2016, "CZ", 0.1), (2016, "zorgkantoor  dsw b.v.", 0.1), (2016, "5508", 0.0), (2015, "DSW", 0.1)]
    assert judge_names(*rows).outcome == "passed"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("CZZ", "'CZZ' (2016, 0.1 %) is no uitvoerder, alias or zorgkantoor code in the delivery month; closest is CZ"),
        ("Trias", "'Trias' (2016, 0.1 %) is no uitvoerder, alias or zorgkantoor code in the delivery month"),
        ("5533", "'5533' (2016, 0.1 %) is no uitvoerder, alias or zorgkantoor code in the delivery month"),
    ],
)
def test_a_name_that_means_nobody_is_told_with_its_euro(
    judge_names: Callable[..., CheckResult], written: str, said: str
) -> None:
    """0.1 % of the zin kader of all, € 3.4 mln: whose it is, is not known. The delivery is used."""
    result = judge_names((2016, "DSW", 0.1), (2016, written, 0.1))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.observed == said
    assert result.at_stake_eur == Decimal("3400.00")
    assert not result.is_blocking


def test_a_second_row_of_one_uitvoerder_is_told(judge_names: Callable[..., CheckResult]) -> None:
    """DSW has its own row, so that of its legal person counts for nobody: 0.2 % of € 0.4 mln."""
    result = judge_names((2016, "DSW", 0.1), (2016, "Zorgkantoor DSW B.V.", 0.2))
    assert result.observed == "'Zorgkantoor DSW B.V.' (2016, 0.2 %) is DSW, which has a row of its own for that year"
    assert result.at_stake_eur == Decimal("800.00")


def test_without_a_kader_the_euro_is_not_known(judge_names: Callable[..., CheckResult]) -> None:
    result = judge_names((2016, "Nobody", 0.1), kader_by_code=None)
    assert (result.outcome, result.at_stake_eur) == ("failed", None)


def test_an_alias_has_the_euro_of_its_uitvoerder(check_rule: Callable[..., CheckResult]) -> None:
    """L09 looks at the share of the kader too: 0.6 % of € 0.4 mln."""
    result = check_rule("L09", delivered((2016, "Zorgkantoor DSW B.V.", 0.6)), "na_ijl", names=NAMES)
    assert result.at_stake_eur == Decimal("2400.00")


# --- In the advice ------------------------------------------------------------------------------------------------

EUR = pl.Decimal(18, 2)
REVENUE = pl.DataFrame(
    [(who, date(2018, n, 1), Decimal(euro), True) for who, euro in (("CZ", 300), ("DSW", 100)) for n in (1, 2)],
    schema={"wlz_uitvoerder": pl.String, "care_month": pl.Date, "forecast_amount_eur": EUR, "in_base": pl.Boolean},
    orient="row",
)


def matched(*rows: tuple[int, str, float]) -> pl.DataFrame:
    return match_uitvoerders(delivered(*rows), NAMES, ["reference_year"])


def judge_advice(*rows: tuple[int, str, float]) -> CheckResult:
    frame = value_na_ijl(matched(*rows), REVENUE, 2018)
    (result,) = judge([measure_table(NAME_RULES[0], frame, "extra_items", "declaraties-1", ASSUMPTIONS)])
    return result


def test_an_alias_counts_for_its_uitvoerder() -> None:
    used = matched((2016, "Zorgkantoor DSW B.V.", 10.0), (2016, "5518", 1.0)).filter("is_used")
    derived = pl.DataFrame(schema={"wlz_uitvoerder": pl.String, "derived_lag_ratio": pl.Float64})
    items = na_ijl(REVENUE, used, derived, 2018).select("wlz_uitvoerder", "item_eur")
    assert items.rows() == [("CZ", Decimal("6.00")), ("DSW", Decimal("20.00"))]


def test_what_counts_for_nobody_is_told_with_the_share_of_all_it_could_be() -> None:
    """5 % of € 800; the row of 2017 is younger than an advice on 2018 looks at, that of 2015 is not the latest."""
    result = judge_advice((2016, "Nobody", 5.0), (2015, "Nobody", 7.0), (2017, "Else", 9.0), (2016, "CZ", 1.0))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.observed == "na-ijl of 'Nobody' (2016, 5.0 %): no such uitvoerder runs a region in this advice"
    assert result.at_stake_eur == Decimal("40.00")


def test_names_that_all_count_pass() -> None:
    assert judge_advice((2016, "CZ", 0.1), (2016, "Zorgkantoor DSW B.V.", 0.1)).outcome == "passed"
    assert judge_advice().outcome == "passed"
