"""How much of a delivery may be set apart (D02-limit), whatever the reason: what is set apart is in no figure.

Which rows are set apart is decided in ``intake/quarantine.py``; here only whether so much is left out that what remains
is no answer any more.
"""

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, ClaimsView, DeliveryView, holds_on, valid_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule, has_money, row_amount
from warehouse.tables.deliveries import KINDS
from wlz.known.pack_checks import find_without_role
from wlz.known.reference import nearest_code
from wlz.words.large_frames import as_text

LARGEST = 10  # codes named
_KEY = ("zorgkantoor_code", "prestatiecode", "unit_code")
_BY_CODE = {"prestatie": "largest", "unit": "in_unit", "ended": "ended"}  # why → part of the sentence that lists codes


def measure_set_apart(view: DeliveryView) -> pl.DataFrame:
    """Where more of the euro is set apart than the assumptions allow, for every reason; the coarsest level only.

    Levels: the delivery, an uitvoerder, then a group of prestaties or a unit. Euro without sign, of all rows delivered;
    rows for a kind without euro.
    """
    apart = view.quarantined
    if apart is None or apart.is_empty():
        return keep_largest(pl.DataFrame())
    key = [name for name in _KEY if name in view.table.column_names]
    if "zorgkantoor_code" in key:
        key.append("valid_on")
    summed = _sum_by_key(view, view.rows, key)
    of_apart = _sum_by_key(view, apart, key).rename({"euro": "apart_eur"})
    both = summed.join(of_apart, on=key, how="left", nulls_equal=True) if key else summed.hstack(of_apart)
    placed = _place(view, both.with_columns(pl.col("apart_eur").fill_null(0.0)))
    whole, part = view.assumptions["set_apart_ratio"], view.assumptions["set_apart_group_ratio"]
    for levels in (("delivery",), ("wlz_uitvoerder",), ("prestatiegroep", "list_unit")):
        limit = part if len(levels) > 1 else whole
        known = [level for level in levels if level in ("delivery", *placed.columns)]
        found = (
            pl.concat([_above(placed, level, limit) for level in known], how="diagonal_relaxed")
            if known
            else placed.clear()
        )
        if found.height:
            parts, named = _name_largest(apart, view)
            how_much = "rows" if not has_money(view.table) else "euro"
            wording = pl.concat_str(pl.col("wording"), pl.lit(f" {how_much} {parts}"))
            figures = [pl.lit(codes).alias(name) for name, codes in named.items()]
            at_stake = (
                pl.col("apart").alias("at_stake_eur")
                if has_money(view.table)
                else pl.lit(None, pl.Float64).alias("at_stake_eur")
            )
            return keep_largest(found.with_columns(at_stake, wording, one_each(), *figures, pack=pl.lit(view.pack)))
    return keep_largest(pl.DataFrame())


def _weight(view: DeliveryView) -> pl.Expr:
    """Euro of a row without sign; one for a kind without euro."""
    return row_amount(view.table) if has_money(view.table) else pl.lit(1.0)


