"""The catalogue of defects: which there are, in which deliveries they go, and the planting itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from simulation.claims import Claims
from simulation.defects import claims_rows, other_kinds, timing, units_prices
from simulation.defects.planting import Defect, Planted, Target
from simulation.draws import Stream, stream
from simulation.inputs import LAST_DELIVERY_MONTH, Settings, SimulatedFile, SimulationError
from simulation.kinds import CLAIMS, KINDS, due_months
from wlz.words.vocabulary import MONEY

REPLACES_THE_FILE = ("repeated_delivery",)  # planted first, so that it does not wipe out the others
_BY_AREA = {**claims_rows.DEFECTS, **units_prices.DEFECTS, **timing.DEFECTS, **other_kinds.DEFECTS}
# In the order of planting, whatever the order asked for, so that each sees the same rows.
DEFECTS: dict[str, Defect] = dict(
    sorted(_BY_AREA.items(), key=lambda item: (item[0] not in REPLACES_THE_FILE, item[1].moment))
)
DEFECT_SCHEMA = {
    "defect": pl.String(),
    "delivery_month": pl.Date(),
    "kind": pl.String(),
    "row_key": pl.String(),
    "rows_count": pl.Int64(),
    "amount_eur": MONEY,
    "description": pl.String(),
}


@dataclass(frozen=True)
class DefectLine:
    """A defect in words, for the command line and the documents."""

    name: str
    check_id: str
    kind: str
    what: str
    sizes: Mapping[str, str]


def list_defects() -> list[DefectLine]:
    """Every defect with its rule, the kind of delivery it is planted in, what it is and what each size touches.

    >>> list_defects()[1].name
    'unit_error'
    """
    return [DefectLine(name, one.check_id, one.kind, one.what, one.sizes) for name, one in DEFECTS.items()]


def check_defects(settings: Settings) -> None:
    """Raises SimulationError when a defect needs deliveries that the simulation does not have yet."""
    for name, size in settings.defect_sizes.items():
        defect = DEFECTS[name]
        needed, found = defect.needed[size], due_months(defect.kind, settings.until)
        if len(found) > needed:
            continue
        first = due_months(defect.kind, LAST_DELIVERY_MONTH)[needed]
        if defect.kind == CLAIMS:
            lacks = f"needs {needed} earlier deliveries before {settings.until:%Y-%m}, found {len(found) - 1}"
        else:
            lacks = f"needs a delivery of {defect.kind} in or before {settings.until:%Y-%m}, found none"
        raise SimulationError(f"defect {name}: {lacks}; take until {first:%Y-%m} or later")


def touched_files(settings: Settings) -> list[tuple[date, str]]:
    """Delivery months and kinds that hold one of the asked defects, oldest first, claims first in a month."""
    files = {
        (month, DEFECTS[name].kind)
        for name, size in settings.defect_sizes.items()
        for month in _touched_months(name, size, settings.until)
    }
    return sorted(files, key=lambda file: (file[0], list(KINDS).index(file[1])))


def _touched_months(name: str, size: str, until: date) -> list[date]:
    """Delivery months of the defect's kind that it is planted in, as far as there are that many."""
    months = due_months(DEFECTS[name].kind, until)
    return [months[-1 - back] for back in DEFECTS[name].touched[size] if back < len(months)]


def plant_defects(claims: Claims, files: Sequence[SimulatedFile]) -> tuple[list[SimulatedFile], pl.DataFrame]:
    """The files of a delivery month with the defects of that month in them, and one row per thing planted.

    A file that a defect leaves out is not among them. Planted in the order of the catalogue.
    """
    rows: list[dict[str, object]] = []
    done = []
    for file in files:
        planted_file, planted = _plant_in_file(claims, file)
        rows += planted
        if planted_file is not None:
            done.append(planted_file)
    return done, pl.DataFrame(rows, schema=DEFECT_SCHEMA)


def _plant_in_file(claims: Claims, file: SimulatedFile) -> tuple[SimulatedFile | None, list[dict[str, object]]]:
    settings = claims.world.settings
    sizes, current, rows = settings.defect_sizes, file, []
    for name, defect in DEFECTS.items():
        if name not in sizes or defect.kind != file.kind:
            continue
        if file.delivery_month not in _touched_months(name, sizes[name], settings.until):
            continue
        rng = stream(settings.seed, Stream.DEFECTS, defect.moment)
        changed, planted = defect.plant(Target(claims, current, sizes[name], rng))
        rows += [_truth_row(name, file, one) for one in planted]
        if changed is None:
            return None, rows
        current = changed
    return current, rows


def _truth_row(name: str, file: SimulatedFile, planted: Planted) -> dict[str, object]:
    return {
        "defect": name,
        "delivery_month": file.delivery_month,
        "kind": file.kind,
        "row_key": "; ".join(f"{column}={value}" for column, value in planted.where.items()),
        "rows_count": planted.rows,
        "amount_eur": round(planted.amount_eur, 2),
        "description": planted.words,
    }
