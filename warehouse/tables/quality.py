"""Tables of check results and provenance."""

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import quality as q
from warehouse.contract import Table

AFTER = "vintages"

DATA_QUALITY = Table(
    "data_quality",
    "quality",
    "lake",
    "check × delivery it judged",
    (
        c.DELIVERY_MONTH,
        d.CHECK_ID,
        q.CHECKED_TABLE,
        d.DELIVERY_ID,
        q.TITLE,
        q.SEVERITY,
        q.OUTCOME,
        q.FINDINGS_COUNT,
        q.AT_STAKE_EUR,
        q.OBSERVED,
        q.EXPECTED,
        q.MESSAGE,
        q.ACTION,
        q.ACCEPTED_BY,
        q.ACCEPT_REASON,
        q.REVISION,
        q.JUDGED_AT,
        q.CHECK_STATUS,
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
        c.DELIVERY_MONTH,
        d.CHECK_ID,
        q.CHECKED_TABLE,
        d.DELIVERY_ID,
        q.FINDING_NUMBER,
        c.WLZ_UITVOERDER,
        d.ZORGKANTOOR_CODE,
        d.AGB_CODE,
        q.OBSERVED,
        q.FINDINGS_COUNT,
        q.AT_STAKE_EUR,
        c.PRESTATIECODE,
        c.UNIT_CODE,
        c.CARE_MONTH,
        q.MERGED_COUNT,
        q.WORDING,
        q.NUMBERS,
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
        c.DELIVERY_MONTH,
        q.DECISION,
        d.CHECK_ID,
        d.DELIVERY_ID,
        q.DECIDED_BY,
        q.DECISION_REASON,
        q.DECIDED_AT,
        d.ROWS_COUNT,
        d.AMOUNT_EUR,
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
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        q.INPUT_NAME,
        q.INPUT_VERSION,
        d.CONTENT_HASH,
        d.RECEIVED_ON,
        q.CUT_OFF_DATE,
        d.ROWS_COUNT,
        d.AMOUNT_EUR,
        d.QUARANTINED_COUNT,
        d.QUARANTINED_EUR,
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
