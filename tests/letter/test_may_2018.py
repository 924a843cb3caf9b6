"""The advice of May 2018 at letter scale: does the method land on the printed tables, and would an error show?

The deliveries are simulated and calibrated, so agreement shows that arithmetic and published figures fit together. It
is no validation of the forecast.
"""

import os
import shutil
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

import warehouse.chosen
import wlz.prices.stage
import wlz.utilisation.possible_transfers
from assets import extra_items, marts, pgb, prices, utilisation
from assets.context import Warehouse, add_months
from pipelines.cli.text.tables import PUBLISHED, render_demo
from reports.letter_tables import TABLES, build_letter_tables, compare_with_published, summarise_comparison
from reports.marts import read_marts
from reports.rounding import round_millions
from tests.worlds import Worlds
from warehouse.duck import run_query
from warehouse.reference import load_published
from wlz.known.rounds import Round, choose_deliveries

MONTH = date(2018, 5, 1)
LAST = [utilisation.utilisation, utilisation.utilisation_months, marts.marts]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def letter_run(worlds: Worlds) -> Path:
    """Deliveries at letter scale, and a finished run of May 2018."""
    return worlds.visit("letter_run")


@pytest.fixture
def letter(letter_run: Path) -> Warehouse:
    return Warehouse(data_dir=str(letter_run))


def compare(database: Path) -> pl.DataFrame:
    tables = build_letter_tables(read_marts(database, tuple(layout.mart for layout in TABLES), MONTH))
    return compare_with_published(tables, {number: load_published(name) for number, name in PUBLISHED.items()})


def total(comparison: pl.DataFrame) -> dict[str, int]:
    return summarise_comparison(comparison).filter(pl.col("table").is_null()).row(0, named=True)


def rerun(letter: Warehouse, folder: Path, chosen: list[dg.AssetsDefinition]) -> Warehouse:
    """These assets once more, on a linked copy of the lake: writing replaces files, never changes them."""
    shutil.copytree(Path(letter.data_dir) / "lake", folder / "lake", copy_function=os.link)
    copy = Warehouse(data_dir=str(folder), deliveries_dir=str(letter.landing))
    with dg.DagsterInstance.ephemeral() as instance:
        add_months(instance, [MONTH])
        dg.materialize(chosen, partition_key="2018-05", resources={"warehouse": copy}, instance=instance)
    return copy


def test_printed_figures_come_out(letter):
    """At least 95 % of the printed figures to the digit, the rest within one last digit; delivered amounts exactly."""
    counts = total(compare(letter.database))
    assert counts["figures_count"] == 314
    assert counts["exact_count"] >= 0.95 * counts["figures_count"]
    assert counts["off_count"] == 0
    assert counts["absent_count"] == 0
    assert counts["inputs_off_count"] == 0


def test_the_transfer_sentence_comes_out(letter):
    """30 × 0.86 = 26 and −178 + 26 = −152 (letter, p. 1)."""
    national = read_marts(letter.database, ("utilisation_national",), MONTH)["utilisation_national"]
    zin = national.filter(part="zin").row(0, named=True)
    assert round_millions(zin["transfer_possible_eur"], 0) == 26
    assert round_millions(zin["available_after_transfer_eur"], 0) == -152


def test_the_demo_says_what_it_is(letter):
    text = render_demo(letter.database, MONTH)
    assert "These deliveries are simulated, and calibrated" in text
    assert "says nothing about how good the forecast is" in text
    assert "Tabel 1." in text
    assert "Tabel 3." in text


def test_all_price_sources_and_the_unit_trap_occur(letter):
    derived = read_marts(letter.database, ("price_derivation",), MONTH)["price_derivation"]
    assert set(derived["price_source"]) == {"a", "b", "c", "d"}
    assert derived.filter((pl.col("unit_factor") == 60) & (pl.col("price_source") == "b")).height >= 1
    z025 = derived.filter(prestatiecode="Z025")
    assert z025["max_tariff_eur_per_unit"].unique().to_list() == [88.66]


