"""What providers and zorgkantoren agree and settle: herschikking, nacalculatie, tariffs, revenue agreements, accounts.

Volumes rest on the final volumes of ``claims.py``; crisis beds and meerzorg on capacity set by the calibrated
constants. Budgets, pgb and the other small files are in ``budgets.py``.
"""

from datetime import date

import numpy as np
import polars as pl

from simulation import special
from simulation.claims import FIRST, Claims
from simulation.draws import Stream, stream
from simulation.inputs import DELIVERED_HEADERS, money
from simulation.tariffs import paid_nhc_ratio, tariffs_in_own_unit, tariffs_per_claim_unit
from simulation.world import SECTORS, YEARS, World
from wlz.words.months import month_number
from wlz.words.vocabulary import MONEY

LAST_YEAR_AGREED = 2017  # from 2018 on agreements and settlements per prestatie are no longer delivered
FIRST_YEAR_SETTLED = 2014
PRODUCTION_2014_RATIO = 0.99  # of 2015; before the Wlz, invented
AGREED_VOLUME_SD = 0.03
AGREED_PRICE_SD = 0.003
INCLUDES_NHC_NIC_SHARE = 0.7
LUMP_SUM_SHARE, LUMP_SUM_RANGE = 0.1, (0.005, 0.03)  # providers that have one; of their production
ENDED_SHARE, ENDED_FROM_YEAR = 0.01, 2019  # agreements that end at midyear, at least one
MIXED_HOURS_SHARE = 0.05
HOURS_SHARE = 0.04
CRISIS_PROFILE_SD = 0.02
MEERZORG_GROWTH = 1.03
COST_RATIO_MEAN, COST_RATIO_SD = 0.922, 0.05  # of claims at maximum tariffs; 75th percentile about 95.6 %
MINUTES_IN_HOUR = 60.0


def yearly_final(claims: Claims, year: int) -> np.ndarray:
    """Final units per cell in a year; 2014 from 2015."""
    if year == FIRST_YEAR_SETTLED:
        return np.asarray(np.rint(yearly_final(claims, year + 1) * PRODUCTION_2014_RATIO))
    first = month_number(date(year, 1, 1)) - FIRST
    return np.asarray(claims.final[:, first : first + 12].sum(axis=1))


def herschikking(claims: Claims, delivered_on: date) -> pl.DataFrame:
    """Agreements after reallocation of 2015 up to the year before the delivery, at most 2017."""
    years = range(2015, min(delivered_on.year - 1, LAST_YEAR_AGREED) + 1)
    return _stack([_agreed_year(claims, year) for year in years], "herschikking", delivered_on)


def nacalculatie(claims: Claims, delivered_on: date) -> pl.DataFrame:
    """Settled production: what was realised, at most what was agreed. A year is added each June, 2017 is the last."""
    years = range(FIRST_YEAR_SETTLED, min(_last_settled(delivered_on), LAST_YEAR_AGREED) + 1)
    return _stack([settled_year(claims, year) for year in years], "nacalculatie", delivered_on)


def settled_year(claims: Claims, year: int) -> pl.DataFrame:
    """What is settled of a year per prestatie; delivered so up to 2017, and only as totals after it."""
    return _agreed_year(claims, year, settled=True)


def nacalculatie_totaal(claims: Claims, delivered_on: date) -> pl.DataFrame:
    """Settled totals per provider and kind from year 2018 on: its prestaties, and lump sums of one in ten."""
    frames = []
    for year in range(LAST_YEAR_AGREED + 1, _last_settled(delivered_on) + 1):
        rows = settled_year(claims, year).group_by("jaar", "zorgkantoorcode", "agb_code", maintain_order=True)
        totals = rows.agg(pl.col("bedrag").sum().alias("gerealiseerd")).sort("zorgkantoorcode", "agb_code")
        rng = stream(claims.world.settings.seed, Stream.SETTLED_LUMP_SUMS, year)
        has, ratio = rng.random(totals.height) < LUMP_SUM_SHARE, rng.uniform(*LUMP_SUM_RANGE, totals.height)
        lump = totals.with_columns(gerealiseerd=money(np.rint(totals["gerealiseerd"].to_numpy().astype(float) * ratio)))
        kinds = {"prestaties": totals, "lumpsum": lump.filter(pl.Series(has))}
        frames += [
            frame.cast({"gerealiseerd": MONEY}).with_columns(soort=pl.lit(name)) for name, frame in kinds.items()
        ]
    return _stack(frames, "nacalculatie_totaal", delivered_on)


