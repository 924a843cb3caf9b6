"""Monitor: which providers are late or wrong with their claims and what that hides; how each claims delivery came in.

Here: claims per provider and zorgkantoor of two deliveries → one row per provider, and the deliveries of a month → one
row per uitvoerder. Internal: the published page carries the caution without naming anybody (source 000). Not here:
an uitvoerder that is late as a whole (``wlz/runoff/``), wrong units and prices (``claims/units.py``,
``claims/prices.py``).
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables
from wlz.series import lag_months
from wlz.words.months import add_months
from wlz.words.vocabulary import NATION, SERIES_KEY

PROVIDER = ["agb_code", "zorgkantoor_code"]
PROVIDER_SCHEMA: dict[str, pl.DataType] = {
    "agb_code": pl.String(),
    "zorgkantoor_code": pl.String(),
    "care_month": pl.Date(),
    "amount_eur": pl.Float64(),
}
WRONG_SCHEMA: dict[str, pl.DataType] = {
    "agb_code": pl.String(),
    "zorgkantoor_code": pl.String(),
    "check_id": pl.String(),
    "at_stake_eur": pl.Float64(),
}
TOTALS_SCHEMA: dict[str, pl.DataType] = {
    "delivery_id": pl.String(),
    "wlz_uitvoerder": pl.String(),
    "rows_count": pl.Int64(),
    "amount_eur": pl.Float64(),
}
_CHECK = ["check_id", "checked_table", "delivery_id"]
_DELIVERY = ["delivery_id", "wlz_uitvoerder"]


def sum_providers(claims: pl.LazyFrame, first_month: date) -> pl.DataFrame:
    """Claims per provider, zorgkantoor and care month from ``first_month`` on, in euro (PROVIDER_SCHEMA).

    In: rows of ``declaraties``, lazily: they are added up while they are read. Rows without a provider (an aggregated
    delivery) are left out.
    """
    return (
        claims.filter(pl.col("care_month") >= first_month, pl.col("agb_code").is_not_null())
        .group_by(*PROVIDER, "care_month")
        .agg(pl.col("amount_eur").sum().cast(pl.Float64))
        .select(*PROVIDER_SCHEMA)
        .collect(engine="streaming")
    )


def first_month_needed(delivery_month: date, assumptions: Mapping[str, float]) -> date:
    """The oldest care month ``monitor_providers`` looks at.

    >>> first_month_needed(date(2018, 5, 1), {"provider_complete_lag_months": 4, "provider_usual_months": 6})
    datetime.date(2017, 8, 1)
    """
    back = int(assumptions["provider_complete_lag_months"] + assumptions["provider_usual_months"]) - 1
    return add_months(delivery_month, -back)


def monitor_providers(
    claims: pl.DataFrame,
    previous: pl.DataFrame,
    places: pl.DataFrame,
    wrong: pl.DataFrame,
    delivery_month: date,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Providers beside what is usual at this delivery: MONITOR_PROVIDER without its month.

    In: ``claims`` and ``previous`` (the accepted delivery before; no rows when there is none) as ``sum_providers``
    gives them; ``places`` zorgkantoor_code, zorgkantoorregio, wlz_uitvoerder; ``wrong`` findings on units and prices
    (WRONG_SCHEMA). One row per provider × zorgkantoor out, euro as floats.

    A usual month is the mean of the ``provider_usual_months`` youngest months with a lag of at least
    ``provider_complete_lag_months``; younger months are open. Expected of a provider is its usual month times what the
    other providers of its uitvoerder had per usual month (those of the nation where it has no others): of the open
    months as a whole, and of what came in since the delivery before. An uitvoerder that is late as a whole therefore
    makes none of its providers late. Late is less than ``provider_late_ratio`` of what was expected to come in: a
    provider that always bills a month later than others still brings in a month each time. What its absence hides is
    the larger of the two shortfalls. Stopped is no claim in the last ``provider_stopped_lag_months`` months; a
    provider that stopped, or with a usual month below ``provider_minimum_month_eur`` (one client decides it), is not
    judged.

    """
    measured = _measure(claims, previous, places, delivery_month, assumptions)
    shortfall = pl.col("expected_in_eur") - pl.col("came_in_eur")
    open_shortfall = pl.col("expected_open_eur") - pl.col("declared_open_eur")
    is_stopped = pl.col("last_lag") > assumptions["provider_stopped_lag_months"]
    falls_short = pl.col("came_in_eur") < assumptions["provider_late_ratio"] * pl.col("expected_in_eur")
    is_judged = (pl.col("usual_month_eur") >= assumptions["provider_minimum_month_eur"]) & ~is_stopped
    is_late = falls_short & (pl.col("expected_in_eur") > 0) & is_judged
    usual_lag = pl.col("last_lag").filter(~is_stopped).median().over("wlz_uitvoerder")
    of_zorgkantoor = pl.col("usual_month_eur").sum().over("zorgkantoor_code")
    share = pl.when(of_zorgkantoor > 0).then(pl.col("usual_month_eur") / of_zorgkantoor)
    return (
        measured.join(_join_checks(wrong), on=PROVIDER, how="left")
        .with_columns(
            pl.when(is_late).then(pl.max_horizontal(shortfall, open_shortfall)).otherwise(0.0).alias("hidden_eur"),
            (pl.col("last_lag") - usual_lag.ceil()).clip(lower_bound=0).cast(pl.Int32).alias("late_months"),
            share.alias("zorgkantoor_share_ratio"),
            _flag(is_late, is_stopped).alias("provider_flag"),
        )
        .drop("last_lag")
        .sort(PROVIDER)
    )


