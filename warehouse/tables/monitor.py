"""Tables of the stage monitor. Internal: they name providers and uitvoerders."""

from warehouse.columns import common, deliveries, lag, monitor, quality, register
from warehouse.contract import Table

AFTER = "quality"

MONITOR_PROVIDER = Table(
    "monitor_provider",
    "monitor",
    "lake",
    "zorgaanbieder × zorgkantoor",
    (
        common.DELIVERY_MONTH,
        deliveries.AGB_CODE,
        deliveries.ZORGKANTOOR_CODE,
        common.ZORGKANTOORREGIO,
        common.WLZ_UITVOERDER,
        monitor.LAST_CARE_MONTH,
        monitor.LATE_MONTHS,
        monitor.USUAL_MONTH_EUR,
        monitor.CAME_IN_EUR,
        monitor.EXPECTED_IN_EUR,
        monitor.DECLARED_OPEN_EUR,
        monitor.EXPECTED_OPEN_EUR,
        monitor.HIDDEN_EUR,
        monitor.ZORGKANTOOR_SHARE_RATIO,
        monitor.PROVIDER_FLAG,
        monitor.WRONG_CHECK_IDS,
        monitor.WRONG_EUR,
    ),
    ("agb_code", "zorgkantoor_code"),
    "Internal, not for publication: which providers are late or wrong with their claims, and the euro that hides.",
    nullable=frozenset(
        {"last_care_month", "late_months", "zorgkantoor_share_ratio", "provider_flag", "wrong_check_ids", "wrong_eur"}
    ),
    known_issues=("No rows when claims are delivered without provider.",),
    published=True,
)
DELIVERY_STATUS = Table(
    "delivery_status",
    "monitor",
    "lake",
    "claims delivery × wlz_uitvoerder",
    (
        common.DELIVERY_MONTH,
        register.DELIVERY_ID,
        common.WLZ_UITVOERDER,
        register.DELIVERY_STATUS,
        monitor.DELIVERY_STATE,
        register.RECEIVED_ON,
        monitor.DUE_ON,
        monitor.IS_ON_TIME,
        register.ROWS_COUNT,
        deliveries.AMOUNT_EUR,
        lag.COMPLETENESS_RATIO,
        monitor.LATE_MONTHS,
        quality.FINDINGS_COUNT,
        monitor.BLOCKS_COUNT,
        quality.AT_STAKE_EUR,
    ),
    ("delivery_id", "wlz_uitvoerder"),
    "How each claims delivery came in per uitvoerder; Landelijk is the delivery as a whole. Completeness is that of "
    "the open months. Findings and euro are internal, not for publication: they may be of one provider.",
    nullable=frozenset(
        {
            "received_on",
            "is_on_time",
            "rows_count",
            "amount_eur",
            "completeness_ratio",
            "late_months",
            "at_stake_eur",
        }
    ),
    known_issues=("Rows and euro of a refused delivery are known for the whole only.",),
    published=True,
    spans_months=True,
)
