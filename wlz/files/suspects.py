"""What a panel of months may be instead: running totals, another scale, a total among its parts, a slip in a year.

Arrays in: series × months, NaN without a row. Each rule fires on what hardly any true panel has; a person who knows
better says ``--as-is``.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.files.reading import AS_IS, PanelError, name_some
from wlz.files.weeks import DAYS_IN_WEEK, WeekNames
from wlz.words.months import add_months, number_months

YEAR, WEEKS_IN_YEAR = 12, 52
FEWEST_MONTHS = 6  # with a value, before a series is held against a rule
FALL_IN_JANUARY = 0.5  # of December: what was added up since January begins again
SHARE_OF_SERIES = 0.8  # that look like running totals, of those that can be judged
ALIKE = (0.3, 3.0)  # first value ÷ usual step: a running total begins with one step
SCALE = 20.0  # all months before are smaller, or larger, than all after by this factor, begun in the last year
TOTAL_TOLERANCE, NAMED_TOLERANCE = 0.005, 0.05
TOTAL_NAMES = ("total", "totaal", "totals", "sum", "som", "all", "alle", "overall", "grand total", "landelijk")
FEWEST_SERIES = 3  # of which one may be the sum of others, or show that a month was delivered
SPIKE, MOST_TOLD = 3.0, 3  # times any other month of the year; series named
MOST_SERIES = 20_000  # among which parts of a total are looked for
MOST_FOR_ANY, MOST_FOR_RUNS = 60, 2_000  # parts that stand anywhere, parts that stand together
FEWEST_YEARS, FEWEST_WEEKS = 2, 4  # without a row, before a month or weeks of the year are never seen
ABSENT_SHARE = 0.1  # of the months of series without a row, before a file has rows for months with activity only
FAR_MONTHS = YEAR  # between a month and all others
WHOLE_SHARE = 0.9  # of the months of a series have a row, before one behind a hole is a slip

Floats = npt.NDArray[np.float64]


class Panel(NamedTuple):
    """Names of series, their values (N, T), the month of the first column; `weeks` where months stand for those."""

    names: Sequence[str]
    values: Floats
    first_month: date
    weeks: WeekNames | None = None

    def label(self, column: int) -> str:
        """A month as 2018-05."""
        return f"{add_months(self.first_month, column):%Y-%m}"

    @property
    def year(self) -> int:
        """Columns of a year."""
        return WEEKS_IN_YEAR if self.weeks else YEAR

    def days(self) -> list[date]:
        """The date of every column."""
        months = [add_months(self.first_month, column) for column in range(self.values.shape[1])]
        return [self.weeks.day(month) for month in months] if self.weeks else months

    def year_starts(self) -> list[npt.NDArray[np.bool_]]:
        """Columns (T,) with which a year begins; of weeks by ISO 8601, and by the calendar year of their day."""
        days = self.days()
        calendar = np.array([day.month == 1 and day.day <= DAYS_IN_WEEK for day in days])
        return [np.array([day.isocalendar().week == 1 for day in days]), calendar] if self.weeks else [calendar]


def refuse_slip_in_year(rows: pl.DataFrame) -> None:
    """Raises PanelError for a month far from all others, and for one behind a series that lacks it in another year.

    `rows`: unique_id, month, one per series and month, with a value.
    """
    numbered = rows.with_columns(number_months("month").alias("number"))
    months = numbered.group_by("number").len().sort("number")
    apart = months["number"].diff().fill_null(1)
    for place in (apart > FAR_MONTHS).arg_true().to_list():
        head, tail = months[:place], months[place:]
        few = min((head, tail), key=lambda side: side["len"].sum())
        if few["len"].sum() <= max(1, numbered.height // 100) and months.height - few.height >= FEWEST_MONTHS:
            _refuse_slip(numbered.filter(pl.col("number").is_in(few["number"].implode())))
    slips = _behind_a_hole(numbered)
    if not slips.is_empty():
        _refuse_slip(slips)


def _behind_a_hole(numbered: pl.DataFrame) -> pl.DataFrame:
    """Last rows of series, beyond the month others end in, whose own month is a hole in a year before."""
    ends = numbered.group_by("unique_id").agg(
        pl.col("number").min().alias("first"),
        pl.col("number").max().alias("end"),
        pl.col("number").top_k(2).min().alias("before"),
        pl.len().alias("rows"),
    )
    usual = int(ends["end"].mode().min()) if ends.height > 1 else 0  # type: ignore[arg-type]
    whole = pl.col("rows") > WHOLE_SHARE * (pl.col("before") - pl.col("first") + 1)
    alone = ends.filter(
        pl.col("end") - pl.col("before") > 1, pl.col("rows") > FEWEST_MONTHS, pl.col("end") > usual, whole
    )
    if alone.is_empty():
        return numbered.clear()
    known = numbered.join(alone.select("unique_id", "end"), on="unique_id")
    same = known.filter((pl.col("end") - pl.col("number")) % YEAR == 0, pl.col("number") < pl.col("end"))
    years = same.group_by("unique_id").len("there").join(alone, on="unique_id", how="right")
    hole = years.filter(pl.col("there").fill_null(0) < (pl.col("end") - pl.col("first")) // YEAR)
    return numbered.join(hole.select("unique_id", number="end"), on=["unique_id", "number"], how="semi")


def _refuse_slip(rows: pl.DataFrame) -> None:
    name, month = rows.sort("unique_id", "month").select("unique_id", "month").row(0)
    more = f" (and {rows.height - 1:,} more such rows)" if rows.height > 1 else ""
    raise PanelError(
        f"series {name!r}, month {month:%Y-%m}{more}: found a month far from the others of its series, expected months "
        f"that follow each other. Likely a typing error in a year. Next: mend the month and run again; {AS_IS}"
    )


def refuse_running_totals(panel: Panel) -> None:
    """Raises PanelError where most series only rise: since January each year, or since their first month."""
    values = panel.values
    known = (~np.isnan(values)).sum(axis=1) >= 2 * FEWEST_MONTHS
    if not known.any():
        return
    judged = values[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        steps = np.diff(judged, axis=1)
        rises = np.where(np.isnan(steps), True, steps >= 0)
        falls = judged[:, 1:] < FALL_IN_JANUARY * judged[:, :-1]
        late = np.arange(1, values.shape[1]) >= FEWEST_MONTHS  # before a first January little was added up
        to_date = np.zeros(len(judged), dtype=np.bool_)
        for starts in panel.year_starts():
            januaries = starts[1:]
            to_date |= (
                rises[:, ~januaries].all(axis=1) & (falls | np.isnan(steps))[:, januaries & late].all(axis=1)
                & (falls[:, januaries].sum(axis=1) >= 1) & (np.nanmax(judged, axis=1) > 0)
            )  # fmt: skip
        first = np.take_along_axis(judged, np.argmax(~np.isnan(judged), axis=1)[:, None], axis=1)[:, 0]
        usual = np.nanmedian(np.where(np.isnan(steps).all(axis=1, keepdims=True), 0.0, steps), axis=1)
        start = first / usual
        running = rises.all(axis=1) & (start > ALIKE[0]) & (start < ALIKE[1])
    for found, since, option in ((to_date, "January", "year-to-date"), (running, "the first month", "cumulative")):
        if found.mean() >= SHARE_OF_SERIES:
            name = panel.names[int(np.flatnonzero(known)[np.flatnonzero(found)[0]])]
            raise PanelError(
                f"column value: found values that only rise since {since}, in {found.sum():,} of {len(found):,} series "
                f"('{name}'), expected the value of each month by itself. Likely running totals. Next: --values "
                f"{option} takes the differences; {AS_IS}"
            )


def take_differences(panel: Panel, since: str) -> Floats:
    """Running totals → months by themselves; unknown where the month before is (but at the beginning)."""
    values = panel.values
    before = np.concatenate([np.full((len(values), 1), np.nan), values[:, :-1]], axis=1)
    columns = np.arange(values.shape[1])
    if since == "year-to-date":
        with np.errstate(invalid="ignore"):
            falls = (values < before).sum(axis=0)
        begins = max(panel.year_starts(), key=lambda starts: int(falls[starts].sum()))[None, :]
    else:
        begins = columns[None, :] == np.argmax(~np.isnan(values), axis=1)[:, None]
    return np.where(begins, values, values - before)


def find_other_scale(panel: Panel) -> list[str]:
    """Series of which the last months are all 20 times larger or smaller than all before; raises when it is most.

    Raises PanelError where at least half of the series that can be judged change in the same month: then the unit of
    the file changed, and no single one of them.
    """
    values = np.where(panel.values > 0, panel.values, np.nan)
    judged = (~np.isnan(values)).sum(axis=1) >= FEWEST_MONTHS
    changed: dict[int, list[int]] = {}
    seen = np.zeros(len(values), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        for column in range(max(values.shape[1] - panel.year, 1), values.shape[1]):
            before, after = values[:, :column], values[:, column:]
            low, high = _ends(before), _ends(after)
            enough = judged & ((~np.isnan(before)).sum(axis=1) >= FEWEST_MONTHS // 2) & ~np.isnan(values[:, column])
            found = enough & ((high[0] >= SCALE * low[1]) | (high[1] <= low[0] / SCALE)) & ~seen
            seen |= found
            if found.any():
                changed[column] = np.flatnonzero(found).tolist()
    for column, rows in changed.items():
        if 2 * len(rows) >= judged.sum():
            names = name_some([panel.names[row] for row in rows])
            raise PanelError(
                f"month {panel.label(column)}: found values 20 times larger or smaller than all before, in "
                f"{len(rows):,} of {judged.sum():,} series ({names}), expected one unit in the whole file. Likely "
                f"another unit from that month on. Next: bring them to one unit; {AS_IS}"
            )
    told = {column: name_some([panel.names[row] for row in rows]) for column, rows in changed.items()}
    return [f"{names}: values 20 times larger or smaller from {panel.label(at)} on" for at, names in told.items()]


def _ends(values: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest per row, NaN for a row without any."""
    known = ~np.isnan(values)
    low, high = np.where(known, values, np.inf).min(axis=1), np.where(known, values, -np.inf).max(axis=1)
    none = ~known.any(axis=1)
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


