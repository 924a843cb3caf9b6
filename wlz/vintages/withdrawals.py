"""withdrawals: advices that a person took back, and when a month has an advice again.

Pure: who and when is said by the caller. Where the rows lie and which month is newest: `warehouse/withdrawals.py`.
"""

from datetime import datetime

import polars as pl

from wlz.vintages.vintages import says_the_same


def stand_again(
    withdrawals: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame, *, author: str, at: datetime
) -> pl.DataFrame:
    """The withdrawals of a month after it was computed again: ended when that made another advice, or froze this one.

    In: ADVICE_WITHDRAWALS of the month; FORECAST_VINTAGES of the month before the computation, and the current rows
    of it (``list_vintage``). ``author`` is who freezes it, empty when nobody does. The same figures from the same
    inputs are the advice that was withdrawn: it stays so. Out: ADVICE_WITHDRAWALS, the same rows.

    >>> stand_again(withdrawals, before, now, author="", at=moment)  # doctest: +SKIP
    """
    if author:
        because = f"frozen by {author}"
    elif not says_the_same(before.filter(pl.col("advice_state") == "current"), now):
        because = "computed again: other figures, or the same from other inputs"
    else:
        return withdrawals
    is_open = pl.col("stands_again_at").is_null()
    return withdrawals.with_columns(
        pl.when(is_open).then(pl.lit(at, pl.Datetime("us"))).otherwise("stands_again_at").alias("stands_again_at"),
        pl.when(is_open).then(pl.lit(because)).otherwise("stands_again_because").alias("stands_again_because"),
    )
