"""vintages: every advice ever made kept beside each other, and what came of the years they were about.

Here: the rows of an advice, freezing them under an id of their own, the realisation of settled years. Not here: who
froze it and when (the caller says), reading and writing, the difference between advices (``bridge.py``).
"""

from datetime import datetime

import polars as pl

from wlz.words.months import MONTHS_PER_YEAR
from wlz.words.vocabulary import MONEY, NATION

DECEMBER = 12
FINAL_MARK = "-final-"
BOUNDS = ("lower_80_eur", "upper_80_eur", "lower_95_eur", "upper_95_eur")
ROW_KEY = ["scenario", "wlz_uitvoerder", "part"]
FROZEN_COLUMNS = ("advice_id", "advice_state", "author", "frozen_at")
VINTAGE_COLUMNS = (
    "delivery_month",
    "budget_year",
    "scenario",
    *FROZEN_COLUMNS,
    "wlz_uitvoerder",
    "part",
    "expected_excl_extra_eur",
    "expected_eur",
    "budget_eur",
    "available_eur",
    *BOUNDS,
    "claims_delivery_id",
    "code_version",
    "inputs_hash",
)


def list_vintage(
    utilisation: pl.DataFrame, bounds: pl.DataFrame, *, claims_delivery_id: str, code_version: str, inputs_hash: str
) -> pl.DataFrame:
    """The rows by which an advice is remembered: scenario × wlz_uitvoerder (and Landelijk) × part, state current.

    In: UTILISATION and FORECAST_BOUNDS of one delivery month, all scenarios, and three words on what it rests on. Out:
    FORECAST_VINTAGES, sorted; its id is the delivery month. Bounds of the year stay empty where there are none.

    >>> list_vintage(utilisation, bounds, **inputs)["advice_id"][0]  # doctest: +SKIP
    '2018-05'
    """
    of_year = bounds.filter(pl.col("period") == "year", pl.col("level").is_in(["uitvoerder", "national"]))
    totals = utilisation.filter(pl.col("level").is_in(["uitvoerder", "national"]))
    rows = totals.join(of_year.select(*ROW_KEY, *BOUNDS), on=ROW_KEY, how="left").with_columns(
        advice_id=pl.col("delivery_month").dt.strftime("%Y-%m"),
        advice_state=pl.lit("current"),
        author=pl.lit(None, dtype=pl.String),
        frozen_at=pl.lit(None, dtype=pl.Datetime("us")),
        claims_delivery_id=pl.lit(claims_delivery_id),
        code_version=pl.lit(code_version),
        inputs_hash=pl.lit(inputs_hash),
    )
    return rows.select(VINTAGE_COLUMNS).sort(ROW_KEY)


def renew_vintages(known: pl.DataFrame, current: pl.DataFrame, *, author: str, frozen_at: datetime) -> pl.DataFrame:
    """All vintages of a delivery month after a computation: the frozen ones as they were, and the current one.

    In: ``known``, FORECAST_VINTAGES of the month so far (no rows the first time), and ``list_vintage``. With an
    ``author`` the current rows are frozen too, as YYYY-MM-final-1, the next time -final-2: beside the earlier ones,
    never in their place. Nothing is frozen when rows and inputs are those of the last frozen one: it keeps its author
    and time. Rows that went back to what an earlier one said are a new decision, so a new one.
    """
    finals = known.filter(pl.col("advice_state") == "final")
    number = last_final(finals)
    if author and not says_the_same(finals.filter(_number() == number), current):
        frozen = current.with_columns(
            (pl.col("advice_id") + f"{FINAL_MARK}{number + 1}").alias("advice_id"),
            pl.lit("final").alias("advice_state"),
            pl.lit(author).alias("author"),
            pl.lit(frozen_at, dtype=pl.Datetime("us")).alias("frozen_at"),
        )
        finals = pl.concat([finals, frozen], how="diagonal")
    return pl.concat([current, finals], how="diagonal").select(current.columns)


