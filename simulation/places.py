"""Zorgkantoor codes over time: rows of a code that was closed lie under the one its region went on with.

The world is made of the codes of 2015. Which date decides differs per kind of delivery: that of the care, of the
stand, or of the year. No drawing here.
"""

from datetime import date

import polars as pl

from simulation.inputs import DELIVERED_HEADERS, SimulationReference

DATED_BY = {
    "declaraties": "zorgmaand",
    "herschikking": "jaar",
    "nacalculatie": "jaar",
    "nacalculatie_totaal": "jaar",
    "pgb_verleningen": "peildatum",
    "kader": "standdatum",
    "overhevelingen": "datum",
    "afspraken": "jaar",
    "prognose_uitvraag": "peildatum",
    "indicaties": "maand",
}
PLACES = ("zorgkantoorcode", "van_zorgkantoor", "naar_zorgkantoor")
COUNTED = (
    "aantal", "bedrag", "zin", "pgb", "verleend", "gereserveerd", "gereserveerd_volgend_jaar", "houders", "wachtlijst",
    "omzetafspraak", "verwachte_omzet", "gerealiseerd",
)  # fmt: skip


def list_closed_codes(reference: SimulationReference) -> list[tuple[str, date, str]]:
    """Closed code, the first day it no longer holds, and the code of its region that does.

    >>> from simulation.reference import load_simulation_reference
    >>> list_closed_codes(load_simulation_reference("small"))
    [('5522', datetime.date(2020, 1, 1), '5519')]
    """
    codes = reference.crosswalk.sort("zorgkantoor_code")
    left = codes.filter(pl.col("valid_to").is_not_null()).join(
        codes.filter(pl.col("valid_to").is_null()), on="zorgkantoorregio", suffix="_open"
    )
    return list(left.select("zorgkantoor_code", "valid_to", "zorgkantoor_code_open").iter_rows())


def move_closed_codes(reference: SimulationReference, kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Delivered rows of a kind, those dated after the end of their code under the one that goes on, added to its own.

    A transfer that is then from a place and part to itself is left out. Without such rows the frame is as it was.
    """
    if kind not in DATED_BY:
        return frame
    for code, until, other in list_closed_codes(reference):
        late = day_of(frame, DATED_BY[kind]) >= until
        places = [name for name in PLACES if name in frame.columns]
        hit = pl.any_horizontal((pl.col(name) == code) & late for name in places)
        if frame.filter(hit).is_empty():
            continue
        moved = frame.with_columns(
            pl.when((pl.col(name) == code) & late).then(pl.lit(other)).otherwise(name).alias(name) for name in places
        )
        frame = _add_up(moved, kind)
    return frame


def _add_up(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    if kind == "overhevelingen":
        same = (pl.col("van_zorgkantoor") == pl.col("naar_zorgkantoor")) & (pl.col("van_deel") == pl.col("naar_deel"))
        return frame.filter(~same)
    counted = [name for name in frame.columns if name in COUNTED]
    key = [name for name in frame.columns if name not in COUNTED]
    summed = frame.group_by(key, maintain_order=True).agg(pl.col(name).sum() for name in counted)
    return summed.select(DELIVERED_HEADERS[kind]).cast(frame.schema)


def day_of(frame: pl.DataFrame, name: str) -> pl.Expr:
    """The day a row is of: a date, the first of a month, or of a year."""
    if frame.schema[name] == pl.Date:
        return pl.col(name)
    if frame.schema[name] == pl.String:
        return (pl.col(name) + "-01").str.to_date("%Y-%m-%d")
    return pl.date(pl.col(name), 1, 1)
