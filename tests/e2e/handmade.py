"""Hand-made deliveries small enough to add up on paper, and the data folder ("house") they are run in.

Two regions of two uitvoerders: 5501 is Groningen (Menzis), 5502 is Friesland (De Friesland).
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from click.testing import CliRunner, Result

from pipelines.cli import main
from warehouse.latest import stored_columns
from warehouse.packs import marker_of
from warehouse.publish import hash_marts
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS

GRONINGEN, FRIESLAND = "5501", "5502"
BOTH = (GRONINGEN, FRIESLAND)
# The round of May 2018 has a cut-off per kind; these dates lie on it. Folders are the months of delivery.
DELIVERED_ON = {
    "declaraties": date(2018, 5, 2),
    "herschikking": date(2018, 2, 15),
    "pgb_verleningen": date(2018, 3, 31),
    "kader": date(2018, 5, 15),
}
FOLDER = {"herschikking": "2018-02", "pgb_verleningen": "2018-03"}
# Marts that tell how an advice came about; the others are the advice itself.
ABOUT_THE_RUN = {
    "data_quality", "check_findings", "check_decisions", "delivery_status", "advice_provenance", "forecast_vintages",
    "example_queries", "delivery_balance",
}  # fmt: skip

HISTORY_IN_MEMORY = """\
telemetry:
  enabled: false
event_log_storage:
  module: dagster._core.storage.event_log.in_memory
  class: InMemoryEventLogStorage
