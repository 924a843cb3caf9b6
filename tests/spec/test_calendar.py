"""Working days and the dates that count in them, against published dates."""

from datetime import date, timedelta

import pytest
from dateutil import easter

from wlz.words.calendar import add_working_days, claims_due, easter_sunday, handled_by, public_holidays, sent_by

# Easter Sunday as the Rijksoverheid publishes it.
EASTER = [
    date(2015, 4, 5), date(2016, 3, 27), date(2017, 4, 16), date(2018, 4, 1), date(2019, 4, 21), date(2020, 4, 12),
    date(2021, 4, 4), date(2022, 4, 17), date(2023, 4, 9), date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5),
    date(2027, 3, 28), date(2028, 4, 16), date(2029, 4, 1), date(2030, 4, 21),
]  # fmt: skip


@pytest.mark.parametrize("published", EASTER, ids=str)
def test_easter_is_as_published(published):
    assert easter_sunday(published.year) == published


def test_easter_agrees_with_dateutil():
    assert [easter_sunday(year) for year in range(1583, 2500)] == [easter.easter(year) for year in range(1583, 2500)]


def test_holidays_of_2018_are_those_of_the_law():
    assert {f"{day:%m-%d}": name for day, name in public_holidays(2018).items()} == {
        "01-01": "Nieuwjaarsdag",
        "03-30": "Goede Vrijdag",
        "04-02": "Tweede Paasdag",
        "04-27": "Koningsdag",
        "05-05": "Bevrijdingsdag",
        "05-10": "Hemelvaartsdag",
        "05-21": "Tweede Pinksterdag",
        "12-25": "Eerste Kerstdag",
        "12-26": "Tweede Kerstdag",
    }


@pytest.mark.parametrize(("year", "day"), [(2014, 26), (2015, 27), (2024, 27), (2025, 26), (2026, 27), (2031, 26)])
def test_the_king_has_no_birthday_on_a_sunday(year, day):
    kings_days = [found for found, name in public_holidays(year).items() if name == "Koningsdag"]
    assert kings_days == [date(year, 4, day)]


def test_years_before_the_wlz_are_refused():
    with pytest.raises(ValueError, match="expected a year from 2014"):
        public_holidays(2013)


@pytest.mark.parametrize("year", range(2015, 2031))
def test_a_year_has_nine_holidays_unless_two_fall_on_one_day(year):
    assert len(public_holidays(year)) == (8 if year == 2016 else 9)  # Hemelvaartsdag of 2016 was 5 May


# Counted from the calendar of 2018: January due on 23 February, handled on 16 March, and so on.
@pytest.mark.parametrize(
    ("care_month", "sent", "handled"),
    [
        (date(2018, 1, 1), date(2018, 2, 23), date(2018, 3, 16)),
        (date(2018, 2, 1), date(2018, 3, 23), date(2018, 4, 17)),
        (date(2018, 3, 1), date(2018, 4, 25), date(2018, 5, 18)),
    ],
)
def test_claims_of_a_month_are_handled_by(care_month, sent, handled):
    assert (sent_by(care_month), handled_by(care_month)) == (sent, handled)


@pytest.mark.parametrize(
    ("delivery_month", "due"),
    [
        (date(2018, 5, 1), date(2018, 5, 2)),  # the round of the letter
        (date(2018, 4, 1), date(2018, 4, 4)),  # Easter Monday on the second
        (date(2018, 1, 1), date(2018, 1, 3)),
        (date(2021, 4, 1), date(2021, 4, 6)),  # Good Friday to Easter Monday in between
        (date(2016, 5, 1), date(2016, 5, 3)),  # begins on a Sunday
    ],
)
def test_claims_are_due_on_the_second_working_day(delivery_month, due):
    assert claims_due(delivery_month) == due


def test_working_days_follow_a_count_by_hand():
    day, worked = date(2017, 12, 20), []
    while len(worked) < 300:
        day += timedelta(days=1)
        if day.isoweekday() < 6 and day not in public_holidays(day.year):
            worked.append(day)
    assert [add_working_days(date(2017, 12, 20), count) for count in range(1, 301)] == worked


def test_from_a_day_off_the_next_working_day_is_the_first():
    assert add_working_days(date(2018, 3, 31), 1) == add_working_days(date(2018, 3, 29), 1) == date(2018, 4, 3)


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_below_one_is_refused(count):
    with pytest.raises(ValueError, match="expected 1 or more"):
        add_working_days(date(2018, 5, 1), count)
