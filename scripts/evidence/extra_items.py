"""Crisis beds and meerzorg carried forward, against what was settled: how far off, and how often within the bounds.

Run ``python -m scripts.evidence.extra_items``. Two kinds of worlds. *Simulated*: small worlds of several seeds, as the
advice of 2019 sees them before June: settled up to 2017, nothing of 2018. *Drifting*: made by hand, no capacity as in
the simulation; settled ÷ claimed of every uitvoerder walks from year to year, and all of them drift together. The
claims of the budget year are what came out, so that only the ratio can err. Printed, not written: the figures stand in
docs/explanation/extra_items.md.
"""

import argparse
from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from simulation.agreements import settled_year, yearly_final
from simulation.claims import Claims
from simulation.places import move_closed_codes
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.world import REFERENCE_YEAR, YEARS
from warehouse.packs import SIMULATED, load_pack, load_reference
from wlz.extra_items import carried
from wlz.extra_items.carried import FACTOR_SCHEMA, carry_forward, list_factors, value_units
from wlz.series import place_by_year

YEAR, SETTLED = 2019, (2015, 2016, 2017)
COVER = 1.2816, 1.9600  # standard deviations of 80 and 95 %
DRIFT, WALK, UITVOERDERS = 0.03, 0.05, 8


def claims_of_years(claims: Claims, years: Sequence[int] = (*SETTLED, YEAR)) -> pl.DataFrame:
    """What was claimed in the end: prestatiecode, wlz_uitvoerder, year, volume, amount_eur."""
    world, frames = claims.world, []
    for year in years:
        volume = yearly_final(claims, year)
        frames.append(
            pl.DataFrame(
                {
                    "prestatiecode": world.prestaties["prestatiecode"].gather(world.cell_prestatie),
                    "wlz_uitvoerder": pl.Series(world.uitvoerders).gather(world.cell_uitvoerder),
                    "year": np.full(len(volume), year, dtype=np.int32),
                    "volume": volume.astype(float),
                    "amount_eur": volume * world.price[:, YEARS.index(year)],
                }
            )
        )
    return (
        pl.concat(frames).group_by("prestatiecode", "wlz_uitvoerder", "year").agg(pl.col("volume", "amount_eur").sum())
    )


def settled_of_years(claims: Claims, years: Sequence[int] = (*SETTLED, YEAR)) -> pl.DataFrame:
    """What was settled: prestatiecode, wlz_uitvoerder, year, volume, amount_eur, under the uitvoerders of 2018."""
    lists = load_reference(load_pack(SIMULATED), REFERENCE_YEAR, date(REFERENCE_YEAR, 1, 1))
    settled = pl.concat(settled_year(claims, year) for year in years)
    dated = settled.with_columns(aanleverdatum=pl.lit(date(max(years) + 1, 6, 2)))
    told = move_closed_codes(claims.world.reference, "nacalculatie", dated)
    named = told.rename({"jaar": "year", "zorgkantoorcode": "zorgkantoor_code", "aantal": "volume"})
    placed = place_by_year(
        named.with_columns(amount_eur=pl.col("bedrag").cast(pl.Float64)), lists.crosswalk, lists.regions
    )
    return placed.group_by("prestatiecode", "wlz_uitvoerder", "year").agg(pl.col("volume", "amount_eur").sum())


def factors_of(claims: Claims, role: str, years: Sequence[int] = (*SETTLED, YEAR)) -> pl.DataFrame:
    """FACTOR_SCHEMA of all years, the budget year too."""
    lists = load_reference(load_pack(SIMULATED), YEAR, date(YEAR, 1, 1)).prestaties.filter(role)
    of_codes = [
        frame.join(lists.select("prestatiecode"), on="prestatiecode", how="semi")
        for frame in (settled_of_years(claims, years), claims_of_years(claims, years))
    ]
    if role == "is_crisis":
        settled = value_units(*of_codes)
    else:
        settled = of_codes[0].group_by("wlz_uitvoerder", "year").agg(settled_eur=pl.col("amount_eur").sum())
    return list_factors(settled, of_codes[1], max(years) + 1)


