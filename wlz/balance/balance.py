"""Every delivery an advice could see, and what became of its rows and euro: they add up to the delivery, or are told.

Delivered = used + set apart + superseded + left out by a named rule. Here: deliveries beside each other, and what is
left unexplained. Not here: rows of the chosen delivery of each kind (`claims.py`, `amounts.py`, `agreed.py`).
"""

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from wlz.balance.agreed import trace_agreements, trace_settlements, trace_tariffs
from wlz.balance.amounts import trace_aids, trace_grants, trace_indications, trace_kader, trace_lag_shares
from wlz.balance.claims import trace_claims
from wlz.balance.traced import (
    LEFT_OUT,
    SET_APART,
    SUPERSEDED,
    TRACED_SCHEMA,
    UNEXPLAINED,
    USED,
    Fate,
    add_up,
    amount_of,
    tally,
)
from wlz.known.knowledge import Known
from wlz.known.rounds import Round
from wlz.known.stages import Tables
from wlz.words.vocabulary import MONEY

Trace = Callable[[Known, Tables], pl.DataFrame]
TRACES: Mapping[str, Trace] = {
    "declaraties": trace_claims,
    "herschikking": trace_agreements,
    "nacalculatie": trace_settlements,
    "beleidsregelwaarden": trace_tariffs,
    "pgb_verleningen": trace_grants,
    "kader": trace_kader,
    "na_ijl": trace_lag_shares,
    "hulpmiddelen": trace_aids,
    "indicaties": trace_indications,
}
# Kinds that no stage of the line reads: for checks, and the bridge between two advices.
NOT_READ = {
    "overhevelingen": "bridge_only",
    "nacalculatie_totaal": "checks_only",
    "jaarrekeningen": "checks_only",
    "afspraken": "checks_only",
    "prognose_uitvraag": "checks_only",
}
TABLES_READ = ("series_region", "series", "prices", "extra_items", "pgb", "aids", "utilisation", "utilisation_outlook")
LEARNT_FROM, YEAR_AGO = "lag_history", "year_ago"
_DELIVERY = ("delivery_id", "kind", "delivered_month")
BALANCE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(_DELIVERY[:2], pl.String()),
    "delivered_month": pl.Date(),
    "delivered_rows_count": pl.Int64(),
    "delivered_eur": MONEY,
    "fate": pl.String(),
    "fate_rule": pl.String(),
    "fate_rows_count": pl.Int64(),
    "fate_eur": MONEY,
}


def trace_rows(known: Known, tables: Tables, kind: str) -> pl.DataFrame:
    """What became of the rows that were kept of the chosen delivery of a kind (TRACED_SCHEMA); no rows without one.

    In: the tables of TABLES_READ. A row that no rule accounts for and no table holds is unexplained, and so are euro
    that a table lacks.
    """
    if kind in known.missing:
        return pl.DataFrame(schema=TRACED_SCHEMA)
    if kind in NOT_READ:
        return tally(known.read(kind), amount_of(kind), [Fate(LEFT_OUT, NOT_READ[kind], pl.lit(True))])
    return TRACES[kind](known, tables)


def balance_deliveries(
    register: pl.DataFrame,
    chosen: pl.DataFrame,
    advice_round: Round,
    traced: Mapping[str, pl.DataFrame],
    learnt: pl.DataFrame,
) -> pl.DataFrame:
    """Every delivery up to the month of the advice: one row per fate and rule (BALANCE_SCHEMA), sorted.

    In: DELIVERY_REGISTER; `choose_deliveries`; per kind `trace_rows` of the chosen one; `learnt` says of other claims
    deliveries what the advice has of them: delivery_id, `learnt_as`, `learnt_eur`. Rows of a chosen delivery come from
    its trace, of another one by one rule from what the register says. Of kinds whose euro the register does not hold
    the delivered euro are those of the rows, and empty where nobody counted them.
    """
    seen = register.filter(pl.col("delivery_month") <= advice_round.delivery_month)
    whole = _balance_others(seen.join(chosen.select("delivery_id"), on="delivery_id", how="anti"), advice_round, learnt)
    rows = [whole.select("delivery_id", *TRACED_SCHEMA)]
    for kind, delivery_id in chosen.select("kind", "delivery_id").iter_rows():
        rows.append(traced[kind].select(pl.lit(delivery_id).alias("delivery_id"), *TRACED_SCHEMA))
    rows.append(_set_apart(seen.filter(pl.col("delivery_status") != "refused")))
    told = _explain_rest(pl.concat(rows), seen)
    about = seen.select(
        "delivery_id", "kind", delivered_month="delivery_month", delivered_rows_count="rows_count", in_file="amount_eur"
    )
    of_rows = pl.col("amount_eur").sum().over("delivery_id")
    counted = pl.when(pl.col("amount_eur").count().over("delivery_id") > 0).then(of_rows)
    balanced = told.join(about, on="delivery_id", how="left").with_columns(
        pl.coalesce("in_file", counted).cast(MONEY).alias("delivered_eur"),
        fate_rows_count="rows_count",
        fate_eur="amount_eur",
    )
    return balanced.select(BALANCE_SCHEMA.keys()).cast(BALANCE_SCHEMA).sort(*_DELIVERY, "fate", "fate_rule")  # type: ignore[arg-type]


