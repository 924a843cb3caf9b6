"""How sure completed months are, and how right the year is, where run-off is not of the form the method assumes.

Worlds of `run_off_worlds.py`, in memory. Rows per world are kept in docs/reference/evidence/run_off_*.csv and are not
measured again while they are there; docs/reference/evidence-run-off.md is made from them. About a second a world.
"""

import argparse
import os
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from scripts.evidence.run_off_page import render_page
from scripts.evidence.run_off_worlds import KINDS, PROFILES, World, draw_world
from wlz.forecasting.engines import ENGINES
from wlz.hand_overs import LINK_SCHEMA
from wlz.lag.complete import CompletedAdvice, complete_advice
from wlz.runoff import nowcast_interval

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROWS = DOCS / "evidence"
LAGS = 12  # youngest care months: the year
ENGINE = "ets_average"  # of scenario completed
PRICE = 10.0
KEY = ["prestatiecode", "wlz_uitvoerder"]


def complete_world(world: World) -> CompletedAdvice:
    """What the lag stage of an advice says of a world."""
    row, delivery, month = np.nonzero(np.nan_to_num(world.said))
    snapshots = world.series[row].select(KEY).with_columns(
        pl.Series("care_month", world.months)[month],
        pl.Series("delivery_month", world.deliveries)[delivery],
        pl.Series("declared_volume", world.said[row, delivery, month]),
    )  # fmt: skip
    count, months = world.final.shape
    last = world.said[:, -1].ravel()
    series = world.series[np.repeat(np.arange(count), months)].select(KEY).with_columns(
        pl.Series("care_month", world.months * count),
        pl.Series("declared_volume", last),
        pl.Series("declared_amount_eur", last * PRICE),
        pl.Series("lag_months", np.tile(months - np.arange(months), count)),
    )  # fmt: skip
    described = world.series.select("prestatiecode", "prestatiegroep", "unit_code").unique()
    return complete_advice(
        snapshots,
        series,
        described.with_columns(valid_to=pl.lit(None, dtype=pl.Date)),
        claims_month=world.deliveries[-1],
        engine=ENGINES[ENGINE],
        ended=pl.DataFrame(schema={"prestatiecode": pl.String, "end_month": pl.Date}),
        links=pl.DataFrame(schema=LINK_SCHEMA),
    )


def list_months(world: World, found: CompletedAdvice) -> pl.DataFrame:
    """Series × month of the year: said, realised, deviations, owner, and what kind of month it is."""
    row, month = np.nonzero(np.ones_like(world.final))
    truth = world.series[row].select(*KEY, "owner").with_columns(
        pl.Series("care_month", world.months)[month],
        pl.Series("realised", world.final[row, month]),
        pl.Series("silent", world.silent[row, month]),
    )  # fmt: skip
    names = ["lag_months", "completed_volume", "common_deviation_ratio", "own_deviation_ratio", "flag"]
    rows = found.series.filter(pl.col("lag_months") <= LAGS).select(*KEY, "care_month", *names)
    imputed = (pl.col("flag") == "silent_series").fill_null(False)
    kind = pl.when(imputed).then(pl.lit("imputed")).when("silent").then(pl.lit("silent, not seen"))
    joined = rows.join(truth, on=[*KEY, "care_month"], how="inner")
    return joined.with_columns(kind.otherwise(pl.lit("delivered")).alias("month"))


