"""What every asset shares: its months, the warehouse it reads and writes, and how a row of the line becomes assets.

Nothing is computed here. Partitions and the resource stand here, below ``pipelines/``, because assets name them.
"""

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_frames, pass_on
from assets.metadata import count_values, describe_table, preview, summarise
from assets.spoken import speaking
from expectations.catalogue import JUDGED
from expectations.judging.results import CheckResult
from expectations.judging.rule import Rule
from expectations.monitor import find_wrong_providers
from warehouse.cache import ForecastCache
from warehouse.contract import Table
from warehouse.lake import AdviceInLake
from warehouse.packs import Pack, choose_pack, describe_simulation
from warehouse.provenance import code_version
from warehouse.registry import table_named
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS
from warehouse.tables.quality import CHECK_FINDINGS
from wlz.advice import STAGES, compute_stage, tables_read
from wlz.forecasting.engines import ENGINES, Engine
from wlz.known.knowledge import Known

FIRST_MONTH = "2017-01"
# Delivery months: added when they are run, or when a sensor or `make dev` finds them in the landing zone.
MONTHS = dg.DynamicPartitionsDefinition(name="delivery_month")
OWNERS = ["team:wlz-kader"]
SINGLE_MONTH = "dagster/partition"  # tag of a run of one month


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

    @property
    def pack(self) -> Pack:
        """The list of codes for these deliveries."""
        return choose_pack(self.landing)

    def advice(self, month: date) -> AdviceInLake:
        """One advice: its round, the deliveries it rests on, its tables."""
        wanted = tuple(name.strip() for name in self.scenarios.split(",") if name.strip())
        return AdviceInLake(self.store, month, self.pack, wanted, self.engine)

    def remembering(self) -> dict[str, Engine]:
        """Every engine by name, keeping its results by content."""
        cache = ForecastCache(Path(self.data_dir) / "cache" / "forecasts")
        return {name: cache.remember(name, engine) for name, engine in ENGINES.items()}

    def know(self, advice: AdviceInLake) -> Known:
        """What an advice may see, the verdicts of the checks on its claims included."""

        def wrong_providers() -> pl.DataFrame:
            found = advice.load_if_there(CHECK_FINDINGS)
            return find_wrong_providers(found, advice.deliveries.claims_history["delivery_id"][-1])

        return advice.know(self.remembering(), wrong_providers)


def add_months(instance: dg.DagsterInstance, months: Iterable[date]) -> None:
    """Makes Dagster know these delivery months; it keeps them in their order, so that a range of them is one."""
    known = list(instance.get_dynamic_partitions(str(MONTHS.name)))
    wanted = sorted({*known, *(f"{month:%Y-%m}" for month in months)})
    if wanted == known:
        return
    for late in [label for label in known if label > min(set(wanted) - set(known), default="9")]:
        instance.delete_dynamic_partition(str(MONTHS.name), late)
    instance.add_dynamic_partitions(str(MONTHS.name), wanted)


def months_of(context: dg.AssetExecutionContext) -> list[date]:
    """Delivery months of this run: one, or all of a backfill."""
    single = context.run.tags.get(SINGLE_MONTH)  # asking Dagster for its keys reads its database each time
    return [date.fromisoformat(f"{key}-01") for key in ([single] if single else sorted(context.partition_keys))]


def describe(context: dg.AssetExecutionContext, key: dg.AssetKey, month: date, about: Mapping[str, Any]) -> None:
    """Metadata of an asset as written for a month; in a run of one month Dagster need not look the month up."""
    context.add_asset_metadata(about, key, None if SINGLE_MONTH in context.run.tags else f"{month:%Y-%m}")


def key_of(name: str) -> dg.AssetKey:
    """The asset of a table or of a kind of delivery: kinds lie below ``deliveries``."""
    return dg.AssetKey(["deliveries", name] if name in KINDS else [name])


def table_spec(table: Table, room: str, reads: Collection[str], code: str) -> dg.AssetSpec:
    """The asset of a lake table: what it rests on, its contract, where its code and its method are described."""
    return dg.AssetSpec(
        key_of(table.name),
        deps=[key_of(name) for name in reads],
        description=table.description,
        group_name=room,
        kinds={"polars", "parquet"},
        owners=OWNERS,
        code_version=code_version(),
        metadata=describe_table(table, room, code),
    )


