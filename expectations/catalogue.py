"""All rules in one place: which apply to which delivery, and the one call that checks deliveries.

They are listed in docs/reference/checks.md.

``python -m expectations.catalogue > docs/reference/checks.md`` writes the page again. Rules are declared per stage, not
here.
"""

from collections.abc import Sequence

from expectations import (
    balance,
    budgets,
    changed_columns,
    claim_columns,
    claim_prices,
    code_lists,
    dates,
    deliveries,
    extra_items,
    kader,
    lag,
    monitor,
    moved_months,
    negatives,
    new_periods,
    previous,
    prices,
    sequence,
    series,
    set_apart,
    utilisation,
    volumes,
    whole,
)
from expectations.judging import from_contract
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.results import CheckResult
from expectations.judging.rule import ExpectationSpec, Rule, RuleMetrics, measure
from expectations.judging.runner import judge
from warehouse.tables.deliveries import DECLARATIES, KINDS

DELIVERY_RULES: tuple[Rule, ...] = (
    *deliveries.RULES,
    *dates.RULES,
    *set_apart.RULES,
    *previous.RULES,
    *series.RULES,
    *claim_prices.RULES,
    *claim_columns.RULES,
    *moved_months.RULES,
    *negatives.RULES,
    *extra_items.RULES,
    *sequence.RULES,
    *budgets.RULES,
    *kader.RULES,
    *whole.RULES,
    *changed_columns.RULES,
    *new_periods.RULES,
)
# Frame that a stage computes, a table of it or one beside them → the rules that judge it.
JUDGED: dict[str, tuple[Rule, ...]] = {
    "lag_findings": lag.RULES,
    "monitor_provider": monitor.RULES,
    "volume_check": volumes.RULES,
    "claims_without_forecast": volumes.CLAIM_RULES,
    "flagged_series": volumes.FLAG_RULES,
    "not_followed": volumes.ENDED_RULES,
    "list_age": code_lists.AGE_RULES,
    "advice_moves": volumes.ADVICE_RULES,
    "missing_prices": prices.RULES,
    "prices_with_euro": prices.PRICE_RULES,
    "extra_items": extra_items.TABLE_RULES,
    "utilisation": utilisation.RULES,
    "awaited": utilisation.DUE_RULES,
    "na_ijl_names": extra_items.NAME_RULES,
    "delivery_balance": balance.RULES,
}
TABLE_RULES: tuple[Rule, ...] = tuple(rule for rules in JUDGED.values() for rule in rules)
RULES: tuple[Rule, ...] = (*DELIVERY_RULES, *TABLE_RULES)
# What a sender can judge without earlier deliveries.
OFFLINE_RULES: tuple[Rule, ...] = tuple(
    rule for rule in DELIVERY_RULES if rule.check_id.startswith(("D", "U", "P02", "V07", "V08", "V09", "G03"))
)


def rules_for(kind: str, rules: Sequence[Rule] = DELIVERY_RULES) -> list[Rule]:
    """The rules that judge a delivery of this kind, in the order of the catalogue."""
    return [rule for rule in rules if kind in rule.kinds]


def measure_delivery(view: DeliveryView, rules: Sequence[Rule] = DELIVERY_RULES) -> list[RuleMetrics]:
    """The metrics of every rule that can look at this delivery; small frames, so the delivery itself can be let go.

    A file that could not be parsed, or has other columns than its contract, is measured by the schema check alone.
    """
    return [measure(rule, view) for rule in rules_for(view.kind, rules) if view.readable or rule.judges_unreadable]


def check_delivery(view: DeliveryView) -> list[CheckResult]:
    """Every rule of the kind on one delivery; see ``check_deliveries``."""
    return check_deliveries([view])


def check_deliveries(views: Sequence[DeliveryView]) -> list[CheckResult]:
    """Every rule on every delivery, one result each, judged in one pass. Never raises on what is in the data.

    >>> [result.message for result in check_deliveries(views) if result.is_blocking]  # doctest: +SKIP
    """
    return judge([metrics for view in views for metrics in measure_delivery(view)])


def render_catalogue() -> str:
    """The page docs/reference/checks.md, from the declarations alone."""
    lines = [
        "# Checks",
        "",
        "Made from the declarations in `expectations/` by `python -m expectations.catalogue`; do not edit by hand.",
        "",
        "**block**: the delivery is refused and the last accepted one is used. **warn**: the delivery is used and the",
        "finding is reported with its euro. A check that cannot run is **broken**: it says nothing about the data, and",
        "holds the delivery back if it is a block. A new check: [add a check](../how-to/add-a-check.md).",
        "",
        "| id | check | severity | holds | judged in Great Expectations by | kinds |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_table_row(rule) for rule in RULES]
    for rule in RULES:
        lines += ["", f"## {rule.check_id}: {rule.title}", "", rule.why, "", *_rule_facts(rule)]
    return "\n".join([*lines, "", *_contract_section()]) + "\n"


def _table_row(rule: Rule) -> str:
    kinds = "all" if set(rule.kinds) == set(KINDS) else ", ".join(rule.kinds)
    judged_by = f"`{rule.expectation.type}({_arguments(rule.expectation)})`"
    return f"| {rule.check_id} | {rule.title} | {_severity(rule)} | {rule.expected} | {judged_by} | {kinds} |"


def _arguments(spec: ExpectationSpec) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in spec.kwargs.items())


def _severity(rule: Rule) -> str:
    if rule.escalation is None:
        return rule.severity
    return f"{rule.severity}; block above `{rule.escalation.assumption}`"


def _rule_facts(rule: Rule) -> list[str]:
    doc = (rule.metrics.__doc__ or "").replace("``", "`")
    return [
        f"- Measured: {' '.join(doc.split())}",
        f"- When it fails: {rule.action[0].lower()}{rule.action[1:]}.",
        f"- Next: {rule.next_step}.",
    ]


def _contract_section() -> list[str]:
    specs = from_contract.expectation_specs(DECLARATIES)
    return [
        "## contract: every table follows its contract",
        "",
        "The base suite of a table is derived from its contract; a change of the contract changes the suite. For",
        f"`{DECLARATIES.name}` it is:",
        "",
        *(f"- `{spec.type}({_arguments(spec)})`" for spec in specs),
    ]


if __name__ == "__main__":
    print(render_catalogue(), end="")
