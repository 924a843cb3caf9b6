"""The world that delivers claims: areas, providers, what each offers, how many clients, at which price.

Fixed per seed. A cell is zorgkantoor × provider × prestatie. Monthly numbers are drawn in ``claims.py``.
Sizes per uitvoerder follow the published expectation (unrounded table 3 and 4 of the mei-advies 2018), proportions
per kind of care follow the sector totals of VWS by way of ``reference/simulation/prestatie_profiles.csv``.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from simulation import special
from simulation.draws import Stream, stream
from simulation.inputs import FIRST_CARE_MONTH, Settings, SimulationReference
from simulation.take_overs import Link, go_on_offering, hand_over, list_links
from simulation.tariffs import paid_nhc_ratio, tariffs_per_claim_unit

SECTORS = ("VV", "GZ", "GGZ")
YEARS = tuple(range(2014, 2029))  # one more than deliveries: the truth goes on for a year
REFERENCE_YEAR = 2018
NIEUWE_WATERWEG_NOORD = "5522"
NIEUWE_WATERWEG_NOORD_SHARE = 0.36  # of the region Westland Schieland Delfland; invented, about its population
PROVIDERS = {"letter": 600, "small": 15}
OFFERED_CODES = {"letter": 25.0, "small": 14.0}
INVENTED_CODE = "Q"  # no real code begins so
AGB_OF_FIRST_PROVIDER = 99_000_001  # AGB codes starting with 99 are not given out: recognisably invented
CRISIS_CLAIMS_RATIO = 2.0  # claims for occupied crisis beds against the missing part of table 4
MEERZORG_CLAIMS_RATIO = 0.8  # claims of meerzorg against the agreements
DISCOUNT_RANGE = (0.94, 0.98)  # per uitvoerder
PRICE_SPREAD = 0.006  # providers around it
RATIO_BOUNDS = (0.90, 0.985)  # before the price scale, so that no price passes the legal maximum
COMMON_WEIGHT = 20.0  # revenue weight from which every uitvoerder has the prestatie
FILLED_GAPS_RATIO = 11 / 12
MEERZORG_PRICE_GROWTH = 1.015


@dataclass(frozen=True)
class World:
    """Providers and cells as arrays; text columns as lists that the arrays point into."""

    settings: Settings
    reference: SimulationReference
    cells: special.SpecialCells
    uitvoerders: list[str]
    regions: list[str]
    areas: list[str]
    area_region: np.ndarray
    region_uitvoerder: np.ndarray
    area_weight: np.ndarray  # area × sector
    prestaties: pl.DataFrame
    agb: list[str]
    provider_sector: np.ndarray
    cell_area: np.ndarray
    cell_provider: np.ndarray
    cell_prestatie: np.ndarray
    cell_clients: np.ndarray  # clients a month at the level of December 2017
    price: np.ndarray  # cell × year, euro per unit of the claims, NHC and NIC as paid

    @cached_property
    def area_uitvoerder(self) -> np.ndarray:
        """Uitvoerder of each area."""
        return np.asarray(self.region_uitvoerder[self.area_region])

    @cached_property
    def cell_uitvoerder(self) -> np.ndarray:
        """Uitvoerder of each cell."""
        return np.asarray(self.area_uitvoerder[self.cell_area])

    @cached_property
    def cell_location(self) -> np.ndarray:
        """Number of the provider × area of each cell."""
        return np.asarray(np.unique(self.cell_area * len(self.agb) + self.cell_provider, return_inverse=True)[1])

    @cached_property
    def groups(self) -> list[str]:
        """Prestatie groups that occur."""
        return sorted(self.prestaties["prestatiegroep"].unique().to_list())

    @cached_property
    def prestatie_group(self) -> np.ndarray:
        """Group of each prestatie."""
        return indices(self.prestaties["prestatiegroep"].to_list(), self.groups)

    @cached_property
    def cell_group(self) -> np.ndarray:
        """Group of each cell."""
        return np.asarray(self.prestatie_group[self.cell_prestatie])

    @cached_property
    def links(self) -> list[Link]:
        """Which code hands over to which."""
        return list_links(self.prestaties["prestatiecode"].to_list(), self.reference.take_overs)

    def hand_over(self, clients: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Clients of some cells, those of codes that take over from the codes they take over from."""
        units = self.column("units_per_client_month")
        return hand_over(clients, self.cell_location[cells], self.cell_prestatie[cells], units, self.links)

    def in_force(self, year: int) -> np.ndarray:
        """Whether each prestatie is in use in a year; those of the first year of care also before it."""
        start, end = pl.col("valid_from").dt.year(), pl.col("valid_to").dt.year()
        year_of_care = max(year, FIRST_CARE_MONTH.year)
        holds = (start <= year_of_care) & (end >= year_of_care).fill_null(True)
        return np.asarray(self.prestaties.select(holds).to_series().to_numpy())

    def column(self, name: str) -> np.ndarray:
        """A column of the code list, one value per prestatie."""
        return np.asarray(self.prestaties[name].to_numpy())

    def cells_in(self, pairs: tuple[special.Cell, ...]) -> np.ndarray:
        """Which cells belong to these pairs of uitvoerder and prestatie."""
        codes = self.prestaties["prestatiecode"].to_list()
        chosen = np.zeros((len(self.uitvoerders), len(codes)), dtype=bool)
        for uitvoerder, code in pairs:
            if uitvoerder in self.uitvoerders and code in codes:
                chosen[self.uitvoerders.index(uitvoerder), codes.index(code)] = True
        return np.asarray(chosen[self.cell_uitvoerder, self.cell_prestatie])


