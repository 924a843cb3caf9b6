"""The page docs/reference/evidence-run-off.md from the rows of `run_off.py`: cover per lag, and the year.

Intervals are bootstrapped over worlds, which are drawn independently; months of a world are not.
"""

from datetime import date

import numpy as np
import polars as pl

TARGETS = {"in_80": (0.78, 0.84), "in_95": (0.93, 0.97)}
RESAMPLES = 2000
YEAR_LIMIT = 0.015
LISTED_YEARS = 12
LAG_BANDS = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 9), (10, 12))
SHOWN = (("series", "delivered"), ("series", "imputed"), ("uitvoerder", "all"))
TITLES = {
    ("series", "delivered"): "Delivered months of a series",
    ("series", "imputed"): "Months imputed for a series that fell silent",
    ("uitvoerder", "all"): "Months of an uitvoerder, all its series together",
}
WHAT = (
    "Profile `simulated` is that of the simulated deliveries, `real` the share settled after 0 to 36 months of French",
    "claims (Open DAMIR, Licence Ouverte, payments processed in January 2025: 58, 87, 94, 96, 97 %). Kinds:",
    "",
    "- `usual`: of the method's own form;",
    "- `held back`: one uitvoerder keeps back 10 to 100 % of what is new in the last delivery;",
    "- `slower for good`: 20 to 50 % of lag 0 comes a month later, since one to six deliveries;",
    "- `catch-up batches`: every uitvoerder now and then keeps back 20 to 80 % and makes it good at the next;",
    "- `increasing lag`: the odds of the share known fall by 2 % a delivery for a year;",
    "- `provider speeds`: each series is five providers of different speed whose sizes wander.",
    "",
    "A tenth of the series falls silent for one to four months.",
)


def bootstrap_share(inside: np.ndarray, months: np.ndarray) -> tuple[float, float]:
    """95 % interval of Σ inside ÷ Σ months, both per world."""
    rng = np.random.default_rng(0)
    picked = rng.integers(0, len(months), (RESAMPLES, len(months)))
    total = months[picked].sum(axis=1)
    shares = inside[picked].sum(axis=1) / np.maximum(total, 1)
    low, high = np.quantile(shares, [0.025, 0.975])
    return float(low), float(high)


def render_cover(cover: pl.DataFrame, grain: str, month: str) -> tuple[list[str], int, int]:
    """A table of kind × profile by lag with both shares, how many of its cells are judged, and how many fail.

    A cell fails when its interval lies wholly outside the target; it is marked.
    """
    bands = [band for band in LAG_BANDS if month != "imputed" or band[1] <= 4]
    head = " | ".join(f"{low}" if low == high else f"{low}–{high}" for low, high in bands)
    lines = [f"| run-off | profile | {head} |", "|---|---|" + "---|" * len(bands)]
    judged = failed = 0
    mine = cover.filter(grain=grain, month=month)
    for (kind, profile), of_kind in mine.group_by("kind", "profile", maintain_order=True):
        cells = []
        for low, high in bands:
            of_lag = of_kind.filter(pl.col("lag_months").is_between(low, high))
            worlds = of_lag.group_by("seed").agg(pl.col("months", "in_80", "in_95").sum())
            if worlds.is_empty():
                cells.append("–")
                continue
            texts = []
            for name, (least, most) in TARGETS.items():
                share = float(worlds[name].sum()) / float(worlds["months"].sum())
                below, above = bootstrap_share(worlds[name].to_numpy(), worlds["months"].to_numpy())
                fails = above < least or below > most
                judged, failed = judged + 1, failed + fails
                texts.append(f"**{100 * share:.0f}**" if fails else f"{100 * share:.0f}")
            cells.append(" / ".join(texts))
        lines.append(f"| {kind} | {profile} | {' | '.join(cells)} |")
    return lines, judged, failed


