"""One delivery as the rules see it: what every kind has, what claims have besides, what other kinds are held against.

A rule says by its ``kinds`` which view it is given. What is dear to compute (claims per provider, units) is a field
that is computed once, when the first rule asks for it, and goes with the view. What is a finding is not said here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import polars as pl

from warehouse.contract import Table
from wlz.claims.verdicts import Units, judge_units
from wlz.words.faults import Fault
from wlz.words.large_frames import as_text, find_repeated, schema_as_text, sum_in_parts

CROSSWALK_COLUMNS = ("zorgkantoor_code", "valid_from", "valid_to", "zorgkantoorregio")
BY_PROVIDER = ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month")


Computed = TypeVar("Computed")


@dataclass(frozen=True, eq=False, kw_only=True)
class DeliveryView:
    """What a delivery of any kind has.

    ``frame`` holds every delivered row in contract columns, rows in quarantine included; None when the file could not
    be parsed, ``faults`` then say why. Text of claims is held as codes: ``large_frames.as_text`` once rows are added
    up, before they are joined. ``quarantined`` is what ``quarantine.split_rows`` set apart, as text, with ``reason``
    and ``check_id``; ``kept`` are the rows without those; None: all. ``crosswalk`` is dated: zorgkantoor_code,
    valid_from, valid_to (first day it no longer holds, empty while it does), zorgkantoorregio. ``regions`` maps
    zorgkantoorregio to wlz_uitvoerder. ``prestaties`` is the list of codes of ``pack`` (``list_codes``).
    ``control`` is the content of ``<kind>.control.json``: rows and a total per delivered column.
    """

    kind: str
    table: Table
    delivery_id: str
    delivery_month: date
    file_name: str
    frame: pl.DataFrame | None
    crosswalk: pl.DataFrame
    regions: pl.DataFrame
    assumptions: Mapping[str, float]
    prestaties: pl.DataFrame
    pack: str = ""
    faults: Sequence[Fault] = ()
    quarantined: pl.DataFrame | None = None
    control: Mapping[str, Any] | None = None
    kept: pl.DataFrame | None = None

    @property
    def checked_table(self) -> str:
        """What the result of a rule is filed under: the kind."""
        return self.kind

    @property
    def subject(self) -> str:
        """The delivery in words."""
        return f"delivery {self.delivery_id} ({self.file_name})"

    @property
    def used_rows(self) -> pl.DataFrame:
        """The rows that will be in the figures: those delivered, without those in quarantine."""
        return self.rows if self.kept is None else self.kept

    @property
    def readable(self) -> bool:
        """Whether there are rows in the contract's columns and types; if not, only the schema check can judge."""
        return self.frame is not None and not self.faults and schema_as_text(self.frame) == self.table.schema

    @property
    def rows(self) -> pl.DataFrame:
        """The delivered rows. Raises ValueError when the file could not be parsed."""
        if self.frame is None:
            raise ValueError(f"{self.file_name} could not be parsed, so there are no rows to measure")
        return self.frame

    @property
    def numbered_rows(self) -> pl.DataFrame:
        """The delivered rows with ``file_row``: lines of a CSV file (the header is 1), rows of a Parquet file."""
        first = 1 if self.file_name.endswith(".parquet") else 2
        return self.rows.with_row_index("file_row", offset=first)

    @cached_property
    def _computed(self) -> dict[Callable[[Any], Any], Any]:
        return {}

    def once(self, compute: Callable[[Any], Computed]) -> Computed:
        """What a function makes of this view; kept, for several rules ask for the same."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        found: Computed = self._computed[compute]
        return found

    @cached_property
    def is_repeated(self) -> pl.Series:
        """Which of the delivered rows have a key that occurs more than once (computed once)."""
        return find_repeated(self.rows.select(self.table.key))


@dataclass(frozen=True, eq=False, kw_only=True)
class BudgetView(DeliveryView):
    """Anything but claims, beside the newest readable ``kader`` (contract columns); None where no kader is known.

    ``kader_by_code``: the zin kader of zorgkantoren that have one. ``names``: whom a delivered name means
    (``name_uitvoerders``); None: the names in ``regions`` alone. ``before``: rows of the latest good delivery of the
    kind of an earlier month, None without one. ``claimed``: ``euro_by_month`` of the latest good claims, for kinds that
    have a row for every zorgkantoor; None: not known. ``transfers``: all that are known (``overhevelingen``).
    ``agreed``: the newest readable herschikking, for what is settled of a year.
    """

    kader: pl.DataFrame | None = None
    kader_by_code: Mapping[str, float] | None = None
    names: pl.DataFrame | None = None
    before: pl.DataFrame | None = None
    claimed: pl.DataFrame | None = None
    transfers: pl.DataFrame | None = None
    agreed: pl.DataFrame | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ClaimsView(DeliveryView):
    """Claims, beside what was known before; each None where nothing was.

    ``previous`` is the euro of the latest good claims of an earlier delivery month (``previous_month``), as
    ``known_deliveries.find_previous`` returns it, ``previous_sums`` what they add up to (``sum_claims``),
    ``previous_received_on`` their delivery date; ``same_content_as`` the accepted delivery of another month with the
    same bytes; ``tariffs`` and ``agreements`` the newest readable beleidsregelwaarden and herschikking, in contract
    columns. ``kader_by_code``: the zin kader of zorgkantoren that have one; None means that every zorgkantoor
    of the crosswalk is expected.
    """

    kader_by_code: Mapping[str, float] | None = None
    previous: pl.DataFrame | None = None
    previous_sums: pl.DataFrame | None = None
    previous_month: date | None = None
    previous_received_on: date | None = None
    same_content_as: str | None = None
    tariffs: pl.DataFrame | None = None
    agreements: pl.DataFrame | None = None

    @cached_property
    def by_provider(self) -> pl.DataFrame:
        """Used claims per provider: ``BY_PROVIDER`` and rows_count, volume, amount_eur (computed once, in no order).

        Nearly always a provider has one row: then these are the rows themselves, and nothing is copied; text is codes.
        """
        used, amount, again = self.used_rows, pl.col("amount_eur"), self.is_repeated
        single, repeated = used, used.clear()
        if again.any():
            again = again if used.height == again.len() else find_repeated(used.select(BY_PROVIDER))
            single, repeated = used.filter(~again), used.filter(again)
        count = pl.col("care_month").is_not_null().cast(pl.get_index_type()).alias("rows_count")  # in the same pieces
        return pl.concat(
            [
                single.select(*BY_PROVIDER, count, "volume", amount.cast(pl.Float64)),
                repeated.group_by(BY_PROVIDER, maintain_order=True).agg(
                    pl.len().alias("rows_count"), pl.col("volume").sum(), amount.sum().cast(pl.Float64)
                ),
            ]
        )

    @cached_property
    def monthly(self) -> pl.DataFrame:
        """Claims per wlz_uitvoerder, prestatiecode and care_month: rows_count, volume, amount_eur (computed once)."""
        by = ("zorgkantoor_code", "prestatiecode", "care_month")
        sums = [pl.col("rows_count", "volume", "amount_eur").sum()]
        per_code = sum_in_parts(self.by_provider, by, sums, part_by="prestatiecode")
        return (
            per_code.join(self.crosswalk.select(CROSSWALK_COLUMNS), on="zorgkantoor_code")
            .filter(holds_on(pl.col("care_month")))
            .join(self.regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
            .group_by("wlz_uitvoerder", "prestatiecode", "care_month")
            .agg(pl.col("rows_count", "volume", "amount_eur").sum())
            .sort("wlz_uitvoerder", "prestatiecode", "care_month")
        )

    @cached_property
    def sums(self) -> pl.DataFrame:
        """``sum_claims`` of the used claims (computed once)."""
        return sum_claims(self.used_rows)

    @cached_property
    def euro(self) -> pl.DataFrame:
        """``euro_by_month`` of the used claims (computed once)."""
        return euro_by_month(self.sums, self.crosswalk, self.regions)

    @cached_property
    def units(self) -> Units:
        """The units of these claims, judged once for every rule that asks."""
        known = self.crosswalk.filter(pl.col("valid_from") <= self.delivery_month).sort("valid_from")
        latest = known.unique("zorgkantoor_code", keep="last", maintain_order=True)
        return judge_units(
            self.by_provider,
            places=latest.join(self.regions, on="zorgkantoorregio").select("zorgkantoor_code", "wlz_uitvoerder"),
            prestaties=self.prestaties,
            tariffs=self.tariffs,
            agreements=self.agreements,
            delivery_month=self.delivery_month,
            assumptions=self.assumptions,
        )


def sum_claims(claims: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Claims added up over providers: volume and amount_eur per zorgkantoor, prestatie, unit and care month, as text.

    Lazy claims are added up while they are read.
    """
    key = ("zorgkantoor_code", "prestatiecode", "unit_code", "care_month")
    return as_text(claims.lazy().group_by(key).agg(pl.col("volume", "amount_eur").sum()).collect())


