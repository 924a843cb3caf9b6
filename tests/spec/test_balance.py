"""Delivered = used + set apart + superseded + left out by a named rule: rows and euro of every kind, to the cent."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.intake.quarantine import split_rows
from tests.lists import LISTS
from tests.spec.small_round import CARE_MONTHS, MAY, claims, known_of
from warehouse.lake import settle_tables
from warehouse.settings import load_scenarios
from warehouse.tables.bounds import OUTLOOK
from warehouse.tables.deliveries import DELIVERY_REGISTER, KINDS
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.volumes import BACKTEST
from wlz.advice import Advice, compute_advice
from wlz.balance.balance import NOT_READ, TRACES, balance_deliveries, find_unexplained, trace_rows
from wlz.balance.traced import AMOUNT_COLUMNS
from wlz.known.knowledge import Known
from wlz.known.rounds import choose_deliveries, make_round
from wlz.known.scenarios import LETTER
from wlz.words.vocabulary import MONEY

GRONINGEN, FRIESLAND = "5501", "5502"
PLACES = [GRONINGEN, FRIESLAND, "5505"]
DAY = date(2018, 5, 2)
LETTER_ONLY = [one for one in load_scenarios(2018)[0] if one.name == LETTER]
NOTHING_LEARNT = pl.DataFrame(schema={"delivery_id": pl.String, "learnt_as": pl.String, "learnt_eur": MONEY})
YEARS = [2014, 2015, 2016, 2017, 2018, 2019]
CODES = ["Z041", "Z025", "Z110", "ZMZTL", "Z490", "H104", "Z999"]  # the last one is in no list
UNITS = ["14", "14", "01", "04", "99"]  # the last one is no unit of the Wlz


def frame(kind: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows in contract columns; what a row does not say has a value that means nothing."""
    plain: dict[str, Any] = {"agb_code": None, "includes_nhc_nic": "nee", "delivery_date": DAY}
    columns = KINDS[kind].schema
    nothing = {name: plain.get(name, 0 if dtype.is_numeric() else None) for name, dtype in columns.items()}
    filled = [nothing | row for row in rows]
    return pl.DataFrame(filled, schema=columns, strict=False)


def unique(kind: str, found: pl.DataFrame) -> pl.DataFrame:
    """One row per key: check D03 refuses other deliveries."""
    return found.unique(KINDS[kind].key, keep="first", maintain_order=True)


EURO = st.integers(-(10**7), 10**9).map(lambda cents: Decimal(cents) / 100)
POSITIVE = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "declaraties": st.fixed_dictionaries(
        {
            "zorgkantoor_code": st.sampled_from(PLACES),
            "prestatiecode": st.sampled_from([code for code in CODES if code != "H104"]),
            "care_month": st.sampled_from([*CARE_MONTHS[::7], *CARE_MONTHS[-3:]]),
            "unit_code": st.sampled_from(["14", "14", "99"]),
            "volume": st.sampled_from([-5.0, 0.0, 5.0, 10.0]),
            "amount_eur": EURO,
        }
    ),
    "herschikking": st.fixed_dictionaries(
        {
            "year": st.sampled_from(YEARS),
            "zorgkantoor_code": st.sampled_from(PLACES),
            "prestatiecode": st.sampled_from(CODES),
            "unit_code": st.sampled_from(UNITS),
            "volume": st.sampled_from([-5.0, 0.0, 100.0, 1200.0]),
            "amount_eur": EURO,
        }
    ),
    "beleidsregelwaarden": st.fixed_dictionaries(
        {
            "year": st.sampled_from(YEARS),
            "prestatiecode": st.sampled_from(CODES),
            "unit_code": st.sampled_from(UNITS),
            "max_tariff_excl_eur_per_unit": st.sampled_from([0.0, 10.0, 88.66]),
        }
    ),
    "kader": st.fixed_dictionaries(
        {
            "stand_date": st.sampled_from([date(2018, 1, 15), date(2018, 5, 15)]),
            "zorgkantoor_code": st.sampled_from(PLACES),
            "budget_year": st.sampled_from([2017, 2018, 2018, 2019]),
            "zin_budget_eur": POSITIVE,
            "pgb_budget_eur": POSITIVE,
        }
    ),
    "pgb_verleningen": st.fixed_dictionaries(
        {
            "reference_date": st.sampled_from(
                [date(year, month, day) for year in (2015, 2016, 2017, 2018) for month in (1, 2, 3) for day in (1, 28)]
            ),
            "zorgkantoor_code": st.sampled_from(PLACES),
            "budget_year": st.sampled_from([2016, 2017, 2018]),
            "granted_eur": POSITIVE,
        }
    ),
    "na_ijl": st.fixed_dictionaries(
        {
            "reference_year": st.sampled_from([2013, 2014, 2015, 2016, 2017]),
            "wlz_uitvoerder": st.sampled_from(["Menzis", "De Friesland", "5501", "Nobody", "MENZIS "]),
            "lag_percentage": st.sampled_from([-0.1, 0.0, 0.1]),
        }
    ),
    "hulpmiddelen": st.fixed_dictionaries(
        {
            "month": st.sampled_from([*CARE_MONTHS[::5], date(2018, 3, 1), date(2019, 2, 1)]),
            "aid_kind": st.sampled_from(["mobiliteit", "persoonsgebonden"]),
            "amount_eur": POSITIVE,
        }
    ),
    "overhevelingen": st.fixed_dictionaries(
        {"transfer_date": st.sampled_from([DAY]), "budget_year": st.sampled_from([2018]), "amount_eur": POSITIVE}
    ),
    "indicaties": st.fixed_dictionaries(
        {
            "month": st.sampled_from(CARE_MONTHS[::3]),
            "zorgkantoor_code": st.sampled_from(PLACES),
            "sector": st.sampled_from(["VV", "GZ"]),
            "indication_count": st.integers(0, 50),
        }
    ),
    "afspraken": st.fixed_dictionaries(
        {"year": st.sampled_from(YEARS), "zorgkantoor_code": st.sampled_from(PLACES), "agreed_revenue_eur": POSITIVE}
    ),
}
ROWS["nacalculatie"] = ROWS["herschikking"]
DELIVERIES = st.fixed_dictionaries({kind: st.lists(rows, max_size=25) for kind, rows in ROWS.items()})


