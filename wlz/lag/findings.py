"""More findings of the lag stage: falls, late changes, sudden levels, Mack's tests, cover of the intervals.

Beside `tables.list_findings`, in the same columns. Checks V02, L08, V03-level, L10, L11, L14. Nothing is changed here.
"""

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl
from scipy.special import stdtrit

from wlz.forecasting.ets import FloatArray, IntArray
from wlz.lag.complete import CompletedAdvice
from wlz.lag.moved_levels import find_moved_uitvoerders
from wlz.lag.records import FINDINGS_SCHEMA, Finding, sort_findings, tabulate_findings
from wlz.lag.revisions import find_falls, find_late_changes, gather_snapshots
from wlz.lag.sudden_levels import find_sudden_levels
from wlz.runoff.completion import OPEN_MONTHS
from wlz.runoff.credibility import N_DIAGONALS
from wlz.runoff.factors import link_ratios
from wlz.runoff.mack_tests import calendar_year_test, factor_correlation_test
from wlz.runoff.retrospect import ERROR_LAGS, FREEDOM, T_SCALE, RetrospectiveErrors, measure_scatter
from wlz.words.vocabulary import NATION, SERIES_KEY

MORE_FINDINGS_SCHEMA: dict[str, pl.DataType] = {**FINDINGS_SCHEMA, "national_ratio": pl.Float64()}
COVER_DELIVERIES = 6  # the last ones, asked whether their intervals held
COVER_HISTORY = 3  # deliveries before one of those, at least, that its interval rests on
COVER_LEVEL = 0.95
BOUND_95 = T_SCALE * float(stdtrit(FREEDOM, 0.975))  # deviations from a completed month to its 95 % bound


def list_more_findings(
    found: CompletedAdvice, snapshots: pl.DataFrame, prestaties: pl.DataFrame, assumptions: Mapping[str, float]
) -> pl.DataFrame:
    """What else people must be told of this delivery: columns of MORE_FINDINGS_SCHEMA, largest euro first.

    In: the completed advice, CLAIMS_SNAPSHOT of the deliveries it rests on, prestaties with their unit. Out, per kind
    of `finding`: `fall` (V02) and `late_change` (L08), see `revisions`; `sudden_level` (V03-level), see
    `sudden_levels`, with its share of a year of the nation in `national_ratio`; `moved_level` (L14), see
    `moved_levels`; `calendar` (L10) and `cover` (L11).
    """
    said = gather_snapshots(snapshots)
    handed = set(found.hand_overs.select(SERIES_KEY).iter_rows())
    revised: list[Finding] = [*find_falls(said, assumptions, handed), *find_late_changes(said, assumptions)]
    changed = {str(uitvoerder) for uitvoerder in (one.wlz_uitvoerder for one in revised)}
    rows = [*revised, *_calendar_rows(found), *_cover_rows(found, changed, assumptions)]
    sudden = find_sudden_levels(found, prestaties, assumptions)
    rows += find_moved_uitvoerders(found, sudden)
    levels = sudden.select(pl.lit("sudden_level").alias("finding"), *list(FINDINGS_SCHEMA)[1:], "national_ratio")
    return sort_findings(pl.concat([tabulate_findings(rows), levels], how="diagonal"))


def _names(found: CompletedAdvice) -> list[str]:
    names: list[str] = found.cells["wlz_uitvoerder"].unique(maintain_order=True).to_list()
    return names


def judged_ratios(found: CompletedAdvice) -> FloatArray:
    """Link ratios the curve rests on, (G + 1, T, 12), the nation first: the last twelve deliveries, lags 1 to 12.

    Deliveries of an uitvoerder that was late or caught up are left out, of the uitvoerder alone.
    """
    nation = np.where(np.isnan(found.values).all(axis=0), np.nan, np.nansum(found.values, axis=0))
    ratios = link_ratios(np.concatenate([nation[None], found.values]))
    months = ratios.shape[1]
    shape = (months, ratios.shape[2] + 1)
    ratios[1:][found.completion.curve.lateness.excluded(shape)] = np.nan
    ends_at = np.add.outer(np.arange(months), np.arange(1, ERROR_LAGS + 1))
    return np.where(ends_at > months - 1 - N_DIAGONALS, ratios[:, :, :ERROR_LAGS], np.nan)