def render_years(years: pl.DataFrame) -> list[str]:
    """Mean absolute error of the year per kind and profile: nation, uitvoerders hit and not, ours and the rival."""
    off = years.with_columns(
        (pl.col("said") / pl.col("realised") - 1).alias("error"),
        (pl.col("rival") / pl.col("realised") - 1).alias("rival_error"),
    )
    lines = [
        "| run-off | profile | worlds | nation | by last year's share | uitvoerder hit | by last year's share | "
        "its worst month | other uitvoerders |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (kind, profile), rows in off.group_by("kind", "profile", maintain_order=True):
        nation = rows.filter(who="nation")
        hit = rows.filter(pl.col("who") != "nation", pl.col("is_hit"))
        others = rows.filter(pl.col("who") != "nation", ~pl.col("is_hit"))
        mean, rival = _mean(nation, "error"), _mean(nation, "rival_error")
        of_hit = [_mean(hit, "error"), _mean(hit, "rival_error"), _mean(hit, "worst_month_ratio")]
        lines.append(
            f"| {kind} | {profile} | {nation.height} | {mean} | {rival} | {' | '.join(of_hit)} | "
            f"{_mean(others, 'error')} |"
        )
    return lines


def _mean(rows: pl.DataFrame, name: str) -> str:
    return f"{float(np.mean(np.abs(rows[name].to_numpy()))):.2%}" if rows.height else "–"


def list_worst(years: pl.DataFrame) -> list[str]:
    """The single years of a nation furthest off, and how many are off by more than the limit."""
    nation = years.filter(who="nation").with_columns((pl.col("said") / pl.col("realised") - 1).alias("error"))
    beyond = nation.filter(pl.col("error").abs() > YEAR_LIMIT).height
    worst = nation.sort(pl.col("error").abs(), descending=True).head(LISTED_YEARS)
    lines = [f"{beyond} of {nation.height} years are off by more than {YEAR_LIMIT:.1%}. The furthest:", ""]
    lines += ["| run-off | profile | seed | error |", "|---|---|---|---|"]
    lines += [
        f"| {row['kind']} | {row['profile']} | {row['seed']} | {row['error']:+.2%} |"
        for row in worst.iter_rows(named=True)
    ]
    return lines


def render_page(cover: pl.DataFrame, years: pl.DataFrame, today: date) -> str:
    """The whole page."""
    worlds = years.select("kind", "profile", "seed").n_unique()
    page = [
        "# Evidence: run-off of another form",
        "",
        f"Written by `python -m scripts.evidence.run_off` on {today}; {worlds:,} worlds in memory, three uitvoerders",
        "of seven series each, advice of May, August or November. Rows: `docs/reference/evidence/run_off_*.csv`.",
        "",
        *WHAT,
        "",
        "## Inside their bounds: 80 % / 95 %, by lag in months",
        "",
        "Wanted: 78 to 84 and 93 to 97. **Bold**: the 95 % interval over worlds lies wholly outside.",
    ]
    for grain, month in SHOWN:
        lines, judged, failed = render_cover(cover, grain, month)
        title = TITLES[grain, month]
        page += ["", f"### {title}", "", f"{failed} of {judged} figures lie outside.", "", *lines]
    unseen = cover.filter(month="silent, not seen")
    if unseen.height:
        count, inside = int(unseen["months"].sum()), int(unseen["in_95"].sum())
        page += [
            "",
            f"Not counted above: {count} months of series whose youngest month alone was silent, with less than half",
            f"of it is known elsewhere. Not seen as silent; {inside / count:.0%} lie inside their 95 % bounds.",
        ]
    page += [
        "",
        "## The year: mean absolute error of the last twelve care months",
        "",
        "By last year's share: what is declared ÷ the share of the twelve months before that was declared at the",
        "delivery of a year ago. `hit`: the uitvoerders whose last delivery is late or slower.",
        "",
        *render_years(years),
        "",
        *list_worst(years),
        "",
    ]
    return "\n".join(page)
