"""Rows set apart before anything is computed: unknown prestatie or unit, amount and volume that cannot both be true.

The run goes on without them; the rules D02-rows and P02 report what was set apart. Whole files are refused elsewhere.
"""

from collections.abc import Collection

import polars as pl

from warehouse.contract import Table

UNKNOWN_CODE = "D02-rows"
PRICE_NOT_POSITIVE = "P02"
ROWS_FILE = "rows.parquet"  # rows set apart, in the folder of their delivery


def split_rows(
    frame: pl.DataFrame,
    table: Table,
    known_prestaties: Collection[str],
    known_units: Collection[str],
    released: Collection[str] = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Delivered rows → rows to use and rows in quarantine, the latter with ``reason`` and ``check_id``.

    One row per delivered row in, each in exactly one of the two, in the order delivered. A kind without prestatie is
    never split. ``known_prestaties`` is the list of the year, ``known_units`` the COD218 codes allowed for the Wlz.
    A row with several faults carries the first: prestatie, unit, sign (catalogue, D02 and P02). ``released`` are checks
    whose rows a person released: those rows are used. Rows of an unknown code never are: they have no series.

    >>> kept, quarantined = split_rows(claims, DECLARATIES, {"Z041"}, {"14"})  # doctest: +SKIP
    """
    tests = _row_tests(table, known_prestaties, known_units)
    if not tests:
        no_reason = [pl.lit(None, dtype=pl.String).alias(name) for name in ("reason", "check_id")]
        return frame, frame.clear().with_columns(no_reason)
    judged = frame.with_columns(
        pl.coalesce(pl.when(bad).then(reason) for bad, reason, _ in tests).alias("reason"),
        pl.coalesce(pl.when(bad).then(pl.lit(check_id)) for bad, _, check_id in tests).alias("check_id"),
    )
    is_used = pl.col("reason").is_null() | pl.col("check_id").is_in(sorted(set(released) - {UNKNOWN_CODE}))
    return judged.filter(is_used).select(frame.columns), judged.filter(~is_used)


def _row_tests(
    table: Table, known_prestaties: Collection[str], known_units: Collection[str]
) -> list[tuple[pl.Expr, pl.Expr, str]]:
    """Per test: which rows are bad, why in words, and the check that reports them."""
    tests = []
    if "prestatiecode" in table.column_names:
        why = pl.format("prestatie {} is not in the list of the year", pl.col("prestatiecode").fill_null("(empty)"))
        tests.append((_not_in("prestatiecode", known_prestaties), why, UNKNOWN_CODE))
    if tests and "unit_code" in table.column_names:
        why = pl.format("unit {} is not allowed for the Wlz", pl.col("unit_code").fill_null("(empty)"))
        tests.append((_not_in("unit_code", known_units), why, UNKNOWN_CODE))
    if tests and {"volume", "amount_eur"} <= set(table.column_names):
        amount, volume = pl.col("amount_eur").cast(pl.Float64), pl.col("volume")
        opposite = amount.sign() * volume.sign() < 0
        tests.append((opposite, pl.lit("amount and volume have different signs"), PRICE_NOT_POSITIVE))
        tests.append(((volume == 0) & (amount != 0), pl.lit("an amount with volume 0"), PRICE_NOT_POSITIVE))
    return tests


def _not_in(column: str, known: Collection[str]) -> pl.Expr:
    return ~pl.col(column).is_in(sorted(known)).fill_null(False)
