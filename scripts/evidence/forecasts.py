"""`make evidence`: forecasts and bounds on many simulated worlds with known truth.

Writes docs/reference/evidence.md.

Per seed: simulate deliveries, compute an advice in memory, hold its bounds against the final volumes that the method
never sees. Rows per seed are kept in docs/reference/evidence/, so that a change of method is a visible diff.
"""

import argparse
import os
import platform
import tempfile
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
from warehouse.reference import REFERENCE
from wlz.advice import compute_advice

# Stays fall in 2017, turn in 2018 and rise in 2019 (reference/wlz_personen_peildatum.csv): three kinds of year.
MONTHS = (date(2017, 5, 1), date(2018, 5, 1), date(2019, 5, 1))
DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROWS = DOCS / "evidence"
# The rules of scenario base with the engine of the letter: what the engine alone changes.
ASSUMPTIONS = """
[scenario.base_ets_select]
description = "base with the engine of the letter"
engine = "ets_select"
"""
SCENARIOS = ("letter", "base_ets_select", "base")
RESAMPLES = 10_000
READING = (
    "Advice of May, zin without extra items, against what is finally claimed of the year. All worlds share the",
    "published path of persons: stays fall in 2017, turn in 2018 and rise in 2019, so the errors of one year have one",
    "sign and a band holds nearly all worlds of a year or few. `base_ets_select` is `base` with the letter's engine.",
)


def measure_seed(seed: int, scale: str, month: date) -> pl.DataFrame:
    """National zin of one simulated year per scenario: said, bounds and realised, in euro without extra items."""
    deliveries = SimulatedDeliveries(prepare(load_simulation_reference(scale), scale=scale, until=month, seed=seed))
    known = deliveries.know(month, SCENARIOS)
    advice = compute_advice(known, settle_tables(known), ["forecast_bounds"])
    realised = realised_year(deliveries.claims, month.year)
    items = advice["extra_items"]
    extra = dict(items.group_by("scenario").agg(pl.col("item_eur").sum().cast(pl.Float64)).iter_rows())
    bounds = advice["forecast_bounds"].filter(level="national", part="zin", period="year")
    rows = []
    for row in bounds.sort("scenario").iter_rows(named=True):
        said = [float(row[f"{name}_eur"]) - extra[row["scenario"]] for name in _LINES]
        rows.append((month.year, seed, row["scenario"], *said, realised))
    return pl.DataFrame(
        rows, schema=["year", "seed", "scenario", *(f"{name}_eur" for name in _LINES), "realised_eur"], orient="row"
    )


_LINES = ("expected", "lower_80", "upper_80", "lower_95", "upper_95")


def realised_year(claims: Claims, year: int) -> float:
    """Euro finally claimed of the year, meerzorg left out as in the expectation."""
    lists = load_reference(load_pack(SIMULATED), year, date(year, 1, 1))
    of_year = true_volumes(claims).filter(pl.col("care_month").dt.year() == year)
    return float(
        of_year.join(lists.prestaties.filter("is_meerzorg"), on="prestatiecode", how="anti")["amount_eur"].sum()
    )


def summarise(rows: pl.DataFrame) -> pl.DataFrame:
    """Per scenario: error, how often the bounds held, their width ÷ realised."""
    relative = (pl.col("expected_eur") - pl.col("realised_eur")) / pl.col("realised_eur")

    def inside(level: int) -> pl.Expr:
        return pl.col("realised_eur").is_between(f"lower_{level}_eur", f"upper_{level}_eur").sum()

    def width(level: int) -> pl.Expr:
        return ((pl.col(f"upper_{level}_eur") - pl.col(f"lower_{level}_eur")) / pl.col("realised_eur")).mean()

    return rows.group_by("scenario").agg(
        pl.len().alias("seeds"),
        relative.abs().mean().alias("mean_absolute_error"),
        relative.mean().alias("bias"),
        inside(80).alias("in_80"),
        inside(95).alias("in_95"),
        width(80).alias("width_80"),
        width(95).alias("width_95"),
    )


