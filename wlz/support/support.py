"""support: on how many providers or pgb holders a cell of the report rests, and which cells it therefore leaves out.

Here: claims and stands → counts per cell, which totals are printed side by side, one pattern for all scenarios. Not
here: how secondary cells are found (``suppression.py``), the amounts themselves (``utilisation/``, ``prices/``).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from wlz.series import assign_regions
from wlz.support.suppression import suppress_cells
from wlz.words.vocabulary import NATION, PLACE

LATEST_MONTHS = 12
CELL = ["level", "part", *PLACE, "prestatiegroep", "prestatiecode"]
AMOUNTS = ("expected_excl_extra_eur", "extra_items_eur", "declared_to_date_eur", "granted_to_date_eur")
_CODE = ["prestatiecode", "prestatiegroep"]
# Left out where nobody knows on how many providers they rest.
_GRANULAR = ("group", "series")


def list_claimants(claims: pl.LazyFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Who has claims where in the twelve latest care months of a delivery.

    In: rows of ``declaraties``, lazily: they are added up while they are read. Out: wlz_uitvoerder, zorgkantoorregio,
    prestatiecode, agb_code, each combination once. A provider whose claims of a prestatie cancel out is no support
    for an amount and is left out; agb_code is null where claims have none.
    """
    last = pl.col("care_month").max()
    latest = claims.filter(pl.col("care_month") > last.dt.offset_by(f"-{LATEST_MONTHS}mo"))
    keys = latest.select("zorgkantoor_code", "care_month").unique().collect(engine="streaming")
    placed = assign_regions(keys, crosswalk, regions, on="care_month")
    claimant = [*PLACE, "prestatiecode", "agb_code"]
    return (
        latest.join(placed.lazy(), on=["zorgkantoor_code", "care_month"])
        .group_by(claimant)
        .agg(pl.col("amount_eur").sum())
        .filter((pl.col("amount_eur") != 0) | pl.col("agb_code").is_null())
        .select(claimant)
        .collect(engine="streaming")
        .sort(claimant)
    )


