"""A year or month told for the first time, beside those before it and what was agreed of it (D16).

Settlements of three regions, each € 1,000,000 of Z041, € 60,000 of crisis beds (Z110), € 100,000 of meerzorg (ZMZTK),
3 % more every year.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.judging.results import CheckResult
from warehouse.tables.deliveries import KINDS

Check = Callable[..., CheckResult]
JUNE = date(2018, 6, 2)
CODES = ("5508", "5518", "5522")
EURO = {"Z041": 1_000_000, "Z110": 60_000, "ZMZTK": 100_000}
NEW = pl.col("year") == 2017
CRISIS, MEERZORG = pl.col("prestatiecode") == "Z110", pl.col("prestatiecode") == "ZMZTK"


def frame(kind: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of a kind in contract columns."""
    return pl.DataFrame(rows, schema=KINDS[kind].schema, orient="row")


def settled(first: int, last: int, kind: str = "nacalculatie") -> pl.DataFrame:
    rows = [
        (JUNE, year, place, "00000001", code, "14", euro * 1.03 ** (year - 2014) / 100,
         Decimal(round(euro * 1.03 ** (year - 2014))), "ja")
        for year in range(first, last + 1)
        for place in CODES
        for code, euro in EURO.items()
    ]  # fmt: skip
    return frame(kind, rows)


def times(rows: pl.DataFrame, factor: float, where: pl.Expr, *columns: str) -> pl.DataFrame:
    """The rows with numbers multiplied where a condition holds."""
    return rows.with_columns(
        pl.when(where).then(pl.col(one).cast(pl.Float64) * factor).otherwise(pl.col(one).cast(pl.Float64))
        .cast(rows.schema[one]).alias(one)
        for one in columns or ("volume", "amount_eur")
    )  # fmt: skip


BEFORE, NOW = settled(2014, 2016), settled(2014, 2017)


def aids(months: int, **changes: float) -> pl.DataFrame:
    """€ 1,000 and € 400 a month from January 2017 on, a little more or less; changes of the last month."""
    days = pl.date_range(date(2017, 1, 1), date(2018, months, 1), "1mo", eager=True)
    rows = [
        (
            JUNE,
            day,
            kind,
            Decimal(str(round((euro + number % 3) * (changes.get(kind, 1) if day == days[-1] else 1), 2))),
        )
        for number, day in enumerate(days)
        for kind, euro in (("mobiliteit", 1000), ("persoonsgebonden", 400))
    ]
    return frame("hulpmiddelen", rows)


def tariffs(years: range) -> pl.DataFrame:
    rows = [
        (date(2018, 1, 2), year, f"Z{n:03}", "14", 100.0 * 1.02 ** (year - 2014), 8.0 * 1.02 ** (year - 2014), 0.5)
        for year in years
        for n in range(20)
    ]
    return frame("beleidsregelwaarden", rows)


@pytest.mark.parametrize("agreed", [None, settled(2015, 2017, "herschikking")], ids=["year before", "agreed"])
def test_a_settled_year_in_line_is_silent(check_rule: Check, agreed: pl.DataFrame | None) -> None:
    assert check_rule("D16", NOW, "nacalculatie", before=BEFORE, agreed=agreed).outcome == "passed"
    lacking = NOW.filter(~(NEW & CRISIS))
    assert check_rule("D16", lacking, "nacalculatie", agreed=agreed).outcome == "passed"  # nothing stands beside it


@pytest.mark.parametrize("agreed", [None, settled(2015, 2017, "herschikking")], ids=["year before", "agreed"])
def test_a_settled_year_without_its_roles_is_refused_with_their_euro(
    check_rule: Check, agreed: pl.DataFrame | None
) -> None:
    """3 × € 160,000 of 2014, three years on where it was agreed and two of the year before."""
    lacking = NOW.filter(~(NEW & (CRISIS | MEERZORG)))
    result = check_rule("D16", lacking, "nacalculatie", before=BEFORE, agreed=agreed)
    assert (result.is_blocking, result.findings_count) == (True, 2)
    assert float(result.at_stake_eur or 0) == pytest.approx(480_000 * 1.03 ** (2 if agreed is None else 3), abs=10)
    assert "meerzorg of 2017: -100.0% against" in result.observed
    assert "nothing of it is told" in result.observed


def test_roles_that_were_agreed_and_never_settled_before_are_missed_too(check_rule: Check) -> None:
    result = check_rule(
        "D16", NOW.filter(~(CRISIS | MEERZORG)), "nacalculatie", agreed=settled(2015, 2017, "herschikking"),
        before=BEFORE.filter(~(CRISIS | MEERZORG)),
    )  # fmt: skip
    assert (result.is_blocking, result.findings_count) == (True, 2)


