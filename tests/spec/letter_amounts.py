"""The printed letter and its unrounded amounts: tables as printed, marts and tables of our own code.

The unrounded amounts in ``reference/mei-advies-2018`` are one point of the set that satisfies all printed figures;
they show that our arithmetic and rounding are those of the letter, not that the letter's forecast was right.
Source of all figures: NZa, Advies benutting budgettair kader Wlz 2018, 29 May 2018, tables 1 to 7.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl

from reports.letter_tables import TABLES, PrintedTable, build_letter_tables
from wlz.utilisation.regions import region_shares
from wlz.utilisation.utilisation import confront

REFERENCE = Path(__file__).parents[2] / "reference" / "mei-advies-2018"
FILES = {
    1: "tabel_1_landelijk.csv",
    2: "tabel_2_uitvoerder.csv",
    3: "tabel_3_zin_uitvoerder.csv",
    4: "tabel_4_extra_posten.csv",
    5: "tabel_5_pgb_uitvoerder.csv",
    6: "tabel_6_pgb_regio.csv",
}
D = Decimal
EUR = pl.Decimal(18, 2)
ITEMS = {"crisisbedden": "crisisbedden_eur", "na_ijl": "na_ijl_eur", "meerzorg": "meerzorg_eur"}
ASSUMPTIONS = {"brutering_factor": 0.86, "redistribution_reserve_eur": 260_000_000}


def read_plain(name: str) -> pl.DataFrame:
    return pl.read_csv(REFERENCE / name, infer_schema=False)


@cache
def published() -> dict[int, pl.DataFrame]:
    return {number: read_plain(name) for number, name in FILES.items()}


def unrounded(name: str) -> pl.DataFrame:
    return read_plain(name).with_columns(pl.col("^.*_eur$").cast(EUR))


@cache
def letter_utilisation() -> pl.DataFrame:
    """The unrounded amounts through our own confrontation: one prestatie per uitvoerder, kader on its first region."""
    of_uitvoerder, of_region = unrounded("unrounded_uitvoerder.csv"), unrounded("unrounded_regio.csv")
    place = of_region.select("zorgkantoorregio", "wlz_uitvoerder")
    december, code = date(2018, 12, 1), pl.lit("Z053").alias("prestatiecode")
    series = place.with_columns(
        code, pl.lit(date(2017, 12, 1)).alias("care_month"), pl.lit(D("1.00")).cast(EUR).alias("declared_amount_eur")
    )
    first = pl.col("zorgkantoorregio").cum_count().over("wlz_uitvoerder") == 1
    budgets = of_region.join(of_uitvoerder, on="wlz_uitvoerder", maintain_order="left").select(
        "zorgkantoorregio",
        "wlz_uitvoerder",
        pl.when(first).then(pl.col("zin_kader_eur")).otherwise(D(0)).cast(EUR).alias("zin_budget_eur"),
        pl.col("pgb_kader_eur").alias("pgb_budget_eur"),
    )
    empty = pl.lit(None, dtype=EUR)
    march = place.with_columns(
        pl.lit(date(2018, 3, 1)).alias("month"),
        of_region["pgb_stand_maart_eur"].alias("granted_stand_eur"),
        empty.alias("forecast_stand_eur"),
    )
    ahead = place.with_columns(
        pl.lit(december).alias("month"),
        empty.alias("granted_stand_eur"),
        of_region["pgb_expected_eur"].alias("forecast_stand_eur"),
    )
    return confront(
        revenue=of_uitvoerder.select(
            code,
            "wlz_uitvoerder",
            pl.lit(december).alias("care_month"),
            pl.col("zin_expected_excl_extra_eur").alias("forecast_amount_eur"),
            pl.lit(True).alias("in_base"),
        ),
        extra_items=letter_items().select("wlz_uitvoerder", "item", "item_eur"),
        pgb=pl.concat([march, ahead]),
        budgets=budgets,
        claims_to_date=place.with_columns(pl.lit(D(0)).cast(EUR).alias("declared_amount_eur")),
        region_shares=region_shares(series, last_month=date(2017, 12, 1)),
        assumptions=ASSUMPTIONS,
    )


def letter_items() -> pl.DataFrame:
    of_uitvoerder = unrounded("unrounded_uitvoerder.csv")
    return pl.concat(
        of_uitvoerder.select("wlz_uitvoerder", pl.lit(item).alias("item"), pl.col(name).alias("item_eur"))
        for item, name in ITEMS.items()
    )


def letter_marts() -> dict[str, pl.DataFrame]:
    """Shaped as the published marts."""
    utilisation, items = letter_utilisation(), unrounded("unrounded_uitvoerder.csv")
    national = utilisation.filter(pl.col("level") == "national")
    uitvoerder = utilisation.filter(pl.col("level") != "region")
    extra = items.select("wlz_uitvoerder", *ITEMS.values()).with_columns(
        pl.sum_horizontal(*ITEMS.values()).alias("extra_items_eur")
    )
    return {
        "utilisation_national": national,
        "utilisation_uitvoerder": uitvoerder,
        "zin_uitvoerder": uitvoerder.filter(pl.col("part") == "zin"),
        "extra_items_uitvoerder": extra,
        "pgb_uitvoerder": uitvoerder.filter(pl.col("part") == "pgb"),
        "pgb_region": utilisation.filter(pl.col("part") == "pgb", pl.col("level") == "region"),
    }


@cache
def letter_tables() -> dict[int, PrintedTable]:
    return {table.layout.number: table for table in build_letter_tables(letter_marts())}


def figure(table: int, row: str, column: str) -> Decimal:
    found = next(r for r in letter_tables()[table].rows if r.name == row)
    index = [c.name for c in letter_tables()[table].layout.columns].index(column)
    value = found.values[index]
    assert value is not None
    return value


def add_printed(table: int, column: str) -> Decimal:
    """Sum of a printed column of the letter, without its total."""
    frame = published()[table]
    names = frame[TABLES[table - 1].published_row_column].to_list()
    return sum((D(v) for n, v in zip(names, frame[column], strict=True) if n != "Landelijk"), start=D(0))


def printed(table: int, row: str, column: str) -> Decimal:
    frame = published()[table].filter(pl.col(TABLES[table - 1].published_row_column) == row)
    return D(frame[column].item())