def refuse_activity_only(panel: Panel) -> None:
    """Raises PanelError where many months have no row, in some series and not in others, and none is 0.

    Of fewer than three series nobody can say which months were delivered: all of them count.
    """
    values = panel.values
    if (values == 0).any():
        return
    _refuse_never_seen(panel)
    delivered = ~np.isnan(values).all(axis=0) | (len(values) < FEWEST_SERIES)
    columns, known = np.arange(values.shape[1]), ~np.isnan(values)
    first, last = np.argmax(known, axis=1), values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    judged = known.sum(axis=1) >= FEWEST_MONTHS
    inside = (columns >= first[:, None]) & (columns <= last[:, None]) & delivered & judged[:, None]
    absent = inside & np.isnan(values)
    if absent.sum() <= ABSENT_SHARE * inside.sum():
        return
    rows = np.flatnonzero(absent.any(axis=1))
    names = name_some([panel.names[int(row)] for row in rows])
    raise PanelError(
        f"found no row for {absent.sum():,} of {inside.sum():,} months of {len(rows):,} series ({names}), in months "
        "that other series have, and nowhere a 0; expected a row per month. Likely rows only for months with activity. "
        "Next: --absent zero where no row is 0, --absent gap where it is not known"
    )


def _refuse_never_seen(panel: Panel) -> None:
    """Raises PanelError where a month of the year has no row in any of two years or more: what it is then nobody knows.

    Of weeks where four or more of the year have none.
    """
    seen = ~np.isnan(panel.values).all(axis=0)
    number = np.array([day.isocalendar().week if panel.weeks else day.month for day in panel.days()])
    years = len(number) // panel.year
    known = set(number[seen].tolist())
    never = [one for one in sorted(set(number.tolist())) if one not in known and one <= panel.year]
    if years < FEWEST_YEARS or len(never) < (FEWEST_WEEKS if panel.weeks else 1):
        return
    names = [f"week {one}" if panel.weeks else f"{date(2000, one, 1):%B}" for one in never]
    raise PanelError(
        f"found no row of {name_some(names, 4)} in any of {years} years, and nowhere a 0; expected a row per month. "
        "Likely rows only for months with activity. Next: --absent zero where no row is 0, --absent gap where it is "
        "not known"
    )


