"""What is amiss in a pack of code lists, by itself and held against claims. Frames in, one row per remark out."""

from collections.abc import Collection, Mapping
from datetime import date

import polars as pl

from wlz.known.reference import CRISIS, MEERZORG, Reference, nearest_code
from wlz.words.units import conversion_factor

ROLE_WORDS = {
    MEERZORG: r"^ZMZ|meerzorg",
    CRISIS: r"^\S+ crisisopvang",
}  # in a code, or the description behind it
REMARKS: dict[str, pl.DataType] = {
    "kind": pl.String(), "prestatiecode": pl.String(), "euro": pl.Float64(), "remark": pl.String()
}  # fmt: skip


def check_lists(
    codes: pl.DataFrame, validity: pl.DataFrame, roles: pl.DataFrame, successors: pl.DataFrame
) -> pl.DataFrame:
    """A pack by itself: kind, prestatiecode, euro (empty here), remark. No rows when nothing is amiss.

    `without unit`, `twice`, `no validity`, `unknown` (in roles or successors), a `successor` that cannot be one,
    `shares` above 1, `proposed` successors that nobody confirmed, `ended` codes without one.
    """
    found: list[tuple[str, str, None, str]] = []
    known = codes["prestatiecode"]
    for code in codes.filter(pl.col("unit_code").is_null())["prestatiecode"]:
        found.append(("without unit", code, None, "is set apart until a list says its unit"))
    for code in known.filter(known.is_duplicated()).unique().sort():
        found.append(("twice", code, None, "stands in prestaties.csv more than once"))
    for code in sorted(set(known) - set(validity["prestatiecode"])):
        found.append(("no validity", code, None, "has no row in validity.csv: taken as open"))
    for name, column in (("roles.csv", roles["prestatiecode"]), ("successors.csv", successors["prestatiecode"]),
                         ("successors.csv", successors["successor"])):  # fmt: skip
        for code in sorted(set(column) - set(known)):
            found.append(("unknown", code, None, f"stands in {name} and not in prestaties.csv"))
    for old, new in successors.filter(state="confirmed").select("prestatiecode", "successor").iter_rows():
        if {old, new} <= set(known) and (fault := fault_of_link(old, new, codes, successors)):
            found.append(("successor", old, None, f"goes on as {new}, but the list {fault}"))
    confirmed = successors.filter(state="confirmed").group_by("prestatiecode").agg(pl.col("share").sum())
    for code, share in confirmed.filter(pl.col("share") > 1 + 1e-9).sort("prestatiecode").iter_rows():
        found.append(("shares", code, None, f"the shares of what goes on for it are {share:.3f} together"))
    proposed = successors.filter(state="proposed").join(confirmed, on="prestatiecode", how="anti")
    for code, others in (
        proposed.group_by("prestatiecode").agg(pl.col("successor").sort()).sort("prestatiecode").iter_rows()
    ):
        words = f"{', '.join(others)} proposed; Next: wlz reference confirm PACK {code} {others[0]} --share …"
        found.append(("proposed", code, None, words))
    ended = validity.group_by("prestatiecode").agg(pl.col("valid_to").has_nulls().not_().alias("is_ended"))
    for code in ended.filter("is_ended").join(successors, on="prestatiecode", how="anti")["prestatiecode"].sort():
        found.append(("ended", code, None, "has ended and nothing is named that goes on for it"))
    return pl.DataFrame(found, schema=REMARKS, orient="row")


def fault_of_link(old: str, new: str, codes: pl.DataFrame, successors: pl.DataFrame) -> str:
    """Why one code cannot go on for another, with what next; empty when it can.

    In: prestaties.csv and successors.csv. A code that the list does not know, two units (the share counts volume, which
    carries over as it is), and a way back: a confirmed row, or a chain of them, from the new code to the old one.
    """
    units: Mapping[str, str | None] = dict(codes.select("prestatiecode", "unit_code").iter_rows())
    for code in (old, new):
        if code not in units:
            near = nearest_code(code, sorted(units))
            like = f"; closest known {near}" if near else ""
            return f"does not know {code}{like}. Next: mend the code, or import a list that holds it"
    if units[old] != units[new]:
        counted = " and ".join(f"{code} in {units[code] or 'no unit'}" for code in (old, new))
        return (
            f"counts {counted}: volume carries over only in one unit. Next: name a code of the same unit, or mend the "
            "unit in prestaties.csv"
        )
    if (row := _find_way_back(old, new, successors)) is not None:
        number, start, end = row
        return (
            f"says in successors.csv, row {number}, that {start} goes on as {end}; {old} → {new} would make a circle. "
            "Next: take that row out, or leave this one"
        )
    return ""


