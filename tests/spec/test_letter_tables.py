"""The printed letter: every figure of tables 1 to 6 from unrounded amounts, and every trap of its rounding.

What the unrounded amounts are and where the figures come from stands in ``letter_amounts.py``.
"""

from decimal import ROUND_HALF_EVEN

import polars as pl
import pytest

from reports import rounding
from reports.letter_tables import (
    REGION_ORDER,
    TABLES,
    build_letter_tables,
    compare_with_published,
    summarise_comparison,
)
from reports.rounding import format_dutch, parse_dutch, round_for_print, round_millions, round_percentage
from tests.spec.letter_amounts import (
    ASSUMPTIONS,
    D,
    add_printed,
    figure,
    letter_marts,
    letter_tables,
    printed,
    published,
    read_plain,
)
from wlz.utilisation.possible_transfers import weigh_transfer

# Every figure


def test_every_printed_figure_of_tables_1_to_6_comes_out():
    comparison = compare_with_published(list(letter_tables().values()), published())
    off = comparison.filter(pl.col("difference_in_last_digits").fill_null(9) != 0)
    assert off.is_empty(), off
    counts = summarise_comparison(comparison)
    assert counts["table"].to_list() == [1, 2, 3, 4, 5, 6, None]
    assert counts["figures_count"].to_list() == [10, 18, 45, 36, 45, 160, 314]
    assert counts.row(-1, named=True) == {
        "table": None,
        "figures_count": 314,
        "exact_count": 314,
        "within_one_count": 0,
        "off_count": 0,
        "absent_count": 0,
        "inputs_off_count": 0,
    }


def test_halves_to_even_would_print_the_same_letter(monkeypatch: pytest.MonkeyPatch):
    """None of the printed figures lies on a half, so the letter does not say where halves go."""
    monkeypatch.setattr(rounding, "ROUND_HALF_UP", ROUND_HALF_EVEN)
    comparison = compare_with_published(build_letter_tables(letter_marts()), published())
    assert summarise_comparison(comparison)["exact_count"].to_list()[-1] == 314


def test_rows_stand_in_the_order_of_the_letter():
    for number, table in letter_tables().items():
        expected = published()[number][TABLES[number - 1].published_row_column].to_list()
        assert [row.name for row in table.rows] == expected, number
    assert list(REGION_ORDER) == published()[6]["zorgkantoorregio"].to_list()[:-1]


def test_table_1_reads_as_printed():
    zin, pgb = letter_tables()[1].rows
    assert zin.printed == ("18.598", "18.888", "18.711", "-178", "-0,9")
    assert pgb.printed == ("2.206", "2.206", "2.236", "30", "1,3")


# Rounding traps, each with its place in the letter


def test_table_3_room_is_rounded_by_itself():
    """18.711 − 18.888 is −177 in printed figures; the letter prints −178."""
    assert figure(3, "Landelijk", "zin_kader_mln") - figure(3, "Landelijk", "verwachte_benutting_totaal_mln") == -177
    assert figure(3, "Landelijk", "beschikbare_ruimte_mln") == -178
    for row, difference, room in (("DSW", -6, -5), ("Menzis", -51, -52)):
        kader, expected = figure(3, row, "zin_kader_mln"), figure(3, row, "verwachte_benutting_totaal_mln")
        assert (kader - expected, figure(3, row, "beschikbare_ruimte_mln")) == (difference, room)


def test_table_3_totals_of_amounts_do_add_up():
    for column in ("verwachte_benutting_excl_extra_mln", "verwachte_benutting_totaal_mln", "zin_kader_mln"):
        assert add_printed(3, column) == figure(3, "Landelijk", column)


@pytest.mark.parametrize(
    ("row", "from_printed", "from_unrounded"),
    [
        ("DSW", "-0.93", "-1.01"),
        ("De Friesland", "0.79", "0.73"),
        ("Zorg en Zekerheid", "-0.74", "-0.75"),
        ("Menzis", "-2.11", "-2.09"),
        ("Salland", "-1.59", "-1.70"),
    ],
)
def test_table_3_percentages_need_unrounded_amounts(row: str, from_printed: str, from_unrounded: str):
    """Whole millions give another percentage, from the printed room as from the printed difference."""
    room, kader = printed(3, row, "beschikbare_ruimte_mln"), printed(3, row, "zin_kader_mln")
    assert round_percentage(room / kader, 2) == D(from_printed) != D(from_unrounded)
    difference = kader - printed(3, row, "verwachte_benutting_totaal_mln")
    assert round_percentage(difference / kader, 2) != D(from_unrounded)
    assert figure(3, row, "beschikbare_ruimte_pct") == D(from_unrounded)


