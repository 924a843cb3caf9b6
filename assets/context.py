"""What every asset shares: its partitions, the warehouse it reads and writes, the vintage it stamps, its metadata.

Nothing is computed here. Partitions and the resource stand here, below ``pipelines/``, because assets name them.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import dagster as dg
import polars as pl

from assets.spoken import speaking
from warehouse import reference
from warehouse.cache import ForecastCache
from warehouse.contract import Table
from warehouse.dictionary import describe_type
from warehouse.provenance import describe_simulation
from warehouse.settings import load_assumptions, load_round, load_scenarios
from warehouse.snapshots import read_snapshot
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS
from warehouse.tables.quality import DATA_QUALITY
from warehouse.tables.series import SERIES
from wlz.forecasting.engines import ENGINES, RUN_ENGINES, Engine
from wlz.known.assumptions import AssumptionError, Assumptions
from wlz.known.rounds import Round, choose_claims_history, choose_deliveries
from wlz.known.scenarios import LETTER, Scenario, indication_growth
from wlz.lag.complete import DELIVERIES, enough_deliveries
from wlz.series import assign_regions
from wlz.words.faults import NoDataError

FIRST_MONTH = "2017-01"
MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, fmt="%Y-%m", end_offset=1)


def stage_asset(
    table: Table | None, *, group: str, deps: Sequence[str] = (), **more: object
) -> Callable[..., dg.AssetsDefinition]:
    """An asset of the monthly advice: partitioned by delivery month, its columns as the contract says.

    A backfill of many months is one run that walks through them. An error that people can mend stops it with its
    sentence.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # backfill policies are marked beta; the tests cover ours
        as_asset = dg.asset(
            deps=list(deps),
            partitions_def=MONTHS,
            group_name=group,
            backfill_policy=dg.BackfillPolicy.single_run(),
            metadata=column_schema(table) if table else None,
            **more,  # type: ignore[call-overload]
        )
    return lambda compute: as_asset(speaking(compute))


class Warehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The data folder of a deployment: landing zone, lake, published database.

    ``scenarios`` names the ones to compute, separated by commas (none: all of the year); ``engine`` replaces that of
    the scenarios that do not follow the letter. ``final_author`` freezes the advice under that name (none: nobody).
    """

    data_dir: str
    deliveries_dir: str = ""
    scenarios: str = ""
    engine: str = ""
    final_author: str = ""

    @property
    def landing(self) -> Path:
        """The landing zone; never written by the pipeline."""
        return Path(self.deliveries_dir) if self.deliveries_dir else Path(self.data_dir) / "deliveries"

    @property
    def simulation(self) -> str:
        """What was simulated into the landing zone; empty when nothing was."""
        return describe_simulation(self.landing)

    @property
    def quarantine(self) -> Path:
        """Refused rows and files with their reason."""
        return Path(self.data_dir) / "quarantine"

    @property
    def store(self) -> Store:
        """The lake."""
        return Store(Path(self.data_dir) / "lake")

    @property
    def database(self) -> Path:
        """The published database."""
        return Path(self.data_dir) / "wlz.duckdb"

    def advice(self, month: date) -> "Advice":
        """What one advice knows: its round, assumptions and chosen deliveries."""
        wanted = tuple(name.strip() for name in self.scenarios.split(",") if name.strip())
        return Advice(self.store, load_round(month), self.quarantine, wanted, self.engine)

    def remember_engine(self, name: str) -> Engine:
        """An engine of the registry that keeps its results by content."""
        return ForecastCache(Path(self.data_dir) / "cache" / "forecasts").remember(name, ENGINES[name])

    def run_engines(self) -> dict[str, Engine]:
        """Every engine fast enough for a run, remembering."""
        return {name: self.remember_engine(name) for name in RUN_ENGINES}


class Advice:
    """One advice: a round, and every delivery as the round knew it."""

    def __init__(
        self,
        store: Store,
        advice_round: Round,
        quarantine: Path,
        wanted: Sequence[str] = (),
        engine: str = "",
    ) -> None:
        self.store = store
        self.quarantine = quarantine
        self.round = advice_round
        self.wanted = wanted
        self.engine = engine

    @cached_property
    def chosen(self) -> pl.DataFrame:
        """Per kind the delivery the round uses (register columns and cut_off_date)."""
        return choose_deliveries(self.store.read_register(), self.round, KINDS)

    @property
    def claims_month(self) -> date:
        """Month of the claims delivery the round uses: lags count from it, also when a newer one was refused."""
        month: date = self._choose("declaraties")[1]
        return month

    @cached_property
    def assumptions(self) -> Assumptions:
        """Assumptions of the budget year."""
        return load_assumptions(self.round.budget_year)

    @cached_property
    def settings(self) -> tuple[list[Scenario], pl.DataFrame]:
        """Scenarios to compute, those others build on first, and all overrides of the year."""
        scenarios, overrides = load_scenarios(self.round.budget_year)
        return choose_scenarios(scenarios, self.wanted, self.engine), overrides

    @cached_property
    def growth_of_indications(self) -> pl.DataFrame:
        """Growth of the CIZ indications per uitvoerder and sector; no rows when there are not two years of them."""
        placed = assign_regions(
            self.read("indicaties"), reference.load_crosswalk(), reference.load_regions(), on="month"
        )
        return indication_growth(placed)

    @property
    def scenario_names(self) -> list[str]:
        """The scenarios this advice computes: those asked for, without one whose delivery is missing."""
        return [one.name for one in self.scenarios]

    @property
    def scenarios(self) -> list[Scenario]:
        """The same with what they are. Raises NoDataError when none of those asked for can be computed."""
        has_indications = not self.growth_of_indications.is_empty()
        possible = [
            one
            for one in self.settings[0]
            if (has_indications or not one.uses_indications) and (self.completes or not one.completes_lag)
        ]
        if not possible:
            asked = ", ".join(one.name for one in self.settings[0])
            raise NoDataError(
                f"scenario {asked}: cannot be computed from these deliveries (completed needs two claims deliveries of "
                "the budget year, indications two years of them). Next: run scenario letter"
            )
        return possible

    @cached_property
    def claims_history(self) -> pl.DataFrame:
        """The claims deliveries whose snapshots make the triangles, oldest first; the last is the one of the advice."""
        register = self.store.read_register()
        history = choose_claims_history(register, self.round, self.claims_month, DELIVERIES)
        used = self.chosen.filter(pl.col("kind") == "declaraties").select(history.columns)
        return pl.concat([history.filter(pl.col("delivery_month") != self.claims_month), used])

    def completes_lag(self, scenario: str) -> bool:
        """Whether this scenario completes its months for lag."""
        return any(one.name == scenario and one.completes_lag for one in self.scenarios)

    @property
    def earlier_claims(self) -> pl.DataFrame:
        """The earlier deliveries of that history, where a scenario of this run learns from them; else no rows."""
        earlier = self.claims_history.filter(pl.col("delivery_month") != self.claims_month)
        return earlier if any(one.completes_lag for one in self.scenarios) else earlier.clear()

    @cached_property
    def absent(self) -> str | None:
        """Who check L01 found absent in the claims of the advice; None when nobody, or when it was accepted."""
        month = self.claims_month
        if not self.store.has(DATA_QUALITY, month):
            return None
        delivery = self.chosen.filter(pl.col("kind") == "declaraties")["delivery_id"][0]
        judged = self.store.read(DATA_QUALITY, month).filter(check_id="L01", delivery_id=delivery)
        latest = judged.sort("revision").tail(1).filter(pl.col("accepted_by").is_null(), outcome="failed")
        return latest["observed"][0] if latest.height else None

    @property
    def without_completion(self) -> str | None:
        """Why months are not completed though a scenario would; None when they are, or none would."""
        if self.completes or not any(one.completes_lag for one in self.settings[0]):
            return None
        if self.absent:
            return (
                f"Scenario completed is left out and {self.headline} is shown first: it needs the claims of every "
                f"zorgkantoor, and check L01 found {self.absent}."
            )
        months = self.claims_history["delivery_month"].dt.year() == self.round.budget_year
        return (
            f"Scenario completed is left out and {self.headline} is shown first: it needs two claims deliveries of "
            f"{self.round.budget_year}, found {int(months.sum())}."
        )

    @property
    def completes(self) -> bool:
        """Whether the months of the budget year can be completed: two deliveries of it, nobody absent (check L01)."""
        if self.absent:
            return False
        months = self.claims_history["delivery_month"].to_list()
        return self.claims_month.year == self.round.budget_year and enough_deliveries(months, self.round.budget_year)

    def snapshots(self) -> pl.DataFrame:
        """What each of those deliveries said (CLAIMS_SNAPSHOT)."""
        return pl.concat([read_snapshot(self.store, row) for row in self.claims_history.iter_rows(named=True)])

    def scan(self, kind: str) -> pl.LazyFrame:
        """The chosen delivery of a kind, lazily. Raises NoDataError when none is known at the cut-off."""
        return self.store.scan_delivery(KINDS[kind], *self._choose(kind))

    def read_unit_corrections(self) -> pl.DataFrame:
        """What was put right in the chosen claims. Raises NoDataError as ``scan`` does."""
        return self.store.read_corrections(*self._choose("declaraties"))

    def _choose(self, kind: str) -> tuple[str, date]:
        """Id and month of the chosen delivery of a kind."""
        row = self.chosen.filter(pl.col("kind") == kind)
        if row.is_empty():
            raise NoDataError(self._nothing_known(kind))
        return row["delivery_id"][0], row["delivery_month"][0]

    def _nothing_known(self, kind: str) -> str:
        register = self.store.read_register().filter(pl.col("kind") == kind, pl.col("delivery_status") != "refused")
        later = register.sort("received_on").head(1)["received_on"].to_list()
        known = f"; the earliest accepted one is dated {later[0]}" if later else ""
        return (
            f"no accepted delivery of {kind} on or before the cut-off {self.round.cut_off(kind)}{known}. "
            f"Next: put {kind} of that date into the landing zone, or mend its aanleverdatum, and repeat the run"
        )

    def read(self, kind: str) -> pl.DataFrame:
        """The chosen delivery of a kind; without one an empty frame (provenance then says it was not there)."""
        if self.chosen.filter(pl.col("kind") == kind).is_empty():
            return KINDS[kind].empty()
        return self.scan(kind).collect()

    @cached_property
    def chosen_year_ago(self) -> pl.DataFrame:
        """The claims delivery of twelve months earlier as its own round knew it: one row, or none."""
        month = self.round.delivery_month
        earlier = load_round(month.replace(year=month.year - 1))
        register = self.store.read_register().filter(pl.col("delivery_month") == earlier.delivery_month)
        return choose_deliveries(register, earlier, ["declaraties"])

    def stamp(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Adds the vintage: delivery month, and budget year and scenario where the frame has none of its own."""
        vintage = {
            "delivery_month": pl.lit(self.round.delivery_month),
            "budget_year": pl.lit(self.round.budget_year, dtype=pl.Int32),
            "scenario": pl.lit(LETTER),
        }
        return frame.with_columns(
            value.alias(name)
            for name, value in vintage.items()
            if name == "delivery_month" or name not in frame.columns
        )

    def save(self, table: Table, frame: pl.DataFrame) -> int:
        """Writes a stage's frame under this advice's vintage; returns rows."""
        stamped = self.stamp(frame)
        wanted = [name for name in stamped.columns if name in table.column_names or name in frame.columns]
        return self.store.write(table, stamped.select(wanted), self.round.delivery_month)

    def save_for_all(self, table: Table, frame: pl.DataFrame) -> int:
        """As ``save``, once for every scenario: a stage that does not depend on volumes is the same in all of them."""
        return self.save(table, frame.join(pl.DataFrame({"scenario": self.scenario_names}), how="cross"))

    def load(self, table: Table, scenario: str = "") -> pl.DataFrame:
        """A stage's frame of this advice; of one scenario where the stage has several (default: the headline)."""
        frame = self.load_all(table)
        if "scenario" not in frame.columns or table is SERIES:
            return frame
        return frame.filter(pl.col("scenario") == (scenario or self.headline))

    def load_all(self, table: Table) -> pl.DataFrame:
        """A stage's frame of this advice, all scenarios."""
        return self.store.read(table, self.round.delivery_month)

    @property
    def headline(self) -> str:
        """The scenario shown first: completed once the year has two deliveries, else letter, else the first one."""
        shown = [one.name for one in self.scenarios if one.completes_lag] or [LETTER]
        return shown[0] if shown[0] in self.scenario_names else self.scenario_names[0]

    @property
    def by_letter(self) -> str:
        """Scenario letter, or the headline where it was not computed."""
        return LETTER if LETTER in self.scenario_names else self.headline

    @property
    def with_rules(self) -> str:
        """The first scenario that uses the rules of ours; the headline when none does."""
        return next((name for name in self.scenario_names if name != LETTER), self.headline)


