"""Other kinds than claims beside their delivery before: what changed, and one row that nothing leads to (D10).

A column that changed throughout (D14), nothing new at all (D04-rows), a past that is told otherwise (D12). What is
missing is judged in ``whole.py``, claims in ``claim_columns.py``.
"""

from typing import Any

import polars as pl

from expectations.claim_columns import measure_changed_claims
from expectations.judging.beside import (
    BEFORE,
    COUNT,
    PERIOD,
    WEIGHT,
    add_up,
    flag_columns,
    is_event,
    newest,
    number_columns,
    period_columns,
    put_beside,
    series_columns,
    told_before,
    told_now,
)
from expectations.judging.delivery_view import BudgetView, ClaimsView, DeliveryView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED, USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule, has_money
from warehouse.contract import MONEY, Column
from warehouse.tables.deliveries import KADER, KINDS
from wlz.words.months import number_months

COMPARED = tuple(kind for kind, table in KINDS.items() if kind != "declaraties" and not is_event(table))
# Kinds of which a delivery brings a later day or month; one of a year, and a kader, may well be told again.
RENEWED = tuple(
    kind
    for kind in COMPARED
    if kind != KADER.name and KINDS[kind].column(period_columns(KINDS[kind])[-1]).unit != "year"
)
HALF_A_CENT = 0.005
MOST = 0.5
COUNT_DEVIATIONS = 5.0  # of a count: what is closer to it may be chance


def measure_changed_columns(view: DeliveryView) -> pl.DataFrame:
    """Columns that are another thing than in the delivery before, in more than half of what both tell.

    Compared per series with the same period, or the latest before; all rows, and those of the newest period alone. A
    number is in another scale when the median of its ratios lies beyond ``column_scale_factor``, and turned when most
    ratios are below 0; a choice (ja, nee) is turned where most rows chose otherwise. A column of the key changed when
    at most ``column_known_ratio`` of the newest period has a series in the delivery before, and most would have without
    that column. Months are moved when most rows say exactly what the month before them said. Percentages are left to
    L09. The euro is that of the rows, or the difference in euro; empty for a kind without euro.
    """
    if isinstance(view, ClaimsView):
        return measure_changed_claims(view)
    assert isinstance(view, BudgetView), "claims apart every kind has this view"
    if view.before is None or view.before.is_empty():
        return keep_largest(pl.DataFrame())
    now, before = view.once(told_now), view.once(told_before)
    beside = put_beside(now, before, view.table)
    found = [
        *_turned_numbers(view, beside),
        *_turned_flags(view, beside),
        *_changed_keys(view, now, before),
        *_moved_months(view, now, before),
    ]
    if not found:
        return keep_largest(pl.DataFrame())
    rows = pl.DataFrame(found, schema_overrides={"at_stake_eur": pl.Float64, "factor": pl.Float64})
    return keep_largest(rows.unique("column", keep="first", maintain_order=True).with_columns(one_each()))


def _finding(view: BudgetView, column: str, wording: str, euro: object, factor: float | None = None) -> dict[str, Any]:
    has_euro = has_money(view.table)
    return {
        "column": view.table.column(column).source_name or column,
        "wording": wording,
        "factor": factor,
        "at_stake_eur": float(str(euro)) if has_euro and euro is not None else None,
    }


def _turned_numbers(view: BudgetView, beside: pl.DataFrame) -> list[dict[str, Any]]:
    found = []
    for column in number_columns(view.table):
        if column.unit == "percent":
            continue
        now, before = pl.col(column.name), pl.col(f"{column.name}_before")
        both = beside.filter((now != 0) & (before != 0)).with_columns(ratio=now / before)
        for rows in (both, newest(both)):
            wording, factor = _judge_ratios(rows["ratio"], view.assumptions["column_scale_factor"])
            if wording == "scale" and column.dtype.is_integer() and _may_be_chance(rows, column.name):
                continue
            if wording:
                of_rows = (now - before).abs().sum() if column.dtype == MONEY else pl.col(WEIGHT).sum()
                found.append(_finding(view, column.name, wording, rows.select(of_rows).item(), factor))
                break
    return found


