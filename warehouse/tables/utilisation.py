"""Tables of the stage utilisation."""

from warehouse.columns import common as c
from warehouse.columns import extra_items as e
from warehouse.columns import pgb as p
from warehouse.columns import utilisation as u
from warehouse.columns.prices import STATE
from warehouse.contract import Table

_VINTAGE = (c.DELIVERY_MONTH, c.BUDGET_YEAR, c.SCENARIO)

UTILISATION = Table(
    "utilisation",
    "utilisation",
    "lake",
    "level × wlz_uitvoerder × zorgkantoorregio × part",
    (
        *_VINTAGE,
        c.LEVEL,
        c.WLZ_UITVOERDER,
        c.ZORGKANTOORREGIO,
        c.PART,
        u.EXPECTED_EXCL_EXTRA_EUR,
        e.EXTRA_ITEMS_EUR,
        u.EXPECTED_EUR,
        u.BUDGET_EUR,
        u.AVAILABLE_EUR,
        u.AVAILABLE_RATIO,
        u.DECLARED_TO_DATE_EUR,
        p.GRANTED_TO_DATE_EUR,
        u.TRANSFER_POSSIBLE_EUR,
        u.AVAILABLE_AFTER_TRANSFER_EUR,
        u.AVAILABLE_AFTER_TRANSFER_RATIO,
        u.REDISTRIBUTION_RESERVE_EUR,
        u.RESERVE_NEEDED_RATIO,
        u.RESERVE_LEFT_EUR,
    ),
    ("scenario", "level", "wlz_uitvoerder", "zorgkantoorregio", "part"),
    "Expectation against the kader at every level; national rows carry transfer and reserve.",
    nullable=frozenset(
        {
            "available_ratio",
            "declared_to_date_eur",
            "granted_to_date_eur",
            "transfer_possible_eur",
            "available_after_transfer_eur",
            "available_after_transfer_ratio",
            "redistribution_reserve_eur",
            "reserve_needed_ratio",
            "reserve_left_eur",
        }
    ),
)
UTILISATION_MONTHS = Table(
    "utilisation_months",
    "utilisation",
    "lake",
    "month of the budget year × part",
    (
        *_VINTAGE,
        c.MONTH,
        c.PART,
        STATE,
        u.DECLARED_MONTH_EUR,
        u.COMPLETED_MONTH_EUR,
        u.AMOUNT_MONTH_EUR,
        u.EXPECTED_CUMULATIVE_EUR,
        u.EXPECTED_CUMULATIVE_INCL_EXTRA_EUR,
        u.BUDGET_EUR,
    ),
    ("scenario", "month", "part"),
    "National path through the year: declared, completed or forecast, cumulative, against the kader.",
    nullable=frozenset({"declared_month_eur", "completed_month_eur"}),
)
