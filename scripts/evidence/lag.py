"""`make evidence` for the months already delivered: completed against letter on simulated worlds of known truth.

Per seed and advice (May, August, November): simulate, compute in memory, hold national and uitvoerder years and every
completed month against the final volumes the method never sees. Rows per seed are kept in
docs/reference/evidence/lag_*.csv; the page docs/reference/evidence-lag.md is made from them.
"""

import argparse
import platform
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import polars.selectors as cs

from scripts.evidence.simulated_advice import SimulatedDeliveries
from simulation.claims import Claims
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.truth import true_volumes
from warehouse.lake import settle_tables
from warehouse.packs import SIMULATED, load_pack, load_reference
from wlz.advice import Advice, compute_advice
from wlz.runoff import nowcast_interval

ADVICES = (date(2018, 5, 1), date(2018, 8, 1), date(2018, 11, 1))
LISTS = load_reference(load_pack(SIMULATED), 2018, date(2018, 1, 1))
DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROWS = DOCS / "evidence"
SCENARIOS = ("letter", "completed")
RESAMPLES = 10_000
KEY = ["prestatiecode", "wlz_uitvoerder"]


def final_claims(claims: Claims) -> pl.DataFrame:
    """Volume and euro finally claimed per prestatie × uitvoerder × care month; meerzorg left out."""
    placed = true_volumes(claims).join(
        LISTS.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio"
    )
    in_base = LISTS.prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    final = placed.join(in_base, on="prestatiecode", how="semi").group_by(*KEY, "care_month")
    return final.agg(pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64))


def measure_years(advice: Advice, month: date, final: pl.DataFrame) -> pl.DataFrame:
    """Said and realised year per scenario × uitvoerder, without extra items; na-ijl of the letter added to it."""
    revenue = advice["revenue"].filter("in_base", pl.col("care_month").dt.year() == month.year)
    items = advice["extra_items"].filter(item="na_ijl")
    lag = items.group_by("scenario", "wlz_uitvoerder").agg(pl.col("item_eur").sum().cast(pl.Float64).alias("lag"))
    said = revenue.group_by("scenario", "wlz_uitvoerder").agg(
        pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("said_eur")
    )
    of_year = final.filter(pl.col("care_month").dt.year() == month.year).group_by("wlz_uitvoerder")
    realised = of_year.agg(pl.col("amount_eur").sum().alias("realised_eur"))
    return (
        said.join(lag, on=["scenario", "wlz_uitvoerder"])
        .join(realised, on="wlz_uitvoerder")
        .with_columns(pl.col("said_eur") + pl.col("lag"))
        .drop("lag")
        .filter(pl.col("scenario").is_in(SCENARIOS))
    )


def measure_months(advice: Advice, month: date, final: pl.DataFrame) -> pl.DataFrame:
    """Per lag of the budget year: uitvoerder × group months, how many lay inside their 80 and 95 % bounds."""
    groups = LISTS.prestaties.select("prestatiecode", "prestatiegroep")
    completed = advice["completed_series"].filter(pl.col("care_month").dt.year() == month.year)
    joined = completed.join(final, on=[*KEY, "care_month"], how="inner").join(groups, on="prestatiecode")
    price = pl.col("amount_eur") / pl.col("volume")
    said = pl.col("completed_volume") * price
    cells = joined.group_by("wlz_uitvoerder", "prestatiegroep", "lag_months").agg(
        said.sum().alias("said"),
        pl.col("amount_eur").sum().alias("realised"),
        pl.col("common_deviation_ratio").first().alias("common"),
        ((pl.col("own_deviation_ratio") * said) ** 2).sum().sqrt().alias("own_eur"),
    )
    deviation = np.sqrt(cells["common"].to_numpy() ** 2 + (cells["own_eur"] / cells["said"]).to_numpy() ** 2)
    bounds = nowcast_interval(cells["said"].to_numpy(), deviation)
    inside = {
        "in_80": (cells["realised"].to_numpy() >= bounds[0]) & (cells["realised"].to_numpy() <= bounds[1]),
        "in_95": (cells["realised"].to_numpy() >= bounds[2]) & (cells["realised"].to_numpy() <= bounds[3]),
    }
    with_cover = cells.with_columns(pl.Series(name, values) for name, values in inside.items())
    return with_cover.group_by("lag_months").agg(
        pl.len().alias("cells"), pl.col("in_80", "in_95").sum(), pl.col("said", "realised").sum()
    )


