"""Contracts → text: the data dictionary in ``docs/`` and the column schema shown in Dagster."""

from collections.abc import Iterable

from warehouse.columns.common import IS_HEADLINE, IS_LATEST
from warehouse.contract import Column, Table
from warehouse.registry import all_tables

# Columns that every mart of months has when it is read, and that no contract holds.
ABOUT_MARTS = (
    f"Every mart of delivery months has `{IS_LATEST.name}` beside its columns, and one of scenarios "
    f"`{IS_HEADLINE.name}`: computed when it is read. Schema `latest` has the rows of a mart where both are true, in "
    "the columns below."
)


def describe_type(column: Column) -> str:
    """The column's type and unit as one phrase. Example: 'Decimal(18,2), eur'."""
    return f"{str(column.dtype).replace('precision=', '').replace('scale=', '')}, {column.unit}"


def render_dictionary(tables: Iterable[Table] | None = None) -> str:
    """The data dictionary as Markdown: one section per table, one line per column. Generated, never edited."""
    lines = [
        "# Data dictionary",
        "",
        "Generated from the contracts in `warehouse/` by `make docs`; do not edit.",
        "",
    ]
    titles = {
        "delivery": "Deliveries (landing zone)",
        "lake": "Lake tables",
        "mart": "Published marts (schema `marts`)",
    }
    wanted = list(tables) if tables is not None else all_tables()
    for layer, title in titles.items():
        lines += [f"## {title}", ""]
        if layer == "mart":
            lines += [ABOUT_MARTS, ""]
        for table in (table for table in wanted if table.layer == layer):
            lines += _render_table(table)
    return "\n".join(lines).rstrip() + "\n"


def _render_table(table: Table) -> list[str]:
    lines = [f"### {table.name}", "", table.description, "", f"Grain: {table.grain}. Key: {', '.join(table.key)}."]
    if table.letter:
        lines.append(f"Letter: {table.letter}.")
    lines += [f"Known issue: {issue}" for issue in table.known_issues]
    delivered = table.layer == "delivery"
    head = (
        "| column | header | type, unit | empty? | description |"
        if delivered
        else "| column | type, unit | empty? | description |"
    )
    lines += ["", head, "|" + "---|" * (head.count("|") - 1)]
    for column in table.columns:
        empty = "may be" if column.name in table.nullable else "never"
        values = f" One of: {', '.join(column.allowed)}." if column.allowed else ""
        header = f" `{column.source_name}` |" if delivered else ""
        lines.append(f"| `{column.name}` |{header} {describe_type(column)} | {empty} | {column.description}{values} |")
    return [*lines, ""]