def indices(values: list[str], names: list[str]) -> np.ndarray:
    """Position of each value in ``names``."""
    position = {name: number for number, name in enumerate(names)}
    return np.array([position[value] for value in values], dtype=np.int64)


def build_world(reference: SimulationReference, settings: Settings) -> World:
    """The world of a scale and seed. Prices rest on the calibrated price scale, sizes on the published tables."""
    cells = special.SMALL if settings.size == "small" else special.LETTER
    regions = reference.regions
    if settings.size == "small":
        regions = regions.filter(pl.col("wlz_uitvoerder").is_in(list(special.SMALL_UITVOERDERS)))
    prestaties = _prestaties(reference, settings)
    uitvoerders = sorted(regions["wlz_uitvoerder"].unique().to_list(), key=str.casefold)
    names = regions["zorgkantoorregio"].to_list()
    areas, area_region, weight = _areas(reference, regions)
    region_uitvoerder = indices(regions["wlz_uitvoerder"].to_list(), uitvoerders)
    home, sector, size = _providers(settings, weight)
    place, provider = _locations(settings, home, area_region, region_uitvoerder)
    offered = _offers(settings, prestaties, cells, uitvoerders, region_uitvoerder[area_region][place], sector[provider])
    links = list_links(prestaties["prestatiecode"].to_list(), reference.take_overs)
    at, prestatie = np.nonzero(go_on_offering(offered, links))
    order = np.lexsort((prestatie, provider[at], place[at]))
    area, provider, prestatie = place[at][order], provider[at][order], prestatie[order]
    world = World(
        settings,
        reference,
        cells,
        uitvoerders,
        names,
        areas,
        area_region,
        region_uitvoerder,
        weight,
        prestaties,
        [str(AGB_OF_FIRST_PROVIDER + number) for number in range(len(sector))],
        sector,
        area,
        provider,
        prestatie,
        np.zeros(len(area)),
        np.zeros((len(area), len(YEARS))),
    )
    at_scale_1 = _prices(world, dict.fromkeys(uitvoerders, 1.0))
    price = _prices(world, reference.constants("price_scale"))
    return replace(world, price=price, cell_clients=_clients(world, size, at_scale_1))


