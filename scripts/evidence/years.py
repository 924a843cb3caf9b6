"""Every budget year to 2027: clean worlds run, extra items against what came out, each of their sources removed.

Run ``python -m scripts.evidence.years --seeds 1``. A small world per seed until December 2027, in which codes and
concessions change each year, agreements and settlements per prestatie end with 2017, and the kader gets its
herverdelingsmiddelen in October. Of every year from 2019 on the spring, summer and autumn advices are made, in order.
Rows are kept in docs/reference/evidence/years_*.csv; the page docs/reference/evidence-years.md is made from them.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from assets.context import Warehouse
from expectations.catalogue import JUDGED
from expectations.judging.rule import measure_table
from pipelines.cli.simulate import write_simulation
from pipelines.runner import Outcome, run_month
from scripts.evidence.extra_items import COVER, factors_of
from scripts.evidence.lag import DOCS, ROWS
from simulation.claims import Claims
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.truth import true_volumes
from warehouse.lake import settle_tables
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.registry import table_named
from warehouse.tables.extra_items import EXTRA_ITEMS
from warehouse.tables.utilisation import UTILISATION
from warehouse.years import write_year
from wlz.advice import compute_advice

YEARS, SEASONS = range(2019, 2028), (2, 5, 9)  # what an advice of spring, of summer and of autumn sees
UNTIL = date(2027, 12, 1)
SCENARIOS = ("letter", "completed")
NAMES = {"02": "February", "05": "May", "09": "September"}
LAST_OWN = 2019  # last year with a file in reference/assumptions
ITEMS = ("crisisbedden", "meerzorg")
ROLES = {"crisisbedden": "is_crisis", "meerzorg": "is_meerzorg"}
SOURCES = ("herschikking", "nacalculatie", "na_ijl")
REMOVED: tuple[tuple[str, ...], ...] = ((), *((one,) for one in SOURCES), ("herschikking", "nacalculatie"), SOURCES)


def came_out(claims: Claims) -> pl.DataFrame:
    """Euro of each year as it ended: year, `base` (claims without meerzorg) and a column per item beside the claims."""
    rows = []
    factors = {item: factors_of(claims, role, YEARS) for item, role in ROLES.items()}
    final = true_volumes(claims)
    for year in YEARS:
        lists = load_reference(load_pack(SIMULATED), year, date(year, 1, 1)).prestaties
        of_year = final.filter(pl.col("care_month").dt.year() == year)
        base = of_year.join(lists.filter("is_meerzorg"), on="prestatiecode", how="anti")["amount_eur"].sum()
        beds, more = (factors[item].filter(year=year).select("settled_eur", "claimed_eur").sum() for item in ITEMS)
        rows.append((year, float(base), beds["settled_eur"][0] - beds["claimed_eur"][0], more["settled_eur"][0]))
    return pl.DataFrame(rows, schema=["year", "base", *ITEMS], orient="row")


def measure_items(items: pl.DataFrame, came: Mapping[str, float]) -> list[dict[str, object]]:
    """Per scenario and item what was said of the nation and whether what came lies in its bounds."""
    rows: list[dict[str, object]] = []
    for scenario in SCENARIOS:
        for item in ITEMS:
            of_item = items.filter(scenario=scenario, item=item)
            common, own = (
                of_item[f"item_{part}_deviation_eur"].fill_null(0.0).to_numpy() for part in ("common", "own")
            )
            reach = float(np.hypot(common.sum(), np.linalg.norm(own)))
            said = float(of_item["item_eur"].sum())
            off = said - came[item]
            rows.append(
                {
                    "scenario": scenario,
                    "item": item,
                    "item_method": ",".join(sorted(of_item["item_method"].unique())),
                    "said_eur": round(said),
                    "came_eur": round(came[item]),
                    **{f"in_{share}": abs(off) <= width * reach for share, width in zip((80, 95), COVER, strict=True)},
                }
            )
    return rows


def measure_advice(warehouse: Warehouse, month: date, outcome: Outcome, came: Mapping[str, float]) -> dict[str, object]:
    """One advice as a whole: what it said of zin against what came, and what it warned of."""
    used = warehouse.store.read(UTILISATION, month).filter(level="national", part="zin")
    said = dict(used.select("scenario", "expected_eur").iter_rows())
    checks = sorted({text.split(" ", 1)[0] for text in outcome.warnings})
    return {
        **{f"{name}_eur": round(float(said[name])) for name in SCENARIOS},
        "came_eur": round(came["base"] + sum(came[item] for item in ITEMS)),
        "warnings": ",".join(checks),
    }


def remove_sources(warehouse: Warehouse, month: date, came: Mapping[str, float]) -> list[dict[str, object]]:
    """The extra items again without a source: what is said, and the euro that checks X01 and X02 then name."""
    advice = warehouse.advice(month)
    known = warehouse.know(advice)
    given = {name: advice.load_all(table_named(name)) for name in ("series_region", "prices", "revenue")}
    rows: list[dict[str, object]] = []
    for removed in REMOVED:
        empty = {kind: known.delivered[kind].clear() for kind in removed}
        without = replace(known, delivered={**known.delivered, **empty})
        items = compute_advice(without, settle_tables(known), ["extra_items"], given)["extra_items"]
        judged = items.filter(scenario=known.judged_first)
        told = {
            rule.check_id: measure_table(rule, judged, "extra_items", "", known.assumptions).frame
            for rule in JUDGED["extra_items"]
        }
        rows.append(
            {
                "removed": "+".join(removed) or "nothing",
                "said_eur": round(float(judged["item_eur"].sum())),
                "came_eur": round(sum(came[item] for item in ITEMS)),
                **{name: round(float(frame["at_stake_eur"].sum() or 0)) for name, frame in told.items()},
            }
        )
    return rows


def take_year(year: int, folder: Path) -> None:
    """The numbers of a year that has no file of its own: those of the last that has, as `wlz year new` takes them."""
    os.environ.pop("WLZ_ASSUMPTIONS", None)
    if year > LAST_OWN:
        file = folder / "assumptions" / f"{year}.toml"
        if not file.exists():
            write_year(year, LAST_OWN, folder, date(year, 1, 1))
        os.environ["WLZ_ASSUMPTIONS"] = str(file)


def measure_seed(seed: int, folder: Path, years: Sequence[int]) -> dict[str, pl.DataFrame]:
    """All advices of one world, oldest first: rows per advice, per item, and per source removed."""
    write_simulation(folder / "deliveries", "small", UNTIL, seed)
    warehouse = Warehouse(data_dir=str(folder), scenarios=",".join(SCENARIOS))
    ended = came_out(prepare(load_simulation_reference("small"), scale="small", until=UNTIL, seed=seed))
    found: dict[str, list[dict[str, object]]] = {"advices": [], "items": [], "removed": []}
    for month in (date(year, season, 1) for year in years for season in SEASONS):
        take_year(month.year, folder / "years")
        outcome = run_month(warehouse, month, falls_back=False, listener=lambda *_: None)
        about = {"seed": seed, "delivery_month": f"{month:%Y-%m}", "blocked": ",".join(outcome.blocked)[:200]}
        if not outcome.published:
            found["advices"].append(about)
            print(about, flush=True)
            continue
        came = ended.filter(year=month.year).row(0, named=True)
        found["advices"].append(about | measure_advice(warehouse, month, outcome, came))
        print(found["advices"][-1], flush=True)
        month_of = {"seed": seed, "delivery_month": f"{month:%Y-%m}"}
        found["items"] += [month_of | row for row in measure_items(warehouse.store.read(EXTRA_ITEMS, month), came)]
        if month.month != SEASONS[-1]:
            found["removed"] += [month_of | row for row in remove_sources(warehouse, month, came)]
    return {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in found.items()}


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Distance as a share of what came, in percent."""
    return (part / whole - 1) * 100


