"""Tables 1 to 6 of the letter as tables of the report: layout and decimals are those of ``letter_tables``."""

from collections.abc import Collection, Mapping

from reports.facts import Facts
from reports.language import Language
from reports.letter_tables import TABLES, LetterColumn, LetterTable, fit_columns, order_rows, read_values
from reports.tables.table import SUPPRESSED, Column, Table, Value
from wlz.words.vocabulary import NATION

# Part of the kader a table is about, where its columns do not say it themselves.
PART_OF = {3: "zin", 4: "zin", 5: "pgb", 6: "pgb"}


def build_letter_table(
    number: int,
    facts: Facts,
    language: Language,
    *,
    hidden: Mapping[str, Collection[str]] | None = None,
    links: Mapping[str, str] | None = None,
) -> Table:
    """Table 1 to 6 with unrounded values; ``hidden`` names per part (zin, pgb) the rows that may not be shown.

    >>> build_letter_table(3, facts, language).rows[-1]["name"]  # doctest: +SKIP
    'Landelijk'
    """
    mart = facts.of(TABLES[number - 1].mart)
    layout = fit_columns(TABLES[number - 1], mart)
    columns = [Column("name", _row_label(layout, language), "text")]
    columns += [_column(column, layout, language) for column in layout.columns]
    values = read_values(layout, mart)
    rows: list[dict[str, Value]] = []
    for name in order_rows(list(values), layout):
        shown = {
            column.name: SUPPRESSED
            if name in (hidden or {}).get(column.part or PART_OF.get(number, ""), ())
            else values[name][column.name]
            for column in layout.columns
        }
        rows.append({"name": language.say(f"common.{name}") if layout.row_column == "part" else name, **shown})
    title, note = language.say(f"tables.title_{number}"), language.say("tables.caption_mln")
    return Table(f"tabel-{number}", title, columns, rows, note, layout.mart, NATION, dict(links or {}))


def _column(column: LetterColumn, layout: LetterTable, language: Language) -> Column:
    unit = "percent" if column.is_ratio else "mln"
    return Column(column.name, label_column(column, language), unit, column.decimals, f"{layout.mart}.{column.source}")


def label_column(column: LetterColumn, language: Language) -> str:
    """Header of a printed column, without the unit in brackets."""
    return language.say(f"tables.{column.name}")


def _row_label(layout: LetterTable, language: Language) -> str:
    return language.say(f"tables.row_{layout.row_column}")
