"""What a rule is and what it looks at. The rules themselves are in the file of their stage, judging is in runner.py."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
import polars.selectors as cs

from expectations.judging.delivery_view import DeliveryView
from warehouse.contract import MONEY, Table

SEVERITIES = ("block", "warn", "info")
MAX_FINDINGS = 20  # findings named per check, largest amount first; the rest is counted (catalogue of checks)
FINDING_COLUMNS = ("observed", "findings_count", "at_stake_eur")
FINDING_ABOUT = ("wlz_uitvoerder", "zorgkantoor_code", "agb_code")  # whom, as far as it is about one; a provider by two


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
    rules of both) or the table of a stage (a TableView): at least one row, with
    ``observed`` (words), ``findings_count``, ``at_stake_eur`` (euro, empty when unknown), those of ``FINDING_ABOUT``
    where a finding is about one uitvoerder or provider, and the columns that ``expectation`` judges. Rows the
    expectation turns down are the findings.
    ``describe`` puts the judged rows into words.
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
    describe: Callable[[pl.DataFrame, int], str] = field(default=lambda rows, limit: list_findings(rows, limit))


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
        frame = rule.metrics(view)
        missing = [name for name in (*FINDING_COLUMNS, *rule.expectation.columns) if name not in frame.columns]
        if missing:
            raise ValueError(f"the metrics lack {', '.join(missing)}")
        block_above = None if rule.escalation is None else view.assumptions[rule.escalation.assumption]
    except Exception as error:  # any mistake in a rule is that rule's, not the delivery's
        return replace(unmeasured, error=error_text(error))
    return replace(unmeasured, frame=frame, block_above=block_above)


def measure_table(
    rule: Rule, frame: pl.DataFrame, table_name: str, delivery_id: str, assumptions: Mapping[str, float]
) -> RuleMetrics:
    """The rule's metrics of a stage's table; ``delivery_id`` is the claims delivery the table rests on."""
    return measure(rule, TableView(frame, assumptions, table_name, delivery_id))


def fill_thresholds(text: str, assumptions: Mapping[str, float]) -> str:
    """The text with the names of assumptions replaced by their values, ratios as a percentage.

    >>> fill_thresholds("at most partial_fall_ratio below", {"partial_fall_ratio": 0.2})
    'at most 20 % below'
    """

    def value_of(found: re.Match[str]) -> str:
        name = found[0]
        if name not in assumptions:
            return name
        value = assumptions[name]
        return f"{100 * value:g} %" if name.endswith("_ratio") else f"{value:,g}"

    return re.sub(r"[a-z0-9]+(?:_[a-z0-9]+)+", value_of, text)


def error_text(error: BaseException) -> str:
    """The exception as one line: its type and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no message'}"


def row_amount(table: Table) -> pl.Expr:
    """The euro one row touches: the sum of its money columns without sign; null for a table without money."""
    money = [column.name for column in table.columns if column.dtype == MONEY]
    if not money:
        return pl.lit(None, dtype=pl.Float64)
    return pl.sum_horizontal(pl.col(name).cast(pl.Float64).abs() for name in money)


def keep_largest(findings: pl.DataFrame, clean: str) -> pl.DataFrame:
    """The 20 findings with the largest amount and one row for the rest; without findings one row that says ``clean``.

    Keeps a metrics frame small and never empty. ``merged_count`` is how many findings a row stands for; other numeric
    columns of the rest carry their largest value.
    """
    if findings.is_empty():
        zero = {"observed": clean, "findings_count": 0, "at_stake_eur": 0.0}
        names = {**dict.fromkeys(findings.columns), **zero}
        return pl.DataFrame([{name: zero.get(name, None if name in FINDING_ABOUT else 0.0) for name in names}])
    findings = findings.sort(
        ["at_stake_eur", "findings_count", "observed"], descending=[True, True, False], nulls_last=True
    ).with_columns(pl.lit(1, dtype=pl.Int64).alias("merged_count"))
    rest = findings.slice(MAX_FINDINGS)
    if rest.is_empty():
        return findings
    counted = rest.select(
        pl.format("{} more", pl.len()).alias("observed"),
        pl.col("findings_count", "at_stake_eur", "merged_count").sum(),
        (cs.numeric() - cs.by_name("findings_count", "at_stake_eur", "merged_count")).max(),
    )
    return pl.concat([findings.head(MAX_FINDINGS), counted], how="diagonal_relaxed")


def list_findings(rows: pl.DataFrame, limit: int) -> str:
    """The findings in words, in the order of the metrics, at most ``limit`` of them and a count of the rest."""
    texts = rows["observed"].head(limit).to_list()
    hidden = rows.slice(limit)
    count = hidden["merged_count"].sum() if "merged_count" in rows.columns else hidden.height
    return "; ".join([*texts, f"and {count:,} more"] if count else texts)
