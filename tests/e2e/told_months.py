"""Claims of five providers month by month, with faults that come and go: what tests of standing findings deliver."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from tests.e2e.handmade import claims, kader, write_delivery

PROVIDERS = tuple(f"9900000{number}" for number in range(1, 6))
MINUTES, PRICE = 6000.0, "0.90"
FIRST_WRONG = "2018-01"


def deliver_month(
    landing: Path, month: date, *, in_hours: Collection[str] = (), signs: bool = False, unknown: Collection[str] = ()
) -> None:
    """Claims up to the month before: providers ``in_hours`` since January, a row of a wrong sign, unknown codes."""
    last = f"{month.replace(month=month.month - 1):%Y-%m}"
    rows = []
    for agb in PROVIDERS:
        for row in claims("H104", unit="01", volume=MINUTES, price=PRICE, last=last, codes=("5501",), agb=agb):
            code, provider, prestatie, care_month, unit, volume, amount = row
            is_wrong = agb in in_hours and care_month >= FIRST_WRONG
            rows.append((code, provider, prestatie, care_month, unit, volume / 60 if is_wrong else volume, amount))
    rows += claims("Z025", volume=100.0, last=last)
    if signs:
        rows += [(*row[:-1], -row[-1]) for row in claims("Z041", volume=4.0, codes=("5502",), last="2015-01")]
    for code in unknown:
        rows += claims(code, volume=4.0, codes=("5502",), last="2015-02")  # below the limit of what is set apart
    write_delivery(landing, "declaraties", rows, month=f"{month:%Y-%m}", on=month.replace(day=2))
    write_delivery(landing, "kader", kader(), month=f"{month:%Y-%m}", on=month.replace(day=15))
