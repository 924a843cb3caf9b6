"""aids: individually adapted aids, extrapolated to the year (letter, chapter 5).

Outside the contracteerruimte: they never enter the utilisation of the kader. The reserve is one national amount for
both kinds together, repeated on every row.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import polars as pl

from wlz.forecasting.ets import ets_select
from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables, same_in_all
from wlz.words.months import MONTHS_PER_YEAR, months_between
from wlz.words.vocabulary import CENTS, MONEY

MEAN_OF_YEAR_MODEL = "mean of the year's months"
MEAN_OF_LAST_MODEL = "mean of the last 12 months"
DECLARED_MODEL = "declared to December"


def forecast_aids(
    delivered: pl.DataFrame, *, budget_year: int, reserve_eur: Decimal | float, minimum_months: int
) -> pl.DataFrame:
    """Twelve months of the budget year per kind of aid: declared where delivered, else forecast; cumulative.

    In: hulpmiddelen (month, aid_kind, amount_eur). Out, per aid_kind × month of the budget year: declared_eur,
    forecast_eur, cumulative_eur, reserve_eur, model. Rule: exponential smoothing when a kind has ``minimum_months``
    or more (two full years, else no season can be seen), otherwise the mean month of the budget year, before its
    first month that of the last 12 delivered. So in the mean rule the year is mean × 12, to the cent. A month
    missing before the last delivered one takes the mean too. Months after the budget year are not looked at. Limit:
    the last delivered month counts as complete.

    >>> forecast_aids(delivered, budget_year=2018, reserve_eur=135_000_000, minimum_months=24)  # doctest: +SKIP
    """
    december = date(budget_year, 12, 1)
    known = (
        delivered.filter(pl.col("month") <= december, pl.col("amount_eur").is_not_null())
        .group_by("aid_kind", "month")
        .agg((pl.col("amount_eur").sum() * 100).cast(pl.Int64).alias("cents"))
        .sort("aid_kind", "month")
    )
    kinds = known["aid_kind"].unique().sort().to_list()
    frames = [
        _extrapolate_kind(known.filter(pl.col("aid_kind") == kind), budget_year, minimum_months) for kind in kinds
    ]
    schema = {"aid_kind": pl.String, "month": pl.Date, "declared": pl.Int64, "forecast": pl.Int64, "model": pl.String}
    months = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    so_far = pl.coalesce("declared", "forecast").cum_sum().over("aid_kind")
    return months.select(
        "aid_kind",
        "month",
        _to_euro(pl.col("declared")).alias("declared_eur"),
        _to_euro(pl.col("forecast")).alias("forecast_eur"),
        _to_euro(so_far).alias("cumulative_eur"),
        pl.lit(Decimal(str(reserve_eur))).cast(MONEY).alias("reserve_eur"),
        "model",
    )


def _extrapolate_kind(known: pl.DataFrame, budget_year: int, minimum_months: int) -> pl.DataFrame:
    """The 12 months of one kind in cents; ``known`` has its delivered months, sorted."""
    months = pl.date_range(date(budget_year, 1, 1), date(budget_year, 12, 1), "1mo", eager=True)
    cents = dict(zip(known["month"].to_list(), known["cents"].to_list(), strict=True))
    declared = [cents.get(month) for month in months]
    open_count = declared.count(None)
    of_year = [value for value in declared if value is not None]
    basis = of_year or known["cents"].tail(MONTHS_PER_YEAR).to_list()
    model = MEAN_OF_YEAR_MODEL if of_year else MEAN_OF_LAST_MODEL
    # Rounded as a running total, so that the months add up to the mean × their number.
    running = [_divide_half_even(sum(basis) * count, len(basis)) for count in range(open_count + 1)]
    fill = iter([after - before for before, after in pairwise(running)])
    forecast = [None if value is not None else next(fill) for value in declared]
    last = known["month"].to_list()[-1]
    ahead = [index for index, month in enumerate(months) if month > last]
    if not open_count:
        model = DECLARED_MODEL
    elif ahead and known.height >= minimum_months:
        smoothed, model = _smooth(known, budget_year)
        for index in ahead:
            forecast[index] = smoothed[index - MONTHS_PER_YEAR]
    return pl.DataFrame(
        {
            "aid_kind": known["aid_kind"][:1].to_list() * MONTHS_PER_YEAR,
            "month": months,
            "declared": pl.Series(declared, dtype=pl.Int64),
            "forecast": pl.Series(forecast, dtype=pl.Int64),
            "model": [model] * MONTHS_PER_YEAR,
        }
    )


def _smooth(known: pl.DataFrame, budget_year: int) -> tuple[list[int], str]:
    """Months after the last delivered one up to December, in cents, and the model chosen."""
    first, last = known["month"].to_list()[0], known["month"].to_list()[-1]
    grid = pl.DataFrame({"month": pl.date_range(first, last, "1mo", eager=True)}).join(
        known, on="month", how="left", maintain_order="left"
    )
    horizon = months_between(last, date(budget_year, 12, 1))
    found = ets_select(np.array(grid["cents"].cast(pl.Float64).to_numpy(), dtype=np.float64)[None, :], horizon)
    return [int(value) for value in np.rint(found.lines[0, 0])], str(found.model[0])


def _divide_half_even(numerator: int, denominator: int) -> int:
    """Whole-number division, rounded half-even.

    >>> _divide_half_even(5, 2), _divide_half_even(-7, 2), _divide_half_even(7, 3)
    (2, -4, 2)
    """
    quotient, remainder = divmod(numerator, denominator)
    up = 2 * remainder > denominator or (2 * remainder == denominator and quotient % 2 == 1)
    return quotient + up


def _to_euro(cents: pl.Expr) -> pl.Expr:
    return (cents.cast(pl.Decimal(38, 0)) * pl.lit(CENTS)).cast(MONEY)


def run_aids(known: Known, tables: Tables) -> Computed:
    """The row `aids`: individually adapted aids, declared and extrapolated to the year."""
    forecast = forecast_aids(
        known.read("hulpmiddelen"),
        budget_year=known.budget_year,
        reserve_eur=known.assumptions["aids_reserve_eur"],
        minimum_months=int(known.assumptions["aids_minimum_months"]),
    )
    return Computed({"aids": same_in_all(known.scenario_names, forecast)})
