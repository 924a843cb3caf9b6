"""What a finding is: a record of check, table, whom and what it is about, named figures and euro. Words come last.

Here the records are made of what a rule measured. How they are judged is in ``runner.py``, how they read in
``sentences.py``. Nothing is ever read back out of a sentence.
"""

from typing import Any

import polars as pl
import polars.selectors as cs

from expectations.judging.sentences import say_finding
from wlz.words.figures import pack_figures, unpack_figures

MAX_FINDINGS = 20  # findings kept per check, largest amount first; the rest is counted (catalogue of checks)
# Whom and what a finding is about, as far as it is about one; a provider is named by its zorgkantoor and agb_code.
ABOUT = ("wlz_uitvoerder", "zorgkantoor_code", "agb_code", "prestatiecode", "unit_code")
PROVIDER = ABOUT[:3]
FINDING_COLUMNS = ("findings_count", "at_stake_eur")  # what a rule must measure
CLEAN, REST = "clean", "rest"
_RECORD: dict[str, pl.DataType] = {
    **dict.fromkeys(ABOUT, pl.String()),
    "care_month": pl.Date(),
    "wording": pl.String(),
    "merged_count": pl.Int64(),
    "numbers": pl.String(),
}


def one_each() -> pl.Expr:
    """The count of a finding that stands for itself."""
    return pl.lit(1, dtype=pl.Int64).alias("findings_count")


def keep_largest(findings: pl.DataFrame, clean: str = CLEAN, **figures: Any) -> pl.DataFrame:
    """The 20 findings with the largest amount and one row for the rest; without findings one row that says ``clean``.

    Keeps a metrics frame small and never empty. ``clean`` is the wording of that row and ``figures`` are its numbers.
    ``merged_count`` is how many findings a row stands for without naming them; other numeric columns of that row carry
    their largest value. Equal amounts are in the order of whom and what they are about.
    """
    if findings.is_empty():
        zero = {name: 0.0 if dtype.is_numeric() else None for name, dtype in findings.schema.items()}
        known = {"findings_count": 0, "at_stake_eur": 0.0, "wording": clean}
        return pl.DataFrame([{**zero, **known, **figures}])
    order = ["at_stake_eur", "findings_count", *_order_of(findings)]
    findings = findings.sort(order, descending=[True, True, *[False] * (len(order) - 2)], nulls_last=True)
    findings = findings.with_columns(pl.lit(0, dtype=pl.Int64).alias("merged_count"))
    rest = findings.slice(MAX_FINDINGS)
    if rest.is_empty():
        return findings
    counted = rest.select(
        pl.lit(REST).alias("wording"),
        pl.len().cast(pl.Int64).alias("merged_count"),
        pl.col("findings_count", "at_stake_eur").sum(),
        (cs.numeric() - cs.by_name("findings_count", "at_stake_eur", "merged_count")).max(),
    )
    return pl.concat([findings.head(MAX_FINDINGS), counted], how="diagonal_relaxed")


def _order_of(findings: pl.DataFrame) -> list[str]:
    """Columns that put findings of the same euro in one order: whom, what, then all else that can be sorted."""
    about = [name for name in (*ABOUT, "care_month") if name in findings.columns]
    used = {*about, "at_stake_eur", "findings_count"}
    return [*about, *(name for name, dtype in findings.schema.items() if name not in used and not dtype.is_nested())]


def as_records(check_id: str, metrics: pl.DataFrame) -> pl.DataFrame:
    """Measured rows as records: every column of one, ``numbers`` from all that is no such column, ``observed`` last.

    Columns of the rule stay beside them, for the expectation that judges them. Raises KeyError when the sentence of
    the check asks for a figure that was not measured.
    """
    lacking = [pl.lit(0 if name == "merged_count" else None, dtype).alias(name) for name, dtype in _RECORD.items()
               if name not in metrics.columns]  # fmt: skip
    whole = metrics.with_columns(lacking).with_columns(pl.col(name).cast(pl.String).replace("", None) for name in ABOUT)
    whole = whole.with_columns(pl.col("merged_count").fill_null(0))
    figures = [name for name in metrics.columns if name not in {*_RECORD, *FINDING_COLUMNS}]
    numbers = [
        pack_figures({**{name: row[name] for name in figures}, **unpack_figures(row["numbers"])})
        for row in whole.iter_rows(named=True)
    ]
    whole = whole.with_columns(pl.Series("numbers", numbers, dtype=pl.String))
    texts = [say_finding(check_id, row, "en") for row in whole.iter_rows(named=True)]
    return whole.with_columns(pl.Series("observed", texts, dtype=pl.String))


def record_of(check_id: str, wording: str | None = None, **values: Any) -> pl.DataFrame:
    """One finding as a record, for what is found outside a rule: ``values`` are columns of a record or its numbers."""
    return as_records(
        check_id, pl.DataFrame([{"findings_count": 1, "at_stake_eur": None, "wording": wording, **values}])
    )


def list_findings(rows: pl.DataFrame, limit: int) -> str:
    """Records in words, in their order, at most ``limit`` of them and a count of the rest."""
    texts = rows.filter(pl.col("merged_count") == 0)["observed"].head(limit).to_list()
    count = rows.height - len(texts) + int((rows["merged_count"] - 1).clip(lower_bound=0).sum())
    return "; ".join([*texts, f"and {count:,} more"] if count else texts)
