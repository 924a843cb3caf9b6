"""Rules on how the claims of one delivery run over months and uitvoerders. No comparison with earlier deliveries."""

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, ClaimsView, holds_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import (
    NO_FINDINGS,
    Escalation,
    ExpectationSpec,
    Rule,
)
from wlz.words.large_frames import as_text
from wlz.words.months import MONTHS_PER_YEAR, month_number, number_months
from wlz.words.vocabulary import SERIES_BY_UITVOERDER

CLAIMS = ("declaraties",)
NEIGHBOUR_MONTHS = 3  # months looked at on either side of a month
MINIMUM_MEDIAN_VOLUME = 100  # about three clients of day care: below it a month without care is honest
# A zero stands out only in a steady series. This is the spread of the neighbours over their median, the lowest left out
# so that a second gap does not hide the first. Simulated with independent clients: 0.14 % false at most.
STEADY_SPREAD_RATIO = 0.2


def measure_zorgkantoren(view: ClaimsView) -> pl.DataFrame:
    """Rows of the months that should be there (lag 2 to 4) per zorgkantoor with a kader; 0 when they are absent.

    The euro at stake is a quarter of the zin kader for three silent months, all of it when nothing came at all. One
    without any row that the last good delivery of an earlier month did have has vanished (``vanished_count``): the euro
    is then what that delivery had of it.
    """
    kader = view.kader_by_code
    has_kader = pl.lit(True) if kader is None else pl.col("zorgkantoor_code").is_in(list(kader))
    expected = (
        view.crosswalk.select(CROSSWALK_COLUMNS)
        .filter(holds_on(pl.lit(view.delivery_month)), has_kader)
        .join(view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
    )
    lag = pl.lit(view.delivery_month)
    recent = pl.col("care_month").is_between(lag.dt.offset_by("-4mo"), lag.dt.offset_by("-2mo"))
    delivered = as_text(
        view.rows.group_by("zorgkantoor_code").agg(
            pl.len().alias("all_rows"),
            recent.sum().cast(pl.Int64).alias("rows_count"),
            pl.col("care_month").max().alias("last"),
        )
    )
    found = expected.join(delivered, on="zorgkantoor_code", how="left").with_columns(pl.col("rows_count").fill_null(0))
    budget = pl.col("zorgkantoor_code").replace_strict(dict(kader or {}), default=None, return_dtype=pl.Float64)
    absent = pl.col("all_rows").is_null()
    had = _euro_before(view)
    found = found.join(had, on="zorgkantoor_code", how="left")
    vanished = absent & pl.col("had_eur").is_not_null()
    wording = pl.when(absent).then(pl.lit("absent")).when(pl.col("rows_count") == 0).then(pl.lit("silent"))
    return found.sort("wlz_uitvoerder", "zorgkantoorregio", "zorgkantoor_code").select(
        "wlz_uitvoerder",
        "zorgkantoor_code",
        "zorgkantoorregio",
        wording.otherwise(pl.lit("present")).alias("wording"),
        pl.col("last").alias("last_month"),
        "rows_count",
        one_each(),
        pl.when(vanished).then("had_eur").when(absent).then(budget).otherwise(budget / 4).alias("at_stake_eur"),
        vanished.cast(pl.Int64).alias("vanished_count"),
    )


def _euro_before(view: ClaimsView) -> pl.DataFrame:
    """Claims of the last good delivery of an earlier month: zorgkantoor_code, had_eur."""
    if view.previous is None:
        return pl.DataFrame(schema={"zorgkantoor_code": pl.String, "had_eur": pl.Float64})
    return view.previous.group_by("zorgkantoor_code").agg(pl.col("amount_eur").sum().alias("had_eur"))


def measure_missing_months(view: ClaimsView) -> pl.DataFrame:
    """Months of 0 or absent volume amid a steady series, with the volume and euro their neighbours lead one to expect.

    ``uitvoerder_ratio`` is the euro missing from all findings of the uitvoerder over a year of its revenue. Rows of the
    month that were set apart are named, and their euro is not counted again: the rule that set them apart (D02-rows,
    P02) has it, rows of an unknown prestatie shared over the missing months of their uitvoerder.
    """
    minimum_lag = int(view.assumptions["missing_month_minimum_lag_months"])
    if view.monthly.is_empty():  # every row is set apart, which is told by D02-limit
        return keep_largest(pl.DataFrame(), series_count=0)
    months = _every_month(view, minimum_lag)
    gaps = _standing_out(_gaps(months, minimum_lag), months)
    revenue = _yearly_revenue(view, minimum_lag)
    findings = (
        _beside_apart(view, gaps.join(revenue, on="wlz_uitvoerder"))
        .with_columns(((pl.col("expected_eur") - pl.col("apart_eur")).clip(lower_bound=0.0)).alias("beside_eur"))
        .with_columns(
            (pl.col("beside_eur").sum().over("wlz_uitvoerder") / pl.col("yearly_eur")).alias("uitvoerder_ratio")
        )
    )
    own, unknown = pl.col("own_count") > 0, pl.col("unknown_count") > 0
    parts = pl.when(own & unknown).then(pl.lit("found own and_unknown")).when(own).then(pl.lit("found own"))
    wording = parts.when(unknown).then(pl.lit("found unknown")).otherwise(pl.lit("found")).alias("wording")
    figures = ("expected_volume", "own_count", "own_eur", "unknown_count", "unknown_eur", "uitvoerder_ratio")
    at_stake = pl.col("beside_eur").alias("at_stake_eur")
    columns = findings.select(*SERIES_BY_UITVOERDER, "care_month", one_each(), at_stake, wording, *figures)
    return keep_largest(columns, series_count=months.n_unique(SERIES_BY_UITVOERDER))


def _beside_apart(view: ClaimsView, gaps: pl.DataFrame) -> pl.DataFrame:
    """The gaps with the rows in quarantine that could fill them.

    ``own_*`` of the series, ``unknown_*`` of a prestatie in no list, and ``apart_eur``, what of their euro belongs to
    this gap.
    """
    month = ["wlz_uitvoerder", "care_month"]
    apart = _place_apart(view)
    series = gaps.select(SERIES_BY_UITVOERDER[1]).unique()
    of_series = apart.join(series, on="prestatiecode", how="semi").group_by(*month, "prestatiecode")
    unknown = apart.filter("is_unknown").group_by(month)
    counted = gaps.join(
        of_series.agg(pl.len().alias("own_count"), pl.col("amount_eur").sum().alias("own_eur")),
        on=[*month, "prestatiecode"],
        how="left",
    ).join(
        unknown.agg(pl.len().alias("unknown_count"), pl.col("amount_eur").sum().alias("unknown_eur")),
        on=month,
        how="left",
    )
    share = pl.col("expected_eur") / pl.col("expected_eur").sum().over(month)
    return counted.with_columns(
        pl.col("own_count", "unknown_count").fill_null(0), pl.col("own_eur", "unknown_eur").fill_null(0.0)
    ).with_columns((pl.col("own_eur") + pl.col("unknown_eur") * share.fill_nan(0.0)).alias("apart_eur"))


def _place_apart(view: ClaimsView) -> pl.DataFrame:
    """Rows in quarantine with their wlz_uitvoerder, euro without sign, and whether their prestatie is in no list."""
    rows = view.table.empty() if view.quarantined is None else view.quarantined
    known = view.prestaties["prestatiecode"].implode()
    return (
        rows.select("zorgkantoor_code", "prestatiecode", "care_month", pl.col("amount_eur").cast(pl.Float64).abs())
        .join(view.crosswalk.select(CROSSWALK_COLUMNS), on="zorgkantoor_code")
        .filter(holds_on(pl.col("care_month")))
        .join(view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
        .with_columns((~pl.col("prestatiecode").is_in(known)).fill_null(True).alias("is_unknown"))
    )


def _every_month(view: ClaimsView, minimum_lag: int) -> pl.DataFrame:
    """Every series on every month of the delivery, absent months as 0.

    Months younger than one before ``minimum_lag`` are still filling up and are left out.
    """
    claims = view.monthly.filter(_lag_months(view) >= minimum_lag - 1)
    calendar = claims.select(
        pl.date_range(pl.col("care_month").min(), pl.col("care_month").max(), "1mo").alias("care_month")
    )
    return (
        claims.select(SERIES_BY_UITVOERDER)
        .unique()
        .join(calendar, how="cross")
        .join(claims.drop("rows_count"), on=[*SERIES_BY_UITVOERDER, "care_month"], how="left")
        .with_columns(pl.col("volume", "amount_eur").fill_null(0.0), _lag_months(view).alias("lag_months"))
        .sort(*SERIES_BY_UITVOERDER, "care_month")
    )


def _gaps(months: pl.DataFrame, minimum_lag: int) -> pl.DataFrame:
    """Months of 0 volume between two months with volume, with the mean of the two."""
    step_back, step_on = (pl.col("volume", "amount_eur").shift(step).over(SERIES_BY_UITVOERDER) for step in (1, -1))
    return (
        months.with_columns(step_back.name.suffix("_before"), step_on.name.suffix("_after"))
        .filter(
            (pl.col("volume") == 0)
            & (pl.col("lag_months") >= minimum_lag)
            & (pl.col("volume_before") > 0)
            & (pl.col("volume_after") > 0)
        )
        .select(
            *SERIES_BY_UITVOERDER,
            "care_month",
            pl.mean_horizontal("volume_before", "volume_after").alias("expected_volume"),
            pl.mean_horizontal("amount_eur_before", "amount_eur_after").alias("expected_eur"),
        )
    )


def _standing_out(gaps: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """The gaps amid a steady series: neighbours of some size and little spread."""
    steps = [f"{step}mo" for step in range(-NEIGHBOUR_MONTHS, NEIGHBOUR_MONTHS + 1) if step]
    volume, median = pl.col("volume"), pl.col("volume").median()
    spread = volume.sort(descending=True).head(pl.len() - 1).std()
    steady = (
        gaps.select(*SERIES_BY_UITVOERDER, "care_month")
        .join(pl.DataFrame({"step": steps}), how="cross")
        .with_columns(pl.col("care_month").dt.offset_by(pl.col("step")).alias("neighbour"))
        .join(months, left_on=[*SERIES_BY_UITVOERDER, "neighbour"], right_on=[*SERIES_BY_UITVOERDER, "care_month"])
        .group_by(*SERIES_BY_UITVOERDER, "care_month")
        .agg((median >= MINIMUM_MEDIAN_VOLUME).alias("large"), (spread <= STEADY_SPREAD_RATIO * median).alias("steady"))
        .filter(pl.col("large") & pl.col("steady"))
    )
    return gaps.join(steady, on=[*SERIES_BY_UITVOERDER, "care_month"], how="semi")


def _lag_months(view: ClaimsView) -> pl.Expr:
    """Months between care_month and the delivery month."""
    return month_number(view.delivery_month) - number_months("care_month")


def _yearly_revenue(view: ClaimsView, minimum_lag: int) -> pl.DataFrame:
    """A year of revenue per uitvoerder: twelve times the mean month among the last twelve that are old enough."""
    lag = _lag_months(view)
    recent = view.monthly.filter((lag >= minimum_lag) & (lag < minimum_lag + MONTHS_PER_YEAR))
    return recent.group_by("wlz_uitvoerder").agg(
        (pl.col("amount_eur").sum() / pl.col("care_month").n_unique() * MONTHS_PER_YEAR).alias("yearly_eur")
    )


RULES = (
    Rule(
        check_id="L01",
        title="uitvoerder or zorgkantoor absent",
        why=(
            "Without its rows an uitvoerder, or one of its zorgkantoren, would seem to spend nothing; "
            "the kader says how much that could be. What was there a month before and is gone refuses the delivery."
        ),
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_zorgkantoren,
        expectation=ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "rows_count", "min_value": 1}),
        expected="rows of every zorgkantoor with a kader, also in the months of two to four months back",
        action="The delivery is used; silent months count as late where months are completed",
        next_step="ask the Wlz-uitvoerder and Vektis whether its claims were sent, and deliver again",
        escalation=Escalation("vanished_count", "vanished_zorgkantoren_allowed_count"),
    ),
    Rule(
        check_id="L05",
        title="missing month",
        why="A month that was lost lowers the season and the year; in a steady series it is not care that stopped.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_missing_months,
        expectation=NO_FINDINGS,
        expected="volume in every month amid a steady series",
        action="The delivery is used; the month stays 0 in the series",
        next_step="ask the Wlz-uitvoerder for the month, and deliver again",
        escalation=Escalation("uitvoerder_ratio", "missing_month_block_ratio"),
        month_matters=True,
    ),
)
