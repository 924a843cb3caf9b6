"""Money per zorgkantoor: kader, transfers, pgb stands; and the small files: na-ijl, aids, indications.

The kader of 15 May 2018 and the pgb stands of March 2018 are the published (unrounded) amounts to the cent; other
years and months are invented around them. Claims and agreements are in their own modules.
"""

from datetime import date

import numpy as np
import polars as pl

from simulation.draws import Stream, stream
from simulation.inputs import DELIVERED_HEADERS, cents_to_money, go_on, split_cents
from simulation.world import REFERENCE_YEAR, YEARS, World, share_in_region
from wlz.known.uitvoerders import place_regions
from wlz.words.months import end_of_month, list_months, month_number

PUBLISHED_STAND = date(2018, 5, 15)
PUBLISHED_PGB_MONTH = date(2018, 3, 1)
FIRST_PGB_MONTH = date(2016, 1, 1)
ZIN_2015_NATIONAL_EUR = 16_505_000_000  # Regeling langdurige zorg 2015; pgb 2015 is in regions.csv
ZIN_YEAR_RATIO = {2016: 0.914, 2017: 0.9455, 2018: 1.0, 2019: 1.055}  # of the kader 2018, invented
PGB_YEAR_RATIO = {2016: 0.925, 2017: 0.96, 2018: 1.0, 2019: 1.04}
LATER_YEAR_RATIO = {"zin": 1.05, "pgb": 1.04}  # of the year before, after the last of these; invented
FIRST_STAND_RATIO = {"zin": 0.9965, "pgb": 0.995}  # January against May, before transfers; invented
GROSSING_RATIO = 0.86  # euro of zin for a euro of pgb, mei-advies 2018
TRANSFERS = {"letter": 12, "small": 3}
RELEASED_ON = (10, 1)  # month and day from which the kader of a year holds its herverdelingsmiddelen; invented
RELEASED_NATIONAL_EUR = {2018: 260_000_000, 2021: 100_000_000, 2025: 360_000_000}  # published, nza_adviezen.csv
RELEASED_RATIO = 0.01  # of the zin kader, in years from 2019 on of which nothing was found; invented
PGB_NOISE_SD = 0.0006
PGB_DAMPING_MONTHS = 8.0
PGB_PER_HOLDER_EUR = 46_000
AIDS_YEAR_EUR = 133_900_000
AIDS_SHARE = {"mobiliteit": 0.62, "persoonsgebonden": 0.38}
NA_IJL_RANGE = (0.75, 1.0)  # of the percentage of 2016; above it clean deliveries would be warned of (L09)
AIDS_NOISE_SD = 0.006
INDICATION_SHARE = {"VV": 0.53, "GZ": 0.42, "GGZ": 0.05}


def to_cents(amount: object) -> int:
    """A published amount in whole cents, exactly."""
    return round(float(str(amount)) * 100)


def _area_split(world: World, region: int, cents: int, weight: np.ndarray) -> dict[int, int]:
    inside = np.nonzero(world.area_region == region)[0]
    return dict(zip(inside.tolist(), split_cents(cents, weight[inside]).tolist(), strict=True))


def published_budget_cents(world: World) -> dict[str, np.ndarray]:
    """Kader 2018 as of 15 May 2018 per area: pgb regions and zin uitvoerders add up to the published amounts."""
    zin, pgb = np.zeros(len(world.areas), dtype=np.int64), np.zeros(len(world.areas), dtype=np.int64)
    by_region = dict(world.reference.published_region.select("zorgkantoorregio", "pgb_kader_eur").iter_rows())
    share = share_in_region(world.areas, world.area_region)
    for region, name in enumerate(world.regions):
        for area, cents in _area_split(world, region, to_cents(by_region[name]), share).items():
            pgb[area] = cents
    revenue = world.cell_clients * world.column("units_per_client_month")[world.cell_prestatie]
    revenue *= world.in_force(REFERENCE_YEAR)[world.cell_prestatie]
    weight = np.bincount(world.cell_area, weights=revenue * world.price[:, YEARS.index(REFERENCE_YEAR)])
    by_uitvoerder = dict(world.reference.published_uitvoerder.select("wlz_uitvoerder", "zin_kader_eur").iter_rows())
    for number, name in enumerate(world.uitvoerders):
        inside = np.nonzero(world.area_uitvoerder == number)[0]
        zin[inside] = split_cents(to_cents(by_uitvoerder[name]), weight[inside])
    return {"zin": zin, "pgb": pgb}


