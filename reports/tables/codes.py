"""Table of the list of codes: what its rows rest on, and the share of the expected year under each."""

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.tables.beyond import make_columns
from reports.tables.prices import keep_back_few
from reports.tables.table import SUPPRESSED, Table


def build_trust(facts: Facts, language: Language) -> Table:
    """A row per trust that the list has, with codes, euro and share; empty for an advice published before it had them.

    Euro of few series that may be shown are left out, and with them their share.
    """
    mart = "code_trust"
    columns = make_columns(
        language,
        mart,
        ("trust", "text", 0),
        ("codes_count", "number", 0),
        ("expected_excl_extra_eur", "mln", 0),
        ("expected_ratio", "percent", 1),
    )
    codes = facts.marts["code_list"].filter(~pl.col("is_meerzorg")).select("prestatiecode", "trust")
    series = facts.marts["bounds_year"].filter(level="series").select("prestatiecode", "wlz_uitvoerder")
    parts = keep_back_few(facts, series.join(codes, on="prestatiecode"), "trust")
    hidden = set(parts.filter("is_hidden")["trust"])
    rows = []
    for row in facts.of(mart).sort("trust").select(column.key for column in columns).to_dicts():
        if row["trust"] in hidden:
            row |= {"expected_excl_extra_eur": SUPPRESSED, "expected_ratio": SUPPRESSED}
        rows.append(row | {"trust": language.say(f"tables.trust_{row['trust']}")})
    pack = facts.one("advice_provenance", input_name="pack")
    note = language.say("tables.trust_note", pack=pack["input_version"] if pack else "–")
    return Table("codelijst", language.say("tables.title_codelijst"), columns, rows, note=note, source=mart)
