"""Support: how many providers or holders a cell rests on, and what the report therefore leaves out."""

from datetime import date
from decimal import Decimal

import polars as pl

from tests.spec.suppression_attack import (
    TOTAL,
    cells_of,
    group,
    is_protected,
    printed_sums,
    region,
    uitvoerder,
    work_out,
)
from warehouse import reference
from warehouse.contract import conform
from warehouse.tables.deliveries import DECLARATIES, PGB_VERLENINGEN
from warehouse.tables.support import CELL_SUPPORT
from wlz.series import assign_regions
from wlz.support.support import count_holders, count_providers, list_amounts, list_claimants, suppress_report

MAY = date(2018, 5, 1)
CROSSWALK, REGIONS = reference.load_crosswalk(), reference.load_regions()
PRESTATIES = pl.DataFrame(
    [("Z1", "stay", False), ("Z2", "stay", False), ("H1", "help", False), ("M1", "stay", True)],
    schema=["prestatiecode", "prestatiegroep", "is_meerzorg"],
    orient="row",
)
LIMITS = {"suppression_min_providers": 3, "suppression_min_holders": 10, "suppression_protection_ratio": 0.15}
PLACES = {"5501": ("Groningen", "Menzis"), "5502": ("Friesland", "De Friesland"), "5505": ("Twente", "Menzis")}
EUR = pl.Decimal(18, 2)


def claims(*rows: tuple[str, str | None, str, str, str]) -> pl.DataFrame:
    """Who claims what, from zorgkantoor, provider, prestatie, care month and euro."""
    full = [
        (date(2018, 5, 2), code, agb, prestatie, date.fromisoformat(f"{month}-01"), "14", 1.0, Decimal(euro))
        for code, agb, prestatie, month, euro in rows
    ]
    return list_claimants(pl.DataFrame(full, schema=DECLARATIES.schema, orient="row").lazy(), CROSSWALK, REGIONS)


def providers(*rows: tuple[str, str | None, str, str, str]) -> dict[tuple[str | None, ...], int | None]:
    """(level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep, prestatiecode) → providers."""
    counted = count_providers(claims(*rows), PRESTATIES).drop("part")
    return {row[:5]: row[5] for row in counted.iter_rows()}


def test_a_provider_counts_once_at_every_level():
    found = providers(
        ("5501", "01", "Z1", "2018-04", "10"),
        ("5501", "01", "Z2", "2018-04", "10"),
        ("5501", "02", "Z2", "2018-03", "10"),
        ("5505", "01", "H1", "2018-04", "10"),
        ("5502", "01", "Z1", "2018-04", "10"),
        ("5502", "03", "Z1", "2018-04", "10"),
    )
    assert found["region", "Menzis", "Groningen", None, None] == 2
    assert found["region", "Menzis", "Twente", None, None] == 1
    assert found["uitvoerder", "Menzis", TOTAL, None, None] == 2
    assert found["national", TOTAL, TOTAL, None, None] == 3
    assert found["group", "Menzis", TOTAL, "stay", None] == 2
    assert found["group", TOTAL, TOTAL, "stay", None] == 3
    assert found["group", TOTAL, TOTAL, "help", None] == 1
    assert found["series", "Menzis", TOTAL, "stay", "Z1"] == 1


def test_twelve_months_of_the_delivery_count():
    found = providers(
        ("5501", "01", "Z1", "2018-04", "10"),
        ("5501", "02", "Z1", "2017-05", "10"),
        ("5501", "03", "Z1", "2017-04", "10"),
    )
    assert found["region", "Menzis", "Groningen", None, None] == 2


def test_claims_that_cancel_out_are_no_support():
    found = providers(
        ("5501", "01", "Z1", "2018-04", "10"),
        ("5501", "02", "Z1", "2018-03", "10"),
        ("5501", "02", "Z1", "2018-04", "-10"),
    )
    assert found["uitvoerder", "Menzis", TOTAL, None, None] == 1


def test_one_claim_without_provider_makes_the_number_unknown():
    found = providers(
        ("5501", "01", "Z1", "2018-04", "10"),
        ("5501", None, "Z1", "2018-04", "10"),
        ("5502", "02", "Z1", "2018-04", "10"),
    )
    assert found["uitvoerder", "Menzis", TOTAL, None, None] is None
    assert found["group", TOTAL, TOTAL, "stay", None] is None
    assert found["uitvoerder", "De Friesland", TOTAL, None, None] == 1


def test_meerzorg_is_in_no_group():
    found = providers(("5501", "01", "Z1", "2018-04", "10"), ("5501", "02", "M1", "2018-04", "10"))
    assert found["uitvoerder", "Menzis", TOTAL, None, None] == 2
    assert found["group", "Menzis", TOTAL, "stay", None] == 1


