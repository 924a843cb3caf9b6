"""Columns of check results, provenance and example queries."""

import polars as pl

from warehouse.contract import MONEY, Column

CHECKED_TABLE = Column(
    "checked_table", pl.String(), "text", "Table or delivery kind that was judged.", "Gecontroleerde tabel"
)
TITLE = Column("title", pl.String(), "text", "What the check holds.", "Controle")
SEVERITY = Column("severity", pl.String(), "text", "block, warn or info.", "Zwaarte", allowed=("block", "warn", "info"))
OUTCOME = Column(
    "outcome",
    pl.String(),
    "text",
    "passed, failed, or broken when the check itself could not run.",
    "Uitkomst",
    allowed=("passed", "failed", "broken"),
)
OBSERVED = Column("observed", pl.String(), "text", "What was found.", "Gevonden")
EXPECTED = Column("expected", pl.String(), "text", "What should have been found.", "Verwacht")
FINDINGS_COUNT = Column("findings_count", pl.Int64(), "count", "Number of findings.", "Bevindingen", minimum=0)
AT_STAKE_EUR = Column("at_stake_eur", MONEY, "eur", "Amount the findings touch.", "Bedrag in het geding (€)")
MESSAGE = Column(
    "message",
    pl.String(),
    "text",
    "One sentence for people: what, where, how much, what was done, what next.",
    "Melding",
)
ACTION = Column("action", pl.String(), "text", "What the pipeline did.", "Gevolg")
REVISION = Column(
    "revision",
    pl.Int64(),
    "number",
    "1 for the first judgement; higher when judged again with another outcome, or when its delivery was refused since.",
    "Beoordeling",
    minimum=1,
)
JUDGED_AT = Column("judged_at", pl.Datetime("us"), "timestamp", "When the check was judged (UTC).", "Beoordeeld op")
ACCEPTED_BY = Column("accepted_by", pl.String(), "text", "Who overruled the check.", "Geaccepteerd door")
ACCEPT_REASON = Column("accept_reason", pl.String(), "text", "Why it was overruled.", "Reden van acceptatie")
CHECK_STATUS = Column(
    "check_status",
    pl.String(),
    "text",
    "open: nothing newer says otherwise; solved: judged again, or a newer delivery judged, without the finding; "
    "replaced: judged again with another finding, or its delivery was refused since; accepted: overruled by a "
    "person. Empty when the check passed.",
    "Stand",
    allowed=("open", "solved", "replaced", "accepted"),
)
FINDING_NUMBER = Column(
    "finding_number", pl.Int64(), "number", "Rank by euro; the last one may stand for the rest.", "Nummer", minimum=1
)
MERGED_COUNT = Column(
    "merged_count",
    pl.Int64(),
    "count",
    "Findings this row counts without naming them: those beyond the largest; 0 for a finding of its own, empty before "
    "findings were records.",
    "Samengevat",
    minimum=0,
)
WORDING = Column(
    "wording",
    pl.String(),
    "text",
    "Parts of the sentence of this finding (expectations/sentences/); empty when it has one sentence.",
    "Bewoording",
)
NUMBERS = Column(
    "numbers",
    pl.String(),
    "text",
    "Figures of the finding by name, as JSON: numbers->>'price_ratio' is one. Amounts in euro, months as their first "
    "day.",
    "Getallen",
)
DECISION = Column(
    "decision",
    pl.String(),
    "text",
    "accept: a block was overruled; release: rows in quarantine are used.",
    "Besluit",
    allowed=("accept", "release"),
)
DECIDED_BY = Column("decided_by", pl.String(), "text", "Who decided.", "Besloten door")
DECISION_REASON = Column("decision_reason", pl.String(), "text", "Why, in the author's words.", "Reden")
DECIDED_AT = Column("decided_at", pl.Datetime("us"), "timestamp", "When it was decided (UTC).", "Besloten op")
INPUT_NAME = Column(
    "input_name",
    pl.String(),
    "text",
    "Input of the advice: a kind of delivery, code, assumptions, round, reference/ and a file.",
    "Invoer",
)
INPUT_VERSION = Column(
    "input_version", pl.String(), "code", "Delivery id, code version or hash of the input.", "Versie"
)
CUT_OFF_DATE = Column("cut_off_date", pl.Date(), "date", "Cut-off of the round for this kind.", "Peildatum ronde")
QUERY_NAME = Column("query_name", pl.String(), "text", "Name of the example.", "Naam")
QUESTION = Column("question", pl.String(), "text", "Question the query answers.", "Vraag")
SQL_TEXT = Column("sql_text", pl.String(), "text", "The query.", "SQL")
