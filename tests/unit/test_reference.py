"""Reference files: typed, complete, each with a source."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from simulation.reference import load_calibration
from tests.lists import LISTS
from warehouse import reference
from warehouse.packs import load_pack, load_reference

CSV_FILES = sorted(reference.REFERENCE.rglob("*.csv"))


def test_every_file_has_a_source_column_or_stands_in_the_readme() -> None:
    readme = (reference.REFERENCE / "README.md").read_text(encoding="utf-8")
    for file in CSV_FILES:
        columns = pl.read_csv(file, infer_schema=False)
        name = file.relative_to(reference.REFERENCE).as_posix()
        listed = name in readme or f"{file.parent.name}/" in readme
        assert listed, f"{name} is not in reference/README.md"
        if "source" in columns.columns:
            assert columns["source"].null_count() == 0, f"{name}: rows without a source"


def test_thirty_one_regions_spelled_as_in_table_6() -> None:
    regions = reference.load_regions()
    table_6 = reference.load_published("tabel_6_pgb_regio")["zorgkantoorregio"].to_list()
    assert sorted(regions["zorgkantoorregio"].to_list()) == sorted(set(table_6) - {"Landelijk"})
    assert regions["pgb_budget_2015_eur"].sum() == Decimal("1360000000.00")


def test_crosswalk_folds_5522_and_takes_up_5533_with_dates() -> None:
    rows = {row["zorgkantoor_code"]: row for row in reference.load_crosswalk().to_dicts()}
    assert rows["5522"]["zorgkantoorregio"] == "Westland Schiedland Delfland"
    assert rows["5522"]["valid_to"] == date(2020, 1, 1)
    assert rows["5533"]["zorgkantoorregio"] == "Friesland"
    assert rows["5533"]["valid_from"] == date(2020, 1, 1)
    assert set(reference.load_crosswalk()["zorgkantoorregio"]) == set(reference.load_regions()["zorgkantoorregio"])


@pytest.mark.parametrize("name", ["simulation", "simulation-1", "vektis-2019"])
def test_a_pack_follows_the_contract_and_the_other_lists(name: str) -> None:
    lists = load_reference(load_pack(name), 2018, date(2018, 1, 1))
    prestaties = lists.prestaties
    codes = prestaties["prestatiecode"]
    assert codes.is_unique().all()
    assert set(prestaties["unit_code"]) <= set(lists.units.filter("allowed_for_wlz")["unit_code"])
    assert set(prestaties["prestatiegroep"]) <= set(reference.load_prestatiegroepen()["prestatiegroep"])
    assert set(prestaties["sector"].drop_nulls()) == {"VV", "GZ", "GGZ"}
    assert set(prestaties["successor"].drop_nulls()) <= set(codes)
    assert prestaties.schema["valid_to"] == pl.Date
    assert prestaties["valid_from"].null_count() == 0
    assert prestaties.filter("is_crisis")["prestatiecode"].to_list() == ["Z110", "Z490", "Z491", "Z560"]


def test_the_real_list_holds_what_the_koppeltabel_says() -> None:
    """480 codes: etmaal 347, dagdeel 85, minute 40, none 7, hour 1; 12 of them ended on 31 December 2018."""
    pack = load_pack("vektis-2019")
    prestaties = load_reference(pack, 2019, date(2019, 1, 1)).prestaties
    counts = dict(prestaties.group_by("unit_code").len().iter_rows())
    assert counts == {"14": 347, "16": 85, "01": 40, "81": 7, "04": 1}
    assert prestaties.filter(valid_to=date(2018, 12, 31)).height == prestaties["valid_to"].drop_nulls().len() == 12
    assert prestaties.filter("is_meerzorg")["prestatiecode"].to_list() == ["ZMZ01", "ZMZTK", "ZMZTL"]
    assert prestaties.filter(prestatiecode="H325")["unit_code"].item() == "01"
    assert prestaties.filter(prestatiecode="Z025")["description"].item() == (
        "ZZP 2VV excl. behandeling incl. dagbesteding"
    )
    assert set(prestaties["trust"]) == {"converted"}
    assert prestaties.filter(prestatiecode="ZMZTK")["successor"].item() == "ZMZ01"


def test_grow_in_of_the_nhc() -> None:
    shares = dict(LISTS.nhc_growin.select("year", "nhc_paid_ratio").iter_rows())
    assert [shares[year] for year in range(2015, 2019)] == [0.5, 0.7, 0.85, 1.0]


def test_kader_2018_prints_as_table_1() -> None:
    kader = reference.load_kader_2018().group_by("part").agg(pl.col("budget_eur").sum())
    totals = {part: round(amount / 1_000_000) for part, amount in kader.iter_rows()}
    assert totals == {"zin": 18_711, "pgb": 2_236}


@pytest.mark.parametrize("scale", ["letter", "small", "lines:1000"])
def test_calibration_has_a_value_for_every_uitvoerder_and_region(scale: str) -> None:
    calibration = load_calibration(scale)
    regions = reference.load_regions()
    for constant in ("price_scale", "volume_size", "crisis_capacity_factor", "meerzorg_factor", "na_ijl_percentage"):
        keys = calibration.filter(pl.col("constant") == constant)["key"]
        assert set(keys) == set(regions["wlz_uitvoerder"]), constant
    keys = calibration.filter(pl.col("constant") == "pgb_december_ratio")["key"]
    assert set(keys) == set(regions["zorgkantoorregio"])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(reference.ReferenceDataError, match="tabel_9"):
        reference.load_published("tabel_9")
