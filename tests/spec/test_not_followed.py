"""What scenario letter lacks of codes that ended: named by code and uitvoerder, with the euro of the year."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import volumes
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from wlz.volumes.not_followed import list_not_followed

LIMIT = {"forecast_jump_minimum_eur": 1_000_000}
ENDED = {
    "E": date(2018, 12, 31),
    "A": date(2018, 12, 31),
    "B": date(2018, 12, 31),
    "M": date(2019, 6, 30),
    "X": date(2018, 12, 31),
}


def prestaties() -> pl.DataFrame:
    codes = ["A", "B", "C", "D", "E", "F", "M", "N", "X", "Z"]
    ends = [ENDED.get(code) for code in codes]
    return pl.DataFrame({"prestatiecode": codes, "valid_to": ends, "is_meerzorg": [code in "EF" for code in codes]})


def successors() -> pl.DataFrame:
    """A and B go on under C and D together; M under N, which nobody confirmed; X under nothing."""
    pairs = [("E", "F"), ("A", "C"), ("A", "D"), ("B", "D"), ("M", "N")]
    return pl.DataFrame(pairs, schema=["prestatiecode", "successor"], orient="row").with_columns(
        state=pl.lit("proposed")
    )


def lacking(last_year: dict[str, int], expected: dict[str, int], scenario: str = "letter") -> pl.DataFrame:
    """Of Menzis, in euro of a year."""
    money = pl.Decimal(18, 2)
    series = pl.DataFrame(
        [(code, "Menzis", date(2018, 6, 1), Decimal(euro)) for code, euro in last_year.items()],
        schema={"prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "care_month": pl.Date,
                "declared_amount_eur": money},
        orient="row",
    )  # fmt: skip
    revenue = pl.DataFrame(
        [(scenario, code, "Menzis", Decimal(euro), True) for code, euro in expected.items()],
        schema={"scenario": pl.String, "prestatiecode": pl.String, "wlz_uitvoerder": pl.String,
                "forecast_amount_eur": money, "in_base": pl.Boolean},
        orient="row",
    )  # fmt: skip
    return list_not_followed(revenue, series, prestaties(), successors(), 2019)


def test_a_family_that_is_expected_nowhere_lacks_its_year():
    """A 6 and B 4 mln last year, 0 expected of A, B, C and D: 6 and 4 mln are lacking."""
    found = lacking({"A": 6_000_000, "B": 4_000_000, "Z": 9}, {"A": 0, "B": 0, "Z": 9})
    assert found.select("prestatiecode", "lacks_eur", "lacks_ratio").rows() == [("A", 6e6, 1.0), ("B", 4e6, 1.0)]


def test_what_is_expected_of_those_that_follow_is_not_lacking():
    """D already has 8 of the 10 mln: 2 are lacking, of A and B by what they had."""
    found = lacking({"A": 6_000_000, "B": 4_000_000}, {"A": 0, "B": 0, "D": 8_000_000})
    assert found.select("prestatiecode", "lacks_eur").rows() == [
        ("A", pytest.approx(1.2e6)),
        ("B", pytest.approx(0.8e6)),
    ]


def test_an_end_within_the_year_lacks_what_is_after_it():
    found = lacking({"M": 10_000_000}, {"M": 5_000_000})
    assert found.select("prestatiecode", "lacks_eur", "lacks_ratio").rows() == [("M", 5e6, 0.5)]


@pytest.mark.parametrize(
    ("last_year", "expected"),
    [
        ({"A": 6}, {"C": 6}),
        ({"A": 6}, {"C": 7}),
        ({"X": 5}, {}),
        ({"Z": 5}, {"Z": 1}),
        ({}, {"C": 3}),
        ({"E": 9}, {}),
        ({"C": 5}, {"C": 5}),
    ],
)
def test_nothing_is_lacking_where_care_is_followed_or_ended_for_good(last_year, expected):
    """X ended and the list names nothing after it; Z goes on and shrinks; E is meerzorg, an extra item."""
    assert lacking(last_year, expected or {"Z": 0}).is_empty()


def test_the_rule_names_it_with_its_euro_and_not_below_a_million():
    frame = lacking({"A": 6_000_000, "M": 1_500_000}, {"A": 0, "M": 750_000})
    (rule,) = volumes.ENDED_RULES
    (result,) = judge([measure_table(rule, frame, "revenue", "declaraties-2019-05", LIMIT)])
    assert (result.outcome, result.findings_count, result.at_stake_eur) == ("failed", 1, Decimal("6000000.00"))
    assert "letter lacks € 6.0 mln" in result.message
    clean = measure_table(rule, lacking({"A": 6}, {"C": 6}), "revenue", "declaraties-2019-05", LIMIT)
    assert judge([clean])[0].outcome == "passed"
