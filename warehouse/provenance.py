"""What an advice rests on: deliveries, code, reference files, round, assumptions. Read by who must defend a figure.

Whatever can move a figure has a row here, and with it a place in ``inputs_hash``. What cannot, has none: comments,
layout, the simulation, words of pages.
"""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl

from warehouse.code_hash import hash_code
from warehouse.packs import OWN_LISTS, TARIFF_FILE, WORLD_LISTS, Pack
from warehouse.settings import assumption_paths, hash_settings, round_path
from warehouse.tables.deliveries import KINDS
from wlz.known.rounds import Round

# What the stages and the intake read of ``reference/``; the rest is for the simulation, the letter and its tests.
REFERENCE_FILES = (
    "delivery_format.toml",
    *WORLD_LISTS,
)
PACK_INPUT = "pack"  # the list of codes, with the lists of it below reference/
REFERENCE_INPUT = "reference/"  # an input's name begins so, the file follows
ROUND_INPUT = "round"
NOT_DELIVERED, AFTER_CUT_OFF = "not delivered", "delivered after the cut-off"
SHORT = 12  # characters of a hash that people compare by eye
SIMULATION = "simulation"
_COUNTED = ("rows_count", "amount_eur", "quarantined_count", "quarantined_eur")


@cache
def _code_hash() -> str:
    return hash_code()


def code_version() -> str:
    """Version of the project and a short hash over the code that makes numbers (``code_hash.py``)."""
    return f"{version('wlz-kader')}+{_code_hash()[:SHORT]}"


def describe_inputs(
    chosen: pl.DataFrame,
    year_ago: pl.DataFrame,
    history: pl.DataFrame,
    advice_round: Round,
    pack: Pack,
    simulation: str = "",
    late: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per input: every delivery kind (``not delivered`` where none is known), and what nobody delivers.

    ``late`` (kind, received_on) are kinds of which everything came after the cut-off: they say so, and when.

    That is the code, the assumptions, the round's own file and every reference file.

    ``year_ago`` is the claims delivery the derived na-ijl compares with; no row when there is none. ``history`` are
    the earlier claims deliveries the lag stage learns from, one row each (``declaraties_YYYY-MM``). ``simulation``
    says what was simulated (``describe_simulation``): invented deliveries are an input of their own, so that whatever
    shows the figures can say so.
    """
    nothing_late = pl.DataFrame(schema={"kind": pl.String, "received_on": pl.Date})
    came_late = (nothing_late if late is None else late).rename({"received_on": "late_on"})
    missing = pl.when(pl.col("late_on").is_null()).then(pl.lit(NOT_DELIVERED)).otherwise(pl.lit(AFTER_CUT_OFF))
    deliveries = (
        pl.DataFrame({"kind": sorted(KINDS)})
        .join(chosen, on="kind", how="left")
        .join(came_late, on="kind", how="left")
        .select(
            pl.col("kind").alias("input_name"),
            pl.coalesce("delivery_id", missing).alias("input_version"),
            "content_hash",
            pl.coalesce("received_on", "late_on"),
            pl.Series("cut_off_date", [advice_round.cut_off(kind) for kind in sorted(KINDS)]),
            *_COUNTED,
        )
    )
    columns = (pl.col("delivery_id").alias("input_version"), "content_hash", "received_on", *_COUNTED)
    cut_off = pl.lit(advice_round.cut_off("declaraties")).alias("cut_off_date")
    compared = year_ago.select(pl.lit("declaraties_year_ago").alias("input_name"), *columns, "cut_off_date")
    of_month = pl.format("declaraties_{}", pl.col("delivery_month").dt.strftime("%Y-%m")).alias("input_name")
    learnt = history.select(of_month, *columns, cut_off)
    return pl.concat([deliveries, compared, learnt, _undelivered(advice_round, pack, simulation)], how="diagonal")


def _undelivered(advice_round: Round, pack: Pack, simulation: str) -> pl.DataFrame:
    """Inputs nobody delivers: assumptions, code, files and, where deliveries are invented, that they are."""
    year, of_round = advice_round.budget_year, round_path(advice_round.delivery_month)
    files = {f"{REFERENCE_INPUT}{name}": _hash_file(pack.path(name)) for name in (*REFERENCE_FILES, *OWN_LISTS)}
    if (pack.folder / TARIFF_FILE).exists():
        files[f"{REFERENCE_INPUT}{TARIFF_FILE}"] = _hash_file(pack.folder / TARIFF_FILE)
    if of_round.exists():
        files[ROUND_INPUT] = hash_settings(of_round)
    rows: dict[str, tuple[str, str | None]] = {
        "assumptions": (str(year), hash_settings(*assumption_paths(year))),
        "code": (code_version(), _code_hash()),
        PACK_INPUT: (f"{pack.name}, {pack.version}", pack.content_hash),
        ROUND_INPUT: ("no file", None),
        **{name: (content[:SHORT], content) for name, content in files.items()},
        **({SIMULATION: (simulation, None)} if simulation else {}),
    }
    return pl.DataFrame(
        [(name, *row) for name, row in rows.items()],
        schema={"input_name": pl.String, "input_version": pl.String, "content_hash": pl.String},
        orient="row",
    )


def _hash_file(path: Path) -> str:
    """SHA-256 of a file: of settings what they say, of a list every byte."""
    return hash_settings(path) if path.suffix == ".toml" else hashlib.sha256(path.read_bytes()).hexdigest()


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
