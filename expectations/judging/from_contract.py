"""The base suite of a table, derived from its contract alone. Rules that need more than the contract are per stage."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from expectations.judging.finding import as_records
from expectations.judging.results import CheckResult
from expectations.judging.rule import NO_FINDINGS, ExpectationSpec, Rule, RuleMetrics, error_text
from expectations.judging.runner import judge
from warehouse.contract import Column, Table

CHECK_ID = "contract"
_FIRST_OF_MONTH = "%Y-%m-01"
_VALUE_TESTS = frozenset(
    {
        "ExpectColumnValuesToNotBeNull",
        "ExpectColumnValuesToBeInSet",
        "ExpectColumnValuesToMatchRegex",
        "ExpectColumnValuesToBeBetween",
        "ExpectColumnValuesToMatchStrftimeFormat",
    }
)


def expectation_specs(table: Table, minimum_rows: int = 1) -> list[ExpectationSpec]:
    """The expectations a contract implies, as plain data: rows, columns, type, not null, set, form, range, key.

    >>> [spec.type for spec in expectation_specs(PRICES)][:2]  # doctest: +SKIP
    ['ExpectTableRowCountToBeBetween', 'ExpectTableColumnsToMatchSet']
    """
    specs = [
        ExpectationSpec("ExpectTableRowCountToBeBetween", {"min_value": minimum_rows}),
        ExpectationSpec("ExpectTableColumnsToMatchSet", {"column_set": table.column_names, "exact_match": True}),
    ]
    for column in table.columns:
        specs += _column_specs(column, column.name in table.nullable)
    if len(table.key) == 1:
        specs.append(ExpectationSpec("ExpectColumnValuesToBeUnique", {"column": table.key[0]}))
    elif table.key:
        specs.append(ExpectationSpec("ExpectCompoundColumnsToBeUnique", {"column_list": list(table.key)}))
    return specs


def check_table(table: Table, frame: pl.DataFrame, delivery_id: str = "", minimum_rows: int = 1) -> CheckResult:
    """One result for a table against its contract; ``observed`` names every expectation it does not meet.

    The metrics are counted in Polars per expectation of ``expectation_specs`` and judged together. ``delivery_id``
    says what of the table was judged (a delivery, a month); a table that may be empty passes ``minimum_rows=0``.
    """
    subject = f"table {table.name} {delivery_id}".rstrip()
    try:
        metrics = RuleMetrics(_RULE, table.name, delivery_id, subject, measure_contract(table, frame, minimum_rows))
    except Exception as error:  # a mistake in the check is not a fault in the table
        metrics = RuleMetrics(_RULE, table.name, delivery_id, subject, pl.DataFrame(), error=error_text(error))
    return judge([metrics])[0]


def measure_contract(table: Table, frame: pl.DataFrame, minimum_rows: int = 1) -> pl.DataFrame:
    """One row per expectation of the contract with the number of values that do not meet it.

    A column that is missing or of another type is counted once; its values and keys are not looked at.
    """
    sound = {name for name, dtype in table.schema.items() if frame.schema.get(name) == dtype}
    rows = []
    for spec in expectation_specs(table, minimum_rows):
        judgeable = set(spec.columns) <= sound or spec.type == "ExpectColumnValuesToBeOfType"
        count = _MEASURES[spec.type](frame, spec.kwargs) if judgeable else 0
        limits = ", ".join(str(value) for name, value in spec.kwargs.items() if not name.startswith("column"))
        rows.append(
            {
                "findings_count": count,
                "wording": f"{'column' if spec.columns else 'rows'} {spec.type} not_met",
                "columns": " × ".join(spec.columns),
                "rows_count": frame.height,
                "limits": limits,
            }
        )
    metrics = pl.DataFrame(rows).with_columns(pl.lit(None, dtype=pl.Float64).alias("at_stake_eur"))
    return as_records(CHECK_ID, metrics)


def _column_specs(column: Column, nullable: bool) -> list[ExpectationSpec]:
    name = {"column": column.name}
    specs = [ExpectationSpec("ExpectColumnValuesToBeOfType", {**name, "type_": str(column.dtype)})]
    if not nullable:
        specs.append(ExpectationSpec("ExpectColumnValuesToNotBeNull", name))
    if column.allowed is not None:
        specs.append(ExpectationSpec("ExpectColumnValuesToBeInSet", {**name, "value_set": list(column.allowed)}))
    if column.pattern is not None:
        specs.append(ExpectationSpec("ExpectColumnValuesToMatchRegex", {**name, "regex": f"^(?:{column.pattern})$"}))
    bounds = {"min_value": column.minimum, "max_value": column.maximum}
    bounds = {bound: value for bound, value in bounds.items() if value is not None}
    if bounds:
        specs.append(ExpectationSpec("ExpectColumnValuesToBeBetween", {**name, **bounds}))
    if column.unit == "month" and column.dtype == pl.Date():
        form = {**name, "strftime_format": _FIRST_OF_MONTH}
        specs.append(ExpectationSpec("ExpectColumnValuesToMatchStrftimeFormat", form))
    return specs


def _count(frame: pl.DataFrame, bad: pl.Expr) -> int:
    return int(frame.select(bad.fill_null(False).sum()).item())


def _count_columns(frame: pl.DataFrame, kwargs: Mapping[str, Any]) -> int:
    return len(set(frame.columns) ^ set(kwargs["column_set"]))


def _count_type(frame: pl.DataFrame, kwargs: Mapping[str, Any]) -> int:
    found = frame.schema.get(kwargs["column"])
    return int(found is not None and str(found) != kwargs["type_"])  # a missing column is counted by the column set


def _count_null(frame: pl.DataFrame, kwargs: Mapping[str, Any]) -> int:
    column = pl.col(kwargs["column"])
    is_float = frame.schema[kwargs["column"]].is_float()
    return _count(frame, column.is_null() | (column.is_nan().fill_null(False) if is_float else pl.lit(False)))


def _count_outside(frame: pl.DataFrame, kwargs: Mapping[str, Any]) -> int:
    column, low, high = pl.col(kwargs["column"]), kwargs.get("min_value"), kwargs.get("max_value")
    below = column < low if low is not None else pl.lit(False)
    return _count(frame, below | (column > high if high is not None else pl.lit(False)))


def _count_duplicates(frame: pl.DataFrame, key: list[str]) -> int:
    return int(frame.select(key).is_duplicated().sum())


_MEASURES: dict[str, Callable[[pl.DataFrame, Mapping[str, Any]], int]] = {
    "ExpectTableRowCountToBeBetween": lambda frame, kwargs: max(kwargs["min_value"] - frame.height, 0),
    "ExpectTableColumnsToMatchSet": _count_columns,
    "ExpectColumnValuesToBeOfType": _count_type,
    "ExpectColumnValuesToNotBeNull": _count_null,
    "ExpectColumnValuesToBeInSet": lambda frame, kwargs: _count(
        frame, ~pl.col(kwargs["column"]).is_in(kwargs["value_set"])
    ),
    "ExpectColumnValuesToMatchRegex": lambda frame, kwargs: _count(
        frame, ~pl.col(kwargs["column"]).str.contains(kwargs["regex"])
    ),
    "ExpectColumnValuesToBeBetween": _count_outside,
    "ExpectColumnValuesToMatchStrftimeFormat": lambda frame, kwargs: _count(
        frame, pl.col(kwargs["column"]).dt.day() != 1
    ),
    "ExpectColumnValuesToBeUnique": lambda frame, kwargs: _count_duplicates(frame, [kwargs["column"]]),
    "ExpectCompoundColumnsToBeUnique": lambda frame, kwargs: _count_duplicates(frame, kwargs["column_list"]),
}


_RULE = Rule(
    check_id=CHECK_ID,
    title="table follows its contract",
    why="Every stage after this one reads the table as its contract describes it.",
    kinds=(),
    severity="block",
    metrics=lambda view: measure_contract(view.table, view.rows),
    expectation=NO_FINDINGS,
    expected="columns, types, ranges, lists and key as in the contract",
    action="The run stops here; nothing is published from this table",
    next_step="mend the stage that writes the table, or its contract, and repeat the run",
)