def test_roles_that_neither_has_are_held_against_the_year_before(check_rule: Check) -> None:
    agreed = settled(2015, 2017, "herschikking").filter(~(CRISIS | MEERZORG))
    result = check_rule("D16", NOW.filter(~(NEW & CRISIS)), "nacalculatie", before=BEFORE, agreed=agreed)
    assert "crisis beds of 2017: -100.0% against the year before" in result.observed


def test_a_role_that_one_region_lacks_is_named(check_rule: Check) -> None:
    """Nijmegen settled a tenth of the meerzorg: the nation is in line without it."""
    small = times(times(NOW, 0.1, MEERZORG & (pl.col("zorgkantoor_code") == "5508")), 1, NEW)
    before = small.filter(~NEW)
    lacking = small.filter(~(NEW & MEERZORG & (pl.col("zorgkantoor_code") == "5508")))
    result = check_rule("D16", lacking, "nacalculatie", before=before)
    assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", False, 1)
    assert "zorgkantoor region Nijmegen: meerzorg of 2017" in result.observed
    assert check_rule("D16", small, "nacalculatie", before=before).outcome == "passed"


@pytest.mark.parametrize(("factor", "refused"), [(3.0, True), (1.3, True), (1.2, False), (0.85, False), (0.5, True)])
def test_a_role_out_of_line_is_named_and_refused_when_it_is_far(
    check_rule: Check, factor: float, refused: bool
) -> None:
    """Of € 3.2 mln meerzorg is 9 %: a quarter of it is above 0.5 % of the period."""
    agreed = settled(2015, 2017, "herschikking")
    result = check_rule("D16", times(NOW, factor, NEW & MEERZORG), "nacalculatie", before=BEFORE, agreed=agreed)
    assert (result.outcome, result.is_blocking) == ("failed", refused)
    base = 300_000 * 1.03**3
    assert float(result.at_stake_eur or 0) == pytest.approx(base * abs(factor - 1) * (1 + factor), rel=0.001)


def test_a_volume_of_a_role_out_of_line_is_named_in_euro_of_its_part(check_rule: Check) -> None:
    wrong = times(NOW, 1.2, NEW & CRISIS, "volume")
    result = check_rule("D16", wrong, "nacalculatie", before=BEFORE, agreed=settled(2015, 2017, "herschikking"))
    assert float(result.at_stake_eur or 0) == pytest.approx(180_000 * 1.03**3 * 0.2 * 2.2, rel=0.001)


@pytest.mark.parametrize("columns", [("volume", "amount_eur"), ("volume",)], ids=["both", "volume"])
@pytest.mark.parametrize("factor", [0.0, 0.1, 0.5, 1.5])
def test_a_role_of_a_year_told_again_is_held_against_the_delivery_before(
    check_rule: Check, factor: float, columns: tuple[str, ...]
) -> None:
    """Crisis beds of one region, in 2016: 0.6 % of all that was told before, half of it too little for D12 to name."""
    where = (pl.col("year") == 2016) & CRISIS & (pl.col("zorgkantoor_code") == "5522")
    only = NOW.filter(~CRISIS | (pl.col("zorgkantoor_code") == "5522"))
    result = check_rule(
        "D16", times(only, factor, where, *columns), "nacalculatie", before=only.filter(~NEW),
        agreed=settled(2015, 2017, "herschikking").filter(~CRISIS | (pl.col("zorgkantoor_code") == "5522")),
    )  # fmt: skip
    assert result.outcome == "failed"
    assert "crisis beds of 2016" in result.observed
    assert "against the delivery before" in result.observed
    assert float(result.at_stake_eur or 0) >= 60_000 * 1.03**2 * abs(factor - 1)


def test_the_whole_year_out_of_line_is_named_per_role(check_rule: Check) -> None:
    result = check_rule("D16", times(NOW, 0.85, NEW), "nacalculatie", before=BEFORE)
    assert (result.outcome, result.findings_count) == ("failed", 3)


def test_the_rows_of_another_year_are_refused(check_rule: Check) -> None:
    again = pl.concat([BEFORE, BEFORE.filter(pl.col("year") == 2016).with_columns(year=pl.lit(2017, pl.Int32))])
    result = check_rule("D16", again, "nacalculatie", before=BEFORE, agreed=settled(2015, 2017, "herschikking"))
    assert result.is_blocking
    assert "the rows of 2017 are those of 2016" in result.observed


