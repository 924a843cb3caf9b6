"""Table of what became of every delivered row and euro: it adds up to what was delivered, or says that it does not."""

from decimal import Decimal

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.tables.beyond import make_columns, make_table
from reports.tables.table import Table

MART = "delivery_balance"
LOST = "unexplained"


def build_balance(facts: Facts, language: Language) -> Table:
    """Deliveries the advice rests on or that came in its month, one by one; older ones of a kind together.

    Empty for an advice published before it was recorded.
    """
    columns = make_columns(
        language,
        MART,
        ("kind", "text", 0),
        ("delivery_id", "text", 0),
        ("fate", "text", 0),
        ("fate_rule", "text", 0),
        ("fate_rows_count", "number", 0),
        ("fate_eur", "mln", 1),
    )
    used = facts.of("advice_provenance").filter(pl.col("input_name").is_in(facts.marts[MART]["kind"].implode()))
    is_new = pl.col("delivered_month") == facts.delivery_month
    is_shown = is_new | pl.col("delivery_id").is_in(used["input_version"].implode()) | (pl.col("fate") == LOST)
    shown = facts.marts[MART].with_columns(is_older=~is_shown)
    one = pl.when("is_older").then(pl.lit("")).otherwise("delivery_id").alias("one")
    euro = pl.when(pl.col("fate_eur").count() > 0).then(pl.col("fate_eur").sum())
    summed = shown.group_by("kind", "is_older", one, "fate", "fate_rule").agg(
        pl.col("fate_rows_count").sum(), euro.alias("fate_eur"), pl.col("delivery_id").n_unique().alias("count")
    )
    rows = summed.sort("kind", "is_older", "one", "fate", "fate_rule", descending=[False, False, False, True, False])
    named = [
        language.say("tables.balance_older", count=language.number(count)) if is_older else name
        for is_older, name, count in rows.select("is_older", "one", "count").iter_rows()
    ]
    told = rows.with_columns(
        pl.Series("delivery_id", named, dtype=pl.String),
        pl.Series("fate", [language.say(f"tables.fate_{name}") for name in rows["fate"]], dtype=pl.String),
        pl.Series("fate_rule", [language.say(f"tables.rule_{name}") for name in rows["fate_rule"]], dtype=pl.String),
    )
    return make_table("balans", language, columns, told, source=MART)


def say_balance(facts: Facts, language: Language) -> str:
    """Whether it adds up; for an advice without a balance that there is none."""
    balance = facts.marts[MART]
    if balance.is_empty():
        return language.say("tables.balance_none")
    lost = balance.filter(fate=LOST)
    if lost.height:
        amount = language.euro(lost["fate_eur"].abs().sum() or Decimal(0))
        return language.say(
            "tables.balance_lost", rows=language.number(lost["fate_rows_count"].abs().sum()), amount=amount
        )
    rows, count = balance["fate_rows_count"].sum(), balance["delivery_id"].n_unique()
    return language.say("tables.balance_adds_up", rows=language.number(rows), count=language.number(count))