def _last_settled(delivered_on: date) -> int:
    return delivered_on.year - 1 if delivered_on.month >= 6 else delivered_on.year - 2


def _stack(frames: list[pl.DataFrame], kind: str, delivered_on: date) -> pl.DataFrame:
    stacked = pl.concat(frames).with_columns(aanleverdatum=pl.lit(delivered_on, dtype=pl.Date))
    return stacked.select(DELIVERED_HEADERS[kind])


def _agreed_year(claims: Claims, year: int, settled: bool = False) -> pl.DataFrame:
    """One year of agreements, one row per cell with care or capacity."""
    world = claims.world
    rng = stream(world.settings.seed, Stream.AGREED, year)
    realised = yearly_final(claims, year)
    agreed = np.rint(realised * (1 + rng.normal(0.0, AGREED_VOLUME_SD, len(realised))))
    volume = np.minimum(realised, agreed) if settled else agreed
    price = world.price[:, YEARS.index(year)] * (1 + rng.normal(0.0, AGREED_PRICE_SD, len(realised)))
    includes = _includes_nhc_nic(world)
    price = price - np.where(includes, 0.0, _paid_nhc_nic(world, year))
    price, includes = _table_7(world, year, price, includes)
    volume, price = _crisis_capacity(world, year, volume, price)
    cents = np.rint(volume * price * 100)
    volume, cents = _meerzorg(world, year, volume, price, cents)
    units = world.prestaties["unit_code"].to_numpy()[world.cell_prestatie].astype(object)
    volume, units = _hours(world, volume, units)
    kept = (volume > 0) & ~(world.cells_in(world.cells.not_agreed) & (year == LAST_YEAR_AGREED))
    kept |= (volume > 0) & settled
    return pl.DataFrame(
        {
            "jaar": np.full(int(kept.sum()), year, dtype=np.int32),
            "zorgkantoorcode": pl.Series(world.areas).gather(world.cell_area[kept]),
            "agb_code": pl.Series(world.agb).gather(world.cell_provider[kept]),
            "prestatiecode": world.prestaties["prestatiecode"].gather(world.cell_prestatie[kept]),
            "eenheid": pl.Series(units[kept].tolist(), dtype=pl.String),
            "aantal": volume[kept],
            "bedrag": money(cents[kept] / 100),
            "inclusief_nhc_nic": pl.Series(np.where(includes[kept], "ja", "nee").tolist(), dtype=pl.String),
        }
    )


def _includes_nhc_nic(world: World) -> np.ndarray:
    """Whether a provider agrees prices with NHC and NIC in them: its habit, the same every year."""
    rng = stream(world.settings.seed, Stream.AGREED_PRICES)
    return np.asarray((rng.random(len(world.agb)) < INCLUDES_NHC_NIC_SHARE)[world.cell_provider])


def _paid_nhc_nic(world: World, year: int) -> np.ndarray:
    _, nhc, nic = tariffs_per_claim_unit(world.reference, world.prestaties, year)
    return np.asarray((paid_nhc_ratio(world.reference, year) * nhc + nic)[world.cell_prestatie])