def find_totals(panel: Panel, order: Sequence[int]) -> list[str]:
    """Series that are the sum of others in every month: of all, of those under their name, of those beside them.

    `order` are the rows in the order of the file, in which a total often stands before or behind its parts.
    """
    values, names = panel.values, panel.names
    if not FEWEST_SERIES <= len(names) <= MOST_SERIES or values.shape[1] < FEWEST_MONTHS:
        return []
    filled = np.nan_to_num(values)
    whole = filled.sum(axis=0)
    found = {row for row in range(len(names)) if _is_sum(filled[row], whole - filled[row], _tolerance(names[row]))}
    place = {name: row for row, name in enumerate(names)}
    for row, parts in _by_prefix(place).items():
        if len(parts) > 1 and _is_sum(filled[row], filled[parts].sum(axis=0), TOTAL_TOLERANCE):
            found.add(row)
    for direction in (order, order[::-1]):
        found |= _before_parts(filled[list(direction)], list(direction))
    found |= _of_any(filled, [row for row in range(len(names)) if row not in found])
    found |= _of_runs(filled, [row for row in order if row not in found])
    return [names[row] for row in sorted(found)]


def _of_any(filled: Floats, rows: list[int]) -> set[int]:
    """Series that are the sum of others wherever those stand: by least squares, of few series with enough months."""
    found: set[int] = set()
    if len(rows) > min(MOST_FOR_ANY, filled.shape[1] - 2):
        return found
    for row in sorted(rows, key=lambda one: float(-filled[one].sum())):
        others = [one for one in rows if one != row and one not in found and filled[one].any()]
        if len(others) < FEWEST_SERIES - 1 or not filled[row].any():
            continue
        size = np.abs(filled[others]).max(axis=1, keepdims=True)
        weight = np.linalg.lstsq((filled[others] / size).T, filled[row], rcond=1e-9)[0] / size[:, 0]
        parts = [one for one, share in zip(others, weight, strict=True) if round(float(share)) == 1]
        if len(parts) > 1 and _is_sum(filled[row], filled[parts].sum(axis=0), TOTAL_TOLERANCE):
            found.add(row)
    return found


