"""Frames of millions of claims in little memory: text as codes, sums in parts. Every other frame is small enough.

A text of eight characters takes sixteen bytes a row, its code four. Codes of one text are the same in every frame; a
frame with codes joins one with text only through ``join_codes``.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import polars as pl
import polars.selectors as cs

ROWS_IN_PART = 1_000_000
Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def encode_text(values: pl.Series) -> pl.Series:
    """Text as codes of a category, other values as they are; in one piece, or frames are copied to align them."""
    return (values.cast(pl.Categorical) if values.dtype == pl.String else values).rechunk()


def as_text(frame: Frame) -> Frame:
    """The frame with text where it had codes; the same frame without any."""
    return frame.with_columns(cs.categorical().cast(pl.String))


def schema_as_text(frame: pl.DataFrame) -> dict[str, pl.DataType]:
    """The types of the frame, codes told as the text they stand for."""
    return {name: pl.String() if dtype == pl.Categorical else dtype for name, dtype in frame.schema.items()}


def join_codes(
    rows: pl.DataFrame | pl.LazyFrame, other: pl.DataFrame, on: Sequence[str], how: str = "inner"
) -> pl.LazyFrame:
    """Rows, of which the text may be codes, joined with a small frame of text."""
    types = rows.lazy().collect_schema()
    alike = other.with_columns(pl.col(name).cast(types[name]) for name in on)
    return rows.lazy().join(alike.lazy(), on=on, how=how)  # type: ignore[arg-type]


def parts_of(rows: pl.DataFrame | pl.LazyFrame, part_by: str) -> Iterator[pl.LazyFrame]:
    """The rows about a million at a time, those of one value of ``part_by`` together and in their order."""
    lazy = rows.lazy()
    parts = 1 + lazy.select(pl.len()).collect().item() // ROWS_IN_PART
    part = pl.col(part_by).hash() % parts
    for number in range(parts):
        yield lazy if parts == 1 else lazy.filter(part == number)


def sum_in_parts(
    rows: pl.DataFrame | pl.LazyFrame, by: Sequence[str], sums: Sequence[pl.Expr], *, part_by: str
) -> pl.DataFrame:
    """``rows.group_by(by).agg(sums)`` with text, a million rows at a time.

    ``part_by`` is the column of ``by`` that says which part a row is in. Rows of a group are added up in their order,
    so that the same rows give the same digits.
    """
    return pl.concat(as_text(part.group_by(by).agg(sums).collect()) for part in parts_of(rows, part_by))


def find_repeated(keys: pl.DataFrame) -> pl.Series:
    """Which rows occur more than once, missing values being equal.

    Hashes are compared first: without two that are equal, which is nearly always, no row is held against another.
    """
    hashes = keys.hash_rows()
    ordered = hashes.sort()
    later = ordered.slice(1)
    twice = later.filter(later == ordered.head(later.len()))
    none = pl.repeat(False, keys.height, dtype=pl.Boolean, eager=True)
    if twice.is_empty():
        return none
    candidates = hashes.is_in(twice.unique().implode())
    return none.scatter(candidates.arg_true(), keys.filter(candidates).is_duplicated())
