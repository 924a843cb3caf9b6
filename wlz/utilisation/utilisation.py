"""utilisation: what is expected against the kader, per region, uitvoerder and nation (letter, chapters 2 to 4).

Here: the kader as it stands, room, totals. Not here: what of it is of which region (`regions.py`), what one part can
do for the other (`possible_transfers.py`), the path through the year (`path.py`), volumes, prices, extra items and
stands (their own stages), bounds.
Every amount is a sum of whole cents, so region → uitvoerder → nation agree to the cent.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from wlz.utilisation import UtilisationError
from wlz.utilisation.possible_transfers import TRANSFER_COLUMNS, transfer_value, weigh_transfer
from wlz.utilisation.regions import list_regions, split_to_regions
from wlz.words.vocabulary import MONEY, NATION, PLACE

SUMS = ("expected_excl_extra_eur", "extra_items_eur", "budget_eur")
AMOUNTS = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")
TO_DATE = ("declared_to_date_eur", "granted_to_date_eur")


def latest_budgets(budgets: pl.DataFrame, *, budget_year: int) -> pl.DataFrame:
    """Kader per report region: the latest stand of every zorgkantoor, added.

    In: kader deliveries with the region joined: stand_date, zorgkantoor_code, zorgkantoorregio, wlz_uitvoerder,
    budget_year, zin_budget_eur, pgb_budget_eur. Out: zorgkantoorregio, wlz_uitvoerder, stand_date (the latest of the
    region), zin_budget_eur, pgb_budget_eur. A stand already holds the transfers booked up to its date.
    Raises UtilisationError when the year has no kader.

    >>> latest_budgets(budgets, budget_year=2018)  # doctest: +SKIP
    """
    of_year = budgets.filter(pl.col("budget_year") == budget_year)
    if of_year.is_empty():
        years = sorted(str(year) for year in budgets["budget_year"].unique())
        raise UtilisationError(
            f"no kader of budget year {budget_year}: the delivery of kader holds {', '.join(years) or 'no year'}. "
            f"Next: deliver kader with rows of budgetjaar {budget_year} on or before its cut-off"
        )
    return (
        of_year.sort("stand_date", "zorgkantoor_code")
        .unique("zorgkantoor_code", keep="last", maintain_order=True)
        .group_by("zorgkantoorregio", "wlz_uitvoerder")
        .agg(pl.col("stand_date").max(), pl.col("zin_budget_eur", "pgb_budget_eur").sum().cast(MONEY))
        .sort("zorgkantoorregio")
    )


def apply_transfers(
    budgets: pl.DataFrame, transfers: pl.DataFrame, *, budget_year: int, cut_off: date, brutering_factor: float
) -> pl.DataFrame:
    """The kader with the transfers that its stand does not hold yet; columns and rows as in ``latest_budgets``.

    ``transfers``: overhevelingen with regions joined: transfer_date, budget_year, from_zorgkantoorregio, from_part,
    to_zorgkantoorregio, to_part, amount_eur (what leaves). A leg is booked when it is later than the stand of its own
    region and not later than ``cut_off``. Not used in scenario letter, which takes the published stand.
    Raises UtilisationError for a region without a kader.
    """
    booked = transfers.filter(pl.col("budget_year") == budget_year, pl.col("transfer_date") <= cut_off)
    stands = dict(budgets.select("zorgkantoorregio", "stand_date").iter_rows())
    changes: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in booked.iter_rows(named=True):
        worth = transfer_value(row["amount_eur"], row["from_part"], row["to_part"], brutering_factor)
        for side, change in (("from", -row["amount_eur"]), ("to", worth)):
            region = row[f"{side}_zorgkantoorregio"]
            if region not in stands:
                raise UtilisationError(f"transfer of € {row['amount_eur']} names region {region}, which has no kader")
            if row["transfer_date"] > stands[region]:
                changes[region, row[f"{side}_part"]] += change
    for part in ("zin", "pgb"):
        change_eur = pl.Series([changes[region, part] for region in budgets["zorgkantoorregio"]], dtype=MONEY)
        budgets = budgets.with_columns((pl.col(f"{part}_budget_eur") + change_eur).cast(MONEY))
    return budgets


def confront(
    *,
    revenue: pl.DataFrame,
    extra_items: pl.DataFrame,
    pgb: pl.DataFrame,
    budgets: pl.DataFrame,
    claims_to_date: pl.DataFrame,
    region_shares: pl.DataFrame,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Expectation against the kader at level region, uitvoerder and national, for zin and pgb.

    In: REVENUE, EXTRA_ITEMS, PGB (``forecast_pgb``), ``latest_budgets``, claims of the budget year in the delivery
    (zorgkantoorregio, wlz_uitvoerder, declared_amount_eur), ``region_shares``, and the assumptions brutering_factor
    and redistribution_reserve_eur. Out: UTILISATION without its vintage. Totals carry Landelijk for the region, the
    national rows for the uitvoerder too. zin = months in the base + extra items; pgb = December stand; room = kader −
    expectation, its ratio is null without a kader. Only the national rows have transfer and reserve.
    Raises UtilisationError when a region stands under two uitvoerders, or has a kader without any expectation.
    """
    regions = list_regions(budgets, region_shares, pgb, claims_to_date)
    _refuse_missing(revenue, pgb, budgets)
    declared = claims_to_date.group_by(PLACE).agg(declared_to_date_eur=pl.col("declared_amount_eur").sum().cast(MONEY))
    of_zin = split_to_regions(revenue, extra_items, region_shares, regions)
    zin = regions.join(declared, on=PLACE, how="left").with_columns(
        pl.col("declared_to_date_eur").fill_null(Decimal(0))
    )
    by_region = pl.concat(
        [
            _set_against_kader(zin.join(of_zin, on=PLACE, how="left"), budgets, "zin"),
            _set_against_kader(regions.join(_summarise_pgb(pgb), on=PLACE, how="left"), budgets, "pgb"),
        ],
        how="diagonal",
    )
    levels = pl.concat([by_region, *_add_totals(by_region)], how="diagonal")
    expected = pl.col("expected_excl_extra_eur") + pl.col("extra_items_eur")
    available = pl.col("budget_eur") - expected
    ratio = pl.when(pl.col("budget_eur") != 0).then(available.cast(pl.Float64) / pl.col("budget_eur").cast(pl.Float64))
    confronted = levels.with_columns(expected_eur=expected, available_eur=available, available_ratio=ratio)
    room = weigh_transfer(confronted.filter(pl.col("level") == "national"), assumptions)
    with_room = confronted.join(room, on=["level", "part"], how="left")
    columns = ["level", *PLACE, "part", *AMOUNTS, "available_ratio", *TO_DATE, *TRANSFER_COLUMNS]
    return with_room.select(columns).cast(dict.fromkeys((*AMOUNTS, *TO_DATE), MONEY)).sort(columns[:4])


