"""What a rule is and what it looks at. The rules themselves are in the file of their stage, judging is in runner.py."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from expectations.judging.delivery_view import DeliveryView
from expectations.judging.finding import FINDING_COLUMNS, as_records
from expectations.judging.shapes import localise
from warehouse.contract import MONEY, Table

SEVERITIES = ("block", "warn", "info")


@dataclass(frozen=True)
class ExpectationSpec:
    """An expectation as plain data: the class name in Great Expectations and its arguments."""

    type: str
    kwargs: Mapping[str, Any]

    @property
    def columns(self) -> list[str]:
        """Columns of the judged frame that the expectation reads."""
        single = [self.kwargs[name] for name in ("column", "column_A", "column_B") if name in self.kwargs]
        return [*single, *self.kwargs.get("column_list", ())]


NO_FINDINGS = ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "findings_count", "max_value": 0})


@dataclass(frozen=True, eq=False)
class TableView:
    """The table of a stage as a rule sees it: its rows, and the assumptions that hold the rule's thresholds.

    ``delivery_id`` is the claims delivery the table rests on.
    """

    frame: pl.DataFrame
    assumptions: Mapping[str, float]
    checked_table: str
    delivery_id: str

    @property
    def subject(self) -> str:
        """The table in words."""
        return f"table {self.checked_table} on {self.delivery_id}"


@dataclass(frozen=True)
class Escalation:
    """A finding above this assumption makes the result block, whatever the rule's own severity."""

    column: str
    assumption: str


@dataclass(frozen=True)
class Rule:
    """A rule, declared once.

    ``metrics`` measures one delivery (a ClaimsView for claims, a BudgetView for every other kind, a DeliveryView for
    rules of both) or the table of a stage (a TableView): at least one row, with ``findings_count``, ``at_stake_eur``
    (euro, empty when unknown), those of ``finding.ABOUT`` that a finding is about, the columns that ``expectation``
    judges, and other figures; ``wording`` names the parts of its sentence. Rows the expectation turns down are the
    findings. ``month_matters`` when a single month is what is wrong: then, and only then, there is a ``care_month``,
    and the same fault in another month is another finding.
    """

    check_id: str
    title: str
    why: str
    kinds: tuple[str, ...]
    severity: str
    metrics: Callable[[Any], pl.DataFrame]
    expectation: ExpectationSpec
    expected: str
    action: str
    next_step: str
    cause: str = ""
    escalation: Escalation | None = None
    judges_unreadable: bool = False
    can_be_accepted: bool = True  # whether a person may overrule a block: not where nothing could be computed
    month_matters: bool = False


@dataclass(frozen=True, eq=False)
class RuleMetrics:
    """What a rule measured in one delivery, ready to be judged; ``error`` when measuring itself went wrong."""

    rule: Rule
    checked_table: str
    delivery_id: str
    subject: str
    frame: pl.DataFrame
    error: str | None = None
    block_above: float | None = None
    expected: str = ""

    @property
    def check_id(self) -> str:
        """The check these metrics are of."""
        return self.rule.check_id


def measure(rule: Rule, view: DeliveryView | TableView) -> RuleMetrics:
    """The rule's metrics of one delivery or table. An exception inside the rule becomes ``error``; no run stops."""
    expected = fill_thresholds(rule.expected, view.assumptions)
    unmeasured = RuleMetrics(
        rule, view.checked_table, view.delivery_id, view.subject, pl.DataFrame(), expected=expected
    )
    try:
        frame = view.once(rule.metrics) if isinstance(view, DeliveryView) else rule.metrics(view)
        missing = [name for name in (*FINDING_COLUMNS, *rule.expectation.columns) if name not in frame.columns]
        if missing:
            raise ValueError(f"the metrics lack {', '.join(missing)}")
        if "care_month" in frame.columns and not rule.month_matters:
            raise ValueError("the metrics have a care_month, and the rule does not declare month_matters")
        frame = as_records(rule.check_id, frame)
        block_above = None if rule.escalation is None else view.assumptions[rule.escalation.assumption]
    except Exception as error:  # any mistake in a rule is that rule's, not the delivery's
        return replace(unmeasured, error=error_text(error))
    return replace(unmeasured, frame=frame, block_above=block_above)


def measure_table(
    rule: Rule, frame: pl.DataFrame, table_name: str, delivery_id: str, assumptions: Mapping[str, float]
) -> RuleMetrics:
    """The rule's metrics of a stage's table; ``delivery_id`` is the claims delivery the table rests on."""
    return measure(rule, TableView(frame, assumptions, table_name, delivery_id))


def fill_thresholds(text: str, assumptions: Mapping[str, float], language: str = "en") -> str:
    """The text with the names of assumptions replaced by their values, ratios as a percentage.

    >>> fill_thresholds("at most partial_fall_ratio below", {"partial_fall_ratio": 0.2})
    'at most 20 % below'
    """

    def value_of(found: re.Match[str]) -> str:
        name = found[0]
        if name not in assumptions:
            return name
        value = assumptions[name]
        return localise(f"{100 * value:g} %" if name.endswith("_ratio") else f"{value:,g}", language)

    return re.sub(r"[a-z0-9]+(?:_[a-z0-9]+)+", value_of, text)


def error_text(error: BaseException) -> str:
    """The exception as one line: its type and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"


def has_money(table: Table) -> bool:
    """Whether the rows of a table are about euro."""
    return any(column.dtype == MONEY for column in table.columns)


def row_amount(table: Table) -> pl.Expr:
    """The euro one row touches: the sum of its money columns without sign; null for a table without money."""
    money = [column.name for column in table.columns if column.dtype == MONEY]
    if not money:
        return pl.lit(None, dtype=pl.Float64)
    return pl.sum_horizontal(pl.col(name).cast(pl.Float64).abs() for name in money)
