"""What came of a finding: open, solved, replaced or accepted. Decided here, once, for the mart and for alerts.

One rule: a finding is solved when a later judgement of its check on its table no longer has it. A result, which can
hold several findings, is solved when a later one passed. Pure: frames and values in, values out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

JUDGED = ["check_id", "checked_table"]
_MONTH_OF_DELIVERY = r"(\d{4}-\d{2})-[0-9a-z]+$"
_ORDER = ["delivered_in", "arrived_at", "delivery_month", "judged_at", "delivery_id", "revision"]


@dataclass(frozen=True)
class Judgement:
    """The last judgement of a check: its month and delivery, and whether a finding that is not in it is gone."""

    delivery_month: date
    is_conclusive: bool
    delivery_id: str = ""


def is_solved(check_id: str, checked_table: str, told_in: date, judged: Mapping[tuple[str, str], Judgement]) -> bool:
    """Whether a finding told in a month, and not among those of the last judgement, is solved by that judgement.

    A check that is broken, or that found more than it names, solves nothing; nor does one of an earlier month.
    """
    judgement = judged.get((check_id, checked_table))
    return judgement is not None and judgement.is_conclusive and judgement.delivery_month >= told_in


def judge_status(quality: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Rows of DATA_QUALITY of all months with ``check_status``: the same rows in the same order.

    open: nothing newer says otherwise; solved: judged again, or a newer delivery judged, without the finding; replaced:
    judged again with another finding, or its delivery was refused since; accepted: overruled by a person. Empty when
    the check passed. An older delivery that passes, as in a run that falls back, solves nothing of a newer one.
    """
    of_delivery = ["delivery_month", *JUDGED, "delivery_id"]
    passed = (pl.col("outcome") == "passed").cast(pl.Int64)
    since = passed.cum_sum(reverse=True).over(JUDGED) - passed > 0
    judged_again = pl.col("revision") < pl.col("revision").max().over(of_delivery)
    status = (
        pl.when(pl.col("outcome") == "passed")
        .then(None)
        .when(since)
        .then(pl.lit("solved"))
        .when(judged_again)
        .then(pl.lit("replaced"))
        .when(pl.col("accepted_by").is_not_null())
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("open"))
    )
    rows = quality.drop("check_status", strict=False).with_row_index("place")
    return _in_order(rows, register).with_columns(status.alias("check_status")).sort("place").select(
        *rows.columns[1:], "check_status"
    )  # fmt: skip


def latest_judgements(quality: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The last judgement of every check on every table, as rows of DATA_QUALITY."""
    return _in_order(quality, register).unique(JUDGED, keep="last", maintain_order=True).select(quality.columns)


def _in_order(quality: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Judgements in the order in which they count: by the month of what was judged, then by when that came in.

    One that was put back counts from then. Of deliveries that came in together that of the later month counts, also
    when a run that fell back judged an older one after it: what was refused still stands.
    """
    arrived = register.select("delivery_id", "registered_at").unique("delivery_id", keep="last", maintain_order=True)
    month = pl.col("delivery_month").dt.strftime("%Y-%m")
    return (
        quality.join(arrived, on="delivery_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce(pl.col("delivery_id").str.extract(_MONTH_OF_DELIVERY), month).alias("delivered_in"),
            pl.coalesce("registered_at", "judged_at").alias("arrived_at"),
        )
        .sort(_ORDER)
    )
