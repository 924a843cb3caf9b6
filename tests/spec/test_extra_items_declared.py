"""Extra items as data: declared per year in the assumption files, set amounts, when they are paid."""

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.e2e.handmade import invoke
from tests.spec.test_extra_items import NO_DELIVERED, NO_DERIVED, PRESTATIES, claims, prices, revenue, settled
from warehouse import settings
from warehouse.settings import assumptions_path, load_assumptions, load_extra_items
from wlz.extra_items.fixed import fixed_amounts
from wlz.extra_items.stage import Sources, build_extra_items
from wlz.known.assumptions import AssumptionError
from wlz.known.declared_items import OF_LETTER, DeclaredItem, parse_extra_items
from wlz.utilisation.path import monthly_path
from wlz.utilisation.payments import shift_payments

NAMES = ["CZ", "DSW", "VGZ"]
SOURCED = {"pay_pattern": "even", "source": "kaderbrief 2019, p. 3", "date": date(2019, 1, 15)}
QUALITY = {**SOURCED, "method": "fixed", "unit": "eur", "amounts": {"CZ": 1000.5, "DSW": 2}}
NATIONAL = {**SOURCED, "method": "fixed", "unit": "eur", "amount": 100, "split": "kader_share"}
KADER = pl.DataFrame({"wlz_uitvoerder": ["CZ", "DSW", "VGZ"], "zin_budget_eur": [2.0, 1.0, 1.0]})


# --- declarations ---------------------------------------------------------------------------------------------------


def test_files_without_a_word_have_the_three_items_of_the_letter() -> None:
    found = parse_extra_items({}, {}, NAMES)
    assert [(item.name, item.method, item.pay_pattern) for item in found] == [
        ("crisisbedden", "crisis_beds", "even"),
        ("meerzorg", "meerzorg", "even"),
        ("na_ijl", "lag", "even"),
    ]
    assert [item.name for item in OF_LETTER] == [item.name for item in found]


def test_every_budget_year_of_the_project_has_them() -> None:
    assert [[item.name for item in load_extra_items(year)] for year in (2017, 2018, 2019)] == [
        ["crisisbedden", "meerzorg", "na_ijl"]
    ] * 3


def test_a_year_adds_replaces_and_takes_out() -> None:
    year = {
        "quality": QUALITY,
        "meerzorg": {**SOURCED, "method": "meerzorg", "pay_pattern": "year_end"},
        "na_ijl": {"used": False, "reason": "the months are completed"},
    }
    found = {item.name: item for item in parse_extra_items({}, year, NAMES)}
    assert list(found) == ["crisisbedden", "meerzorg", "quality"]
    assert found["meerzorg"].pay_pattern == "year_end"
    assert found["quality"].amounts == {"CZ": Decimal("1000.50"), "DSW": Decimal("2.00")}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (3, "expected a table [extra_item.quality], found 3"),
        ({**QUALITY, "amuont": 3}, "unknown amuont; known: method, pay_pattern, source, date, unit"),
        ({**QUALITY, "date": "2019-01-15"}, "date: expected a date without quotes"),
        ({**QUALITY, "source": ""}, "source: expected a text in quotes"),
        ({"method": "fixed"}, "missing pay_pattern, source, date"),
        ({**QUALITY, "method": "lump"}, "method 'lump': expected one of crisis_beds, meerzorg, lag, fixed"),
        ({**QUALITY, "pay_pattern": "weekly"}, "pay_pattern 'weekly': expected one of even, year_end, with_claims"),
        ({**QUALITY, "amounts": {"Zilveren Kruis": 1, "CX": 2}}, "no uitvoerder CX, Zilveren Kruis; there are CZ, DSW"),
        ({**QUALITY, "amounts": {"CZ": "1"}}, "amounts, CZ: expected euro as a number"),
        ({**QUALITY, "amounts": {"CZ": float("nan")}}, "amounts, CZ: expected euro as a number up to 1e12, found nan"),
        (
            {**QUALITY, "amounts": {"CZ": float("-inf")}},
            "amounts, CZ: expected euro as a number up to 1e12, found -inf",
        ),
        ({**NATIONAL, "amount": float("nan")}, "amount: expected euro as a number up to 1e12, found nan"),
        ({**QUALITY, "amounts": {}}, "amounts: holds no amount; expected one per uitvoerder"),
        ({**QUALITY, "amount": 3}, "either amounts per uitvoerder or a national amount"),
        ({**QUALITY, "unit": "mln"}, "unit: expected \"eur\", found 'mln'"),
        ({**NATIONAL, "split": "heads"}, 'split: expected "kader_share"'),
        ({key: value for key, value in NATIONAL.items() if key != "split"}, 'split: expected "kader_share"'),
        ({**SOURCED, "method": "lag"}, "method lag makes the item na_ijl"),
        ({"used": False}, "taken out without a reason"),
        ({"used": "no", "reason": "x"}, "used: expected true or false"),
    ],
)
def test_declaration_that_is_wrong_is_refused(table: Any, said: str) -> None:
    with pytest.raises(AssumptionError) as caught:
        parse_extra_items({}, {"quality": table}, NAMES)
    assert "extra_item quality" in str(caught.value)
    assert said in str(caught.value)
    assert "Next: " in str(caught.value)


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ("{ Menzis = nan }", "extra_item quality, amounts, Menzis: expected euro as a number up to 1e12, found nan"),
        ("{ Menzes = 1 }", "extra_item quality, amounts: no uitvoerder Menzes; there are "),
        ("{}", "extra_item quality, amounts: holds no amount"),
    ],
)
def test_year_check_and_a_run_name_the_file_and_the_table(tmp_path, monkeypatch, amounts: str, said: str) -> None:
    file = tmp_path / "my 2018.toml"
    table = (
        '[extra_item.quality]\nmethod = "fixed"\npay_pattern = "even"\nunit = "eur"\nsource = "x"\n'
        f"date = 2018-01-15\namounts = {amounts}\n"
    )
    file.write_text(assumptions_path(2018).read_text(encoding="utf-8") + table, encoding="utf-8")
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(file))
    told = invoke("year", "check", "2018")
    assert told.exit_code == 1
    assert f"my 2018.toml, {said}" in told.output
    assert "Next: mend the table [extra_item.quality] in my 2018.toml" in told.output
    (tmp_path / "data" / "deliveries").mkdir(parents=True)
    told = invoke("run", "--delivery-month", "2018-05", "--data", str(tmp_path / "data"))
    assert told.exit_code == 1
    assert f"Nothing was published: my 2018.toml, {said}" in told.output


