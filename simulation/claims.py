"""Final volumes per cell and month, how they come in, and the claims file of one delivery.

Final volumes: level per kind of care after the published persons, slow growth, a random walk per prestatie ×
uitvoerder, clients who stay (binomial) and arrive (Poisson), days and working days in the month. Run-off: share
declared by lag, later for July, August and December, over-claims that are reversed. Integer units throughout.
Agreements and budgets are in ``agreements.py`` and ``budgets.py``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from simulation.draws import Stream, stream
from simulation.inputs import DELIVERED_HEADERS, FIRST_CARE_MONTH, cents_to_money, go_on
from simulation.later_codes import tell_by_day
from simulation.world import YEARS, World
from wlz.words.months import list_months, month_date, month_number

FIRST = month_number(FIRST_CARE_MONTH)
ANCHOR = month_number(date(2017, 12, 1))  # the month the sizes of the world are of
SERIES_STEP_SD = 0.004
VOLUME_NOISE_SD = 0.012
RAMP_MONTHS = 6
STOPPED_FROM_YEAR = 2017
STAY_RATIO = {
    "verblijf": 0.975,
    "vpt": 0.97,
    "modulair": 0.95,
    "dagbesteding": 0.965,
    "toeslag": 0.965,
    "crisis": 0.3,
    "meerzorg": 0.98,
}
DAYS_PER_MONTH = 30.4375
WORKDAYS_PER_MONTH = 21.74
HOLIDAY_RATIO = {7: 0.95, 8: 0.91, 12: 0.94}
LAG_1_RANGE = (0.05, 0.70)
LAG_COMPLETENESS = {2: 0.93, 3: 0.98, 4: 0.995}
UITVOERDER_SD, GROUP_SD, CELL_SD, DELIVERY_SD = 0.35, 0.30, 0.12, 0.06
SLOW_MONTHS = {7: -0.35, 8: -0.30, 12: -0.40}  # logit, at lags 1 to 3
TAIL_MONTHS = 4.0  # decay of what is still missing after lag 4
TAIL_PER_LAG_PERCENTAGE = 0.358  # mean of the tail over lags 5–16 less 17–28, per unit missing at lag 5
OVERCLAIM_SHARE = 0.04
OVERCLAIM_RANGE = (0.005, 0.03)
OVERCLAIM_OFFSET = 0.0001  # what open over-claims take off the late claims of a year, added to the tail
LATE_CELLS_ARRIVE = month_number(date(2018, 6, 1))
BILLING_SHIFTS = {
    "billing_speed": 1.5,
    "billing_slow": -1.0,
}  # defects: logit, at lags 1 to 4 of the largest uitvoerder
BILLING_SIZES = {"small": 0.25, "medium": 1.0, "large": 2.0}  # of the shift
BILLING_DELIVERIES = 3  # the last ones of the simulation; the new pace is there to stay


@dataclass(frozen=True)
class Claims:
    """Everything that decides a delivery. Matrices are cell × month, from ``FIRST_CARE_MONTH`` on."""

    world: World
    months: list[date]
    final: np.ndarray
    rounding: np.ndarray
    overclaim: np.ndarray
    overclaim_start: np.ndarray
    overclaim_end: np.ndarray
    price: np.ndarray  # cell × month
    lag_logit: np.ndarray  # uitvoerder × lag 1–4
    cell_logit: np.ndarray
    tail: np.ndarray  # per uitvoerder, missing at lag 5
    late: np.ndarray  # cells without claims of 2018 before June 2018


def build_claims(world: World) -> Claims:
    """Final volumes from 2015-01 through the year after the last delivery, and the run-off they will have."""
    last = date(world.settings.until.year + 1, 12, 1)
    months = list_months(FIRST_CARE_MONTH, last)
    final = draw_final_volumes(world, months)
    seed, shape = world.settings.seed, (len(world.cell_area), len(months))
    rounding, overclaim = np.empty(shape), np.zeros(shape)
    start, end = np.empty(shape, dtype=np.int16), np.empty(shape, dtype=np.int16)
    for column, month in enumerate(months):
        rng = stream(seed, Stream.ROUNDING, month_number(month))
        rounding[:, column] = rng.random(shape[0])
        hit = rng.random(shape[0]) < OVERCLAIM_SHARE
        overclaim[hit, column] = rng.uniform(*OVERCLAIM_RANGE, int(hit.sum()))
        start[:, column] = rng.integers(2, 5, shape[0])
        end[:, column] = rng.integers(5, 10, shape[0])
    lag_logit, cell_logit, tail = _lateness(world)
    years = np.array([YEARS.index(month.year) for month in months])
    return Claims(
        world,
        months,
        final,
        rounding,
        overclaim,
        start,
        end,
        world.price[:, years],
        lag_logit,
        cell_logit,
        tail,
        world.cells_in(world.cells.late),
    )


def draw_final_volumes(world: World, months: list[date]) -> np.ndarray:
    """Units of care finally claimed, whole numbers, cell × month. Uitvoerders draw independently of each other."""
    level, walk = _levels(world, months), _series_walk(world, months)
    stopped = world.cells_in(world.cells.stopped)
    final = np.zeros((len(world.cell_area), len(months)))
    for number in range(len(world.uitvoerders)):
        cells = np.nonzero(world.cell_uitvoerder == number)[0]
        prestatie = world.cell_prestatie[cells]
        expected = world.cell_clients[cells, None] * level[prestatie] * walk[number, prestatie]
        expected[np.ix_(stopped[cells], np.array([month.year >= STOPPED_FROM_YEAR for month in months]))] = 0.0
        final[cells] = _draw_units(world, number, cells, expected, months)
    return final


def _draw_units(
    world: World, uitvoerder: int, cells: np.ndarray, expected: np.ndarray, months: list[date]
) -> np.ndarray:
    """Clients who stay and arrive around the expected number, times units per client in the month.

    Where a code takes over, who was there before are the clients of the code that ended.
    """
    prestatie = world.cell_prestatie[cells]
    survive = np.array([STAY_RATIO[form] for form in world.prestaties["leveringsvorm"]])[prestatie]
    units = world.column("units_per_client_month")[prestatie]
    daily = (pl.col("unit_code") == "14") & (pl.col("leveringsvorm") != "dagbesteding")  # transport: on working days
    by_day = world.prestaties.select(daily).to_series().to_numpy()[prestatie]
    drawn = np.zeros(expected.shape)
    clients, before = np.zeros(len(prestatie), dtype=np.int64), np.zeros(len(prestatie))
    for column, month in enumerate(months):
        rng = stream(world.settings.seed, Stream.CLIENTS, month_number(month), uitvoerder)
        begins = world.column("takes_over")[prestatie] & (before == 0) & (expected[:, column] > 0)
        if column and begins.any():
            moved = np.floor(world.hand_over(clients.astype(float), cells) + rng.random(len(clients)))
            clients = np.where(begins, moved, clients).astype(np.int64)
            before = np.where(begins, world.hand_over(before, cells), before)
        clients = rng.binomial(clients, survive) + rng.poisson(np.maximum(expected[:, column] - survive * before, 0.0))
        before = expected[:, column]
        clients = np.where(expected[:, column] > 0, clients, 0)
        per_client = np.where(by_day, _days(month) / DAYS_PER_MONTH, _working_days(month) / WORKDAYS_PER_MONTH)
        noise = np.exp(rng.normal(0.0, VOLUME_NOISE_SD, len(clients)))
        drawn[:, column] = np.rint(clients * units * per_client * noise)
    return drawn


def _days(month: date) -> int:
    return (month_date(month_number(month) + 1) - month).days


def _working_days(month: date) -> float:
    days = np.busday_count(month, month_date(month_number(month) + 1))
    return float(days) * HOLIDAY_RATIO.get(month.month, 1.0)


def _levels(world: World, months: list[date]) -> np.ndarray:
    """Prestatie × month: persons of the kind of care, own growth, validity; 1 in December 2017."""
    numbers = np.array([month_number(month) for month in months])
    kinds = _persons_paths(world, numbers)
    forms, sectors = world.prestaties["leveringsvorm"].to_list(), world.prestaties["sector"].to_list()
    growth = world.column("yearly_growth_ratio")
    rows = []
    for row, prestatie in enumerate(world.prestaties.to_dicts()):
        kind = {"vpt": "vpt", "modulair": "mpt", "crisis": "flat", "meerzorg": "flat"}.get(forms[row], sectors[row])
        start = month_number(prestatie["valid_from"])
        end = month_number(prestatie["valid_to"]) if prestatie["valid_to"] else numbers[-1]
        running = ((numbers >= start) & (numbers <= end)).astype(float)
        if start > FIRST and not prestatie["takes_over"]:
            running *= np.clip((numbers - start + 1) / RAMP_MONTHS, 0, 1)
        rows.append(kinds[kind] * growth[row] ** ((numbers - ANCHOR) / 12) * running)
    return np.stack(rows)


def _persons_paths(world: World, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """Persons per kind of care by month, straight lines between the Novembers counted, 1 in December 2017."""
    groups = {"VV": "verblijf_vv", "GZ": "verblijf_ghz", "GGZ": "verblijf_ggz", "vpt": "zin_vpt", "mpt": "zin_mpt"}
    paths = {"flat": np.ones(len(numbers))}
    for kind, group in groups.items():
        counted = world.reference.persons.filter(pl.col("groep") == group).sort("jaar")
        at = counted["jaar"].to_numpy() * 12 + 10
        persons = counted["personen"].to_numpy().astype(float)
        path = np.interp(numbers, at, persons)
        before = numbers < at[0]
        path[before] = persons[0] + (numbers[before] - at[0]) * (persons[1] - persons[0]) / 12
        path = go_on(path, numbers, at, persons)
        paths[kind] = path / np.interp(ANCHOR, at, persons)
    return paths


def _series_walk(world: World, months: list[date]) -> np.ndarray:
    """Uitvoerder × prestatie × month: a random walk, 1 in December 2017."""
    shape = (len(world.uitvoerders), len(world.prestaties))
    steps = [
        stream(world.settings.seed, Stream.SERIES, month_number(month)).normal(0, SERIES_STEP_SD, shape)
        for month in months
    ]
    walk = np.cumsum(np.stack(steps, axis=-1), axis=-1)
    anchor = months.index(month_date(ANCHOR))
    return np.asarray(np.exp(walk - walk[..., anchor : anchor + 1]))


def _lateness(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = stream(world.settings.seed, Stream.LATENESS)
    n_uitvoerders = len(world.uitvoerders)
    lag_1 = rng.uniform(*LAG_1_RANGE, n_uitvoerders)
    shift = rng.normal(0.0, UITVOERDER_SD, n_uitvoerders)
    later = [_logit(np.full(n_uitvoerders, p)) + shift for p in LAG_COMPLETENESS.values()]
    group = rng.normal(0.0, GROUP_SD, (n_uitvoerders, len(world.groups)))
    cell = rng.normal(0.0, CELL_SD, len(world.cell_area))
    cell += group[world.cell_uitvoerder, world.cell_group]
    late_percentage = world.reference.constants("na_ijl_percentage")
    tail = (
        np.array([late_percentage[name] / 100 + OVERCLAIM_OFFSET for name in world.uitvoerders])
        / TAIL_PER_LAG_PERCENTAGE
    )
    return np.stack([_logit(lag_1), *later], axis=1), cell, tail


def _logit(ratio: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(ratio / (1 - ratio)))


def uitvoerders_by_size(claims: Claims) -> list[int]:
    """Numbers of the uitvoerders by euro finally claimed in the care months before the last delivery, largest last."""
    count = month_number(claims.world.settings.until) - FIRST
    euro = (claims.final[:, :count] * claims.price[:, :count]).sum(axis=1)
    per_uitvoerder = np.bincount(claims.world.cell_uitvoerder, euro, len(claims.world.uitvoerders))
    return [int(number) for number in np.argsort(per_uitvoerder, kind="stable")]


def largest_uitvoerder(claims: Claims) -> int:
    """Number of the uitvoerder with the most euro."""
    return uitvoerders_by_size(claims)[-1]


def billing_shift(claims: Claims, delivery_month: date) -> np.ndarray:
    """Logit per uitvoerder that the defects ``billing_speed`` and ``billing_slow`` add at lags 1 to 4; 0 without."""
    settings = claims.world.settings
    shift = np.zeros(len(claims.world.uitvoerders))
    sizes = settings.defect_sizes
    asked = [usual * BILLING_SIZES[sizes[name]] for name, usual in BILLING_SHIFTS.items() if name in sizes]
    if asked and month_number(delivery_month) > month_number(settings.until) - BILLING_DELIVERIES:
        shift[largest_uitvoerder(claims)] = sum(asked)
    return shift


def completeness(claims: Claims, delivery_month: date) -> np.ndarray:
    """Share of the final volume declared, cell × care month before the delivery; reversals are not in it."""
    world, delivery = claims.world, month_number(delivery_month)
    count = delivery - FIRST
    lags = count - np.arange(count)
    tail = 1 - claims.tail[:, None] * np.exp(-(lags[None, :] - 5) / TAIL_MONTHS)
    ratio = np.asarray(tail[world.cell_uitvoerder])
    rng = stream(world.settings.seed, Stream.DELIVERIES, delivery)
    of_delivery = rng.normal(0.0, DELIVERY_SD, len(world.uitvoerders)) + billing_shift(claims, delivery_month)
    for lag in range(1, min(4, count) + 1):
        slow = SLOW_MONTHS.get(month_date(delivery - lag).month, 0.0) if lag <= 3 else 0.0
        logit = claims.lag_logit[:, lag - 1] + slow + of_delivery
        ratio[:, count - lag] = 1 / (1 + np.exp(-(logit[world.cell_uitvoerder] + claims.cell_logit)))
    if delivery < LATE_CELLS_ARRIVE:
        ratio[claims.late, month_number(date(2018, 1, 1)) - FIRST :] = 0.0
    return ratio


def declared_volumes(claims: Claims, delivery_month: date) -> np.ndarray:
    """Units declared at a delivery, whole numbers, cell × care month before the delivery."""
    ratio = completeness(claims, delivery_month)
    count = ratio.shape[1]
    lags = count - np.arange(count)
    open_now = (claims.overclaim_start[:, :count] <= lags) & (lags < claims.overclaim_end[:, :count])
    open_now &= ratio > 0
    over = np.where(open_now, claims.overclaim[:, :count], 0.0)
    return np.asarray(np.floor(claims.final[:, :count] * (ratio + over) + claims.rounding[:, :count] * (ratio > 0)))


def claims_frame(claims: Claims, delivery_month: date) -> pl.DataFrame:
    """The delivered claims: a full snapshot of all care months before the delivery, cells without care left out."""
    declared = declared_volumes(claims, delivery_month)
    cell, month = np.nonzero(declared)
    volume = declared[cell, month]
    cents = np.rint(volume * claims.price[cell, month] * 100)
    frame = assemble(claims, delivery_month, cell, month, volume, cents)
    return tell_by_day(claims.world.reference, "declaraties", frame)


def assemble(
    claims: Claims, delivery_month: date, cell: np.ndarray, month: np.ndarray, volume: np.ndarray, cents: np.ndarray
) -> pl.DataFrame:
    """Delivered columns from cell and month numbers."""
    world = claims.world
    prestatie = world.cell_prestatie[cell]
    months = pl.Series([f"{one:%Y-%m}" for one in claims.months])
    return pl.DataFrame(
        {
            "aanleverdatum": pl.repeat(delivery_month + timedelta(days=1), len(cell), dtype=pl.Date, eager=True),
            "zorgkantoorcode": pl.Series(world.areas).gather(world.cell_area[cell]),
            "agb_code": pl.Series(world.agb).gather(world.cell_provider[cell]),
            "prestatiecode": world.prestaties["prestatiecode"].gather(prestatie),
            "zorgmaand": months.gather(month),
            "eenheid": world.prestaties["unit_code"].gather(prestatie),
            "aantal": volume,
            "bedrag": cents_to_money(cents),
        }
    ).select(DELIVERED_HEADERS["declaraties"])
