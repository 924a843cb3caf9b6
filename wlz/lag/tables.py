"""What the lag stage shows: the curve with bounds and drift, revision statistics, and what people must be told.

From `completed_series.complete_advice`; nothing is estimated here.
"""

import numpy as np
import polars as pl
from scipy.special import ndtri, stdtr

from wlz.forecasting.ets import FloatArray, IntArray
from wlz.lag.complete import CELL_KEY, CompletedAdvice
from wlz.lag.records import Finding, tabulate_findings
from wlz.lag.said import LAGS
from wlz.runoff.completion import completeness_now
from wlz.runoff.factors import link_ratios
from wlz.runoff.lateness import Lateness, diagonals
from wlz.runoff.retrospect import ERROR_LAGS, nowcast_interval
from wlz.runoff.triangle import sum_labels
from wlz.words.vocabulary import SERIES_KEY

DRIFT_LAGS, DRIFT_RECENT, DRIFT_BEFORE = 3, 3, 9
DRIFT_LIMIT, DRIFT_MINIMUM_RATIO = 3.0, 0.01  # deviations, and a link ratio: below a percent it changes nothing
BOUND_NAMES = ("lower_80_ratio", "upper_80_ratio", "lower_95_ratio", "upper_95_ratio")


def list_curve(found: CompletedAdvice) -> pl.DataFrame:
    """Rows of LAG_CURVE: per uitvoerder × prestatie group × lag 1 … 36 of a usual month of the year.

    Bounds: what the share would be if the completed month were off by its usual error. Drift: mean log link ratio of
    the uitvoerder over its last three deliveries against the nine before, at lags 1–3.
    """
    curve, scatter, cells = found.completion.curve, found.scatter, found.cells
    uitvoerder = _labels(found)
    deviation = np.sqrt(scatter.common[uitvoerder] ** 2 + scatter.own**2)
    bounds = nowcast_interval(curve.p, deviation)
    excluded = ((curve.lateness.behind > 0) | curve.lateness.caught_up).sum(axis=1)[uitvoerder]
    drift, score, _ = _measure_drift(found)
    count = cells.height
    padding = np.full((count, 1), np.nan)
    row = np.repeat(np.arange(count), LAGS)
    factor = np.where(np.isfinite(curve.credible.factor), curve.credible.factor, np.nan)  # from nothing there is none
    by_lag = {
        "completeness_ratio": curve.p,
        **dict(zip(BOUND_NAMES, bounds, strict=True)),
        "link_ratio": np.concatenate([factor, padding], axis=1),
        "credibility_ratio": np.concatenate([curve.credible.credibility, 0 * padding], axis=1),
        "drift_ratio": drift[uitvoerder],
        "drift_t_ratio": score[uitvoerder],
    }
    leans = by_lag["credibility_ratio"] == 0
    ratios = np.concatenate([curve.credible.ratios, np.zeros((count, 1), dtype=np.int64)], axis=1)
    return (
        cells[row]
        .with_columns(
            pl.Series("lag_months", np.tile(np.arange(1, LAGS + 1), count), dtype=pl.Int32),
            *(pl.Series(name, values.ravel()).fill_nan(None) for name, values in by_lag.items()),
            pl.Series("link_ratios_count", ratios.ravel()),
            pl.Series("excluded_count", excluded[row]),
            pl.Series("curve_level", np.where(curve.outside | leans, "uitvoerder", "group").ravel().tolist()),
        )
        .with_columns(pl.col("credibility_ratio").fill_null(0.0))
    )


