"""What an advice rests on: deliveries, code version, assumptions. Read by people who must defend a figure."""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl

from warehouse.reference import REFERENCE
from warehouse.settings import assumptions_path
from warehouse.tables.deliveries import KINDS
from wlz.known.rounds import Round

_ROOT = Path(__file__).parents[1]
SIMULATION = "simulation"
SIMULATION_MARKER = "simulation.json"  # beside the landing zone, with the truth


@cache
def code_version() -> str:
    """Version of the project and a hash over the code that makes numbers: ``wlz`` and the SQL of the marts."""
    files = sorted([*(_ROOT / "wlz").rglob("*.py"), *(_ROOT / "warehouse" / "marts").glob("*.sql")])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return f"{version('wlz-kader')}+{digest.hexdigest()[:12]}"


def describe_inputs(
    chosen: pl.DataFrame, year_ago: pl.DataFrame, history: pl.DataFrame, advice_round: Round, simulation: str = ""
) -> pl.DataFrame:
    """One row per input: every delivery kind (``not delivered`` where none is known), the code, the assumptions.

    ``year_ago`` is the claims delivery the derived na-ijl compares with; no row when there is none. ``history`` are
    the earlier claims deliveries the lag stage learns from, one row each (``declaraties_YYYY-MM``). ``simulation``
    says what was simulated (``describe_simulation``): invented deliveries are an input of their own, so that whatever
    shows the figures can say so.
    """
    deliveries = (
        pl.DataFrame({"kind": sorted(KINDS)})
        .join(chosen, on="kind", how="left")
        .select(
            pl.col("kind").alias("input_name"),
            pl.col("delivery_id").fill_null("not delivered").alias("input_version"),
            "content_hash",
            "received_on",
            pl.Series("cut_off_date", [advice_round.cut_off(kind) for kind in sorted(KINDS)]),
            "rows_count",
            "amount_eur",
            "quarantined_count",
            "quarantined_eur",
        )
    )
    columns = (
        pl.col("delivery_id").alias("input_version"),
        "content_hash",
        "received_on",
        "rows_count",
        "amount_eur",
        "quarantined_count",
        "quarantined_eur",
    )
    cut_off = pl.lit(advice_round.cut_off("declaraties")).alias("cut_off_date")
    compared = year_ago.select(pl.lit("declaraties_year_ago").alias("input_name"), *columns, "cut_off_date")
    of_month = pl.format("declaraties_{}", pl.col("delivery_month").dt.strftime("%Y-%m")).alias("input_name")
    learnt = history.select(of_month, *columns, cut_off)
    return pl.concat([deliveries, compared, learnt, _undelivered(advice_round.budget_year, simulation)], how="diagonal")


def _undelivered(budget_year: int, simulation: str) -> pl.DataFrame:
    """Inputs nobody delivers: assumptions, code and, where deliveries are invented, that they are."""
    assumptions = (REFERENCE / "assumptions" / "common.toml").read_bytes()
    assumptions += assumptions_path(budget_year).read_bytes()
    rows = {
        "assumptions": (str(budget_year), hashlib.sha256(assumptions).hexdigest()),
        "code": (code_version(), None),
        **({SIMULATION: (simulation, None)} if simulation else {}),
    }
    return pl.DataFrame(
        [(name, *row) for name, row in rows.items()],
        schema={"input_name": pl.String, "input_version": pl.String, "content_hash": pl.String},
        orient="row",
    )


def describe_simulation(landing: Path) -> str:
    """What was simulated into a landing zone, in words; empty for deliveries that no simulation wrote.

    Only the marker is read, never the truth beside it.
    """
    marker = landing.parent / f"{landing.name}-truth" / SIMULATION_MARKER
    if not marker.exists():
        return ""
    asked = json.loads(marker.read_text(encoding="utf-8"))
    defects = ", ".join(asked["defects"]) or "no defects"
    return f"scale {asked['scale']}, until {asked['until']}, seed {asked['seed']}, {defects}"


def sum_up_inputs(inputs: pl.DataFrame) -> dict[str, str]:
    """What a vintage says of its inputs: claims_delivery_id, code_version and inputs_hash (SHA-256 over all of them).

    In: ADVICE_PROVENANCE of one advice and scenario. The content hash counts: assumptions have no version.
    """
    version = dict(inputs.select("input_name", "input_version").iter_rows())
    rows = inputs.select("input_name", "input_version", "content_hash").sort("input_name")
    return {
        "claims_delivery_id": version["declaraties"],
        "code_version": version["code"],
        "inputs_hash": hashlib.sha256(rows.write_csv().encode()).hexdigest(),
    }