"""

Row = tuple[Any, ...]


def months(first: str, last: str) -> list[str]:
    """'2015-01', '2015-03' → the three months as text."""
    start, end = (date.fromisoformat(f"{month}-01") for month in (first, last))
    return [f"{month:%Y-%m}" for month in pl.date_range(start, end, "1mo", eager=True)]


def claims(
    prestatie: str,
    *,
    unit: str = "14",
    volume: float = 100.0,
    price: str = "10.00",
    first: str = "2015-01",
    last: str = "2017-12",
    codes: Iterable[str] = BOTH,
    agb: str | None = None,
) -> list[Row]:
    """Constant claims, aggregated (no agb): the same volume and amount every month in every code."""
    amount = (Decimal(str(volume)) * Decimal(price)).quantize(Decimal("0.01"))
    return [(code, agb, prestatie, month, unit, volume, amount) for code in codes for month in months(first, last)]


def agreed(year: int, prestatie: str, volume: float, amount: str, *, code: str, unit: str, nhc: str = "ja") -> Row:
    """A row of herschikking or nacalculatie; ``nhc`` says whether NHC and NIC are in the amount."""
    return (year, code, None, prestatie, unit, volume, Decimal(amount), nhc)


def kader(
    zin: str = "25000.00", pgb: str = "1500.00", codes: Iterable[str] = BOTH, stand: date = date(2018, 5, 15)
) -> list[Row]:
    """The kader of 2018, the same for every code."""
    return [(stand, code, 2018, Decimal(zin), Decimal(pgb)) for code in codes]


def grants(stand: str = "1000.00", codes: Iterable[str] = BOTH, last: date = date(2018, 3, 1)) -> list[Row]:
    """The same pgb stand every month from January 2016 to March 2018, or another ``last`` month."""
    stands = pl.date_range(date(2016, 1, 1), last, "1mo", eager=True).dt.month_end()
    nothing = Decimal("0.00")
    return [(day, code, day.year, Decimal(stand), nothing, nothing, 10, 0) for code in codes for day in stands]


def write_delivery(landing: Path, kind: str, rows: Iterable[Row], *, month: str, on: date, shape: str = "csv") -> Path:
    """Writes one delivery; a row holds the columns of its contract after the delivery date."""
    headers = [column.source_name or column.name for column in KINDS[kind].columns]
    dated = [(on, *row) for row in rows]
    path = landing / month / f"{kind}.{shape}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if shape == "csv":
        lines = [";".join(headers), *(";".join(_cell(value) for value in row) for row in dated)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        types = {
            header: pl.String() if column.unit == "month" else column.dtype
            for header, column in zip(headers, KINDS[kind].columns, strict=True)
        }
        pl.DataFrame(dated, schema=types, orient="row").write_parquet(path)
    return path


def _cell(value: object) -> str:
    """As the declared format writes it: decimal comma, dates as YYYY-MM-DD, nothing for nothing."""
    if value is None:
        return ""
    return str(value).replace(".", ",") if isinstance(value, float | Decimal) else str(value)


def invoke(*arguments: str, env: dict[str, str | None] | None = None) -> Result:
    """The command line in process. An exception that a person would see as a trace is raised."""
    result = CliRunner().invoke(main, list(arguments), env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"a person would see a trace:\n{result.output}") from result.exception
    assert "Traceback" not in result.output, result.output
    return result


@dataclass(frozen=True)
class House:
    """A data folder: landing zone, lake, database, and the commands people run on it.

    ``dagster_home`` is where Dagster keeps its history (default: inside the data folder, as for people).
    """

    root: Path
    dagster_home: Path | None = None

    @property
    def landing(self) -> Path:
        return self.root / "deliveries"

    @property
    def database(self) -> Path:
        return self.root / "wlz.duckdb"

    @property
    def store(self) -> Store:
        return Store(self.root / "lake")

    def deliver(
        self, kind: str, rows: Iterable[Row], *, month: str | None = None, on: date | None = None, shape: str = "csv"
    ) -> Path:
        """Puts a delivery into the landing zone: by default in time for the round of May 2018."""
        month = month or FOLDER.get(kind, "2018-05")
        return write_delivery(
            self.landing, kind, rows, month=month, on=on or DELIVERED_ON.get(kind, date(2018, 5, 2)), shape=shape
        )

    def wlz(self, *arguments: str) -> Result:
        """A command on this data folder, in process. An exception that a person would see as a trace is raised."""
        home = str(self.dagster_home) if self.dagster_home else None
        return invoke(*arguments, "--data", str(self.root), env={"DAGSTER_HOME": home})

    def run(self, month: str = "2018-05") -> Result:
        """``wlz run`` of a month."""
        return self.wlz("run", "--delivery-month", month)

    def publish(self, month: str = "2018-05") -> "House":
        """``wlz run`` that must succeed, and account for every delivered row and cent."""
        result = self.run(month)
        assert result.exit_code == 0, result.output
        balance = f"from marts.delivery_balance where delivery_month = '{month}-01'"
        assert self.query(f"select count(*) > 0 {balance}", None) == [(True,)]
        assert self.query(f"select * {balance} and fate = 'unexplained'", None) == []
        return self

    def query(self, sql: str, scenario: str | None = "letter") -> list[tuple[Any, ...]]:
        """Rows of the marts of one scenario, read-only; None is the database as any client reads it.

        The marts of a scenario are views of the same names in front of the database, so that ``sql`` is the same.
        """
        if scenario is None:
            with duckdb.connect(str(self.database), read_only=True) as connection:
                return connection.execute(sql).fetchall()
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{self.database}' AS published (READ_ONLY)")
            connection.execute("CREATE SCHEMA marts")
            columns = "SELECT table_name, bool_or(column_name = 'scenario') FROM duckdb_columns() "
            marts = connection.execute(
                f"{columns} WHERE database_name = 'published' AND schema_name = 'marts' GROUP BY 1"
            ).fetchall()
            assert marts, f"nothing is published in {self.database}"
            for name, has_scenario in marts:
                only = f"WHERE scenario = '{scenario}'" if has_scenario else ""
                connection.execute(
                    f"CREATE VIEW marts.{name} AS SELECT {stored_columns()} FROM published.marts.{name} {only}"
                )
            return connection.execute(sql).fetchall()

    @property
    def scenarios(self) -> list[str]:
        """Scenarios of the published months, the letter first."""
        sql = "select distinct scenario from marts.utilisation_national order by scenario <> 'letter', scenario"
        return [name for (name,) in self.query(sql, None)]

    def advice_hashes(self) -> dict[str, str]:
        """Hash per mart of the advice itself."""
        return {name: digest for name, digest in hash_marts(self.database).iter_rows() if name not in ABOUT_THE_RUN}

    def register(self) -> pl.DataFrame:
        """What the lake says came in."""
        return self.store.read_register()

    def half_written(self) -> list[str]:
        """Files that a write left behind unfinished."""
        marks = (".new", ".next", ".wal", ".tmp")
        folders = [self.root / "lake", self.root / "quarantine", self.root]
        files = {path for folder in folders for path in folder.glob("**/*" if folder != self.root else "*")}
        return sorted(path.name for path in files if path.is_file() and path.name.endswith(marks))

    def simulate(self, *options: str) -> "House":
        """``wlz simulate`` at small scale into the landing zone."""
        made = invoke("simulate", "--out", str(self.landing), "--scale", "small", *options)
        assert made.exit_code == 0, made.output
        return self

    def remember(self, other: "House") -> "House":
        """Takes over the forecasts of another house: they are kept by content, so only what differs is fitted.

        And the marker of its simulation: the same world is read with the same list of codes.
        """
        if (marker := marker_of(other.landing)).exists():
            marker_of(self.landing).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(marker, marker_of(self.landing))
        shutil.copytree(other.root / "cache", self.root / "cache", dirs_exist_ok=True)
        return self

    def copy(self, to: Path) -> "House":
        """The same house elsewhere, to spoil without harm."""
        shutil.copytree(self.root, to, dirs_exist_ok=True)
        return House(to, self.dagster_home)


def write_dagster_home(folder: Path) -> Path:
    """A Dagster instance without a history on disk: that halves the time of a run."""
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(HISTORY_IN_MEMORY)
    return folder


def furnish(house: House, *, shape: str = "csv") -> House:
    """The base set: Z025 and Z041, 100 a month at € 10.00 in two regions; no claims of 2018, no tariffs."""
    house.deliver("declaraties", [*claims("Z025"), *claims("Z041")], shape=shape)
    house.deliver("kader", kader(), shape=shape)
    house.deliver("pgb_verleningen", grants(), shape=shape)
    return house