def test_the_same_share_is_printed_with_one_decimal_in_table_1_and_two_in_table_3():
    assert figure(1, "zin", "beschikbare_ruimte_pct") == D("-0.9")
    assert figure(3, "Landelijk", "beschikbare_ruimte_pct") == D("-0.95")
    assert round_for_print(D("-0.95"), 1) == D("-1.0")  # rounding a rounded share would go wrong
    assert figure(1, "pgb", "beschikbare_ruimte_pct") == D("1.3")
    assert figure(5, "Landelijk", "beschikbare_ruimte_pct") == D("1.35")
    assert round_for_print(D("1.35"), 1) == D("1.4")


def test_table_4_columns_do_not_add_up_to_their_printed_totals():
    """29,04 / 253,05 against the printed 29,03 / 253,04; 290,0 against 290,1. Na-ijl does add up."""
    for column, added, total in (
        ("crisisbedden_mln", "29.04", "29.03"),
        ("na_ijleffect_mln", "8.01", "8.01"),
        ("meerzorg_mln", "253.05", "253.04"),
        ("totaal_mln", "290.0", "290.1"),
    ):
        assert add_printed(4, column) == D(added)
        assert figure(4, "Landelijk", column) == D(total)


def test_table_4_last_column_is_the_total_of_the_extra_items():
    """Its header in the letter says the expectation without extra items."""
    of_three = sum(printed(4, "CZ", c) for c in ("crisisbedden_mln", "na_ijleffect_mln", "meerzorg_mln"))
    assert round_for_print(of_three, 1) == figure(4, "CZ", "totaal_mln") == D("33.4")
    assert letter_tables()[4].layout.columns[-1].label_nl == "Extra posten totaal"


def test_table_5_sums_and_differences():
    """Stands add to 2.050,6, printed 2.050,7; rooms differ from kader − expected for three uitvoerders."""
    assert add_printed(5, "benutting_stand_maart_mln") == D("2050.6")
    assert figure(5, "Landelijk", "benutting_stand_maart_mln") == D("2050.7")
    rows = {"Salland": ("2.9", "3.0"), "Zilveren Kruis": ("13.8", "13.7"), "Zorg en Zekerheid": ("-0.5", "-0.4")}
    for row, (difference, room) in rows.items():
        assert printed(5, row, "pgb_kader_mln") - printed(5, row, "verwachte_benutting_mln") == D(difference)
        assert figure(5, row, "beschikbare_ruimte_mln") == D(room)


def test_table_6_sums():
    """Regions add to 2.206,1 and 2.234, printed 2.206,2 and 2.236."""
    for column, added, total in (
        ("verwachte_benutting_mln", "2206.1", "2206.2"),
        ("pgb_kader_mln", "2234", "2236"),
    ):
        assert add_printed(6, column) == D(added)
        assert figure(6, "Landelijk", column) == D(total)


@pytest.mark.parametrize(
    ("uitvoerder", "of_regions", "of_table_5"),
    [("CZ", "439.5", "439.6"), ("VGZ", "437.0", "436.9"), ("Zilveren Kruis", "642.0", "641.9")],
)
def test_march_stands_of_table_6_add_up_to_other_figures_than_table_5(
    uitvoerder: str, of_regions: str, of_table_5: str
):
    regions = published()[6].filter(pl.col("wlz_uitvoerder") == uitvoerder)["benutting_stand_maart_mln"]
    assert sum(D(value) for value in regions) == D(of_regions)
    assert figure(5, uitvoerder, "benutting_stand_maart_mln") == D(of_table_5)


