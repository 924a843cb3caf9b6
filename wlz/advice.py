"""The line: an advice from deliveries to bounds, stage by stage, each with what it reads and what it writes.

Everything that runs the method goes along these rows: the assets of a run, the evidence, the calibration, the tests and
the picture in the README. Here: the rows, and the line computed in memory. Not here: what a stage computes (its own
room), where deliveries and tables lie (`warehouse/lake.py`), and what puts an advice beside other ones (provenance,
vintages, the bridge, delivery status): that needs the lake, and is done by the assets after the line.
"""

from collections.abc import Callable, Collection, Mapping

import polars as pl

from wlz.aids import run_aids
from wlz.bounds.stage import run_bounds
from wlz.extra_items.stage import run_extra_items
from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Stage, Tables
from wlz.lag.stage import run_lag
from wlz.monitor import run_monitor
from wlz.pgb.stage import run_pgb
from wlz.prices.stage import run_prices, run_revenue
from wlz.series import run_code_list, run_corrections, run_region, run_series
from wlz.support.stage import run_support
from wlz.utilisation.stage import run_months, run_utilisation
from wlz.vintages.stage import run_headline, run_realisation
from wlz.volumes.stage import run_backtest, run_check, run_volumes

CLAIMS = "declaraties"
LINE = (
    # name, room, reads, writes, run
    Stage("claim_unit_corrections", "series", (CLAIMS,), ("claim_unit_corrections",), run_corrections),
    Stage("series_region", "series", (CLAIMS, "claim_unit_corrections"), ("series_region",), run_region),
    Stage("series", "series", ("series_region",), ("series",), run_series),
    Stage("code_list", "series", ("series",), ("code_list",), run_code_list),
    Stage("completed_series", "lag", (CLAIMS, "series"),
          ("completed_series", "lag_curve", "revision_statistics"), run_lag),
    Stage("backtest", "volumes", ("series",), ("backtest",), run_backtest),
    Stage("volumes", "volumes", ("series", "completed_series", "backtest", "indicaties"), ("volumes",), run_volumes),
    Stage("volume_check", "volumes", ("volumes",), ("volume_check",), run_check),
    Stage("prices", "prices",
          ("series_region", "series", "completed_series", "volumes", "herschikking", "beleidsregelwaarden"),
          ("prices",), run_prices),
    Stage("revenue", "prices", ("series", "volumes", "prices"), ("revenue", "code_trust"), run_revenue),
    Stage("extra_items", "extra_items",
          ("series_region", "prices", "revenue", "nacalculatie", "herschikking", "na_ijl", "kader"),
          ("extra_items",), run_extra_items),
    Stage("pgb", "pgb", ("pgb_verleningen",), ("pgb",), run_pgb),
    Stage("aids", "aids", ("hulpmiddelen",), ("aids",), run_aids),
    Stage("utilisation", "utilisation",
          ("series", "series_region", "prices", "revenue", "extra_items", "pgb", "kader", "na_ijl"),
          ("utilisation",), run_utilisation),
    Stage("utilisation_months", "utilisation",
          ("series_region", "revenue", "extra_items", "pgb", "kader"), ("utilisation_months",), run_months),
    Stage("forecast_bounds", "bounds",
          ("series", "series_region", "completed_series", "volumes", "prices", "revenue", "extra_items", "pgb",
           "utilisation", "pgb_verleningen", "kader"),
          ("forecast_bounds", "exceedance", "utilisation_outlook"), run_bounds),
    Stage("cell_support", "support", (CLAIMS, "pgb_verleningen", "revenue", "utilisation"),
          ("cell_support",), run_support),
    Stage("monitor_provider", "monitor", (CLAIMS,), ("monitor_provider",), run_monitor),
    Stage("headline", "vintages", (CLAIMS, "indicaties"), ("headline",), run_headline),
    Stage("realisation", "vintages", ("series", "series_region", "pgb_verleningen"), ("realisation",), run_realisation),
)  # fmt: skip
STAGES = {stage.name: stage for stage in LINE}
TABLES = tuple(table for stage in LINE for table in stage.writes)

Settle = Callable[[str, pl.DataFrame | None], pl.DataFrame]


class Advice(dict[str, pl.DataFrame]):
    """Tables of one advice by name; `judged` are the frames beside them that rules judge, by stage and name."""

    def __init__(self, given: Tables) -> None:
        super().__init__(given)
        self.judged: dict[str, Mapping[str, pl.DataFrame]] = {}


def compute_advice(
    known: Known, settle: Settle, wanted: Collection[str] | None = None, given: Tables | None = None
) -> Advice:
    """The tables of one advice in memory, in every scenario of `known`.

    `wanted` stages are computed with all they rest on (None: the whole line). Tables that are `given` are taken as
    they are, and what they rest on is not computed. `settle` gives a frame the columns and types that its table has at
    rest (None: nothing was computed, so no rows), so that what is computed here is what a run writes. Raises what its
    stages raise, and ValueError for a stage that is none.

    >>> compute_advice(known, settle, ["utilisation"])["utilisation"]  # doctest: +SKIP
    """
    advice = Advice(given or {})
    for stage in needed_for([one.name for one in LINE] if wanted is None else wanted, advice):
        found = compute_stage(stage, known, advice)
        for table in stage.writes:
            advice[table] = settle(table, found.tables.get(table))
        advice.judged[stage.name] = found.judged
    return advice


def compute_stage(stage: Stage, known: Known, tables: Tables) -> Computed:
    """One row of the line on the tables before it; it is handed what it says it reads, and nothing else."""
    return stage.run(known, {name: tables[name] for name in tables_read(stage)})


def tables_read(stage: Stage) -> list[str]:
    """The tables among what a stage reads; the rest are kinds of delivery."""
    return [name for name in stage.reads if name in TABLES]


def needed_for(wanted: Collection[str], given: Collection[str] = ()) -> list[Stage]:
    """These stages and all that they rest on, in the order of the line; stages of tables that are given are not."""
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if unknown := [name for name in names if name not in STAGES]:
        raise ValueError(f"no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    needed = set(names)
    for stage in reversed(LINE):
        if stage.name in needed:
            missing = set(tables_read(stage)) - set(given)
            needed |= {one.name for one in LINE if missing & set(one.writes)}
    return [stage for stage in LINE if stage.name in needed]
