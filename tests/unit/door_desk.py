"""A landing zone with a desk before it: files are put, taken in, and judged by the command line."""

from datetime import date, datetime
from pathlib import Path

from click.testing import CliRunner

from expectations.intake.take_in import Intake, take_in
from pipelines.cli import main
from warehouse.store import Store

MAY = date(2018, 5, 1)
AIDS = "aanleverdatum;maand;soort;bedrag\n2018-05-15;2018-03;mobiliteit;12,50\n"
TRANSFERS = "aanleverdatum;datum;budgetjaar;van_zorgkantoor;van_deel;naar_zorgkantoor;naar_deel;bedrag\n"
ONE_TRANSFER = f"{TRANSFERS}2018-05-15;2018-05-01;2018;5501;zin;5502;zin;100,00\n"


class Desk:
    """A landing zone, what is taken in from it, and what the command line says of a file in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.landing, self.store = root, root / "deliveries", Store(root / "lake")
        self.said: list[str] = []
        self.hour = 0

    def put(self, content: str | bytes, name: str, month: str = "2018-05") -> Path:
        path = self.landing / month / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def take_in(self, through: date = MAY) -> Intake:
        self.hour += 1
        now = datetime(2018, 5, 29, self.hour)
        return take_in(self.landing, self.store, self.root / "quarantine", through, now, self.said.append)

    def states(self) -> dict[str, str]:
        register = self.store.read_register().sort("registered_at")
        return dict(register.select("kind", "delivery_status").iter_rows())

    def quarantined(self) -> list[Path]:
        return [path for path in (self.root / "quarantine").rglob("*") if path.is_file()]


def validate(path: Path) -> tuple[int, str]:
    told = CliRunner().invoke(main, ["validate", str(path)])
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told.exit_code, told.output
