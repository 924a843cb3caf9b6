"""Code lists, regions and grow-in of NHC as one object: what an advice knows without any delivery.

A list of codes is input with provenance: which one a run takes is decided in `warehouse/packs.py`, the files are read
in `warehouse/reference.py`. Here only what the lists say together, for the year of an advice.
"""

from collections.abc import Collection, Mapping
from datetime import date
from difflib import SequenceMatcher
from itertools import takewhile
from typing import NamedTuple

import polars as pl

from wlz.known.uitvoerders import name_uitvoerders, place_regions

CRISIS, MEERZORG = "crisis", "meerzorg"
TARIFF_SCHEMA = {
    "year": pl.Int32(), "prestatiecode": pl.String(), "unit_code": pl.String(),
    "max_tariff_excl_eur_per_unit": pl.Float64(), "nhc_full_eur_per_unit": pl.Float64(),
    "nic_full_eur_per_unit": pl.Float64(),
}  # as delivered in beleidsregelwaarden  # fmt: skip
ROLES = (CRISIS, MEERZORG)  # what an advice counts apart; a decision about a code, not a property of it


class Reference(NamedTuple):
    """The lists that do not come with a delivery.

    `prestaties`: one row per code, as `list_codes` gives them; `crosswalk`: zorgkantoor code → region, dated;
    `regions`: region → uitvoerder on the day `placed_on`, for the whole history of an advice; `nhc_growin`: share of
    NHC paid per year; `units`: units of COD218; `successors`: what goes on for a code that ended, many to many
    (prestatiecode, successor, share, state); `region_uitvoerders`: region → uitvoerder, dated; `aliases`: other
    names of uitvoerders, dated; `pack`: where the codes come from; `vouched_until`: the last year that list vouches
    for a code, None where it says none; `tariffs`: maximum tariffs that it holds (TARIFF_SCHEMA), None without any.
    """

    prestaties: pl.DataFrame
    crosswalk: pl.DataFrame
    regions: pl.DataFrame
    nhc_growin: pl.DataFrame
    units: pl.DataFrame
    successors: pl.DataFrame
    region_uitvoerders: pl.DataFrame
    aliases: pl.DataFrame
    placed_on: date
    pack: str = ""
    vouched_until: int | None = None
    tariffs: pl.DataFrame | None = None

    @property
    def names(self) -> pl.DataFrame:
        """Whom a delivered name means on the day `placed_on` (`name_uitvoerders`)."""
        return name_uitvoerders(self.regions, self.aliases, self.crosswalk, self.placed_on)

    def on(self, day: date) -> "Reference":
        """The same lists with the uitvoerders of another day."""
        placed = place_regions(self.regions.drop("wlz_uitvoerder"), self.region_uitvoerders, day)
        return self._replace(regions=placed, placed_on=day)

    @property
    def known_codes(self) -> Collection[str]:
        """Every prestatie the list holds, in force or not."""
        return set(self.prestaties["prestatiecode"])

    @property
    def ended(self) -> Mapping[str, date]:
        """Codes with an end, and their last day with care: only an end judges a month, never a beginning."""
        ended = self.prestaties.drop_nulls("valid_to").select("prestatiecode", "valid_to")
        return dict(ended.iter_rows())

    @property
    def known_units(self) -> Collection[str]:
        """Units that the Wlz allows."""
        return set(self.units.filter("allowed_for_wlz")["unit_code"])


def list_codes(
    codes: pl.DataFrame, validity: pl.DataFrame, roles: pl.DataFrame, successors: pl.DataFrame, year: int
) -> pl.DataFrame:
    """One row per prestatie: what a pack says of it, for an advice about `year`.

    In: `codes` (prestatiecode, description, leveringsvorm, sector, prestatiegroep, unit_code, trust, source);
    `validity` (prestatiecode, valid_from, valid_to: last day with care, empty while open), a code may have several
    rows; `roles` (prestatiecode, role, first_year, last_year of the advices in which it holds, empty: every one);
    `successors` (prestatiecode, successor, share, state). Out: `codes` with is_crisis, is_meerzorg, valid_from,
    valid_to (empty as long as one row is open) and `successor` (the one confirmed with the largest share), by code; a
    code without a unit is left out.

    >>> empty = pl.DataFrame(schema={"prestatiecode": pl.String, "role": pl.String, "first_year": pl.Int64,
    ...     "last_year": pl.Int64, "successor": pl.String, "share": pl.Float64, "state": pl.String})
    >>> codes = pl.DataFrame({"prestatiecode": ["Z025"], "unit_code": ["14"]})
    >>> validity = pl.DataFrame({"prestatiecode": ["Z025"], "valid_from": [date(2015, 1, 1)],
    ...     "valid_to": [date(2018, 12, 31)]})
    >>> list_codes(codes, validity, empty, empty, 2018)["valid_to"].item()
    datetime.date(2018, 12, 31)
    """
    codes = codes.drop_nulls("unit_code")  # without a unit nothing can be counted: as good as unknown
    holds = (pl.col("first_year").fill_null(year) <= year) & (pl.col("last_year").fill_null(year) >= year)
    of_year = roles.filter(holds)
    has = {role: pl.col("prestatiecode").is_in(of_year.filter(role=role)["prestatiecode"].implode()) for role in ROLES}
    periods = validity.group_by("prestatiecode").agg(
        pl.col("valid_from").min(),
        pl.when(pl.col("valid_to").has_nulls()).then(None).otherwise(pl.col("valid_to").max()).alias("valid_to"),
    )
    largest = (
        successors.filter(state="confirmed")
        .sort("share", "successor", descending=[True, False])
        .unique("prestatiecode", keep="first", maintain_order=True)
        .select("prestatiecode", "successor")
    )
    flagged = codes.with_columns(flag.alias(f"is_{role}") for role, flag in has.items())
    joined = flagged.join(periods, on="prestatiecode", how="left").join(largest, on="prestatiecode", how="left")
    return joined.sort("prestatiecode")


def undelivered_tariffs(listed: pl.DataFrame | None, delivered: pl.DataFrame) -> pl.DataFrame:
    """The tariffs of a list of which no row of that prestatie and year was delivered: what was delivered goes first.

    In: `Reference.tariffs`, and beleidsregelwaarden of any unit (year, prestatiecode). Out: TARIFF_SCHEMA.
    """
    if listed is None:
        return pl.DataFrame(schema=TARIFF_SCHEMA)
    return listed.join(delivered, on=["year", "prestatiecode"], how="anti", maintain_order="left")


def nearest_code(code: str | None, known: Collection[str]) -> str | None:
    """The known code most like another: the same beginning first, then the same signs; None for one like none.

    >>> nearest_code("Z057", ["Z053", "Z905", "H057"])
    'Z053'
    """
    text = code or ""

    def likeness(other: str) -> tuple[int, float]:
        same = takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False))
        return len(list(same)), SequenceMatcher(None, text, other).ratio()

    best = max(sorted(known), key=likeness, default=None)
    return best if best is not None and likeness(best) >= (1, 0.5) else None
