"""Claims in little memory say what they would say as text."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz.words import large_frames
from wlz.words.large_frames import as_text, encode_text, find_repeated, join_codes, schema_as_text, sum_in_parts

CODES = pl.DataFrame({"code": ["b", None, "a", "b", None], "month": [1, 1, 2, 1, 2], "euro": [0.1, 0.2, 0.3, 0.4, 0.5]})
EURO = [pl.len().alias("rows"), pl.col("euro").sum(), pl.col("euro").median().alias("median")]


def encoded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(encode_text(frame[name]) for name in frame.columns)


def test_codes_are_the_text_they_stand_for():
    codes = encoded(CODES)
    assert codes.schema["code"] == pl.Categorical
    assert schema_as_text(codes) == CODES.schema
    assert as_text(codes).equals(CODES)
    assert as_text(CODES).equals(CODES)


def test_a_row_of_claims_takes_half_as_much_memory():
    text = pl.DataFrame({"place": ["5501"] * 1000, "provider": ["12345678"] * 1000})
    assert encoded(text).estimated_size() <= 9 * 1000
    pieces = pl.concat([text["place"], text["place"]], rechunk=False)
    assert encode_text(pieces).n_chunks() == 1


@pytest.mark.parametrize("coded", [True, False])
@pytest.mark.parametrize(("how", "left"), [("semi", ["b", "b"]), ("anti", [None, "a", None])])
def test_rows_join_whether_they_hold_codes_or_text(coded, how, left):
    rows = encoded(CODES) if coded else CODES
    joined = join_codes(rows, pl.DataFrame({"code": ["b", "never delivered"]}), ["code"], how).collect()
    assert as_text(joined)["code"].to_list() == left


@pytest.mark.parametrize("coded", [True, False])
def test_sums_in_parts_are_the_sums_at_once(monkeypatch, coded):
    many = pl.concat([CODES.with_columns(pl.col("euro") * step) for step in range(1, 40)])
    at_once = many.group_by("code", "month").agg(EURO).sort("code", "month")
    monkeypatch.setattr(large_frames, "ROWS_IN_PART", 20)
    for by in ("code", "month"):
        parts = sum_in_parts(encoded(many) if coded else many, ["code", "month"], EURO, part_by=by)
        assert parts.sort("code", "month").equals(at_once)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 3)), max_size=12))
def test_repeated_keys_are_found(rows):
    keys = pl.DataFrame(rows, schema={"code": pl.String, "month": pl.Int64}, orient="row")
    assert find_repeated(keys).to_list() == keys.is_duplicated().to_list()
    assert find_repeated(encoded(keys)).to_list() == keys.is_duplicated().to_list()


def test_keys_with_the_same_hash_are_held_against_each_other(monkeypatch):
    """Ten million keys share a hash once in three hundred thousand deliveries: that is no repeated key."""
    monkeypatch.setattr(
        pl.DataFrame, "hash_rows", lambda frame: pl.repeat(1, frame.height, dtype=pl.UInt64, eager=True)
    )
    assert find_repeated(pl.DataFrame({"code": ["a", "b", "a", "c"]})).to_list() == [True, False, True, False]