def measure_cover(months: pl.DataFrame) -> pl.DataFrame:
    """Per grain, kind of month and lag: how many months, and how many inside their bounds."""
    own = (pl.col("own_deviation_ratio") * pl.col("completed_volume")) ** 2
    of_series = months.select(
        pl.lit("series").alias("grain"), "month", "lag_months", "realised",
        pl.col("completed_volume").alias("said"), pl.col("common_deviation_ratio").alias("common"), own.alias("square"),
    )  # fmt: skip
    common = pl.col("common_deviation_ratio") * pl.col("completed_volume")
    of_uitvoerder = months.group_by("owner", "lag_months").agg(
        pl.col("realised", "completed_volume").sum(), common.sum().alias("common"), own.sum().alias("square")
    )
    summed = of_uitvoerder.select(
        pl.lit("uitvoerder").alias("grain"), pl.lit("all").alias("month"), "lag_months", "realised",
        pl.col("completed_volume").alias("said"), pl.col("common") / pl.col("completed_volume"), "square",
    )  # fmt: skip
    rows = pl.concat([of_series, summed]).filter(pl.col("said") > 0)
    said, realised = rows["said"].to_numpy(), rows["realised"].to_numpy()
    deviation = np.sqrt(rows["common"].to_numpy() ** 2 + rows["square"].to_numpy() / said**2)
    low_80, high_80, low_95, high_95 = nowcast_interval(said, deviation)
    inside = {
        "in_80": (realised >= low_80) & (realised <= high_80),
        "in_95": (realised >= low_95) & (realised <= high_95),
    }
    judged = rows.select("grain", "month", "lag_months", *(pl.Series(name, found) for name, found in inside.items()))
    by_lag = judged.group_by("grain", "month", "lag_months", maintain_order=True)
    return by_lag.agg(pl.len().alias("months"), pl.col("in_80", "in_95").sum())


def measure_years(world: World, months: pl.DataFrame) -> pl.DataFrame:
    """The nation and each uitvoerder: year realised, said, said by last year's share, largest error of an open month.

    The cheap rival divides what is declared of the last twelve months by the share that was declared of the twelve
    before at the delivery of a year ago, of what is declared of them now.
    """
    number, before = len(world.months), len(world.deliveries) - 1 - LAGS
    year, earlier = slice(number - LAGS, number), slice(number - 2 * LAGS, number - LAGS)
    rows = []
    for owner in [None, *range(len(world.hit))]:
        mine = np.ones(world.series.height, bool) if owner is None else world.series["owner"].to_numpy() == owner
        of_owner = months if owner is None else months.filter(owner=owner)
        by_lag = of_owner.group_by("lag_months").agg(pl.col("realised", "completed_volume").sum())
        off = by_lag.select((pl.col("completed_volume") / pl.col("realised") - 1).abs().max()).item()
        declared = world.said[mine, -1]
        share = world.said[mine, before, earlier].sum() / declared[:, earlier].sum()
        rows.append(
            {
                "who": "nation" if owner is None else f"U{owner}",
                "is_hit": bool(world.hit.any() if owner is None else world.hit[owner]),
                "realised": float(world.final[mine, year].sum()),
                "said": float(of_owner["completed_volume"].sum()),
                "rival": float(declared[:, year].sum() / share),
                "worst_month_ratio": float(off),
            }
        )
    return pl.DataFrame(rows)


def measure_world(kind: str, profile: str, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of cover and of years of one world."""
    world = draw_world(kind, profile, seed)
    months = list_months(world, complete_world(world))
    about = {"kind": pl.lit(kind), "profile": pl.lit(profile), "seed": pl.lit(seed)}
    return measure_cover(months).with_columns(**about), measure_years(world, months).with_columns(**about)


def keep(rows: list[pl.DataFrame], path: Path, about: list[str]) -> None:
    """Rows added to those of the file, in the order of what they are about; whole or not at all."""
    earlier = [pl.read_csv(path)] if path.exists() else []
    partial = path.with_suffix(".part")
    whole = pl.concat([*earlier, *rows], how="diagonal_relaxed")
    whole.sort("kind", "profile", "seed", *about).write_csv(partial, float_precision=4)
    os.replace(partial, path)


def main() -> None:
    """Measure the worlds that are not measured yet, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=17, help="worlds of every kind and profile")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--rows", type=Path, default=ROWS, help="folder of the rows")
    arguments = parser.parse_args()
    cover, years = (arguments.rows / f"run_off_{name}.csv" for name in ("cover", "years"))
    done = set(pl.read_csv(years).select("kind", "profile", "seed").unique().iter_rows()) if years.exists() else set()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        todo = [(kind, profile, seed) for kind in KINDS for profile in PROFILES if (kind, profile, seed) not in done]
        if todo:
            found = [measure_world(*world) for world in todo]
            keep([one[0] for one in found], cover, ["grain", "month", "lag_months"])
            keep([one[1] for one in found], years, ["who"])
            print(f"seed {seed} done", flush=True)
    text = render_page(pl.read_csv(cover), pl.read_csv(years), date.today())
    (DOCS / "evidence-run-off.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
