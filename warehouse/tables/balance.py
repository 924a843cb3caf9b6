"""Tables of the stage balance."""

from warehouse.columns import balance, common, register
from warehouse.contract import Table

AFTER = "support"

DELIVERY_BALANCE = Table(
    "delivery_balance",
    "balance",
    "lake",
    "delivery × what became of its rows",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        register.DELIVERY_ID,
        register.KIND,
        balance.DELIVERED_MONTH,
        balance.DELIVERED_ROWS_COUNT,
        balance.DELIVERED_EUR,
        balance.FATE,
        balance.FATE_RULE,
        balance.FATE_ROWS_COUNT,
        balance.FATE_EUR,
    ),
    ("delivery_id", "fate", "fate_rule"),
    "Every delivery up to the month of the advice: its rows and euro as used, set apart, superseded or left out by a "
    "named rule. They add up to the delivery to the cent (check D09).",
    nullable=frozenset({"delivered_eur", "fate_eur"}),
    known_issues=("No rows for an advice that an earlier release made: run its month again.",),
    published=True,
)
