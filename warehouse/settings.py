"""What is set, not delivered: rounds, assumptions and the declared format of deliveries, from ``reference/``."""

import hashlib
import json
import os
import tomllib
from copy import deepcopy
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.reference import REFERENCE
from warehouse.store import month_label
from warehouse.tables.deliveries import KINDS
from warehouse.values import DeliveryFormat
from wlz.known.assumptions import AssumptionError, Assumptions, parse_assumptions
from wlz.known.rounds import Round, check_round, make_round
from wlz.known.scenarios import Scenario, parse_overrides, parse_scenarios

_NOT_NUMBERS = ("scenario", "override")  # tables of the assumption files with a form of their own


def load_round(delivery_month: date) -> Round:
    """The round of a delivery month: its file in ``reference/rounds``, or the defaults of ``make_round``.

    Raises AssumptionError for what the file should not hold (``check_round``).
    """
    return make_round(delivery_month, _read_round(delivery_month))


def _read_round(delivery_month: date) -> dict[str, Any]:
    """What the file of a round says, nothing without one."""
    path = round_path(delivery_month)
    if not path.exists():
        return {}
    declared = _read_toml(path)
    check_round(declared, path.name, tuple(KINDS))
    return declared


def round_path(delivery_month: date) -> Path:
    """Where the round of a delivery month has its file, if it has one."""
    return REFERENCE / "rounds" / f"{month_label(delivery_month)}.toml"


def load_round_page(delivery_month: date) -> dict[str, Any]:
    """What the round's file says for the report, table ``page``: empty when it says nothing.

    ``headline`` (scenario that heads the page), ``next_advice`` (date), ``consultation`` (``held_on``, and per language
    what the Wlz-uitvoerders said). Raises AssumptionError as ``load_round`` does.
    """
    page: dict[str, Any] = _read_round(delivery_month).get("page", {})
    return page


def load_scenarios(budget_year: int) -> tuple[list[Scenario], pl.DataFrame]:
    """Scenarios of a budget year and the overrides of their forecasts, from the same files as the assumptions.

    Raises AssumptionError for a scenario or an override that is incomplete.
    """
    common, year = _assumption_files(budget_year)
    scenarios = parse_scenarios(common.get("scenario", {}) | year.get("scenario", {}))
    return scenarios, parse_overrides([*common.get("override", []), *year.get("override", [])], scenarios)


def load_assumptions(budget_year: int) -> Assumptions:
    """The assumptions of a budget year: ``common.toml`` and the year's own file, which may replace one.

    ``WLZ_ASSUMPTIONS`` names another year file. Raises AssumptionError when the year has none.
    """
    common, year = _assumption_files(budget_year)
    return parse_assumptions({name: value for name, value in (common | year).items() if name not in _NOT_NUMBERS})


def _assumption_files(budget_year: int) -> tuple[dict[str, Any], dict[str, Any]]:
    path = assumptions_path(budget_year)
    if not path.exists():
        raise AssumptionError(
            f"no assumptions for budget year {budget_year}: expected the file {path.name} in {path.parent.name}, "
            "or WLZ_ASSUMPTIONS to name another. Next: copy the year before and mend its values and sources"
        )
    common, year = (_read_toml(path) for path in assumption_paths(budget_year))
    return common, year


def assumption_paths(budget_year: int) -> tuple[Path, Path]:
    """The two files the assumptions of a budget year are read from: those of every year, and its own."""
    return REFERENCE / "assumptions" / "common.toml", assumptions_path(budget_year)


def assumptions_path(budget_year: int) -> Path:
    """Where the assumptions of a budget year are read from."""
    named = os.environ.get("WLZ_ASSUMPTIONS")
    if named and not Path(named).exists():
        raise AssumptionError(f"WLZ_ASSUMPTIONS names {named}: no such file. Next: mend the variable, or unset it")
    return Path(named) if named else REFERENCE / "assumptions" / f"{budget_year}.toml"


def load_delivery_format() -> DeliveryFormat:
    """The declared format of CSV deliveries. Raises AssumptionError for one the parser does not know."""
    declared = _read_toml(REFERENCE / "delivery_format.toml")
    for name, known in {"decimal": (",", "."), "encoding": ("utf-8", "windows-1252")}.items():
        if declared[name] not in known:
            expected = " or ".join(f"'{value}'" for value in known)
            raise AssumptionError(f"delivery_format.toml, {name}: expected {expected}, found {declared[name]!r}")
    return DeliveryFormat(declared["separator"], declared["decimal"], declared["encoding"], declared["date_format"])


def data_folder() -> Path:
    """The data folder: ``WLZ_DATA``, else ``data`` below the working folder."""
    return Path(os.environ.get("WLZ_DATA") or "data").absolute()


def hash_settings(*paths: Path) -> str:
    """SHA-256 over what files of settings say; their comments and layout say nothing."""
    said = [_read_toml(path) for path in paths]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return deepcopy(_parse_toml(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssumptionError(f"{path.name}: not readable as TOML ({error}). Next: mend the file") from None


@lru_cache(maxsize=32)
def _parse_toml(text: str) -> dict[str, Any]:
    """Kept by text: a run asks for the same files dozens of times, and a changed file is another text."""
    return tomllib.loads(text)
