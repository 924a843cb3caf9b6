"""docs/reference/checks.md follows from the declarations."""

from pathlib import Path

from expectations.catalogue import RULES, render_catalogue, rules_for
from warehouse.tables.deliveries import KINDS

ROOT = Path(__file__).parents[2]


def test_page_of_checks_is_up_to_date():
    page = (ROOT / "docs" / "reference" / "checks.md").read_text(encoding="utf-8")
    assert page == render_catalogue(), "write it again: python -m expectations.catalogue > docs/reference/checks.md"


def test_page_names_every_rule_and_what_makes_it_block():
    page = render_catalogue()
    for rule in RULES:
        assert f"## {rule.check_id}: {rule.title}" in page
    assert "block above `missing_month_block_ratio`" in page


def test_every_kind_has_the_checks_that_fit_its_columns():
    assert {"D01", "D03", "V07"} <= {rule.check_id for rule in rules_for("na_ijl")}
    of_na_ijl = [rule.check_id for rule in rules_for("na_ijl")]
    assert of_na_ijl[:5] == ["D01", "D03", "D07", "V07", "D06-dates"]
    assert of_na_ijl[5:] == ["D02-limit", "L09", "L09-moved", "D02-name", "D14", "D10", "D12"]
    assert all(rules_for(kind) for kind in KINDS)
    assert rules_for("unheard_of") == []
