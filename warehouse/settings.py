"""What is set, not delivered: rounds, assumptions and the declared format of deliveries, from ``reference/``."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.reference import REFERENCE, load_regions
from warehouse.regular_files import tell_odd
from warehouse.store import month_label
from warehouse.tables.deliveries import KINDS
from warehouse.toml_files import SettingsError, read_toml
from warehouse.values import DeliveryFormat
from wlz.known.assumptions import OF_A_YEAR, AssumptionError, Assumptions, parse_assumptions
from wlz.known.declared_items import DeclaredItem, parse_extra_items
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR, Round, check_round, make_round
from wlz.known.scenarios import Scenario, parse_overrides, parse_scenarios
from wlz.words.known_keys import name_each, name_nearest, refuse_unknown
from wlz.words.months import MONTHS_PER_YEAR, add_months, list_months

_NOT_NUMBERS = ("scenario", "override", "extra_item")  # tables of the assumption files with a form of their own
_FORMAT: dict[str, tuple[str, ...]] = {
    "separator": (), "decimal": (",", "."), "encoding": ("utf-8", "windows-1252"), "date_format": (),
}  # fmt: skip
_LARGEST = "largest_file_gb"
_OF_ANY_YEAR = re.compile(r"nic_paid_ratio_\d{4}")  # read by the number of a year: in any file


def load_round(delivery_month: date) -> Round:
    """The round of a delivery month: its file in ``reference/rounds``, or the defaults of ``make_round``.

    Raises AssumptionError for what the file should not hold (``check_round``).
    """
    return make_round(delivery_month, _read_round(delivery_month))


def load_rounds_before(delivery_month: date) -> list[Round]:
    """The rounds of the twelve months before a delivery month that have a file, oldest first; raises as that."""
    months = list_months(add_months(delivery_month, -MONTHS_PER_YEAR), add_months(delivery_month, -1))
    return [load_round(month) for month in months if os.path.lexists(round_path(month))]


def _read_round(delivery_month: date) -> dict[str, Any]:
    """What the file of a round says, nothing without one."""
    path = round_path(delivery_month)
    if not os.path.lexists(path):
        return {}
    declared = _read_toml(path)
    check_round(declared, say_where(path), tuple(KINDS), delivery_month)
    return declared


def round_path(delivery_month: date) -> Path:
    """Where the round of a delivery month has its file, if it has one."""
    return REFERENCE / "rounds" / f"{month_label(delivery_month)}.toml"


def load_round_page(delivery_month: date) -> dict[str, Any]:
    """What the round's file says for the report, table ``page``: empty when it says nothing.

    ``headline`` (scenario that heads the page), ``next_advice`` (date), ``consultation`` (``held_on``, and per language
    what the Wlz-uitvoerders said), ``release`` (per language why to use a part of the herverdelingsmiddelen early: a
    judgement of that round). Raises AssumptionError as ``load_round`` does.
    """
    page: dict[str, Any] = _read_round(delivery_month).get("page", {})
    return page


def load_scenarios(budget_year: int) -> tuple[list[Scenario], pl.DataFrame]:
    """Scenarios of a budget year and the overrides of their forecasts, from the same files as the assumptions.

    Raises AssumptionError for a scenario or an override that is incomplete.
    """
    common, year = _assumption_files(budget_year)
    try:
        scenarios = parse_scenarios(common.get("scenario", {}) | year.get("scenario", {}))
        overrides = parse_overrides([*common.get("override", []), *year.get("override", [])], scenarios)
    except AssumptionError as error:
        files = " and ".join(path.name for path in assumption_paths(budget_year))
        raise AssumptionError(f"reference/assumptions, {files}: {error}") from None
    return scenarios, overrides


def load_extra_items(budget_year: int, regions: pl.DataFrame | None = None) -> tuple[DeclaredItem, ...]:
    """The extra items declared for a budget year, from the same files as the assumptions.

    `regions` say which uitvoerders there are, those of the pack on the day of the advice (none: the project's own).
    Raises AssumptionError for an item that is incomplete or names what is not there.
    """
    common, year = _assumption_files(budget_year)
    uitvoerders = (load_regions() if regions is None else regions)["wlz_uitvoerder"].unique().to_list()
    shared, own = (say_where(path) for path in assumption_paths(budget_year))
    tables = [_items_of(said, file) for said, file in ((common, shared), (year, own))]
    return parse_extra_items(tables[0], tables[1], uitvoerders, (shared, own))


def _items_of(said: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    tables = said.get("extra_item", {})
    if not isinstance(tables, Mapping):
        raise AssumptionError(f"{file}: expected tables [extra_item.NAME], found {tables!r}. Next: mend the file")
    return tables


def load_assumptions(budget_year: int) -> Assumptions:
    """The assumptions of a budget year: ``common.toml`` and the year's own file, which may replace one.

    ``WLZ_ASSUMPTIONS`` names another year file. Raises AssumptionError when the year has none.
    """
    common, year = _assumption_files(budget_year)
    shared, own = (say_where(path) for path in assumption_paths(budget_year))
    for name in unread_names(budget_year):
        if not isinstance(year[name], Mapping) or not {"value", "state"} & set(year[name]):
            near = name_nearest([name], [*common, *OF_A_YEAR, *_NOT_NUMBERS])
            raise AssumptionError(
                f"{own}: unknown {name}; known tables: {', '.join(_NOT_NUMBERS)}; numbers of a year: "
                f"{', '.join(OF_A_YEAR)}; any number of common.toml{near}. Next: mend the file"
            )
    numbers = {name: value for name, value in (common | year).items() if name not in _NOT_NUMBERS}
    return parse_assumptions(numbers, {name: own if name in year else shared for name in numbers}, budget_year, own)


def unread_names(budget_year: int) -> list[str]:
    """Names in the file of a year that nothing reads: of an older release, or misspelt. They count for nothing."""
    common, year = _assumption_files(budget_year)
    return find_unread(year, common)


def find_unread(year: Mapping[str, Any], common: Mapping[str, Any]) -> list[str]:
    """The same of what the file of a year says."""
    read = {*common, *OF_A_YEAR, *_NOT_NUMBERS}
    return [name for name in year if name not in read and not _OF_ANY_YEAR.fullmatch(name)]


def tell_unread(budget_year: int) -> str:
    """A sentence on these names, with the nearest ones that are read; empty when there are none."""
    unread, known = unread_names(budget_year), [*_assumption_files(budget_year)[0], *OF_A_YEAR]
    if not unread:
        return ""
    where = say_where(assumptions_path(budget_year))
    return f"{where}: passed over, nothing reads it in this version: {name_each(unread, known)}"


def _assumption_files(budget_year: int) -> tuple[dict[str, Any], dict[str, Any]]:
    path = assumptions_path(budget_year)
    if not FIRST_YEAR <= budget_year <= LAST_YEAR:
        raise AssumptionError(
            f"no budget year {budget_year}: expected one from {FIRST_YEAR} to {LAST_YEAR}. Next: mend the month"
        )
    if not path.exists():
        raise AssumptionError(
            f"no assumptions for budget year {budget_year}: expected the file {say_where(path)}, or WLZ_ASSUMPTIONS to "
            f"name another. Next: wlz year new {budget_year} --from {nearest_year(budget_year)}"
        )
    common, year = (_read_toml(path) for path in assumption_paths(budget_year))
    return common, year


def tables_of_year(path: Path) -> dict[str, Any]:
    """What a file of assumptions says, as it stands there. Raises AssumptionError when it is not readable."""
    return _read_toml(path)


def read_common() -> dict[str, Any]:
    """What the file says that holds for every year, as it stands there."""
    return _read_toml(reference_folder() / "assumptions" / "common.toml")


def reference_folder() -> Path:
    """Where files of settings lie."""
    return REFERENCE


def say_where(path: Path) -> str:
    """A file of settings as people know it: below ``reference``, else by its own name."""
    return f"reference/{path.relative_to(REFERENCE).as_posix()}" if path.is_relative_to(REFERENCE) else path.name


def years_with_a_file() -> list[int]:
    """Budget years that have a file of assumptions, oldest first."""
    files = (REFERENCE / "assumptions").glob("[0-9][0-9][0-9][0-9].toml")
    return sorted(int(path.stem) for path in files)


def nearest_year(budget_year: int) -> int | str:
    """The year to begin a new one from: the last with a file before it, else the first after it, else YEAR."""
    years = years_with_a_file()
    before = [year for year in years if year < budget_year]
    return before[-1] if before else next(iter(years), "YEAR")


def assumption_paths(budget_year: int) -> tuple[Path, Path]:
    """The two files the assumptions of a budget year are read from: those of every year, and its own."""
    return REFERENCE / "assumptions" / "common.toml", assumptions_path(budget_year)


def assumptions_path(budget_year: int) -> Path:
    """Where the assumptions of a budget year are read from."""
    named = os.environ.get("WLZ_ASSUMPTIONS")
    if named and (odd := tell_odd(Path(named))):
        found = odd if os.path.lexists(named) else "no such file"
        raise AssumptionError(f"WLZ_ASSUMPTIONS names {named}: {found}. Next: mend the variable, or unset it")
    return Path(named) if named else REFERENCE / "assumptions" / f"{budget_year}.toml"


def load_delivery_format() -> DeliveryFormat:
    """The declared format of CSV deliveries. Raises AssumptionError for one the parser does not know."""
    path = REFERENCE / "delivery_format.toml"
    declared, where = _read_toml(path), say_where(path)
    if said := refuse_unknown(declared, (*_FORMAT, _LARGEST)):
        raise AssumptionError(f"{where}: {said}. Next: mend the file")
    for name, known in _FORMAT.items():
        found = declared.get(name)
        if not isinstance(found, str) or (found not in known if known else not found):
            expected = " or ".join(f"'{value}'" for value in known) or "a text in quotes"
            raise AssumptionError(f"{where}, {name}: expected {expected}, found {found!r}. Next: mend the file")
    if len(declared["separator"].encode()) != 1:
        raise AssumptionError(f"{where}, separator: expected one character, found {declared['separator']!r}")
    largest = declared.get(_LARGEST, DeliveryFormat.largest_file_bytes / 10**9)  # a file of before names none
    if isinstance(largest, bool) or not isinstance(largest, int | float) or not 0 < largest <= 10**6:
        expected = "a number of GB above 0"
        raise AssumptionError(f"{where}, {_LARGEST}: expected {expected}, found {largest!r}. Next: mend the file")
    return DeliveryFormat(**{name: declared[name] for name in _FORMAT}, largest_file_bytes=int(largest * 10**9))


def data_folder() -> Path:
    """The data folder: ``WLZ_DATA``, else ``data`` below the working folder. Raises SettingsError for what is none."""
    named = os.environ.get("WLZ_DATA")
    folder = Path(named or "data").absolute()
    if os.path.lexists(folder) and not folder.is_dir():
        said = f"WLZ_DATA names {named}" if named else f"{folder.name}, the data folder,"
        raise SettingsError(f"{said}: is no folder. Next: name the folder of the data in WLZ_DATA, or with --data")
    return folder


def hash_settings(*paths: Path) -> str:
    """SHA-256 over what files of settings say; their comments and layout say nothing."""
    said = [_read_toml(path) for path in paths]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path, say_where(path))
    except SettingsError as error:
        raise AssumptionError(str(error)) from None