def _may_be_chance(rows: pl.DataFrame, count: str) -> bool:
    """Whether counts this small differ as much by themselves: by five times the root of what both add up to."""
    now, before = (float(rows[name].abs().sum()) for name in (count, f"{count}_before"))
    return (now - before) ** 2 <= COUNT_DEVIATIONS**2 * (now + before)


def _judge_ratios(ratios: pl.Series, limit: float) -> tuple[str, float | None]:
    """In which way these ratios tell that a whole column changed, if they do, and by which factor."""
    if ratios.len() < 2:
        return "", None
    middle = float(ratios.abs().median() or 1.0)  # type: ignore[arg-type]
    if middle > limit or middle < 1 / limit:
        return "scale", middle
    return ("sign", middle) if float((ratios < 0).mean() or 0) > MOST else ("", None)  # type: ignore[arg-type]


def _turned_flags(view: BudgetView, beside: pl.DataFrame) -> list[dict[str, Any]]:
    found = []
    for name in flag_columns(view.table):
        both = beside.filter(pl.col(f"{name}_before").is_not_null())
        other = both.filter(pl.col(name) != pl.col(f"{name}_before"))
        if float(other[WEIGHT].sum()) > MOST * float(both[WEIGHT].sum()) > 0:
            found.append(_finding(view, name, "flag", other[WEIGHT].sum()))
    return found


