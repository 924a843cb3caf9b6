"""Wlz-uitvoerders on a day: which region is of which, and whom a delivered name means.

Here: the dated lists as frames, joined. Not here: reading and checking the files (`warehouse/dated_lists.py`),
zorgkantoor code → region (`wlz/series.py`), and which day counts for an advice (`Round.placed_on`).
"""

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

import polars as pl

from wlz.words.vocabulary import PLACE

MATCHES = ("name", "alias", "code")  # how a delivered name was understood, in the order they are tried
VERY_LIKE = 0.8  # one letter in five or more: likely a slip
NAMES_SCHEMA = {"name": pl.String(), "wlz_uitvoerder": pl.String(), "matched_by": pl.String()}


def known_on(day: date) -> pl.Expr:
    """Whether a dated row holds on a day: from valid_from up to, not including, valid_to; empty while it holds."""
    return (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))


def place_regions(regions: pl.DataFrame, region_uitvoerders: pl.DataFrame, day: date) -> pl.DataFrame:
    """The regions with `wlz_uitvoerder`, the one that runs each on a day. One row in, one row out.

    In: `regions` (zorgkantoorregio and more); `region_uitvoerders` (zorgkantoorregio, wlz_uitvoerder, valid_from,
    valid_to), without gaps. A day before the list begins counts as its first.

    >>> held = pl.DataFrame({"zorgkantoorregio": ["Twente"], "wlz_uitvoerder": ["Menzis"],
    ...     "valid_from": [date(2015, 1, 1)], "valid_to": pl.Series([None], dtype=pl.Date)})
    >>> place_regions(held.select("zorgkantoorregio"), held, date(2018, 5, 1))["wlz_uitvoerder"].item()
    'Menzis'
    """
    first: date = region_uitvoerders["valid_from"].min()  # type: ignore[assignment]
    of_day = region_uitvoerders.filter(known_on(max(day, first))).select("zorgkantoorregio", "wlz_uitvoerder")
    return regions.join(of_day, on="zorgkantoorregio", how="left", maintain_order="left")


def name_uitvoerders(regions: pl.DataFrame, aliases: pl.DataFrame, crosswalk: pl.DataFrame, day: date) -> pl.DataFrame:
    """Every name by which an uitvoerder can be meant on a day: NAMES_SCHEMA, each name once.

    In: `place_regions` of the day; `aliases` (wlz_uitvoerder, alias, valid_from, valid_to); `crosswalk`, dated. A name
    of its own goes before an alias, an alias before the code of one of its zorgkantoren. An alias of an uitvoerder
    that runs no region on the day means nobody. Names are as `fold` writes them.
    """
    own = regions.select(pl.col("wlz_uitvoerder").alias("name"), "wlz_uitvoerder").unique()
    known = aliases.filter(known_on(day)).select(pl.col("alias").alias("name"), "wlz_uitvoerder")
    codes = crosswalk.filter(known_on(day)).join(regions.select(PLACE), on="zorgkantoorregio")
    found = [
        own,
        known.join(own, on="wlz_uitvoerder", how="semi"),
        codes.select(pl.col("zorgkantoor_code").alias("name"), "wlz_uitvoerder"),
    ]
    named = [frame.sort("name").with_columns(matched_by=pl.lit(how)) for frame, how in zip(found, MATCHES, strict=True)]
    folded = pl.concat(named).with_columns(fold("name"))
    return folded.unique("name", keep="first", maintain_order=True).select(*NAMES_SCHEMA)


def fold(name: str) -> pl.Expr:
    """A column of names without case and without space at the ends or twice: spellings that are one name."""
    return pl.col(name).str.strip_chars().str.replace_all(r"\s+", " ").str.to_lowercase()


def match_uitvoerders(rows: pl.DataFrame, names: pl.DataFrame, key: Sequence[str] = ()) -> pl.DataFrame:
    """Delivered rows by the uitvoerder their name means. One row in, one row out: none is lost.

    In: rows with `wlz_uitvoerder` as delivered; `name_uitvoerders`. Out: the same columns, with the uitvoerder meant
    (empty where the name means nobody), `delivered_name`, `matched_by`, and `is_used`: false where it means nobody,
    and where another row of the same `key` means the same uitvoerder and was matched by something nearer (`MATCHES`).
    """
    delivered = rows.rename({"wlz_uitvoerder": "delivered_name"}).with_columns(fold("delivered_name").alias("name"))
    matched = delivered.join(names, on="name", how="left", maintain_order="left").drop("name")
    nearest = pl.col("matched_by").replace_strict(list(MATCHES), [0, 1, 2], default=None, return_dtype=pl.Int32)
    order = pl.struct(nearest, "delivered_name").rank("ordinal").over(*key, "wlz_uitvoerder")
    is_used = pl.col("wlz_uitvoerder").is_not_null() & (order == 1)
    return matched.with_columns(is_used.alias("is_used")).select(
        *rows.columns, "delivered_name", "matched_by", "is_used"
    )


