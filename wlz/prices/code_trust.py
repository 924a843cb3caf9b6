"""What of the expected year rests on which part of the list of codes: its age. Euro of `revenue` in, sums out.

Not here: which rows are set apart for their code (`expectations/intake/quarantine.py`), and what is amiss in a list
itself (`known/pack_checks.py`).
"""

import polars as pl

from wlz.known.reference import Reference
from wlz.words.vocabulary import MONEY

AGE_SCHEMA = {"pack": pl.String(), "last_year": pl.Int64(), "budget_year": pl.Int64(), "expected_eur": MONEY}


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
