"""Tables of check results and provenance."""

from warehouse.columns import common, deliveries, quality, register
from warehouse.contract import Table

AFTER = "vintages"

DATA_QUALITY = Table(
    "data_quality",
    "quality",
    "lake",
    "check × delivery it judged",
    (
        common.DELIVERY_MONTH,
        register.CHECK_ID,
        quality.CHECKED_TABLE,
        register.DELIVERY_ID,
        quality.TITLE,
        quality.SEVERITY,
        quality.OUTCOME,
        quality.FINDINGS_COUNT,
        quality.AT_STAKE_EUR,
        quality.OBSERVED,
        quality.EXPECTED,
        quality.MESSAGE,
        quality.ACTION,
        quality.ACCEPTED_BY,
        quality.ACCEPT_REASON,
        quality.REVISION,
        quality.JUDGED_AT,
        quality.CHECK_STATUS,
    ),
    ("check_id", "checked_table", "delivery_id", "revision"),
    "Result of every check with the euro at stake. Judged again with another outcome: a new row beside the old one.",
    nullable=frozenset({"at_stake_eur", "observed", "expected", "accepted_by", "accept_reason", "check_status"}),
    published=True,
    spans_months=True,
)
CHECK_FINDINGS = Table(
    "check_findings",
    "quality",
    "lake",
    "finding of a check on the delivery it judged",
    (
        common.DELIVERY_MONTH,
        register.CHECK_ID,
        quality.CHECKED_TABLE,
        register.DELIVERY_ID,
        quality.FINDING_NUMBER,
        common.WLZ_UITVOERDER,
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        quality.OBSERVED,
        quality.FINDINGS_COUNT,
        quality.AT_STAKE_EUR,
        common.PRESTATIECODE,
        common.UNIT_CODE,
        common.CARE_MONTH,
        quality.MERGED_COUNT,
        quality.WORDING,
        quality.NUMBERS,
    ),
    ("check_id", "checked_table", "delivery_id", "finding_number"),
    "What the latest judgement of a failed check found: the 20 findings with the largest amount, the rest as one. "
    "Two findings are the same when check, table, uitvoerder, zorgkantoor, provider, prestatie, unit and care month "
    "are. Internal, not for publication: a finding about one provider has its AGB code and zorgkantoor.",
    nullable=frozenset(
        {
            "wlz_uitvoerder",
            "zorgkantoor_code",
            "agb_code",
            "at_stake_eur",
            "prestatiecode",
            "unit_code",
            "care_month",
            "merged_count",
            "wording",
            "numbers",
        }
    ),
    published=True,
    spans_months=True,
)
CHECK_DECISIONS = Table(
    "check_decisions",
    "quality",
    "lake",
    "decision of a person on a check of a delivery",
    (
        common.DELIVERY_MONTH,
        quality.DECISION,
        register.CHECK_ID,
        register.DELIVERY_ID,
        quality.DECIDED_BY,
        quality.DECISION_REASON,
        quality.DECIDED_AT,
        register.ROWS_COUNT,
        deliveries.AMOUNT_EUR,
    ),
    ("decision", "check_id", "delivery_id"),
    "Blocks that were overruled and rows that were released from quarantine: who, when, why and how many euro.",
    nullable=frozenset({"amount_eur"}),
    published=True,
    spans_months=True,
)
ADVICE_PROVENANCE = Table(
    "advice_provenance",
    "quality",
    "lake",
    "input of the advice",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        quality.INPUT_NAME,
        quality.INPUT_VERSION,
        register.CONTENT_HASH,
        register.RECEIVED_ON,
        quality.CUT_OFF_DATE,
        register.ROWS_COUNT,
        deliveries.AMOUNT_EUR,
        register.QUARANTINED_COUNT,
        register.QUARANTINED_EUR,
    ),
    ("scenario", "input_name"),
    "What the advice rests on, and what of it is in quarantine and in no figure.",
    nullable=frozenset(
        {
            "content_hash",
            "received_on",
            "cut_off_date",
            "rows_count",
            "amount_eur",
            "quarantined_count",
            "quarantined_eur",
        }
    ),
    published=True,
)
