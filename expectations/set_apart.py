"""How much of a delivery may be set apart (D02-limit): rows of codes that no list knows, or that have ended.

Which rows are set apart is decided in ``intake/quarantine.py``; here only whether so much is left out that what remains
is no answer any more.
"""

import polars as pl

from expectations.intake.quarantine import UNKNOWN_CODE
from expectations.judging.delivery_view import CROSSWALK_COLUMNS, ClaimsView, DeliveryView, holds_on, valid_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule, row_amount
from warehouse.tables.deliveries import KINDS
from wlz.known.pack_checks import find_without_role
from wlz.known.reference import nearest_code
from wlz.words.large_frames import as_text

LARGEST = 10  # codes named
_KEY = ("zorgkantoor_code", "prestatiecode", "unit_code")


def measure_set_apart(view: DeliveryView) -> pl.DataFrame:
    """Where more of the euro is set apart for its codes than the assumptions allow; the coarsest level only.

    Levels: the delivery, an uitvoerder, then a group of prestaties or a unit. Euro without sign, of all rows delivered.
    """
    apart = pl.DataFrame() if view.quarantined is None else view.quarantined
    if apart.is_empty() or apart.filter(check_id=UNKNOWN_CODE).is_empty():
        return keep_largest(pl.DataFrame())
    apart = apart.filter(check_id=UNKNOWN_CODE)
    summed = _sum_by_key(view, view.rows).join(
        _sum_by_key(view, apart).rename({"euro": "apart_eur"}), on=[*_KEY, "valid_on"], how="left", nulls_equal=True
    )
    placed = _place(view, summed.with_columns(pl.col("apart_eur").fill_null(0.0)))
    parts, named = _name_largest(apart, view)
    whole, part = view.assumptions["set_apart_ratio"], view.assumptions["set_apart_group_ratio"]
    for levels in (("delivery",), ("wlz_uitvoerder",), ("prestatiegroep", "unit")):
        limit = part if len(levels) > 1 else whole
        found = pl.concat([_above(placed, level, limit) for level in levels], how="diagonal_relaxed")
        if found.height:
            wording = pl.concat_str(pl.col("wording"), pl.lit(" "), pl.lit(parts))
            figures = [pl.lit(codes).alias(name) for name, codes in named.items()]
            return keep_largest(found.with_columns(wording, one_each(), *figures, pack=pl.lit(view.pack)))
    return keep_largest(pl.DataFrame())


def _sum_by_key(view: DeliveryView, rows: pl.DataFrame) -> pl.DataFrame:
    """Euro without sign per zorgkantoor, prestatie, unit and the day on which they are judged."""
    amount = row_amount(view.table).alias("euro")
    summed = rows.lazy().select(*_KEY, valid_on(view.table).alias("valid_on"), amount)
    return as_text(summed.group_by(*_KEY, "valid_on").agg(pl.col("euro").sum()).collect())


def _place(view: DeliveryView, summed: pl.DataFrame) -> pl.DataFrame:
    """The sums with uitvoerder, and group and unit of the list; empty where a code has none."""
    crosswalk = view.crosswalk.select(CROSSWALK_COLUMNS).join(
        view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio"
    )
    where = summed.select("zorgkantoor_code", "valid_on").unique()
    places = where.join(crosswalk, on="zorgkantoor_code").filter(holds_on(pl.col("valid_on")))
    keyed = places.select("zorgkantoor_code", "valid_on", "wlz_uitvoerder")
    groups = view.prestaties.select("prestatiecode", "prestatiegroep", pl.col("unit_code").alias("list_unit"))
    return summed.join(keyed, on=["zorgkantoor_code", "valid_on"], how="left").join(groups, "prestatiecode", how="left")


