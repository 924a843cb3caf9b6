"""The skeleton of a new budget year as text: numbers taken over and marked so, and examples of its rounds.

Nothing is read or written here (`warehouse/years.py`). What a year needs beside it is in `years.py`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from wlz.known.assumptions import OF_A_YEAR, TAKEN_OVER, UNKNOWN
from wlz.words.calendar import claims_due
from wlz.words.months import end_of_month, month_label

ADVICE_MONTHS = (2, 5, 8)  # advices of February or March, May, and August (reference/nza_adviezen.csv; letter, p. 2)
_TAKEN_BEFORE = re.compile(r"taken over from (\d{4})(?: \(of (\d{4})\))?: ")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ORDER = ("value", "unit", "range", "source", "date", "state")


def render_year(tables: Mapping[str, Any], year: int, from_year: int, today: date) -> str:
    """The file of a year from what that of another one says (parsed TOML, without what is not taken over).

    Every number is taken over with its source, which says from which year, and `state`: "taken over", or "unknown" as
    it was there. A number that every year states and the other one lacks is there without a value, unknown. Numbers
    named after a year, and tables, stay as they are.
    """
    numbers = {name: one for name, one in tables.items() if isinstance(one, Mapping) and {"value", "state"} & set(one)}
    lines = [
        f"# Assumptions of budget year {year}, on top of common.toml. Made from those of {from_year}: nothing here was",
        f"# stated for {year} yet. Go through every number: mend value, source and date, and take its state out.",
        '# One that is not known has state = "unknown"; without a value a run that needs it stops and says what for.',
    ]
    for name, one in numbers.items():
        lines.append(f"{_key(name)} = {_inline(one if name[-4:].isdigit() else take_over(one, from_year, today))}")
    for name, form in OF_A_YEAR.items():
        if name not in numbers:
            reach = [form.low, form.high]
            source = f"not in the file of {from_year}; needed for {form.needed_for}"
            one = {"unit": form.unit, "range": reach, "source": source, "date": today, "state": UNKNOWN}
            lines.append(f"{name} = {_inline(one)}")
    for name, table in tables.items():
        if name not in numbers:
            lines += _render_table(name, table)
    return "\n".join(lines) + "\n"


def take_over(number: Mapping[str, Any], from_year: int, today: date) -> dict[str, Any]:
    """A number of one year as another takes it over: its source says from which year, and of which it was stated.

    >>> take_over({"value": 1, "source": "letter"}, 2019, date(2026, 1, 5))["source"]
    'taken over from 2019: letter'
    >>> take_over({"value": 1, "source": "taken over from 2019: letter"}, 2026, date(2026, 1, 5))["source"]
    'taken over from 2026 (of 2019): letter'
    """
    source = str(number["source"])
    before = _TAKEN_BEFORE.match(source)
    origin = f" (of {before[2] or before[1]})" if before else ""
    rest = source[before.end() :] if before else source
    state = UNKNOWN if number.get("state") == UNKNOWN else TAKEN_OVER
    return {**number, "source": f"taken over from {from_year}{origin}: {rest}", "date": today, "state": state}


def render_round(month: date) -> str:
    """The file of a round as an example: every line is a comment, so nothing in it counts."""
    last, claims = end_of_month(month), claims_due(month)
    example = [
        f'name = "advies {month_label(month)}"',
        f"budget_year = {month.year}",
        "",
        "# The last day on which a delivery of a kind counts. Kinds not named: the end of the month.",
        "[cut_off]",
        f"declaraties = {claims}",
        f"pgb_verleningen = {last}",
        f"kader = {last}",
        "",
        "# When a kind is expected; later than that is told, and so is one that does not come.",
        "[due]",
        f"declaraties = {claims}",
        "",
        "# The scenario that heads the report, and when the next advice comes.",
        "[page]",
        'headline = "completed"',
        f"next_advice = {last}",
    ]
    head = [
        f"# Round of {month_label(month)}: an example. Nothing in it counts before the # in front of a line is taken",
        f"# away; until then everything delivered by {last} counts. A round as it was: 2018-05.toml.",
    ]
    return "\n".join([*head, *(f"# {line}" if line else "#" for line in example)]) + "\n"


def _render_table(name: str, table: Any) -> Iterator[str]:
    """A table of tables (`[scenario.high]`) or a list of them (`[[override]]`)."""
    if isinstance(table, list):
        for one in table:
            yield f"\n[[{_key(name)}]]"
            yield from (f"{_key(key)} = {_inline(value)}" for key, value in one.items())
        return
    for inner, one in table.items():
        yield f"\n[{_key(name)}.{_key(inner)}]"
        yield from (f"{_key(key)} = {_inline(value)}" for key, value in one.items())


def _inline(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, Mapping):
        ordered = [*(key for key in _ORDER if key in value), *(key for key in value if key not in _ORDER)]
        return "{ " + ", ".join(f"{_key(key)} = {_inline(value[key])}" for key in ordered) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"{value:_}" if isinstance(value, int) and abs(value) >= 100_000 else repr(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
