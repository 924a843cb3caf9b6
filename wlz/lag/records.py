"""A finding of the lag stage as a record: what kind, about whom and what, which figures, how much euro. No words here.

``wording`` names the parts of its sentence; the sentences are in ``expectations/sentences``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from wlz.words.figures import pack_figures

FINDINGS_SCHEMA: dict[str, pl.DataType] = {
    "finding": pl.String(),
    "wlz_uitvoerder": pl.String(),
    "prestatiecode": pl.String(),
    "wording": pl.String(),
    "numbers": pl.String(),
    "at_stake_eur": pl.Float64(),
}
ORDER = ["at_stake_eur", "wlz_uitvoerder", "prestatiecode", "wording", "numbers"]


class Finding(NamedTuple):
    """One finding; the nation where no uitvoerder is named, no euro where none is known."""

    finding: str
    wlz_uitvoerder: str | None
    numbers: Mapping[str, Any]
    at_stake_eur: float | None
    wording: str | None = None
    prestatiecode: str | None = None


def tabulate_findings(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as rows of FINDINGS_SCHEMA with their figures packed, largest euro first."""
    rows = [{**one._asdict(), "numbers": pack_figures(one.numbers)} for one in findings]
    return sort_findings(pl.DataFrame(rows, schema=FINDINGS_SCHEMA))


def sort_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """Largest euro first, then by whom and what."""
    return findings.sort(ORDER, descending=[True, *[False] * (len(ORDER) - 1)], nulls_last=True)