def _above(placed: pl.DataFrame, level: str, limit: float) -> pl.DataFrame:
    """The members of a level of which more than the limit is set apart."""
    name = {"delivery": pl.lit("delivery"), "unit": pl.col("list_unit")}.get(level, pl.col(level))
    summed = placed.group_by(name.alias("member")).agg(pl.col("euro", "apart_eur").sum()).drop_nulls("member")
    found = summed.with_columns(apart_ratio=pl.col("apart_eur") / pl.col("euro")).filter(pl.col("apart_ratio") > limit)
    column = {"delivery": [], "unit": [pl.col("member").alias("unit_code")]}.get(level, [pl.col("member").alias(level)])
    return found.select(
        *column,
        pl.col("apart_eur").alias("at_stake_eur"),
        pl.col("euro").alias("total_eur"),
        "apart_ratio",
        wording=pl.lit(level),
    )


def _name_largest(apart: pl.DataFrame, view: DeliveryView) -> tuple[str, dict[str, list[dict[str, object]]]]:
    """The codes with most euro set apart by why: parts of the sentence that tell them, and the figures of those.

    An unknown code with the known one most like it, one in a unit that is not allowed with both units, and those that
    have ended.
    """
    units = dict(view.prestaties.select("prestatiecode", "unit_code").iter_rows())
    unit = pl.when(pl.col("wording") == "unit").then("unit_code").alias("unit")
    summed = apart.group_by("prestatiecode", "wording", unit).agg(row_amount(view.table).sum().alias("euro"))
    order = summed.sort("euro", "prestatiecode", "unit", descending=[True, False, False], nulls_last=True).head(LARGEST)
    named: dict[str, list[dict[str, object]]] = {"largest": [], "in_unit": [], "ended": []}
    for code, why, delivered, euro in order.select("prestatiecode", "wording", "unit", "euro").iter_rows():
        one = {"code": code, "euro": euro}
        if why == "unit":
            named["in_unit"].append(one | {"unit": delivered or "-", "list_unit": units.get(code) or "-"})
        elif why == "ended":
            named["ended"].append(one)
        else:
            named["largest"].append(one | {"nearest": nearest_code(code, sorted(units)) or "-"})
    told = {name: codes for name, codes in named.items() if codes}
    first = "found" if "largest" in told else "apart"
    return " ".join([first, *(name for name in told if name != "largest")]), told


def measure_roles(view: ClaimsView) -> pl.DataFrame:
    """Claims under codes that look like meerzorg or crisis beds and have no such role in the list."""
    summed = view.by_provider.lazy().group_by("prestatiecode").agg(pl.col("amount_eur").abs().sum().alias("euro"))
    found = find_without_role(view.prestaties, as_text(summed.collect()))
    return keep_largest(
        found.select("prestatiecode", "role", one_each(), pl.col("euro").alias("at_stake_eur"), pack=pl.lit(view.pack))
    )


RULES = (
    Rule(
        check_id="D02-limit",
        title="euro set apart for unknown or ended codes",
        why="A row set apart is in no figure: above a small share what remains looks like room in the kader.",
        kinds=tuple(
            kind for kind, table in KINDS.items() if {*_KEY, "amount_eur"} <= set(table.column_names)
        ),
        severity="block",
        metrics=measure_set_apart,
        expectation=NO_FINDINGS,
        expected="at most set_apart_ratio of a delivery or uitvoerder, and set_apart_group_ratio of a group or unit, "
        "set apart",
        cause="a list of codes older than the delivery, or codes spelt in another way",
        action=REFUSED,
        next_step="import a newer list: wlz reference import FILE --into PACK, then wlz reference check PACK; or have "
        "the codes or units mended",
    ),
    Rule(
        check_id="D02-roles",
        title="codes without their role",
        why="Meerzorg that has no role is forecast like any series and loses what is settled beside the claims.",
        kinds=("declaraties",),
        severity="warn",
        metrics=measure_roles,
        expectation=NO_FINDINGS,
        expected="a role in the list for every code that looks like meerzorg or a crisis bed",
        cause="a code that is newer than the roles of the list",
        action="The claims count as ordinary care; nothing is added for what is settled outside them",
        next_step="add the code to roles.csv of the list, with the reason; wlz reference check PACK names them",
    ),
)  # fmt: skip
