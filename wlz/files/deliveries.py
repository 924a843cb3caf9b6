"""Deliveries of a triangle that are not what they seem: a copy, another unit, rows left out where nothing was.

In: rows of key columns, care_month, delivery_month (dates) and value, cumulative. A delivery is held against the one
before it, care month by care month.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from wlz.files.reading import AS_IS, PanelError
from wlz.files.triangle import CARE, DELIVERY, VALUE
from wlz.words.months import add_months, month_number, number_months

FEWEST_CELLS = 4  # that two deliveries have in common, before they are held against each other
OTHER_UNIT = 5.0  # middle factor between two deliveries of months that hardly change any more
ALIKE = 1.5  # of such factors the middle half lies this close together
STILL_GROWS = 1.01  # the last delivery usually brings a hundredth more, or a copy cannot be told from a still book
REGULAR = 4  # steps between care months in a row, before they are a grain
DELIVERIES_BEFORE = 3
OFTEN_MISSING = 0.2  # of the care months of a key have no row at a lag, before none is a row of 0


def _pairs(frame: pl.DataFrame, keys: Sequence[str], later: object, earlier: object) -> pl.DataFrame:
    """Values of the care months that both deliveries have: value and before."""
    axes = [*keys, CARE]
    now = frame.filter(pl.col(DELIVERY) == later)
    before = frame.filter(pl.col(DELIVERY) == earlier).select(*axes, before=VALUE)
    return now.join(before, on=axes, nulls_equal=True).drop_nulls([VALUE, "before"])


def drop_copy(frame: pl.DataFrame, keys: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """Without a last delivery that says the same as the one before of every care month, though claims usually come in.

    A copy teaches nothing, and would pass for claims that stopped coming in.
    """
    deliveries = frame[DELIVERY].unique().sort()
    if len(deliveries) < DELIVERIES_BEFORE:
        return frame, []
    last, before = deliveries[-1], deliveries[-2]
    same = _pairs(frame, keys, last, before)
    usual = _pairs(frame, keys, before, deliveries[-3])
    grew = usual.filter(pl.col("before") > 0).select(pl.col(VALUE).sum() / pl.col("before").sum()).item()
    is_copy = same.height >= FEWEST_CELLS and bool((same[VALUE] == same["before"]).all())
    if not is_copy or grew is None or grew < STILL_GROWS:
        return frame, []
    kept = frame.filter(pl.col(DELIVERY) < last)
    newer = frame.filter(pl.col(CARE) > kept[CARE].max())
    more = f"; with it {newer[CARE].n_unique()} care month(s) only it has" if newer.height else ""
    return kept, [f"the delivery of {last:%Y-%m} is a copy of {before:%Y-%m}, and left out{more} (--as-is takes it)"]


def drop_filled(
    frame: pl.DataFrame, keys: Sequence[str], *, are_increments: bool = False
) -> tuple[pl.DataFrame, list[str]]:
    """Without last deliveries that bring nothing to any care month of a full rectangle: the half that is not known yet.

    Filled with zeros (a pivot does so), or with what was known before. A single copy is ``drop_copy``'s.
    """
    axes = [*keys, CARE]
    rows = frame.drop_nulls(VALUE).sort([*axes, DELIVERY])
    before = pl.col(VALUE).shift().over(axes)
    is_news = pl.col(VALUE) != 0 if are_increments else (pl.col(VALUE) != 0) & (pl.col(VALUE) != before.fill_null(0.0))
    last = rows.filter(is_news)[DELIVERY].max()
    beyond = rows.filter(pl.col(DELIVERY) > last) if last is not None else rows.clear()
    count = beyond[DELIVERY].n_unique()
    zeros = bool((beyond[VALUE] == 0).all())
    if beyond.height < FEWEST_CELLS or (count < 2 and not (zeros and not are_increments)):
        return frame, []
    youngest = rows.filter(is_news, pl.col(DELIVERY) <= last)[CARE].max()
    if not zeros and youngest != rows[CARE].max():  # claims of older care months that ended are no filling
        return frame, []
    what = "0" if zeros else "what was known before"
    first: date = beyond[DELIVERY].min()  # type: ignore[assignment]
    return frame.filter(pl.col(DELIVERY) <= last), [
        f"{count:,} deliveries from {first:%Y-%m} on hold {what} for every care month, and are left out: they are not "
        "there yet (--as-is takes them)"
    ]


def refuse_other_unit(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    """Raises PanelError where a delivery says of all months many times more or less than the one before it."""
    deliveries = frame[DELIVERY].unique().sort()
    for later, earlier in zip(deliveries[1:][::-1], deliveries[:-1][::-1], strict=True):
        both = _pairs(frame, keys, later, earlier).filter(pl.col(VALUE) > 0, pl.col("before") > 0)
        old = both.sort(CARE).head(max(FEWEST_CELLS, 3 * both.height // 4))  # the youngest still grow
        if old.height < FEWEST_CELLS:
            continue
        factor = (old[VALUE] / old["before"]).to_numpy()
        low, middle, high = np.quantile(factor, (0.25, 0.5, 0.75))
        if max(middle, 1 / middle) > OTHER_UNIT and high / low < ALIKE:
            raise PanelError(
                f"delivery {later:%Y-%m}: found values {middle:,.4g} times those of {earlier:%Y-%m} for the same care "
                f"months ({old.height:,} of them), expected what was known before and a little more. Likely another "
                f"unit. Next: bring the deliveries to one unit; {AS_IS}"
            )


def refuse_mixed_grain(frame: pl.DataFrame) -> None:
    """Raises PanelError where care months are a quarter or a year in one part of the file and a month in another."""
    months = frame.select(number_months(CARE)).to_series().unique().sort()
    steps = months.diff().drop_nulls().to_numpy()
    if len(steps) < 2 * REGULAR:
        return
    ends = np.flatnonzero(np.diff(steps)) + 1
    runs = [(int(run[0]), len(run)) for run in np.split(steps, ends)]
    long = [step for step, length in runs if length >= REGULAR]
    if len(set(long)) > 1:
        raise PanelError(
            f"column {CARE}: found steps of {' and of '.join(str(step) for step in dict.fromkeys(long))} months, "
            "expected one step in the whole file. Likely totals of quarters or years beside months. Next: bring them "
            f"to one grain; {AS_IS}"
        )


def add_first_zeros(frame: pl.DataFrame, keys: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """With a 0 for first deliveries of care months that have no row, where the key often has none at that lag.

    Claims have no rows of 0. A care month that is not yet there is one of which nothing came in, if that is usual at
    its lag; a key that always had claims by then is no longer claimed, and gets no month. Nothing is added where the
    file has zeros: then no row is not observed.
    """
    known = frame.drop_nulls(VALUE)
    if known.is_empty() or (known[VALUE] == 0).any() or known.height < frame.height:
        return frame, []
    added = []
    for key, rows in known.group_by(keys, maintain_order=True) if keys else [((), known)]:
        added += [(*key, care, delivery) for care, delivery in _missing_first(rows)]
    if not added:
        return frame, []
    schema = {name: frame.schema[name] for name in (*keys, CARE, DELIVERY)}
    zeros = pl.DataFrame(added, schema=schema, orient="row").with_columns(pl.lit(0.0).alias(VALUE))
    new = zeros.join(known, on=[*keys, CARE], how="anti", nulls_equal=True).select(*keys, CARE).unique().height
    said = f"{len(added):,} first deliveries without a row are read as 0" + (
        f", with them {new:,} care month(s) without any row" if new else "")  # fmt: skip
    return pl.concat([frame, zeros.select(frame.columns)]), [f"{said}: at that lag a row is often missing"]


def _missing_first(rows: pl.DataFrame) -> list[tuple[date, date]]:
    """Care month and delivery of a key without a row before the first of that month, at lags where that is usual."""
    deliveries = rows[DELIVERY].unique().sort().to_list()
    began: dict[date, date] = dict(rows.group_by(CARE).agg(pl.col(DELIVERY).min()).iter_rows())
    lowest = min(month_number(delivery) - month_number(care) for care, delivery in began.items())
    step, last = _step(sorted(began)), add_months(deliveries[-1], -lowest)
    possible, missing = Counter[int](), Counter[int]()
    cells: list[tuple[int, date, date]] = []
    care = min(began)
    while care <= last:
        for delivery in deliveries:
            lag = month_number(delivery) - month_number(care)
            if lag < lowest:
                continue
            possible[lag] += care in began
            if delivery >= began.get(care, date.max):
                continue
            missing[lag] += care in began
            cells.append((lag, care, delivery))
        care = add_months(care, step)
    usual = {lag for lag, count in missing.items() if count > 1 and count >= OFTEN_MISSING * possible[lag]}
    return [(care, delivery) for lag, care, delivery in cells if lag in usual]


def _step(care_months: Sequence[date]) -> int:
    numbers = [month_number(one) for one in care_months]
    return int(np.gcd.reduce(np.diff(numbers))) or 1 if len(numbers) > 1 else 1


__all__ = ["add_first_zeros", "drop_copy", "drop_filled", "refuse_mixed_grain", "refuse_other_unit"]