def compare(rows: pl.DataFrame, better: str, than: str) -> tuple[float, float, float]:
    """Mean absolute error of one scenario less that of another, with the 90 % interval of a paired bootstrap."""
    relative = ((pl.col("expected_eur") - pl.col("realised_eur")) / pl.col("realised_eur")).abs()
    wide = (
        rows.with_columns(relative.alias("error"))
        .pivot("scenario", index=["year", "seed"], values="error")
        .sort("year", "seed")
    )
    difference = (wide[better] - wide[than]).to_numpy()
    rng = np.random.default_rng(0)
    means = difference[rng.integers(0, len(difference), (RESAMPLES, len(difference)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(difference.mean()), float(low), float(high)


def render(rows: pl.DataFrame, which: str) -> list[str]:
    """The section of one year, or of all of them."""
    summary = {row["scenario"]: row for row in summarise(rows).iter_rows(named=True)}
    lines = [
        f"## The national year {which}, {summary[SCENARIOS[0]]['seeds']} advices",
        "",
        "| scenario | mean absolute error | bias | in the 80 % band | in the 95 % band | width of the 80 / 95 % band |",
        "|---|---|---|---|---|---|",
    ]
    for name in SCENARIOS:
        row = summary[name]
        lines.append(
            f"| `{name}` | {row['mean_absolute_error']:.2%} | {row['bias']:+.2%} | {row['in_80']} of {row['seeds']} | "
            f"{row['in_95']} of {row['seeds']} | {row['width_80']:.1%} / {row['width_95']:.1%} |"
        )
    lines.append("")
    for than in SCENARIOS[:-1]:
        mean, low, high = compare(rows, "base", than)
        lines.append(
            f"Mean absolute error of `base` less that of `{than}`: {mean:+.3%} of the year, 90 % interval "
            f"{low:+.3%} … {high:+.3%}."
        )
    return [*lines, ""]


def measure_year(month: date, seeds: range, scale: str) -> pl.DataFrame:
    """Rows of all seeds for one advice."""
    frames = []
    with tempfile.TemporaryDirectory() as temporary:
        year_file = Path(temporary) / f"{month.year}.toml"
        published = (REFERENCE / "assumptions" / f"{month.year}.toml").read_text(encoding="utf-8")
        year_file.write_text(published + ASSUMPTIONS, encoding="utf-8")
        os.environ["WLZ_ASSUMPTIONS"] = str(year_file)
        for seed in seeds:
            frames.append(measure_seed(seed, scale, month))
            print(f"{month:%Y-%m}, seed {seed} done", flush=True)
    return pl.concat(frames)


def write_page() -> None:
    """docs/reference/evidence.md from the rows that are there."""
    rows = pl.concat([pl.read_csv(file) for file in sorted(ROWS.glob("national_year_*.csv"))])
    page = [
        "# Evidence on simulated worlds",
        "",
        f"Written by `make evidence` on {date.today()}, Python {platform.python_version()}. Deliveries are simulated,",
        "so this shows what the method does on worlds of known truth, not how it will do on real claims. Rows per seed",
        "and year: `docs/reference/evidence/`.",
        "",
        *READING,
        "",
        *(line for year in rows["year"].unique().sort() for line in render(rows.filter(year=year), str(year))),
        *render(rows, "of all three"),
    ]
    (DOCS / "evidence.md").write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")
    print("\n".join(page))


def main() -> None:
    """Simulate, run, compare, write docs/reference/evidence.md and the rows behind it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--scale", default="small", choices=["small", "letter"])
    parser.add_argument("--years", type=int, nargs="+", default=[month.year for month in MONTHS])
    arguments = parser.parse_args()
    ROWS.mkdir(exist_ok=True)
    for month in MONTHS:
        if month.year in arguments.years:
            rows = measure_year(month, range(1, arguments.seeds + 1), arguments.scale)
            if arguments.scale == "small":
                rows.with_columns(cs.float().round(2)).write_csv(ROWS / f"national_year_{month.year}_small.csv")
            else:
                print("\n".join(render(rows, str(month.year))))
    if arguments.scale == "small":
        write_page()


if __name__ == "__main__":
    main()
