"""The files of the project an advice rests on, as one table: code lists, grow-in, format of deliveries, its round."""

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.tables.table import Column, Table
from warehouse.provenance import REFERENCE_INPUT, ROUND_INPUT

MART = "advice_provenance"
IS_FILE = pl.col("input_name").str.starts_with(REFERENCE_INPUT) | (pl.col("input_name") == ROUND_INPUT)


def build_files(facts: Facts, language: Language) -> Table:
    """A row per file with its hash; empty for an advice from before files were inputs."""
    columns = [
        Column(key, language.say(f"tables.{key}"), "text", 0, f"{MART}.{key}")
        for key in ("input_name", "input_version", "content_hash")
    ]
    rows = facts.of(MART).filter(IS_FILE).sort("input_name").select(column.key for column in columns).to_dicts()
    return Table("bestanden", language.say("tables.title_bestanden"), columns, rows, source=MART)
