"""Every advice ever made stays: the current one is renewed, frozen ones stand beside it; and what came of the year."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from warehouse.contract import conform
from warehouse.provenance import sum_up_inputs
from warehouse.tables.bounds import FORECAST_BOUNDS
from warehouse.tables.quality import ADVICE_PROVENANCE
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.vintages import FORECAST_VINTAGES, REALISATION
from wlz.vintages.vintages import list_vintage, realise_years, renew_vintages, settled_years

D = Decimal
EUR = pl.Decimal(18, 2)
MAY = date(2018, 5, 1)
MONDAY, TUESDAY = datetime(2018, 5, 28, 9), datetime(2018, 5, 29, 16, 30)
INPUTS = {"claims_delivery_id": "declaraties-1", "code_version": "1", "inputs_hash": "abc"}


def rows_of(table, *rows: dict) -> pl.DataFrame:
    """Rows of a contract table; what is not named is empty, the vintage is that of May 2018 in scenario letter."""
    vintage = {"delivery_month": MAY, "budget_year": 2018, "scenario": "letter"}
    made = [{name: (vintage | row).get(name) for name in table.column_names} for row in rows]
    return pl.DataFrame(made, schema=table.schema)


def room(level: str, who: str, part: str, expected: str, kader: str = "100.00") -> dict:
    amount = D(expected)
    return {
        "level": level,
        "wlz_uitvoerder": who,
        "zorgkantoorregio": "Groningen" if level == "region" else "Landelijk",
        "part": part,
        "expected_excl_extra_eur": amount,
        "extra_items_eur": D(1),
        "expected_eur": amount + 1,
        "budget_eur": D(kader),
        "available_eur": D(kader) - amount - 1,
    }


def bound(level: str, who: str, period: str, lower: str) -> dict:
    place = {"part": "zin", "level": level, "wlz_uitvoerder": who, "period": period, "lower_80_eur": D(lower)}
    return place | dict.fromkeys(("upper_80_eur", "lower_95_eur", "upper_95_eur"), D(lower) + 1)


def vintage(expected: str = "90.00", inputs: dict[str, str] = INPUTS) -> pl.DataFrame:
    """The current rows of an advice with one uitvoerder."""
    zin = [room(level, who, "zin", expected) for level, who in (("uitvoerder", "Menzis"), ("national", "Landelijk"))]
    others = [room("uitvoerder", "Menzis", "pgb", "7.00"), room("region", "Menzis", "zin", "90.00")]
    utilisation = rows_of(UTILISATION, *zin, *others)
    bounds = rows_of(
        FORECAST_BOUNDS,
        bound("uitvoerder", "Menzis", "year", "88.00"),
        bound("uitvoerder", "Menzis", "month", "7.00"),
        bound("series", "Menzis", "year", "6.00"),
    )
    return list_vintage(utilisation, bounds, **inputs)


def test_an_advice_is_remembered_per_uitvoerder_nation_and_part() -> None:
    rows = conform(vintage(), FORECAST_VINTAGES)
    names = ("wlz_uitvoerder", "part", "expected_excl_extra_eur", "expected_eur", "available_eur", "lower_80_eur")
    assert rows.select(names).rows() == [
        ("Landelijk", "zin", D(90), D(91), D(9), None),
        ("Menzis", "pgb", D(7), D(8), D(92), None),
        ("Menzis", "zin", D(90), D(91), D(9), D(88)),
    ]
    said = rows.select("advice_id", "advice_state", "author", "frozen_at", "inputs_hash").unique()
    assert said.rows() == [("2018-05", "current", None, None, "abc")]


# --- Freezing -----------------------------------------------------------------------------------------------------


def renew(known: pl.DataFrame, current: pl.DataFrame, author: str = "", at: datetime = MONDAY) -> pl.DataFrame:
    return conform(renew_vintages(known, current, author=author, frozen_at=at), FORECAST_VINTAGES)


def advices(vintages: pl.DataFrame) -> dict[str, tuple[str | None, Decimal]]:
    """Advice → author, expected zin of the nation."""
    nation = vintages.filter(wlz_uitvoerder="Landelijk", part="zin")
    return {name: (author, euro) for name, author, euro in nation.select("advice_id", "author", "expected_eur").rows()}


NOTHING = FORECAST_VINTAGES.empty()


def test_a_run_renews_the_current_advice() -> None:
    once = renew(NOTHING, vintage())
    assert advices(renew(once, vintage("95.00"))) == {"2018-05": (None, D(96))}


def test_a_final_run_freezes_it_beside_the_current_one() -> None:
    frozen = renew(NOTHING, vintage(), "A. Vos")
    assert advices(frozen) == {"2018-05": (None, D(91)), "2018-05-final-1": ("A. Vos", D(91))}
    assert frozen.filter(advice_state="final")["frozen_at"].unique().to_list() == [MONDAY]


def test_a_later_computation_leaves_the_frozen_one_as_it_was() -> None:
    frozen = renew(NOTHING, vintage(), "A. Vos")
    again = renew(frozen, vintage("95.00"))
    assert advices(again) == {"2018-05": (None, D(96)), "2018-05-final-1": ("A. Vos", D(91))}
    assert again.filter(advice_state="final").equals(frozen.filter(advice_state="final"))


def test_freezing_the_same_again_keeps_the_first_author_and_time() -> None:
    frozen = renew(NOTHING, vintage(), "A. Vos")
    assert renew(frozen, vintage(), "B. Bos", TUESDAY).equals(frozen)


@pytest.mark.parametrize(
    "other",
    [{"expected": "95.00"}, {"inputs": INPUTS | {"inputs_hash": "def"}}, {"inputs": INPUTS | {"code_version": "2"}}],
    ids=["amounts", "inputs", "code"],
)
def test_freezing_something_else_makes_a_new_one_beside(other: dict) -> None:
    frozen = renew(NOTHING, vintage(), "A. Vos")
    second = renew(frozen, vintage(**other), "B. Bos", TUESDAY)
    assert list(advices(second)) == ["2018-05", "2018-05-final-1", "2018-05-final-2"]
    first = second.filter(advice_id="2018-05-final-1")
    assert first.equals(frozen.filter(advice_state="final"))
    assert advices(second)["2018-05-final-2"][0] == "B. Bos"


def test_going_back_to_what_was_said_first_is_a_new_decision() -> None:
    vintages = NOTHING
    for expected in ("90.00", "95.00", "90.00"):
        vintages = renew(vintages, vintage(expected), "A. Vos")
    finals = {name: euro for name, (_, euro) in advices(vintages).items() if "final" in name}
    assert finals == {"2018-05-final-1": D(91), "2018-05-final-2": D(96), "2018-05-final-3": D(91)}


def test_the_tenth_comes_after_the_ninth() -> None:
    vintages = NOTHING
    for number in range(11):
        vintages = renew(vintages, vintage(f"{80 + number}.00"), "A. Vos")
    assert advices(vintages)["2018-05-final-11"] == ("A. Vos", D(91))
    assert advices(vintages)["2018-05-final-10"] == ("A. Vos", D(90))


# --- What it rests on ---------------------------------------------------------------------------------------------


def provenance(**versions: str | None) -> pl.DataFrame:
    """Input → content hash; the version of the assumptions is the year, whatever is in them."""
    names = {"declaraties": "declaraties-1", "code": "0.2.0", "assumptions": "2018"}
    return rows_of(
        ADVICE_PROVENANCE,
        *({"input_name": n, "input_version": v, "content_hash": versions.get(n)} for n, v in names.items()),
    )


def test_inputs_are_summed_up_whatever_their_order() -> None:
    found = sum_up_inputs(provenance(assumptions="one"))
    assert (found["claims_delivery_id"], found["code_version"]) == ("declaraties-1", "0.2.0")
    assert sum_up_inputs(provenance(assumptions="one").reverse()) == found
    assert len(found["inputs_hash"]) == 64


def test_other_assumptions_are_another_input() -> None:
    one, two = (sum_up_inputs(provenance(assumptions=content)) for content in ("one", "two"))
    assert one["inputs_hash"] != two["inputs_hash"]


# --- Realisation --------------------------------------------------------------------------------------------------

PRESTATIES = pl.DataFrame({"prestatiecode": ["Z053", "ZMZTL"], "is_meerzorg": [False, True]})


def series(
    *rows: tuple[str, str, str | None], last: date = date(2017, 12, 1), delivered: date = MAY, months: int = 12
) -> pl.DataFrame:
    """Prestatie, uitvoerder, euro a month: the same in every one of the months up to the last one."""
    care = pl.date_range(date(last.year, last.month - months + 1, 1), last, "1mo", eager=True).to_list()
    lag = [(delivered.year - m.year) * 12 + delivered.month - m.month for m in care]
    full = [
        (code, who, month, months_old, None if euro is None else D(euro))
        for code, who, euro in rows
        for month, months_old in zip(care, lag, strict=True)
    ]
    schema = {"prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "care_month": pl.Date, "lag_months": pl.Int32}
    return pl.DataFrame(full, schema=schema | {"declared_amount_eur": EUR}, orient="row")


def stands(*rows: tuple[str, str, int, int, str | None], year: int = 2017) -> pl.DataFrame:
    """Uitvoerder, region, first and last month of the year, stand."""
    full = [
        (region, who, date(year, month, 1), None if euro is None else D(euro))
        for who, region, first, last, euro in rows
        for month in range(first, last + 1)
    ]
    schema = {"zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String, "month": pl.Date, "granted_eur": EUR}
    return pl.DataFrame(full, schema=schema, orient="row")


TWO = (("Z053", "A", "10.00"), ("Z053", "B", "1.00"))
BOTH = stands(("A", "North", 1, 12, "40.00"), ("A", "South", 1, 12, "2.00"), ("B", "East", 1, 12, "3.00"))


def realised(claims: pl.DataFrame, stood: pl.DataFrame = BOTH) -> dict[tuple[str, str], Decimal | None]:
    """Uitvoerder and part → euro of 2017."""
    rows = realise_years(claims, stood, PRESTATIES, 5)
    conform(rows.with_columns(delivery_month=pl.lit(MAY)), REALISATION)
    return {(who, part): euro for _, who, part, euro in rows.rows()}


def test_a_year_is_settled_when_all_its_months_are_old_enough() -> None:
    assert settled_years(series(*TWO), 5) == [2017]  # December 2017 is 5 months old in May 2018
    assert settled_years(series(*TWO, delivered=date(2018, 4, 1)), 5) == []
    assert settled_years(series(*TWO, months=11), 5) == []  # January is not there


def test_zin_is_the_claims_of_the_year_and_pgb_the_stand_of_december() -> None:
    assert realised(series(*TWO)) == {
        ("A", "zin"): D(120),
        ("B", "zin"): D(12),
        ("Landelijk", "zin"): D(132),
        ("A", "pgb"): D(42),
        ("B", "pgb"): D(3),
        ("Landelijk", "pgb"): D(45),
    }


def test_meerzorg_is_left_out_as_in_the_expectation() -> None:
    assert realised(series(*TWO, ("ZMZTL", "A", "500.00")))["A", "zin"] == D(120)


def test_a_year_that_is_not_settled_has_no_rows() -> None:
    assert realised(series(*TWO, delivered=date(2018, 4, 1))) == {}


def test_what_was_not_delivered_is_not_zero() -> None:
    found = realised(series(*TWO, ("Z053", "C", None)))
    assert (found["C", "zin"], found["Landelijk", "zin"], found["A", "zin"]) == (None, None, D(120))
    no_december = stands(("A", "North", 1, 12, "40.00"), ("A", "South", 1, 11, "2.00"), ("B", "East", 1, 12, "3.00"))
    found = realised(series(*TWO), no_december)
    assert (found["A", "pgb"], found["Landelijk", "pgb"], found["B", "pgb"]) == (None, None, D(3))
    assert realised(series(*TWO), stands())["A", "pgb"] is None