def _of_runs(filled: Floats, rows: list[int]) -> set[int]:
    """Series that are the sum of two or more that stand together somewhere in the file."""
    found: set[int] = set()
    rows = [row for row in rows if filled[row].any()]
    if not FEWEST_SERIES <= len(rows) <= MOST_FOR_RUNS:
        return found
    until = np.concatenate([np.zeros((1, filled.shape[1])), np.cumsum(filled[rows], axis=0)])
    sums = until.sum(axis=1)
    order = np.argsort(sums, kind="stable")
    for own, row in enumerate(rows):
        total = filled[row].sum()
        if total <= 0:
            continue
        at = np.searchsorted(sums[order], sums + total)
        for shift in (-1, 0):
            end = order[np.clip(at + shift, 0, len(order) - 1)]
            near = np.flatnonzero(
                (np.abs(sums[end] - sums - total) <= TOTAL_TOLERANCE * total) & (end - np.arange(len(end)) > 1)
            )
            apart = [place for place in near if not place <= own < end[place]]
            if any(_is_sum(filled[row], until[end[place]] - until[place], TOTAL_TOLERANCE) for place in apart):
                found.add(row)
    return found


def find_spikes(panel: Panel) -> list[str]:
    """Short series with a single month far above all others, which the method takes for no season. Told."""
    told = []
    count = (~np.isnan(panel.values)).sum(axis=1)
    is_short = (count > FEWEST_MONTHS) & (count < 2 * panel.year) & (panel.weeks is None)
    for row in np.flatnonzero(is_short).tolist():
        values = panel.values[row]
        known = np.flatnonzero(~np.isnan(values))
        last = known[known >= len(values) - panel.year]
        if len(last) < FEWEST_MONTHS:
            continue
        second, most = np.sort(values[last])[-2:]
        if second > 0 and most >= SPIKE * second:
            at = int(last[np.argmax(values[last])])
            told.append(f"'{panel.names[row]}' ({panel.label(at)})")
    if not told:
        return []
    more = f" and {len(told) - MOST_TOLD:,} more" if len(told) > MOST_TOLD else ""
    return [
        f"a single month three times any other, in less than two years of months: {', '.join(told[:MOST_TOLD])}{more}; "
        "taken for chance, and for no season"
    ]


def find_copies(panel: Panel) -> list[str]:
    """Series with the same values in every month: a total of one part, or a series twice. Told; both count."""
    rows = np.flatnonzero((np.nan_to_num(panel.values) != 0).sum(axis=1) >= FEWEST_MONTHS)
    names: dict[bytes, list[str]] = {}
    for row in rows:
        names.setdefault(panel.values[row].tobytes(), []).append(panel.names[int(row)])
    return [f"the same values in every month: {name_some(same)}" for same in names.values() if len(same) > 1]


def _tolerance(name: str) -> float:
    return NAMED_TOLERANCE if name.casefold().strip("_ ") in TOTAL_NAMES else TOTAL_TOLERANCE


def _is_sum(series: Floats, parts: Floats, tolerance: float) -> bool:
    near = np.abs(series - parts) <= tolerance * np.abs(series)
    return bool(near.all() and (series != 0).sum() >= FEWEST_MONTHS)


def _by_prefix(place: dict[str, int]) -> dict[int, list[int]]:
    """Series whose name others begin with, behind which stands a sign and the name of a part."""
    parts: dict[int, list[int]] = {}
    for name, row in place.items():
        for at, sign in enumerate(name):
            if sign in "/-_. |:" and name[:at] in place:
                parts.setdefault(place[name[:at]], []).append(row)
    return parts


def _before_parts(filled: Floats, rows: list[int]) -> set[int]:
    """Series that are the sum of two or more that follow them; ended at the first that makes the sum too large."""
    found = set()
    for at in range(len(rows) - 2):
        series, total = filled[at], filled[at + 1].copy()
        for end in range(at + 2, len(rows)):
            if (total > series * (1 + TOTAL_TOLERANCE)).any():
                break
            total = total + filled[end]
            if _is_sum(series, total, TOTAL_TOLERANCE):
                found.add(rows[at])
                break
    return found