def count_providers(claimants: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """Distinct providers per cell of zin: the columns CELL and providers_count, null where a claim names none.

    In: ``list_claimants``. Groups hold no meerzorg, as their amounts do not. Cells without claims have no row.
    """
    named = claimants.join(prestaties.select(*_CODE, "is_meerzorg"), on="prestatiecode", how="left")
    in_base = named.filter(~pl.col("is_meerzorg"))
    count = pl.when(pl.col("agb_code").null_count() == 0).then(pl.col("agb_code").n_unique()).cast(pl.Int64)
    counted = [
        _as_cells(frame.group_by(keys).agg(count.alias("providers_count")), level, "zin")
        for level, frame, keys in (
            ("region", named, PLACE),
            ("uitvoerder", named, ["wlz_uitvoerder"]),
            ("national", named, [pl.lit(NATION).alias("wlz_uitvoerder")]),
            ("group", in_base, ["wlz_uitvoerder", "prestatiegroep"]),
            ("group", in_base, ["prestatiegroep"]),
            ("series", named, ["wlz_uitvoerder", *_CODE]),
        )
    ]
    return pl.concat(counted)


def count_holders(grants: pl.DataFrame) -> pl.DataFrame:
    """Holders of a pgb per cell: the columns CELL and holders_count, of the latest stand of every region.

    In: pgb_verleningen with the region joined: reference_date, zorgkantoorregio, wlz_uitvoerder, holders_count. A
    zorgkantoor without a stand in the latest month of its region does not count: rather too few than too many.
    """
    month = pl.col("reference_date").dt.month_start()
    latest = grants.filter(month == month.max().over("zorgkantoorregio"))
    stands = latest.filter(pl.col("reference_date") == pl.col("reference_date").max().over("zorgkantoor_code"))
    # Rows of a stand about next year tell of the same people.
    of_code = stands.group_by("zorgkantoor_code", *PLACE).agg(pl.col("holders_count").max())
    count = pl.col("holders_count").sum()
    return pl.concat(
        [
            _as_cells(of_code.group_by(keys).agg(count), level, "pgb")
            for level, keys in (
                ("region", PLACE),
                ("uitvoerder", ["wlz_uitvoerder"]),
                ("national", [pl.lit(NATION).alias("wlz_uitvoerder")]),
            )
        ]
    )


def list_amounts(utilisation: pl.DataFrame, revenue: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """The cells of the report with their amount: scenario, the columns CELL, amount_eur (float), is_empty.

    In: UTILISATION and REVENUE, all scenarios. The amount is the expectation without extra items: the one amount in
    which regions and groups add up to the same uitvoerder. Empty is a cell with nothing in any of its amounts.
    """
    nothing = pl.all_horizontal(pl.col(name).fill_null(0) == 0 for name in AMOUNTS)
    places = utilisation.with_columns(nothing.alias("is_empty"), pl.col("expected_excl_extra_eur").alias("amount_eur"))
    coded = revenue.join(prestaties.select(*_CODE), on="prestatiecode", how="left")
    levels = [
        _as_cells(places.select("scenario", *CELL[:4], "amount_eur", "is_empty"), None, None),
        *(
            _as_cells(
                frame.group_by("scenario", *keys)
                .agg(pl.col("forecast_amount_eur").sum().alias("amount_eur"))
                .with_columns((pl.col("amount_eur") == 0).alias("is_empty")),
                level,
                "zin",
            )
            for level, frame, keys in (
                ("group", coded.filter("in_base"), ["wlz_uitvoerder", "prestatiegroep"]),
                ("group", coded.filter("in_base"), ["prestatiegroep"]),
                ("series", coded, ["wlz_uitvoerder", *_CODE]),
            )
        ),
    ]
    return pl.concat([frame.with_columns(pl.col("amount_eur").cast(pl.Float64)) for frame in levels])


def _as_cells(frame: pl.DataFrame, level: str | None, part: str | None) -> pl.DataFrame:
    """The frame with all columns of CELL in front: Landelijk for a place that is a total, null for a code."""
    filled = {"level": level, "part": part, "wlz_uitvoerder": NATION, "zorgkantoorregio": NATION}
    lacking = [pl.lit(filled.get(name), dtype=pl.String).alias(name) for name in CELL if name not in frame.columns]
    others = [name for name in frame.columns if name not in CELL]
    return frame.with_columns(lacking).select(*CELL, *others)


def list_equations(cells: pl.DataFrame) -> pl.DataFrame:
    """What adds up to what among these cells: equation, total_id, cell_id.

    In: cell_id and the columns CELL, of one part and scenario. Regions make an uitvoerder, uitvoerders the nation,
    regions the nation; groups make an uitvoerder, the groups of all uitvoerders the national group, and national
    groups the nation.
    """
    is_national = pl.col("wlz_uitvoerder") == NATION
    national = cells.filter(pl.col("level") == "national").select(pl.col("cell_id").alias("total_id"))
    uitvoerder = cells.filter(pl.col("level") == "uitvoerder")
    region = cells.filter(pl.col("level") == "region")
    group = cells.filter(pl.col("level") == "group", ~is_national)
    national_group = cells.filter(pl.col("level") == "group", is_national)
    sums = {
        "regions of": region.join(_as_total(uitvoerder, "wlz_uitvoerder"), on="wlz_uitvoerder"),
        "groups of": group.join(_as_total(uitvoerder, "wlz_uitvoerder"), on="wlz_uitvoerder"),
        "uitvoerders of group": group.join(_as_total(national_group, "prestatiegroep"), on="prestatiegroep"),
        "uitvoerders": uitvoerder.join(national, how="cross"),
        "regions": region.join(national, how="cross"),
        "groups": national_group.join(national, how="cross"),
    }
    return pl.concat(
        [
            frame.select(pl.format("{} {}", pl.lit(name), "total_id").alias("equation"), "total_id", "cell_id")
            for name, frame in sums.items()
        ]
    )


def _as_total(cells: pl.DataFrame, key: str) -> pl.DataFrame:
    return cells.select(key, pl.col("cell_id").alias("total_id"))


def suppress_report(
    amounts: pl.DataFrame,
    providers: pl.DataFrame,
    holders: pl.DataFrame,
    scenarios: Sequence[str],
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Which cells the report leaves out: the columns CELL, providers_count, holders_count, suppression.

    In: ``list_amounts``, ``count_providers``, ``count_holders``; scenarios in the order they are looked at. One row
    per cell of any scenario. A cell of zin is small below ``suppression_min_providers`` (without claims it has 0), one
    of pgb below ``suppression_min_holders``; an empty cell is not small, anybody may know that nothing is there. Where
    the number is unknown, groups and series are left out, totals of places are not. The pattern that protects the
    first scenario is carried to the next and widened where that needs more: one pattern that protects in each.
    """
    of_cell = amounts.group_by(CELL).agg(pl.col("is_empty").all()).sort(CELL, nulls_last=True)
    cells = _count(of_cell, providers, holders).with_row_index("cell_id").with_columns(_primary(assumptions))
    numbered = amounts.join(cells.select("cell_id", *CELL), on=CELL, nulls_equal=True)
    ratio = assumptions["suppression_protection_ratio"]
    for unknown in (False, True):
        for part in ("zin", "pgb"):
            for scenario in scenarios:
                printed = numbered.filter(pl.col("level") != "series", part=part, scenario=scenario)
                cells = _widen(cells, printed.select("cell_id", "amount_eur"), ratio, unknown)
    return cells.select(*CELL, "providers_count", "holders_count", "suppression")


def _count(cells: pl.DataFrame, providers: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """The cells with both counts; a cell of zin without any claim rests on 0 providers."""
    claimed = providers.with_columns(has_claims=pl.lit(True))
    beside = cells.join(claimed, on=CELL, how="left", nulls_equal=True).join(
        holders, on=CELL, how="left", nulls_equal=True
    )
    none = (pl.col("part") == "zin") & pl.col("has_claims").is_null()
    return beside.with_columns(
        pl.when(none).then(pl.lit(0, dtype=pl.Int64)).otherwise("providers_count").alias("providers_count")
    ).sort(CELL, nulls_last=True)


def _primary(assumptions: Mapping[str, float]) -> list[pl.Expr]:
    """is_unknown, and ``suppression`` as the counts alone have it."""
    is_zin = pl.col("part") == "zin"
    count = pl.when(is_zin).then("providers_count").otherwise("holders_count")
    least = [pl.lit(assumptions[f"suppression_min_{name}"]) for name in ("providers", "holders")]
    is_small = (count < pl.when(is_zin).then(least[0]).otherwise(least[1])) & ~pl.col("is_empty")
    is_unknown = count.is_null() & pl.col("level").is_in(_GRANULAR)
    left_out = is_unknown | is_small.fill_null(False)
    return [is_unknown.alias("is_unknown"), pl.when(left_out).then(pl.lit("primary")).alias("suppression")]


def _widen(cells: pl.DataFrame, printed: pl.DataFrame, protection_ratio: float, unknown: bool) -> pl.DataFrame:
    """The pattern with what one scenario needs more, for its known cells or for those of unknown size.

    A cell of unknown size is protected by other groups only: it must not take the total of a place out of the report.
    A place with a single group therefore gives that group away.
    """
    is_left_out = pl.col("suppression").is_not_null()
    is_shown = pl.col("is_empty") | ((pl.col("level") != "group") if unknown else pl.lit(False))
    role = (
        pl.when((pl.col("suppression") == "primary") & (pl.col("is_unknown") == unknown))
        .then(pl.lit("primary"))
        .when(is_left_out)
        .then(pl.lit("hidden"))
        .when(is_shown)
        .then(pl.lit("fixed"))
        .otherwise(pl.lit("free"))
    )
    table = printed.rename({"amount_eur": "value"}).join(cells.with_columns(role.alias("role")), on="cell_id")
    if "primary" not in table["role"] or (unknown and "free" not in table["role"]):
        return cells
    found = suppress_cells(
        table.drop("suppression"),
        list_equations(table),
        protection_ratio=protection_ratio,
        leave_impossible=unknown,
    ).select("cell_id", found="suppression")
    widened = cells.join(found, on="cell_id", how="left", maintain_order="left")
    return widened.with_columns(pl.coalesce("suppression", "found").alias("suppression")).drop("found")
