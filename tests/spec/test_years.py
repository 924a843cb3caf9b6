"""What a budget year needs (`wlz year check`): per thing a state and the euro that rest on it, by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from wlz.known.assumptions import OF_A_YEAR, Assumption
from wlz.known.reference import TARIFF_SCHEMA
from wlz.known.scenarios import Scenario
from wlz.known.year_facts import YearFacts
from wlz.known.years import NEEDS, Line, check_year, describe_lines

YEAR = 2026
D = Decimal


def number(state: str = "stated", value: float | None = 0.86) -> Assumption:
    return Assumption(value, "factor", 0.0, 1e9, "letter", date(2026, 1, 5), state, "2026.toml")


def claims(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """(zorgkantoor, prestatie, care month, euro)."""
    schema = {"zorgkantoor_code": pl.String, "prestatiecode": pl.String, "care_month": pl.String, "amount": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select(
        "zorgkantoor_code",
        "prestatiecode",
        (pl.col("care_month") + "-01").str.to_date("%Y-%m-%d"),
        pl.col("amount").cast(pl.Decimal(18, 2)).alias("amount_eur"),
    )


# 2025: 100 of Z025 and 40 of the crisis code Z110 in 5501, 60 of Z025 in 5502; in 2026 only 5501 has claimed Z025.
CLAIMS = claims(
    ("5501", "Z025", "2025-03", "100.00"),
    ("5501", "Z110", "2025-04", "40.00"),
    ("5502", "Z025", "2025-05", "60.00"),
    ("5501", "Z025", "2026-01", "9.00"),
)
KADER = pl.DataFrame(
    {
        "stand_date": [date(2026, 1, 1), date(2026, 4, 1), date(2026, 4, 1)],
        "zorgkantoor_code": ["5501", "5501", "5502"],
        "budget_year": [2026] * 3,
        "zin_budget_eur": [D("1.00"), D("150.00"), D("70.00")],
        "pgb_budget_eur": [D("1.00"), D("30.00"), D("20.00")],
    }
)
STANDS = pl.DataFrame(
    {
        "reference_date": [date(2025, 12, 31), date(2026, 3, 31), date(2026, 3, 31)],
        "zorgkantoor_code": ["5501", "5501", "5502"],
        "budget_year": [2025, 2026, 2026],
        "granted_eur": [D("10.00"), D("12.00"), D("18.00")],
    }
)


def agreed(*years: int) -> pl.DataFrame:
    return pl.DataFrame({"year": list(years), "prestatiecode": ["Z110"] * len(years)})


def tariffs(*rows: tuple[int, str, float]) -> pl.DataFrame:
    schema = {"year": pl.Int32, "prestatiecode": pl.String, "max_tariff_excl_eur_per_unit": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


DELIVERED = {
    "declaraties": CLAIMS,
    "kader": KADER,
    "pgb_verleningen": STANDS,
    "beleidsregelwaarden": tariffs(*((year, code, 9.0) for year in (2025, 2026) for code in ("Z025", "Z110"))),
    "herschikking": agreed(2025),
    "nacalculatie": agreed(2023, 2024, 2025),
    "na_ijl": pl.DataFrame({"reference_year": [2024, 2024], "lag_percentage": [0.5, 1.5]}),
    "hulpmiddelen": pl.DataFrame({"month": [date(2025, 7, 1), date(2026, 1, 1)], "amount_eur": [D("5.00"), D("7.00")]}),
    "indicaties": pl.DataFrame({"month": [date(2026, 2, 1)]}),
}
REGIONS = pl.DataFrame(
    {
        "zorgkantoorregio": ["Groningen", "Friesland"],
        "wlz_uitvoerder": ["Menzis", "De Friesland"],
        "valid_from": [date(2015, 1, 1)] * 2,
        "valid_to": pl.Series([None, None], dtype=pl.Date),
    }
)
COMPLETE = YearFacts(
    year=YEAR,
    file="reference/assumptions/2026.toml",
    has_file=True,
    from_year=2019,
    numbers={name: number() for name in OF_A_YEAR},
    scenarios=[Scenario("letter", "S004", "ets_select", None, 0.0, False)],
    rounds={},
    nhc_growin=pl.DataFrame(schema={"year": pl.Int32, "nhc_paid_ratio": pl.Float64}),
    pack="mine",
    pack_years=(2015, 2026),
    prestaties=pl.DataFrame(
        {
            "prestatiecode": ["Z025", "Z110", "ZMZ01"],
            "is_crisis": [False, True, False],
            "is_meerzorg": [False, False, True],
            "valid_to": pl.Series([None, None, None], dtype=pl.Date),
        }
    ),
    crosswalk=pl.DataFrame(
        {
            "zorgkantoor_code": ["5501", "5502"],
            "zorgkantoorregio": ["Groningen", "Friesland"],
            "valid_from": [date(2015, 1, 1)] * 2,
            "valid_to": pl.Series([None, None], dtype=pl.Date),
        }
    ),
    regions=REGIONS,
    settled_years=(2023, 2024, 2025),
    delivered=DELIVERED,
)


def check(facts: YearFacts) -> dict[str, Line]:
    return {line.need: line for line in check_year(facts)}


def with_delivered(**changed: pl.DataFrame | None) -> YearFacts:
    left = {kind: frame for kind, frame in {**DELIVERED, **changed}.items() if frame is not None}
    return replace(COMPLETE, delivered=left)


def test_a_year_of_which_everything_is_stated_has_nothing_open():
    lines = check(COMPLETE)
    assert {line.state for line in lines.values()} == {"there"}
    assert not any(line.is_open or line.next_step for line in lines.values())
    assert describe_lines(YEAR, list(lines.values()))["everything_stated"] is True
    assert "names" not in lines  # nothing is unread
    assert "indicaties" not in lines  # no scenario uses them


def test_the_euro_that_rest_on_each_thing():
    """The year before: 100 + 40 + 60 = 200. Without own price: Z110 of 5501 (40) and Z025 of 5502 (60) = 100."""
    found = {name: line.at_stake_eur for name, line in check(COMPLETE).items()}
    assert found == {
        "assumptions": 200.0,
        "brutering_factor": 20.0,  # pgb kader 30 + 20, granted 12 + 18
        "redistribution_reserve_eur": 0.86,  # the reserve itself
        "aids_reserve_eur": 0.86,
        "scenarios": 200.0,
        "rounds": None,
        "shares of NHC and NIC in 2025": 200.0,
        "codes": 0.0,
        "roles": 40.0,
        "regions of the codes": 200.0,
        "uitvoerders of the regions": 200.0,
        "declaraties": 200.0,
        "kader of 2026": 270.0,  # 150 + 30 + 70 + 20, the last stand of each
        "pgb_verleningen": 30.0,
        "beleidsregelwaarden of 2026": 100.0,
        "beleidsregelwaarden of 2025": 100.0,
        "herschikking of 2025": 100.0,
        "nacalculatie": 40.0,
        "na_ijl": 2.0,  # 1 % on average
        "hulpmiddelen": 5.0,
    }


def test_a_year_nobody_wrote_a_file_for():
    lines = check(replace(COMPLETE, has_file=False, numbers={}))
    file = lines["assumptions"]
    assert (file.state, file.without_it, file.is_open) == ("missing", "a run stops", True)
    assert file.next_step == "wlz year new 2026 --from 2019"
    assert [name for name, line in lines.items() if line.is_open] == ["assumptions", *OF_A_YEAR]


@pytest.mark.parametrize(
    ("one", "state", "without_it", "words"),
    [
        (number("taken over"), "taken over", "figures move", "0.86 factor (letter)"),
        (number("unknown"), "missing", "figures move", "unknown, 0.86 factor (letter)"),
        (number("unknown", None), "missing", "a run stops", "unknown, no value (letter)"),
        (None, "missing", "a run stops", "not in reference/assumptions/2026.toml"),
    ],
)
def test_a_number_that_is_not_stated_says_whether_a_run_stops(one, state, without_it, words):
    numbers = {**COMPLETE.numbers, "brutering_factor": one}
    line = check(replace(COMPLETE, numbers={name: kept for name, kept in numbers.items() if kept}))["brutering_factor"]
    assert (line.state, line.without_it, line.found, line.is_open) == (state, without_it, words, True)
    assert line.next_step == "state brutering_factor with its source in reference/assumptions/2026.toml"


def test_without_deliveries_they_are_not_looked_at_and_open_nothing():
    lines = check(replace(COMPLETE, delivered=None))
    apart = {name for name, line in lines.items() if line.state == "not looked at"}
    assert apart == {need.name.format(year=2026, before=2025) for need in NEEDS if need.is_delivered}
    assert not any(line.is_open for line in lines.values())
    assert lines["codes"].at_stake_eur is None
    assert lines["assumptions"].at_stake_eur is None


@pytest.mark.parametrize(
    ("kind", "need", "found", "euro", "is_open"),
    [
        ("declaraties", "declaraties", "not delivered", None, True),
        ("kader", "kader of 2026", "not delivered", 200.0, True),
        ("pgb_verleningen", "pgb_verleningen", "not delivered", 50.0, True),
        ("beleidsregelwaarden", "beleidsregelwaarden of 2026", "not delivered", 100.0, True),
        ("beleidsregelwaarden", "beleidsregelwaarden of 2025", "not delivered", 100.0, True),
        ("herschikking", "herschikking of 2025", "not delivered", 100.0, True),
        ("nacalculatie", "nacalculatie", "not of 2023, 2024", 40.0, True),  # of 2025 agreements will do
        ("na_ijl", "na_ijl", "not delivered", None, True),
        ("hulpmiddelen", "hulpmiddelen", "not delivered", None, False),
    ],
)
def test_every_kind_that_is_not_delivered_is_missing(kind, need, found, euro, is_open):
    line = check(with_delivered(**{kind: None}))[need]
    assert (line.state, line.found, line.at_stake_eur, line.is_open) == ("missing", found, euro, is_open)
    assert kind in line.next_step


@pytest.mark.parametrize(
    ("changed", "need", "state", "found", "euro"),
    [
        ({"kader": KADER.with_columns(budget_year=2025)}, "kader of 2026", "missing", "delivered of 2025 only", 200.0),
        ({"pgb_verleningen": STANDS.head(1)}, "pgb_verleningen", "taken over", "stands to 2025-12-31", 10.0),
        ({"beleidsregelwaarden": tariffs((2025, "Z025", 9.0), (2026, "Z025", 9.0))}, "beleidsregelwaarden of 2026",
         "missing", "1 prestatie; none for Z110", 40.0),
        ({"beleidsregelwaarden": tariffs((2025, "Z025", 9.0), (2026, "Z025", 0.0))}, "beleidsregelwaarden of 2026",
         "missing", "0 prestaties; none for Z025, Z110", 100.0),
        ({"herschikking": agreed(2017)}, "herschikking of 2025", "missing", "delivered of 2017 only", 100.0),
        ({"na_ijl": DELIVERED["na_ijl"].with_columns(reference_year=2016)}, "na_ijl", "missing",
         "delivered of 2016 only", None),
    ],
)  # fmt: skip
def test_a_delivery_of_another_year_is_not_that_of_this_one(changed, need, state, found, euro):
    line = check(with_delivered(**changed))[need]
    assert (line.state, line.found, line.at_stake_eur) == (state, found, euro)
    assert line.is_open


def test_what_moves_no_euro_is_missing_but_not_open():
    """Everything of the year before is claimed in the year too: no price comes from tariffs or agreements."""
    both = pl.concat([CLAIMS, claims(("5501", "Z110", "2026-01", "1.00"), ("5502", "Z025", "2026-01", "1.00"))])
    line = check(with_delivered(declaraties=both, beleidsregelwaarden=None))["beleidsregelwaarden of 2026"]
    assert (line.state, line.at_stake_eur, line.is_open) == ("missing", 0.0, False)


def test_a_list_of_codes_that_does_not_vouch_for_the_year():
    """9 + 2 of 2026 are claimed, 2 of a code nobody knows: they would be set apart."""
    line = check(replace(COMPLETE, pack_years=(2015, 2019)))["codes"]
    assert (line.state, line.at_stake_eur, line.is_open) == ("taken over", 0.0, False)
    unknown = pl.concat([CLAIMS, claims(("5501", "ZN103", "2026-01", "2.00"))])
    line = check(replace(with_delivered(declaraties=unknown), pack_years=(2015, 2019)))["codes"]
    assert (line.state, line.at_stake_eur, line.is_open) == ("taken over", 2.0, True)
    assert line.found == "pack mine vouches for 2015 to 2019; claimed and unknown or ended: ZN103"


def test_a_code_that_ended_counts_as_one_the_list_does_not_have():
    ended = COMPLETE.prestaties.with_columns(valid_to=pl.lit(date(2025, 12, 31)))
    assert check(replace(COMPLETE, prestaties=ended, pack_years=(2015, 2019)))["codes"].at_stake_eur == 9.0


def test_a_list_without_a_role():
    none = COMPLETE.prestaties.with_columns(is_meerzorg=False)
    line = check(replace(COMPLETE, prestaties=none))["roles"]
    assert (line.state, line.found) == ("missing", "crisis 1 code, meerzorg 0 codes")


def test_a_code_that_ends_and_a_region_without_one():
    ending = COMPLETE.crosswalk.with_columns(valid_to=pl.Series([None, date(2026, 7, 1)]))
    line = check(replace(COMPLETE, crosswalk=ending))["regions of the codes"]
    assert (line.state, line.found) == ("missing", "2 codes on 2026-01-01; no code for Friesland")
    other = COMPLETE.crosswalk.with_columns(zorgkantoor_code=pl.Series(["5509", "5502"]))
    line = check(replace(COMPLETE, crosswalk=other))["regions of the codes"]
    assert (line.state, line.at_stake_eur, line.is_open) == ("missing", 9.0, True)
    assert line.found == "2 codes on 2026-01-01; claimed by codes not valid then: 5501"


def test_uitvoerders_without_dates_are_those_of_2018():
    undated = replace(COMPLETE, regions=REGIONS.drop("valid_from", "valid_to"))
    line = check(undated)["uitvoerders of the regions"]
    assert (line.state, line.is_open) == ("taken over", True)
    assert line.found == "2 regions of 2 uitvoerders, without dates: those of 2018"
    assert check(replace(undated, year=2018))["uitvoerders of the regions"].state == "there"
    nobody = REGIONS.with_columns(wlz_uitvoerder=pl.Series([None, "CZ"]))
    assert check(replace(COMPLETE, regions=nobody))["uitvoerders of the regions"].state == "missing"


def test_shares_by_rule_as_stated_and_missing():
    name = "shares of NHC and NIC in 2025"
    assert check(COMPLETE)[name].found == "NHC 100 %, NIC 100 %, by rule from 2018 on"
    stated = pl.DataFrame(
        {"year": [2025], "nhc_paid_ratio": [0.85]}, schema={"year": pl.Int32, "nhc_paid_ratio": pl.Float64}
    )
    assert check(replace(COMPLETE, nhc_growin=stated))[name].found == "NHC 85 %, NIC 100 %, stated"
    line = check(replace(COMPLETE, year=2017))["shares of NHC and NIC in 2016"]
    assert (line.state, line.without_it, line.is_open) == ("missing", "a run stops", True)


def test_rounds_scenarios_and_names():
    rounds = {"reference/rounds/2026-02.toml": 0, "reference/rounds/2026-05.toml": 4}
    facts = replace(COMPLETE, rounds=rounds, scenarios=[], unread=["old_threshold"])
    lines = check(facts)
    assert (
        lines["rounds"].found
        == "reference/rounds/2026-02.toml says nothing yet; reference/rounds/2026-05.toml 4 cut-offs"
    )
    assert (lines["scenarios"].state, lines["scenarios"].without_it) == ("missing", "a run stops")
    assert (lines["names"].state, lines["names"].found, lines["names"].is_open) == (
        "passed over", "nothing reads old_threshold", False,
    )  # fmt: skip


def test_indications_are_asked_for_by_a_scenario_that_uses_them():
    using = [*COMPLETE.scenarios, Scenario("indications", "x", "", "base", 0.0, True)]
    assert check(replace(COMPLETE, scenarios=using))["indicaties"].state == "there"
    line = check(replace(with_delivered(indicaties=None), scenarios=using))["indicaties"]
    assert (line.state, line.without_it, line.is_open) == ("missing", "a part is left out", False)


def test_a_file_that_cannot_be_read_says_why():
    why = "2026-05/kader.csv, row 3: found 'x', expected a number. Likely an export. Next: mend the file."
    line = check(replace(with_delivered(kader=None), unreadable={"kader": why}))["kader of 2026"]
    assert (line.state, line.found, line.next_step, line.is_open) == ("missing", why, "", True)


def test_a_large_number_is_written_out():
    numbers = {**COMPLETE.numbers, "aids_reserve_eur": number(value=135_000_000)}
    line = check(replace(COMPLETE, numbers=numbers))["aids_reserve_eur"]
    assert (line.found, line.at_stake_eur) == ("135,000,000 factor (letter)", 135_000_000)


def of_pack(*rows: tuple[int, str, float]) -> pl.DataFrame:
    """Tariffs of the list of codes: year, prestatie, maximum per day."""
    listed = [(year, code, "14", euro, 0.0, 0.0) for year, code, euro in rows]
    return pl.DataFrame(listed, schema=TARIFF_SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("delivered", "found"),
    [
        (None, "2 prestaties, 2 of pack mine"),
        (tariffs((2026, "Z025", 9.0)), "2 prestaties, 1 of pack mine"),
        (DELIVERED["beleidsregelwaarden"], "2 prestaties"),
    ],
)
def test_tariffs_of_the_pack_stand_in_where_none_was_delivered(delivered, found):
    """Prices take them as well: what a run would do without tells nothing then."""
    facts = replace(
        with_delivered(beleidsregelwaarden=delivered), tariffs=of_pack((2026, "Z025", 8.0), (2026, "Z110", 8.0))
    )
    line = check(facts)["beleidsregelwaarden of 2026"]
    assert (line.state, line.found, line.is_open) == ("there", found, False)


def test_a_pack_with_tariffs_of_another_year_does_not_stand_in():
    facts = replace(with_delivered(beleidsregelwaarden=None), tariffs=of_pack((2019, "Z025", 8.0)))
    line = check(facts)["beleidsregelwaarden of 2026"]
    assert (line.state, line.found, line.at_stake_eur) == ("missing", "not delivered", 100.0)
