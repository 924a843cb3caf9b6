"""The kader beside the one before it: moved or fallen without a transfer (K03), risen (K04); transfers after it (K05).

Whether it adds up is K01 (``budgets.py``), whether it is whole D11 (``whole.py``).
"""

from collections import defaultdict
from datetime import date

import polars as pl

from expectations.judging.delivery_view import BudgetView, code_of_region
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED, USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule
from wlz.utilisation.possible_transfers import transfer_value

PARTS = {"zin": "zin_budget_eur", "pgb": "pgb_budget_eur"}
_PLACE = ["budget_year", "zorgkantoorregio"]
NAMED_REGIONS = 5  # of a kader that rose everywhere


def measure_moved(view: BudgetView) -> pl.DataFrame:
    """Regions whose kader changed and no transfer says why, in years and parts that fell or were moved as a whole.

    Per budget year that both tell: the kader of now less that of before less the transfers booked in between (what
    arrives in the other part after brutering). A part fell when that adds up to less than 0 over the nation, and was
    moved when what regions lost is more than what the nation gained. Differences of up to ``kader_change_minimum_eur``
    are passed over. The euro is what no transfer explains.
    """
    changes = _unexplained(view)
    is_wrong = (pl.col("gained") < 0) | (pl.col("lost") > pl.col("gained"))
    wording = pl.when(pl.col("gained") < 0).then(pl.lit("fallen")).otherwise(pl.lit("moved"))
    return _findings(view, changes.filter(is_wrong).with_columns(wording=wording))


def measure_risen(view: BudgetView) -> pl.DataFrame:
    """Years and parts of the kader that rose, released or indexed: per region what no transfer explains.

    Measured as K03 does; one finding per year and part, its euro is what the nation gained, ``rise_ratio`` that over
    the kader of before.
    """
    changes = _unexplained(view)
    risen = changes.filter(pl.col("gained") >= 0, pl.col("lost") <= pl.col("gained"))
    if risen.is_empty():
        return keep_largest(pl.DataFrame())
    region = pl.struct(region="zorgkantoorregio", euro="change_eur")
    found = (
        risen.sort("change_eur", descending=True)
        .group_by("budget_year", "part", maintain_order=True)
        .agg(
            one_each().first(),
            pl.col("gained").first().alias("at_stake_eur"),
            (pl.col("gained") / pl.col("nation_before")).first().alias("rise_ratio"),
            region.head(NAMED_REGIONS).alias("regions"),
            (pl.len().cast(pl.Int64) - NAMED_REGIONS).alias("others"),
        )
    )
    is_long = pl.col("others") > 0
    wording = pl.when(is_long).then(pl.lit("many")).otherwise(pl.lit("found")).alias("wording")
    return keep_largest(found.with_columns(wording))


def measure_later_transfers(view: BudgetView) -> pl.DataFrame:
    """Transfers booked after the newest known stand of the kader: it does not hold them yet. The euro is theirs."""
    if view.kader is None:
        return keep_largest(pl.DataFrame())
    stands = _stands(view, view.kader).select("budget_year", "zorgkantoorregio", "stand_date")
    regions = view.crosswalk.sort("valid_from").unique("zorgkantoor_code", keep="last")
    placed = view.used_rows.join(
        regions.select(from_zorgkantoor_code="zorgkantoor_code", zorgkantoorregio="zorgkantoorregio"),
        on="from_zorgkantoor_code",
    ).join(stands, on=_PLACE)
    later = placed.filter(pl.col("transfer_date") > pl.col("stand_date"))
    found = later.group_by("budget_year", pl.col("from_zorgkantoor_code").alias("zorgkantoor_code")).agg(
        one_each().first(),
        pl.col("amount_eur").cast(pl.Float64).sum().alias("at_stake_eur"),
        pl.len().cast(pl.Int64).alias("transfers_count"),
        pl.col("stand_date").first(),
    )
    return keep_largest(found)


def _findings(view: BudgetView, changes: pl.DataFrame) -> pl.DataFrame:
    if changes.is_empty():
        return keep_largest(pl.DataFrame())
    placed = changes.join(code_of_region(view.crosswalk), on="zorgkantoorregio", how="left").join(
        view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio", how="left"
    )
    euro = pl.col("change_eur").abs().alias("at_stake_eur")
    figures = ("budget_year", "part", "before_eur", "now_eur", "booked_eur", "change_eur", "gained", "lost")
    return keep_largest(
        placed.select("wlz_uitvoerder", "zorgkantoor_code", one_each(), euro, "wording", "zorgkantoorregio", *figures)
    )