def _measure_drift(found: CompletedAdvice) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Drift of the link ratio, its t and its z, (G, LAGS), NaN beyond lag 3 and without six deliveries before.

    z is t put on the scale of the normal, the most unusual of three lags allowed for: with nine link ratios before one
    t in sixty lies beyond 3 by chance, and one of three in twenty; of z one in four hundred.
    """
    groups = len(found.values)
    drift, score, z = np.full((3, groups, LAGS), np.nan)
    ratios = link_ratios(found.values)
    ratios[found.completion.curve.lateness.excluded((ratios.shape[1], LAGS))] = np.nan
    said = diagonals(np.concatenate([ratios, np.full((*ratios.shape[:2], 1), np.nan)], axis=2))
    for group in range(groups):
        for lag in range(DRIFT_LAGS):
            line = said[group, :, lag]
            with np.errstate(invalid="ignore", divide="ignore"):
                known = np.log(line[~np.isnan(line) & (line > 0)])
            recent, before = known[-DRIFT_RECENT:], known[-DRIFT_RECENT - DRIFT_BEFORE : -DRIFT_RECENT]
            if len(before) < 2 * DRIFT_RECENT:
                continue
            spread = max(float(before.std(ddof=1)), 1e-4) * np.sqrt(1 / len(recent) + 1 / len(before))
            moved = float(recent.mean() - before.mean())
            drift[group, lag], score[group, lag] = np.expm1(moved), moved / spread
            tail = DRIFT_LAGS * stdtr(len(before) - 1, -abs(moved / spread))
            z[group, lag] = np.copysign(ndtri(min(tail, 0.5)), moved)
    return drift, score, z


def revision_statistics(found: CompletedAdvice) -> pl.DataFrame:
    """Rows of REVISION_STATISTICS: per uitvoerder × lag 1 … 6 mean, mean absolute, t of known now ÷ said then − 1."""
    errors = found.errors.uitvoerder
    names = found.cells["wlz_uitvoerder"].unique(maintain_order=True).to_list()
    rows = []
    for group, name in enumerate(names):
        for lag in range(ERROR_LAGS):
            known = errors[:, group, lag][~np.isnan(errors[:, group, lag])]
            count = len(known)
            spread = float(known.std(ddof=1)) / np.sqrt(count) if count > 1 else 0.0
            rows.append(
                (
                    name,
                    lag + 1,
                    count,
                    float(known.mean()) if count else None,
                    float(np.abs(known).mean()) if count else None,
                    float(known.mean()) / spread if spread > 0 else None,
                )
            )
    return pl.DataFrame(
        rows,
        schema={
            "wlz_uitvoerder": pl.String,
            "lag_months": pl.Int32,
            "revisions_count": pl.Int64,
            "mean_revision_ratio": pl.Float64,
            "mean_absolute_revision_ratio": pl.Float64,
            "revision_t_ratio": pl.Float64,
        },
        orient="row",
    )


def list_findings(found: CompletedAdvice) -> pl.DataFrame:
    """What people must be told of this delivery, largest euro first: columns of FINDINGS_SCHEMA.

    `late`: the uitvoerder repeats an earlier delivery, or nearly; euro is what it should have said more by now.
    `caught_up`: it was late before and is up to date now; euro is what came in beyond a usual delivery. `speed`: it
    bills faster or slower than before; euro is what of the youngest four months came in early or stayed out. `range`:
    curves that left 0.02–1.05, so the uitvoerder's is used; euro is their declared year. `drift`: see `list_curve`, at
    least a percent, and not of an uitvoerder whose speed is told. `silent`: series that stopped while their uitvoerder
    delivers; euro is what is expected of the silent months. `handed_over`: codes that stopped where others of the group
    began; euro is that of the old ones in their last year.
    """
    names = found.cells["wlz_uitvoerder"].unique(maintain_order=True).to_list()
    rows = [*_lateness_rows(found, names), *_speed_rows(found, names), *_range_rows(found), *_silent_rows(found)]
    rows += _hand_over_rows(found)
    drift, _, z = _measure_drift(found)
    for group, name in enumerate(names):
        lag = int(np.nanargmax(np.abs(np.nan_to_num(z[group]))))
        if found.completion.speed.shift[group]:
            continue  # told as a change of speed, with the curve moved
        if abs(np.nan_to_num(z[group, lag])) > DRIFT_LIMIT and abs(drift[group, lag]) > DRIFT_MINIMUM_RATIO:
            month = float(found.completion.completed[_rows_of(found, name), -12:].sum() / 12)
            numbers = {
                "lag_months": lag + 1,
                "drift_ratio": float(drift[group, lag]),
                "drift_z": float(z[group, lag]),
            }
            rows.append(Finding("drift", name, numbers, abs(float(drift[group, lag])) * month))
    return tabulate_findings(rows)


def _rows_of(found: CompletedAdvice, name: str) -> list[int]:
    return [place for place, owner in enumerate(found.cells["wlz_uitvoerder"]) if owner == name]


def _lateness_rows(found: CompletedAdvice, names: list[str]) -> list[Finding]:
    curve = found.completion.curve
    lateness, held = curve.lateness, found.completion.held
    on_time = Lateness(np.zeros_like(lateness.behind), lateness.caught_up)
    before = Lateness(lateness.behind[:, :-1] + 1, lateness.caught_up, held.share[:, -2], held.deviation[:, -2])
    came_later = _euro_between(found, on_time, lateness)
    caught_up = _euro_between(found, on_time._replace(behind=on_time.behind + 1), before)
    rows = []
    for group, name in enumerate(names):
        behind, share = int(lateness.behind[group, -1]), float(held.share[group, -1, 0])
        actual, expected = float(curve.emergence.actual[group, -1]), float(curve.emergence.expected[group, -1])
        came_in = {"came_in_ratio": actual / expected if expected > 0 else None}
        ending = "came_in" if expected > 0 else "nothing_expected"
        if behind:
            numbers = {"behind_count": behind, **came_in}
            wording = f"{'late_one' if behind == 1 else 'late_more'} {ending}"
            rows.append(Finding("late", name, numbers, float(came_later[group]), wording))
        elif held.is_late[group, -1]:
            numbers = {"held_ratio": share, **came_in}
            rows.append(Finding("late", name, numbers, float(came_later[group]), f"late_part {ending}"))
        elif lateness.caught_up[group, -1]:
            rows.append(Finding("caught_up", name, came_in, float(caught_up[group]), f"caught_up {ending}"))
    return rows


def _euro_between(found: CompletedAdvice, sooner: Lateness, later: Lateness) -> FloatArray:
    """Euro (G,) by which each uitvoerder has less of its months when it is as late as `later` than as `sooner`."""
    curve, label = found.completion.curve, _labels(found)
    shift = found.completion.speed.shift[label]
    shares = [completeness_now(curve._replace(lateness=lateness), label, shift) for lateness in (sooner, later)]
    at_price = sum_labels(((shares[0] - shares[1]) * found.completion.completed).sum(axis=1), label)
    return at_price * found.price_level


def _labels(found: CompletedAdvice) -> IntArray:
    """The number of every cell's uitvoerder."""
    return found.cells["wlz_uitvoerder"].rle_id().to_numpy().astype(np.int64)


