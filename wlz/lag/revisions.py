"""What a delivery changed in months said before: falls of months three to twelve old, changes of closed months.

In: snapshots (CLAIMS_SNAPSHOT). Euro as declared, per prestatie × uitvoerder × care month. Not here: how far months are
still to fill up (`wlz/runoff/`), uitvoerders that are late (`tables.py`).
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.lag.records import Finding
from wlz.words.months import month_date, number_months
from wlz.words.robust import MAD_TO_DEVIATION
from wlz.words.vocabulary import SERIES_BY_UITVOERDER, SERIES_KEY

CARE_MONTHS = 60  # looked at, youngest last, as when months are completed
YOUNGEST_LAG = 3  # lag in the last delivery of the youngest month whose fall is judged
MERGED_SERIES = 5  # an uitvoerder with at least so many of its series, and more than half of them, is one finding
Told = tuple[str, dict[str, Any]]  # wording and figures of one series


class Said(NamedTuple):
    """What deliveries said of series and care months, in euro.

    `amount` (N, T, D) euro said of N series and T care months by D deliveries, 0 where a delivered month has no row of
    the series; `lag` (T, D) in months; `delivered` (T, D) whether the delivery has that month at all.
    """

    series: pl.DataFrame
    months: list[date]
    deliveries: list[date]
    amount: FloatArray
    lag: IntArray
    delivered: BoolArray


def gather_snapshots(snapshots: pl.DataFrame) -> Said:
    """Rows of CLAIMS_SNAPSHOT of several deliveries as one array; series sorted, months and deliveries oldest first."""
    numbers = [
        snapshots.select(number_months(name)).to_series().to_numpy() for name in ("care_month", "delivery_month")
    ]
    last = int(numbers[1].max())
    recent = (numbers[0] >= last - CARE_MONTHS) & (numbers[0] < last)
    care, delivery = (of_axis[recent] for of_axis in numbers)
    rows = snapshots.filter(pl.Series(recent))
    series, row = _number_series(rows)
    deliveries, first = np.unique(delivery), int(care.min())
    column, month = np.searchsorted(deliveries, delivery), care - first
    amount = np.zeros((series.height, int(month.max()) + 1, len(deliveries)))
    amount[row, month, column] = rows["declared_amount_eur"].cast(pl.Float64).to_numpy()
    delivered = np.zeros(amount.shape[1:], dtype=np.bool_)
    delivered[month, column] = True
    care_numbers = np.arange(first, first + amount.shape[1])
    lag = deliveries[None, :] - care_numbers[:, None]
    return Said(series, _to_months(care_numbers), _to_months(deliveries), amount, lag, delivered)


def _number_series(rows: pl.DataFrame) -> tuple[pl.DataFrame, IntArray]:
    """Series that occur, sorted, and for every row its place among them. Codes become numbers first: half the time."""
    names = [rows[name].unique().sort() for name in SERIES_BY_UITVOERDER]
    place = [
        rows[name].cast(pl.Enum(known)).to_physical().to_numpy()
        for name, known in zip(SERIES_BY_UITVOERDER, names, strict=True)
    ]
    both = place[0].astype(np.int64) * names[1].len() + place[1]
    occurs = np.zeros(names[0].len() * names[1].len(), dtype=np.bool_)
    occurs[both] = True
    found = np.flatnonzero(occurs)
    series = pl.DataFrame(
        {
            SERIES_BY_UITVOERDER[0]: names[0].gather(found // names[1].len()),
            SERIES_BY_UITVOERDER[1]: names[1].gather(found % names[1].len()),
        }
    )
    return series, (np.cumsum(occurs) - 1)[both]


def find_falls(said: Said, assumptions: Mapping[str, float], handed: Collection[tuple[str, str]] = ()) -> list[Finding]:
    """Months of a lag of 3 up to `closed_month_lag_months` that fell since the delivery before (check V02).

    A fall is more than `revision_fall_ratio` and `revision_robust_sd` usual falls: 1.4826 times the median of the
    earlier falls of the series at these lags, at least `revision_floor_ratio`. Corrections are normal, so a series
    that is corrected a lot has to fall far. One finding per series over its months, from `revision_minimum_eur`; the
    euro is what was taken back. Where the youngest of these months fell it is what a year has less at the largest of
    the falls, but not of a series that handed over to another (`handed`: prestatiecode, uitvoerder). Older months are
    `find_late_changes`, those below zero check V01. A first delivery has no findings.
    """
    if len(said.deliveries) < 2:
        return []
    lags = range(YOUNGEST_LAG, int(assumptions["closed_month_lag_months"]) + 1)
    place, before, now = _at_lags(said, lags)
    has_fallen = (before > 0) & (now < before)
    fall = np.where(has_fallen, 1 - now / np.where(has_fallen, before, 1.0), np.nan)
    usual = _usual_size(fall[:, :-1].reshape(len(fall), -1), assumptions["revision_floor_ratio"])
    limit = np.maximum(assumptions["revision_fall_ratio"], assumptions["revision_robust_sd"] * usual)
    is_negative = (now[:, -1] < 0) & (np.array(lags) >= assumptions["negative_minimum_lag_months"])
    hit = (np.nan_to_num(fall[:, -1]) > limit[:, None]) & ~is_negative
    base = np.where(hit, before[:, -1], 0.0).sum(axis=1)
    euro = base - np.where(hit, now[:, -1], 0.0).sum(axis=1)
    goes_on = hit[:, 0] & ~np.array([key in handed for key in said.series.select(SERIES_KEY).iter_rows()], dtype=bool)
    year = np.nansum(np.maximum(_of_year(said), 0.0), axis=1)
    a_year = np.where(hit, np.nan_to_num(fall[:, -1]), 0.0).max(axis=1) * year
    at_stake = np.where(goes_on, np.maximum(a_year, euro), euro)
    told: dict[int, Told] = {}
    for row in np.flatnonzero(hit.any(axis=1) & (euro >= assumptions["revision_minimum_eur"])):
        months = sorted(said.months[month] for month in place[-1, hit[row]])
        figures = {
            "months_count": len(months),
            "first_month": months[0],
            "last_month": months[-1],
            "fall_ratio": float(euro[row] / base[row]),
            "earlier": said.deliveries[-2],
            "usual_ratio": float(usual[row]),
            "fall_eur": float(euro[row]),
        }
        going = " goes_on" if goes_on[row] else ""
        told[int(row)] = f"{'month' if len(months) == 1 else 'months'} fell{going}", figures
    judged: BoolArray = np.asarray((before[:, -1] > 0).any(axis=1))
    return _tell(said, "fall", told, euro, judged, at_stake)


def _of_year(said: Said) -> FloatArray:
    """(N, up to 12) what the delivery before said of the youngest twelve months but one that it has."""
    told = said.amount[:, said.lag[:, -2] >= 1, -2]
    return told[:, -SEASON_MONTHS - 1 : -1]


def find_late_changes(said: Said, assumptions: Mapping[str, float]) -> list[Finding]:
    """Series whose closed months, added up, changed since the delivery before (check L08).

    Closed is a lag above `closed_month_lag_months`. A change is told above `late_change_ratio` of what those months
    were, above `revision_robust_sd` usual changes (1.4826 times the median absolute change at earlier deliveries) and
    from `revision_minimum_eur`, which is its euro. The figures say what it does to the na-ijl of the uitvoerder: the
    share of late claims of the year two before that of the delivery (`extra_items.derive_lag_ratio`). A first delivery
    has no findings.
    """
    if len(said.deliveries) < 2:
        return []
    closed = said.lag[:, 1:] > assumptions["closed_month_lag_months"]
    counted = closed & said.delivered[:, :-1] & said.delivered[:, 1:]
    weight = counted.astype(float)
    before, now = (np.einsum("ntd,td->nd", part, weight) for part in (said.amount[:, :, :-1], said.amount[:, :, 1:]))
    change = now - before
    share = np.divide(change, np.abs(before), out=np.where(change == 0, 0.0, np.inf), where=before != 0)
    usual = _usual_size(np.where(np.isfinite(share[:, :-1]), np.abs(share[:, :-1]), np.nan))
    limit = np.maximum(assumptions["late_change_ratio"], assumptions["revision_robust_sd"] * usual)
    hit = (np.abs(share[:, -1]) > limit) & (np.abs(change[:, -1]) >= assumptions["revision_minimum_eur"])
    year = said.deliveries[-1].year - LAG_REFERENCE_YEARS_BACK
    na_ijl = _share_of_year(said, counted[:, -1], year)
    told: dict[int, Told] = {}
    for row in np.flatnonzero(hit):
        figures = {
            "closed_lag_months": assumptions["closed_month_lag_months"],
            "change_ratio": float(share[row, -1]),
            "earlier": said.deliveries[-2],
            "change_eur": float(change[row, -1]),
            "na_ijl_year": year,
            "na_ijl_points": float(100 * na_ijl[row]),
        }
        told[int(row)] = "from_nothing" if np.isinf(share[row, -1]) else "changed", figures
    return _tell(said, "late_change", told, np.abs(change[:, -1]), before[:, -1] > 0)


def _at_lags(said: Said, lags: range) -> tuple[IntArray, FloatArray, FloatArray]:
    """Months of these lags at every delivery but the first.

    Their place (D − 1, lags), and what the delivery before and this one said, (N, D − 1, lags); NaN for a month that
    either does not have.
    """
    place = (said.lag[0, 1:, None] - np.array(lags)[None, :]).astype(np.int64)
    inside = (place >= 0) & (place < len(said.months))
    place = np.where(inside, place, 0)
    delivery = np.arange(1, len(said.deliveries))[:, None]
    known = inside & said.delivered[place, delivery] & said.delivered[place, delivery - 1]
    before, now = (np.where(known, said.amount[:, place, column], np.nan) for column in (delivery - 1, delivery))
    return place, before, now


def _share_of_year(said: Said, counted: BoolArray, year: int) -> FloatArray:
    """(N,) change of each series in the closed months of a year ÷ what its uitvoerder had in that year before."""
    of_year = counted & np.array([month.year == year for month in said.months])
    change = (said.amount[:, of_year, -1] - said.amount[:, of_year, -2]).sum(axis=1)
    label = said.series["wlz_uitvoerder"].rle_id().to_numpy()
    whole_year = np.array([month.year == year for month in said.months])
    total = np.bincount(label, said.amount[:, whole_year, -2].sum(axis=1))[label]
    share: FloatArray = np.divide(change, total, out=np.zeros(len(change)), where=total > 0)
    return share


def _usual_size(earlier: FloatArray, floor: float = 0.0) -> FloatArray:
    """(N,) 1.4826 × the median of the sizes (N, M), NaN left out; at least the floor, and the floor where none is."""
    if not earlier.shape[1]:
        return np.full(len(earlier), floor)
    known = (~np.isnan(earlier)).sum(axis=1)
    ordered = np.sort(earlier, axis=1)  # NaN comes last
    middle = [
        np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
        for place in (np.maximum(known - 1, 0) // 2, known // 2)
    ]
    return np.maximum(MAD_TO_DEVIATION * np.where(known > 0, (middle[0] + middle[1]) / 2, 0.0), floor)


def _tell(
    said: Said,
    kind: str,
    told: Mapping[int, Told],
    euro: FloatArray,
    judged: BoolArray,
    at_stake: FloatArray | None = None,
) -> list[Finding]:
    """One finding per series; an uitvoerder of which most judged series are found is one finding, with their euro.

    `at_stake` (N,) where that is more than the euro.
    """
    at_stake = euro if at_stake is None else at_stake
    names, codes = said.series["wlz_uitvoerder"].to_list(), said.series["prestatiecode"].to_list()
    found: list[Finding] = []
    for name in dict.fromkeys(names[row] for row in told):
        rows = [row for row in told if names[row] == name]
        count = sum(bool(is_judged) for is_judged, owner in zip(judged, names, strict=True) if owner == name)
        if len(rows) >= MERGED_SERIES and 2 * len(rows) > count:
            largest, total = max(rows, key=lambda row: euro[row]), float(euro[rows].sum())
            wording, figures = told[largest]
            whole = {"series_count": len(rows), "judged_count": count, "total_eur": total}
            numbers = {**figures, **whole, "largest_prestatiecode": codes[largest]}
            found.append(Finding(kind, name, numbers, float(at_stake[rows].sum()), f"merged {wording}"))
        else:
            found += [
                Finding(kind, name, told[row][1], float(at_stake[row]), f"series {told[row][0]}", codes[row])
                for row in rows
            ]
    return found


def _to_months(numbers: IntArray) -> list[date]:
    return [month_date(int(number)) for number in numbers]