def choose_scenarios(scenarios: Sequence[Scenario], wanted: Sequence[str], engine: str) -> list[Scenario]:
    """The wanted scenarios (none named: all) and those they stand on, with another engine outside letter if asked.

    Raises AssumptionError for a name or an engine that does not exist.
    """
    unknown = [name for name in wanted if name not in {one.name for one in scenarios}]
    if unknown:
        named = ", ".join(map(repr, unknown))
        raise AssumptionError(f"no scenario {named}; there are {', '.join(one.name for one in scenarios)}")
    if engine and engine not in RUN_ENGINES:
        raise AssumptionError(f"no engine {engine!r} for a run; there are {', '.join(RUN_ENGINES)}")
    needed = set(wanted) | {one.on for one in scenarios if one.name in wanted}
    chosen = [one for one in scenarios if not wanted or one.name in needed]
    return [one._replace(engine=engine) if engine and one.engine and one.own_rules else one for one in chosen]


def months_of(context: dg.AssetExecutionContext) -> list[date]:
    """Delivery months of this run: one, or all of a backfill."""
    return [date.fromisoformat(f"{key}-01") for key in sorted(context.partition_keys)]


def column_schema(table: Table) -> dict[str, object]:
    """The contract as Dagster shows it: grain and columns with unit and description."""
    columns = [dg.TableColumn(column.name, describe_type(column), column.description) for column in table.columns]
    return {"dagster/column_schema": dg.TableSchema(columns=columns), "grain": table.grain, "key": ", ".join(table.key)}


