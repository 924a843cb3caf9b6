"""What a person sees in Dagster: contracts as column schemas, rows and totals per scenario, small tables."""

from collections.abc import Iterable, Sequence

import dagster as dg
import polars as pl

from warehouse.contract import Table
from warehouse.dictionary import describe_type

ROWS_SHOWN = 10


def column_schema(table: Table) -> dict[str, object]:
    """The contract as Dagster shows it: grain and columns with unit and description."""
    columns = [dg.TableColumn(column.name, describe_type(column), column.description) for column in table.columns]
    return {"dagster/column_schema": dg.TableSchema(columns=columns), "grain": table.grain, "key": ", ".join(table.key)}


def describe_table(table: Table, room: str, code: str) -> dict[str, object]:
    """What stands beside an asset: its contract, and where its code (``code``: a module) and its method are."""
    where = {
        "code": f"{code.replace('.', '/')}.py",
        "contract": f"warehouse/tables/{table.stage}.py",
        "method": f"docs/explanation/{room}.md",
    }
    return column_schema(table) | where


def summarise(saved: pl.DataFrame) -> dict[str, object]:
    """Rows, months and euro of what was saved; per scenario where there are several: they are no parts of a sum."""
    summary: dict[str, object] = {"dagster/row_count": saved.height}
    for name in ("care_month", "month"):
        if name in saved.columns and saved.height:
            months = saved[name].drop_nulls().sort()
            summary["months"] = f"{months[0]:%Y-%m} … {months[-1]:%Y-%m}"
    amounts = [name for name in saved.columns if name.endswith("amount_eur")]
    if "scenario" in saved.columns:
        grouped = saved.group_by("scenario").agg(pl.len().alias("rows"), pl.col(amounts).sum()).sort("scenario")
        summary["rows and totals per scenario"] = dg.MetadataValue.md(markdown_table(grouped))
    elif saved.height:
        summary |= {f"total {name}": f"€ {saved[name].sum():,.2f}" for name in amounts}
    return summary


def preview(saved: pl.DataFrame, shown: Sequence[str], headline: str) -> dict[str, object]:
    """The first rows of the headline, in the columns a person looks at first."""
    rows = saved.filter(pl.col("scenario") == headline) if "scenario" in saved.columns else saved
    return {f"preview, {headline}" if "scenario" in saved.columns else "preview": as_markdown(rows.select(shown))}


def count_values(saved: pl.DataFrame, columns: Iterable[str]) -> dict[str, object]:
    """How many rows per value of each column, per scenario where there are several."""
    by = ["scenario"] if "scenario" in saved.columns else []
    return {
        f"rows per {name}": dg.MetadataValue.md(markdown_table(saved.group_by(*by, name).len("rows").sort(*by, name)))
        for name in columns
    }


def as_markdown(frame: pl.DataFrame, rows: int = ROWS_SHOWN) -> dg.MarkdownMetadataValue:
    """The first rows of a frame as a small table."""
    return dg.MetadataValue.md(markdown_table(frame.head(rows)))


def markdown_table(frame: pl.DataFrame) -> str:
    """A small frame as a Markdown table; euro with thousands marks."""
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * frame.width]
    for row in frame.iter_rows():
        lines.append("| " + " | ".join("" if value is None else _shown(value) for value in row) + " |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if value.__class__.__name__ in ("Decimal", "int") else str(value)