@pytest.mark.parametrize("region", ["Zuid-Holland-Noord", "Midden-Brabant"])
def test_minus_zero_of_table_6_is_zero(region: str):
    """The letter prints -0; we print 0 and count them as equal."""
    row = next(row for row in letter_tables()[6].rows if row.name == region)
    assert row.printed[3] == "0"
    assert row.values[4] is not None
    assert row.values[4] < 0
    assert parse_dutch("-0") == parse_dutch("-0,0") == figure(6, region, "beschikbare_ruimte_mln")
    assert not parse_dutch("-0").is_signed()


def test_one_set_of_amounts_satisfies_all_figures():
    """The room of zin lies between −177,752 and −177,500, that of pgb between 30,150 and 30,191."""
    room = {row["part"]: row["available_eur"] for row in letter_marts()["utilisation_national"].to_dicts()}
    assert D("-177752000") <= room["zin"] <= D("-177500000")
    assert D("30150000") <= room["pgb"] <= D("30191000")


def test_names_are_spelled_as_in_the_letter():
    names = {row.name for row in letter_tables()[6].rows}
    assert {"Westland Schiedland Delfland", "Amsteland/Meerlanden", "'t Gooi"} <= names


# Headline of page 1


def test_the_transfer_of_the_letter_needs_the_factor():
    """30 × 0,86 = 26; −178 + 26 = −152, 0,8 %. A factor of 1 prints −147: the mistake would be seen."""
    zin = letter_marts()["utilisation_national"].filter(pl.col("part") == "zin").row(0, named=True)
    assert round_millions(zin["transfer_possible_eur"], 0) == 26
    assert round_millions(zin["available_after_transfer_eur"], 0) == -152
    assert round_percentage(zin["available_after_transfer_ratio"], 1) == D("-0.8")
    assert zin["available_after_transfer_eur"] > -zin["redistribution_reserve_eur"]  # the reserve of 260 is enough
    wrong = weigh_transfer(letter_marts()["utilisation_national"], {**ASSUMPTIONS, "brutering_factor": 1.0})
    without = wrong.filter(pl.col("part") == "zin")["available_after_transfer_eur"].item()
    assert round_millions(without, 0) == -147


def test_extra_items_of_the_text():
    """Page 4: 29 for crisis beds, 253 for meerzorg, 8 for late claims."""
    total = letter_tables()[4].rows[-1]
    assert [round_for_print(value, 0) for value in total.values[:3] if value is not None] == [29, 8, 253]


def test_table_7_with_and_without_rounding_the_discount():
    """Annex A.2.2, Z025: 83,29 ÷ 86,09 × 88,66 + 26,93 + 1,87 = 114,58."""
    row = {
        name: D(value)
        for name, value in read_plain("tabel_7_kortingspercentage.csv").row(0, named=True).items()
        if name != "prestatiecode"
    }
    discount = row["gemiddelde_prijs_2017"] / row["max_brw_2017"]
    assert round_percentage(discount, 2) == row["kortingspercentage"]
    for ratio in (discount, row["kortingspercentage"] / 100):
        price = row["max_brw_2018"] * ratio + row["nhc_2018"] + row["nic_2018"]
        assert round_for_print(price, 2) == row["tarief_2018_incl"] == D("114.58")
    printed_with_one_decimal = (D("86.1"), D("83.3"), D("96.8"), D("88.7"), D("85.8"), D("114.6"))
    columns = ("max_brw_2017", "gemiddelde_prijs_2017", "kortingspercentage", "max_brw_2018", "tarief_2018_excl")
    assert tuple(round_for_print(row[name], 1) for name in (*columns, "tarief_2018_incl")) == printed_with_one_decimal


# Rounding and printing by themselves


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("18888", 0, "18.888"),
        ("-0.949", 1, "-0,9"),
        ("2206.2", 1, "2.206,2"),
        ("1234567.891", 2, "1.234.567,89"),
        ("-0.4", 0, "0"),
        ("-0.004", 2, "0,00"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("0", 2, "0,00"),
    ],
)
def test_dutch_notation(value: str, decimals: int, text: str):
    assert format_dutch(D(value), decimals) == text
    assert parse_dutch(text) == round_for_print(D(value), decimals)


def test_nothing_stays_nothing():
    assert round_millions(None, 0) is None
    assert round_percentage(None, 2) is None
    assert format_dutch(None, 1) == "–"