def euro_by_month(claims: pl.DataFrame | pl.LazyFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Claims as one row per wlz_uitvoerder, zorgkantoor_code and care_month: amount_eur as a float, sorted.

    Lazy claims are added up while they are read, so that a delivery never lies in memory as a whole. A code belongs to
    the uitvoerder of its region in the care month (dated crosswalk), as in ``ClaimsView.monthly``; rows under a code
    that does not hold then are left out (D02 refuses them).
    """
    per_code = as_text(
        claims.lazy()
        .group_by("zorgkantoor_code", "care_month")
        .agg(pl.col("amount_eur").sum().cast(pl.Float64))
        .collect()
    )
    return regroup_euro(per_code, crosswalk, regions)


def regroup_euro(per_code: pl.DataFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``euro_by_month``, or the same without their uitvoerder, by the uitvoerders of ``regions``."""
    return (
        per_code.select("zorgkantoor_code", "care_month", "amount_eur")
        .join(crosswalk.select(CROSSWALK_COLUMNS), on="zorgkantoor_code")
        .filter(holds_on(pl.col("care_month")))
        .join(regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio")
        .select("wlz_uitvoerder", "zorgkantoor_code", "care_month", "amount_eur")
        .sort("wlz_uitvoerder", "zorgkantoor_code", "care_month")
    )


def code_of_region(crosswalk: pl.DataFrame) -> pl.DataFrame:
    """One zorgkantoor_code per zorgkantoorregio, so that a finding about a region has a name that stays.

    The code that came first of those the region has had; codes change, and a finding is the same under the next one.
    """
    oldest = crosswalk.sort("valid_from", "zorgkantoor_code")
    return oldest.unique("zorgkantoorregio", keep="first", maintain_order=True).select(
        "zorgkantoorregio", "zorgkantoor_code"
    )


_VALIDITY_COLUMNS = ("care_month", "month", "year", "budget_year")


def valid_on(table: Table) -> pl.Expr:
    """The day on which a code of this row must hold: its month, else 1 January of its year."""
    for name in _VALIDITY_COLUMNS:
        if name in table.column_names:
            return pl.col(name) if name.endswith("month") else pl.date(pl.col(name), 1, 1)
    raise ValueError(f"table {table.name} has no month or year on which a code must hold")


def holds_on(day: pl.Expr) -> pl.Expr:
    """Whether a crosswalk row holds on this day; ``valid_to`` is exclusive, empty means still valid."""
    return (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (day < pl.col("valid_to")))
