"""utilisation: what is expected against the kader, per region, uitvoerder and nation (letter, chapters 2 to 4).

Here: the kader as it stands, uitvoerder totals divided over regions, room, transfers, reserve, the path through the
year. Not here: volumes, prices, extra items and stands (their own stages), bounds of totals, printing.
Every amount is a sum of whole cents, so region → uitvoerder → nation agree to the cent.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from wlz.words.faults import Spoken
from wlz.words.vocabulary import CENTS, NATION, PLACE

EUR = pl.Decimal(18, 2)
SUMS = ("expected_excl_extra_eur", "extra_items_eur", "budget_eur")
MONEY = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")
TO_DATE = ("declared_to_date_eur", "granted_to_date_eur")
TRANSFER_COLUMNS: dict[str, pl.DataType] = {
    "transfer_possible_eur": EUR,
    "available_after_transfer_eur": EUR,
    "available_after_transfer_ratio": pl.Float64(),
    "redistribution_reserve_eur": EUR,
    "reserve_needed_ratio": pl.Float64(),
    "reserve_left_eur": EUR,
}


class UtilisationError(Spoken, ValueError):
    """Inputs that do not belong together. The message says which region or uitvoerder, and the euro concerned."""


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
        raise UtilisationError(f"no kader of budget year {budget_year} in the delivery. Next: deliver its kader")
    return (
        of_year.sort("stand_date", "zorgkantoor_code")
        .unique("zorgkantoor_code", keep="last", maintain_order=True)
        .group_by("zorgkantoorregio", "wlz_uitvoerder")
        .agg(pl.col("stand_date").max(), pl.col("zin_budget_eur", "pgb_budget_eur").sum().cast(EUR))
        .sort("zorgkantoorregio")
    )


def transfer_value(amount_eur: Decimal, from_part: str, to_part: str, brutering_factor: float) -> Decimal:
    """What an amount that leaves one part is worth in the other: pgb → zin × factor, zin → pgb ÷ factor.

    A pgb is on average not used in full, zin is (letter p. 1, note 1). Within a part nothing changes. The direction
    zin → pgb is inferred, no source states it. Rounded half-even to the cent.

    >>> transfer_value(Decimal("30"), "pgb", "zin", 0.86)
    Decimal('25.80')
    """
    factor = Decimal(str(brutering_factor))
    value = amount_eur
    if (from_part, to_part) == ("pgb", "zin"):
        value = amount_eur * factor
    elif (from_part, to_part) == ("zin", "pgb"):
        value = amount_eur / factor
    elif from_part != to_part:
        raise UtilisationError(f"a transfer goes between zin and pgb; found {from_part} to {to_part}")
    return value.quantize(CENTS, rounding=ROUND_HALF_EVEN)


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
        change_eur = pl.Series([changes[region, part] for region in budgets["zorgkantoorregio"]], dtype=EUR)
        budgets = budgets.with_columns((pl.col(f"{part}_budget_eur") + change_eur).cast(EUR))
    return budgets


def region_shares(series_region: pl.DataFrame, *, last_month: date, months: int = 12) -> pl.DataFrame:
    """Share of each region in the euro of its uitvoerder per prestatie, over ``months`` up to ``last_month``.

    In: SERIES_REGION (zorgkantoorregio, wlz_uitvoerder, prestatiecode, care_month, declared_amount_eur). Out:
    prestatiecode, wlz_uitvoerder, zorgkantoorregio, window_amount_eur, region_share_ratio. A region whose corrections
    outweigh its claims gets share 0. The share is null when the prestatie has no euro in the window.

    >>> region_shares(series_region, last_month=date(2017, 12, 1))  # doctest: +SKIP
    """
    in_window = pl.col("care_month").is_between(pl.lit(last_month).dt.offset_by(f"-{months - 1}mo"), last_month)
    weight = pl.col("window_amount_eur").clip(lower_bound=Decimal(0)).cast(pl.Float64)
    whole = weight.sum().over("prestatiecode", "wlz_uitvoerder")
    return (
        series_region.group_by("prestatiecode", *PLACE)
        .agg(pl.col("declared_amount_eur").filter(in_window).sum().cast(EUR).alias("window_amount_eur"))
        .sort("prestatiecode", *PLACE)
        .with_columns(pl.when(whole > 0).then(weight / whole).alias("region_share_ratio"))
    )


def split_to_regions(
    revenue: pl.DataFrame, extra_items: pl.DataFrame, shares: pl.DataFrame, regions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Expectation of zin per region: each prestatie by its own shares, extra items by the share in the total.

    In: REVENUE, EXTRA_ITEMS, ``region_shares``; ``regions`` (wlz_uitvoerder, zorgkantoorregio) adds regions without
    claims. Out: wlz_uitvoerder, zorgkantoorregio, expected_excl_extra_eur, extra_items_eur. Largest remainder to the
    cent per prestatie × uitvoerder (ties by name), so regions add up to the uitvoerder exactly. A prestatie without
    euro in the window follows the region's share in the uitvoerder's total; without any euro all regions get the
    same. Raises UtilisationError for an uitvoerder without a region.

    >>> split_to_regions(revenue, extra_items, shares)  # doctest: +SKIP
    """
    weight = (pl.col("window_amount_eur") * 100).cast(pl.Int64).clip(lower_bound=0)
    known = [shares.select(PLACE), *([] if regions is None else [regions.select(PLACE)])]
    of_region = shares.group_by(PLACE).agg(weight.sum().alias("total_weight"))
    places = pl.concat(known).unique().join(of_region, on=PLACE, how="left")
    of_prestatie = shares.select("prestatiecode", *PLACE, weight.alias("weight"))
    base = revenue.filter(pl.col("in_base")).group_by("prestatiecode", "wlz_uitvoerder")
    extra = extra_items.group_by(pl.lit("").alias("prestatiecode"), "wlz_uitvoerder").agg(_cents("item_eur"))
    revenue_cents = base.agg(_cents("forecast_amount_eur")).with_columns(extra=pl.lit(False))
    to_split = pl.concat([revenue_cents, extra.with_columns(extra=pl.lit(True))])
    homeless = to_split.join(places, on="wlz_uitvoerder", how="anti")
    if homeless.height:
        names = ", ".join(homeless["wlz_uitvoerder"].unique().sort())
        raise UtilisationError(f"€ {homeless['cents'].sum() / 100:,.2f} of {names} has no region to go to")
    rows = to_split.join(places, on="wlz_uitvoerder", how="inner").join(
        of_prestatie, on=["prestatiecode", *PLACE], how="left"
    )
    split = _allocate_cents(rows, ["extra", "prestatiecode", "wlz_uitvoerder"]).group_by(PLACE)
    return split.agg(
        expected_excl_extra_eur=_euro(pl.col("part_cents").filter(~pl.col("extra")).sum()),
        extra_items_eur=_euro(pl.col("part_cents").filter(pl.col("extra")).sum()),
    ).sort(PLACE)


