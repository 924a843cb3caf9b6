"""Extra items as they are declared for a year: by which method, paid when, set to what, from which source.

The files are read elsewhere (`warehouse/settings.py`). Here is what a valid declaration is; what a method makes of it
is in `wlz/extra_items/`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from wlz.known.assumptions import AssumptionError
from wlz.words.known_keys import refuse_unknown
from wlz.words.vocabulary import CENTS

CRISIS_BEDS, MEERZORG, LAG, FIXED = "crisis_beds", "meerzorg", "lag", "fixed"
NAME_OF_METHOD = {CRISIS_BEDS: "crisisbedden", MEERZORG: "meerzorg", LAG: "na_ijl"}  # one item each
EVEN, YEAR_END, WITH_CLAIMS = "even", "year_end", "with_claims"
PAY_PATTERNS = (EVEN, YEAR_END, WITH_CLAIMS)
KADER_SHARE = "kader_share"
_SOURCED = {"method": str, "pay_pattern": str, "source": str, "date": date}
_AMOUNTS = {"unit": str, "amount": None, "amounts": Mapping, "split": str}
_OFF = {"used": bool, "reason": str}
_KNOWN = {**_SOURCED, **_AMOUNTS, **_OFF}
_SAID = {str: "a text in quotes", date: "a date without quotes", bool: "true or false", Mapping: "a table"}


@dataclass(frozen=True)
class DeclaredItem:
    """One extra item of a year. Of method `fixed`: `amounts` per uitvoerder, or a `national_eur` that is split."""

    name: str
    method: str
    pay_pattern: str = EVEN
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    national_eur: Decimal | None = None
    source: str = ""


OF_LETTER = tuple(DeclaredItem(name, method) for method, name in NAME_OF_METHOD.items())


def parse_extra_items(
    common: Mapping[str, Any],
    year: Mapping[str, Any],
    uitvoerders: Collection[str],
    files: tuple[str, str] = ("", ""),
) -> tuple[DeclaredItem, ...]:
    """The items of a year from the tables ``[extra_item.NAME]`` of its two files; the three of the letter without any.

    A table of the year replaces the one of its name; `used = false` with a `reason` takes an item out. Keys: `method`
    (crisis_beds, meerzorg, lag, fixed), `pay_pattern` (even, year_end, with_claims), `source`, `date`. Fixed items:
    `unit = "eur"` and either `amounts` per uitvoerder or a national `amount` with `split = "kader_share"`. Raises
    AssumptionError for an unknown key, method, pattern or uitvoerder, an amount that is none, a missing source, or a
    method used twice; by which of the two `files` says it.

    >>> [item.name for item in parse_extra_items({}, {}, [])]
    ['crisisbedden', 'meerzorg', 'na_ijl']
    """
    tables = _of_letter_first(common) | dict(year)
    found = []
    for name, table in tables.items():
        try:
            if _is_used(name, table):
                found.append(_parse_item(name, table, uitvoerders))
        except AssumptionError as error:
            file = files[1] if name in year else files[0]
            place = f"{file}, " if file else ""
            step = (
                "" if "Next: " in str(error) else f". Next: mend the table [extra_item.{name}] in {file or 'the file'}"
            )
            raise AssumptionError(f"{place}{error}{step}") from None
    return tuple(found)


def _of_letter_first(common: Mapping[str, Any]) -> dict[str, Any]:
    """Without a word on items the three of the letter, so that files of before say what they said."""
    if common:
        return dict(common)
    return {
        item.name: {"method": item.method, "pay_pattern": EVEN, "source": "letter A.2.2", "date": date(2018, 5, 29)}
        for item in OF_LETTER
    }


def _is_used(name: str, table: Any) -> bool:
    """Whether the item counts. Checks what every table must be."""
    where = f"extra_item {name}"
    if not isinstance(table, Mapping):
        raise AssumptionError(f"{where}: expected a table [extra_item.{name}], found {table!r}")
    if said := refuse_unknown(table, _KNOWN):
        raise AssumptionError(f"{where}: {said}. Next: mend the file")
    if "amounts" in table and table["amounts"] == {}:
        raise AssumptionError(f"{where}, amounts: holds no amount; expected one per uitvoerder, as {{ Menzis = 1000 }}")
    for key, value in table.items():
        expected = _KNOWN[key]
        if expected is not None and not (isinstance(value, expected) and (value or expected is bool)):
            raise AssumptionError(f"{where}, {key}: expected {_SAID[expected]}, found {value!r}")
    if table.get("used", True):
        return True
    if not table.get("reason"):
        raise AssumptionError(f"{where}: taken out without a reason. Next: add reason = in quotes, or take used out")
    return False


def _parse_item(name: str, table: Mapping[str, Any], uitvoerders: Collection[str]) -> DeclaredItem:
    where = f"extra_item {name}"
    if not name.isascii() or not name.replace("_", "").isalnum() or name != name.lower() or name[0].isdigit():
        raise AssumptionError(f"{where}: expected a name of small letters, digits and _, found {name!r}")
    if missing := [key for key in _SOURCED if key not in table]:
        raise AssumptionError(f"{where}: missing {', '.join(missing)}; expected {', '.join(_SOURCED)}")
    method, pattern = table["method"], table["pay_pattern"]
    methods = (*NAME_OF_METHOD, FIXED)
    if method not in methods:
        raise AssumptionError(f"{where}, method {method!r}: expected one of {', '.join(methods)}")
    if pattern not in PAY_PATTERNS:
        raise AssumptionError(f"{where}, pay_pattern {pattern!r}: expected one of {', '.join(PAY_PATTERNS)}")
    if method != FIXED:
        if name != NAME_OF_METHOD[method]:
            raise AssumptionError(f"{where}: method {method} makes the item {NAME_OF_METHOD[method]}; name it so")
        if given := [key for key in _AMOUNTS if key in table]:
            raise AssumptionError(
                f"{where}: {', '.join(given)} go with method fixed only; {method} computes the amount"
            )
        return DeclaredItem(name, method, pattern, source=table["source"])
    if name in NAME_OF_METHOD.values():
        raise AssumptionError(f"{where}: method fixed needs a name of its own; {name} is computed")
    amounts, national = _parse_amounts(where, table, uitvoerders)
    return DeclaredItem(name, method, pattern, amounts, national, table["source"])


def _parse_amounts(
    where: str, table: Mapping[str, Any], uitvoerders: Collection[str]
) -> tuple[dict[str, Decimal], Decimal | None]:
    if table.get("unit") != "eur":
        raise AssumptionError(f'{where}, unit: expected "eur", found {table.get("unit")!r}')
    if ("amount" in table) == ("amounts" in table):
        raise AssumptionError(f"{where}: expected either amounts per uitvoerder or a national amount with split")
    if ("split" in table) != ("amount" in table) or table.get("split", KADER_SHARE) != KADER_SHARE:
        raise AssumptionError(f'{where}, split: expected "{KADER_SHARE}" with a national amount, and not without one')
    if "amount" in table:
        return {}, _parse_euro(f"{where}, amount", table["amount"])
    if unknown := sorted(set(table["amounts"]) - set(uitvoerders)):
        names = ", ".join(sorted(uitvoerders))
        raise AssumptionError(f"{where}, amounts: no uitvoerder {', '.join(unknown)}; there are {names}")
    return {name: _parse_euro(f"{where}, amounts, {name}", value) for name, value in table["amounts"].items()}, None


def _parse_euro(where: str, value: Any) -> Decimal:
    """Whole cents; below 0 something is taken back."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e12:  # nan is no number
        raise AssumptionError(f"{where}: expected euro as a number up to 1e12, found {value!r}")
    return Decimal(str(value)).quantize(CENTS)


def pay_patterns(items: Sequence[DeclaredItem]) -> dict[str, str]:
    """Name of an item → when it is paid."""
    return {item.name: item.pay_pattern for item in items}
