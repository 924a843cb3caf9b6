"""Deliveries of other kinds beside the claims and the delivery before: whole, of a time that is over, moved, changed.

Three regions: 5508 Nijmegen (VGZ), 5518 Haaglanden (CZ), 5522 Westland (DSW), with € 1, 2 and 0.4 mln of kader.
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
JANUARY, MAY = date(2018, 1, 15), date(2018, 5, 15)
CODES = ("5508", "5518", "5522")
KADER = {"5508": (1_000_000, 100_000), "5518": (2_000_000, 200_000), "5522": (400_000, 40_000)}


def frame(kind: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of a kind in contract columns."""
    return pl.DataFrame(rows, schema=KINDS[kind].schema, orient="row")


def kader(on: date, euro: dict[str, tuple[float, float]] = KADER, year: int = 2018) -> pl.DataFrame:
    return frame("kader", [(on, on, code, year, Decimal(zin), Decimal(pgb)) for code, (zin, pgb) in euro.items()])


def transfers(*rows: tuple[date, str, str, str, str, int]) -> pl.DataFrame:
    return frame("overhevelingen", [(MAY, day, 2018, a, b, c, d, Decimal(eur)) for day, a, b, c, d, eur in rows])


def at(rows: pl.DataFrame, where: pl.Expr, column: str, factor: float) -> pl.DataFrame:
    """The rows with one number changed where a condition holds."""
    changed = (pl.col(column).cast(pl.Float64) * pl.when(where).then(factor).otherwise(1.0)).cast(rows.schema[column])
    return rows.with_columns(changed.alias(column))


def claimed(codes: tuple[str, ...] = CODES) -> pl.DataFrame:
    """€ 10,000 in January 2018 of each."""
    rows = [("VGZ", code, date(2018, 1, 1), 10_000.0) for code in codes]
    columns = ("wlz_uitvoerder", "zorgkantoor_code", "care_month", "amount_eur")
    return pl.DataFrame(rows, schema=columns, orient="row")


def stands(months: int = 5, **changes: float) -> pl.DataFrame:
    """pgb stands of January 2018 on: € 1,000, 2,000, 400 in January and € 10, 20, 4 more each month."""
    days = pl.date_range(date(2018, 1, 1), date(2018, months, 1), "1mo", eager=True).dt.month_end()
    rows = [
        (date(2018, 6, 1), day, code, 2018, Decimal(str(zin * changes.get(code, 1) / 1000 * (1 + number / 100))),
         Decimal(0), Decimal(0), 10, 1)
        for number, day in enumerate(days)
        for code, (zin, _) in KADER.items()
    ]  # fmt: skip
    return frame("pgb_verleningen", rows)


