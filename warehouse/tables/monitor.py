"""Tables of the stage monitor. Internal: they name providers and uitvoerders."""

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import lag as g
from warehouse.columns import monitor as m
from warehouse.columns import quality as q
from warehouse.contract import Table

MONITOR_PROVIDER = Table(
    "monitor_provider",
    "monitor",
    "lake",
    "zorgaanbieder × zorgkantoor",
    (
        c.DELIVERY_MONTH,
        d.AGB_CODE,
        d.ZORGKANTOOR_CODE,
        c.ZORGKANTOORREGIO,
        c.WLZ_UITVOERDER,
        m.LAST_CARE_MONTH,
        m.LATE_MONTHS,
        m.USUAL_MONTH_EUR,
        m.CAME_IN_EUR,
        m.EXPECTED_IN_EUR,
        m.DECLARED_OPEN_EUR,
        m.EXPECTED_OPEN_EUR,
        m.HIDDEN_EUR,
        m.ZORGKANTOOR_SHARE_RATIO,
        m.PROVIDER_FLAG,
        m.WRONG_CHECK_IDS,
        m.WRONG_EUR,
    ),
    ("agb_code", "zorgkantoor_code"),
    "Internal, not for publication: which providers are late or wrong with their claims, and the euro that hides.",
    nullable=frozenset(
        {"last_care_month", "late_months", "zorgkantoor_share_ratio", "provider_flag", "wrong_check_ids", "wrong_eur"}
    ),
    known_issues=("No rows when claims are delivered without provider.",),
)
DELIVERY_STATUS = Table(
    "delivery_status",
    "monitor",
    "lake",
    "claims delivery × wlz_uitvoerder",
    (
        c.DELIVERY_MONTH,
        d.DELIVERY_ID,
        c.WLZ_UITVOERDER,
        d.DELIVERY_STATUS,
        m.DELIVERY_STATE,
        d.RECEIVED_ON,
        m.DUE_ON,
        m.IS_ON_TIME,
        d.ROWS_COUNT,
        d.AMOUNT_EUR,
        g.COMPLETENESS_RATIO,
        m.LATE_MONTHS,
        q.FINDINGS_COUNT,
        m.BLOCKS_COUNT,
        q.AT_STAKE_EUR,
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
)