def _find_way_back(old: str, new: str, successors: pl.DataFrame) -> tuple[int, str, str] | None:
    """The row (number in the file, code, successor) by which the new code comes back to the old one; None without."""
    rows = successors.with_row_index("row", offset=2).filter(state="confirmed")
    rows = rows.filter(~((pl.col("prestatiecode") == old) & (pl.col("successor") == new)))
    reached, waiting = {new}, [new]
    while waiting:
        code = waiting.pop()
        for number, successor in rows.filter(prestatiecode=code).select("row", "successor").iter_rows():
            if successor == old:
                return number, code, successor
            if successor not in reached:
                reached.add(successor)
                waiting.append(successor)
    return None


def check_claims(lists: Reference, claims: pl.DataFrame, last_year: int) -> pl.DataFrame:
    """A pack held against claims: `unknown`, `ended`, `unit`, `no role`, `newer`, each with its euro, largest first.

    In: `claims` with prestatiecode, unit_code, care_month and euro without sign, added up as fine as you like.
    """
    known: Collection[str] = sorted(lists.known_codes)
    units: Mapping[str, str] = dict(lists.prestaties.select("prestatiecode", "unit_code").iter_rows())
    ended, found = lists.ended, []
    for code, euro in _sum(claims.filter(~pl.col("prestatiecode").is_in(known)), "prestatiecode"):
        nearest = nearest_code(code, known)
        near = f"; closest known {nearest}" if nearest else ""
        found.append(("unknown", code, euro, f"is not in the list{near}"))
    last_day = pl.col("prestatiecode").replace_strict(ended, default=None, return_dtype=pl.Date)
    for code, euro in _sum(claims.filter(pl.col("care_month") > last_day), "prestatiecode"):
        found.append(("ended", code, euro, f"ended on {ended[code]} and is claimed after that"))
    for code, unit, euro in _sum(claims.filter(pl.col("prestatiecode").is_in(known)), "prestatiecode", "unit_code"):
        if unit not in lists.known_units or conversion_factor(unit, units[code]) is None:
            found.append(("unit", code, euro, f"is claimed in unit {unit}; the list counts it in {units[code]}"))
    per_code = claims.group_by("prestatiecode").agg(pl.col("euro").sum())
    for code, role, euro in find_without_role(lists.prestaties, per_code).iter_rows():
        found.append(("no role", code, euro, f"looks like {role} and has no such role in roles.csv"))
    newer = claims.filter(pl.col("care_month") > date(last_year, 12, 31))["euro"].sum()
    if newer:
        found.append(("newer", "", float(newer), f"of care after {last_year}, the last year the list vouches for"))
    order = pl.DataFrame(found, schema=REMARKS, orient="row")
    return order.sort("euro", "kind", "prestatiecode", descending=[True, False, False])


def find_without_role(prestaties: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Codes with claims that look like a role they do not have: prestatiecode, role, euro; the largest first.

    In: `prestaties` of a year (with is_crisis, is_meerzorg), `claims` (prestatiecode, euro). A code looks like a role
    by its first letters or the description in the list; nothing else is read from a code.
    """
    described = claims.join(
        prestaties.select("prestatiecode", "description", *(f"is_{role}" for role in ROLE_WORDS)),
        on="prestatiecode",
        how="left",
    ).with_columns(words=pl.concat_str("prestatiecode", pl.lit(" "), pl.col("description").fill_null("")))
    found = [
        described.filter(
            pl.col("words").str.contains(f"(?i){words}"), ~pl.col(f"is_{role}").fill_null(False), pl.col("euro") > 0
        ).select("prestatiecode", pl.lit(role).alias("role"), "euro")
        for role, words in ROLE_WORDS.items()
    ]
    return pl.concat(found).sort("euro", "prestatiecode", descending=[True, False])


def _sum(claims: pl.DataFrame, *by: str) -> list[tuple]:  # type: ignore[type-arg]
    summed = claims.group_by(by).agg(pl.col("euro").sum())
    return list(summed.sort("euro", *by, descending=[True, *[False] * len(by)]).iter_rows())