def budget_cents(world: World, year: int, stand_date: date) -> dict[str, np.ndarray]:
    """Kader of a year per area at a stand date, in cents: published for May 2018, invented around it otherwise."""
    final = published_budget_cents(world)
    if year == 2015:
        return _budget_2015(world, final)
    if year != REFERENCE_YEAR:
        rng = stream(world.settings.seed, Stream.BUDGETS, year)
        for part, ratios in (("zin", ZIN_YEAR_RATIO), ("pgb", PGB_YEAR_RATIO)):
            last = min(year, max(ratios))
            usual = ratios[last] * LATER_YEAR_RATIO[part] ** (year - last)
            yearly = usual * (1 + rng.normal(0.0, 0.004, len(world.areas)))
            final[part] = np.rint(final[part] * yearly / 100).astype(np.int64) * 100
    if year >= REFERENCE_YEAR and stand_date >= date(year, *RELEASED_ON):
        final["zin"] = final["zin"] + released_cents(world, year, final["zin"])
    if stand_date.year == year and stand_date < date(year, 5, 15) and year >= REFERENCE_YEAR:
        booked = transfer_effect_cents(world, year)
        for part, ratio in FIRST_STAND_RATIO.items():
            final[part] = np.rint((final[part] - booked[part]) * ratio).astype(np.int64)
    return final


def released_cents(world: World, year: int, zin: np.ndarray) -> np.ndarray:
    """Herverdelingsmiddelen of a year per area, in cents: the published sum, or a share of the kader, by the kader."""
    published = RELEASED_NATIONAL_EUR.get(year)
    part = int(published_budget_cents(world)["zin"].sum()) / national_zin_cents(world)
    euro = zin.sum() / 100 * RELEASED_RATIO if published is None else published * part
    return split_cents(round(euro) * 100, zin.astype(float))


def national_zin_cents(world: World) -> int:
    """Zin kader of 2018 of the nation, whatever part of it the world has."""
    return sum(to_cents(value) for value in world.reference.published_uitvoerder["zin_kader_eur"].to_list())


