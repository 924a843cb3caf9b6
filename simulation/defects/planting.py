"""What planting a defect is: where it goes, what it leaves behind, and how its size chooses what it touches.

Here: the types, and the choices that defects share. The defects themselves are in the modules per area.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

import numpy as np
import polars as pl

from simulation.claims import Claims, claims_frame, uitvoerders_by_size
from simulation.inputs import SIZES, SimulatedFile, SimulationError
from simulation.kinds import CLAIMS
from simulation.world import World
from wlz.words.months import month_date, month_number
from wlz.words.vocabulary import MONEY

T = TypeVar("T")
KEY = ("zorgkantoorcode", "agb_code", "prestatiecode", "eenheid", "zorgmaand")
PROVIDER = ("zorgkantoorcode", "agb_code")


@dataclass(frozen=True)
class Planted:
    """What one defect did: the key columns that select its rows, how many rows, euro at stake, in words."""

    where: dict[str, str]
    rows: int
    amount_eur: float
    words: str


@dataclass(frozen=True)
class Target:
    """The delivered file a defect is planted in, at a size, with random numbers of its own."""

    claims: Claims
    file: SimulatedFile
    size: str
    rng: np.random.Generator

    @property
    def frame(self) -> pl.DataFrame:
        """Rows of the file."""
        return self.file.frame

    @property
    def world(self) -> World:
        """Areas, providers and prestaties behind the file."""
        return self.claims.world

    @property
    def until(self) -> date:
        """Month of the last delivery."""
        return self.claims.world.settings.until

    def with_frame(self, frame: pl.DataFrame) -> SimulatedFile:
        """The file with other rows."""
        return replace(self.file, frame=frame)


Outcome = tuple[SimulatedFile | None, list[Planted]]  # the file with the fault, None when it is not delivered
Plant = Callable[[Target], Outcome]


def sized(small: T, medium: T, large: T) -> dict[str, T]:
    """One value per size of a defect."""
    return dict(zip(SIZES, (small, medium, large), strict=True))


SERIES_SIZES = sized(
    "the smallest uitvoerder, a small prestatie",
    "one uitvoerder, a middling prestatie",
    "the largest uitvoerder, its largest prestatie",
)
PROVIDER_SIZES = sized(
    "a small provider and prestatie", "a middling provider and prestatie", "the largest provider and prestatie"
)


@dataclass(frozen=True)
class Defect:
    """A defect of the catalogue.

    ``check_id`` is the rule that must speak first, ``sizes`` says what each size touches. ``moment`` numbers the
    random stream and the order of planting: given once, so that a new defect moves nothing in the others. ``touched``
    are deliveries of ``kind`` counted back from the last one, ``needed`` how many there must be before the last.
    """

    what: str
    check_id: str
    sizes: Mapping[str, str]
    moment: int
    plant: Plant
    kind: str = CLAIMS
    touched: Mapping[str, Sequence[int]] = field(default_factory=lambda: sized((0,), (0,), (0,)))
    needed: Mapping[str, int] = field(default_factory=lambda: sized(0, 0, 0))


def matches(where: Mapping[str, str]) -> pl.Expr:
    """Rows with these values."""
    return pl.all_horizontal(pl.col(column) == value for column, value in where.items())


def euro(frame: pl.DataFrame, column: str = "bedrag") -> float:
    """Sum of a money column."""
    return float(frame[column].sum() or 0)


def care_month(target: Target, lag: int) -> str:
    """The care month this many months before the last delivery, as delivered."""
    return f"{month_date(month_number(target.until) - lag):%Y-%m}"


def care_months(target: Target, first_lag: int, last_lag: int) -> list[str]:
    """Care months from one lag to another, both included."""
    return [care_month(target, lag) for lag in range(first_lag, last_lag + 1)]


def delivery_before(target: Target, count: int = 1) -> pl.DataFrame:
    """The claims as they were delivered ``count`` months before this file."""
    return claims_frame(target.claims, month_date(month_number(target.file.delivery_month) - count))


def area_codes(world: World, uitvoerder: int) -> list[str]:
    """Zorgkantoor codes of an uitvoerder."""
    return [area for area, number in zip(world.areas, world.area_uitvoerder, strict=True) if number == uitvoerder]


def of_uitvoerder(world: World, uitvoerder: int) -> pl.Expr:
    """Rows of an uitvoerder."""
    return pl.col("zorgkantoorcode").is_in(area_codes(world, uitvoerder))


def rank_of_size(size: str, count: int) -> int:
    """Which of ``count`` choices, smallest first: a quarter on, the middle one, the last."""
    return sized(count // 4, count // 2, count - 1)[size]


def choose_row(target: Target, choices: pl.DataFrame, wanted: str) -> dict[str, object]:
    """The row of the target's size from choices sorted by size. Raises SimulationError when there are none."""
    if choices.is_empty():
        raise SimulationError(
            f"no room for a defect in {target.file.kind} of {target.file.delivery_month:%Y-%m}: "
            f"expected {wanted}, found none; ask for fewer defects at once"
        )
    return choices.row(rank_of_size(target.size, choices.height), named=True)