def _join_checks(wrong: pl.DataFrame) -> pl.DataFrame:
    """The checks that name a provider, and their euro together."""
    return wrong.group_by(PROVIDER).agg(
        pl.col("check_id").unique().sort().str.join(", ").alias("wrong_check_ids"),
        pl.col("at_stake_eur").sum().alias("wrong_eur"),
    )


def _flag(is_late: pl.Expr, is_stopped: pl.Expr) -> pl.Expr:
    is_wrong = pl.col("wrong_check_ids").is_not_null()
    return (
        pl.when(is_late & is_wrong)
        .then(pl.lit("late and wrong"))
        .when(is_late)
        .then(pl.lit("late"))
        .when(is_wrong)
        .then(pl.lit("wrong"))
        .when(is_stopped)
        .then(pl.lit("stopped"))
    )


def _measure(
    claims: pl.DataFrame,
    previous: pl.DataFrame,
    places: pl.DataFrame,
    delivery_month: date,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Usual month, open months and what came in, each beside what was expected, per provider."""
    complete, count = int(assumptions["provider_complete_lag_months"]), int(assumptions["provider_usual_months"])
    is_open, amount = pl.col("lag_months") < complete, pl.col("amount_eur")
    months = (
        claims.join(
            previous.rename({"amount_eur": "earlier_eur"}), on=[*PROVIDER, "care_month"], how="full", coalesce=True
        )
        .with_columns(pl.col("amount_eur", "earlier_eur").fill_null(0.0), lag_months(delivery_month))
        .join(places, on="zorgkantoor_code")
        .sort(*PROVIDER, "care_month")
    )
    totals = months.group_by(*PROVIDER, "zorgkantoorregio", "wlz_uitvoerder", maintain_order=True).agg(
        pl.col("care_month").filter(amount > 0).max().alias("last_care_month"),
        pl.col("lag_months").filter(amount > 0).min().alias("last_lag"),
        (amount.filter(pl.col("lag_months").is_between(complete, complete + count - 1)).sum() / count).alias(
            "usual_month_eur"
        ),
        amount.filter(is_open).sum().alias("declared_open_eur"),
        (amount - pl.col("earlier_eur")).filter(is_open).sum().alias("came_in_eur"),
    )
    return totals.with_columns(
        pl.col("last_lag").fill_null(complete + count),
        (pl.col("usual_month_eur") * _share_of_others("declared_open_eur")).alias("expected_open_eur"),
        (pl.col("usual_month_eur") * _share_of_others("came_in_eur")).alias("expected_in_eur"),
    )


def _share_of_others(name: str) -> pl.Expr:
    """An amount of the other providers of the uitvoerder per euro of their usual months; of the nation without any."""
    amount, usual = pl.col(name), pl.col("usual_month_eur")
    others = usual.sum().over("wlz_uitvoerder") - usual
    national = pl.when(usual.sum() - usual > 0).then((amount.sum() - amount) / (usual.sum() - usual)).otherwise(0.0)
    # A cent: what is left of a sum of floats less its only term is no claim.
    return pl.when(others > 0.01).then((amount.sum().over("wlz_uitvoerder") - amount) / others).otherwise(national)


def find_places(crosswalk: pl.DataFrame, regions: pl.DataFrame, delivery_month: date) -> pl.DataFrame:
    """zorgkantoorregio and wlz_uitvoerder of every zorgkantoor_code that holds in the delivery month or held before."""
    known = crosswalk.filter(pl.col("valid_from") <= delivery_month).sort("valid_from")
    latest = known.unique("zorgkantoor_code", keep="last", maintain_order=True)
    named = latest.join(regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
    return named.select("zorgkantoor_code", "zorgkantoorregio", "wlz_uitvoerder").sort("zorgkantoor_code")


def sum_uitvoerders(claims: pl.LazyFrame, places: pl.DataFrame, expected: pl.Series) -> pl.DataFrame:
    """Rows and euro of one claims delivery per wlz_uitvoerder: rows_count, amount_eur.

    In: rows of ``declaraties``, lazily, and ``places`` of ``find_places``. An uitvoerder without a row is 0 when one of
    its zorgkantoren is in ``expected`` (those with a kader), and left out otherwise.
    """
    per_code = (
        claims.group_by("zorgkantoor_code")
        .agg(pl.len().cast(pl.Int64).alias("rows_count"), pl.col("amount_eur").sum().cast(pl.Float64))
        .collect(engine="streaming")
    )
    beside = places.join(per_code, on="zorgkantoor_code", how="left")
    counted = beside.filter(pl.col("rows_count").is_not_null() | pl.col("zorgkantoor_code").is_in(expected.implode()))
    return (
        counted.group_by("wlz_uitvoerder")
        .agg(pl.col("rows_count").fill_null(0).sum(), pl.col("amount_eur").sum())
        .sort("wlz_uitvoerder")
    )


def completed_of(completed: pl.DataFrame, delivery_month: date) -> pl.DataFrame:
    """The rows of COMPLETED_SERIES that rest on the delivery of this month; none when its advice fell back."""
    return completed.filter(pl.col("lag_months") == lag_months(delivery_month))


def measure_completeness(completed: pl.DataFrame, series: pl.DataFrame, open_lag_months: int) -> pl.DataFrame:
    """Declared ÷ completed euro of the open months per wlz_uitvoerder, and how many months its claims are behind.

    In: COMPLETED_SERIES and SERIES of one delivery. Volumes count at the series' declared price of all its months; a
    series without claims has none and is left out. Open: lags up to ``open_lag_months``. Out: wlz_uitvoerder and
    Landelijk, completeness_ratio, late_months (empty for Landelijk); no rows when nothing was completed.
    """
    prices = series.group_by(SERIES_KEY).agg(
        (pl.col("declared_amount_eur").sum().cast(pl.Float64) / pl.col("declared_volume").sum()).alias("price")
    )
    euro = (
        completed.join(prices, on=SERIES_KEY, how="inner")
        .filter(pl.col("price").is_finite(), pl.col("lag_months") <= open_lag_months)
        .sort("wlz_uitvoerder", "prestatiecode", "care_month")
        .with_columns((pl.col("lag_months") - pl.col("effective_lag_months")).clip(lower_bound=0).alias("late_months"))
    )
    declared = (pl.col("declared_volume").fill_null(0.0) * pl.col("price")).sum()
    known = (pl.col("completed_volume") * pl.col("price")).sum()
    measured = pl.when(known > 0).then(declared / known).alias("completeness_ratio")
    own = euro.group_by("wlz_uitvoerder", maintain_order=True).agg(measured, pl.col("late_months").max())
    national = pl.lit(None, dtype=pl.Int32).alias("late_months")
    whole = euro.with_columns(wlz_uitvoerder=pl.lit(NATION)).group_by("wlz_uitvoerder").agg(measured, national)
    return pl.concat([own, whole])


def count_findings(findings: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """What the checks found per delivery and wlz_uitvoerder, and per delivery as a whole (Landelijk).

    In: CHECK_FINDINGS and DATA_QUALITY. Out: delivery_id, wlz_uitvoerder, findings_count, blocks_count (checks that
    refuse the delivery), at_stake_eur (empty when no finding knows its euro; one euro can be found by several checks).
    A finding about nobody in particular, and a check that could not run, are in Landelijk alone.
    """
    latest = results.sort("revision").unique(_CHECK, keep="last").filter(pl.col("outcome") != "passed")
    blocks = (pl.col("severity") == "block") & pl.col("accepted_by").is_null()
    told = latest.select(*_CHECK, blocks.alias("blocks")).join(findings, on=_CHECK, how="left")
    known = pl.col("at_stake_eur").count() > 0
    counted = (
        pl.col("findings_count").sum(),
        pl.struct("check_id", "checked_table").filter("blocks").n_unique().cast(pl.Int64).alias("blocks_count"),
        pl.when(known).then(pl.col("at_stake_eur").sum().cast(pl.Float64)).alias("at_stake_eur"),
    )
    own = told.filter(pl.col("wlz_uitvoerder").is_not_null()).group_by(_DELIVERY).agg(counted)
    whole = told.group_by("delivery_id").agg(counted).with_columns(pl.lit(NATION).alias("wlz_uitvoerder"))
    return pl.concat([own, whole.select(own.columns)]).sort(_DELIVERY)


def report_deliveries(
    deliveries: pl.DataFrame,
    due_on: date,
    totals: pl.DataFrame,
    completeness: pl.DataFrame,
    counts: pl.DataFrame,
) -> pl.DataFrame:
    """The claims deliveries of a month per uitvoerder and as a whole (Landelijk): DELIVERY_STATUS.

    In: ``deliveries`` rows of the register; ``totals`` delivery_id, wlz_uitvoerder, rows_count, amount_eur (empty for
    a delivery that was refused: its rows are in no table); ``completeness`` of the accepted delivery; ``counts`` as
    ``count_findings`` gives them. State: refused; else absent for an uitvoerder without a row; else late when it came
    after ``due_on`` or the uitvoerder is a delivery behind; else on time.

    >>> report_deliveries(deliveries, date(2018, 5, 2), totals, completeness, counts)  # doctest: +SKIP
    """
    of_whole = deliveries.select(
        "delivery_id", pl.lit(NATION).alias("wlz_uitvoerder"), "rows_count", pl.col("amount_eur").cast(pl.Float64)
    )
    parts = pl.concat([totals.select(of_whole.columns), of_whole])
    described = deliveries.select("delivery_id", "delivery_month", "delivery_status", "received_on")
    is_accepted = pl.col("delivery_status") == "accepted"
    is_late = (pl.col("received_on") > due_on).fill_null(False) | (pl.col("late_months") > 0).fill_null(False)
    return (
        described.join(parts, on="delivery_id")
        .join(completeness, on="wlz_uitvoerder", how="left")
        .join(counts, on=_DELIVERY, how="left")
        .with_columns(
            pl.lit(due_on).alias("due_on"),
            (pl.col("received_on") <= due_on).alias("is_on_time"),
            *(pl.when(is_accepted).then(name).alias(name) for name in ("completeness_ratio", "late_months")),
            pl.col("findings_count", "blocks_count").fill_null(0),
        )
        .with_columns(
            pl.when(pl.col("delivery_status") == "refused")
            .then(pl.lit("refused"))
            .when(pl.col("rows_count") == 0)
            .then(pl.lit("absent"))
            .when(is_late)
            .then(pl.lit("late"))
            .otherwise(pl.lit("on time"))
            .alias("delivery_state")
        )
        .sort("delivery_month", *_DELIVERY)
    )


def run_monitor(known: Known, tables: Tables) -> Computed:
    """The row `monitor_provider`: the claims of the advice beside the delivery before it, per provider and zorgkantoor.

    No rows when claims are delivered without provider.
    """
    first = first_month_needed(known.claims_month, known.assumptions)
    before = [] if known.claims_before is None else [sum_providers(known.claims_before, first)]
    watched = monitor_providers(
        sum_providers(known.need("declaraties"), first),
        pl.concat([pl.DataFrame(schema=PROVIDER_SCHEMA), *before]),
        find_places(known.reference.crosswalk, known.reference.regions, known.claims_month),
        known.wrong_providers(),
        known.claims_month,
        known.assumptions,
    )
    return Computed({"monitor_provider": watched})
