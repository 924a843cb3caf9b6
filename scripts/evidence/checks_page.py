"""The page of evidence of the checks, from the rows in docs/reference/evidence alone: the same rows, the same page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from expectations.catalogue import RULES
from scripts.evidence.planted_defects import BASIS
from simulation.defects import DEFECTS

EURO_GOAL_RATIO = 0.05
NAMED_GOAL_RATIO = 0.98
SHARE_GOAL_RATIO = 0.005
MONTH_GOAL = 40
READING_DEFECTS = (
    "The place is that in the alert of the month: blocks first, then by euro; rules that tie share a place. Claims are",
    "judged by the rules on deliveries and, unless refused, by those of the stages lag and monitor. Said ÷ planted is",
    "the euro at stake that the rule named over that of the truth. Below: under the threshold of the rule.",
)
READING_CLEAN = (
    "Twelve months of deliveries without a planted defect, every kind that is due, with the stages lag (from February",
    "on), monitor and prices. Volumes and prices are those of scenario completed, in January those of letter; flags",
    "are those of base with the engine of the letter. Warnings count; findings of severity info are told apart. True:",
    "series that the world has late, stopped or agreed in hours on purpose, as the letter has them; rules are right to",
    "name these.",
)
RULE_HEADS = (
    *("rule", "", "kind", "severity", "scale", "a finding is one of", "judged"),
    *("findings", "of which true", "share", "most in a month"),
)
SIZES = ("small", "medium", "large")
SCALE_KEY = ["check_id", "kind", "unit", "severity"]
TITLES = {rule.check_id: rule.title for rule in RULES}


def write_page(page: Path, files: Mapping[str, Path], year: int) -> None:
    """The page of what the checks find in a budget year, and what they say of deliveries without a fault."""
    defects, rules, months = (
        pl.read_csv(files[name], infer_schema_length=None) for name in ("defects", "clean_rules", "clean_months")
    )
    lines = [
        f"# Evidence: what the checks find, {year}",
        "",
        f"Written by `make evidence` from the rows in `evidence/{files['defects'].name}` and the files beside it.",
        "Deliveries are simulated: this shows what the checks do in worlds of known truth, not how often real",
        "deliveries are wrong.",
        "",
        *_render_goals(defects, rules, months),
        *_render_defects(defects),
        *_render_months(months),
        *_render_rules(rules),
    ]
    page.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _must(defects: pl.DataFrame) -> pl.DataFrame:
    """Plantings above the threshold of their rule."""
    return defects.filter(pl.col("below_threshold").is_null())


def _render_goals(defects: pl.DataFrame, rules: pl.DataFrame, months: pl.DataFrame) -> list[str]:
    must = _must(defects)
    named, first = int(must["is_named"].sum()), int((must["place"] == 1).sum())
    is_near = ((pl.col("euro_ratio") - 1).abs() <= EURO_GOAL_RATIO).fill_null(False)
    measured = must.filter("is_named").with_columns(is_near.alias("is_near"))
    same, other = (measured.filter(pl.col("defect").is_in(list(BASIS)) == is_other) for is_other in (False, True))
    near, near_other = int(same["is_near"].sum()), int(other["is_near"].sum())
    letter = months.filter(scale="letter")
    worst = _largest(letter["warn_findings"])
    own = letter["warn_findings"] - letter["warn_true_findings"]
    above = _shares(rules.filter(scale="letter")).filter(
        pl.col("share") > SHARE_GOAL_RATIO, pl.col("severity") != "info"
    )
    blocks, broken = int(months["is_blocking"].sum()), int(months["is_broken"].sum())
    return [
        "| goal | found | met |",
        "|---|---|---|",
        f"| planted above the threshold and named by its rule, ≥ {NAMED_GOAL_RATIO:.0%} | "
        f"{named} of {must.height} ({named / must.height:.1%}) | {_met(named >= NAMED_GOAL_RATIO * must.height)} |",
        f"| its rule first in the alert, ≥ {NAMED_GOAL_RATIO:.0%} | {first} of {must.height} "
        f"({first / must.height:.1%}) | {_met(first >= NAMED_GOAL_RATIO * must.height)} |",
        f"| euro within {EURO_GOAL_RATIO:.0%} of the truth, where both count the same | "
        f"{near} of {same.height} | {_met(near == same.height)} |",
        f"| the same where the rule estimates, or counts another thing (see the table) | "
        f"{near_other} of {other.height} | |",
        f"| clean deliveries refused, {months.height} months | {blocks}, {broken} checks broken | "
        f"{_met(blocks + broken == 0)} |",
        f"| findings of a clean month at letter scale, ≤ {MONTH_GOAL} | at most {worst}, "
        f"{_largest(own)} without those true of the world | {_met(worst <= MONTH_GOAL)} |",
        f"| warnings on more than {SHARE_GOAL_RATIO:.1%} of what a rule judges, letter scale | "
        f"{', '.join(above['check_id']) or 'none'} | {_met(above.is_empty())} |",
        "",
    ]


def _largest(counts: pl.Series) -> int:
    return max(counts.to_list(), default=0)


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _render_defects(defects: pl.DataFrame) -> list[str]:
    seeds, worlds = defects["seed"].n_unique(), defects["scale"].unique().sort()
    lines = [
        "## Planted defects",
        "",
        f"Each of {len(DEFECTS)} defects at three sizes in the last deliveries, {' and '.join(worlds)} scale, "
        f"{seeds} seed{'s' if seeds > 1 else ''}, beside the same world without it.",
        "",
        *READING_DEFECTS,
        "",
        "| defect | rule | small | medium | large | said ÷ planted | before or beside it | euro of the rule |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in DEFECTS:
        mine = defects.filter(defect=name)
        if mine.is_empty():
            continue
        by_size = [_places(mine.filter(size=size)) for size in SIZES]
        beside = sorted({word for also in mine["also"].drop_nulls() for word in also.split()})
        lines.append(
            f"| `{name}` | {mine['check_id'][0]} | {' | '.join(by_size)} | {_ratios(mine)} | "
            f"{', '.join(beside)} | {BASIS.get(name, 'as the truth')} |"
        )
    late = _must(defects).filter(pl.col("place") != 1).sort("defect", "size")
    silent = _must(defects).filter(~pl.col("is_named")).sort("defect", "size")
    below = defects.filter(pl.col("below_threshold").is_not_null()).sort("defect", "size")
    lines += ["", "`!` is a block: it would refuse the delivery.", ""]
    lines += _list(silent, "Not named, though above the threshold", lambda row: f"{_euro(row['planted_eur'])} planted")
    lines += _list(late, "Named, and not first", lambda row: f"place {row['place']}, with {row['also']}")
    lines += _list(below, "Below the threshold", lambda row: f"{row['below_threshold']}; {_euro(row['planted_eur'])}")
    return lines


def _list(rows: pl.DataFrame, title: str, say: Any) -> list[str]:
    if rows.is_empty():
        return []
    told = [
        f"- `{row['defect']}`, {row['size']}, {row['scale']} seed {row['seed']} ({row['check_id']}): {say(row)}"
        for row in rows.iter_rows(named=True)
    ]
    return [f"{title}:", "", *told, ""]


def _places(rows: pl.DataFrame) -> str:
    """Places over the seeds, as words."""
    words = []
    for row in rows.sort("scale", "seed").iter_rows(named=True):
        word = "first" if row["place"] == 1 else f"place {row['place']}" if row["is_named"] else "not named"
        words.append(f"{word} (below)" if row["below_threshold"] else word)
    return ", ".join(dict.fromkeys(words))


def _ratios(rows: pl.DataFrame) -> str:
    known = rows["euro_ratio"].drop_nulls()
    if known.is_empty():
        return "–"
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
    return f"{low:.2f}" if round(low, 2) == round(high, 2) else f"{low:.2f} … {high:.2f}"


def _euro(amount: float) -> str:
    return f"€ {amount / 1e6:,.1f} mln" if amount >= 1e6 else f"€ {amount:,.0f}"


def _render_months(months: pl.DataFrame) -> list[str]:
    lines = [
        "## Clean deliveries: findings a month",
        "",
        *READING_CLEAN,
        "",
        "| scale | seeds | months | blocks | warnings: mean | at most | of which true: mean | info: mean |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for scale in ("letter", "small"):
        mine = months.filter(scale=scale)
        if mine.is_empty():
            continue
        mean = {name: float(mine[name].mean()) for name in ("warn_findings", "warn_true_findings", "info_findings")}  # type: ignore[arg-type]
        lines.append(
            f"| {scale} | {mine['seed'].n_unique()} | {mine.height} | {mine['is_blocking'].sum()} | "
            f"{mean['warn_findings']:.1f} | {_largest(mine['warn_findings'])} | {mean['warn_true_findings']:.1f} | "
            f"{mean['info_findings']:.1f} |"
        )
    own = (pl.col("warn_findings") - pl.col("warn_true_findings")).alias("own")
    per_month = months.filter(scale="letter").with_columns(own).group_by("delivery_month")
    named = per_month.agg(pl.col("own").mean().alias("mean"), pl.col("own").max().alias("most")).sort("delivery_month")
    lines += [
        "",
        "Letter scale per delivery month, warnings that are not true of the world:",
        "",
        "| delivery month | mean over the seeds | at most |",
        "|---|---|---|",
        *(f"| {month} | {mean:.1f} | {most} |" for month, mean, most in named.iter_rows()),
    ]
    return [*lines, ""]


def _shares(rules: pl.DataFrame) -> pl.DataFrame:
    """Findings of each rule over what it judged, those true of the world left out."""
    summed = rules.group_by("scale", *SCALE_KEY).agg(
        pl.col("results", "findings", "true_findings", "judged").sum(), pl.col("most_in_a_month").max()
    )
    own = pl.col("findings") - pl.col("true_findings")
    return summed.with_columns((own / pl.col("judged")).alias("share")).sort("scale", "check_id", "kind")


def _render_rules(rules: pl.DataFrame) -> list[str]:
    lines = [
        "## Clean deliveries: findings per rule",
        "",
        "The share is of findings that are not true of the world, over what the rule judged in all months and seeds.",
        f"In bold: warnings above {SHARE_GOAL_RATIO:.1%}. Rules without a finding at either scale are counted below.",
        "",
        f"| {' | '.join(RULE_HEADS)} |",
        f"{'|---' * len(RULE_HEADS)}|",
    ]
    shares = _shares(rules)
    told = shares.filter(pl.col("findings") > 0)
    for row in told.iter_rows(named=True):
        share = f"{row['share']:.2%}"
        is_above = row["share"] > SHARE_GOAL_RATIO and row["severity"] != "info"
        lines.append(
            f"| {row['check_id']} | {TITLES.get(row['check_id'], '')} | {row['kind']} | {row['severity']} | "
            f"{row['scale']} | {row['unit']} | {row['judged']:,} | {row['findings']:,} | {row['true_findings']:,} | "
            f"{f'**{share}**' if is_above else share} | {row['most_in_a_month']:,} |"
        )
    silent = sorted(set(shares["check_id"]) - set(told["check_id"]))
    return [*lines, "", f"No finding on any clean delivery: {', '.join(silent)} ({len(silent)} rules).", ""]