def choose_uitvoerder(target: Target) -> int:
    """An uitvoerder with rows in the file: the smallest, a drawn one (the next when it has no rows), the largest."""
    world = target.world
    present = set(target.frame["zorgkantoorcode"].unique())
    by_size = [number for number in uitvoerders_by_size(target.claims) if present & set(area_codes(world, number))]
    if target.size != "medium":
        return by_size[0] if target.size == "small" else by_size[-1]
    drawn = int(target.rng.integers(len(world.uitvoerders)))
    return min(by_size, key=lambda number: (number - drawn) % len(world.uitvoerders))


def choose_series(target: Target, months: Sequence[str]) -> tuple[int, str]:
    """An uitvoerder and a prestatie it claims in each of these months that it has: small, middling or large in euro."""
    number = choose_uitvoerder(target)
    rows = target.frame.filter(of_uitvoerder(target.world, number), pl.col("zorgmaand").is_in(list(months)))
    sums = (
        rows.group_by("prestatiecode")
        .agg(pl.col("bedrag").cast(pl.Float64).sum(), pl.col("zorgmaand").n_unique().alias("months"))
        .filter(pl.col("months") == pl.col("months").max())
        .sort("bedrag", "prestatiecode")
    )
    of_name = f"a prestatie of {target.world.uitvoerders[number]}"
    return number, str(choose_row(target, sums, f"{of_name} claimed in {span(months)}")["prestatiecode"])


def series_rows(target: Target, series: tuple[int, str], months: Sequence[str]) -> tuple[pl.Expr, dict[str, str]]:
    """The rows of an uitvoerder and prestatie in these months, and the key that says so."""
    number, prestatie = series
    hit = (
        of_uitvoerder(target.world, number)
        & (pl.col("prestatiecode") == prestatie)
        & pl.col("zorgmaand").is_in(list(months))
    )
    name = target.world.uitvoerders[number]
    return hit, {"wlz_uitvoerder": name, "prestatiecode": prestatie, "zorgmaand": span(months)}


def span(months: Sequence[str]) -> str:
    """First and last of these months."""
    return f"{min(months)}..{max(months)}"


def choose_provider(target: Target, rows: pl.DataFrame, months: Sequence[str], *more: str) -> dict[str, str]:
    """A provider at a zorgkantoor (and ``more`` key columns) with rows in most of these months, by its euro in them."""
    key = [*PROVIDER, *more]
    sums = (
        rows.filter(pl.col("zorgmaand").is_in(list(months)))
        .group_by(key)
        .agg(pl.col("bedrag").cast(pl.Float64).sum(), pl.col("zorgmaand").n_unique().alias("months"))
        .filter(pl.col("months") == pl.col("months").max())
        .sort("bedrag", *key)
    )
    chosen = choose_row(target, sums, f"a provider with claims in {span(months)}")
    return {name: str(chosen[name]) for name in key}


def scale_rows(frame: pl.DataFrame, hit: pl.Expr, *, volume: float = 1.0, amount: float = 1.0) -> pl.DataFrame:
    """The frame with volume and amount of the chosen rows multiplied, rounded to the hundredth and the cent."""
    new_volume = (pl.col("aantal") * volume).round(2)
    new_amount = (pl.col("bedrag").cast(pl.Float64) * amount).round(2).cast(MONEY)
    return frame.with_columns(
        aantal=pl.when(hit).then(new_volume).otherwise(pl.col("aantal")),
        bedrag=pl.when(hit).then(new_amount).otherwise(pl.col("bedrag")),
    )


def whole_file(frame: pl.DataFrame) -> dict[str, str]:
    """The key of a fault in every row: the delivery date."""
    return {"aanleverdatum": str(frame["aanleverdatum"][0])}
