"""Rows set apart before anything is computed: code unknown or ended, amount and volume that cannot both be true.

The run goes on without them; the rules D02-rows and P02 report what was set apart. Whole files are refused elsewhere.
"""

from collections.abc import Collection, Mapping
from datetime import date

import polars as pl

from expectations.judging.delivery_view import valid_on
from warehouse.contract import Table
from wlz.words.large_frames import as_text

UNKNOWN_CODE = "D02-rows"
PRICE_NOT_POSITIVE = "P02"
_ROW = "delivered_row"
_MOST_PIECES = 2000
ROWS_FILE = "rows.parquet"  # rows set apart, in the folder of their delivery


def split_rows(
    frame: pl.DataFrame,
    table: Table,
    known_prestaties: Collection[str],
    known_units: Collection[str],
    released: Collection[str] = (),
    ended: Mapping[str, date] = {},
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Delivered rows → rows to use and rows in quarantine, the latter with ``reason``, ``check_id``, ``wording``.

    One row per delivered row in, each in exactly one of the two, in the order delivered. A kind without prestatie is
    never split. ``known_prestaties`` is the list of the year, ``known_units`` the COD218 codes allowed for the Wlz.
    A row with several faults carries the first: prestatie, its end, unit, sign (catalogue, D02 and P02). ``released``
    are checks whose rows a person released: those rows are used. Rows of an unknown code never are: they have no
    series. ``ended`` are codes with the last day on which care may be claimed under them.

    >>> kept, quarantined = split_rows(claims, DECLARATIES, {"Z041"}, {"14"})  # doctest: +SKIP
    """
    tests = _row_tests(table, known_prestaties, known_units, ended)
    if not tests:
        no_reason = [pl.lit(None, dtype=pl.String).alias(name) for name in ("reason", "check_id", "wording")]
        return frame, frame.clear().with_columns(no_reason)
    caught = pl.any_horizontal(bad.fill_null(False) for bad, *_ in tests)
    judged = as_text(frame.with_row_index(_ROW).filter(caught)).with_columns(
        pl.coalesce(pl.when(bad).then(reason) for bad, reason, _, _ in tests).alias("reason"),
        pl.coalesce(pl.when(bad).then(pl.lit(check_id)) for bad, _, check_id, _ in tests).alias("check_id"),
        pl.coalesce(pl.when(bad).then(pl.lit(wording)) for bad, _, _, wording in tests).alias("wording"),
    )
    set_apart = judged.filter(~pl.col("check_id").is_in(sorted(set(released) - {UNKNOWN_CODE})))
    if set_apart.is_empty():
        return frame, set_apart.drop(_ROW)
    return _leave_out(frame, set_apart[_ROW].cast(pl.Int64)), set_apart.drop(_ROW)


def _leave_out(frame: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """The frame without some rows, by position, ascending. Around a few rows it is in pieces: nothing is copied."""
    follows_another = rows == rows.shift(1) + 1
    ends = [*rows.filter(~follows_another.fill_null(False)), frame.height]
    if len(ends) > _MOST_PIECES:
        return frame.filter(pl.repeat(True, frame.height, eager=True).scatter(rows, False))
    starts = [0, *(rows.filter(~follows_another.shift(-1).fill_null(False)) + 1)]
    pieces = [frame.slice(start, end - start) for start, end in zip(starts, ends, strict=True) if start < end]
    return pl.concat(pieces, rechunk=False) if pieces else frame.clear()


def _row_tests(
    table: Table, known_prestaties: Collection[str], known_units: Collection[str], ended: Mapping[str, date]
) -> list[tuple[pl.Expr, pl.Expr, str, str]]:
    """Per test: which rows are bad, why in words, the check that reports them, and as what (wording of the finding)."""
    tests = []
    if "prestatiecode" in table.column_names:
        why = pl.format("prestatie {} is not in the list", pl.col("prestatiecode").fill_null("(empty)"))
        tests.append((_not_in("prestatiecode", known_prestaties), why, UNKNOWN_CODE, "prestatie"))
        for day in sorted(set(ended.values())):
            codes = sorted(code for code, end in ended.items() if end == day)
            late = pl.col("prestatiecode").is_in(codes).fill_null(False) & (valid_on(table) > day)
            why = pl.format("prestatie {} ended on {}", pl.col("prestatiecode"), pl.lit(str(day)))
            tests.append((late, why, UNKNOWN_CODE, "ended"))
    if tests and "unit_code" in table.column_names:
        why = pl.format("unit {} is not allowed for the Wlz", pl.col("unit_code").fill_null("(empty)"))
        tests.append((_not_in("unit_code", known_units), why, UNKNOWN_CODE, "unit"))
    if tests and {"volume", "amount_eur"} <= set(table.column_names):
        amount, volume = pl.col("amount_eur").cast(pl.Float64), pl.col("volume")
        opposite = amount.sign() * volume.sign() < 0
        signs, no_volume = "amount and volume have different signs", "an amount with volume 0"
        tests.append((opposite, pl.lit(signs), PRICE_NOT_POSITIVE, "signs"))
        tests.append(((volume == 0) & (amount != 0), pl.lit(no_volume), PRICE_NOT_POSITIVE, "no_volume"))
    return tests


def _not_in(column: str, known: Collection[str]) -> pl.Expr:
    return ~pl.col(column).is_in(sorted(known)).fill_null(False)
