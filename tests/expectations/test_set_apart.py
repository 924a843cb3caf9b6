"""How much may be set apart, whatever the reason (D02-limit), and a code that has ended (D02-rows)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.intake.quarantine import split_rows
from expectations.judging.delivery_view import sum_claims
from expectations.judging.results import CheckResult
from expectations.judging.sentences import LANGUAGES, list_parts
from warehouse.tables.deliveries import BELEIDSREGELWAARDEN, DECLARATIES, HERSCHIKKING, KINDS

Check = Callable[..., CheckResult]
KNOWN, UNITS = {"Z041", "Z110"}, {"14"}
MONTHS = pl.date_range(date(2016, 1, 1), date(2018, 4, 1), "1mo", eager=True).to_list()


def delivered(*rows: tuple[str, str, date, str, str]) -> pl.DataFrame:
    """Claims as rows of zorgkantoor, prestatie, care month, unit and euro; a unit costs € 1."""
    whole = [
        (date(2018, 5, 2), code, None, what, month, unit, float(eur), Decimal(eur))
        for code, what, month, unit, eur in rows
    ]
    return pl.DataFrame(whole, schema=DECLARATIES.schema, orient="row")


def clean(euro: str = "1000.00") -> list[tuple[str, str, date, str, str]]:
    """€ 28,000 of Z041 in each of two zorgkantoren of two uitvoerders (VGZ, CZ): 28 months of the same amount."""
    return [(code, "Z041", month, "14", euro) for code in ("5508", "5518") for month in MONTHS]


def limit(check_rule: Check, frame: pl.DataFrame, ended: dict[str, date] | None = None) -> CheckResult:
    kept, apart = split_rows(frame, DECLARATIES, KNOWN, UNITS, ended=ended or {})
    return check_rule("D02-limit", frame, kept=kept, quarantined=apart)


def test_nothing_set_apart_is_no_finding(check_rule):
    assert limit(check_rule, delivered(*clean())).outcome == "passed"


def test_half_a_per_cent_is_below_the_limit(check_rule):
    """€ 140 of € 28,140 of one uitvoerder is 0.4975 %, of the delivery 0.2494 %."""
    frame = delivered(*clean(), ("5508", "X999", MONTHS[-1], "14", "140.00"))
    assert limit(check_rule, frame).outcome == "passed"


def test_above_it_of_one_uitvoerder_the_delivery_is_refused_and_the_uitvoerder_named(check_rule):
    """€ 150 of € 28,150 is 0.53 %; of the delivery, € 56,150, it is 0.27 %."""
    result = limit(check_rule, delivered(*clean(), ("5508", "Z949", MONTHS[-1], "14", "150.00")))
    assert result.is_blocking
    assert result.at_stake_eur == Decimal("150.00")
    assert "uitvoerder VGZ: € 150 of € 28,150 (0.5%) is set apart" in result.message
    assert "list simulation does not know these codes" in result.message
    assert "Z949 € 150 (closest known Z9" in result.message


def test_of_a_whole_delivery_the_ten_largest_are_listed(check_rule):
    """20 unknown codes of € 100 to € 2,000 in all zorgkantoren: one finding, ten codes, the largest first."""
    unknown = [("5518", f"X{number:03}", MONTHS[0], "14", f"{number}00.00") for number in range(1, 21)]
    result = limit(check_rule, delivered(*clean(), *unknown))
    assert result.is_blocking
    assert result.findings_count == 1
    assert "the delivery: € 21,000 of € 77,000 (27.3%) is set apart" in result.message
    assert "X020 € 2,000" in result.message
    assert "X011" in result.message
    assert "X010" not in result.message
    assert "wlz reference import" in result.message


def test_a_group_and_a_unit_have_a_limit_of_their_own(check_rule):
    """€ 250 of Z110 in unit 81: a tenth of its group, and 0.1 % of all that the list counts in etmalen."""
    rows = [
        *clean("4000.00"),
        ("5508", "Z110", MONTHS[0], "14", "2250.00"),
        ("5508", "Z110", MONTHS[0], "81", "250.00"),
    ]
    result = limit(check_rule, delivered(*rows))
    assert result.is_blocking
    assert result.findings_count == 1
    assert "group Overige basisprestaties: € 250 of € 2,500 (10.0%)" in result.message


def test_a_unit_of_the_list_has_a_limit(check_rule):
    """All of H104, counted in minutes, comes in a unit that is none of the Wlz: € 200 of € 112,200."""
    rows = [*clean("2000.00"), ("5508", "H104", MONTHS[0], "41", "200.00")]
    frame = delivered(*rows)
    kept, apart = split_rows(frame, DECLARATIES, {*KNOWN, "H104"}, UNITS)
    result = check_rule("D02-limit", frame, kept=kept, quarantined=apart)
    assert result.is_blocking
    assert "unit 01: € 200 of € 200 (100.0%)" in result.message
    assert "H104 € 200 (delivered in unit 41; the list counts it in 01)" in result.message
    assert "closest known" not in result.message


def test_unknown_codes_units_and_ended_codes_are_told_apart(check_rule):
    """€ 300 of an unknown code, € 200 in a unit that is none, € 100 after an end: each by why, in one sentence."""
    rows = [
        *clean(), ("5508", "Z949", MONTHS[-1], "14", "300.00"), ("5508", "Z041", MONTHS[-1], "41", "200.00"),
        ("5508", "Z110", MONTHS[-1], "14", "100.00"),
    ]  # fmt: skip
    said = limit(check_rule, delivered(*rows), {"Z110": date(2017, 12, 31)}).message
    assert "simulation does not know these codes: Z949 € 300 (closest known Z9" in said
    assert "; known, in a unit that is not allowed: Z041 € 200 (delivered in unit 41; the list counts it in 14)" in said
    assert "; ended: Z110 € 100" in said


def test_a_code_that_has_ended_is_set_apart_from_the_month_after(check_rule):
    """The month of its end counts, the one after does not, whatever the day; it counts towards the limit."""
    ended = {"Z110": date(2018, 2, 28)}
    rows = [*clean(), *(("5508", "Z110", date(2018, month, 1), "14", "200.00") for month in (1, 2, 3))]
    kept, apart = split_rows(delivered(*rows), DECLARATIES, KNOWN, UNITS, ended=ended)
    assert apart["care_month"].to_list() == [date(2018, 3, 1)]
    assert apart["reason"].to_list() == ["prestatie Z110 ended on 2018-02-28"]
    assert kept.height == len(rows) - 1
    assert limit(check_rule, delivered(*rows), ended).is_blocking


def test_a_beginning_never_judges(check_rule):
    """Z041 holds from 2015 in the list of the tests; a claim of before any list is judged by other rules."""
    kept, apart = split_rows(delivered(("5508", "Z041", date(2012, 1, 1), "14", "1.00")), DECLARATIES, KNOWN, UNITS)
    assert (kept.height, apart.height) == (1, 0)


def test_agreements_of_the_year_after_the_end_are_set_apart(check_rule):
    """An agreement is about a year: 2018 is after an end in 2017, 2017 is not."""
    rows = [
        (date(2018, 2, 15), year, "5508", None, "Z110", "14", 10.0, Decimal("100.00"), True) for year in (2017, 2018)
    ]
    frame = pl.DataFrame(rows, schema=HERSCHIKKING.schema, orient="row")
    ended = {"Z110": date(2017, 6, 30)}
    kept, apart = split_rows(frame, HERSCHIKKING, KNOWN, UNITS, ended=ended)
    assert apart["year"].to_list() == [2018]
    assert check_rule("D02-limit", frame, "herschikking", kept=kept, quarantined=apart).is_blocking


def test_negative_rows_do_not_hide_what_is_set_apart(check_rule):
    """+ € 500 and - € 500 of an unknown code are € 1,000 without sign."""
    rows = [*clean(), ("5508", "X1", MONTHS[0], "14", "500.00")]
    frame = pl.concat([delivered(*rows), delivered(("5508", "X1", MONTHS[1], "14", "-500.00"))])
    result = limit(check_rule, frame)
    assert result.at_stake_eur == Decimal("1000.00")


@pytest.mark.parametrize("name", ["set_apart_ratio", "set_apart_group_ratio"])
def test_the_limits_stand_in_the_assumptions(make_view, name):
    assert make_view(delivered(*clean())).assumptions[name] in (0.005, 0.05)


def test_amounts_against_the_sign_of_their_volume_have_the_same_limit(check_rule):
    """€ 1,000 of € 28,000 of one uitvoerder with the sign turned is 3.6 %; no code is wrong."""
    rows = [*clean()[1:], ("5508", "Z041", MONTHS[0], "14", "1000.00")]
    turned = (pl.col("care_month") == MONTHS[0]) & (pl.col("zorgkantoor_code") == "5508")
    frame = delivered(*rows).with_columns(pl.when(turned).then(-pl.col("volume")).otherwise("volume").alias("volume"))
    result = limit(check_rule, frame)
    assert result.is_blocking
    assert result.at_stake_eur == Decimal("1000.00")
    assert "the delivery: € 1,000 of € 56,000 (1.8%) is set apart; amount and volume have different signs" in (
        result.message
    )
    assert "does not know these codes" not in result.message


def test_a_column_of_volumes_that_is_zero_refuses_the_delivery(check_rule):
    frame = delivered(*clean()).with_columns(volume=pl.lit(0.0))
    result = limit(check_rule, frame)
    assert result.is_blocking
    assert "an amount with volume 0: € 56,000 in 56 rows" in result.message


def test_codes_and_signs_count_together(check_rule):
    """€ 100 of an unknown code and € 100 without volume: 0.36 % each, and 0.71 % of what the uitvoerder claims."""
    rows = [*clean(), ("5508", "Z949", MONTHS[-1], "14", "100.00"), ("5508", "Z041", MONTHS[-1], "14", "100.00")]
    frame = delivered(*rows).with_row_index("row")
    frame = frame.with_columns(volume=pl.when(pl.col("row") == len(rows) - 1).then(0.0).otherwise("volume"))
    result = limit(check_rule, frame.drop("row"))
    assert result.is_blocking
    assert result.at_stake_eur == Decimal("200.00")


def test_a_row_that_a_person_released_is_not_set_apart(check_rule):
    frame = delivered(*clean()).with_columns(volume=pl.lit(0.0))
    kept, apart = split_rows(frame, DECLARATIES, KNOWN, UNITS, ["P02"])
    assert kept.height == frame.height
    assert check_rule("D02-limit", frame, kept=kept, quarantined=apart).outcome == "passed"


def test_a_kind_without_euro_is_counted_in_rows(check_rule):
    """2 of 40 tariffs under codes of another list: 5 % of the rows, and no euro is known."""
    rows = [(date(2018, 1, 2), 2018, code, "14", 100.0, 10.0, 1.0) for code in ["Z041"] * 38 + ["X1", "X2"]]
    frame = pl.DataFrame(rows, schema=BELEIDSREGELWAARDEN.schema, orient="row")
    kept, apart = split_rows(frame, BELEIDSREGELWAARDEN, KNOWN, UNITS)
    result = check_rule("D02-limit", frame, "beleidsregelwaarden", kept=kept, quarantined=apart)
    assert result.is_blocking
    assert result.at_stake_eur is None
    assert "the delivery: 2 of 40 rows (5.0%) are set apart" in result.message


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_the_limit(check_rule, kind):
    """Also one of which no row is set apart today."""
    empty = KINDS[kind].empty()
    assert check_rule("D02-limit", empty, kind, quarantined=empty).outcome == "passed"


def test_a_delivery_of_which_nothing_is_left_is_refused_and_breaks_no_rule(check, make_view):
    """Every code with a blank behind it: 100 % is set apart, and the codes are shown with their blank."""
    frame = delivered(*clean()).with_columns(pl.col("prestatiecode") + " ")
    kept, apart = split_rows(frame, DECLARATIES, KNOWN, UNITS)
    told = ("VGZ", "5508", MONTHS[0], 1.0, date(2018, 4, 1))
    columns = ("wlz_uitvoerder", "zorgkantoor_code", "care_month", "amount_eur", "delivery_month")
    before = pl.DataFrame([told], schema=columns, orient="row")
    results = check(frame, kept=kept, quarantined=apart, previous=before, previous_month=date(2018, 4, 1),
                    previous_sums=sum_claims(delivered(*clean())), previous_received_on=date(2018, 4, 3))  # fmt: skip
    assert {name for name, one in results.items() if one.outcome == "broken"} == set()
    assert results["D02-limit"].is_blocking
    assert "'Z041 ' € 56,000 (closest known Z041)" in results["D02-limit"].message


def test_every_reason_for_setting_apart_has_its_words():
    """Reasons are given by `split_rows`; those that name codes are listed under a part of their own."""
    frame = delivered(
        ("5508", "X1", MONTHS[0], "14", "1.00"), ("5508", "Z110", MONTHS[-1], "14", "1.00"),
        ("5508", "Z041", MONTHS[0], "99", "1.00"), ("5508", "Z041", MONTHS[0], "14", "-1.00"),
        ("5508", "Z041", MONTHS[0], "14", "1.00"),
    )  # fmt: skip
    frame = frame.with_columns(volume=pl.Series([1.0, 1.0, 1.0, 1.0, 0.0]))
    _, apart = split_rows(frame, DECLARATIES, KNOWN, UNITS, ended={"Z110": date(2017, 12, 31)})
    said = {"prestatie": "largest", "unit": "in_unit"}
    assert apart.height == 5
    for language in LANGUAGES:
        assert {said.get(why, why) for why in apart["wording"]} <= set(list_parts("D02-limit", language))