def _unexplained(view: BudgetView) -> pl.DataFrame:
    """Changes that no transfer explains, per year, region and part, with what the nation gained and regions lost."""
    schema = {
        "budget_year": pl.Int32,
        "zorgkantoorregio": pl.String,
        "part": pl.String,
        **dict.fromkeys(("before_eur", "now_eur", "booked_eur"), pl.Float64),
    }
    found = {
        **schema,
        **dict.fromkeys(("change_eur", "gained", "lost", "nation_before"), pl.Float64),
    }
    if view.before is None or view.before.is_empty():
        return pl.DataFrame(schema=found)
    now, before = (_stands(view, rows) for rows in (view.used_rows, view.before))
    both = now.join(before, on=_PLACE, suffix="_before")
    booked = _booked(view, both)
    rows = [
        (row["budget_year"], row["zorgkantoorregio"], part, float(row[f"{column}_before"]), float(row[column]),
         booked[row["budget_year"], row["zorgkantoorregio"], part])
        for row in both.iter_rows(named=True)
        for part, column in PARTS.items()
    ]  # fmt: skip
    told = pl.DataFrame(rows, schema=schema, orient="row")
    of_part = ["budget_year", "part"]
    told = told.with_columns(pl.col("before_eur").sum().over(of_part).alias("nation_before"))
    change = pl.col("now_eur") - pl.col("before_eur") - pl.col("booked_eur")
    minimum = view.assumptions["kader_change_minimum_eur"]
    changed = told.with_columns(change.alias("change_eur")).filter(pl.col("change_eur").abs() > minimum)
    return changed.with_columns(
        pl.col("change_eur").sum().over(of_part).alias("gained"),
        (-pl.col("change_eur").clip(upper_bound=0.0)).sum().over(of_part).alias("lost"),
    ).select(*found)


def _stands(view: BudgetView, rows: pl.DataFrame) -> pl.DataFrame:
    """The newest stand per budget year and region; codes that closed count in their region."""
    regions = view.crosswalk.sort("valid_from").unique("zorgkantoor_code", keep="last")
    latest = rows.sort("stand_date").unique(["zorgkantoor_code", "budget_year"], keep="last", maintain_order=True)
    placed = latest.join(regions.select("zorgkantoor_code", "zorgkantoorregio"), on="zorgkantoor_code")
    return placed.group_by(_PLACE).agg(pl.col("stand_date").max(), pl.col(*PARTS.values()).sum()).sort(_PLACE)


def _booked(view: BudgetView, both: pl.DataFrame) -> defaultdict[tuple[int, str, str], float]:
    """What transfers between the two stands of a region did to each part of its kader."""
    found: defaultdict[tuple[int, str, str], float] = defaultdict(float)
    if view.transfers is None:
        return found
    dates = {
        (year, region): (first, last)
        for year, region, first, last in both.select(*_PLACE, "stand_date_before", "stand_date").iter_rows()
    }
    region_of = dict(view.crosswalk.sort("valid_from").select("zorgkantoor_code", "zorgkantoorregio").iter_rows())
    factor = view.assumptions["brutering_factor"]
    for row in view.transfers.iter_rows(named=True):
        worth = transfer_value(row["amount_eur"], row["from_part"], row["to_part"], factor)
        for side, change in (("from", -row["amount_eur"]), ("to", worth)):
            place = row["budget_year"], region_of.get(row[f"{side}_zorgkantoor_code"], "")
            first, last = dates.get(place, (date.max, date.min))
            if first < row["transfer_date"] <= last:
                found[*place, row[f"{side}_part"]] += float(change)
    return found


RULES = (
    Rule(
        check_id="K03",
        title="kader moved or fell without a transfer",
        why="What no transfer books between two stands shifts a shortage from one region to another, or makes one.",
        kinds=("kader",),
        severity="block",
        metrics=measure_moved,
        expectation=NO_FINDINGS,
        expected="per part the kader of the stand before, with the transfers in between, or more for the nation",
        cause="a row that was cut off, two zorgkantoren exchanged, a mistyped amount, or transfers not delivered",
        action=REFUSED,
        next_step="compare with the beleidsregel; deliver the transfers in between, or the kader again; accept the "
        "check when the kader was really lowered",
    ),
    Rule(
        check_id="K04",
        title="kader rose",
        why="A release or an indexation raises the kader; a mistyped amount does too.",
        kinds=("kader",),
        severity="warn",
        metrics=measure_risen,
        expectation=NO_FINDINGS,
        expected="the kader of the stand before, with the transfers in between; above kader_rise_block_ratio of it a "
        "rise is refused",
        cause="herverdelingsmiddelen that were released, or an indexation",
        action=f"{USED}; the new stand counts",
        next_step="compare the rise per region with the kaderbrief; accept the check when a large one is right",
        escalation=Escalation("rise_ratio", "kader_rise_block_ratio"),
    ),
    Rule(
        check_id="K05",
        title="transfers after the kader",
        why="The kader that counts is its newest stand: a transfer after it is room here and a shortage there.",
        kinds=("overhevelingen",),
        severity="warn",
        metrics=measure_later_transfers,
        expectation=NO_FINDINGS,
        expected="a stand of the kader that holds every transfer delivered",
        cause="a kader that was not delivered since",
        action=f"{USED}; the kader counts as its newest stand says, without these transfers",
        next_step="ask for the kader with these transfers in it",
    ),
)