def _calendar_rows(found: CompletedAdvice) -> list[Finding]:
    """L10: triangles, of the nation and per uitvoerder, whose Z or T lies outside its range; no euro is known."""
    rows: list[Finding] = []
    for name, ratios in zip([NATION, *_names(found)], judged_ratios(found), strict=True):
        tests = {"z": calendar_year_test(ratios), "t": factor_correlation_test(ratios)}
        outside = {label: test for label, test in tests.items() if test.is_outside}
        if outside:
            numbers = {
                f"{label}_{part}": float(getattr(test, part))
                for label, test in outside.items()
                for part in ("statistic", "lower", "upper")
            }
            who, wording = (None, "nation") if name == NATION else (name, "who")
            rows.append(Finding("calendar", who, numbers, None, f"{wording} {' and '.join(outside)}"))
    return rows


def measure_cover(errors: RetrospectiveErrors, p: FloatArray, uitvoerder: IntArray) -> FloatArray:
    """How far the last six deliveries were off, in half-widths of the 95 % interval they would have said: (R, G, 12).

    The interval of each rests on the errors of the deliveries before it, at least three. Above 1 is outside; NaN where
    not known. `errors` newest delivery first, `p` (N, L) completeness of every cell, `uitvoerder` (N,) its label.
    """
    asked = min(COVER_DELIVERIES, max(len(errors.uitvoerder) - COVER_HISTORY, 0))
    if not asked:
        return np.full((0, *errors.uitvoerder.shape[1:]), np.nan)
    off = []
    for delivery in range(asked):
        half = BOUND_95 * measure_scatter(errors.before(delivery), p, uitvoerder).common[:, :ERROR_LAGS]
        error = np.abs(errors.uitvoerder[delivery][:, : half.shape[1]])
        off.append(np.divide(error, half, out=np.where(error > 0, np.inf, 0.0), where=half > 0))
    return np.where(np.isnan(errors.uitvoerder[:asked, :, : off[0].shape[1]]), np.nan, np.stack(off))


def _cover_rows(found: CompletedAdvice, changed: Collection[str], assumptions: Mapping[str, float]) -> list[Finding]:
    """L11: uitvoerders whose 95 % intervals held less than `cover_minimum_ratio` of what is known now.

    Over the last six deliveries and lags 1 to 12. Left out are uitvoerders that are late and those in `changed`, whose
    older months this delivery moved: there it is in doubt what is known, not the interval. A figure says by how much
    the interval should be widened to hold 95 %; the euro is what that would add to each side of the three youngest
    months, each by its own past errors.
    """
    label = found.cells["wlz_uitvoerder"].rle_id().to_numpy().astype(np.int64)
    off = measure_cover(found.errors, found.completion.curve.p, label)
    behind = found.completion.curve.lateness.behind[:, -1]
    rows: list[Finding] = []
    for group, name in enumerate(_names(found)):
        known = off[:, group][np.isfinite(off[:, group])]
        is_judged = known.size and not behind[group] and name not in changed
        if not is_judged or (known <= 1).mean() >= assumptions["cover_minimum_ratio"]:
            continue
        numbers = {
            "held_ratio": float((known <= 1).mean()),
            "months_count": int(known.size),
            "deliveries_count": len(off),
            "width_ratio": float(np.quantile(known, COVER_LEVEL)),
        }
        month = found.completion.completed[label == group].sum(axis=0)
        rows.append(Finding("cover", name, numbers, _widening(off[:, group], month, found.scatter.common[group])))
    return rows


def _widening(off: FloatArray, month: FloatArray, deviation: FloatArray) -> float:
    """Euro to add to each side of the three youngest months, so that it holds 95 % of `off` (R, 12)."""
    euro = 0.0
    for lag in range(OPEN_MONTHS):
        known = off[:, lag][np.isfinite(off[:, lag])]
        if known.size:
            more = max(float(np.quantile(known, COVER_LEVEL)) - 1, 0.0)
            euro += more * BOUND_95 * float(deviation[lag]) * abs(float(month[-1 - lag]))
    return euro
