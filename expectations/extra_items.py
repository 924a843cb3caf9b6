"""Rules on extra items: na-ijl as delivered (L09) and whose it is (D02-name, L09-name), items (X01 to X03).

``RULES`` judge deliveries, ``TABLE_RULES`` the extra items of the scenario that rules judge.
"""

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, BudgetView, holds_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule, TableView
from warehouse.tables.deliveries import KINDS
from wlz.known.declared_items import MEERZORG
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.uitvoerders import closest_name, match_uitvoerders, name_uitvoerders

NAMED_KINDS = tuple(kind for kind, table in KINDS.items() if "wlz_uitvoerder" in table.column_names)
NOBODY, LIKE, TWICE = "nobody", "nobody like", "twice"
ABSENT, MOVED, OTHERS, LATER = "absent", "moved", "others", "later"


def measure_na_ijl(view: BudgetView) -> pl.DataFrame:
    """Uitvoerders whose late claims of a year lie further from 0 than ``na_ijl_warn_percent``; below 0 is allowed.

    The euro is the percentage of the zin kader of the uitvoerder's zorgkantoren, empty where no kader is known.
    ``distance_percent`` is the percentage without its sign, as printed (0.10 is 0.10 %).
    """
    kader = _kader_of_uitvoerders(view)
    meant = match_uitvoerders(view.rows, _names(view))
    far = meant.with_columns(pl.col("lag_percentage").abs().alias("distance_percent")).filter(
        pl.col("distance_percent") > view.assumptions["na_ijl_warn_percent"]
    )
    found = far.join(kader, on="wlz_uitvoerder", how="left").sort("reference_year", "delivered_name")
    columns = (
        pl.coalesce("wlz_uitvoerder", "delivered_name").alias("wlz_uitvoerder"),
        one_each(),
        (pl.col("distance_percent") / 100 * pl.col("kader_eur")).alias("at_stake_eur"),
        "reference_year",
        pl.col("lag_percentage").round(4),
        "distance_percent",
    )
    return keep_largest(found.select(columns))


def measure_moved_na_ijl(view: BudgetView) -> pl.DataFrame:
    """Uitvoerders whose percentage moved by more than ``na_ijl_change_percent`` since the delivery before, or is gone.

    Of the newest year of each that runs a region; where one did, what the others moved is one finding more, for a
    column that is wrong is wrong for all. The euro is the percent of the zin kader that differs, and as much beside as
    a right percentage might have moved the other way: ``na_ijl_change_percent``, or all of a smaller one; of an
    uitvoerder that had none before ``na_ijl_warn_percent``. A delivery with later years alone than the one this year's
    advice takes is told first: nothing of it counts. Its euro is each percentage with ``na_ijl_change_percent``.
    """
    if view.used_rows.height and int(view.rows["reference_year"].min()) > _year_taken(view):  # type: ignore[arg-type]
        return keep_largest(_of_later_years(view))
    if view.before is None or view.before.is_empty():
        return keep_largest(pl.DataFrame())
    told, earlier = (_newest_na_ijl(view, rows) for rows in (view.rows, view.before))
    pair = earlier.join(told, on="wlz_uitvoerder", how="full", suffix="_now", coalesce=True)
    running = view.regions.select("wlz_uitvoerder").unique()
    limit, most = (view.assumptions[name] for name in ("na_ijl_change_percent", "na_ijl_warn_percent"))
    before, now = pl.col("lag_percentage"), pl.col("lag_percentage_now")
    change = (now.fill_null(0.0) - before.fill_null(0.0)).abs()
    usual = pl.min_horizontal(pl.lit(limit), pl.max_horizontal(before.abs(), now.abs()))
    beside = pl.when(before.is_null()).then(pl.lit(most)).otherwise(usual)
    is_far = before.is_not_null() & (change > limit)
    wording = pl.when(now.is_null()).then(pl.lit(ABSENT)).when(is_far).then(pl.lit(MOVED)).otherwise(pl.lit(OTHERS))
    moved = (
        pair.join(running, on="wlz_uitvoerder", how="semi")
        .join(_kader_of_uitvoerders(view), on="wlz_uitvoerder", how="left")
        .filter((change > 0) | now.is_null())
        .select(
            "wlz_uitvoerder",
            one_each(),
            ((change + beside) / 100 * pl.col("kader_eur")).alias("at_stake_eur"),
            wording.alias("wording"),
            before.round(4).alias("before"),
            now.round(4).alias("now"),
        )
    )
    found, others = moved.filter(pl.col("wording") != OTHERS), moved.filter(wording=OTHERS)
    if found.is_empty() or others.is_empty():
        return keep_largest(found)
    summed = others.select(
        one_each().first(),
        pl.col("at_stake_eur").sum(),
        pl.lit(OTHERS).alias("wording"),
        pl.len().cast(pl.Int64).alias("others_count"),
    )
    return keep_largest(pl.concat([found, summed], how="diagonal"))