class TestWhole:
    """D11."""

    def test_a_kader_of_all_that_claim_is_whole(self, check_rule: Check) -> None:
        assert check_rule("D11", kader(JANUARY), "kader", claimed=claimed()).outcome == "passed"

    def test_a_kader_without_a_zorgkantoor_that_claims_is_refused_with_its_claims(self, check_rule: Check) -> None:
        lacking = kader(JANUARY).filter(pl.col("zorgkantoor_code") != "5518")
        result = check_rule("D11", lacking, "kader", claimed=claimed())
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("10000.00")
        assert "region Haaglanden has claims in 2018 and no row" in result.message

    def test_a_set_of_few_zorgkantoren_throughout_is_whole(self, check_rule: Check) -> None:
        few = kader(JANUARY).filter(pl.col("zorgkantoor_code") == "5508")
        assert check_rule("D11", few, "kader", claimed=claimed(("5508",)), before=few).outcome == "passed"

    def test_one_that_stood_before_and_is_gone_is_refused_with_what_it_had(self, check_rule: Check) -> None:
        lacking = kader(MAY).filter(pl.col("zorgkantoor_code") != "5522")
        result = check_rule("D11", lacking, "kader", before=kader(JANUARY))
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("440000.00")

    def test_a_code_that_closed_lives_on_in_its_region(self, check_rule: Check) -> None:
        """5522 and 5519 are both Westland."""
        after = kader(MAY).with_columns(zorgkantoor_code=pl.col("zorgkantoor_code").replace("5522", "5519"))
        assert check_rule("D11", after, "kader", before=kader(JANUARY), claimed=claimed()).outcome == "passed"

    def test_two_codes_of_a_region_that_became_one_are_no_fewer_indications(self, check_rule: Check) -> None:
        """Westland told 5519 and 5522, then 5519 alone: one of two regions, not one row of three."""
        rows = [(MAY, date(2018, month, 1), code, "VV", 100) for month in (1, 2) for code in ("5508", "5519", "5522")]
        told = frame("indicaties", rows)
        later = told.filter(pl.col("zorgkantoor_code") != "5522")
        assert check_rule("D11", later, "indicaties", before=told).outcome == "passed"

    def test_a_year_the_kader_does_not_hold_yet_lacks_nobody(self, check_rule: Check) -> None:
        assert check_rule("D11", kader(JANUARY, year=2017), "kader", claimed=claimed()).outcome == "passed"

    def test_pgb_without_a_zorgkantoor_that_claims_is_refused(self, check_rule: Check) -> None:
        lacking = stands().filter(pl.col("zorgkantoor_code") != "5508")
        assert check_rule("D11", lacking, "pgb_verleningen", claimed=claimed()).is_blocking

    def test_a_pgb_delivery_cut_off_after_march_lacks_the_rows_told_before(self, check_rule: Check) -> None:
        result = check_rule("D11", stands(3), "pgb_verleningen", before=stands(4))
        assert result.is_blocking
        assert "3 rows of 2018-04-30 to 2018-04-30" in result.message

    @pytest.mark.parametrize("year", [2017, 2019])
    @pytest.mark.parametrize("codes", [CODES, ("5508",)], ids=["all", "one"])
    def test_stands_of_the_newest_day_under_another_budget_year_are_refused(
        self, check_rule: Check, year: int, codes: tuple[str, ...]
    ) -> None:
        """Granted of May: € 1,040, 2,080 and 416."""
        may = (pl.col("reference_date") == date(2018, 5, 31)) & pl.col("zorgkantoor_code").is_in(codes)
        other = stands().with_columns(budget_year=pl.when(may).then(pl.lit(year, pl.Int32)).otherwise("budget_year"))
        result = check_rule("D11", other, "pgb_verleningen", before=stands(4))
        assert (result.is_blocking, result.findings_count) == (True, len(codes))
        assert float(result.at_stake_eur or 0) == (3536.0 if len(codes) == 3 else 1040.0)
        assert f"the stand of 2018-05-31 is told under budget year {year} only" in result.observed

    def test_the_first_stand_of_a_year_and_a_year_told_ahead_are_whole(self, check_rule: Check) -> None:
        """The stand of May under 2018, and what is granted of 2019 already beside it."""
        ahead = (
            stands()
            .filter(pl.col("reference_date") == date(2018, 5, 31))
            .with_columns(budget_year=pl.lit(2019, pl.Int32))
        )
        both = pl.concat([stands(), ahead])
        assert "other_year" not in str(check_rule("D11", both, "pgb_verleningen", before=stands(4)).observed)
        january = stands(1)
        december = january.with_columns(reference_date=pl.lit(date(2017, 12, 31)), budget_year=pl.lit(2017, pl.Int32))
        told = pl.concat([december, january])
        assert check_rule("D11", told, "pgb_verleningen", before=december).outcome == "passed"

    def test_a_kader_cut_off_before_the_newest_year_is_refused(self, check_rule: Check) -> None:
        """2017 and 2018 told before, 2017 alone now; the other way round 2017 is what is missing."""
        two = [pl.concat([kader(on, year=2017), kader(on)]) for on in (JANUARY, MAY)]
        result = check_rule("D11", two[1].head(3), "kader", before=two[0])
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("3740000.00")
        assert check_rule("D11", two[1].tail(3), "kader", before=two[0]).is_blocking
        assert check_rule("D11", two[1], "kader", before=two[0]).outcome == "passed"

    def test_agreements_of_half_the_year_before_are_refused(self, check_rule: Check) -> None:
        rows = [
            (date(2018, 2, 15), 2018, code, f"0000000{n}", "Z041", "14", 10.0, Decimal(1000), "ja")
            for code in CODES
            for n in range(4)
        ]
        whole = frame("herschikking", rows)
        before = whole.with_columns(year=pl.lit(2017, pl.Int32))
        half = whole.filter(pl.col("agb_code").is_in(["00000000", "00000001"]))
        assert check_rule("D11", whole, "herschikking", before=before).outcome == "passed"
        result = check_rule("D11", half, "herschikking", before=before)
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("6000.00")

    def test_tariffs_of_two_thirds_of_the_codes_are_refused(self, check_rule: Check) -> None:
        rows = [(date(2018, 1, 2), 2018, f"Z{n:03}", "14", 100.0, 1.0, 1.0) for n in range(9)]
        whole = frame("beleidsregelwaarden", rows)
        before = whole.with_columns(year=pl.lit(2017, pl.Int32))
        assert check_rule("D11", whole.head(6), "beleidsregelwaarden", before=before).is_blocking
        assert check_rule("D11", whole.head(8), "beleidsregelwaarden", before=before).outcome == "passed"


