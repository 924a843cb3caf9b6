"""What a first reader found wrong on the pages, each as a test: mixed quantities, leaks, stale pages, a map."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from reports.errors import ReportError
from reports.facts import Facts, load_facts
from reports.language import load_language
from reports.site import build_site, build_sites
from reports.tables.beyond import build_checks, build_vintages
from reports.tables.codes import build_trust
from reports.tables.prices import build_price_sources, count_price_sources
from reports.tables.table import SUPPRESSED
from tests.lists import LISTS

MAY = date(2018, 5, 1)


@pytest.fixture(scope="module")
def facts(small_data) -> Facts:
    return load_facts(small_data.database, MAY)


def test_bounds_of_an_advice_hold_its_expectation(facts):
    for row in build_vintages(facts, load_language("nl")).rows:
        assert row["lower_80_eur"] <= row["expected_eur"] <= row["upper_80_eur"]


def _with_sources(facts: Facts, sources: list[tuple[str, str, int]], hidden: list[str]) -> Facts:
    """Series of one uitvoerder: prestatie, source, euro; some of them hidden."""
    owner = facts.uitvoerders[0]
    prices = pl.DataFrame(
        [(code, owner, source, "letter") for code, source, _ in sources],
        schema=["prestatiecode", "wlz_uitvoerder", "price_source", "scenario"],
        orient="row",
    )
    year = pl.DataFrame(
        [("series", owner, code, Decimal(amount)) for code, _, amount in sources],
        schema={
            "level": pl.String,
            "wlz_uitvoerder": pl.String,
            "prestatiecode": pl.String,
            "expected_eur": pl.Decimal(18, 2),
        },
        orient="row",
    )
    support = pl.DataFrame(
        [("letter", "series", "zin", owner, code, "primary") for code in hidden],
        schema=dict.fromkeys(
            ("scenario", "level", "part", "wlz_uitvoerder", "prestatiecode", "suppression"), pl.String
        ),
        orient="row",
    )
    marts = {**facts.marts, "price_derivation": prices, "bounds_year": year, "cell_support": support}
    return Facts(facts.delivery_month, facts.budget_year, "letter", ("letter",), marts)


def test_a_branch_of_one_hidden_series_is_not_given_back_by_the_total(facts):
    series = [(f"Z9{number}1", "a", 1000 + number) for number in range(5)]
    series += [(f"Z8{number}1", "b", 100 + number) for number in range(4)]
    odd = _with_sources(facts, [*series, ("H921", "c", 50)], hidden=["H921"])
    shown = {row["price_source"][0]: row["eur"] for row in build_price_sources(odd, load_language("nl")).rows}
    assert shown["a"] == sum(1000 + number for number in range(5))
    assert shown["b"] is SUPPRESSED
    assert shown["c"] is SUPPRESSED
    assert count_price_sources(odd)["count"].to_list() == [5, 4, 1]


def test_branches_of_many_series_are_shown(facts):
    series = [
        (f"Z{number}01", source, 10) for source, start in (("a", 1), ("b", 5)) for number in range(start, start + 4)
    ]
    odd = _with_sources(facts, series, hidden=[])
    assert [row["eur"] for row in build_price_sources(odd, load_language("nl")).rows] == [40, 40]


def test_meerzorg_is_not_counted_among_the_prices(facts, small_data):
    """The advice estimates it apart, so the branches add up to the expectation without extra items."""
    held = count_price_sources(facts)
    ((expected,),) = small_data.query(
        "SELECT expected_excl_extra_eur FROM marts.utilisation_national WHERE part = 'zin'"
    )
    series = facts.marts["bounds_year"].filter(level="series")
    key = ["prestatiecode", "wlz_uitvoerder"]

    base = LISTS.prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    total = series.join(base, on="prestatiecode", how="semi").join(
        facts.of("price_derivation").select(key), on=key, how="semi"
    )
    shown = held["eur"].sum() if not held["is_hidden"].any() else total["expected_eur"].sum()
    assert abs(shown - expected) < Decimal("0.001") * expected


def test_the_trust_of_the_codes_adds_up_to_the_expectation(facts, small_data):
    """As published, in the scenario shown first; the page shows that and computes nothing."""
    ((expected,),) = small_data.query(
        "SELECT expected_excl_extra_eur FROM marts.utilisation_national WHERE part = 'zin'"
    )
    assert facts.of("code_trust")["expected_excl_extra_eur"].sum() == expected
    rows = {row["trust"]: row for row in build_trust(facts, load_language("nl")).rows}
    converted = rows["een openbare omzetting van een officieel bestand"]
    assert 0 < converted["expected_ratio"] <= 1
    assert set(rows) == {"een openbare omzetting van een officieel bestand", "verzonnen voor de simulatie"}
    page = small_data.database.parent / "reports" / "2018-05" / "herkomst.html"
    assert "Op welke codes de verwachte benutting rust" in page.read_text(encoding="utf-8")


def _with_trusts(facts: Facts, trusts: dict[str, tuple[str, ...]]) -> Facts:
    """Codes per trust, each of € 10 of one uitvoerder."""
    named = [(code, trust) for trust, codes in trusts.items() for code in codes]
    odd = _with_sources(facts, [(code, "a", 10) for code, _ in named], hidden=[])
    listed = pl.DataFrame(named, ["prestatiecode", "trust"], orient="row").with_columns(is_meerzorg=pl.lit(False))
    summed = [(trust, len(codes), Decimal(10 * len(codes)), 0.5) for trust, codes in trusts.items()]
    mart = pl.DataFrame(
        summed, ["trust", "codes_count", "expected_excl_extra_eur", "expected_ratio"], orient="row"
    ).with_columns(scenario=pl.lit("letter"))
    return replace(odd, marts={**odd.marts, "code_list": listed, "code_trust": mart})


def test_a_trust_of_few_series_does_not_give_them_away(facts):
    """One official code: neither its euro nor the share is shown, nor those of the next smallest."""
    trusts = {"converted": ("Z101", "Z102", "Z103"), "inferred": ("H1", "H2", "H3", "H4"), "official": ("ZN1",)}
    table = build_trust(_with_trusts(facts, trusts), load_language("en"))
    assert [row["expected_excl_extra_eur"] for row in table.rows] == [SUPPRESSED, 40, SUPPRESSED]
    assert [row["expected_ratio"] for row in table.rows] == [SUPPRESSED, 0.5, SUPPRESSED]


def test_trusts_of_many_series_are_shown(facts):
    trusts = {"converted": ("Z101", "Z102", "Z103"), "official": ("ZN1", "ZN2", "ZN3")}
    table = build_trust(_with_trusts(facts, trusts), load_language("en"))
    assert [(row["codes_count"], row["expected_excl_extra_eur"]) for row in table.rows] == [(3, 30), (3, 30)]


def test_an_advice_from_before_has_no_such_table(facts):
    before = replace(facts, marts={**facts.marts, "code_trust": facts.marts["code_trust"].clear()})
    assert build_trust(before, load_language("nl")).is_empty


def test_the_euro_of_one_or_two_findings_stays_inside(facts):
    one = {
        "check_id": "P07", "checked_table": "prices", "delivery_id": "x", "title": "t", "severity": "info",
        "outcome": "failed", "findings_count": 1, "at_stake_eur": Decimal("54412.42"), "action": "Used",
        "accepted_by": None, "accept_reason": None, "check_status": "open",
    }  # fmt: skip
    many = one | {"findings_count": 3, "check_status": "solved"}
    marts = {**facts.marts, "data_quality": pl.DataFrame([one, many], infer_schema_length=None)}
    rows = build_checks(Facts(MAY, 2018, "letter", ("letter",), marts), load_language("nl")).rows
    assert [row["at_stake_eur"] for row in rows] == [SUPPRESSED, Decimal("54412.42")]
    assert rows[1]["action"].startswith("Geldt niet meer")


def test_no_euro_per_uitvoerder_of_how_claims_came_in(small_data):
    page = small_data.database.parent / "reports" / "2018-05" / "csv" / "aanlevering.csv"
    header = page.read_text(encoding="utf-8-sig").splitlines()[0]
    assert "€" not in header
    assert "Bevindingen" not in header


def test_provenance_counts_the_rows_of_the_mart(facts, small_data):
    for mart in ("volume_forecast", "lag_curve", "price_derivation", "delivery_status"):
        where = "delivery_month = DATE '2018-05-01'"
        scenario = " AND scenario = 'letter'" if mart not in ("delivery_status", "lag_curve") else ""
        ((count,),) = small_data.query(f"SELECT count(*) FROM marts.{mart} WHERE {where}{scenario}", scenario=None)
        assert facts.rows_counts[mart] == count


def test_pages_in_another_language_follow(spoiled, tmp_path):
    connection, database = spoiled
    connection.close()
    reports = tmp_path / "reports"
    build_site(database, reports, MAY, "en")
    before = (reports / "2018-05-en" / "index.html").read_text(encoding="utf-8")
    with duckdb.connect(str(database)) as again:
        again.execute("UPDATE stored.utilisation_national SET available_eur = available_eur - 90000000")
    build_sites(database, reports, MAY)
    assert (reports / "2018-05-en" / "index.html").read_text(encoding="utf-8") != before


@pytest.mark.parametrize("content", [None, "no json", "{}"])
def test_a_map_that_does_not_fit_is_a_sentence(small_data, tmp_path, monkeypatch, content):
    """Also when a report without it is there already: the map is part of what a report is made of."""
    shutil.copytree(small_data.database.parent / "reports", tmp_path / "reports")
    borders = tmp_path / "borders.json"
    if content is not None:
        borders.write_text(content, encoding="utf-8")
    monkeypatch.setenv("WLZ_MAP", str(borders))
    with pytest.raises(ReportError, match=r"borders\.json"):
        build_site(small_data.database, tmp_path / "reports", MAY)
