"""The data folder that an earlier version wrote, which every later change must read: tests/data/folder_<commit>.tar.xz.

    python -m scripts.make_old_folder d74469c

Code, commands and test helpers are those of that commit; only the figures delivered are made here. Three regions of
three uitvoerders, claims of thirteen months, advices of April and May 2018. The first claims of May lack a part of
Friesland and are refused; of the second ones four rows are set apart and three of these released. All of it is told
to a webhook of its own. Left out of the archive: forecasts kept by content, and Dagster's history.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
WHO = ("--author", "A. Vos", "--reason", "gebeld: een correctie op april")
# prestatie, unit, price and monthly volume of a region of size 1.
CARE = (("Z025", "14", Decimal("120.00"), 3000.0), ("Z041", "14", Decimal("180.00"), 2000.0))
SIZES = {"5501": 1.0, "5502": 1.4, "5503": 0.8}
# Share of a month known a number of months after it; later all of it.
KNOWN = {1: 0.70, 2: 0.92, 3: 0.98}
FIRST, LAST = date(2017, 5, 1), date(2018, 5, 1)
LEFT_OUT = (("cache",), ("dagster",))

Row = tuple[Any, ...]
# Three rows of half a correction (P02: set apart, then released) and one of an unknown code (D02: stays set apart).
WRONG: list[Row] = [
    *(("5501", "01234567", "Z025", f"2018-0{month}", "14", 10.0, Decimal("-1200.00")) for month in (1, 2, 3)),
    ("5501", "01234567", "Z999", "2018-03", "14", 10.0, Decimal("1200.00")),
]


def months_before(first: date, end: date) -> Iterator[date]:
    """First days of the months from ``first`` until the month before ``end``."""
    for number in range(first.year * 12 + first.month - 1, end.year * 12 + end.month - 1):
        yield date(number // 12, number % 12 + 1, 1)


def claims_of(delivered: date) -> list[Row]:
    """Claims as they come in a month: growth of 2 % a year, a mild season, the newest months known in part."""
    rows: list[Row] = []
    for code, size in SIZES.items():
        for prestatie, unit, price, level in CARE:
            for month in months_before(date(2015, 1, 1), delivered):
                lag = (delivered.year - month.year) * 12 + delivered.month - month.month
                growth = 1 + 0.02 * ((month.year - 2015) + month.month / 12) + 0.01 * (month.month % 3)
                volume = round(level * size * growth * KNOWN.get(lag, 1.0), 1)
                amount = (Decimal(str(volume)) * price).quantize(Decimal("0.01"))
                rows.append((code, None, prestatie, f"{month:%Y-%m}", unit, volume, amount))
    return rows


def kader_of(day: date) -> list[Row]:
    """The kader of 2018: tight in Friesland, wide elsewhere."""
    wide = {"5501": "9500000.00", "5502": "12000000.00", "5503": "8000000.00"}
    return [(day, code, 2018, Decimal(zin), Decimal("20000.00")) for code, zin in wide.items()]


def write_folder(data: Path) -> None:
    """Delivers and runs the months; the packages that are found must be those of the earlier version."""
    from tests.e2e.alert_servers import webhook_server
    from tests.e2e.handmade import House, grants, write_dagster_home

    house = House(data, write_dagster_home(data / "dagster"))
    for month in months_before(FIRST, LAST):
        house.deliver("declaraties", claims_of(month), month=f"{month:%Y-%m}", on=month.replace(day=2))
    house.deliver("pgb_verleningen", grants(codes=SIZES), month="2018-03")
    for day in (date(2018, 4, 2), date(2018, 5, 2)):
        house.deliver("kader", kader_of(day), month=f"{day:%Y-%m}", on=day)
    with webhook_server() as log:
        os.environ["WLZ_ALERT_WEBHOOK"] = log.url
        house.publish("2018-04")
        half = [(*row[:5], row[5] / 2, row[6] / 2) if row[0] == "5502" else row for row in claims_of(LAST)]
        house.deliver("declaraties", half, month="2018-05", on=LAST.replace(day=2))
        refused = house.run("2018-05")
        assert refused.exit_code == 1, refused.output
        house.deliver("declaraties", [*claims_of(LAST), *WRONG], month="2018-05", on=LAST.replace(day=2))
        house.publish("2018-05")
        accepted = house.register().filter(kind="declaraties", delivery_status="accepted", delivery_month=LAST)
        released = house.wlz("quarantine", "release", accepted["delivery_id"].item(), "P02", *WHO)
        assert released.exit_code == 0, released.output
        house.publish("2018-05")
    assert len(log.posts) > 1


def pack(data: Path, archive: Path) -> None:
    """The folder as an archive, without what is only memory, and without the names of who made it."""

    def keep(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return None if Path(member.name).parts[:1] in LEFT_OUT else member

    with tarfile.open(archive, "w:xz", preset=9) as packed:
        packed.add(data, ".", filter=keep)


def main(commit: str) -> None:
    """Runs ``write_folder`` with the code of a commit and packs what it wrote."""
    from scripts.same import check_out

    sha, tree = check_out(commit)
    archive = ROOT / "tests" / "data" / f"folder_{sha[:7]}.tar.xz"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-P", __file__, "--write", str(data)]
        subprocess.run(command, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, check=True)
        pack(data, archive)
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write_folder(Path(sys.argv[2]))
    else:
        main(sys.argv[1])
