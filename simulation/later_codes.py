"""Codes that change after the list of February 2019: what was claimed of one goes on under the codes after it.

The world is made of the codes of its time; here delivered rows are told by the code of their own day. Some changes
are in the list of the simulation (an end, a successor), others are not: the old code just falls silent. Which and when
is in ``reference/simulation/later_codes.csv``. No drawing here: a world without such rows is byte for byte as it was.
"""

import polars as pl

from simulation.inputs import SimulationReference
from simulation.places import day_of, move_closed_codes

DATED_BY = {"declaraties": "zorgmaand", "truth": "care_month"}
COUNTED = {"declaraties": ("aantal", "bedrag"), "truth": ("volume", "amount_eur")}  # no row has a volume of 0
TARIFFS = "beleidsregelwaarden"


def move_later_codes(reference: SimulationReference, kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of a kind, those dated after the last day of their code under its successors, added to what is there.

    Volumes are shared out in whole units and amounts to the cent, the last successor takes what is left: nothing is
    added or lost. Maximum tariffs go on unchanged; where codes are merged the highest holds.
    """
    if kind == TARIFFS:
        for (_, code), links in _changes(reference.later_codes):
            frame = _move_tariffs(frame, code, links)
    elif kind in DATED_BY:
        latest = frame.select(day_of(frame, DATED_BY[kind]).max()).item()
        ended = reference.later_codes.filter(pl.col("valid_to") < latest)
        for (_, code), links in _changes(ended):
            frame = _move_rows(frame, kind, code, links)
    return frame


def tell_by_day(reference: SimulationReference, kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Delivered rows under the zorgkantoor codes and the prestaties of their own day."""
    return move_later_codes(reference, kind, move_closed_codes(reference, kind, frame))


def _changes(later_codes: pl.DataFrame) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    """Per last day and code its successors, oldest first: a code may go on under one that itself ends later."""
    ordered = later_codes.sort("valid_to", "prestatiecode")
    return list(ordered.group_by("valid_to", "prestatiecode", maintain_order=True))


def _move_rows(frame: pl.DataFrame, kind: str, code: object, links: pl.DataFrame) -> pl.DataFrame:
    late = (pl.col("prestatiecode") == code) & (day_of(frame, DATED_BY[kind]) > links["valid_to"][0])
    rows = frame.filter(late)
    if rows.is_empty():
        return frame
    counted, parts, left = COUNTED[kind], [], rows
    for successor, share in links.select("successor", "share").iter_rows():
        is_last = successor == links["successor"][-1]
        part = left if is_last else rows.with_columns(_share_out(rows.schema, *counted, share))
        left = left.with_columns((pl.col(name) - part[name]).cast(frame.schema[name]) for name in counted)
        parts.append(part.with_columns(prestatiecode=pl.lit(successor)))
    kept = pl.concat([frame.filter(~late), *parts])
    key = [name for name in frame.columns if name not in counted]
    summed = kept.group_by(key, maintain_order=True).agg(pl.col(name).sum() for name in counted)
    return summed.select(frame.columns).cast(frame.schema).filter(pl.any_horizontal(pl.col(*counted) != 0))


def _share_out(schema: pl.Schema, volume: str, amount: str, share: float) -> list[pl.Expr]:
    """Whole units of the volume, and the amount that goes with them at the price of the row, to the cent."""
    units = (pl.col(volume) * share).round(0)
    euro = (pl.col(amount).cast(pl.Float64) * units / pl.col(volume)).round(2)
    return [units.alias(volume), euro.cast(schema[amount]).alias(amount)]


def _move_tariffs(frame: pl.DataFrame, code: object, links: pl.DataFrame) -> pl.DataFrame:
    """Tariffs of the years in which successors hold, and none of the code itself after the year of its last day."""
    last = links["valid_to"][0]
    first_after = last.year if (last.month, last.day) != (12, 31) else last.year + 1
    own = pl.col("prestatiecode") == code
    rows = frame.filter(own & (pl.col("jaar") >= first_after))
    if rows.is_empty():
        return frame
    kept = frame.filter(~own | (pl.col("jaar") <= last.year))
    added = [rows.with_columns(prestatiecode=pl.lit(name)) for name in links["successor"]]
    stacked = pl.concat([kept, *added])
    key = [name for name in frame.columns if name not in ("max_brw", "nhc", "nic")]
    highest = stacked.group_by(key, maintain_order=True).agg(pl.col("max_brw", "nhc", "nic").max())
    return highest.select(frame.columns)