def _year_taken(view: BudgetView) -> int:
    return view.delivery_month.year - LAG_REFERENCE_YEARS_BACK


def _of_later_years(view: BudgetView) -> pl.DataFrame:
    """Percentages of years that no advice of this year takes, one finding each."""
    percent = pl.col("lag_percentage").abs() + view.assumptions["na_ijl_change_percent"]
    return (
        match_uitvoerders(view.rows, _names(view))
        .join(_kader_of_uitvoerders(view), on="wlz_uitvoerder", how="left")
        .select(
            pl.coalesce("wlz_uitvoerder", "delivered_name").alias("wlz_uitvoerder"),
            one_each(),
            (percent / 100 * pl.col("kader_eur")).alias("at_stake_eur"),
            pl.lit(LATER).alias("wording"),
            "reference_year",
            pl.lit(_year_taken(view)).alias("year_taken"),
        )
    )


def _newest_na_ijl(view: BudgetView, rows: pl.DataFrame) -> pl.DataFrame:
    """The percentage of the newest year of every uitvoerder that is meant."""
    meant = match_uitvoerders(rows, _names(view)).filter(pl.col("wlz_uitvoerder").is_not_null())
    newest = meant.sort("reference_year").unique("wlz_uitvoerder", keep="last", maintain_order=True)
    return newest.select("wlz_uitvoerder", "lag_percentage")


def measure_names(view: BudgetView) -> pl.DataFrame:
    """Names of uitvoerders that mean nobody in the delivery month, and second rows of one uitvoerder and year.

    A name is that of an uitvoerder on that day, an alias of it, or the code of one of its zorgkantoren. Per name, its
    latest year. The euro is the percentage of the zin kader: of the uitvoerder, of the nation where nobody is meant
    (so at most that); empty where no kader is known.
    """
    matched = match_uitvoerders(view.rows, _names(view), ["reference_year"])
    latest = matched.sort("delivered_name", "reference_year").unique("delivered_name", keep="last", maintain_order=True)
    kader = _kader_of_uitvoerders(view)
    nation = pl.lit(kader["kader_eur"].sum() if kader.height else None, dtype=pl.Float64)
    base = pl.when(pl.col("wlz_uitvoerder").is_null()).then(nation).otherwise("kader_eur").alias("expected_eur")
    placed = latest.join(kader, on="wlz_uitvoerder", how="left", maintain_order="left").with_columns(base)
    return _list_unused(placed, _names(view))


def measure_used_names(view: TableView) -> pl.DataFrame:
    """Delivered na-ijl that counts for nobody in this advice: its name means no uitvoerder that runs a region now.

    In: ``value_na_ijl``. The uitvoerders are those of the day the advice is placed on, which may be another than the
    day of the delivery. The euro is the percentage of the expected revenue: of the uitvoerder, of the nation where
    nobody is meant (so at most that). Also second rows of one uitvoerder and year, of which the nearest counts.
    """
    return _list_unused(view.frame, None)