def _speed_rows(found: CompletedAdvice, names: list[str]) -> list[Finding]:
    completion = found.completion
    speed, curve = completion.speed, completion.curve
    label = _labels(found)
    usual = completeness_now(curve, label, np.zeros(len(label)))
    moved = (completion.completeness - usual) * completion.completed  # euro per cell and month
    rows = []
    for group, name in enumerate(names):
        if speed.shift[group]:
            mine = _rows_of(found, name)
            month = completion.completed[mine, -1]
            taken, instead = ((month @ share[mine, -1]) / month.sum() for share in (completion.completeness, usual))
            how = "faster" if speed.shift[group] > 0 else "slower"
            shares = {"taken_ratio": float(taken), "usual_ratio": float(instead)}
            numbers = {"since_count": int(speed.since[group]), **shares}
            euro = abs(float(moved[mine].sum() * found.price_level[group]))
            rows.append(Finding("speed", name, numbers, euro, how))
    return rows


def _range_rows(found: CompletedAdvice) -> list[Finding]:
    outside = found.completion.curve.outside
    rows = []
    for row in np.flatnonzero(outside.any(axis=1)):
        uitvoerder, group = found.cells.select(CELL_KEY).row(int(row))
        lag = int(np.argmax(outside[row]))
        numbers = {"prestatie_group": group, "lag_months": lag + 1}
        rows.append(Finding("range", uitvoerder, numbers, float(found.completion.declared[row, -12:].sum())))
    return rows


def _hand_over_rows(found: CompletedAdvice) -> list[Finding]:
    rows = []
    by = ["wlz_uitvoerder", "prestatiegroep", "end_month"]
    for (name, group, end), family in found.hand_overs.group_by(by, maintain_order=True):
        news = family.unique("successor", maintain_order=True).sort("successor").select("successor", "share")
        numbers = {
            "prestatie_group": group,
            "last_month": end,
            "old_codes": [{"one": code} for code in family["prestatiecode"].unique().sort()],
            "new_codes": [{"code": code, "share": share} for code, share in news.iter_rows()],
        }
        earlier = found.series.filter(
            pl.col("prestatiecode").is_in(news["successor"].implode()), pl.col("care_month") < end, wlz_uitvoerder=name
        )
        wording = "ran_on" if (earlier["declared_volume"] > 0).any() else "found"
        rows.append(Finding("handed_over", str(name), numbers, float(family["year_eur"][0]), wording))
    return rows


def _silent_rows(found: CompletedAdvice) -> list[Finding]:
    silent = found.series.filter(flag="silent_series")
    rows = []
    for (code, name), mine in silent.group_by(SERIES_KEY, maintain_order=True):
        volume = float(mine["completed_volume"].sum())
        price = float(found.price.filter(prestatiecode=code, wlz_uitvoerder=name)["price"][0])
        numbers = {"since": mine["care_month"].min(), "expected_volume": volume}
        rows.append(Finding("silent", str(name), numbers, volume * price, None, str(code)))
    return rows
