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
INPUT_NAME = Column(
    "input_name",
    pl.String(),
    "text",
    "Input of the advice: a delivery kind, the code, the assumptions.",
    "Invoer",
)
INPUT_VERSION = Column(
    "input_version", pl.String(), "code", "Delivery id, code version or hash of the input.", "Versie"
)
CUT_OFF_DATE = Column("cut_off_date", pl.Date(), "date", "Cut-off of the round for this kind.", "Peildatum ronde")
QUERY_NAME = Column("query_name", pl.String(), "text", "Name of the example.", "Naam")
QUESTION = Column("question", pl.String(), "text", "Question the query answers.", "Vraag")
SQL_TEXT = Column("sql_text", pl.String(), "text", "The query.", "SQL")