def closest_name(written: str, names: pl.DataFrame, likeness: float = 0.6) -> str | None:
    """The uitvoerder whose name is most like what was written; None when none is like it."""
    own = {name: whose for name, whose, how in names.iter_rows() if how != "code"}
    return next((own[name] for name in get_close_matches(written.casefold(), own, 1, likeness)), None)


def ask_about_names(held: pl.DataFrame, shipped: pl.DataFrame, aliases: pl.DataFrame) -> list[str]:
    """New names of uitvoerders that are very like another one: a question about each, with its row in the list.

    In: `held` and `shipped` (zorgkantoorregio, wlz_uitvoerder), the list of a pack and that of the project; `aliases`
    (wlz_uitvoerder, alias): a new name with the old one for an alias is meant, and not asked about. Of two names that
    are alike the one that the project does not have is new, else the one of fewer rows.
    """
    rows = dict(held.group_by("wlz_uitvoerder").agg(pl.len()).iter_rows())
    official = set(shipped["wlz_uitvoerder"])
    weight = {name: (name in official, rows.get(name, 0)) for name in {*rows, *official}}
    meant = set(aliases.select("wlz_uitvoerder", fold("alias")).iter_rows())
    found = []
    for name in held["wlz_uitvoerder"].unique(maintain_order=True):
        older = [one for one in sorted(weight) if weight[one] > weight[name] and (name, one.lower()) not in meant]
        names = pl.DataFrame([(one.lower(), one, "name") for one in older], schema=NAMES_SCHEMA, orient="row")
        if (like := closest_name(name, names, VERY_LIKE)) is not None:
            row = held["wlz_uitvoerder"].index_of(name)
            found.append(f"row {2 + (row or 0)}: new name {name!r}, like {like!r}: is it the same uitvoerder?")
    return found


def places_of(utilisation: pl.DataFrame) -> pl.DataFrame:
    """The regions of an advice and who runs them, as it says itself: wlz_uitvoerder, zorgkantoorregio.

    In: UTILISATION, any scenarios.
    """
    return utilisation.filter(pl.col("level") == "region").select(PLACE).unique().sort(PLACE)


def list_moves(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Regions that are of another uitvoerder after than before: zorgkantoorregio, `receiver`, `giver`, by region.

    In: two frames with wlz_uitvoerder and zorgkantoorregio. A region that only one of them names did not move.
    """
    of_both = (
        before.select(PLACE)
        .unique()
        .join(after.select("zorgkantoorregio", receiver="wlz_uitvoerder").unique(), on="zorgkantoorregio")
    )
    moved = of_both.filter(pl.col("wlz_uitvoerder") != pl.col("receiver"))
    return moved.select("zorgkantoorregio", "receiver", giver="wlz_uitvoerder").sort("zorgkantoorregio")


def changed_hands(before: pl.DataFrame, after: pl.DataFrame) -> list[str]:
    """Uitvoerders that gained or lost a region between two frames of `list_moves`: no figure of theirs compares."""
    moves = list_moves(before, after)
    return sorted({*moves["giver"], *moves["receiver"]})


def find_renames(before: pl.DataFrame, after: pl.DataFrame, names: pl.DataFrame) -> dict[str, str]:
    """Uitvoerders that only have another name after than before: old name → new name.

    In: two frames with wlz_uitvoerder; `names` of the later one. The old name runs nothing any more and means, as an
    alias, an uitvoerder that did not exist before. Two that became one are no rename: there a region moved.
    """
    old, new = set(before["wlz_uitvoerder"]), set(after["wlz_uitvoerder"])
    gone = pl.DataFrame({"wlz_uitvoerder": sorted(old - new)}, schema={"wlz_uitvoerder": pl.String})
    meant = match_uitvoerders(gone, names).filter(pl.col("wlz_uitvoerder").is_in(sorted(new - old)))
    single = meant.filter(pl.col("wlz_uitvoerder").is_unique())
    return dict(single.select("delivered_name", "wlz_uitvoerder").iter_rows())
