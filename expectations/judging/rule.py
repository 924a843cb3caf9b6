"""What a rule is and what it looks at. The rules themselves are in the file of their stage, judging is in runner.py."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl
import polars.selectors as cs

from warehouse.contract import MONEY, Table
from wlz.words.faults import Fault
from wlz.words.large_frames import find_repeated, schema_as_text, sum_in_parts

SEVERITIES = ("block", "warn", "info")
MAX_FINDINGS = 20  # findings named per check, largest amount first; the rest is counted (catalogue of checks)
CROSSWALK_COLUMNS = ("zorgkantoor_code", "valid_from", "valid_to", "zorgkantoorregio")
FINDING_COLUMNS = ("observed", "findings_count", "at_stake_eur")
FINDING_ABOUT = ("wlz_uitvoerder", "zorgkantoor_code", "agb_code")  # whom, as far as it is about one; a provider by two
BY_PROVIDER = ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month")


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
    """The table of a stage as a rule sees it: its rows, and the assumptions that hold the rule's thresholds."""

    frame: pl.DataFrame
    assumptions: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class DeliveryView:
    """One delivery as the rules see it.

    ``frame`` holds every delivered row in contract columns, rows in quarantine included; None when the file could not
    be parsed, ``faults`` then say why. Text of claims is held as codes, here and in ``by_provider``:
    ``large_frames.as_text`` once rows are added up, before they are joined. ``quarantined`` is what
    ``quarantine.split_rows`` set apart, as text, with ``reason`` and ``check_id``. ``crosswalk`` is dated:
    zorgkantoor_code, valid_from, valid_to (first day it no longer holds, empty while it does), zorgkantoorregio.
    ``regions`` maps zorgkantoorregio to wlz_uitvoerder. ``control`` is the content of ``<kind>.control.json``: rows and
    a total per delivered column. ``kader_by_code``: the zin kader of zorgkantoren that have one; None means that every
    zorgkantoor of the crosswalk is expected.

    What was known before, each None where nothing was: ``previous`` is the euro of the latest good claims of an
    earlier delivery month, as ``previous.find_previous`` returns it, ``previous_received_on`` their delivery date;
    ``same_content_as`` the accepted delivery of another month with the same bytes; ``tariffs``, ``agreements`` and
    ``kader`` the newest readable beleidsregelwaarden, herschikking and kader, in contract columns. ``kept`` are the
    rows without those in quarantine; None: all.
    """

    kind: str
    table: Table
    delivery_id: str
    delivery_month: date
    file_name: str
    frame: pl.DataFrame | None
    crosswalk: pl.DataFrame
    regions: pl.DataFrame
    assumptions: Mapping[str, float]
    faults: Sequence[Fault] = ()
    quarantined: pl.DataFrame | None = None
    control: Mapping[str, Any] | None = None
    kader_by_code: Mapping[str, float] | None = None
    previous: pl.DataFrame | None = None
    previous_received_on: date | None = None
    same_content_as: str | None = None
    tariffs: pl.DataFrame | None = None
    agreements: pl.DataFrame | None = None
    kader: pl.DataFrame | None = None
    kept: pl.DataFrame | None = None

    @property
    def used_rows(self) -> pl.DataFrame:
        """The rows that will be in the figures: those delivered, without those in quarantine."""
        return self.rows if self.kept is None else self.kept

    @property
    def readable(self) -> bool:
        """Whether there are rows in the contract's columns and types; if not, only the schema check can judge."""
        return self.frame is not None and not self.faults and schema_as_text(self.frame) == self.table.schema

    @property
    def rows(self) -> pl.DataFrame:
        """The delivered rows. Raises ValueError when the file could not be parsed."""
        if self.frame is None:
            raise ValueError(f"{self.file_name} could not be parsed, so there are no rows to measure")
        return self.frame

    @property
    def numbered_rows(self) -> pl.DataFrame:
        """The delivered rows with ``file_row``: lines of a CSV file (the header is 1), rows of a Parquet file."""
        first = 1 if self.file_name.endswith(".parquet") else 2
        return self.rows.with_row_index("file_row", offset=first)

    @cached_property
    def is_repeated(self) -> pl.Series:
        """Which of the delivered rows have a key that occurs more than once (computed once)."""
        return find_repeated(self.rows.select(self.table.key))

    @cached_property
    def by_provider(self) -> pl.DataFrame:
        """Used claims per provider: ``BY_PROVIDER`` and rows_count, volume, amount_eur (computed once, in no order).

        Nearly always a provider has one row: then these are the rows themselves, and nothing is copied.
        """
        used, amount, again = self.used_rows, pl.col("amount_eur"), self.is_repeated
        single, repeated = used, used.clear()
        if again.any():
            again = again if used.height == again.len() else find_repeated(used.select(BY_PROVIDER))
            single, repeated = used.filter(~again), used.filter(again)
        count = pl.col("care_month").is_not_null().cast(pl.get_index_type()).alias("rows_count")  # in the same pieces
        return pl.concat(
            [
                single.select(*BY_PROVIDER, count, "volume", amount.cast(pl.Float64)),
                repeated.group_by(BY_PROVIDER, maintain_order=True).agg(
                    pl.len().alias("rows_count"), pl.col("volume").sum(), amount.sum().cast(pl.Float64)
                ),
            ]
        )

    @cached_property
    def monthly(self) -> pl.DataFrame:
        """Claims per wlz_uitvoerder, prestatiecode and care_month: rows_count, volume, amount_eur (computed once)."""
        by = ("zorgkantoor_code", "prestatiecode", "care_month")
        sums = [pl.col("rows_count", "volume", "amount_eur").sum()]
        per_code = sum_in_parts(self.by_provider, by, sums, part_by="prestatiecode")
        return (
            per_code.join(self.crosswalk.select(CROSSWALK_COLUMNS), on="zorgkantoor_code")
            .filter(holds_on(pl.col("care_month")))
            .join(self.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
            .group_by("wlz_uitvoerder", "prestatiecode", "care_month")
            .agg(pl.col("rows_count", "volume", "amount_eur").sum())
            .sort("wlz_uitvoerder", "prestatiecode", "care_month")
        )


@dataclass(frozen=True)
class Escalation:
    """A finding above this assumption makes the result block, whatever the rule's own severity."""

    column: str
    assumption: str


@dataclass(frozen=True)
class Rule:
    """A rule, declared once.

    ``metrics`` measures one delivery (a DeliveryView) or the table of a stage (a TableView): at least one row, with
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


def measure(rule: Rule, view: DeliveryView) -> RuleMetrics:
    """The rule's metrics of one delivery. An exception inside the rule becomes ``error``; it never stops a run."""
    subject = f"delivery {view.delivery_id} ({view.file_name})"
    return _measure(
        rule, view, RuleMetrics(rule, view.kind, view.delivery_id, subject, pl.DataFrame()), view.assumptions
    )


def measure_table(
    rule: Rule, frame: pl.DataFrame, table_name: str, delivery_id: str, assumptions: Mapping[str, float]
) -> RuleMetrics:
    """The rule's metrics of a stage's table; ``delivery_id`` is the claims delivery the table rests on."""
    unmeasured = RuleMetrics(rule, table_name, delivery_id, f"table {table_name} on {delivery_id}", pl.DataFrame())
    return _measure(rule, TableView(frame, assumptions), unmeasured, assumptions)


def _measure(rule: Rule, subject: object, unmeasured: RuleMetrics, assumptions: Mapping[str, float]) -> RuleMetrics:
    unmeasured = replace(unmeasured, expected=fill_thresholds(rule.expected, assumptions))
    try:
        frame = rule.metrics(subject)
        missing = [name for name in (*FINDING_COLUMNS, *rule.expectation.columns) if name not in frame.columns]
        if missing:
            raise ValueError(f"the metrics lack {', '.join(missing)}")
        block_above = None if rule.escalation is None else assumptions[rule.escalation.assumption]
    except Exception as error:  # any mistake in a rule is that rule's, not the delivery's
        return replace(unmeasured, error=error_text(error))
    return replace(unmeasured, frame=frame, block_above=block_above)


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


def holds_on(day: pl.Expr) -> pl.Expr:
    """Whether a crosswalk row holds on this day; ``valid_to`` is exclusive, empty means still valid."""
    return (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (day < pl.col("valid_to")))


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
