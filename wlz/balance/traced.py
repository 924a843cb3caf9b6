"""How rows of a delivery are told apart: a fate and a rule for each, rows and euro of both added up.

Not here: which rule holds for which kind (`claims.py`, `amounts.py`, `agreed.py`), and deliveries beside each other
(`balance.py`).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from wlz.words.vocabulary import CENTS, MONEY

USED, SET_APART, SUPERSEDED, LEFT_OUT, UNEXPLAINED = "used", "set_apart", "superseded", "left_out", "unexplained"
TRACED_SCHEMA: dict[str, pl.DataType] = {
    "fate": pl.String(),
    "fate_rule": pl.String(),
    "rows_count": pl.Int64(),
    "amount_eur": MONEY,
}
# By which rule, or for what: the closed list. In words: docs/explanation/balance.md and the pages.
FATE_RULES = {
    USED: (
        *("claims_of_the_year", "claims_of_other_years", "sums_only", "lag_history", "year_ago"),
        *("price", "crisisbedden", "meerzorg", "carried_forward", "share_of_late_claims", "growth"),
        *("kader_of_the_year", "kader_of_the_year_after", "stands", "months_of_the_year", "months_before"),
    ),
    SET_APART: ("quarantine",),
    SUPERSEDED: ("newer_file",),
    LEFT_OUT: (
        *("refused", "after_cut_off", "newer_delivery", "checks_only", "bridge_only"),
        *("other_year", "other_budget_year", "earlier_stand", "incomplete_month", "region_ended", "older_months"),
        *("claims_first", "derived_first", "months_completed", "year_before_unknown", "too_few_months"),
        *("no_series", "no_claims", "other_prestatie", "not_declared", "no_scenario"),
        *("unit_not_convertible", "another_unit_first", "not_positive", "unknown_uitvoerder", "named_twice"),
    ),
    UNEXPLAINED: (UNEXPLAINED,),
}
# The one column, or the two, that hold the euro of a kind; kinds that are not here hold none that can be added.
AMOUNT_COLUMNS = {
    "declaraties": ("amount_eur",),
    "herschikking": ("amount_eur",),
    "nacalculatie": ("amount_eur",),
    "nacalculatie_totaal": ("settled_eur",),
    "pgb_verleningen": ("granted_eur",),
    "kader": ("zin_budget_eur", "pgb_budget_eur"),
    "overhevelingen": ("amount_eur",),
    "hulpmiddelen": ("amount_eur",),
    "jaarrekeningen": ("zin_cost_eur",),
    "afspraken": ("agreed_revenue_eur",),
    "prognose_uitvraag": ("expected_revenue_eur",),
}


class Fate(NamedTuple):
    """What became of the rows for which `holds`: `fate` is one of the words above, `rule` says by what."""

    fate: str
    rule: str
    holds: pl.Expr


def amount_of(kind: str) -> pl.Expr:
    """Euro of a row of this kind, to the cent; empty for a kind without euro."""
    columns = AMOUNT_COLUMNS.get(kind, ())
    if not columns:
        return pl.lit(None, dtype=MONEY)
    return pl.sum_horizontal(pl.col(name).fill_null(Decimal(0)) for name in columns).cast(MONEY)


def tally(rows: pl.DataFrame, amount: pl.Expr, fates: Sequence[Fate], count: pl.Expr | None = None) -> pl.DataFrame:
    """Rows and euro per fate and rule (TRACED_SCHEMA). Of a row the first that holds; of none: unexplained.

    `count`: the delivered rows that a row stands for; without it one.
    """

    def chosen(what: str) -> pl.Expr:
        named = [pl.when(one.holds.fill_null(False)).then(pl.lit(getattr(one, what))) for one in fates]
        return pl.coalesce([*named, pl.lit(UNEXPLAINED)])

    told = rows.select(
        chosen("fate").alias("fate"),
        chosen("rule").alias("fate_rule"),
        (pl.lit(1) if count is None else count).cast(pl.Int64).alias("rows_count"),
        amount.alias("amount_eur"),
    )
    return add_up(told)


def add_up(told: pl.DataFrame, *by: str) -> pl.DataFrame:
    """One row per fate and rule (of each `by`), sorted; euro are empty where no row has any."""
    key = [*by, "fate", "fate_rule"]
    euro = pl.when(pl.col("amount_eur").count() > 0).then(pl.col("amount_eur").sum())
    summed = told.group_by(key).agg(pl.col("rows_count").sum(), euro.alias("amount_eur"))
    return summed.select(*by, *TRACED_SCHEMA).cast(TRACED_SCHEMA).sort(key)  # type: ignore[arg-type]


def total_eur(amounts: pl.Series) -> Decimal:
    """The sum of a column of euro, exact or float, to the cent; 0 of none."""
    return Decimal(str(amounts.sum() or 0)).quantize(CENTS)


def hold_against(traced: pl.DataFrame, rules: Sequence[str], in_table_eur: Decimal) -> pl.DataFrame:
    """The same with the euro of some rules as a table of the advice has them, rather than as they were delivered.

    What the table lacks (below 0: has too much) is unexplained, and taken off the first rule of these.
    """
    lost = total_eur(traced.filter(pl.col("fate_rule").is_in(rules))["amount_eur"]) - in_table_eur
    if not lost:
        return traced
    moved = [(USED, rules[0], 0, -lost), (UNEXPLAINED, UNEXPLAINED, 0, lost)]
    return add_up(pl.concat([traced, pl.DataFrame(moved, schema=TRACED_SCHEMA, orient="row")]))
