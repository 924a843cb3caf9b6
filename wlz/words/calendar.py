"""Working days in the Netherlands and the dates that count in them: when claims are due, handled and delivered.

Working days are those of the Algemene termijnenwet, article 3: no Saturday, no Sunday, none of the holidays it names
(5 May every year, not only in lustrum years) and not Good Friday, which it puts on a par. No clock and no files here.
"""

from datetime import date, timedelta

import numpy as np

from wlz.words.faults import Spoken
from wlz.words.months import end_of_month

FIRST_YEAR = 2014  # from then on Koningsdag is the 27th of April; the Wlz began in 2015
SEND_WORKING_DAYS = 17  # after the care month a provider sends its claims (pages of the zorgkantoren, BWBR0036809)
HANDLE_WORKING_DAYS = 15  # after that a zorgkantoor handles them (the same pages; 20 until 2014)
DELIVER_WORKING_DAYS = 2  # into the delivery month: the claims of the round of May 2018 are of 2 May (mei-advies, A.1)


class CalendarError(Spoken, ValueError):
    """A year before the Wlz, of which the working days are not known here."""


def easter_sunday(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus, Jones and Butcher).

    >>> easter_sunday(2018)
    datetime.date(2018, 4, 1)
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    full_moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30  # days after 21 March
    to_sunday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - full_moon - of_century % 4) % 7
    too_late = (golden + 11 * full_moon + 19 * to_sunday) // 433  # a week earlier: Easter is never after 25 April
    return date(year, 3, 22) + timedelta(days=full_moon + to_sunday - 7 * too_late)


def public_holidays(year: int) -> dict[date, str]:
    """Days of a year on which nobody works, with their Dutch names; Easter and Whit Sunday are Sundays anyhow.

    Raises CalendarError before 2014, when the king's birthday was another day.

    >>> public_holidays(2025)[date(2025, 4, 26)]
    'Koningsdag'
    """
    if year < FIRST_YEAR:
        raise CalendarError(f"holidays of {year}: expected a year from {FIRST_YEAR} on; the Wlz began in 2015")
    easter = easter_sunday(year)
    kings_day = date(year, 4, 27)
    if kings_day.isoweekday() == 7:  # never on a Sunday: the day before
        kings_day = date(year, 4, 26)
    return {
        date(year, 1, 1): "Nieuwjaarsdag",
        easter - timedelta(days=2): "Goede Vrijdag",
        easter + timedelta(days=1): "Tweede Paasdag",
        kings_day: "Koningsdag",
        date(year, 5, 5): "Bevrijdingsdag",
        easter + timedelta(days=39): "Hemelvaartsdag",
        easter + timedelta(days=50): "Tweede Pinksterdag",
        date(year, 12, 25): "Eerste Kerstdag",
        date(year, 12, 26): "Tweede Kerstdag",
    }


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, which itself does not count. Raises ValueError for a count below 1.

    >>> add_working_days(date(2018, 3, 29), 1)  # Good Friday and Easter lie between
    datetime.date(2018, 4, 3)
    """
    if count < 1:
        raise ValueError(f"{count} working days after {day}: expected 1 or more")
    years = range(day.year, day.year + count // 250 + 2)
    holidays = [holiday for year in years for holiday in public_holidays(year)]
    return date.fromisoformat(str(np.busday_offset(np.datetime64(day), count, roll="backward", holidays=holidays)))


def sent_by(care_month: date) -> date:
    """Last day on which a provider sends its claims of a care month: 17 working days after the month's end."""
    return add_working_days(end_of_month(care_month), SEND_WORKING_DAYS)


def handled_by(care_month: date) -> date:
    """Day by which the claims of a care month are handled: 17 working days to send them and 15 to handle them.

    Working days after the month's end, all providers alike. Some claims come later all the same (na-ijl).

    >>> handled_by(date(2018, 3, 1))
    datetime.date(2018, 5, 18)
    """
    return add_working_days(end_of_month(care_month), SEND_WORKING_DAYS + HANDLE_WORKING_DAYS)


def claims_due(delivery_month: date) -> date:
    """Day on which the claims delivery of a month is due where its round names none: its second working day.

    >>> claims_due(date(2018, 5, 1))
    datetime.date(2018, 5, 2)
    """
    return add_working_days(delivery_month.replace(day=1) - timedelta(days=1), DELIVER_WORKING_DAYS)
