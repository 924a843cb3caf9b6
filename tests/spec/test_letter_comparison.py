"""The comparison with the printed letter finds what is wrong; marts that give no tables of the letter are refused."""

import polars as pl
import pytest

from reports.letter_tables import LetterTableError, build_letter_tables, compare_with_published, summarise_comparison
from tests.spec.letter_amounts import FILES, REFERENCE, letter_marts, letter_tables, letter_utilisation, published


def test_a_figure_one_digit_off_is_counted_as_that():
    frames = dict(published())
    wrong = pl.when(pl.col("kader") == "zin").then(pl.lit("-177")).otherwise(pl.lit("35"))
    frames[1] = frames[1].with_columns(wrong.alias("beschikbare_ruimte_mln"))
    frames[6] = (
        frames[6]
        .with_columns(pl.lit("15.8").alias("benutting_stand_maart_mln"))
        .filter(pl.col("zorgkantoorregio") == "Midden-IJssel")
    )
    comparison = compare_with_published(list(letter_tables().values()), frames)
    steps = {
        (r["table"], r["row"]): r["difference_in_last_digits"]
        for r in comparison.to_dicts()
        if r["difference_in_last_digits"]
    }
    assert steps == {(1, "zin"): -1, (1, "pgb"): -5, (6, "Midden-IJssel"): -1}
    total = summarise_comparison(comparison).row(-1, named=True)
    assert (total["within_one_count"], total["off_count"], total["inputs_off_count"]) == (2, 1, 1)


def test_a_published_row_we_do_not_have_is_absent():
    marts = letter_marts()
    marts["pgb_region"] = marts["pgb_region"].filter(pl.col("zorgkantoorregio") != "Twente")
    comparison = compare_with_published(build_letter_tables(marts), published())
    total = summarise_comparison(comparison).row(-1, named=True)
    assert total["absent_count"] == 5
    assert total["inputs_off_count"] >= 2


def test_published_tables_may_be_read_as_numbers():
    numbers = {number: pl.read_csv(REFERENCE / name) for number, name in FILES.items()}
    comparison = compare_with_published(list(letter_tables().values()), numbers)
    assert summarise_comparison(comparison)["exact_count"].to_list()[-1] == 314


def test_a_total_row_of_the_mart_is_taken_not_added_again():
    """Marts with and without their total give the same table."""
    with_total, without = letter_marts(), letter_marts()
    assert "Landelijk" in with_total["pgb_uitvoerder"]["wlz_uitvoerder"]
    for name in ("utilisation_uitvoerder", "zin_uitvoerder", "pgb_uitvoerder"):
        without[name] = without[name].filter(pl.col("wlz_uitvoerder") != "Landelijk")
    utilisation = letter_utilisation().filter(pl.col("part") == "pgb")
    with_total["pgb_region"] = utilisation  # totals of uitvoerders and nation among the regions
    assert build_letter_tables(with_total) == build_letter_tables(without) == list(letter_tables().values())


def test_two_advices_in_a_mart_are_refused():
    marts = letter_marts()
    marts["zin_uitvoerder"] = pl.concat([marts["zin_uitvoerder"]] * 2)
    with pytest.raises(LetterTableError, match="table 3: mart zin_uitvoerder has more than one row for"):
        build_letter_tables(marts)


def test_a_missing_mart_or_column_is_named():
    marts = letter_marts()
    with pytest.raises(LetterTableError, match="table 5: mart pgb_uitvoerder lacks granted_to_date_eur"):
        build_letter_tables({**marts, "pgb_uitvoerder": marts["pgb_uitvoerder"].drop("granted_to_date_eur")})
    del marts["pgb_region"]
    with pytest.raises(LetterTableError, match="table 6 needs mart pgb_region"):
        build_letter_tables(marts)
