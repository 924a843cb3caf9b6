"""The walkthrough says what is there: its files, functions, lines and figures are those of the code."""

import ast
import re
from datetime import date

import polars as pl
import pytest

from simulation import simulate_deliveries
from simulation.reference import load_simulation_reference
from tests.docs.pages import ROOMS, ROOT, read
from warehouse.lake import know_frames, settle_tables
from warehouse.settings import load_scenarios
from warehouse.tables.deliveries import KINDS
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.volumes import BACKTEST
from wlz.advice import compute_advice
from wlz.known.scenarios import LETTER

MONTH, CODE, WHO, REGION = date(2018, 5, 1), "H301", "DSW", "Westland Schiedland Delfland"
WALKTHROUGH = read(ROOT / "docs" / "first-hour" / "walkthrough.md")


def test_walkthrough_names_ten_files_once_each():
    headings = re.findall(r"^## .*`([\w/.]+)`$", WALKTHROUGH, flags=re.MULTILINE)
    assert len(headings) == len(set(headings)) == 10
    assert all((ROOT / name).exists() for name in headings)


def test_walkthrough_functions_exist():
    known = {
        node.name
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.FunctionDef)
    }
    for name in (
        "read_delivery",
        "aggregate_claims",
        "forecast_volumes",
        "judge_unit",
        "derive_prices",
        "value_volumes",
    ):
        assert f"`{name}`" in WALKTHROUGH
        assert name in known


@pytest.fixture(scope="module")
def deliveries() -> dict[str, pl.DataFrame]:
    """The latest small deliveries of the round, per kind, under contract names."""
    found: dict[str, pl.DataFrame] = {}
    for file in simulate_deliveries(load_simulation_reference("small"), scale="small", until=MONTH):
        found[file.kind] = file.frame
    for kind, frame in found.items():
        names = {column.source_name: column.name for column in KINDS[kind].columns}
        renamed = frame.rename(names)
        months = [name for name in ("care_month", "month") if renamed.schema.get(name) == pl.String]
        found[kind] = renamed.with_columns(pl.col(name).str.to_date("%Y-%m") for name in months)
    return found


def test_walkthrough_figures_are_those_of_the_small_simulation(deliveries, small_data):
    letter = [one for one in load_scenarios(2018)[0] if one.name == LETTER]
    known = know_frames(MONTH, deliveries, letter)
    given = {"backtest": BACKTEST.empty(), "completed_series": COMPLETED_SERIES.empty()}
    advice = compute_advice(known, settle_tables(known), ["revenue"], given)
    region, volumes, prices, revenue = (advice[name] for name in ("series_region", "volumes", "prices", "revenue"))
    ours = {"prestatiecode": CODE, "wlz_uitvoerder": WHO}
    december = region.filter(prestatiecode=CODE, zorgkantoorregio=REGION, care_month=date(2017, 12, 1)).row(
        0, named=True
    )
    january = volumes.filter(**ours, care_month=date(2018, 1, 1)).row(0, named=True)
    price = prices.filter(**ours).row(0, named=True)
    amounts = revenue.filter(**ours)["forecast_amount_eur"]
    of_series = f"from marts.forecast_bounds where prestatiecode = '{CODE}' and wlz_uitvoerder = '{WHO}'"
    of_january = f"{of_series} and period = 'month' and month = '2018-01-01'"
    [bounds] = small_data.query(f"select lower_80_volume, upper_80_volume {of_january}")
    [[of_base]] = small_data.query(f"select expected_volume {of_series} and period = 'year'", "base")
    base = revenue.filter(wlz_uitvoerder=WHO).filter("in_base")["forecast_amount_eur"].sum()
    expected = {
        "rows": f"{deliveries['declaraties'].height:,} rows",
        "minutes of the region": f"{december['declared_volume']:,.0f}",
        "euro of the region": f"{december['declared_amount_eur']:,}",
        "model": f"`{january['model']}`",
        "forecast": f"{january['forecast_volume']:,.0f} minutes",
        "bounds": f"between {bounds[0]:,.0f} and {bounds[1]:,.0f}",
        "scenario base": f"Scenario base: {of_base:,.0f} units",
        "reported price": f"{price['reported_price_eur_per_unit']:.4f}",
        "evidence": price["unit_evidence"],
        "verdict": f"`{price['unit_status']}`",
        "previous price": f"| {price['previous_price_eur_per_unit']:.4f} |",
        "ratio": f"| {price['discount_ratio']:.4f} |",
        "price": f"| {price['price_eur_per_unit']:.4f} |",
        "month": f"€ {amounts[0]:,}",
        "year": f"€ {amounts.sum():,}",
        "uitvoerder": f"{base:,}",
    }
    flat = WALKTHROUGH.replace("\n", " ")
    wrong = {name: text for name, text in expected.items() if text.replace("\n", " ") not in flat}
    assert wrong == {}, "the walkthrough says something else; mend docs/first-hour/walkthrough.md"


def test_walkthrough_lines_are_delivered(deliveries):
    claims = deliveries["declaraties"].filter(prestatiecode=CODE, care_month=date(2017, 12, 1))
    agreements = deliveries["herschikking"].filter(prestatiecode=CODE, year=2017)
    for frame, number in ((claims, ",.0f"), (agreements, ",.2f")):
        of_region = frame.filter(pl.col("zorgkantoor_code").is_in(["5519", "5522"])).sort(
            "zorgkantoor_code", "agb_code"
        )
        rows = of_region.select("zorgkantoor_code", "agb_code", "volume", "amount_eur").rows()
        assert len(rows) == 4
        for code, agb, volume, amount in rows:
            assert f"| {code} | {agb} | {volume:{number}} | {amount:,} |" in WALKTHROUGH