def _prestaties(reference: SimulationReference, settings: Settings) -> pl.DataFrame:
    """Codes of the world with their profile, by code; the sector is that of who offers it in the simulation.

    A real code is in use from the first month of care on, whatever the list says: its beginnings are those of a rule.
    One that takes over (``takes_over``), or is invented, begins on its date.
    """
    joined = reference.prestaties.drop("source", "sector").join(
        reference.profiles.drop("source"), on="prestatiecode", how="inner"
    )
    begins = pl.col("prestatiecode").str.starts_with(INVENTED_CODE) | pl.col("takes_over")
    joined = joined.with_columns(
        pl.col("prestatiecode").is_in(reference.take_overs["successor"].implode()).alias("takes_over")
    ).with_columns(pl.when(begins).then("valid_from").otherwise(pl.lit(FIRST_CARE_MONTH)).alias("valid_from"))
    if settings.size == "small":
        joined = joined.filter(pl.col("prestatiecode").is_in(list(special.SMALL_PRESTATIES)))
    return joined.sort("prestatiecode")


def _areas(reference: SimulationReference, regions: pl.DataFrame) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Zorgkantoor codes in use from 2015 on, their region, and their weight per sector."""
    codes = reference.crosswalk.filter(
        (pl.col("valid_from") == pl.date(2015, 1, 1))
        & pl.col("zorgkantoorregio").is_in(regions["zorgkantoorregio"].to_list())
    ).sort("zorgkantoor_code")
    areas = codes["zorgkantoor_code"].to_list()
    region = indices(codes["zorgkantoorregio"].to_list(), regions["zorgkantoorregio"].to_list())
    elderly = (regions["zzp_vv_1_4_clients_count"] + regions["zzp_vv_5_10_clients_2020_count"]).to_numpy().astype(float)
    people = regions["population_2015_count"].to_numpy().astype(float)
    share = share_in_region(areas, region)
    weight = np.stack([elderly[region], people[region], people[region]], axis=1) * share[:, None]
    return areas, region, weight / weight.sum(axis=0)


def share_in_region(areas: list[str], area_region: np.ndarray) -> np.ndarray:
    """Share of each area in its region: 5522 beside 5519 in one region, all others whole."""
    share = np.ones(len(areas))
    if NIEUWE_WATERWEG_NOORD in areas:
        small = areas.index(NIEUWE_WATERWEG_NOORD)
        share[area_region == area_region[small]] = 1 - NIEUWE_WATERWEG_NOORD_SHARE
        share[small] = NIEUWE_WATERWEG_NOORD_SHARE
    return share


def _providers(settings: Settings, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Home area, sector and size of every provider: one of each sector per area, the rest by size of the area."""
    rng = stream(settings.seed, Stream.PROVIDERS)
    n_areas = len(weight)
    extra = max(PROVIDERS[settings.size] - 3 * n_areas, 0)
    sector = np.concatenate([np.tile(np.arange(3), n_areas), rng.choice(3, size=extra, p=[0.58, 0.34, 0.08])])
    home = np.concatenate([np.repeat(np.arange(n_areas), 3), np.zeros(extra, dtype=int)])
    for number in range(3 * n_areas, len(sector)):
        home[number] = rng.choice(n_areas, p=weight[:, sector[number]])
    size = np.exp(rng.normal(0.0, 1.15, len(sector)))
    return home, sector, size


