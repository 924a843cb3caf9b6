"""Rules on totals below zero (V01, V01-national) and on an advice that left the band of the one before (F01-advice)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations import negatives, volumes
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.results import CheckResult, list_findings_of
from expectations.judging.rule import Rule, measure, measure_table
from expectations.judging.runner import judge
from warehouse.settings import load_assumptions
from warehouse.tables.vintages import FORECAST_VINTAGES
from wlz.vintages.moves import MOVES_SCHEMA, list_advice_moves

MONTHS, YEAR = negatives.RULES
(MOVED,) = volumes.ADVICE_RULES
DSW = pl.col("zorgkantoor_code") == "5522"
Z041 = pl.col("prestatiecode") == "Z041"
LAST_YEAR = pl.col("care_month") >= date(2017, 5, 1)


@pytest.fixture
def judge_claims(make_view: Callable[..., DeliveryView]) -> Callable[[Rule, pl.DataFrame], CheckResult]:
    """The result of one rule on claims."""

    def run(rule: Rule, frame: pl.DataFrame) -> CheckResult:
        (result,) = judge([measure(rule, make_view(frame, assumptions=load_assumptions(2018)))])
        assert result.outcome != "broken", result.message
        return result

    return run


JudgeClaims = Callable[[Rule, pl.DataFrame], CheckResult]


def negate(frame: pl.DataFrame, rows: pl.Expr, factor: int = -1) -> pl.DataFrame:
    """Volume and amount of some rows with another sign."""
    return frame.with_columns(
        pl.when(rows).then(pl.col(name) * factor).otherwise(pl.col(name)).cast(frame.schema[name]).alias(name)
        for name in ("volume", "amount_eur")
    )


# --- V01 ------------------------------------------------------------------------------------------------------------


def test_clean_claims_have_no_negative_totals(judge_claims: JudgeClaims, claims: pl.DataFrame) -> None:
    assert [judge_claims(rule, claims).outcome for rule in negatives.RULES] == ["passed", "passed"]


def test_a_month_turned_negative_is_twice_what_it_was(judge_claims: JudgeClaims, claims: pl.DataFrame) -> None:
    """December 2017 of DSW: 3,240 units of € 100. Its old enough neighbours are a little lower."""
    december = DSW & Z041 & (pl.col("care_month") == date(2017, 12, 1))
    result = judge_claims(MONTHS, negate(claims, december))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.observed == "uitvoerder DSW, prestatie Z041, 2017-12: € -324,000 in all, usually about € 315,500"
    assert result.at_stake_eur == Decimal("639500.00")
    assert list_findings_of([result], date(2018, 5, 1))["wlz_uitvoerder"].to_list() == ["DSW"]


def test_a_young_month_below_zero_is_left_and_a_correction_that_leaves_a_month_above_zero_too(
    judge_claims: JudgeClaims, claims: pl.DataFrame
) -> None:
    young = DSW & Z041 & (pl.col("care_month") == date(2018, 2, 1))
    assert judge_claims(MONTHS, negate(claims, young)).outcome == "passed"
    correction = negate(claims.filter(DSW & Z041, care_month=date(2017, 12, 1)), pl.lit(True)).with_columns(
        pl.lit("12345678").alias("agb_code"), (pl.col("amount_eur") * 0.9).cast(claims.schema["amount_eur"])
    )
    assert judge_claims(MONTHS, pl.concat([claims, correction])).outcome == "passed"


def test_a_series_below_zero_throughout_has_only_its_own_sum_at_stake(
    judge_claims: JudgeClaims, claims: pl.DataFrame
) -> None:
    result = judge_claims(MONTHS, negate(claims, DSW & Z041))
    old = claims.filter(DSW & Z041, pl.col("care_month") <= date(2018, 1, 1))
    assert result.findings_count == old.height
    assert result.at_stake_eur == old["amount_eur"].sum()


def test_a_year_of_the_nation_below_zero_blocks(judge_claims: JudgeClaims, claims: pl.DataFrame) -> None:
    planted = negate(claims, Z041 & LAST_YEAR)
    result = judge_claims(YEAR, planted)
    assert result.is_blocking
    year = claims.filter(Z041 & LAST_YEAR, pl.col("care_month") < date(2018, 5, 1))
    assert result.at_stake_eur == year["amount_eur"].sum()
    assert result.observed is not None
    assert result.observed.startswith("prestatie Z041: € -")


def test_one_uitvoerder_below_zero_or_a_few_euro_do_not_block(judge_claims: JudgeClaims, claims: pl.DataFrame) -> None:
    assert judge_claims(YEAR, negate(claims, DSW & Z041 & LAST_YEAR)).outcome == "passed"
    few = negate(claims, (pl.col("prestatiecode") == "Z110") & (pl.col("care_month") == date(2018, 1, 1)))
    only_few = few.filter(Z041 | (pl.col("care_month") == date(2018, 1, 1)))
    assert judge_claims(YEAR, only_few).outcome == "passed"
    assert judge_claims(MONTHS, only_few).outcome == "failed"


# --- F01-advice -----------------------------------------------------------------------------------------------------


def vintage(month: date, amounts: dict[str, float], half: float | None = 10.0, **changes: Any) -> pl.DataFrame:
    """An advice of zin in millions per uitvoerder, its 95 % band `half` wide each way."""
    rows = [
        {
            "delivery_month": month,
            "budget_year": 2018,
            "scenario": "completed",
            "advice_id": f"{month:%Y-%m}",
            "advice_state": "current",
            "wlz_uitvoerder": name,
            "part": "zin",
            "expected_eur": Decimal(f"{amount}e6"),
            "lower_95_eur": None if half is None else Decimal(f"{amount - half}e6"),
            "upper_95_eur": None if half is None else Decimal(f"{amount + half}e6"),
            **changes,
        }
        for name, amount in amounts.items()
    ]
    return pl.DataFrame(rows, schema=FORECAST_VINTAGES.schema)


JUNE, JULY = date(2018, 6, 1), date(2018, 7, 1)
SAID = {"CZ": 500.0, "DSW": 300.0, "Landelijk": 800.0}


def judge_moves(moves: pl.DataFrame) -> CheckResult:
    (result,) = judge(
        [measure_table(MOVED, moves, "forecast_vintages", "declaraties-2018-07-abc", load_assumptions(2018))]
    )
    assert result.outcome != "broken", result.message
    return result


def test_an_advice_within_the_band_passes() -> None:
    moves = list_advice_moves(
        vintage(JULY, {"CZ": 509.0, "DSW": 295.0, "Landelijk": 804.0}), vintage(JUNE, SAID), "completed"
    )
    assert dict(moves.schema) == MOVES_SCHEMA
    assert judge_moves(moves).outcome == "passed"


def test_an_advice_that_left_its_band_is_told_once_in_euro() -> None:
    """CZ moves by 30 mln, the nation by 32: 2 mln of it is not CZ's."""
    moves = list_advice_moves(
        vintage(JULY, {"CZ": 530.0, "DSW": 302.0, "Landelijk": 832.0}), vintage(JUNE, SAID), "completed"
    )
    assert moves["wlz_uitvoerder"].to_list() == ["CZ", None]
    assert moves["at_stake_eur"].to_list() == [30e6, 2e6]
    result = judge_moves(moves)
    assert result.findings["observed"][0] == (
        "CZ, zin: € 530.0 mln expected, 2018-06 said € 500.0 mln and 95 % sure of € 490.0 to 510.0 mln"
    )
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 2)
    assert result.at_stake_eur == Decimal("32000000.00")
    assert list_findings_of([result], JULY)["wlz_uitvoerder"].to_list() == ["CZ", None]


def test_uitvoerders_that_moved_against_each_other_leave_a_nation_that_did_not() -> None:
    moves = list_advice_moves(
        vintage(JULY, {"CZ": 530.0, "DSW": 270.0, "Landelijk": 800.0}), vintage(JUNE, SAID), "completed"
    )
    assert moves["at_stake_eur"].to_list() == [30e6, 30e6]


@pytest.mark.parametrize(
    "changes",
    [
        {"budget_year": 2017},
        {"scenario": "letter"},
        {"advice_state": "final"},
        {"lower_95_eur": None, "upper_95_eur": None},
    ],
)
def test_another_year_or_scenario_a_frozen_advice_or_no_band_is_not_compared(changes: dict[str, Any]) -> None:
    now = vintage(JULY, {"CZ": 900.0})
    assert list_advice_moves(now, vintage(JUNE, {"CZ": 500.0}, **changes), "completed").is_empty()
    assert list_advice_moves(now, FORECAST_VINTAGES.empty(), "completed").is_empty()
