"""What of the expected year rests on the list of codes: on which trust of its rows, and on one that is old.

Euro of `revenue` in, sums out.

Not here: which rows are set apart for their code (`expectations/intake/quarantine.py`), and what is amiss in a list
itself (`known/pack_checks.py`).
"""

import polars as pl

from wlz.known.reference import Reference
from wlz.words.vocabulary import MONEY

TRUST_COLUMNS = ["trust", "codes_count", "expected_excl_extra_eur", "expected_ratio"]
AGE_SCHEMA = {"pack": pl.String(), "last_year": pl.Int64(), "budget_year": pl.Int64(), "expected_eur": MONEY}


def sum_by_trust(valued: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """The expected year by what its rows of the list rest on: one row per trust that the list has, TRUST_COLUMNS.

    In: REVENUE of one scenario (prestatiecode, forecast_amount_eur in euro, in_base) and ``prestaties``
    (prestatiecode, trust). Without meerzorg, so that the euro add up to the expectation without extra items. Counted
    are codes of which the year is not 0; ``expected_ratio`` (1.0 is all of it) is null when nothing is expected.
    Source: a pack says the trust of each row (``prestaties.csv``).

    >>> sum_by_trust(valued, lists.prestaties).filter(trust="official")["expected_ratio"].item()  # doctest: +SKIP
    0.245
    """
    amount = pl.col("forecast_amount_eur").sum().cast(MONEY).alias("expected_excl_extra_eur")
    codes = (
        valued.filter("in_base").group_by("prestatiecode").agg(amount).filter(pl.col("expected_excl_extra_eur") != 0)
    )
    summed = (
        codes.join(prestaties.select("prestatiecode", "trust"), on="prestatiecode", how="left")
        .group_by("trust")
        .agg(
            pl.len().cast(pl.Int64).alias("codes_count"),
            pl.col("expected_excl_extra_eur").sum().cast(MONEY),
        )
    )
    trusts = prestaties.select("trust").unique().join(summed, on="trust", how="left").sort("trust")
    whole = trusts.with_columns(pl.col("codes_count", "expected_excl_extra_eur").fill_null(0))
    euro = pl.col("expected_excl_extra_eur").cast(pl.Float64)
    share = pl.when(euro.sum() != 0).then(euro / euro.sum()).alias("expected_ratio")
    return whole.with_columns(share).select(TRUST_COLUMNS)


def find_list_age(lists: Reference, valued: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """One row when the list vouches for codes until a year before the budget year; none else, or where it says no year.

    In: ``lists`` and REVENUE of one scenario (forecast_amount_eur in euro, in_base). Out: AGE_SCHEMA, expected_eur the
    year without meerzorg, all of which rests on the list. A code of an old list that has not ended goes on being used:
    the age moves no figure. Source: a pack says of itself until when it vouches (``pack.toml``).

    >>> find_list_age(lists, valued, 2021)["last_year"].item()  # doctest: +SKIP
    2019
    """
    if lists.vouched_until is None or budget_year <= lists.vouched_until:
        return pl.DataFrame(schema=AGE_SCHEMA)
    expected = valued.filter("in_base")["forecast_amount_eur"].sum()
    return pl.DataFrame([(lists.pack, lists.vouched_until, budget_year, expected)], schema=AGE_SCHEMA, orient="row")