def test_holders_are_those_of_the_latest_stand():
    rows = [
        (date(2018, 3, 31), "5501", 2018, 40),
        (date(2018, 4, 30), "5501", 2018, 7),
        (date(2018, 4, 30), "5501", 2019, 7),  # the same people, in the budget of next year
        (date(2018, 4, 30), "5505", 2018, 30),
        (date(2018, 3, 31), "5502", 2018, 9),
    ]
    grants = pl.DataFrame(
        [(date(2018, 5, 2), day, code, year, *[Decimal(0)] * 3, count, 0) for day, code, year, count in rows],
        schema=PGB_VERLENINGEN.schema,
        orient="row",
    )
    counted = count_holders(assign_regions(grants, CROSSWALK, REGIONS, on="reference_date"))
    assert set(counted["part"]) == {"pgb"}
    assert cells_of(counted, "holders_count") == {
        region("Menzis", "Groningen"): 7,
        region("Menzis", "Twente"): 30,
        region("De Friesland", "Friesland"): 9,
        uitvoerder("Menzis"): 37,
        uitvoerder("De Friesland"): 9,
        ("national", TOTAL, TOTAL, None): 46,
    }


# ---- what is left out --------------------------------------------------------------------------------------------


def amounts(**groups: dict[str, dict[str, float]]) -> pl.DataFrame:
    """Scenario → zorgkantoor → prestatie → euro: UTILISATION and REVENUE of zin, as ``list_amounts`` has them."""
    coded = [
        (scenario, code, prestatie, Decimal(str(euro)))
        for scenario, places in groups.items()
        for code, prestaties in places.items()
        for prestatie, euro in prestaties.items()
    ]
    placed = pl.DataFrame(
        [(s, PLACES[code][0], PLACES[code][1], prestatie, euro) for s, code, prestatie, euro in coded],
        schema={
            "scenario": pl.String, "zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String,
            "prestatiecode": pl.String, "forecast_amount_eur": EUR,
        },
        orient="row",
    )  # fmt: skip
    total = pl.lit(TOTAL)
    levels = [
        placed.with_columns(level=pl.lit("region")),
        placed.with_columns(level=pl.lit("uitvoerder"), zorgkantoorregio=total),
        placed.with_columns(level=pl.lit("national"), zorgkantoorregio=total, wlz_uitvoerder=total),
    ]
    utilisation = (
        pl.concat(levels)
        .group_by("scenario", "level", "wlz_uitvoerder", "zorgkantoorregio")
        .agg(expected_excl_extra_eur=pl.col("forecast_amount_eur").sum())
        .with_columns(part=pl.lit("zin"), extra_items_eur=0, declared_to_date_eur=0, granted_to_date_eur=None)
    )
    return list_amounts(utilisation, placed.with_columns(in_base=pl.lit(True)), PRESTATIES)


def many(code: str, prestatie: str, count: int) -> list[tuple[str, str | None, str, str, str]]:
    """Claims of ``count`` providers."""
    return [(code, f"{prestatie}{code}{number}", prestatie, "2018-04", "10") for number in range(count)]