def _changed_keys(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    keys, latest = series_columns(view.table), newest(now)
    if not keys or _share_known(latest, before, keys) > view.assumptions["column_known_ratio"]:
        return []
    named = [one for one in keys if _share_known(latest, before, [key for key in keys if key != one]) > MOST]
    column = named[0] if named and len(keys) > 1 else keys[0] if len(keys) == 1 else None
    return [] if column is None else [_finding(view, column, "key", latest[WEIGHT].sum())]


def _share_known(latest: pl.DataFrame, before: pl.DataFrame, keys: list[str]) -> float:
    if not keys:
        return 1.0
    known = latest.join(before, on=keys, how="semi")
    return float(known[WEIGHT].sum()) / max(float(latest[WEIGHT].sum()), HALF_A_CENT)


def _moved_months(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """Months of which the rows say what the month before them said in the delivery before."""
    finest = period_columns(view.table)[-1]
    if view.table.column(finest).unit == "year":
        return []
    keys, told = series_columns(view.table), number_columns(view.table)[0].name
    earlier = before.select(*keys, number_months(finest).alias("told_month"), pl.col(told).alias("told"))
    rows = now.with_columns(number_months(finest).alias("told_month"))
    same = rows.join(earlier, on=[*keys, "told_month"])
    moved = rows.join(earlier.with_columns(pl.col("told_month") + 1), on=[*keys, "told_month"])
    equal = (pl.col(told) - pl.col("told")).abs() < HALF_A_CENT
    if moved.height < 3 or same.height < 3:
        return []
    stands, moves = (float(rows.select(equal.mean()).item() or 0.0) for rows in (same, moved))
    if moves > MOST > stands:
        at_stake = same.select((pl.col(told) - pl.col("told")).abs().sum()).item()
        return [_finding(view, finest, "month", at_stake)]
    return []


def measure_restated(view: BudgetView) -> pl.DataFrame:
    """What the delivery before told of the same periods and this one tells otherwise, added up.

    Told is a difference of more than ``restated_warn_ratio`` of all that both tell, of its first column in euro (of a
    kind without euro its first number; of tariffs the column that differs most); ``restated_ratio`` is that share, the
    euro the difference.
    """
    if view.before is None or view.before.is_empty():
        return keep_largest(pl.DataFrame())
    now, before = view.once(told_now), view.once(told_before)
    beside = put_beside(now, before, view.table).filter(pl.col(BEFORE) == pl.col(PERIOD))
    told = [_restated(beside, column) for column in _told(view)]
    row = max(told, key=lambda one: float(one["restated_ratio"]))
    if row["restated_ratio"] <= view.assumptions["restated_warn_ratio"]:
        return keep_largest(pl.DataFrame())
    return keep_largest(pl.DataFrame([row], schema_overrides={"at_stake_eur": pl.Float64}).with_columns(one_each()))


def _restated(beside: pl.DataFrame, column: Column) -> dict[str, Any]:
    """What a column says otherwise than before, in the rows that both tell."""
    now_told, told = pl.col(column.name), pl.col(f"{column.name}_before")
    sums = beside.select(
        moved=(now_told - told).abs().sum(),
        whole=told.abs().sum(),
        rows_count=((now_told - told).abs() > HALF_A_CENT).sum(),
        told_count=pl.len(),
    ).row(0, named=True)
    return {
        "at_stake_eur": float(sums["moved"]) if column.dtype == MONEY else None,
        "restated_ratio": float(sums["moved"]) / float(sums["whole"]) if sums["whole"] else 0.0,
        "column": column.source_name or column.name,
        "wording": "found",
        "rows_count": sums["rows_count"],
        "told_count": sums["told_count"],
    }


def _told(view: BudgetView) -> list[Column]:
    """What a restated past is measured by: the first amount or number, every column of tariffs."""
    return [one for one in number_columns(view.table) if one.unit == "eur_per_unit"] or [_first_told(view)]


def _first_told(view: BudgetView) -> Column:
    numbers = number_columns(view.table)
    return next((one for one in numbers if one.dtype == MONEY), numbers[0])


def measure_nothing_new(view: BudgetView) -> pl.DataFrame:
    """A delivery with the rows of the one before it, but for the delivery date.

    The euro is what the newest period differs from the period before it, where it tells both; otherwise not known.
    """
    if view.before is None:
        return keep_largest(pl.DataFrame())
    told, before = (
        rows.drop("delivery_date").sort(rows.drop("delivery_date").columns) for rows in (view.rows, view.before)
    )
    if not told.equals(before):
        return keep_largest(pl.DataFrame())
    column, rows = _first_told(view), add_up(view, view.rows)
    steps = put_beside(newest(rows), rows.filter(pl.col(PERIOD) < pl.col(PERIOD).max()), view.table)
    step = steps.select((pl.col(column.name) - pl.col(f"{column.name}_before")).abs().sum()).item()
    known = column.dtype == MONEY and steps[BEFORE].null_count() < steps.height
    row = {"findings_count": 1, "at_stake_eur": float(step) if known else None, "rows_count": rows[COUNT].sum()}
    return keep_largest(pl.DataFrame([row], schema_overrides={"at_stake_eur": pl.Float64}))


def measure_single_rows(view: BudgetView) -> pl.DataFrame:
    """Rows of which a number is more than ``single_row_factor`` times the median of its own series' other periods.

    Those of the delivery before count among the others. A number in euro must move the whole of its period by more
    than ``single_row_ratio``; a volume at the usual price of the series as well. The euro is what it moves.
    """
    now = view.once(told_now)
    keys = series_columns(view.table)
    others = now if view.before is None else pl.concat([now, _only_earlier(now, view.once(told_before), keys)])
    found = [_single_rows(view, now, others, keys, column) for column in _judged_numbers(view)]
    rows = pl.concat(found, how="diagonal_relaxed") if found else pl.DataFrame()
    return keep_largest(
        rows.unique([*keys, PERIOD], keep="first", maintain_order=True).drop(PERIOD) if rows.height else rows
    )


def _only_earlier(now: pl.DataFrame, before: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    return before.join(now, on=[*keys, PERIOD], how="anti").select(now.columns)


def _judged_numbers(view: BudgetView) -> list[Column]:
    """Amounts first, then volumes and tariffs; counts only of a kind that has nothing else; no percentages."""
    numbers = number_columns(view.table)
    wanted = [one for unit in ("eur", "volume", "eur_per_unit") for one in numbers if one.unit == unit]
    return wanted or [one for one in numbers if one.unit == "count"]


def _single_rows(
    view: BudgetView, now: pl.DataFrame, others: pl.DataFrame, keys: list[str], column: Column
) -> pl.DataFrame:
    size = pl.col(column.name).abs()
    large = now.filter(size > 0).join(
        others.group_by(keys or pl.lit(0).alias("all")).agg(size.max().alias("largest"), pl.len().alias("periods")),
        on=keys, how="left",
    ).filter((size == pl.col("largest")) & (pl.col("periods") > 1)) if keys else now.clear()  # fmt: skip
    if large.is_empty():
        return pl.DataFrame()
    rest = others.join(large.select(*keys, PERIOD), on=[*keys, PERIOD], how="anti")
    usual = rest.group_by(keys).agg(size.median().alias("usual"), pl.col(WEIGHT).median().alias("usual_eur"))
    totals = now.group_by(PERIOD).agg(pl.col(WEIGHT).sum().alias("total_eur"))
    judged = large.join(usual, on=keys).join(totals, on=PERIOD).filter(
        (pl.col("usual") > 0) & (size > view.assumptions["single_row_factor"] * pl.col("usual"))
    )  # fmt: skip
    has_euro = has_money(view.table)
    moved = (size - pl.col("usual")) if column.dtype == MONEY else size / pl.col("usual") * pl.col("usual_eur")
    rest_of_period = pl.col("total_eur") - pl.col(WEIGHT)
    above = moved > view.assumptions["single_row_ratio"] * rest_of_period if has_euro else pl.lit(True)
    return judged.filter(above).select(
        *(pl.col(name).replace("", None) for name in keys),
        PERIOD,
        one_each(),
        (moved if has_euro else pl.lit(None, dtype=pl.Float64)).alias("at_stake_eur"),
        pl.lit(column.source_name or column.name).alias("column"),
        pl.col(column.name).cast(pl.Float64).alias("found"),
        "usual",
    )


RULES = (
    Rule(
        check_id="D14",
        title="a column changed throughout",
        why="Cents for euro, months moved by one or codes of others leave a file that follows its contract.",
        kinds=("declaraties", *COMPARED),
        severity="block",
        metrics=measure_changed_columns,
        expectation=NO_FINDINGS,
        expected="numbers within a factor column_scale_factor of the delivery before (claims: unit_factor_tolerance), "
        "and the same keys and choices",
        cause="another export: other units, another scale, keys or months shifted",
        action=REFUSED,
        next_step="ask the sender what changed; accept the check when the new file is right",
    ),
    Rule(
        check_id="D04-rows",
        title="nothing new",
        why="An old file under a new date looks like the newest stand, and what changed since is in no figure.",
        kinds=RENEWED,
        severity="warn",
        metrics=measure_nothing_new,
        expectation=NO_FINDINGS,
        expected="rows that differ from those of the delivery before",
        cause="the file of an earlier month sent again",
        action=f"{USED}; the figures stay those of the delivery before",
        next_step="ask the sender for the delivery of this month",
    ),
    Rule(
        check_id="D10",
        title="one row far from its series",
        why="One mistyped amount or volume moves a price, a stand or a whole year.",
        kinds=COMPARED,
        severity="block",
        metrics=measure_single_rows,
        expectation=NO_FINDINGS,
        expected="numbers at most single_row_factor times the median of the other periods of their series, where that "
        "moves the whole by more than single_row_ratio",
        cause="a mistyped amount or volume, or a row of another scale",
        action=REFUSED,
        next_step="have the row mended and deliver again; accept the check when it is right",
    ),
    Rule(
        check_id="D12",
        title="the past told otherwise",
        why="A stand or month that was told before does not change: two of one date cannot both be right.",
        kinds=COMPARED,
        severity="warn",
        metrics=measure_restated,
        expectation=NO_FINDINGS,
        expected="periods told before within restated_warn_ratio of what was told",
        cause="rows of other zorgkantoren or months, another extract, or a correction",
        action=f"{USED}; the new figures count",
        next_step="ask the sender what was corrected; accept the check when it blocks and the new figures are right",
        escalation=Escalation("restated_ratio", "restated_block_ratio"),
    ),
)