def _list_unused(matched: pl.DataFrame, names: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of ``match_uitvoerders`` that count for nobody, with ``expected_eur``, as findings under the name."""
    unused = matched.filter(~pl.col("is_used"))
    written = unused["delivered_name"].to_list()
    like = [None if names is None else closest_name(name, names) for name in written]
    closest = pl.coalesce("wlz_uitvoerder", pl.Series(like, dtype=pl.String)).alias("closest")
    twice, has_like = pl.col("wlz_uitvoerder").is_not_null(), pl.Series(like, dtype=pl.String).is_not_null()
    wording = pl.when(twice).then(pl.lit(TWICE)).when(has_like).then(pl.lit(LIKE)).otherwise(pl.lit(NOBODY))
    at_stake = pl.col("lag_percentage").abs() / 100 * pl.col("expected_eur")
    found = unused.select(
        pl.col("delivered_name").alias("wlz_uitvoerder"),
        one_each(),
        at_stake.alias("at_stake_eur"),
        "reference_year",
        pl.col("lag_percentage").round(4),
        closest,
        wording.alias("wording"),
    )
    return keep_largest(found)


def _names(view: BudgetView) -> pl.DataFrame:
    if view.names is not None:
        return view.names
    none = view.crosswalk.clear().select(
        "valid_from", "valid_to", wlz_uitvoerder="zorgkantoorregio", alias="zorgkantoorregio"
    )
    return name_uitvoerders(view.regions, none, view.crosswalk, view.delivery_month)


def _kader_of_uitvoerders(view: BudgetView) -> pl.DataFrame:
    """Zin kader per wlz_uitvoerder, of the codes that hold in the delivery month; no rows when no kader is known."""
    known = pl.DataFrame(
        list((view.kader_by_code or {}).items()),
        schema={"zorgkantoor_code": pl.String, "kader_eur": pl.Float64},
        orient="row",
    )
    return (
        view.crosswalk.select(CROSSWALK_COLUMNS)
        .filter(holds_on(pl.lit(view.delivery_month)))
        .join(view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
        .join(known, on="zorgkantoor_code")
        .group_by("wlz_uitvoerder")
        .agg(pl.col("kader_eur").sum())
    )


def measure_carried_items(view: TableView) -> pl.DataFrame:
    """Items that rest on the ratio of an earlier year because nothing of the year before came, per uitvoerder.

    The euro is the item without its sign.
    """
    carried = view.frame.filter(pl.col("item_method").is_in(["carried_forward", "older_delivered"]))
    summed = _sum_items(carried).with_columns(
        pl.concat_str(pl.lit("found"), "item_method", separator=" ").alias("wording"),
        pl.col("item_eur").abs().alias("at_stake_eur"),
    )
    return keep_largest(summed.drop("item_method", "claims_eur"))


def measure_left_out_items(view: TableView) -> pl.DataFrame:
    """Items of which nothing is known, so that they are empty, or rest on claims alone; per uitvoerder.

    The euro is that of its claims in the expectation; empty for late claims, of which no claim tells the size.
    """
    unknown = view.frame.filter(pl.col("item_method").is_in(["left_out", "from_claims"]))
    summed = _sum_items(unknown).with_columns(
        pl.concat_str(pl.lit("found"), "item_method", separator=" ").alias("wording"),
        pl.col("claims_eur").alias("at_stake_eur"),
    )
    return keep_largest(summed.select("wlz_uitvoerder", "findings_count", "at_stake_eur", "item", "wording"))


def measure_items_below_claims(view: TableView) -> pl.DataFrame:
    """Crisis beds below zero, and meerzorg below the claims in the expectation by more than ``new_period_warn_ratio``.

    Per uitvoerder, from ``series_warning_minimum_eur``. More is settled than claimed: empty beds are paid, and meerzorg
    is settled above its claims. The euro is what the item lies below its claims.
    """
    judged = view.frame.filter(pl.col("item_method").is_in(["grown", "carried_forward", "none_settled"]))
    claims = pl.when(item=MEERZORG).then(pl.col("claims_eur").fill_null(0.0)).otherwise(0.0)
    usual = claims * view.assumptions["new_period_warn_ratio"]  # claims of a year may run that far ahead of the last
    summed = (
        _sum_items(judged.with_columns(item_method=pl.lit(""), ratio_year=pl.lit(0)))
        .with_columns((claims - pl.col("item_eur")).alias("at_stake_eur"))
        .filter(pl.col("at_stake_eur") > pl.max_horizontal(view.assumptions["series_warning_minimum_eur"], usual))
        .with_columns(pl.concat_str(pl.lit("found"), "item", separator=" ").alias("wording"))
    )
    return keep_largest(
        summed.select("wlz_uitvoerder", "findings_count", "at_stake_eur", "item", "item_eur", "claims_eur", "wording")
    )


def _sum_items(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows per uitvoerder, item and how it came about; crisis beds have one per code."""
    claims = pl.col("claims_forecast_eur").cast(pl.Float64)
    return (
        rows.group_by("wlz_uitvoerder", "item", "item_method", "ratio_year")
        .agg(
            one_each().first(),
            pl.col("item_eur").sum().cast(pl.Float64),
            pl.when(claims.is_not_null().any()).then(claims.sum()).alias("claims_eur"),
            pl.col("settled_factor").first().round(4),
        )
        .sort("wlz_uitvoerder", "item")
    )


RULES = (
    Rule(
        check_id="L09",
        title="na-ijl outside history",
        why=(
            "The na-ijl of the letter lies between 0 and 0.15 %; a percentage beyond that is a year not closed, or "
            "another unit."
        ),
        kinds=("na_ijl",),
        severity="warn",
        metrics=measure_na_ijl,
        expectation=NO_FINDINGS,
        expected="between −0.15 and 0.15 % of the year, as printed (0.10 is 0.10 %)",
        cause="another reference year, or a factor of a hundred",
        action="The percentage is used in scenarios that add the na-ijl",
        next_step="ask the Wlz-uitvoerder for the claims of that year as known now and a year ago",
        escalation=Escalation("distance_percent", "na_ijl_block_percent"),
    ),
    Rule(
        check_id="L09-moved",
        title="na-ijl moved",
        why="The na-ijl of an uitvoerder moves by some hundredths a year; more is another unit, sign or uitvoerder.",
        kinds=("na_ijl",),
        severity="warn",
        metrics=measure_moved_na_ijl,
        expectation=NO_FINDINGS,
        expected="a percentage of every uitvoerder that had one, within na_ijl_change_percent of it",
        cause="percentages in another unit, with another sign, or of others",
        action="The percentage is used in scenarios that add the na-ijl; without one the derived share is",
        next_step="ask the Wlz-uitvoerder for the claims of that year as known now and a year ago",
    ),
    Rule(
        check_id="D02-name",
        title="names of uitvoerders",
        why="A row under a name that nobody bears would count for nobody, and its euro would be in no total.",
        kinds=NAMED_KINDS,
        severity="warn",
        metrics=measure_names,
        expectation=NO_FINDINGS,
        expected="names or aliases of uitvoerders that run a region in the delivery month, or codes of zorgkantoren",
        cause="another spelling, a name that is new or has ended, or an uitvoerder that runs no region any more",
        action="The row is kept and counts for nobody; the rest of the delivery is used",
        next_step="ask whom is meant; add the spelling or former name to reference/uitvoerders.csv with its dates",
    ),
)
NAME_RULES = (
    Rule(
        check_id="L09-name",
        title="na-ijl that counts for nobody",
        why="An advice takes the uitvoerders of its own day; a percentage of one that runs no region then is lost.",
        kinds=("extra_items",),
        severity="warn",
        metrics=measure_used_names,
        expectation=NO_FINDINGS,
        expected="delivered na-ijl under the names, aliases or codes of uitvoerders that run a region in this advice",
        cause="a concession that passed on, a merger or a new name after the delivery",
        action="The percentage is left out; for uitvoerders without one the share derived from the claims is used",
        next_step="add the former name to reference/uitvoerders.csv, or ask for the na-ijl of the regions as now",
    ),
)

TABLE_RULES = (
    Rule(
        check_id="X01",
        title="extra item carried forward",
        why="A source that stopped or is late leaves an item on the ratio of an earlier year, less sure each year.",
        kinds=("extra_items",),
        severity="warn",
        metrics=measure_carried_items,
        expectation=NO_FINDINGS,
        expected="nacalculatie or herschikking of the year before, and the na-ijl of its own reference year",
        cause="agreements per prestatie ended, or nacalculatie comes in June",
        action="The last known ratio is used, with bounds that are wider for every year of its age",
        next_step="ask the Wlz-uitvoerder for nacalculatie or herschikking of the year before",
    ),
    Rule(
        check_id="X03",
        title="extra item below its claims",
        why="Less settled than claimed is a settlement that lacks codes or rows; its shortage shows as room.",
        kinds=("extra_items",),
        severity="warn",
        metrics=measure_items_below_claims,
        expectation=NO_FINDINGS,
        expected="crisis beds of zero or more, and meerzorg of at least its claims in the expectation",
        cause="codes that the settlement or agreement of the year before lacks, or another unit",
        action="The item is used as it follows from the settlements",
        next_step="look at the codes in nacalculatie and herschikking; declare the item where they are wrong",
    ),
    Rule(
        check_id="X02",
        title="extra item left out",
        why="An item nobody can compute is missing from the expectation; as 0 it would look like room.",
        kinds=("extra_items",),
        severity="warn",
        metrics=measure_left_out_items,
        expectation=NO_FINDINGS,
        expected="for every item a source, or a ratio of an earlier year",
        cause="no year of nacalculatie or herschikking that its claims can be compared with",
        action="The item is empty, and what rests on claims alone is too low",
        next_step="deliver nacalculatie of any year before, or declare the item in the assumptions of the year",
    ),
)