def last_final(vintages: pl.DataFrame) -> int:
    """Number of the advice frozen last; 0 when none was.

    >>> last_final(pl.DataFrame({"advice_id": ["2018-05", "2018-05-final-1", "2018-05-final-10"]}))
    10
    """
    return vintages.select(_number().max()).item() or 0


def _number() -> pl.Expr:
    return pl.col("advice_id").str.extract(rf"{FINAL_MARK}(\d+)$").cast(pl.Int64)


def says_the_same(rows: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether two sets of rows of one month are one advice: the same figures from the same inputs, frozen or not."""
    return _content(rows).equals(_content(others))


def _content(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop(FROZEN_COLUMNS).sort(ROW_KEY)


def settled_years(series: pl.DataFrame, minimum_lag_months: int) -> list[int]:
    """Calendar years of care of which all twelve months are in the claims with at least this lag, oldest first.

    In: SERIES of one delivery (care_month, lag_months). A year of which a month is younger or missing is not settled.
    """
    old = series.filter(pl.col("lag_months") >= minimum_lag_months).select("care_month").unique()
    counted = old.group_by(pl.col("care_month").dt.year().alias("year")).len("months")
    return counted.filter(pl.col("months") == MONTHS_PER_YEAR)["year"].sort().to_list()


def realise_years(
    series: pl.DataFrame, stands: pl.DataFrame, prestaties: pl.DataFrame, minimum_lag_months: int
) -> pl.DataFrame:
    """What came of every settled year, per uitvoerder (and Landelijk) and part: the figure an expectation is held to.

    In: SERIES; ``pgb.build_pgb_stands``; ``prestaties`` (prestatiecode, is_meerzorg). Out: budget_year,
    wlz_uitvoerder, part, realised_eur, sorted. zin: claims of the year without meerzorg, as known now. pgb: the stand
    of December, a sum of the regions that reported in the year. Empty when a part of it is not known: an uitvoerder
    that delivered nothing in a month, a region without December; Landelijk is empty when an uitvoerder is. Limit:
    later deliveries still add the na-ijl.

    >>> realise_years(series, stands, prestaties, 5).columns  # doctest: +SKIP
    ['budget_year', 'wlz_uitvoerder', 'part', 'realised_eur']
    """
    key = ["budget_year", "wlz_uitvoerder"]
    zin = _sum_claims(series, prestaties).rename({"amount_eur": "zin"})
    pgb = _december_stands(stands).rename({"amount_eur": "pgb"})
    both = zin.join(pgb, on=key, how="full", coalesce=True).filter(
        pl.col("budget_year").is_in(settled_years(series, minimum_lag_months))
    )
    long = both.unpivot(["zin", "pgb"], index=key, variable_name="part", value_name="realised_eur")
    national = (
        long.group_by("budget_year", "part")
        .agg(_known_sum("realised_eur"))
        .with_columns(pl.lit(NATION).alias("wlz_uitvoerder"))
    )
    columns = [*key, "part", "realised_eur"]
    return pl.concat([long.select(columns), national.select(columns)]).sort(columns[:3])


def _sum_claims(series: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    in_base = prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    year = pl.col("care_month").dt.year().cast(pl.Int32).alias("budget_year")
    of_base = series.join(in_base, on="prestatiecode", how="semi")
    return of_base.group_by(year, "wlz_uitvoerder").agg(_known_sum("declared_amount_eur").alias("amount_eur"))


def _december_stands(stands: pl.DataFrame) -> pl.DataFrame:
    """Per year and uitvoerder; a region that reported in the year and not in December leaves it empty."""
    year = pl.col("month").dt.year().cast(pl.Int32).alias("budget_year")
    december = pl.col("granted_eur").filter(pl.col("month").dt.month() == DECEMBER).first()
    of_region = stands.group_by(year, "wlz_uitvoerder", "zorgkantoorregio").agg(december.alias("december_eur"))
    return of_region.group_by("budget_year", "wlz_uitvoerder").agg(_known_sum("december_eur").alias("amount_eur"))


def _known_sum(name: str) -> pl.Expr:
    """The sum, or empty when one of the amounts is."""
    return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).cast(MONEY).alias(name)