def _balance_others(others: pl.DataFrame, advice_round: Round, learnt: pl.DataFrame) -> pl.DataFrame:
    """Deliveries the advice did not choose: one rule for all rows that were kept of each."""
    cut_offs = {kind: advice_round.cut_off(kind) for kind in others["kind"].unique()}
    cut_off = pl.col("kind").replace_strict(cut_offs, default=None, return_dtype=pl.Date)
    rows = others.join(learnt, on="delivery_id", how="left").with_columns(cut_off.alias("cut_off"))
    is_refused, is_learnt = pl.col("delivery_status") == "refused", pl.col("learnt_as").is_not_null()
    kept_eur = (pl.col("amount_eur") - pl.col("quarantined_eur")).cast(MONEY)
    rule = (
        pl.when(is_refused)
        .then(pl.lit("refused"))
        .when(is_learnt)
        .then("learnt_as")
        .when(pl.col("delivery_status") == "superseded")
        .then(pl.lit("newer_file"))
        .when(pl.col("received_on") > pl.col("cut_off"))
        .then(pl.lit("after_cut_off"))
        .otherwise(pl.lit("newer_delivery"))
    )
    fate = pl.when(is_learnt & ~is_refused).then(pl.lit(USED)).when(rule == "newer_file").then(pl.lit(SUPERSEDED))
    return rows.select(
        "delivery_id",
        fate.otherwise(pl.lit(LEFT_OUT)).alias("fate"),
        rule.alias("fate_rule"),
        pl.when(is_refused).then("rows_count").otherwise(pl.col("rows_count") - pl.col("quarantined_count"))
        .cast(pl.Int64).alias("rows_count"),
        pl.when(is_refused).then("amount_eur").when(is_learnt).then("learnt_eur").otherwise(kept_eur).cast(MONEY)
        .alias("amount_eur"),
    )  # fmt: skip


def _set_apart(deliveries: pl.DataFrame) -> pl.DataFrame:
    apart = deliveries.filter(pl.col("quarantined_count") > 0)
    euro = pl.when(pl.col("amount_eur").is_not_null()).then("quarantined_eur").cast(MONEY)  # known where that is
    return apart.select(
        "delivery_id",
        pl.lit(SET_APART).alias("fate"),
        pl.lit("quarantine").alias("fate_rule"),
        pl.col("quarantined_count").cast(pl.Int64).alias("rows_count"),
        euro.alias("amount_eur"),
    )


def _explain_rest(rows: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """The same with what is left of each delivery as unexplained: rows, and euro where the register holds them."""
    sums = rows.group_by("delivery_id").agg(
        pl.col("rows_count").sum().alias("told_rows"), pl.col("amount_eur").sum().alias("told_eur")
    )
    left = register.select("delivery_id", "rows_count", "amount_eur").join(sums, on="delivery_id", how="left")
    rest = left.select(
        "delivery_id",
        pl.lit(UNEXPLAINED).alias("fate"),
        pl.lit(UNEXPLAINED).alias("fate_rule"),
        (pl.col("rows_count") - pl.col("told_rows").fill_null(0)).cast(pl.Int64).alias("rows_count"),
        (pl.col("amount_eur") - pl.col("told_eur").fill_null(0)).cast(MONEY).alias("amount_eur"),
    )
    is_nothing = (pl.col("rows_count") == 0) & (pl.col("amount_eur").fill_null(0) == 0)
    return add_up(pl.concat([rows, rest]), "delivery_id").filter(~is_nothing | (pl.col("fate") != UNEXPLAINED))


def find_unexplained(balance: pl.DataFrame) -> pl.DataFrame:
    """Deliveries whose rows or euro do not add up, largest amount first. In: BALANCE_SCHEMA; the same columns out."""
    lost = balance.filter(pl.col("fate") == UNEXPLAINED)
    return lost.sort(pl.col("fate_eur").abs(), "delivery_id", descending=[True, False], nulls_last=True)


def measure_learnt(snapshots: pl.DataFrame, year_ago: pl.DataFrame, ids: Mapping[date, str], ago: str) -> pl.DataFrame:
    """What an advice has of earlier claims deliveries: delivery_id, `learnt_as`, `learnt_eur`.

    In: CLAIMS_SNAPSHOT of the history and of a year ago (either without rows), delivery month → id of the history, and
    the id of the delivery of a year ago.
    """
    schema = {"delivery_id": pl.String(), "learnt_as": pl.String(), "learnt_eur": MONEY}
    found = [pl.DataFrame(schema=schema)]
    if not snapshots.is_empty():
        euro = snapshots.group_by("delivery_month").agg(
            pl.col("declared_amount_eur").sum().cast(MONEY).alias("learnt_eur")
        )
        name = pl.col("delivery_month").replace_strict(ids, default=None, return_dtype=pl.String)
        found.append(euro.select(name.alias("delivery_id"), pl.lit(LEARNT_FROM).alias("learnt_as"), "learnt_eur"))
    if not year_ago.is_empty():
        euro_ago = year_ago["declared_amount_eur"].sum()
        found.append(pl.DataFrame([(ago, YEAR_AGO, euro_ago)], schema=schema, orient="row"))
    return pl.concat(found).drop_nulls("delivery_id").unique("delivery_id", keep="first", maintain_order=True)