def test_every_expectation_lies_within_its_bounds(letter):
    """At every level and period, in every scenario; 80 % within 95 %; nothing without bounds but what is declared."""
    bounds = run_query(letter.database, "SELECT * FROM marts.forecast_bounds")
    assert set(bounds["level"]) == {"series", "group", "region", "uitvoerder", "national"}
    assert set(bounds["scenario"]) == {"letter", "base", "completed", "low", "high", "indications"}
    order = ["lower_95_eur", "lower_80_eur", "expected_eur", "upper_80_eur", "upper_95_eur"]
    for lower, upper in pairwise(order):
        assert bounds.filter(pl.col(lower) > pl.col(upper)).is_empty(), (lower, upper)
    for mart in ("utilisation_national", "utilisation_uitvoerder", "zin_region", "pgb_region", "pgb_uitvoerder"):
        published = run_query(letter.database, f"SELECT * FROM marts.{mart}")
        assert published["lower_80_eur"].null_count() == 0, mart


def test_the_total_is_surer_than_its_parts(letter):
    """Relative width of the 80 % band of the year, medians: what is one series' own averages out in a sum."""
    year = run_query(
        letter.database,
        "SELECT * FROM marts.forecast_bounds WHERE period = 'year' AND part = 'zin' AND scenario = 'base'",
    ).filter(pl.col("expected_eur") > 0)
    width = (pl.col("upper_80_eur") - pl.col("lower_80_eur")).cast(pl.Float64) / pl.col("expected_eur").cast(pl.Float64)
    medians = dict(year.group_by("level").agg(width.median()).iter_rows())
    assert medians["national"] < 0.5 * medians["series"]
    assert medians["uitvoerder"] < 0.5 * medians["series"]
    assert medians["group"] < medians["series"]


def test_an_error_in_the_price_rule_shows(letter, tmp_path, monkeypatch):
    """Planted: prices of last year's agreements first, as if nothing of 2018 had been claimed yet."""
    derive = wlz.prices.stage.derive_prices

    def without_this_year(**inputs):
        return derive(**inputs | {"claims": inputs["claims"].filter(pl.col("year") < 2018)})

    monkeypatch.setattr(wlz.prices.stage, "derive_prices", without_this_year)
    wrong = rerun(letter, tmp_path, [prices.prices, prices.revenue, extra_items.extra_items, *LAST])
    counts = total(compare(wrong.database))
    assert counts["exact_count"] < 0.95 * counts["figures_count"]
    assert counts["off_count"] > 0


def test_an_error_in_the_as_of_rule_shows(letter, tmp_path, monkeypatch):
    """Planted: cut-offs ignored, so that stands of April and May stand in the column of March."""

    def without_cut_offs(register, advice_round, kinds):
        open_round = Round(advice_round.name, advice_round.delivery_month, advice_round.budget_year)
        return choose_deliveries(register, open_round, kinds)

    monkeypatch.setattr(warehouse.chosen, "choose_deliveries", without_cut_offs)
    wrong = rerun(letter, tmp_path, [pgb.pgb, *LAST])
    counts = total(compare(wrong.database))
    assert counts["inputs_off_count"] > 0
    assert counts["exact_count"] < 0.95 * counts["figures_count"]


def test_an_error_in_the_transfer_formula_shows(letter, tmp_path, monkeypatch):
    """Planted: no brutering. 30 is then worth 30, and −147 is left instead of −152 (unrounded −177.6 + 30.2)."""
    monkeypatch.setattr(wlz.utilisation.possible_transfers, "transfer_value", lambda amount, *_: Decimal(amount))
    wrong = rerun(letter, tmp_path, LAST)
    national = read_marts(wrong.database, ("utilisation_national",), MONTH)["utilisation_national"]
    zin = national.filter(part="zin").row(0, named=True)
    assert round_millions(zin["available_after_transfer_eur"], 0) == -147
    assert "room left in zin -147" in render_demo(wrong.database, MONTH)
