"""Findings told before they were records, held against those of today: what is the same, and what is not."""

from dataclasses import replace
from datetime import date

import pytest

from pipelines.alerts.records import About, Alert, Told
from pipelines.alerts.told_before import find_same, name_subject

MAY = date(2018, 5, 1)
MENZIS = About("Menzis", "5501", "99000001", "H104", "01")
WORDS = (
    "Menzis, zorgkantoor 5501, provider {}, prestatie {}, unit 01, 2018-01 to {}: price 60.0 x its own price of 2016"
)


def standing(about: About, observed: str, check_id: str = "U01", **more: object) -> Alert:
    alert = Alert(check_id, "declaraties", "d", MAY, "warn", about=about, numbers="{}", observed=observed)
    return replace(alert, **more)


def told(observed: str, wlz_uitvoerder: str | None = None, check_id: str = "U01") -> Told:
    subject = name_subject(observed, wlz_uitvoerder)
    return Told(check_id, "declaraties", "d", MAY, "warn", subject=subject, observed=observed[:300])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("H126/Menzis: 1,234 units at € 56.78", "H126/Menzis: 99 units at € 1.00"),
        ("row 12, column zin: zorgkantoor 9999 in 3 rows", "row 7, column zin: zorgkantoor 9999 in 1 rows"),
        ("z 4.1, was -3.5 %", "z 12, was 0.5 %"),
        ("H126: € 950,000 in all", "H126: € 1.1 mln in all"),
    ],
)
def test_numbers_made_no_other_name(first, second):
    assert name_subject(first, "Menzis") == name_subject(second, "Menzis")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("H126/Menzis: 3 units", "H127/Menzis: 3 units"),
        ("care month 2018-03: 3 units", "care month 2018-04: 3 units"),
        ("zorgkantoor 5501: 0 rows", "zorgkantoor 5502: 0 rows"),
    ],
)
def test_codes_and_months_did(first, second):
    assert name_subject(first) != name_subject(second)
    assert name_subject(first, "Menzis") != name_subject(first, "VGZ")


TOLD = told(WORDS.format("99000001", "H104", "2018-04"), "Menzis")


@pytest.mark.parametrize(
    ("finding", "is_same"),
    [
        (standing(MENZIS, WORDS.format("99000001", "H104", "2018-04")), True),
        (standing(MENZIS, WORDS.format("99000001", "H104", "2018-05")), True),
        (standing(MENZIS, "said in another way altogether"), True),
        (standing(MENZIS._replace(agb_code="99000002"), WORDS.format("99000002", "H104", "2018-04")), True),
        (standing(MENZIS._replace(agb_code="99000002"), "said in another way altogether"), False),
        (standing(MENZIS._replace(prestatiecode="H105"), WORDS.format("99000001", "H105", "2018-05")), False),
        (standing(MENZIS._replace(wlz_uitvoerder="VGZ"), "said in another way altogether"), False),
        (standing(MENZIS, WORDS.format("99000001", "H104", "2018-04"), check_id="U02"), False),
        (standing(About(), "KeyError", subject="broken"), False),
    ],
    ids=[
        "the same words", "a month later", "other words", "a provider of the same name then", "another provider",
        "another prestatie", "another uitvoerder", "another check", "a broken check",
    ],
)  # fmt: skip
def test_what_is_the_same_as_was_told(finding, is_same):
    assert find_same(TOLD, [finding]) == ([0] if is_same else [])


def test_all_that_had_one_name_are_the_same():
    both = [
        standing(MENZIS._replace(agb_code=f"9900000{n}"), WORDS.format(f"9900000{n}", "H104", "2018-05"))
        for n in (1, 2)
    ]
    assert find_same(TOLD, both) == [0, 1]


@pytest.mark.parametrize(("month", "is_same"), [("2018-07", True), ("2018-08", False)])
def test_where_a_month_matters_another_month_is_another_finding(month, is_same):
    words = "first in row 3, column zorgmaand: 2 rows of care month {}"
    before = told(words.format("2018-07"), check_id="D06")
    today = standing(About(care_month=month), words.format(month), "D06")
    assert bool(find_same(before, [today])) is is_same


def test_a_region_that_has_a_code_today_is_known_by_its_words():
    words = "zorgkantoorregio Nijmegen, {}: stand € {} mln, -4.0% against the month before (€ 9.0 mln)"
    before = told(words.format("2018-03", "8.6"), "VGZ", "G01")
    today = standing(About("VGZ", "5508"), words.format("2018-04", "8.7"), "G01")
    assert find_same(before, [today]) == [0]
