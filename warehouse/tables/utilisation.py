"""Tables of the stage utilisation."""

from warehouse.columns import common, extra_items, pgb, prices, utilisation
from warehouse.contract import Table

AFTER = "aids"

_VINTAGE = (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.SCENARIO)

UTILISATION = Table(
    "utilisation",
    "utilisation",
    "lake",
    "level × wlz_uitvoerder × zorgkantoorregio × part",
    (
        *_VINTAGE,
        common.LEVEL,
        common.WLZ_UITVOERDER,
        common.ZORGKANTOORREGIO,
        common.PART,
        utilisation.EXPECTED_EXCL_EXTRA_EUR,
        extra_items.EXTRA_ITEMS_EUR,
        utilisation.EXPECTED_EUR,
        utilisation.BUDGET_EUR,
        utilisation.AVAILABLE_EUR,
        utilisation.AVAILABLE_RATIO,
        utilisation.DECLARED_TO_DATE_EUR,
        pgb.GRANTED_TO_DATE_EUR,
        utilisation.TRANSFER_POSSIBLE_EUR,
        utilisation.AVAILABLE_AFTER_TRANSFER_EUR,
        utilisation.AVAILABLE_AFTER_TRANSFER_RATIO,
        utilisation.REDISTRIBUTION_RESERVE_EUR,
        utilisation.RESERVE_NEEDED_RATIO,
        utilisation.RESERVE_LEFT_EUR,
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
    published=True,
)
UTILISATION_MONTHS = Table(
    "utilisation_months",
    "utilisation",
    "lake",
    "month of the budget year × part",
    (
        *_VINTAGE,
        common.MONTH,
        common.PART,
        prices.STATE,
        utilisation.DECLARED_MONTH_EUR,
        utilisation.COMPLETED_MONTH_EUR,
        utilisation.AMOUNT_MONTH_EUR,
        utilisation.EXPECTED_CUMULATIVE_EUR,
        utilisation.EXPECTED_CUMULATIVE_INCL_EXTRA_EUR,
        utilisation.BUDGET_EUR,
    ),
    ("scenario", "month", "part"),
    "National path through the year: declared, completed or forecast, cumulative, against the kader.",
    nullable=frozenset({"declared_month_eur", "completed_month_eur"}),
    published=True,
)
