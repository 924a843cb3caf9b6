"""The SELECT of every mart, and what it reads.

A mart that joins or groups has its SELECT in ``marts/<name>.sql``; one that copies a lake table follows from its
contract. A join that several marts repeat stands once in ``marts/staged/`` and is a view ``staged.<name>`` while marts
are filled; it is never published.
"""

from pathlib import Path
from textwrap import fill

from warehouse import duck, registry
from warehouse.contract import Table

FOLDER = Path(__file__).parent / "marts"
LINE_WIDTH = 120
EXAMPLES = "example_queries"  # filled from the files of queries/


def mart_sql(name: str) -> str:
    """The SELECT of a mart as a person reads it, the grain in its first comment. Raises KeyError for another name."""
    table = registry.marts()[name]
    return _copy_sql(table) if table.copies else (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def staged_sql() -> dict[str, str]:
    """Name → SELECT of every staged view."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((FOLDER / "staged").glob("*.sql"))}


def tables_read(name: str) -> list[str]:
    """Lake tables the SELECT of a mart reads, those behind a staged view included, in order of name.

    Lineage is not written down a second time. None for the examples, which are filled from files.

    >>> tables_read("zin_uitvoerder")
    ['forecast_bounds', 'utilisation']
    """
    if name == EXAMPLES:
        return []
    staged, found, sources = staged_sql(), set(), [mart_sql(name)]
    while sources:
        for schema, table in duck.tables_of(sources.pop()):
            if schema == "lake":
                found.add(table)
            elif schema == "staged":
                sources.append(staged[table])
    return sorted(found)


def _copy_sql(table: Table) -> str:
    columns = fill(", ".join(table.column_names), LINE_WIDTH, initial_indent="    ", subsequent_indent="    ")
    grain = f"-- Grain: {table.grain}. The table as it is: follows from its contract."
    return f"{grain}\nselect\n{columns}\nfrom lake.{table.copies}\n"