def _budget_2015(world: World, final: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Kader 2015: pgb per region as in the Regeling langdurige zorg, zin by the shares of 2018."""
    pgb = np.zeros(len(world.areas), dtype=np.int64)
    by_region = dict(world.reference.regions.select("zorgkantoorregio", "pgb_budget_2015_eur").iter_rows())
    share = share_in_region(world.areas, world.area_region)
    for region, name in enumerate(world.regions):
        for area, cents in _area_split(world, region, to_cents(by_region[name]), share).items():
            pgb[area] = cents
    total = round(ZIN_2015_NATIONAL_EUR * 100 * int(final["zin"].sum()) / national_zin_cents(world))
    return {"zin": split_cents(total, final["zin"].astype(float)), "pgb": pgb}


def kader(world: World, stand_date: date) -> pl.DataFrame:
    """The kader as of a stand date: all years from 2015 up to the stand's own."""
    frames = []
    for year in range(2015, stand_date.year + 1):
        cents = budget_cents(world, year, stand_date)
        frames.append(
            pl.DataFrame(
                {
                    "zorgkantoorcode": world.areas,
                    "budgetjaar": np.full(len(world.areas), year, dtype=np.int32),
                    "zin": cents_to_money(cents["zin"]),
                    "pgb": cents_to_money(cents["pgb"]),
                }
            )
        )
    dated = pl.concat(frames).with_columns(
        aanleverdatum=pl.lit(stand_date, dtype=pl.Date), standdatum=pl.lit(stand_date, dtype=pl.Date)
    )
    return dated.select(DELIVERED_HEADERS["kader"])


def _transfers(world: World, year: int) -> list[tuple[date, int, str, int, str, int]]:
    """(date, from area, from part, to area, to part, cents), all booked before 15 May."""
    rng = stream(world.settings.seed, Stream.TRANSFERS, year)
    kinds = [("pgb", "zin"), ("zin", "zin"), ("pgb", "pgb"), ("pgb", "zin"), ("zin", "pgb")]
    found = []
    for number in range(TRANSFERS[world.settings.size]):
        start, end = kinds[number % len(kinds)]
        source = int(rng.integers(len(world.areas)))
        same = np.nonzero(world.area_uitvoerder == world.area_uitvoerder[source])[0]
        target = int(rng.choice(same)) if start == end else source
        if start == end and target == source:
            start, end = "pgb", "zin"
        booked = date.fromordinal(date(year, 2, 1).toordinal() + int(rng.integers(100)))
        found.append((booked, source, start, target, end, int(rng.integers(2, 18)) * 10_000_000))
    return sorted(found)


def transfer_effect_cents(world: World, year: int) -> dict[str, np.ndarray]:
    """What the transfers of a year did to each part of the kader of each area."""
    effect = {part: np.zeros(len(world.areas), dtype=np.int64) for part in ("zin", "pgb")}
    for _, source, start, target, end, cents in _transfers(world, year):
        effect[start][source] -= cents
        factor = {("pgb", "zin"): GROSSING_RATIO, ("zin", "pgb"): 1 / GROSSING_RATIO}.get((start, end), 1.0)
        effect[end][target] += round(cents * factor)
    return effect


def overhevelingen(world: World, delivered_on: date) -> pl.DataFrame:
    """Transfers booked this year before 15 May; the kader of that date already holds them."""
    rows = _transfers(world, delivered_on.year)
    frame = pl.DataFrame(
        {
            "aanleverdatum": [delivered_on] * len(rows),
            "datum": [row[0] for row in rows],
            "budgetjaar": np.full(len(rows), delivered_on.year, dtype=np.int32),
            "van_zorgkantoor": [world.areas[row[1]] for row in rows],
            "van_deel": [row[2] for row in rows],
            "naar_zorgkantoor": [world.areas[row[3]] for row in rows],
            "naar_deel": [row[4] for row in rows],
            "bedrag": cents_to_money(np.array([row[5] for row in rows])),
        }
    )
    return frame.select(DELIVERED_HEADERS["overhevelingen"])


def pgb_stand_cents(world: World, month: date) -> np.ndarray:
    """Stand of granted budgets per region at the end of a month, in cents; March 2018 is the published stand.

    Within a year the stand rises, damped, to December (``pgb_december_ratio`` against March); each January starts
    below the December before. Growth between years is half of the rise from March to December.
    """
    published = {row["zorgkantoorregio"]: row for row in world.reference.published_region.to_dicts()}
    rise = world.reference.constants("pgb_december_ratio")
    seed = world.settings.seed
    numbers = [stream(seed, Stream.PGB_GROWTH), stream(seed, Stream.PGB_STANDS, month_number(month))]
    names = world.reference.published_region["zorgkantoorregio"].to_list()
    spread = dict(zip(names, numbers[0].normal(0.0, 0.003, len(names)), strict=True))
    noise = dict(zip(names, numbers[1].normal(0.0, PGB_NOISE_SD, len(names)), strict=True))
    shape = [1 - np.exp(-number / PGB_DAMPING_MONTHS) for number in (month.month, 3, 12)]
    cents = []
    for name in world.regions:
        stand = to_cents(published[name]["pgb_stand_maart_eur"])
        if month == PUBLISHED_PGB_MONTH:
            cents.append(stand)
            continue
        growth = 0.5 * (float(published[name]["pgb_expected_eur"]) / (stand / 100) - 1) + spread[name]
        path = 1 + (rise[name] - 1) * (shape[0] - shape[1]) / (shape[2] - shape[1])
        cents.append(round(stand * (1 + growth) ** (month.year - 2018) * path * np.exp(noise[name])))
    return np.array(cents, dtype=np.int64)


def pgb_verleningen(world: World, reference_date: date) -> pl.DataFrame:
    """Stands per zorgkantoor of every month end from January 2016 up to the reference date."""
    share = share_in_region(world.areas, world.area_region)
    frames = []
    for month in list_months(FIRST_PGB_MONTH, reference_date.replace(day=1)):
        stands = pgb_stand_cents(world, month)
        granted = np.zeros(len(world.areas), dtype=np.int64)
        for region, stand in enumerate(stands.tolist()):
            for area, cents in _area_split(world, region, stand, share).items():
                granted[area] = cents
        rng = stream(world.settings.seed, Stream.PGB_RESERVED, month_number(month))
        left = (12 - month.month) / 12
        reserved = granted * rng.uniform(0.008, 0.02, len(granted)) * left
        next_year = granted * rng.uniform(0.002, 0.006, len(granted)) * (1 if month.month >= 9 else 0)
        frames.append(
            pl.DataFrame(
                {
                    "peildatum": pl.repeat(end_of_month(month), len(granted), dtype=pl.Date, eager=True),
                    "zorgkantoorcode": world.areas,
                    "budgetjaar": np.full(len(granted), month.year, dtype=np.int32),
                    "verleend": cents_to_money(granted),
                    "gereserveerd": cents_to_money(np.rint(reserved)),
                    "gereserveerd_volgend_jaar": cents_to_money(np.rint(next_year)),
                    "houders": np.rint(granted / 100 / PGB_PER_HOLDER_EUR).astype(np.int64),
                    "wachtlijst": rng.poisson(3.0, len(granted)).astype(np.int64),
                }
            )
        )
    delivered = pl.concat(frames).with_columns(aanleverdatum=pl.lit(reference_date, dtype=pl.Date))
    return delivered.select(DELIVERED_HEADERS["pgb_verleningen"])


def na_ijl(world: World, delivered_on: date) -> pl.DataFrame:
    """Late claims of the year before last in percent: table 4 for 2016, invented around it for other years."""
    year = delivered_on.year - 2
    values = world.reference.constants("na_ijl_percentage")
    percentage = np.array([values[name] for name in world.uitvoerders])
    if year != 2016:
        percentage = percentage * stream(world.settings.seed, Stream.NA_IJL, year).uniform(
            *NA_IJL_RANGE, len(percentage)
        )
    of_region = pl.DataFrame(
        {"zorgkantoorregio": world.regions, "percentage": np.round(percentage, 6)[world.region_uitvoerder]}
    )
    now = place_regions(of_region, world.reference.region_uitvoerders, delivered_on)  # who runs its regions today
    told = now.group_by("wlz_uitvoerder").agg(pl.col("percentage").mean().round(6))
    told = told.sort(pl.col("wlz_uitvoerder").str.to_lowercase())
    return told.select(
        aanleverdatum=pl.lit(delivered_on, dtype=pl.Date),
        referentiejaar=pl.lit(year, dtype=pl.Int32),
        wlz_uitvoerder="wlz_uitvoerder",
        percentage="percentage",
    ).select(DELIVERED_HEADERS["na_ijl"])


def hulpmiddelen(world: World, delivered_on: date) -> pl.DataFrame:
    """Individually adapted aids, national, from January 2016 up to two months before the delivery."""
    last = date.fromordinal(delivered_on.replace(day=1).toordinal() - 40).replace(day=1)
    rows = []
    for month in list_months(date(2016, 1, 1), last):
        rng = stream(world.settings.seed, Stream.AIDS, month_number(month))
        for kind, share in AIDS_SHARE.items():
            rows.append(
                (f"{month:%Y-%m}", kind, AIDS_YEAR_EUR / 12 * share * float(np.exp(rng.normal(0.0, AIDS_NOISE_SD))))
            )
    return pl.DataFrame(
        {
            "aanleverdatum": [delivered_on] * len(rows),
            "maand": [row[0] for row in rows],
            "soort": [row[1] for row in rows],
            "bedrag": cents_to_money(np.rint(np.array([row[2] for row in rows]) * 100)),
        }
    ).select(DELIVERED_HEADERS["hulpmiddelen"])


def indicaties(world: World, delivered_on: date) -> pl.DataFrame:
    """People with a CIZ indication per zorgkantoor and sector, from January 2015 up to the month before."""
    counted = world.reference.persons.filter(pl.col("groep") == "wlz_indicatie_totaal").sort("jaar")
    at = counted["jaar"].to_numpy() * 12 + 10
    last = date.fromordinal(delivered_on.replace(day=1).toordinal() - 1).replace(day=1)
    national = dict(
        zip(world.reference.regions["zorgkantoorregio"], world.reference.regions["population_2015_count"], strict=True)
    )
    share = sum(national[name] for name in world.regions) / sum(national.values())
    months = list_months(date(2015, 1, 1), last)
    numbers = np.array([month_number(month) for month in months])
    persons = counted["personen"].to_numpy().astype(float)
    people = go_on(np.interp(numbers, at, persons), numbers, at, persons) * share
    rows = []
    for number, month in enumerate(months):
        rng = stream(world.settings.seed, Stream.INDICATIONS, month_number(month))
        for column, (sector, part) in enumerate(INDICATION_SHARE.items()):
            counts = np.rint(
                people[number] * part * world.area_weight[:, column] * np.exp(rng.normal(0, 0.002, len(world.areas)))
            )
            rows += [
                (f"{month:%Y-%m}", area, sector, int(count)) for area, count in zip(world.areas, counts, strict=True)
            ]
    frame = pl.DataFrame(rows, schema=["maand", "zorgkantoorcode", "sector", "aantal"], orient="row")
    return frame.with_columns(aanleverdatum=pl.lit(delivered_on, dtype=pl.Date)).select(DELIVERED_HEADERS["indicaties"])