@pytest.mark.parametrize("name", ["Quality", "kwaliteits-geld", "3x", "meerzorg"])
def test_name_of_an_added_item(name: str) -> None:
    with pytest.raises(AssumptionError, match="name"):
        parse_extra_items({}, {name: QUALITY}, NAMES)


def test_computed_item_takes_no_amount() -> None:
    with pytest.raises(AssumptionError, match="amount go with method fixed only"):
        parse_extra_items({}, {"meerzorg": {**SOURCED, "method": "meerzorg", "amount": 3}}, NAMES)


def test_items_are_read_from_the_file_of_the_year(tmp_path, monkeypatch) -> None:
    """They are no numbers among the assumptions."""
    file = tmp_path / "2019.toml"
    file.write_text(
        (settings.REFERENCE / "assumptions" / "2019.toml").read_text(encoding="utf-8")
        + '\n[extra_item.kwaliteit]\nmethod = "fixed"\npay_pattern = "year_end"\nunit = "eur"\n'
        'amounts = { CZ = 12_000_000 }\nsource = "kaderbrief 2019"\ndate = 2019-01-15\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(file))
    assert [item.name for item in load_extra_items(2019)] == ["crisisbedden", "meerzorg", "na_ijl", "kwaliteit"]
    assert "extra_item" not in load_assumptions(2019)
    merged = pl.DataFrame({"wlz_uitvoerder": ["CZ Zuid", "DSW"]})  # of a pack of one's own
    with pytest.raises(AssumptionError, match="no uitvoerder CZ; there are CZ Zuid, DSW"):
        load_extra_items(2019, merged)
    assert load_extra_items(2019, merged.with_columns(wlz_uitvoerder=pl.lit("CZ")))[-1].name == "kwaliteit"


# --- set amounts ----------------------------------------------------------------------------------------------------


def test_amounts_are_per_uitvoerder_and_0_for_others() -> None:
    item = DeclaredItem("quality", "fixed", amounts={"CZ": Decimal("1000.50")})
    rows = fixed_amounts(item, NAMES, KADER.clear()).select("wlz_uitvoerder", "item_eur").rows()
    assert rows == [("CZ", Decimal("1000.50")), ("DSW", Decimal("0.00")), ("VGZ", Decimal("0.00"))]


def test_national_amount_is_split_by_the_zin_kader_to_the_cent() -> None:
    """100.01 by 2 : 1 : 1 is 50.005, 25.0025, 25.0025: 50.01 takes the cent that is left."""
    item = DeclaredItem("quality", "fixed", national_eur=Decimal("100.01"))
    rows = fixed_amounts(item, NAMES, KADER)["item_eur"].to_list()
    assert rows == [Decimal("50.01"), Decimal("25.00"), Decimal("25.00")]


def test_amount_that_would_count_for_nothing_is_refused() -> None:
    with pytest.raises(AssumptionError, match="VGZ has no expected claims"):
        fixed_amounts(DeclaredItem("q", "fixed", amounts={"VGZ": Decimal(1)}), ["CZ"], KADER)
    with pytest.raises(AssumptionError, match="split by the zin kader, and there is none"):
        fixed_amounts(DeclaredItem("q", "fixed", national_eur=Decimal(1)), ["CZ"], KADER.clear())


def build(*declared: DeclaredItem) -> pl.DataFrame:
    return build_extra_items(
        Sources(settled(), settled(), claims(), PRESTATIES, NO_DELIVERED, NO_DERIVED, KADER),
        prices=prices(),
        revenue=revenue(("Z025", "CZ", "1200.00"), ("Z025", "DSW", "600.00")),
        budget_year=2018,
        lag_in_months=False,
        declared=declared,
    )


def test_fourth_item_has_a_row_per_uitvoerder_beside_the_three() -> None:
    rows = build(*OF_LETTER, DeclaredItem("quality", "fixed", "year_end", national_eur=Decimal("90.00")))
    fourth = rows.filter(item="quality").select("wlz_uitvoerder", "item_eur", "item_method", "pay_pattern").rows()
    assert fourth == [("CZ", Decimal("60.00"), "fixed", "year_end"), ("DSW", Decimal("30.00"), "fixed", "year_end")]
    assert set(rows["item"]) == {"crisisbedden", "meerzorg", "na_ijl", "quality"}


def test_item_taken_out_has_no_row() -> None:
    assert set(build(*OF_LETTER[:2])["item"]) == {"crisisbedden", "meerzorg"}
    assert build().is_empty()


# --- when they are paid ---------------------------------------------------------------------------------------------


def paid(pattern: str | None, amount: str = "1200.00") -> pl.DataFrame:
    return pl.DataFrame(
        {"wlz_uitvoerder": ["CZ"], "item_eur": [Decimal(amount)], "pay_pattern": [pattern]},
        schema={"wlz_uitvoerder": pl.String, "item_eur": pl.Decimal(18, 2), "pay_pattern": pl.String},
    )


MONTHS = revenue(("Z025", "CZ", "600.00"))  # all of it in January


@pytest.mark.parametrize(
    ("pattern", "shifts"),
    [
        ("year_end", [-100.0] * 11 + [1100.0]),
        ("with_claims", [1100.0] + [-100.0] * 11),
        ("even", []),
        (None, []),
    ],
)
def test_what_is_paid_beyond_a_twelfth(pattern: str | None, shifts: list[float]) -> None:
    """1,200 a year is 100 a month; at the end of the year all of it in December; with the claims in January."""
    assert shift_payments(paid(pattern), MONTHS)["shift_eur"].to_list() == pytest.approx(shifts)


def test_item_that_goes_with_claims_of_nothing_is_paid_evenly() -> None:
    assert shift_payments(paid("with_claims"), MONTHS.clear())["shift_eur"].to_list() == pytest.approx([0.0] * 12)


@pytest.mark.parametrize(
    ("pattern", "january", "november"), [("even", "700.00", "1700.00"), ("year_end", "600.00", "600.00")]
)
def test_path_through_the_year_ends_the_same(pattern: str, january: str, november: str) -> None:
    """Claims of 600 in January; items of 1,200: December is 1,800.00 whatever the pattern."""
    path = monthly_path(
        revenue=MONTHS.with_columns(state=pl.lit("forecast")),
        extra_items=paid(pattern),
        pgb=pl.DataFrame(
            schema={
                "month": pl.Date,
                "zorgkantoorregio": pl.String,
                "granted_stand_eur": pl.Decimal(18, 2),
                "forecast_stand_eur": pl.Decimal(18, 2),
            }
        ),
        budgets=pl.DataFrame({"zin_budget_eur": [Decimal(1)], "pgb_budget_eur": [Decimal(1)]}),
        declared=pl.DataFrame(schema={"month": pl.Date, "declared_month_eur": pl.Decimal(18, 2)}),
    )
    zin = path.filter(part="zin")["expected_cumulative_incl_extra_eur"]
    assert (zin[0], zin[10], zin[11]) == (Decimal(january), Decimal(november), Decimal("1800.00"))
