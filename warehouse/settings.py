"""What is set, not delivered: rounds, assumptions and the declared format of deliveries, from ``reference/``."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from warehouse.landing import DeliveryFormat
from warehouse.reference import REFERENCE
from warehouse.store import month_label
from wlz.assumptions import AssumptionError, Assumptions, parse_assumptions
from wlz.rounds import Round, make_round


def load_round(delivery_month: date) -> Round:
    """The round of a delivery month: its file in ``reference/rounds``, or the defaults of ``make_round``."""
    path = REFERENCE / "rounds" / f"{month_label(delivery_month)}.toml"
    return make_round(delivery_month, _read_toml(path) if path.exists() else None)


def load_assumptions(budget_year: int) -> Assumptions:
    """The assumptions of a budget year: ``common.toml`` and the year's own file, which may replace one.

    ``WLZ_ASSUMPTIONS`` names another year file. Raises AssumptionError when the year has none.
    """
    path = assumptions_path(budget_year)
    if not path.exists():
        raise AssumptionError(
            f"no assumptions for budget year {budget_year}: expected {path.name} in reference/assumptions, "
            "or WLZ_ASSUMPTIONS to name a file. Next: copy the year before and mend its values and sources"
        )
    return parse_assumptions(_read_toml(REFERENCE / "assumptions" / "common.toml") | _read_toml(path))


def assumptions_path(budget_year: int) -> Path:
    """Where the assumptions of a budget year are read from."""
    named = os.environ.get("WLZ_ASSUMPTIONS")
    return Path(named) if named else REFERENCE / "assumptions" / f"{budget_year}.toml"


def load_delivery_format() -> DeliveryFormat:
    """The declared format of CSV deliveries."""
    declared = _read_toml(REFERENCE / "delivery_format.toml")
    return DeliveryFormat(declared["separator"], declared["decimal"], declared["encoding"], declared["date_format"])


def data_folder() -> Path:
    """The data folder: ``WLZ_DATA``, else ``data`` below the working folder."""
    return Path(os.environ.get("WLZ_DATA", "data")).absolute()


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AssumptionError(f"{path.name}: not readable as TOML ({error}). Next: mend the file") from None