NO_HOLDERS = pl.DataFrame(
    schema={
        **dict.fromkeys(
            ("level", "part", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode"), pl.String
        ),
        "holders_count": pl.Int64,
    }
)
LETTER = {"5501": {"Z1": 500.0, "H1": 300.0}, "5502": {"Z1": 400.0, "H1": 200.0}, "5505": {"Z1": 90.0, "H1": 60.0}}
ENOUGH = [row for code in PLACES for prestatie in ("Z1", "H1") for row in many(code, prestatie, 3)]


def pattern(rows: list, listed: pl.DataFrame | None = None, holders: pl.DataFrame = NO_HOLDERS) -> pl.DataFrame:
    listed = amounts(letter=LETTER) if listed is None else listed
    scenarios = sorted(set(listed["scenario"]), reverse=True)
    return suppress_report(listed, count_providers(claims(*rows), PRESTATIES), holders, scenarios, LIMITS)


def left_out(found: pl.DataFrame, why: str) -> set:
    return set(cells_of(found.filter(pl.col("level") != "series", suppression=why).with_columns(n=0), "n"))


def series_out(found: pl.DataFrame) -> set[tuple[str, str]]:
    out = found.filter(pl.col("suppression").is_not_null(), level="series")
    return set(out.select("wlz_uitvoerder", "prestatiecode").iter_rows())


def test_three_providers_are_enough_and_two_are_not():
    assert pattern(ENOUGH)["suppression"].null_count() == pattern(ENOUGH).height
    fewer = [row for row in ENOUGH if row[1] != "Z155022"]  # the third provider of Z1 in Friesland
    found = pattern(fewer)
    assert left_out(found, "primary") == {group("De Friesland", "stay")}
    assert left_out(found, "secondary") == {
        group("De Friesland", "help"),
        group("Menzis", "stay"),
        group("Menzis", "help"),
    }
    assert series_out(found) == {("De Friesland", "Z1")}  # a series has no total: primary only


def test_the_table_follows_its_contract():
    vintage = {"delivery_month": pl.lit(MAY), "budget_year": 2018, "scenario": pl.lit("letter")}
    stamped = pattern(ENOUGH).with_columns(**vintage)
    assert conform(stamped.select(CELL_SUPPORT.column_names), CELL_SUPPORT).height == stamped.height


def test_a_cell_without_claims_rests_on_nobody_unless_it_is_empty():
    rows = [row for row in ENOUGH if row[0] != "5505"]
    nothing = LETTER | {"5505": {"Z1": 0.0, "H1": 0.0}}
    twente = region("Menzis", "Twente")
    assert twente in left_out(pattern(rows), "primary")
    shown = pattern(rows, amounts(letter=nothing))
    assert shown["suppression"].null_count() == shown.height
    assert shown.filter(zorgkantoorregio="Twente")["providers_count"].to_list() == [0]


def test_an_empty_cell_is_never_left_out_to_protect_another():
    """Twente is empty: it cannot stand in for Groningen, so the total of Menzis must go too."""
    listed = amounts(letter=LETTER | {"5505": {"Z1": 0.0, "H1": 0.0}})
    gone = ("Z155011", "Z155012", "H155010", "H155011", "H155012")
    fewer = [row for row in ENOUGH if row[0] != "5505" and row[1] not in gone]
    found = pattern(fewer, listed)
    assert region("Menzis", "Groningen") in left_out(found, "primary")
    assert region("Menzis", "Twente") not in left_out(found, "secondary")


def test_an_unknown_number_hides_groups_and_series_and_no_totals_of_places():
    found = pattern([(code, None, prestatie, month, euro) for code, _, prestatie, month, euro in ENOUGH])
    of_places = found.filter(pl.col("level").is_in(["region", "uitvoerder", "national"]))
    assert of_places["suppression"].null_count() == of_places.height
    assert set(found.filter(pl.col("level").is_in(["group", "series"]))["suppression"]) == {"primary"}
    assert found["providers_count"].null_count() == found.height


def test_an_unknown_group_is_protected_by_other_groups_only():
    """One prestatie of Friesland without provider: its groups and the national ones go, totals of places stay."""
    rows = [(c, None if (c, p) == ("5502", "Z1") else agb, p, m, e) for c, agb, p, m, e in ENOUGH]
    found = pattern(rows)
    # The national group holds the same claims, so its number is unknown too.
    assert left_out(found, "primary") == {group("De Friesland", "stay"), group(TOTAL, "stay")}
    assert left_out(found, "secondary") == {group("De Friesland", "help"), group(TOTAL, "help")}


def test_holders_decide_about_pgb():
    rows = [
        (*region("Menzis", "Groningen")[:3], 500.0, 10),
        (*region("Menzis", "Twente")[:3], 90.0, 9),
        (*region("De Friesland", "Friesland")[:3], 400.0, 10),
        (*uitvoerder("Menzis")[:3], 590.0, 19),
        (*uitvoerder("De Friesland")[:3], 400.0, 10),
        ("national", TOTAL, TOTAL, 990.0, 29),
    ]
    listed = pl.DataFrame(
        [
            (level, "pgb", name, place, None, None, count, "letter", euro, False)
            for level, name, place, euro, count in rows
        ],
        schema={**NO_HOLDERS.schema, "scenario": pl.String, "amount_eur": pl.Float64, "is_empty": pl.Boolean},
        orient="row",
    )
    holders = listed.select(NO_HOLDERS.columns)
    found = pattern(ENOUGH, listed.drop("holders_count"), holders)
    assert left_out(found, "primary") == {region("Menzis", "Twente")}
    assert left_out(found, "secondary") == {region("Menzis", "Groningen")}
    assert found["providers_count"].null_count() == found.height


def test_the_pattern_protects_in_every_scenario():
    """In low the other group of Friesland is too small to hide behind: its total goes, and in letter with it."""
    fewer = [row for row in ENOUGH if row[1] != "Z155022"]
    low = LETTER | {"5502": {"Z1": 400.0, "H1": 1.0}}
    listed = amounts(letter=LETTER, low=low)
    found = pattern(fewer, listed)
    total = uitvoerder("De Friesland")
    assert total not in left_out(pattern(fewer), "secondary")
    assert total in left_out(found, "secondary")
    hidden = left_out(found, "primary") | left_out(found, "secondary")
    for scenario in ("letter", "low"):
        shown = cells_of(listed.filter(pl.col("level") != "series", scenario=scenario), "amount_eur")
        ranges = work_out(shown, printed_sums(shown), hidden)
        stay = group("De Friesland", "stay")
        assert is_protected(ranges[stay], shown[stay], LIMITS["suppression_protection_ratio"])