def render_items(items: pl.DataFrame) -> list[str]:
    """Per item and season: mean and mean absolute error of the nation, and how often the bounds held."""
    error = share(pl.col("said_eur"), pl.col("came_eur"))
    summed = (
        items.with_columns(error=error, season=pl.col("delivery_month").str.slice(5).replace_strict(NAMES))
        .group_by("scenario", "item", "season", maintain_order=True)
        .agg(
            pl.len().alias("advices"),
            pl.col("error").mean(),
            pl.col("error").abs().mean().alias("off"),
            pl.col("in_80", "in_95").sum(),
        )
    )
    lines = [
        "| scenario | item | advices | number | mean error | mean absolute | in 80 % | in 95 % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in summed.sort("scenario", "item", maintain_order=True).iter_rows(named=True):
        lines.append(
            f"| `{row['scenario']}` | {row['item']} | {row['season']} | {row['advices']} | {row['error']:+.1f} % "
            f"| {row['off']:.1f} % | {row['in_80']} of {row['advices']} | {row['in_95']} of {row['advices']} |"
        )
    return lines


def render_removed(removed: pl.DataFrame) -> list[str]:
    """Per source taken away: how far the items lie from what came, and the euro that X01 and X02 name beside it."""
    lines = [
        "| removed | advices | items: mean error | named in X01 or X02 | named ÷ what came | within 20 % |",
        "|---|---|---|---|---|---|",
    ]
    told = pl.col("X01") + pl.col("X02")
    of_source = removed.with_columns(
        error=share(pl.col("said_eur"), pl.col("came_eur")), told=told / pl.col("came_eur")
    ).group_by("removed", maintain_order=True)
    for row in of_source.agg(
        pl.len().alias("advices"),
        pl.col("error").mean(),
        (told > 0).sum().alias("named"),
        pl.col("told").mean(),
        ((pl.col("told") - 1).abs() <= 0.2).sum().alias("near"),
    ).iter_rows(named=True):
        lines.append(
            f"| {row['removed']} | {row['advices']} | {row['error']:+.1f} % | {row['named']} of {row['advices']} "
            f"| {row['told']:.2f} | {row['near']} of {row['advices']} |"
        )
    return lines


def render_advices(advices: pl.DataFrame) -> list[str]:
    """A line per advice: how far zin lies from what came, and what was warned of."""
    lines = ["| advice | seeds | `letter` | `completed` | checks that warned |", "|---|---|---|---|---|"]
    for (month,), rows in advices.group_by("delivery_month", maintain_order=True):
        off = [rows.select(share(pl.col(f"{name}_eur"), pl.col("came_eur")).mean()).item() for name in SCENARIOS]
        warned = sorted({check for text in rows["warnings"].fill_null("") for check in text.split(",") if check})
        lines.append(f"| {month} | {rows.height} | {off[0]:+.2f} % | {off[1]:+.2f} % | {', '.join(warned)} |")
    return lines


def write_page() -> None:
    """docs/reference/evidence-years.md from the rows that are there."""
    advices, items, removed = (pl.read_csv(ROWS / f"years_{name}.csv") for name in ("advices", "items", "removed"))
    seeds = ", ".join(str(seed) for seed in sorted(advices["seed"].unique()))
    refused = advices.filter(pl.col("blocked").fill_null("") != "")
    page = [
        "# Evidence: every year to 2027",
        "",
        f"Written by `python -m scripts.evidence.years`, Python {platform.python_version()}. Small simulated worlds",
        f"(seeds {seeds}) until December 2027, clean: codes and concessions change",
        "each year ([simulate](../explanation/simulate.md)); advices of February, May and September, in order. The",
        "claims have the form of the simulation; ratios that drift and walk are measured on worlds of another form",
        "([extra items](../explanation/extra_items.md)).",
        f"Rows: `docs/reference/evidence/years_*.csv`. Advices refused: {refused.height} of {advices.height}.",
        "",
        "## Zin of the year against what came, extra items included",
        "",
        "`letter` forecasts each code by itself: in 2024, 2025 and 2027 codes end that a list names, and those that",
        "follow have no history yet. V05-ended names what its year lacks. `completed` and `base` follow them.",
        "",
        *render_advices(advices.filter(pl.col("blocked").fill_null("") == "")),
        "",
        "## Extra items of the nation against what came",
        "",
        "Nothing per prestatie is settled after 2017, so every advice carries forward the ratio of 2016 and 2017.",
        "",
        *render_items(items),
        "",
        "## Each source removed in turn",
        "",
        "The same advices of February and May as if a kind had never been delivered. *Named* is the euro of checks X01",
        "(carried forward) and X02 (left out, or on claims alone); the page says the same. Without herschikking and",
        "nacalculatie nothing was ever settled: X02 names the claims of the items, for nobody knows what comes beside.",
        "The simulation settles beds and meerzorg as they were agreed, so either kind alone tells the same.",
        "",
        *render_removed(removed),
        "",
    ]
    (DOCS / "evidence-years.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


def main() -> None:
    """Measures the worlds of all seeds and writes rows and page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--years", default="")
    asked = parser.parse_args()
    years = [int(one) for one in asked.years.split(",") if one] or list(YEARS)
    found: dict[str, list[pl.DataFrame]] = {}
    for seed in range(asked.first, asked.first + asked.seeds):
        with tempfile.TemporaryDirectory() as folder:
            for name, rows in measure_seed(seed, Path(folder), years).items():
                found.setdefault(name, []).append(rows)
    for name, frames in found.items():
        pl.concat(frames, how="diagonal_relaxed").write_csv(ROWS / f"years_{name}.csv")
    write_page()


if __name__ == "__main__":
    main()