def _set_against_kader(expected: pl.DataFrame, budgets: pl.DataFrame, part: str) -> pl.DataFrame:
    kader = budgets.select(*PLACE, pl.col(f"{part}_budget_eur").alias("budget_eur"))
    rows = expected.join(kader, on=PLACE, how="left").with_columns(pl.col(*SUMS).fill_null(Decimal(0)))
    return rows.with_columns(part=pl.lit(part), level=pl.lit("region"))


def _refuse_missing(revenue: pl.DataFrame, pgb: pl.DataFrame, budgets: pl.DataFrame) -> None:
    """A kader with no expectation at all would show as room: a silent zero."""
    for part, name, known in (("zin", "wlz_uitvoerder", revenue), ("pgb", "zorgkantoorregio", pgb)):
        lacking = budgets.filter(pl.col(f"{part}_budget_eur") > 0).join(known, on=name, how="anti")
        if lacking.height:
            names, euro = ", ".join(lacking[name].unique().sort()), lacking[f"{part}_budget_eur"].sum()
            raise UtilisationError(
                f"{part}: {names} has a kader of € {euro:,.2f} and no forecast; nothing computed. "
                "Likely its claims or grants were not delivered. Next: ask for them, and repeat the run"
            )


def _summarise_pgb(pgb: pl.DataFrame) -> pl.DataFrame:
    """December stand and the latest stand of the budget year, per region."""
    december = pl.col("month") == pl.col("month").max()
    this_year = pl.col("month").dt.year() == pl.col("month").dt.year().max()
    granted = pl.col("granted_stand_eur").filter(this_year & pl.col("granted_stand_eur").is_not_null())
    expected = pl.coalesce("granted_stand_eur", "forecast_stand_eur").filter(december).first()
    return (
        pgb.sort("month")
        .group_by(PLACE)
        .agg(
            expected.alias("expected_excl_extra_eur"),
            pl.lit(Decimal(0)).cast(MONEY).alias("extra_items_eur"),
            granted.last().alias("granted_to_date_eur"),
        )
    )


def _add_totals(by_region: pl.DataFrame) -> list[pl.DataFrame]:
    """Uitvoerder and national rows; what is known to date stays null when no region has it."""
    to_date = [pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name) for name in TO_DATE]
    sums = [*(pl.col(name).sum() for name in SUMS), *to_date]
    uitvoerder = by_region.group_by("wlz_uitvoerder", "part").agg(sums)
    national = by_region.group_by("part").agg(sums)
    return [
        uitvoerder.with_columns(zorgkantoorregio=pl.lit(NATION), level=pl.lit("uitvoerder")),
        national.with_columns(wlz_uitvoerder=pl.lit(NATION), zorgkantoorregio=pl.lit(NATION), level=pl.lit("national")),
    ]
