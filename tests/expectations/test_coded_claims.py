"""Claims read with codes for text are judged to the letter as claims read as text."""

from datetime import date

import polars as pl
import pytest

from expectations.intake import quarantine
from expectations.intake.quarantine import split_rows
from warehouse.landing import read_delivery
from warehouse.settings import load_delivery_format
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES
from wlz.words import large_frames
from wlz.words.large_frames import as_text, encode_text

DSW, Z041 = pl.col("zorgkantoor_code") == "5522", pl.col("prestatiecode") == "Z041"
NUMBER = pl.int_range(pl.len())
PREVIOUS = pl.date_range(date(2016, 1, 1), date(2018, 4, 1), "1mo", eager=True).alias("care_month")


def coded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(encode_text(frame[name]) for name in frame.columns)


def plant(claims: pl.DataFrame, change_rows, defect: str) -> pl.DataFrame:
    recent = pl.col("care_month") >= date(2018, 1, 1)
    return {
        "nothing": lambda: claims,
        "a key twice": lambda: pl.concat([claims, claims.slice(3, 5), claims.slice(4, 1)]),
        "unknown prestatie": lambda: change_rows(claims, (NUMBER % 7).eq(0), prestatiecode="X999"),
        "unknown zorgkantoor": lambda: change_rows(claims, (NUMBER % 50).eq(0), zorgkantoor_code="9999"),
        "future month and date": lambda: change_rows(
            claims, NUMBER.lt(2), care_month=date(2018, 7, 1), delivery_date=date(2018, 7, 1)
        ),
        "hours for minutes": lambda: claims.with_columns(
            pl.when(DSW & Z041 & recent).then(pl.col("volume") / 24).otherwise("volume").alias("volume")
        ),
        "one absurd row": lambda: claims.with_columns(
            pl.when(NUMBER == 9).then(pl.col("volume") * 100_000).otherwise("volume").alias("volume")
        ),
        "negative": lambda: claims.with_columns(
            pl.when(DSW & Z041).then(-pl.col(name)).otherwise(name).cast(claims.schema[name]).alias(name)
            for name in ("volume", "amount_eur")
        ),
        "absent": lambda: claims.filter(~DSW),
    }[defect]()


DEFECTS = {
    "nothing": set(),
    "a key twice": {"D03"},
    "unknown prestatie": {"D02-rows"},
    "unknown zorgkantoor": {"D02"},
    "future month and date": {"D06", "D07"},
    "hours for minutes": {"U02"},
    "one absurd row": {"V08"},
    "negative": {"V01"},
    "absent": {"L01"},
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_rule_says_the_same(check, claims, change_rows, monkeypatch, defect):
    delivered = plant(claims, change_rows, defect)
    euro = pl.DataFrame({"wlz_uitvoerder": "DSW", "zorgkantoor_code": "5522", "amount_eur": 300_000.0}).join(
        PREVIOUS.to_frame(), how="cross"
    )
    previous = euro.with_columns(pl.lit(date(2018, 4, 1)).alias("delivery_month"))
    told = []
    for frame, rows_in_part in ((delivered, large_frames.ROWS_IN_PART), (coded(delivered), 10)):
        monkeypatch.setattr(large_frames, "ROWS_IN_PART", rows_in_part)
        kept, quarantined = split_rows(frame, DECLARATIES, {"Z041", "Z110"}, {"14"})
        told.append(check(frame, kept=kept, quarantined=quarantined, previous=previous))
    assert told[0] == told[1]
    assert {check_id for check_id, result in told[0].items() if result.outcome != "passed"} >= DEFECTS[defect]
    assert not any(result.outcome == "broken" for result in told[1].values())


@pytest.mark.parametrize("most_pieces", [0, 1000])
def test_rows_around_those_set_apart_are_kept_in_their_order(claims, change_rows, monkeypatch, most_pieces):
    monkeypatch.setattr(quarantine, "_MOST_PIECES", most_pieces)
    last = claims.height - 1
    for where in (NUMBER.eq(0), NUMBER.eq(last), NUMBER.is_in([0, 1, 5, 6, 9, last]), NUMBER.ge(0), NUMBER.lt(0)):
        delivered = change_rows(claims, where, prestatiecode="X999")
        kept, quarantined = split_rows(coded(delivered), DECLARATIES, {"Z041", "Z110"}, {"14"})
        assert as_text(kept).equals(claims.filter(~where))
        assert quarantined.drop("reason", "check_id", "wording").equals(delivered.filter(where))


def test_a_few_rows_set_apart_do_not_copy_the_rest(claims, change_rows):
    delivered = change_rows(claims, NUMBER.eq(9), prestatiecode="X999")
    kept, _ = split_rows(delivered, DECLARATIES, {"Z041", "Z110"}, {"14"})
    assert kept.n_chunks() == 2


def test_claims_of_one_row_per_provider_are_not_added_up(make_view, claims):
    """Ten million rows under as many keys: grouping them took thirteen seconds and a gigabyte."""
    view = make_view(claims)
    assert view.by_provider.select("zorgkantoor_code", "volume").equals(claims.select("zorgkantoor_code", "volume"))
    assert view.by_provider["rows_count"].unique().to_list() == [1]
    doubled = make_view(pl.concat([claims, claims])).by_provider
    assert (doubled.height, doubled["rows_count"].unique().to_list()) == (claims.height, [2])


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_file_reads_the_same_with_codes(claims, tmp_path, suffix):
    path = tmp_path / f"declaraties.{suffix}"
    shown = claims.with_columns(pl.col("care_month").dt.strftime("%Y-%m"))
    shown = shown.rename({column.name: column.source_name for column in DECLARATIES.columns})
    if suffix == "csv":
        shown.write_csv(path, separator=";", decimal_comma=True)
    else:
        shown.write_parquet(path, row_group_size=50)
    read = read_delivery(path, DECLARATIES, load_delivery_format(), coded=True)
    assert read["prestatiecode"].dtype == pl.Categorical
    assert as_text(read).equals(read_delivery(path, DECLARATIES, load_delivery_format()))
    assert {read[name].n_chunks() for name in read.columns} == {1}  # else every filter copies the frame


def test_the_lake_holds_text(claims, tmp_path):
    store, month = Store(tmp_path), date(2018, 5, 1)
    store.hold_delivery(DECLARATIES, coded(claims), "declaraties-1", month)
    store.settle_delivery(DECLARATIES, "declaraties-1", month, accepted=True)
    assert store.scan_delivery(DECLARATIES, "declaraties-1", month).collect().equals(claims)