class TestKader:
    """K03, K04 and K05."""

    def test_the_same_kader_again_is_silent(self, check_rule: Check) -> None:
        assert check_rule("K03", kader(MAY), "kader", before=kader(JANUARY)).outcome == "passed"
        assert check_rule("K04", kader(MAY), "kader", before=kader(JANUARY)).outcome == "passed"

    def test_regions_that_moved_without_a_transfer_are_refused_each_with_its_euro(self, check_rule: Check) -> None:
        moved = kader(MAY, KADER | {"5508": (900_000, 100_000), "5518": (2_100_000, 200_000)})
        result = check_rule("K03", moved, "kader", before=kader(JANUARY))
        assert result.is_blocking
        assert result.findings_count == 2
        assert result.at_stake_eur == Decimal("200000.00")

    def test_the_same_with_its_transfer_is_silent(self, check_rule: Check) -> None:
        """€ 100,000 of zin from Nijmegen to Haaglanden; of € 50,000 of pgb 0.86 arrives in zin."""
        moved = kader(MAY, KADER | {"5508": (943_000, 50_000), "5518": (2_100_000, 200_000)})
        booked = transfers(
            (date(2018, 3, 1), "5508", "zin", "5518", "zin", 100_000),
            (date(2018, 4, 1), "5508", "pgb", "5508", "zin", 50_000),
        )
        for check in ("K03", "K04"):
            assert check_rule(check, moved, "kader", before=kader(JANUARY), transfers=booked).outcome == "passed"

    def test_a_transfer_before_the_first_stand_explains_nothing(self, check_rule: Check) -> None:
        moved = kader(MAY, KADER | {"5508": (900_000, 100_000), "5518": (2_100_000, 200_000)})
        booked = transfers((date(2018, 1, 10), "5508", "zin", "5518", "zin", 100_000))
        assert check_rule("K03", moved, "kader", before=kader(JANUARY), transfers=booked).is_blocking

    def test_a_kader_that_fell_is_refused(self, check_rule: Check) -> None:
        result = check_rule("K03", kader(MAY, KADER | {"5522": (400_000, 30_000)}), "kader", before=kader(JANUARY))
        assert result.is_blocking
        assert "the nation lost € 10,000" in result.message

    def test_a_rise_is_used_and_told_per_region(self, check_rule: Check) -> None:
        """€ 30,000 and 60,000 of zin, 5,000 of pgb."""
        risen = kader(MAY, KADER | {"5508": (1_030_000, 100_000), "5518": (2_060_000, 205_000)})
        assert check_rule("K03", risen, "kader", before=kader(JANUARY)).outcome == "passed"
        result = check_rule("K04", risen, "kader", before=kader(JANUARY))
        assert (result.outcome, result.is_blocking, result.findings_count) == ("failed", False, 2)
        assert result.at_stake_eur == Decimal("95000.00")
        assert (
            "zin 2018: € 90,000 more than the stand before with its transfers: Haaglanden € 60,000, Nijmegen € 30,000"
            in (result.message)
        )

    def test_of_a_kader_that_rose_everywhere_the_largest_are_named(
        self, check_rule: Check, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("expectations.kader.NAMED_REGIONS", 1)
        risen = kader(MAY, {code: (zin + 30_000, pgb) for code, (zin, pgb) in KADER.items()})
        message = check_rule("K04", risen, "kader", before=kader(JANUARY)).message
        assert message.count("€ 30,000") == 1
        assert f"and {len(KADER) - 1} more regions" in message

    @pytest.mark.parametrize(("factor", "refused"), [(1.05, False), (1.3, True), (3.0, True)])
    def test_a_rise_no_release_ever_was_is_refused(self, check_rule: Check, factor: float, refused: bool) -> None:
        """All regions alike, or one of them by as much of the nation."""
        every = kader(MAY, {code: (int(zin * factor), pgb) for code, (zin, pgb) in KADER.items()})
        result = check_rule("K04", every, "kader", before=kader(JANUARY))
        assert (result.outcome, result.is_blocking, result.severity) == (
            "failed",
            refused,
            "block" if refused else "warn",
        )
        zin = sum(zin for zin, _ in KADER.values())
        one = kader(MAY, KADER | {"5508": (KADER["5508"][0] + int(zin * (factor - 1)), KADER["5508"][1])})
        assert check_rule("K04", one, "kader", before=kader(JANUARY)).is_blocking is refused

    def test_more_that_moved_than_came_is_refused_though_the_nation_rose(self, check_rule: Check) -> None:
        """Nijmegen − € 100,000, Haaglanden + € 100,001 and a cent more is no release."""
        moved = kader(MAY, KADER | {"5508": (900_000, 100_000), "5518": (2_150_000, 200_000)})
        assert check_rule("K03", moved, "kader", before=kader(JANUARY)).is_blocking

    def test_two_stands_of_one_date_that_contradict_are_refused(self, check_rule: Check) -> None:
        """The January stand again with another amount, € 1 mln higher in a kader of € 3.74 mln."""
        other = kader(JANUARY, KADER | {"5508": (2_000_000, 100_000)})
        result = check_rule("D12", other, "kader", before=kader(JANUARY))
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("1000000.00")

    def test_a_transfer_after_the_newest_stand_is_named(self, check_rule: Check) -> None:
        late = transfers((date(2018, 3, 1), "5508", "zin", "5518", "zin", 100_000))
        result = check_rule("K05", late, "overhevelingen", kader=kader(JANUARY))
        assert (result.is_blocking, result.at_stake_eur) == (False, Decimal("100000.00"))
        assert check_rule("K05", late, "overhevelingen", kader=kader(MAY)).outcome == "passed"

    def test_a_transfer_of_nothing_or_less_is_refused(self, check_rule: Check) -> None:
        turned = transfers((date(2018, 3, 1), "5508", "zin", "5518", "zin", -100_000))
        assert check_rule("K01", turned, "overhevelingen", kader=kader(MAY)).is_blocking


class TestStands:
    """G03."""

    def test_a_stand_that_falls_to_nothing_is_refused(self, check_rule: Check) -> None:
        may = (pl.col("zorgkantoor_code") == "5508") & (pl.col("reference_date") == date(2018, 5, 31))
        gone = at(stands(), may, "granted_eur", 0.0)
        result = check_rule("G03", gone, "pgb_verleningen")
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("1030.00")
        assert check_rule("G03", stands(), "pgb_verleningen").outcome == "passed"


class TestChanged:
    """D14, D10, D12 and D04-rows."""

    @pytest.mark.parametrize("factor", [1000.0, 0.01, 100.0, 5.0])
    def test_amounts_in_another_scale_are_refused(self, check_rule: Check, factor: float) -> None:
        scaled = stands().with_columns(
            (pl.col("granted_eur") * factor).cast(KINDS["pgb_verleningen"].schema["granted_eur"])
        )
        result = check_rule("D14", scaled, "pgb_verleningen", before=stands(4))
        assert result.is_blocking
        assert "column verleend" in result.message

    @pytest.mark.parametrize(
        ("before", "now", "refused"),
        [(5, 1, False), (1, 5, False), (12, 2, False), (40, 8, True), (12, 12_000, True), (3, 3_000, True)],
    )
    def test_counts_this_small_differ_as_much_by_chance(
        self, check_rule: Check, before: int, now: int, refused: bool
    ) -> None:
        """A waiting list of five that is one a month later is no other scale; one of forty, or a thousand times, is."""
        may = pl.col("reference_date") == date(2018, 5, 31)
        told = stands(4).with_columns(waiting_count=pl.lit(before, pl.Int64))
        newer = at(stands().with_columns(waiting_count=pl.lit(before, pl.Int64)), may, "waiting_count", now / before)
        result = check_rule("D14", newer, "pgb_verleningen", before=told)
        assert result.is_blocking is refused

    def test_the_newest_month_alone_in_another_scale_is_refused(self, check_rule: Check) -> None:
        may = pl.col("reference_date") == date(2018, 5, 31)
        scaled = at(stands(), may, "granted_eur", 100.0)
        assert check_rule("D14", scaled, "pgb_verleningen", before=stands(4)).is_blocking

    def test_a_sign_that_is_turned_is_refused(self, check_rule: Check) -> None:
        rows = [
            (MAY, month, kind, Decimal(1000))
            for month in (date(2018, 1, 1), date(2018, 2, 1))
            for kind in ("mobiliteit", "persoonsgebonden")
        ]
        aids = frame("hulpmiddelen", rows)
        result = check_rule("D14", aids.with_columns(-pl.col("amount_eur")), "hulpmiddelen", before=aids)
        assert result.is_blocking
        assert "sign turned" in result.message

    def test_months_moved_by_one_are_refused(self, check_rule: Check) -> None:
        months = pl.date_range(date(2017, 1, 1), date(2018, 3, 1), "1mo", eager=True)
        aids = frame(
            "hulpmiddelen", [(MAY, month, "mobiliteit", Decimal(1000 + number)) for number, month in enumerate(months)]
        )
        moved = aids.with_columns(pl.col("month").dt.offset_by("1mo"))
        result = check_rule("D14", moved, "hulpmiddelen", before=aids)
        assert result.is_blocking
        assert "column maand is one month later" in result.message

    @pytest.mark.parametrize(
        ("column", "value"), [("unit_code", "81"), ("agb_code", "99999999"), ("includes_nhc_nic", "nee")]
    )
    def test_a_key_or_a_choice_changed_throughout_is_named(self, check_rule: Check, column: str, value: str) -> None:
        rows = [(MAY, 2018, code, "00000001", "Z041", "14", 10.0, Decimal(1000), "ja") for code in CODES]
        whole = frame("herschikking", rows)
        before = whole.with_columns(year=pl.lit(2017, pl.Int32))
        result = check_rule("D14", whole.with_columns(pl.lit(value).alias(column)), "herschikking", before=before)
        assert result.is_blocking
        assert f"column {KINDS['herschikking'].column(column).source_name}" in result.message

    def test_another_year_of_the_same_is_silent(self, check_rule: Check) -> None:
        """5 % more, and one provider of three new."""
        rows = [
            (MAY, 2018, code, f"0000000{n}", "Z041", "14", 10.0, Decimal(1000 + 50 * n), "ja")
            for n, code in enumerate(CODES)
        ]
        whole = frame("herschikking", rows)
        before = whole.head(2).with_columns(year=pl.lit(2017, pl.Int32))
        for check in ("D14", "D10", "D11", "D12"):
            assert check_rule(check, whole, "herschikking", before=before).outcome == "passed", check

    def test_one_absurd_row_is_refused_with_what_it_moves(self, check_rule: Check) -> None:
        """May of 5522 at € 416,000 where its other months are about € 406."""
        absurd = (pl.col("zorgkantoor_code") == "5522") & (pl.col("reference_date") == date(2018, 5, 31))
        wrong = at(stands(), absurd, "granted_eur", 1000.0)
        result = check_rule("D10", wrong, "pgb_verleningen", before=stands(4))
        assert result.is_blocking
        assert result.at_stake_eur == Decimal("415594.00")
        assert check_rule("D10", stands(), "pgb_verleningen", before=stands(4)).outcome == "passed"

    def test_one_absurd_tariff_is_refused(self, check_rule: Check) -> None:
        rows = [(date(2018, 1, 2), year, f"Z{n:03}", "14", 100.0, 1.0, 1.0) for n in range(9) for year in (2017, 2018)]
        tariffs = frame("beleidsregelwaarden", rows)
        one = (pl.col("prestatiecode") == "Z003") & (pl.col("year") == 2018)
        wrong = tariffs.with_columns(
            max_tariff_excl_eur_per_unit=pl.when(one).then(10_000.0).otherwise("max_tariff_excl_eur_per_unit")
        )
        assert check_rule("D10", wrong, "beleidsregelwaarden").is_blocking

    def test_a_past_told_otherwise_is_named_and_refused_when_it_is_much(self, check_rule: Check) -> None:
        """Of € 13,804 told before: 5508 (€ 4,060 of it) 3 % higher is 0.88 %, 10 % higher is 2.9 %."""
        little, much = (
            check_rule("D12", stands(**{"5508": by}), "pgb_verleningen", before=stands(4)) for by in (1.03, 1.1)
        )
        assert (little.outcome, little.is_blocking, little.at_stake_eur) == ("failed", False, Decimal("121.80"))
        assert much.is_blocking

    def test_the_file_of_last_month_under_a_new_date_is_named(self, check_rule: Check) -> None:
        again = stands(4).with_columns(delivery_date=pl.lit(date(2018, 7, 1)))
        result = check_rule("D04-rows", again, "pgb_verleningen", before=stands(4))
        assert (result.outcome, result.is_blocking, result.at_stake_eur) == ("failed", False, Decimal("34.00"))
        assert check_rule("D04-rows", stands(), "pgb_verleningen", before=stands(4)).outcome == "passed"