def _locations(
    settings: Settings, home: np.ndarray, area_region: np.ndarray, region_uitvoerder: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (area, provider): every provider at home, one in four also next door, where it can at the same payer."""
    rng = stream(settings.seed, Stream.LOCATIONS)
    uitvoerder = region_uitvoerder[area_region]
    pairs = [(int(area), number) for number, area in enumerate(home)]
    for number, area in enumerate(home):
        extra = int(rng.choice(3, p=[0.75, 0.18, 0.07]))
        same = [other for other in range(len(area_region)) if other != area and uitvoerder[other] == uitvoerder[area]]
        near = sorted(same or set(range(len(area_region))) - {int(area)}, key=lambda other: abs(other - area))
        pairs += [(int(other), number) for other in near[:extra]]
    places = np.array(pairs, dtype=np.int64)
    return places[:, 0], places[:, 1]


def _offers(
    settings: Settings,
    prestaties: pl.DataFrame,
    cells: special.SpecialCells,
    uitvoerders: list[str],
    place_uitvoerder: np.ndarray,
    place_sector: np.ndarray,
) -> np.ndarray:
    """Location × prestatie: what each offers: its own sector, the common ones more often; no pair left out.

    Codes that take over are left out: they follow from those that ended.
    """
    rng = stream(settings.seed, Stream.OFFERS)
    sector = indices(prestaties["sector"].to_list(), list(SECTORS))
    first = ~prestaties["takes_over"].to_numpy()
    weight = prestaties["revenue_weight"].to_numpy() + 1.0
    breadth = np.exp(rng.normal(0.0, 0.45, len(place_sector)))
    chance = np.zeros((len(place_sector), len(sector)))
    for own in range(3):
        popular = np.where((sector == own) & first, weight**0.4, 0.0)
        popular /= max(popular.sum(), 1e-9)
        chance[place_sector == own] = popular * OFFERED_CODES[settings.size]
    chance = np.minimum(chance * breadth[:, None], 0.97)
    chance[:, prestaties["is_crisis"].to_numpy()] *= 1.4
    offered = rng.random(chance.shape) < chance
    wanted = _required(prestaties, cells, uitvoerders)
    suits = (place_sector[:, None] == sector) & first
    _fill_gaps(rng, offered, wanted, place_uitvoerder, suits)
    return offered


def _required(prestaties: pl.DataFrame, cells: special.SpecialCells, uitvoerders: list[str]) -> np.ndarray:
    """Uitvoerder × prestatie that somebody must offer: the common ones, crisis beds, meerzorg, cells with a purpose."""
    common = prestaties["revenue_weight"] >= COMMON_WEIGHT
    always = (prestaties["is_crisis"] | prestaties["is_meerzorg"] | common).to_numpy()
    wanted = np.tile(always, (len(uitvoerders), 1))
    codes = prestaties["prestatiecode"].to_list()
    for uitvoerder, code in cells.required:
        wanted[uitvoerders.index(uitvoerder), codes.index(code)] = True
    return wanted


def _fill_gaps(
    rng: np.random.Generator, offered: np.ndarray, wanted: np.ndarray, place_uitvoerder: np.ndarray, suits: np.ndarray
) -> None:
    """A location of the right sector for every pair nobody offers, but for one pair in twelve that is left out."""
    for number in range(len(wanted)):
        here = place_uitvoerder == number
        for column in np.nonzero(~offered[here].any(axis=0) & suits.any(axis=0))[0]:
            if wanted[number, column] or rng.random() < FILLED_GAPS_RATIO:
                offered[rng.choice(np.nonzero(here & suits[:, column])[0]), column] = True


def _prices(world: World, scale: dict[str, float]) -> np.ndarray:
    """Price per cell and year: maximum tariff × discount ratio × price scale + NHC as grown in + NIC.

    Volumes rest on the prices at scale 1, so that the price scale moves amounts only.
    """
    rng = stream(world.settings.seed, Stream.PRICES)
    discount = rng.uniform(*DISCOUNT_RANGE, len(world.uitvoerders))
    spread = rng.normal(0.0, PRICE_SPREAD, len(world.cell_area))
    scales = np.array([scale[name] for name in world.uitvoerders])
    ratio = np.clip(discount[world.cell_uitvoerder] + spread, *RATIO_BOUNDS) * scales[world.cell_uitvoerder]
    price = np.zeros((len(ratio), len(YEARS)))
    own = world.prestaties["price_without_tariff_eur_per_unit"].to_numpy()[world.cell_prestatie]
    own = np.nan_to_num(own.astype(float)) * (1 + spread)
    for column, year in enumerate(YEARS):
        tariff, nhc, nic = tariffs_per_claim_unit(world.reference, world.prestaties, year)
        with_tariff = (
            tariff[world.cell_prestatie] * ratio + paid_nhc_ratio(world.reference, year) * nhc[world.cell_prestatie]
        )
        with_tariff = with_tariff + nic[world.cell_prestatie]
        without = own * MEERZORG_PRICE_GROWTH ** (year - REFERENCE_YEAR)
        price[:, column] = np.where(own > 0, without, with_tariff)
    return price


def _clients(world: World, size: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Clients a month per cell, so that each uitvoerder's revenue at prices of 2018 has its published size."""
    rng = stream(world.settings.seed, Stream.APPEAL)
    sector = indices(world.prestaties["sector"].to_list(), list(SECTORS))
    appeal = size[world.cell_provider] * np.exp(rng.normal(0.0, 0.5, len(world.cell_area)))
    local = appeal / _sum_per(appeal, world.cell_area, world.cell_prestatie, len(sector))
    local = local * world.area_weight[world.cell_area, sector[world.cell_prestatie]]
    share = local / _sum_per(local, world.cell_uitvoerder, world.cell_prestatie, len(sector))
    per_area = np.zeros((len(world.uitvoerders), len(SECTORS)))
    np.add.at(per_area, world.area_uitvoerder, world.area_weight)
    revenue = world.column("revenue_weight")[world.cell_prestatie] * share
    revenue = revenue * per_area[world.cell_uitvoerder, sector[world.cell_prestatie]]
    units = world.column("units_per_client_month")[world.cell_prestatie]
    of_client = 12 * units * price[:, YEARS.index(REFERENCE_YEAR)]
    every = np.arange(len(units))
    revenue = world.hand_over(revenue / of_client, every) * of_client
    return world.hand_over(_scale_to_published(world, revenue, share) / of_client, every)


def _sum_per(values: np.ndarray, first: np.ndarray, second: np.ndarray, n_second: int) -> np.ndarray:
    key = first * n_second + second
    return np.asarray(np.bincount(key, weights=values)[key])


def _scale_to_published(world: World, revenue: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Yearly euro per cell: crisis and meerzorg against table 4, all else fills up to table 3 (excl. extra items).

    The calibrated ``volume_size`` makes up for what a forecast from 2015–2017 misses or adds, so that price scales
    stay near 1 and discount ratios below it.
    """
    size = world.reference.constants("volume_size")
    published = {row["wlz_uitvoerder"]: row for row in world.reference.published_uitvoerder.to_dicts()}
    crisis = world.column("is_crisis")[world.cell_prestatie]
    meerzorg = world.column("is_meerzorg")[world.cell_prestatie]
    takes_over = world.column("takes_over")
    grown_up = takes_over | world.in_force(REFERENCE_YEAR - 1)  # not those on their way up
    running = (world.in_force(REFERENCE_YEAR) & grown_up)[world.cell_prestatie]
    running &= ~world.cells_in(world.cells.stopped)
    scaled = revenue.copy()
    for number, uitvoerder in enumerate(world.uitvoerders):
        mine = world.cell_uitvoerder == number
        row = published[uitvoerder]
        for flag, target in (
            (crisis, CRISIS_CLAIMS_RATIO * float(row["crisisbedden_eur"])),
            (meerzorg, MEERZORG_CLAIMS_RATIO * float(row["meerzorg_eur"])),
        ):
            first = mine & flag & ~takes_over[world.cell_prestatie]
            scaled[first] = target * share[first] / share[first].sum()
        rest = float(row["zin_expected_excl_extra_eur"]) * size[uitvoerder] - scaled[mine & crisis].sum()
        plain = mine & ~crisis & ~meerzorg
        scaled[plain] = revenue[plain] * rest / revenue[plain & running].sum()
    return scaled
