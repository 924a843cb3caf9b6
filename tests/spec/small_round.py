"""A round of May 2018 small enough to add up by hand, and what an advice knows of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from warehouse.lake import know_frames
from warehouse.tables.deliveries import DECLARATIES, KADER
from wlz.known.knowledge import Known
from wlz.known.scenarios import Scenario

MAY, BUDGET_YEAR = date(2018, 5, 1), 2018
REGION = "5501"  # zorgkantoor code
CARE_MONTHS = pl.date_range(date(2015, 1, 1), date(2018, 4, 1), "1mo", eager=True).to_list()


def claims(series: Mapping[str, tuple[float, float]], code: str = REGION, unit_code: str = "14") -> pl.DataFrame:
    """Claims of every care month from 2015 to April 2018: prestatie → (volume a month, euro per unit)."""
    rows = [
        (date(2018, 5, 2), code, None, prestatie, month, unit_code, volume, Decimal(str(volume * price)))
        for prestatie, (volume, price) in series.items()
        for month in CARE_MONTHS
    ]
    return pl.DataFrame(rows, schema=DECLARATIES.schema, orient="row", strict=False)


def kader(zin_eur: Mapping[str, int]) -> pl.DataFrame:
    """A kader of the budget year: zorgkantoor → euro of zin; pgb has a hundredth of it."""
    stand = date(2018, 5, 15)
    rows = [(stand, stand, code, BUDGET_YEAR, Decimal(zin), Decimal(zin) / 100) for code, zin in zin_eur.items()]
    return pl.DataFrame(rows, schema=KADER.schema, orient="row", strict=False)


def known_of(delivered: Mapping[str, pl.DataFrame], scenarios: Sequence[Scenario], **more: Any) -> Known:
    """What an advice of May 2018 knows of these deliveries; ``more`` replaces any other field of ``Known``."""
    return know_frames(MAY, delivered, scenarios, **more)