def enough() -> dict[str, pl.DataFrame]:
    """What every advice needs: care, a kader and stands of each place."""
    return {
        "declaraties": pl.concat([claims({"Z041": (100, 10.0), "ZMZTL": (3, 9.0)}, code) for code in PLACES]),
        "kader": frame("kader", [
            {"stand_date": date(2018, 5, 15), "zorgkantoor_code": code, "budget_year": 2018,
             "zin_budget_eur": Decimal(20_000), "pgb_budget_eur": Decimal(500)} for code in PLACES
        ]),
        "pgb_verleningen": frame("pgb_verleningen", [
            {"reference_date": date(month.year, month.month, 28), "zorgkantoor_code": code, "budget_year": month.year,
             "granted_eur": Decimal(400)} for code in PLACES for month in CARE_MONTHS[-20:]
        ]),
    }  # fmt: skip


def deliver(random: Mapping[str, list[dict[str, Any]]]) -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame]]:
    """What was delivered, and of that what the door keeps: unknown codes and units are set apart there."""
    base = enough()
    kinds = {**{kind: [] for kind in base}, **random}
    delivered = {
        kind: unique(kind, pl.concat([base.get(kind, KINDS[kind].empty()), frame(kind, rows)]))
        for kind, rows in kinds.items()
    }
    kept = {
        kind: split_rows(rows, KINDS[kind], LISTS.known_codes, LISTS.known_units, (), LISTS.ended)[0]
        for kind, rows in delivered.items()
    }
    return delivered, kept


def advise(kept: Mapping[str, pl.DataFrame]) -> tuple[Known, Advice]:
    """The line in memory, scenario letter, without bounds."""
    known = known_of(kept, LETTER_ONLY)
    given = {"backtest": BACKTEST.empty(), "completed_series": COMPLETED_SERIES.empty()}
    advice = compute_advice(known, settle_tables(known), ["utilisation", "aids"], given)
    advice["utilisation_outlook"] = OUTLOOK.empty()
    return known, advice