def measure_seed(seed: int, scale: str, months: list[date]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Years and months of every advice of one world."""
    reference = load_simulation_reference(scale)
    deliveries = SimulatedDeliveries(prepare(reference, scale=scale, until=max(months), seed=seed))
    final = final_claims(deliveries.claims)
    years, lags = [], []
    for month in months:
        known = deliveries.know(month, SCENARIOS)
        advice = compute_advice(known, settle_tables(known), ["extra_items"])
        of_advice = {"scale": pl.lit(scale), "seed": pl.lit(seed), "delivery_month": pl.lit(f"{month:%Y-%m}")}
        years.append(measure_years(advice, month, final).with_columns(**of_advice))
        lags.append(measure_months(advice, month, final).with_columns(**of_advice))
    return pl.concat(years), pl.concat(lags)


def interval(values: np.ndarray) -> tuple[float, float]:
    """90 % interval of a mean, by bootstrap over seeds."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)


def render_years(years: pl.DataFrame) -> list[str]:
    """Table of errors per scale × advice, national and per uitvoerder, with 90 % intervals over seeds."""
    keys = ["scale", "delivery_month", "seed", "scenario"]
    national = years.group_by(keys).agg(pl.col("said_eur", "realised_eur").sum())
    national = national.with_columns(error=(pl.col("said_eur") / pl.col("realised_eur") - 1).abs())
    each = years.with_columns(error=(pl.col("said_eur") / pl.col("realised_eur") - 1).abs())
    per_uitvoerder = each.group_by(keys).agg(pl.col("error").mean())
    lines = [
        "| scale | advice | seeds | national: letter | completed | ratio | difference, 90 % interval "
        "| uitvoerder: letter | completed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for scale in ("small", "letter"):
        for month in sorted(years.filter(scale=scale)["delivery_month"].unique()):
            wide = [
                frame.filter(scale=scale, delivery_month=month).pivot("scenario", index="seed", values="error")
                for frame in (national, per_uitvoerder)
            ]
            (letter, completed), (of_letter, of_completed) = ([w[name].to_numpy() for name in SCENARIOS] for w in wide)
            low, high = interval(completed - letter)
            lines.append(
                f"| {scale} | {month} | {len(letter)} | {letter.mean():.2%} | **{completed.mean():.2%}** | "
                f"{completed.mean() / letter.mean():.2f} | {low:+.2%} … {high:+.2%} | {of_letter.mean():.2%} | "
                f"**{of_completed.mean():.2%}** |"
            )
    return lines


def render_months(lags: pl.DataFrame) -> list[str]:
    """Table of cover per scale × lag."""
    summed = lags.group_by("scale", "lag_months").agg(pl.col("cells", "in_80", "in_95").sum())
    error = lags.with_columns(error=(pl.col("said") / pl.col("realised") - 1).abs())
    mean = error.group_by("scale", "lag_months").agg(pl.col("error").mean())
    rows = summed.join(mean, on=["scale", "lag_months"]).sort("scale", "lag_months", descending=[True, False])
    lines = [
        "| scale | lag | months of cells | in 80 % | in 95 % | error of the national month |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows.iter_rows(named=True):
        lines.append(
            f"| {row['scale']} | {row['lag_months']} | {row['cells']:,} | {row['in_80'] / row['cells']:.0%} | "
            f"{row['in_95'] / row['cells']:.0%} | {row['error']:.2%} |"
        )
    for scale in ("small", "letter"):
        of_scale = summed.filter(scale=scale)
        if of_scale.height:
            cells, in_80, in_95 = (int(of_scale[name].sum()) for name in ("cells", "in_80", "in_95"))
            lines.append(f"| **{scale}** | all | {cells:,} | **{in_80 / cells:.0%}** | **{in_95 / cells:.0%}** | |")
    return lines


def write_page() -> None:
    """docs/reference/evidence-lag.md from the rows that are there."""
    years = pl.concat([pl.read_csv(file) for file in sorted(ROWS.glob("lag_years_*.csv"))])
    lags = pl.concat([pl.read_csv(file) for file in sorted(ROWS.glob("lag_months_*.csv"))])
    page = [
        "# Evidence: the months already delivered",
        "",
        f"Written by `make evidence` on {date.today()}, Python {platform.python_version()}. Deliveries are simulated,",
        "so this shows what the method does on worlds of known truth, not how it will do on real claims. All worlds",
        "share the published path of persons, which turns in 2018. Rows per seed: `docs/reference/evidence/lag_*.csv`.",
        "",
        "## The year 2018: mean absolute error, zin with na-ijl and without other extra items",
        "",
        *render_years(years),
        "",
        "## Completed months: uitvoerder × prestatie group × month of 2018, inside their bounds",
        "",
        *render_months(lags),
        "",
    ]
    (DOCS / "evidence-lag.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


def measure_scale(scale: str, seeds: range) -> None:
    """Rows of all seeds of one scale, written as they come in."""
    years, lags = [], []
    for seed in seeds:
        of_years, of_lags = measure_seed(seed, scale, list(ADVICES))
        years.append(of_years)
        lags.append(of_lags)
        keys = ["delivery_month", "seed"]
        pl.concat(years).sort(*keys, "scenario", "wlz_uitvoerder").with_columns(cs.float().round(2)).write_csv(
            ROWS / f"lag_years_{scale}.csv"
        )
        pl.concat(lags).sort(*keys, "lag_months").with_columns(cs.float().round(2)).write_csv(
            ROWS / f"lag_months_{scale}.csv"
        )
        print(f"{scale}, seed {seed} done", flush=True)


def main() -> None:
    """Simulate, run, compare, write the page and the rows behind it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=40, help="seeds at small scale")
    parser.add_argument("--letter", type=int, default=4, help="seeds at letter scale")
    arguments = parser.parse_args()
    ROWS.mkdir(exist_ok=True)
    if arguments.small:
        measure_scale("small", range(1, arguments.small + 1))
    if arguments.letter:
        measure_scale("letter", range(1, arguments.letter + 1))
    write_page()


if __name__ == "__main__":
    main()
