"""What a rule is given: a view of its kind, with what is dear to compute computed once for all rules."""

from collections.abc import Callable
from dataclasses import fields
from typing import get_type_hints

import polars as pl
import pytest

from expectations.catalogue import DELIVERY_RULES, check_delivery, measure_delivery
from expectations.claim_prices import list_corrections
from expectations.judging import delivery_view
from expectations.judging.delivery_view import BudgetView, ClaimsView, DeliveryView
from expectations.judging.rule import Rule
from warehouse.tables.deliveries import DECLARATIES, KINDS


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the dear functions, once for every time they are called."""
    called: list[str] = []

    def counted(name: str) -> Callable[..., object]:
        computes = getattr(delivery_view, name)

        def count(*given: object, **named: object) -> object:
            called.append(name)
            return computes(*given, **named)

        return count

    for name in ("judge_units", "euro_by_month", "sum_in_parts"):
        monkeypatch.setattr(delivery_view, name, counted(name))
    return called


def test_units_and_sums_of_claims_are_computed_once_for_all_rules(make_view, claims, computed):
    """Nine rules on units and prices, the corrections, and three rules that compare with the delivery before."""
    view = make_view(claims)
    assert {result.outcome for result in check_delivery(view)} == {"passed"}
    assert list_corrections(view).is_empty()
    assert view.euro["amount_eur"].sum() == float(claims["amount_eur"].sum())
    assert sorted(computed) == ["euro_by_month", "judge_units", "sum_in_parts"]


def test_what_no_rule_asks_for_is_not_computed(make_view, claims, computed):
    measure_delivery(make_view(claims), [rule for rule in DELIVERY_RULES if rule.check_id.startswith("D0")])
    measure_delivery(make_view(KINDS["kader"].empty(), "kader"))
    assert computed == []


def test_two_views_of_the_same_claims_share_nothing(make_view, claims, computed):
    """The second is held against other tariffs; nothing of the first is remembered."""
    first, second = make_view(claims), make_view(claims)
    assert first.units is not second.units
    assert computed == ["judge_units", "judge_units"]


def test_units_that_cannot_be_judged_break_their_rules_and_no_other(make_view, claims, monkeypatch):
    def fails(*given: object, **named: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(delivery_view, "judge_units", fails)
    broken = {result.check_id for result in check_delivery(make_view(claims)) if result.outcome == "broken"}
    assert broken == {"U01", "U02", "U03", "U04", "U-scale", "U-volume", "P01", "P03", "P04"}


@pytest.mark.parametrize("rule", DELIVERY_RULES, ids=lambda rule: rule.check_id)
def test_a_rule_takes_the_view_of_its_kinds(rule: Rule):
    """Claims alone: ClaimsView; never claims: BudgetView; both: what every delivery has."""
    taken = get_type_hints(rule.metrics)["view"]
    on_claims = DECLARATIES.name in rule.kinds
    expected = BudgetView if not on_claims else ClaimsView if rule.kinds == (DECLARATIES.name,) else DeliveryView
    assert taken in (expected, DeliveryView)


def test_a_view_has_no_field_that_only_another_kind_fills():
    common = {one.name for one in fields(DeliveryView)}
    of_claims, of_budgets = ({one.name for one in fields(view)} - common for view in (ClaimsView, BudgetView))
    assert of_claims & of_budgets == {"kader_by_code"}
    assert of_budgets == {"kader", "kader_by_code", "names", "before", "claimed", "transfers", "agreed"}
    assert not {"previous", "previous_received_on", "same_content_as", "tariffs", "agreements", "kader"} & common


def test_rows_of_a_file_that_could_not_be_parsed_are_an_error(make_view):
    view = make_view(None)
    assert not view.readable
    with pytest.raises(ValueError, match=r"2018-05/declaraties.parquet could not be parsed"):
        assert isinstance(view.used_rows, pl.DataFrame)


def test_what_several_rules_ask_of_a_view_is_computed_once(make_view, claims):
    asked: list[object] = []

    def look(view: object) -> int:
        asked.append(view)
        return len(asked)

    first, second = make_view(claims), make_view(claims)
    assert [first.once(look), first.once(look), second.once(look)] == [1, 1, 2]
    assert asked == [first, second]