def register_of(delivered: Mapping[str, pl.DataFrame], kept: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The register as the intake writes it."""
    rows = []
    for kind, frame_of in delivered.items():
        has_euro = "amount_eur" in frame_of.columns
        total, used = (one["amount_eur"].sum() if has_euro else 0 for one in (frame_of, kept[kind]))
        rows.append(
            {
                **dict.fromkeys(DELIVERY_REGISTER.column_names),
                "delivery_id": f"{kind}-1", "kind": kind, "delivery_month": MAY, "received_on": DAY,
                "registered_at": datetime(2018, 5, 3), "delivery_status": "accepted", "rows_count": frame_of.height,
                "amount_eur": total if has_euro else None, "quarantined_count": frame_of.height - kept[kind].height,
                "quarantined_eur": Decimal(total) - Decimal(used),
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=DELIVERY_REGISTER.schema, strict=False)


def balance(
    delivered: Mapping[str, pl.DataFrame], kept: Mapping[str, pl.DataFrame], known: Known, advice: Advice
) -> pl.DataFrame:
    register, in_may = register_of(delivered, kept), make_round(MAY)
    traced = {kind: trace_rows(known, advice, kind) for kind in delivered}
    return balance_deliveries(register, choose_deliveries(register, in_may, KINDS), in_may, traced, NOTHING_LEARNT)


def euro_of(kind: str, rows: pl.DataFrame) -> Decimal | None:
    columns = AMOUNT_COLUMNS.get(kind)
    return sum((rows[name].sum() for name in columns), Decimal(0)) if columns else None


def test_every_kind_has_a_trace_or_is_read_by_nothing():
    assert {*TRACES} | {*NOT_READ} == {*KINDS}
    assert not {*TRACES} & {*NOT_READ}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(DELIVERIES)
def test_any_deliveries_add_up_whatever_their_keys(random) -> None:
    """Unknown codes, units, names, years, stands: every row has a fate and a rule, every cent is somewhere."""
    delivered, kept = deliver(random)
    told = balance(delivered, kept, *advise(kept))
    assert find_unexplained(told).to_dicts() == []
    for kind, rows in delivered.items():
        of_kind = told.filter(kind=kind)
        assert of_kind["fate_rows_count"].sum() == rows.height, kind
        if rows.height and euro_of(kind, rows) is not None:
            assert of_kind["fate_eur"].sum() == euro_of(kind, rows), kind


FULL = {
    "herschikking": [
        {"year": 2017, "zorgkantoor_code": GRONINGEN, "prestatiecode": "ZMZTL", "unit_code": "14", "volume": 10.0,
         "amount_eur": Decimal("90.10")},
    ],
    "nacalculatie": [
        {"year": 2016, "zorgkantoor_code": GRONINGEN, "prestatiecode": "ZMZTL", "unit_code": "14", "volume": 10.0,
         "amount_eur": Decimal("80.20")},
        {"year": 2016, "zorgkantoor_code": GRONINGEN, "prestatiecode": "Z041", "unit_code": "14", "volume": 10.0,
         "amount_eur": Decimal("70.30")},
    ],
    "beleidsregelwaarden": [
        {"year": 2018, "prestatiecode": "Z041", "unit_code": "14", "max_tariff_excl_eur_per_unit": 11.0},
    ],
    "na_ijl": [{"reference_year": 2016, "wlz_uitvoerder": "Menzis", "lag_percentage": 0.1}],
    "hulpmiddelen": [{"month": date(2018, 3, 1), "aid_kind": "mobiliteit", "amount_eur": Decimal("12.34")}],
}  # fmt: skip


@pytest.fixture(scope="module")
def advised() -> tuple[dict[str, pl.DataFrame], dict[str, pl.DataFrame], Known, Advice]:
    delivered, kept = deliver(FULL)
    return delivered, kept, *advise(kept)


# A loss in a table of the advice → the kind it is of, rows and euro that are missing.
LOSSES = {
    "a region in the claims": (
        "series_region", ~((pl.col("zorgkantoorregio") == "Friesland") & (pl.col("care_month") == date(2017, 6, 1))
                           & (pl.col("prestatiecode") == "Z041")),
        "declaraties", 1, "1000.00",
    ),
    "a region in the kader": (
        "utilisation", pl.col("zorgkantoorregio") != "Groningen", "kader", 1, "20500.00",
    ),
    "a stand of pgb": (
        "pgb", (pl.col("zorgkantoorregio") != "Groningen") | (pl.col("month") != date(2017, 6, 1)),
        "pgb_verleningen", 1, "400.00",
    ),
    "a month of aids": ("aids", pl.col("declared_eur").is_null(), "hulpmiddelen", 1, "12.34"),
    "an uitvoerder without its na-ijl": (
        "extra_items", (pl.col("item") != "na_ijl") | (pl.col("wlz_uitvoerder") != "Menzis"), "na_ijl", 1, None,
    ),
    "what was settled of meerzorg": ("extra_items", pl.col("item") != "meerzorg", "nacalculatie", 1, "80.20"),
    "what was agreed of meerzorg": ("extra_items", pl.col("item") != "meerzorg", "herschikking", 1, "90.10"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_table_lost_is_unexplained(name, advised) -> None:
    delivered, kept, known, advice = advised
    table, keeps, kind, rows, euro = LOSSES[name]
    spoiled = Advice({**advice, table: advice[table].filter(keeps)})
    lost = find_unexplained(balance(delivered, kept, known, spoiled)).filter(kind=kind)
    assert lost.select("fate_rows_count", "fate_eur").rows() == [(rows, euro and Decimal(euro))]


def test_a_tariff_no_price_has_is_unexplained(advised) -> None:
    delivered, kept, known, advice = advised
    without = advice["prices"].with_columns(pl.lit(None, pl.Float64).alias("max_tariff_eur_per_unit"))
    lost = find_unexplained(balance(delivered, kept, known, Advice({**advice, "prices": without})))
    assert lost.select("kind", "fate_rows_count", "fate_eur").rows() == [("beleidsregelwaarden", 1, None)]


def test_rows_lost_between_file_and_lake_are_unexplained(advised) -> None:
    """The register counted one row more than the lake has, of € 1,000.00."""
    delivered, kept, known, advice = advised
    more = {**delivered, "declaraties": pl.concat([delivered["declaraties"], delivered["declaraties"].head(1)])}
    register = register_of(more, more).with_columns(quarantined_count=pl.lit(0, pl.Int64))
    in_may, nothing = make_round(MAY), NOTHING_LEARNT
    traced = {kind: trace_rows(known, advice, kind) for kind in kept}
    told = balance_deliveries(register, choose_deliveries(register, in_may, KINDS), in_may, traced, nothing)
    lost = find_unexplained(told).select("kind", "fate_rows_count", "fate_eur").rows()
    assert lost == [("declaraties", 1, delivered["declaraties"]["amount_eur"][0])]


OTHERS = [
    # id, kind, month, received, status, rows, euro, set apart, its euro → fate, rule, rows, euro
    ("d-1", "declaraties", 3, 2, "accepted", 10, "100.00", 2, "20.00", "left_out", "newer_delivery", 8, "80.00"),
    ("d-2", "declaraties", 4, 2, "superseded", 10, "100.00", 0, "0", "superseded", "newer_file", 10, "100.00"),
    ("d-3", "declaraties", 4, 3, "accepted", 10, "100.00", 0, "0", "used", "lag_history", 10, "100.00"),
    ("d-4", "declaraties", 2, 3, "refused", 10, "100.00", 3, "30.00", "left_out", "refused", 10, "100.00"),
    ("h-1", "herschikking", 5, 20, "accepted", 10, "100.00", 0, "0", "left_out", "after_cut_off", 10, "100.00"),
]


def register_row(
    name: str, kind: str, month: int, day: int, status: str, rows: int, euro: str, apart: int, apart_eur: str
) -> pl.DataFrame:
    row = {
        **dict.fromkeys(DELIVERY_REGISTER.column_names),
        "delivery_id": name,
        "kind": kind,
        "delivery_month": date(2018, month, 1),
        "received_on": date(2018, month, day),
        "registered_at": datetime(2018, 5, 3),
        "delivery_status": status,
        "rows_count": rows,
        "amount_eur": Decimal(euro),
        "quarantined_count": apart,
        "quarantined_eur": Decimal(apart_eur),
    }
    return pl.DataFrame([row], schema=DELIVERY_REGISTER.schema, strict=False)


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case[-3])
def test_a_delivery_that_was_not_chosen_has_one_rule(case) -> None:
    rows, euro, expected = case[5], case[6], case[9:]
    register = register_row(*case[:9])
    in_may = make_round(MAY, {"cut_off": {"herschikking": date(2018, 2, 15)}})
    learnt = pl.DataFrame([("d-3", "lag_history", Decimal("100.00"))], schema=NOTHING_LEARNT.schema, orient="row")
    told = balance_deliveries(register, register.clear(), in_may, {}, learnt)
    assert find_unexplained(told).is_empty()
    assert told["fate_rows_count"].sum() == rows
    assert told["fate_eur"].sum() == Decimal(euro)
    kept = told.filter(pl.col("fate") != "set_apart").select("fate", "fate_rule", "fate_rows_count", "fate_eur").row(0)
    assert kept == (*expected[:3], Decimal(expected[3]))


def test_a_snapshot_that_lacks_a_row_is_unexplained() -> None:
    register = register_row("d-3", "declaraties", 4, 2, "accepted", 10, "100.00", 0, "0")
    learnt = pl.DataFrame([("d-3", "lag_history", Decimal("99.99"))], schema=NOTHING_LEARNT.schema, orient="row")
    lost = find_unexplained(balance_deliveries(register, register.clear(), make_round(MAY), {}, learnt))
    assert lost.select("fate_rows_count", "fate_eur").rows() == [(0, Decimal("0.01"))]
