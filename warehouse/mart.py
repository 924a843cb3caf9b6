"""The contract of a published mart: columns behind the vintage, or a lake table as it is under its public name.

Not here: its SELECT (``mart_sql.py``), and which marts there are (``tables/``).
"""

from dataclasses import replace

from warehouse.columns import common
from warehouse.contract import Column, Table

VINTAGE = (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.SCENARIO)
_VINTAGE_KEY = ("delivery_month", "scenario")


def define_mart(
    name: str,
    stage: str,
    grain: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    description: str,
    letter: str | None,
    nullable: frozenset[str],
    keep_vintages: int | None = None,
) -> Table:
    """A mart whose SELECT stands in ``warehouse/marts/<name>.sql``: the vintage, then its columns.

    ``nullable`` may name columns the mart does not have.
    """
    return Table(
        name,
        stage,
        "mart",
        grain,
        (*VINTAGE, *columns),
        (*_VINTAGE_KEY, *key),
        description,
        frozenset(column.name for column in columns) & nullable,
        letter=letter,
        keep_vintages=keep_vintages,
    )


def copy_table(
    table: Table,
    name: str = "",
    letter: str | None = None,
    keep_vintages: int | None = None,
    *,
    of_one_scenario: bool = False,
) -> Table:
    """A lake table published as it is, under its public name (none: its own); its SELECT follows from its contract.

    A table that spans months is rebuilt whole: what a run says of other months shows at once.
    """
    vintage = [column for column in _VINTAGE_KEY if column == "delivery_month" or column in table.key]
    return replace(
        table,
        name=name or table.name,
        layer="mart",
        key=(*vintage, *(column for column in table.key if column not in vintage)),
        letter=letter,
        keep_vintages=keep_vintages,
        rebuilt_whole=table.spans_months,
        published=False,
        spans_months=False,
        copies=table.name,
        of_one_scenario=of_one_scenario,
    )