def _sum_by_key(view: DeliveryView, rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Euro without sign per zorgkantoor, prestatie, unit and the day on which they are judged, as far as there are."""
    day = [valid_on(view.table).alias("valid_on")] if "valid_on" in key else []
    summed = rows.lazy().select(*(name for name in key if name != "valid_on"), *day, _weight(view).alias("euro"))
    sums = summed.group_by(key).agg(pl.col("euro").sum()) if key else summed.select(pl.col("euro").sum())
    return as_text(sums.collect())


def _place(view: DeliveryView, summed: pl.DataFrame) -> pl.DataFrame:
    """The sums with uitvoerder, and group and unit of the list; empty where a code has none."""
    if "valid_on" in summed.columns:
        crosswalk = view.crosswalk.select(CROSSWALK_COLUMNS).join(
            view.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio"
        )
        where = summed.select("zorgkantoor_code", "valid_on").unique()
        places = where.join(crosswalk, on="zorgkantoor_code").filter(holds_on(pl.col("valid_on")))
        keyed = places.select("zorgkantoor_code", "valid_on", "wlz_uitvoerder")
        summed = summed.join(keyed, on=["zorgkantoor_code", "valid_on"], how="left")
    if "prestatiecode" in summed.columns:
        groups = view.prestaties.select("prestatiecode", "prestatiegroep", pl.col("unit_code").alias("list_unit"))
        summed = summed.join(groups, "prestatiecode", how="left")
    return summed


def _above(placed: pl.DataFrame, level: str, limit: float) -> pl.DataFrame:
    """The members of a level of which more than the limit is set apart."""
    name = pl.lit("delivery") if level == "delivery" else pl.col(level)
    summed = placed.group_by(name.alias("member")).agg(pl.col("euro", "apart_eur").sum()).drop_nulls("member")
    found = summed.with_columns(apart_ratio=pl.col("apart_eur") / pl.col("euro")).filter(pl.col("apart_ratio") > limit)
    column = {"delivery": [], "list_unit": [pl.col("member").alias("unit_code")]}
    return found.select(
        *column.get(level, [pl.col("member").alias(level)]),
        pl.col("apart_eur").alias("apart"),
        pl.col("euro").alias("total"),
        "apart_ratio",
        wording=pl.lit("unit" if level == "list_unit" else level),
    )


def _name_largest(apart: pl.DataFrame, view: DeliveryView) -> tuple[str, dict[str, list[dict[str, object]]]]:
    """What has most euro set apart, by why: parts of the sentence that tell it, and their figures.

    Codes one by one: an unknown one with the known one most like it, one in a unit that is not allowed with both
    units, and those that have ended. Any other reason as a whole, under its wording.
    """
    units = dict(view.prestaties.select("prestatiecode", "unit_code").iter_rows())
    by_code = apart.filter(pl.col("wording").is_in(list(_BY_CODE)))
    named: dict[str, list[dict[str, object]]] = {part: [] for part in _BY_CODE.values()}
    if by_code.height:
        has_unit = "unit_code" in apart.columns
        unit = pl.when(pl.col("wording") == "unit").then("unit_code" if has_unit else pl.lit(None)).alias("unit")
        summed = by_code.group_by("prestatiecode", "wording", unit).agg(_weight(view).sum().alias("euro"))
        order = summed.sort("euro", "prestatiecode", "unit", descending=[True, False, False], nulls_last=True)
        for code, why, delivered, euro in (
            order.head(LARGEST).select("prestatiecode", "wording", "unit", "euro").iter_rows()
        ):
            one: dict[str, object] = {"code": _as_read(code), "euro": euro}
            if why == "unit":
                one |= {"unit": delivered or "-", "list_unit": units.get(code) or "-"}
            elif why == "prestatie":
                one |= {"nearest": nearest_code(code, sorted(units)) or "-"}
            named[_BY_CODE[why]].append(one)
    others = apart.filter(~pl.col("wording").is_in(list(_BY_CODE))).group_by("wording")
    for why, euro, count in others.agg(_weight(view).sum(), pl.len().alias("count")).sort("wording").iter_rows():
        named[why] = [{"euro": euro, "count": count}]
    told = {name: codes for name, codes in named.items() if codes}
    return " ".join(told), told


def _as_read(code: str | None) -> str:
    """A code as people see it: one with blanks around it in quotes."""
    return "-" if code is None else code if code == code.strip() else repr(code)


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
        title="too much set apart",
        why="A row set apart is in no figure: above a small share what remains looks like room in the kader.",
        kinds=tuple(KINDS),
        severity="block",
        metrics=measure_set_apart,
        expectation=NO_FINDINGS,
        expected="at most set_apart_ratio of a delivery or uitvoerder, and set_apart_group_ratio of a group or unit, "
        "set apart",
        cause="a list of codes older than the delivery, codes spelt in another way, or a column with another sign or "
        "unit",
        action=REFUSED,
        next_step="import a newer list: wlz reference import FILE --into PACK, then wlz reference check PACK; or have "
        "codes, units or amounts mended",
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