def drifting(seed: int) -> pl.DataFrame:
    """FACTOR_SCHEMA of a world in which the ratios drift up together and walk apart."""
    rng = np.random.default_rng(seed)
    size, level = rng.lognormal(16, 1, UITVOERDERS), rng.normal(np.log(1.4), 0.15, UITVOERDERS)
    rows = []
    for year in range(SETTLED[0], YEAR + 1):
        level = level + rng.normal(DRIFT, WALK / 3) + rng.normal(0, WALK, UITVOERDERS)
        claimed = size * rng.lognormal(0, 0.02, UITVOERDERS)
        rows += [(f"U{n}", year, claimed[n] * np.exp(level[n]), claimed[n]) for n in range(UITVOERDERS)]
    known = pl.DataFrame(rows, schema=FACTOR_SCHEMA, orient="row")
    return known.filter(pl.col("year") != YEAR - 1)


def judge(factors: pl.DataFrame, item: str) -> dict[str, float]:
    """Errors of the nation and of uitvoerders, as a share of what was settled, and whether bounds held."""
    known, came = factors.filter(pl.col("year") < YEAR), factors.filter(pl.col("year") == YEAR)
    taken = carry_forward(known, came.select("wlz_uitvoerder"), YEAR).join(came, on="wlz_uitvoerder")
    factor, claimed, settled = (taken[name].to_numpy() for name in ("settled_factor", "claimed_eur", "settled_eur"))
    own, common = (taken[f"{part}_deviation_ratio"].to_numpy() * factor * claimed for part in ("own", "common"))
    error, from_claims = factor * claimed - settled, claimed - settled
    true = float(settled.sum() - (claimed.sum() if item == "is_crisis" else 0.0))
    one, nation = np.sqrt(own**2 + common**2), float(np.sqrt((own**2).sum() + common.sum() ** 2))
    return {
        "item_mln": true / 1e6,
        "claims_error_%": 100 * float(from_claims.sum()) / true,
        "error_%": 100 * float(error.sum()) / true,
        "uitvoerder_%": 100 * float(np.abs(error).sum()) / true,
        **{
            f"{level}_{share}": float(np.mean(np.abs(off) <= reach * width))
            for share, reach in zip((80, 95), COVER, strict=True)
            for level, off, width in (("uitv", error, one), ("nation", error.sum(), nation))
        },
    }


def main() -> None:
    """Prints one line per world, item and number of years that are taken together."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    seeds = parser.parse_args().seeds
    reference = load_simulation_reference("small")
    worlds = {
        seed: prepare(reference, scale="small", until=date(YEAR, 12, 1), seed=seed) for seed in range(1, seeds + 1)
    }
    found = [
        (name, seed, frame)
        for seed, claims in worlds.items()
        for name, frame in (
            ("is_crisis", factors_of(claims, "is_crisis")),
            ("is_meerzorg", factors_of(claims, "is_meerzorg")),
        )
    ] + [("drift", seed, drifting(seed)) for seed in range(200)]
    rows = []
    for years in (1, 2, 3):
        carried.FACTOR_YEARS = years
        rows += [{"world": name, "years": years, **judge(frame, name)} for name, _, frame in found]
    table = pl.DataFrame(rows)
    summed = table.group_by("world", "years").agg(
        pl.col("item_mln").mean(),
        pl.col("claims_error_%").mean(),
        pl.col("error_%").mean(),
        pl.col("error_%").abs().mean().alias("abs_error_%"),
        pl.col("uitvoerder_%").mean(),
        pl.col("uitv_80", "nation_80", "uitv_95", "nation_95").mean(),
    )
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=150, float_precision=2):
        print(summed.sort("world", "years"))


if __name__ == "__main__":
    main()
