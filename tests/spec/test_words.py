"""Words of every room: months as numbers, the robust deviation, one address for a name (`wlz/words/`)."""

import ast
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from wlz.words.months import (
    add_months,
    end_of_month,
    list_months,
    month_date,
    month_label,
    month_number,
    months_between,
    number_months,
)
from wlz.words.robust import MAD_TO_DEVIATION, measure_deviation
from wlz.words.vocabulary import CENTS, NATION, SERIES_BY_UITVOERDER, SERIES_KEY

ROOT = Path(__file__).parents[2]
DECEMBER, MAY = date(2017, 12, 1), date(2018, 5, 1)


def test_december_to_may_is_five_months():
    """2018 × 12 + 4 less 2017 × 12 + 11; the other way round it is as much below nothing."""
    assert months_between(DECEMBER, MAY) == 5
    assert months_between(MAY, DECEMBER) == -5
    assert month_number(MAY) == 2018 * 12 + 4


@pytest.mark.parametrize(
    ("count", "expected"), [(0, MAY), (7, date(2018, 12, 1)), (8, date(2019, 1, 1)), (-5, DECEMBER)]
)
def test_months_are_added_over_the_year_s_end(count, expected):
    assert add_months(MAY, count) == expected


def test_a_number_is_its_month_and_the_day_does_not_count():
    assert month_date(month_number(date(2018, 5, 31))) == MAY


def test_every_month_from_one_to_another():
    assert list_months(DECEMBER, date(2018, 2, 1)) == [DECEMBER, date(2018, 1, 1), date(2018, 2, 1)]
    assert list_months(MAY, DECEMBER) == []


@pytest.mark.parametrize(("month", "day"), [(date(2018, 2, 1), 28), (date(2020, 2, 1), 29), (date(2018, 12, 5), 31)])
def test_the_last_day_of_a_month(month, day):
    assert end_of_month(month) == month.replace(day=day)


def test_a_column_of_months_is_numbered_like_a_month():
    """Null stays null: a month that is not known is at no distance."""
    frame = pl.DataFrame({"care_month": [DECEMBER, MAY, None]})
    numbers = frame.select(number_months("care_month"))
    assert numbers["care_month"].to_list() == [month_number(DECEMBER), month_number(MAY), None]
    assert numbers.schema == {"care_month": pl.Int64()}


def test_a_month_is_written_as_folders_write_it():
    assert month_label(MAY) == "2018-05"


def test_one_odd_value_does_not_widen_the_robust_deviation():
    """Distances to 3 are 2, 1, 0, 1 and 97 (or 9,997): their median is 1."""
    for odd in (100.0, 10_000.0):
        assert measure_deviation(np.array([1.0, 2.0, 3.0, 4.0, odd])) == (3.0, 1.0 * MAD_TO_DEVIATION)


def test_of_a_normal_distribution_it_is_the_standard_deviation():
    values = np.random.default_rng(0).normal(10.0, 2.0, 200_000)
    middle, deviation = measure_deviation(values)
    assert middle == pytest.approx(10.0, abs=0.02)
    assert deviation == pytest.approx(2.0, rel=0.01)


def test_keys_of_a_series_are_the_same_columns():
    assert SERIES_KEY[::-1] == SERIES_BY_UITVOERDER
    assert -CENTS.as_tuple().exponent == 2


@pytest.mark.parametrize("value", [NATION, 1.4826])
def test_a_word_has_one_address_in_wlz(value):
    """A name for the nation, or the factor of the robust deviation, is assigned once and imported elsewhere."""
    found = []
    for path in (ROOT / "wlz").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value == value:
                found.append(path.name)
    assert found == ["vocabulary.py" if value == NATION else "robust.py"]