def summarise(frame: pl.DataFrame, shown: Iterable[str] = (), rows: int = 10) -> dict[str, object]:
    """Metadata a person reads first: rows, months, euro, and a small table."""
    summary: dict[str, object] = {"dagster/row_count": frame.height}
    for name in ("care_month", "month"):
        if name in frame.columns and frame.height:
            summary["months"] = f"{frame[name].min():%Y-%m} … {frame[name].max():%Y-%m}"
    for name in frame.columns:
        if name.endswith("amount_eur") and frame.height:
            summary[f"total {name}"] = f"€ {frame[name].sum():,.2f}"
    if shown:
        summary["preview"] = dg.MetadataValue.md(markdown_table(frame.select(shown).head(rows)))
    return summary


def markdown_table(frame: pl.DataFrame) -> str:
    """A small frame as a Markdown table; euro with thousands marks."""
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * frame.width]
    for row in frame.iter_rows():
        lines.append("| " + " | ".join("" if value is None else _shown(value) for value in row) + " |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if value.__class__.__name__ in ("Decimal", "int") else str(value)


def count_table(frame: pl.DataFrame, column: str) -> dg.MarkdownMetadataValue:
    """How many rows per value of a column, as a small table."""
    counted = frame.group_by(column).len("rows").sort(column)
    return dg.MetadataValue.md(markdown_table(counted))