def test_a_year_passed_over_is_refused_where_the_past_is_told_again(check_rule: Check) -> None:
    skipped = NOW.with_columns(year=pl.when(NEW).then(pl.lit(2018, pl.Int32)).otherwise("year"))
    result = check_rule("D16", skipped, "nacalculatie", before=BEFORE)
    assert result.is_blocking
    assert "told is 2018, before that 2016" in result.observed
    alone = check_rule(
        "D16", skipped.filter(pl.col("year") == 2018), "nacalculatie", before=BEFORE.filter(pl.col("year") == 2016)
    )
    assert (alone.outcome, alone.is_blocking) == ("failed", False)


def test_agreements_of_a_new_year_are_held_against_the_year_before(check_rule: Check) -> None:
    now, before = settled(2015, 2017, "herschikking"), settled(2015, 2016, "herschikking")
    assert check_rule("D16", now, "herschikking", before=before).outcome == "passed"
    assert check_rule("D16", now.filter(~(NEW & MEERZORG)), "herschikking", before=before).is_blocking


def test_a_new_role_is_named_and_refuses_nothing(check_rule: Check) -> None:
    result = check_rule("D16", NOW.filter(NEW | ~CRISIS), "nacalculatie", before=BEFORE.filter(~CRISIS))
    assert result.outcome == "failed"
    assert not result.is_blocking


class TestMonths:
    """Aids."""

    @pytest.mark.parametrize(("factor", "refused"), [(3.0, True), (0.5, True), (1.2, False)])
    def test_a_new_month_out_of_line_is_named(self, check_rule: Check, factor: float, refused: bool) -> None:
        """April 2018: the difference, and as much in the eight months after it."""
        now = aids(4, mobiliteit=factor)
        if factor == 0.5:  # the whole falls by more than a fifth: D11
            now = aids(4, persoonsgebonden=factor)
        result = check_rule("D16", now, "hulpmiddelen", before=aids(3))
        usual = 400 if factor == 0.5 else 1000
        assert (result.outcome, result.is_blocking) == ("failed", refused)
        assert float(result.at_stake_eur or 0) == pytest.approx(usual * abs(factor - 1) * 9, rel=0.03)
        assert "of 2018-04: " in result.observed

    def test_months_in_line_are_silent(self, check_rule: Check) -> None:
        assert check_rule("D16", aids(4), "hulpmiddelen", before=aids(3)).outcome == "passed"
        assert check_rule("D16", aids(4, mobiliteit=1.05), "hulpmiddelen", before=aids(3)).outcome == "passed"

    def test_a_month_that_was_told_before_is_left_to_others(self, check_rule: Check) -> None:
        again = aids(4, mobiliteit=1.2)
        assert check_rule("D16", again, "hulpmiddelen", before=again).outcome == "passed"

    def test_what_is_refused_anyway_is_told_once(self, check_rule: Check) -> None:
        now = aids(4, mobiliteit=100.0, persoonsgebonden=100.0)
        assert check_rule("D14", now, "hulpmiddelen", before=aids(3)).is_blocking
        assert check_rule("D16", now, "hulpmiddelen", before=aids(3)).outcome == "passed"


class TestTariffs:
    """beleidsregelwaarden."""

    @pytest.mark.parametrize(
        ("column", "factor"),
        [("nhc_full_eur_per_unit", 0.0), ("nhc_full_eur_per_unit", 0.5), ("max_tariff_excl_eur_per_unit", 0.8)],
    )
    def test_a_column_that_changed_by_a_large_share_is_refused(
        self, check_rule: Check, column: str, factor: float
    ) -> None:
        now, before = tariffs(range(2014, 2019)), tariffs(range(2014, 2018))
        assert check_rule("D16", now, "beleidsregelwaarden", before=before).outcome == "passed"
        result = check_rule(
            "D16", times(now, factor, pl.col("year") == 2018, column), "beleidsregelwaarden", before=before
        )
        assert result.is_blocking
        assert "100% of the tariffs far from the year before" in result.observed

    def test_some_of_the_tariffs_are_enough(self, check_rule: Check) -> None:
        some = (pl.col("year") == 2018) & pl.col("prestatiecode").is_in(["Z001", "Z002"])
        now, before = tariffs(range(2014, 2019)), tariffs(range(2014, 2018))
        assert check_rule(
            "D16", times(now, 0.0, some, "nhc_full_eur_per_unit"), "beleidsregelwaarden", before=before
        ).is_blocking

    def test_a_column_of_a_year_told_before_is_a_past_told_otherwise(self, check_rule: Check) -> None:
        now = tariffs(range(2014, 2019))
        wrong = times(now, 0.0, pl.col("year") == 2017, "nhc_full_eur_per_unit")
        result = check_rule("D12", wrong, "beleidsregelwaarden", before=now)
        assert result.is_blocking
        assert "column nhc" in result.observed
        assert check_rule("D12", now, "beleidsregelwaarden", before=now).outcome == "passed"