def _table_7(world: World, year: int, price: np.ndarray, includes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The worked example: agreed in 2017 at 83.29 excl. NHC and NIC."""
    example = world.cells_in(((world.cells.table_7, special.TABLE_7_PRESTATIE),)) & (year == LAST_YEAR_AGREED)
    return np.where(example, special.TABLE_7_PRICE, price), includes & ~example


def _crisis_capacity(world: World, year: int, volume: np.ndarray, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Crisis beds: days available, occupied or not; the calibrated factor times the usual occupied days."""
    crisis = world.column("is_crisis")[world.cell_prestatie]
    rng = stream(world.settings.seed, Stream.CRISIS_BEDS, year)
    profile = 1 + rng.normal(0.0, CRISIS_PROFILE_SD, (len(world.uitvoerders), len(world.prestaties)))
    factor = world.reference.constants("crisis_capacity_factor")
    factors = np.array([factor[name] for name in world.uitvoerders])[world.cell_uitvoerder]
    units = world.column("units_per_client_month")[world.cell_prestatie]
    days = world.cell_clients * 12 * units * factors * profile[world.cell_uitvoerder, world.cell_prestatie]
    return np.where(crisis, np.round(days, 2), volume), price


def _meerzorg(
    world: World, year: int, volume: np.ndarray, price: np.ndarray, cents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Meerzorg in euro per uitvoerder: the calibrated factor times table 4, grown to the year, over its cells."""
    meerzorg = world.column("is_meerzorg")[world.cell_prestatie]
    rng = stream(world.settings.seed, Stream.MEERZORG, year)
    profile = MEERZORG_GROWTH ** (year - 2018) * (1 + rng.normal(0.0, 0.01, len(world.uitvoerders)))
    factor = world.reference.constants("meerzorg_factor")
    published = dict(world.reference.published_uitvoerder.select("wlz_uitvoerder", "meerzorg_eur").iter_rows())
    yearly = np.array([factor[name] * float(published[name]) for name in world.uitvoerders]) * profile
    running = meerzorg & world.in_force(year)[world.cell_prestatie]
    weight = np.where(running, world.cell_clients * price, 0.0)
    share = weight / np.bincount(world.cell_uitvoerder, weights=weight)[world.cell_uitvoerder]
    amount = np.rint(yearly[world.cell_uitvoerder] * share * 100)
    days = np.round(amount / 100 / np.where(meerzorg, price, 1.0), 2)
    return np.where(meerzorg, days, volume), np.where(meerzorg, amount, cents)


def _hours(world: World, volume: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Agreements in hours where claims are in minutes: declared as hours (04), or under the code of minutes."""
    minutes = units == "01"
    drawn = stream(world.settings.seed, Stream.AGREED_HOURS).random(len(volume))
    trap = world.cells_in(world.cells.hours_as_minutes) | (minutes & (drawn < MIXED_HOURS_SHARE))
    honest = world.cells_in(world.cells.hours) | (minutes & (drawn > 1 - HOURS_SHARE))
    honest &= ~world.cells_in(world.cells.hours_as_minutes)
    trap &= ~honest
    in_hours = np.round(volume / MINUTES_IN_HOUR, 2)
    return np.where(minutes & (trap | honest), in_hours, volume), np.where(minutes & honest, "04", units)


def beleidsregelwaarden(world: World, delivered_on: date) -> pl.DataFrame:
    """Maximum tariffs from 2014 up to the year of the delivery, in the unit of the tariff; meerzorg has none.

    A year holds those of the codes that are in use in it.
    """
    has_tariff = world.prestaties["max_tariff_excl_eur_per_unit"].is_not_null().to_numpy()
    frames = []
    for year in range(FIRST_YEAR_SETTLED, delivered_on.year + 1):
        tariff, nhc, nic = tariffs_in_own_unit(world.reference, world.prestaties, year)
        valid = has_tariff & world.in_force(year)
        frames.append(
            pl.DataFrame(
                {
                    "aanleverdatum": pl.repeat(delivered_on, int(valid.sum()), dtype=pl.Date, eager=True),
                    "jaar": np.full(int(valid.sum()), year, dtype=np.int32),
                    "prestatiecode": world.prestaties["prestatiecode"].filter(pl.Series(valid)),
                    "eenheid": world.prestaties["tariff_unit_code"].filter(pl.Series(valid)),
                    "max_brw": tariff[valid],
                    "nhc": nhc[valid],
                    "nic": nic[valid],
                }
            )
        )
    return pl.concat(frames).select(DELIVERED_HEADERS["beleidsregelwaarden"])


def _per_provider_area(claims: Claims, amount: np.ndarray) -> pl.DataFrame:
    world = claims.world
    frame = pl.DataFrame(
        {
            "zorgkantoorcode": pl.Series(world.areas).gather(world.cell_area),
            "agb_code": pl.Series(world.agb).gather(world.cell_provider),
            "amount": amount,
        }
    )
    sums = frame.group_by("zorgkantoorcode", "agb_code", maintain_order=True).agg(pl.col("amount").sum())
    return sums.filter(pl.col("amount") > 0).sort("zorgkantoorcode", "agb_code")


def afspraken(claims: Claims, delivered_on: date) -> pl.DataFrame:
    """Revenue agreements of the delivery's year: last year's production at this year's prices, roughly."""
    year, world = delivered_on.year, claims.world
    production = yearly_final(claims, year - 1) * world.price[:, YEARS.index(year)]
    rows = _per_provider_area(claims, production)
    rng = stream(world.settings.seed, Stream.REVENUE_AGREEMENTS, year)
    agreed = rows["amount"].to_numpy() * (1 + rng.normal(0.005, 0.03, rows.height))
    kinds = rng.choice(["prestaties", "lumpsum", "kassier"], size=rows.height, p=[0.9, 0.07, 0.03])
    return rows.with_columns(
        aanleverdatum=pl.lit(delivered_on, dtype=pl.Date),
        jaar=pl.lit(year, dtype=pl.Int32),
        soort=pl.Series(kinds.tolist(), dtype=pl.String),
        omzetafspraak=money(np.rint(agreed)),
        geldig_van=pl.lit(date(year, 1, 1), dtype=pl.Date),
        geldig_tot=pl.Series(_ends(world, year, rows.height), dtype=pl.Date),
    ).select(DELIVERED_HEADERS["afspraken"])


def _ends(world: World, year: int, count: int) -> list[date | None]:
    """Last day of each agreement: the end of June for a few that are not renewed, empty for all others."""
    ends: list[date | None] = [None] * count
    if year < ENDED_FROM_YEAR:
        return ends
    rng = stream(world.settings.seed, Stream.ENDED_AGREEMENTS, year)
    for number in rng.choice(count, size=max(1, round(count * ENDED_SHARE)), replace=False):
        ends[int(number)] = date(year, 6, 30)
    return ends


def prognose_uitvraag(claims: Claims, delivered_on: date, reference_date: date) -> pl.DataFrame:
    """The providers' own forecast of the year: what will be, with an error of their own."""
    year, world = delivered_on.year, claims.world
    rows = _per_provider_area(claims, yearly_final(claims, year) * world.price[:, YEARS.index(year)])
    rng = stream(world.settings.seed, Stream.PROVIDER_FORECASTS, year)
    expected = rows["amount"].to_numpy() * (1 + rng.normal(-0.004, 0.03, rows.height))
    return rows.with_columns(
        aanleverdatum=pl.lit(delivered_on, dtype=pl.Date),
        peildatum=pl.lit(reference_date, dtype=pl.Date),
        budgetjaar=pl.lit(year, dtype=pl.Int32),
        verwachte_omzet=money(np.rint(expected)),
    ).select(DELIVERED_HEADERS["prognose_uitvraag"])


def jaarrekeningen(claims: Claims, delivered_on: date) -> pl.DataFrame:
    """Costs in kind of the year before per provider: a share of its claims at maximum tariffs."""
    year, world = delivered_on.year - 1, claims.world
    tariff, nhc, nic = tariffs_per_claim_unit(world.reference, world.prestaties, year)
    at_maximum = yearly_final(claims, year) * (tariff + nhc + nic)[world.cell_prestatie]
    revenue = np.bincount(world.cell_provider, weights=at_maximum, minlength=len(world.agb))
    rng = stream(world.settings.seed, Stream.ACCOUNTS, year)
    cost = revenue * rng.normal(COST_RATIO_MEAN, COST_RATIO_SD, len(revenue))
    kept = revenue > 0
    return (
        pl.DataFrame(
            {
                "agb_code": pl.Series(world.agb).filter(pl.Series(kept)),
                "sector": pl.Series([SECTORS[number] for number in world.provider_sector[kept]], dtype=pl.String),
                "wlz_zin_kosten": money(np.rint(cost[kept])).cast(MONEY),
            }
        )
        .with_columns(aanleverdatum=pl.lit(delivered_on, dtype=pl.Date), jaar=pl.lit(year, dtype=pl.Int32))
        .select(DELIVERED_HEADERS["jaarrekeningen"])
    )
