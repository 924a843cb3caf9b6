"""Tables of check results and provenance."""

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import quality as q
from warehouse.contract import Table

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
    ),
    ("check_id", "checked_table", "delivery_id"),
    "Result of every check with the euro at stake.",
    nullable=frozenset({"at_stake_eur", "observed", "expected"}),
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
    ),
    ("scenario", "input_name"),
    "What the advice rests on.",
    nullable=frozenset({"content_hash", "received_on", "cut_off_date", "rows_count", "amount_eur"}),
)