def _allocate_cents(rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """``rows`` with part_cents: ``cents`` of the group by ``weight``, else ``total_weight``, else equally."""
    chosen = (
        pl.when(pl.col("weight").sum().over(group) > 0)
        .then(pl.col("weight").fill_null(0))
        .when(pl.col("total_weight").sum().over(group) > 0)
        .then(pl.col("total_weight").fill_null(0))
        .otherwise(1)
        .cast(pl.Float64)
    )
    return (
        rows.with_columns(quota=pl.col("cents") * (chosen / chosen.sum().over(group)))
        .with_columns(whole=pl.col("quota").floor().cast(pl.Int64), rest=pl.col("quota") - pl.col("quota").floor())
        .sort(*group, "rest", "zorgkantoorregio", descending=[*(False for _ in group), True, False])
        .with_columns(left=pl.col("cents") - pl.col("whole").sum().over(group))
        .with_columns(part_cents=pl.col("whole") + (pl.int_range(pl.len()).over(group) < pl.col("left")).cast(pl.Int64))
    )


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
    regions = _list_regions(budgets, region_shares, pgb, claims_to_date)
    _refuse_missing(revenue, pgb, budgets)
    declared = claims_to_date.group_by(PLACE).agg(declared_to_date_eur=pl.col("declared_amount_eur").sum().cast(EUR))
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
    columns = ["level", *PLACE, "part", *MONEY, "available_ratio", *TO_DATE, *TRANSFER_COLUMNS]
    return with_room.select(columns).cast(dict.fromkeys((*MONEY, *TO_DATE), EUR)).sort(columns[:4])


def _set_against_kader(expected: pl.DataFrame, budgets: pl.DataFrame, part: str) -> pl.DataFrame:
    kader = budgets.select(*PLACE, pl.col(f"{part}_budget_eur").alias("budget_eur"))
    rows = expected.join(kader, on=PLACE, how="left").with_columns(pl.col(*SUMS).fill_null(Decimal(0)))
    return rows.with_columns(part=pl.lit(part), level=pl.lit("region"))


def _list_regions(*frames: pl.DataFrame) -> pl.DataFrame:
    """Every region named anywhere, with its one uitvoerder."""
    regions = pl.concat([frame.select(PLACE) for frame in frames]).unique().sort(PLACE)
    doubled = regions.filter(pl.col("zorgkantoorregio").is_duplicated()).sort("zorgkantoorregio")
    if doubled.height:
        found = ", ".join(f"{region} under {name}" for name, region in doubled.iter_rows())
        raise UtilisationError(f"a region belongs to one uitvoerder in a budget year; found {found}")
    return regions


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
            pl.lit(Decimal(0)).cast(EUR).alias("extra_items_eur"),
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


def weigh_transfer(national: pl.DataFrame, assumptions: Mapping[str, float]) -> pl.DataFrame:
    """What the surplus of one part is worth to the part in shortage, and the reserve needed after it.

    In: the two national rows (part, available_eur, budget_eur). Out: level, part and the transfer and reserve columns
    of UTILISATION. One part short, the other over: the short part may receive the whole surplus at its value there,
    the giver keeps nothing. Both short or both over: nothing moves. The ratio is to the unchanged kader. Reserve
    columns look at each part alone: needed shares may be added, what is left may not.
    """
    reserve = Decimal(str(assumptions["redistribution_reserve_eur"])).quantize(CENTS)
    available: dict[str, Decimal] = dict(national.select("part", "available_eur").iter_rows())
    budget: dict[str, Decimal] = dict(national.select("part", "budget_eur").iter_rows())
    rows = []
    for part, other in (("zin", "pgb"), ("pgb", "zin")):
        receives = available[part] < 0 < available[other]
        gives = available[other] < 0 < available[part]
        surplus = available[other] if receives else Decimal(0)
        possible = transfer_value(surplus, other, part, assumptions["brutering_factor"])
        after = Decimal(0) if gives else available[part] + possible
        shortage = max(Decimal(0), -after)
        rows.append(
            {
                "transfer_possible_eur": possible,
                "available_after_transfer_eur": after,
                "available_after_transfer_ratio": float(after / budget[part]) if budget[part] else None,
                "redistribution_reserve_eur": reserve,
                "reserve_needed_ratio": float(shortage / reserve) if reserve else None,
                "reserve_left_eur": reserve - shortage,
                "part": part,
                "level": "national",
            }
        )
    return pl.DataFrame(rows, schema={**TRANSFER_COLUMNS, "part": pl.String, "level": pl.String})


def _cents(name: str) -> pl.Expr:
    return (pl.col(name).sum() * 100).cast(pl.Int64).alias("cents")


def _euro(cents: pl.Expr) -> pl.Expr:
    return (cents.cast(pl.Decimal(38, 0)) * pl.lit(CENTS)).cast(EUR)