def monthly_step(
    name: str,
    specs: Sequence[dg.AssetSpec],
    rules: Mapping[str, Sequence[Rule]],
    more_checks: Sequence[dg.AssetCheckSpec] = (),
) -> Callable[..., dg.AssetsDefinition]:
    """A step of the monthly advice that writes these assets; ``rules`` by the asset they are checks of.

    A backfill of many months is one run that walks through them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # backfill policies are marked beta; the tests cover ours
        as_step = dg.multi_asset(
            name=name,
            specs=specs,
            check_specs=[
                *(spec for asset, some in rules.items() for spec in check_specs(some, asset, MONTHS)),
                *more_checks,
            ],
            partitions_def=MONTHS,
            backfill_policy=dg.BackfillPolicy.single_run(),
            can_subset=True,  # of a step's checks only those that were judged have an outcome
        )
    return lambda compute: as_step(speaking(compute))


def stage_asset(
    name: str,
    *,
    judges: Sequence[str] = (),
    shown: Sequence[str] = (),
    counted: Sequence[str] = (),
) -> dg.AssetsDefinition:
    """The assets of one row of the line: reads, computes, judges, saves.

    ``judges`` are the frames of the stage that the catalogue has rules for: one of its tables (the rows of the scenario
    that rules judge), or a frame beside them. ``shown`` are the columns of its first table that a person looks at
    first, ``counted`` those whose values he counts.
    """
    stage, judging = STAGES[name], {frame: JUDGED[frame] for frame in judges}
    tables = {table: table_named(table) for table in stage.writes}
    specs = [table_spec(table, stage.room, stage.reads, stage.run.__module__) for table in tables.values()]
    rules = [rule for some in judging.values() for rule in some]

    def materialise(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[Any]]:
        judged: dict[date, list[CheckResult]] = {}
        for month in months_of(context):
            advice = warehouse.advice(month)
            before = {read: advice.load_all(table_named(read)) for read in tables_read(stage)}
            found = compute_stage(stage, warehouse.know(advice), before)
            saved = {table: advice.save(contract, found.tables.get(table)) for table, contract in tables.items()}
            frames = {
                **{table: of_scenario(frame, advice.judged_first) for table, frame in saved.items()},
                **found.judged,
            }
            judged[month] = judge_frames(
                [(rule, frames[of]) for of, some in judging.items() for rule in some],
                advice, warehouse.quarantine, name,
            )  # fmt: skip
            for table, frame in saved.items():
                about = summarise(frame)
                if table == stage.writes[0]:
                    about |= preview(frame, shown, advice.headline.scenario) if shown else {}
                    about |= count_values(frame, counted)
                describe(context, key_of(table), month, about)
        yield from pass_on(context, [spec.key for spec in specs], judged, name)

    return monthly_step(name, specs, {name: rules})(materialise)


class Recorded(NamedTuple):
    """What a record of an advice saved, and the frame that the rules of its asset judge (None: nothing to judge)."""

    saved: pl.DataFrame
    judged: pl.DataFrame | None = None


Record = Callable[[AdviceInLake, Warehouse, dg.AssetExecutionContext], Recorded]


def record_asset(
    table: Table, *, room: str, reads: Sequence[str], rules: Sequence[Rule] = ()
) -> Callable[[Record], dg.AssetsDefinition]:
    """The asset of a table that puts an advice beside other ones: it needs the lake, so it is no row of the line."""
    key = key_of(table.name)

    def decorate(record: Record) -> dg.AssetsDefinition:
        def materialise(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[Any]]:
            judged: dict[date, list[CheckResult]] = {}
            for month in months_of(context):
                advice = warehouse.advice(month)
                found = record(advice, warehouse, context)
                frames = [] if found.judged is None else [(rule, found.judged) for rule in rules]
                judged[month] = judge_frames(frames, advice, warehouse.quarantine, table.name)
                describe(context, key, month, summarise(found.saved))
            yield from pass_on(context, [key], judged, table.name)

        spec = table_spec(table, room, reads, record.__module__)
        return monthly_step(table.name, [spec], {table.name: rules})(materialise)

    return decorate


def of_scenario(saved: pl.DataFrame, scenario: str) -> pl.DataFrame:
    """The rows of one scenario where a table holds several."""
    if "scenario" not in saved.columns or saved["scenario"].n_unique() < 2:
        return saved
    return saved.filter(pl.col("scenario") == scenario)
