"""Whether a delivery of another kind than claims is whole (D11).

Columns that changed as a whole are judged in ``changed_columns.py``, kader and stands in ``kader.py`` and
``budgets.py``; ends of files at the door.
"""

from typing import Any

import polars as pl

from expectations.judging.beside import (
    COUNT,
    PERIOD,
    WEIGHT,
    is_event,
    newest,
    period_columns,
    series_columns,
    told_before,
    told_now,
)
from expectations.judging.delivery_view import BudgetView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule, has_money
from warehouse.tables.deliveries import KINDS

OTHERS = tuple(kind for kind, table in KINDS.items() if kind != "declaraties")
SERIAL = tuple(kind for kind in OTHERS if not is_event(KINDS[kind]) and kind != "na_ijl")  # that is L09-moved
NATION = "the nation"


def measure_whole(view: BudgetView) -> pl.DataFrame:
    """What the delivery lacks beside the claims and the delivery before.

    Zorgkantoren with claims in the year of the delivery and without a row of the newest period (kader and pgb only);
    zorgkantoren of the newest period of the delivery before without a row in that of this one; stands of a day that is
    told under another budget year than its own, where the day before it had its own. Without these: rows that
    the delivery before told and this one does not, more than ``vanished_rows_ratio`` of their euro, where a delivery
    tells its past again; periods that end before those of the delivery before; a newest period that adds up to less
    than that before by more than ``partial_fall_ratio``.
    The euro is what was claimed, or told before; rows for a kind without euro. Zorgkantoren count as regions, so that
    one that closed lives on.
    """
    now = view.once(told_now)
    found = _without_claimed(view, now)
    if view.before is not None and not view.before.is_empty():
        before = view.once(told_before)
        found += _without_own_year(view, now, before) or _without_regions(view, now, before) or [
            *_without_rows(view, now, before), *_older(view, now, before), *_fallen(view, now, before)
        ]  # fmt: skip
    if not found:
        return keep_largest(pl.DataFrame())
    rows = pl.DataFrame(found, schema_overrides={"at_stake_eur": pl.Float64}, infer_schema_length=None)
    return keep_largest(rows.unique("place", keep="first", maintain_order=True).with_columns(one_each()))


def _lacking(place: str, wording: str, euro: float | None, **figures: Any) -> dict[str, Any]:
    return {"place": place, "wording": wording, "at_stake_eur": euro, **figures}


def _weigh(rows: pl.DataFrame) -> float:
    return float(rows[WEIGHT].sum())


def _without_claimed(view: BudgetView, now: pl.DataFrame) -> list[dict[str, Any]]:
    """Regions with claims in the year of the delivery that have no row of that year; none while the year has no row."""
    if view.claimed is None or "budget_year" not in view.table.column_names:
        return []
    year = view.delivery_month.year
    of_year = now.filter(pl.col("budget_year") == year)
    if of_year.is_empty():
        return []
    places = view.crosswalk.select("zorgkantoor_code", "zorgkantoorregio").unique("zorgkantoor_code", keep="last")
    claimed = (
        view.claimed.filter(pl.col("care_month").dt.year() == year)
        .join(places, on="zorgkantoor_code")
        .group_by("zorgkantoorregio")
        .agg(pl.col("amount_eur").sum())
        .filter(pl.col("amount_eur") > 0)
    )
    lacking = claimed.join(newest(of_year), left_on="zorgkantoorregio", right_on="zorgkantoor_code", how="anti")
    return [_lacking(place, "claimed", euro, year=year) for place, euro in lacking.iter_rows()]


def _without_own_year(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """Zorgkantoren whose newest stand is told without a row of its own budget year, which the stand before had."""
    periods = period_columns(view.table)
    if len(periods) < 2 or "zorgkantoor_code" not in view.table.key or view.table.column(periods[-1]).unit != "date":
        return []
    year, day = periods[0], periods[-1]
    latest = now[day].max()
    is_own, place = pl.col(year) == pl.col(day).dt.year(), ["zorgkantoor_code"]
    told = pl.concat([now.filter(pl.col(day) < latest), before.select(now.columns).filter(pl.col(day) < latest)])
    last = told.filter(pl.col(day) == pl.col(day).max())
    stood, stands = last.filter(is_own), now.filter(pl.col(day) == latest)
    if stood.is_empty() or last[day].dt.year()[0] != latest.year:  # type: ignore[union-attr]
        return []
    moved = (
        stands.join(stood, on=place, how="semi").join(stands.filter(is_own), on=place, how="anti").sort(*place, year)
    )
    return [
        _lacking(code, "other_year", euro, told=str(of_year), earlier=str(latest))
        for code, euro, of_year in moved.select(*place, WEIGHT, year).iter_rows()
    ]


def _without_regions(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    if "zorgkantoor_code" not in view.table.key:
        return []
    stood = newest(before).group_by("zorgkantoor_code").agg(pl.col(WEIGHT).sum())
    lacking = stood.join(newest(now), on="zorgkantoor_code", how="anti").sort("zorgkantoor_code")
    euro = has_money(view.table)
    return [_lacking(place, "stood", weight if euro else None) for place, weight in lacking.iter_rows()]


def _without_rows(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    periods = period_columns(view.table)
    again = next((one for one in (PERIOD, periods[0]) if now.join(before, on=one, how="semi").height), None)
    if again is None:
        return []
    gone = before.join(now, on=[*series_columns(view.table), again], how="anti")
    if _weigh(gone) <= view.assumptions["vanished_rows_ratio"] * _weigh(before):
        return []
    finest = period_columns(view.table)[-1]
    figures = {"rows_count": int(gone[COUNT].sum()), "first": str(gone[finest].min()), "last": str(gone[finest].max())}
    return [_lacking(NATION, "rows", _weigh(gone) if has_money(view.table) else None, **figures)]


def _older(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """The newest period, where the delivery before told a later one."""
    if now[PERIOD].max() >= before[PERIOD].max():  # type: ignore[operator]
        return []
    finest = period_columns(view.table)[-1]
    told, earlier = (str(newest(rows)[finest].max()) for rows in (now, before))
    euro = _weigh(newest(before)) if has_money(view.table) else None
    return [_lacking(NATION, "older", euro, told=told, earlier=earlier)]


def _fallen(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    told, earlier = (_weigh(newest(rows)) for rows in (now, before))
    if told >= (1 - view.assumptions["partial_fall_ratio"]) * earlier:
        return []
    euro = has_money(view.table)
    wording = "fallen" if euro else "fewer"
    return [_lacking(NATION, wording, earlier - told if euro else None, told=told, earlier=earlier)]


_ASK = "ask the sender for the whole delivery"
RULES = (
    Rule(
        check_id="D11",
        title="delivery is not whole",
        why="A zorgkantoor or month that is missing counts as nothing: its kader as a shortage, its care as room.",
        kinds=SERIAL,
        severity="block",
        metrics=measure_whole,
        expectation=NO_FINDINGS,
        expected="every zorgkantoor with claims or with a row in the delivery before, every period told before, and a "
        "newest period at most partial_fall_ratio below that before",
        cause="a file that was cut off, or an extract of some zorgkantoren",
        action=REFUSED,
        next_step=f"{_ASK}; accept the check when so little is right",
    ),
)
