"""Tables 1 to 6 of the advice from the published marts, and their comparison with the printed letter.

Frames in, printed rows out. No arithmetic on amounts but the sum for a missing total row: what stands in a table was
computed in ``wlz`` and published. Rounding is in ``rounding.py``; layout for page or PDF is done by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from reports.rounding import format_dutch, round_for_print, round_millions, round_percentage, to_decimal
from wlz.words.vocabulary import NATION

Number = Decimal | float | int | None
# Order of table 6: code order of the zorgkantoren, with Midden-IJssel after Stedendriehoek.
REGION_ORDER = (
    "Groningen",
    "Friesland",
    "Drenthe",
    "Zwolle",
    "Twente",
    "Stedendriehoek",
    "Midden-IJssel",
    "Arnhem",
    "Nijmegen",
    "Utrecht",
    "Flevoland",
    "'t Gooi",
    "Noord-Holland-Noord",
    "Kennemerland",
    "Zaanstreek/Waterland",
    "Amsterdam",
    "Amsteland/Meerlanden",
    "Zuid-Holland-Noord",
    "Haaglanden",
    "Westland Schiedland Delfland",
    "Midden-Holland",
    "Rotterdam",
    "Zuid-Hollandse Eilanden",
    "Waardenland",
    "Zeeland",
    "West-Brabant",
    "Midden-Brabant",
    "Noordoost Brabant",
    "Zuid Oost-Brabant",
    "Noord en Midden Limburg",
    "Zuid-Limburg",
)


class LetterTableError(ValueError):
    """A mart that cannot be printed: missing, or holding more than one advice."""


@dataclass(frozen=True)
class LetterColumn:
    """A printed column: its name in the published file, header, source column of the mart and decimals.

    ``is_ratio`` prints percent instead of millions. ``part`` picks the rows of zin or pgb where the mart has both.
    ``is_input`` marks figures that were delivered, not forecast: they must come out exactly.
    """

    name: str
    label_nl: str
    source: str
    decimals: int
    is_ratio: bool = False
    part: str | None = None
    is_input: bool = False


@dataclass(frozen=True)
class LetterTable:
    """What a table of the letter shows: mart, column with the row names, printed columns."""

    number: int
    title_nl: str
    mart: str
    row_column: str
    row_label_nl: str
    published_row_column: str
    columns: tuple[LetterColumn, ...]


@dataclass(frozen=True)
class PrintedRow:
    """A row as printed: rounded numbers and their Dutch text, in the order of the columns."""

    name: str
    values: tuple[Decimal | None, ...]
    printed: tuple[str, ...]


@dataclass(frozen=True)
class PrintedTable:
    """A table ready for page or PDF."""

    layout: LetterTable
    rows: tuple[PrintedRow, ...]


def _room(decimals: int, ratio_decimals: int) -> tuple[LetterColumn, LetterColumn]:
    return (
        LetterColumn("beschikbare_ruimte_mln", "Beschikbare ruimte (€)", "available_eur", decimals),
        LetterColumn(
            "beschikbare_ruimte_pct", "Beschikbare ruimte (%)", "available_ratio", ratio_decimals, is_ratio=True
        ),
    )


def _pgb_columns(kader_decimals: int) -> tuple[LetterColumn, ...]:
    return (
        LetterColumn(
            "benutting_stand_maart_mln", "Benutting laatste stand (€)", "granted_to_date_eur", 1, is_input=True
        ),
        LetterColumn("verwachte_benutting_mln", "Verwachte benutting (€)", "expected_eur", 1),
        LetterColumn("pgb_kader_mln", "Pgb-kader (€)", "budget_eur", kader_decimals, is_input=True),
        *_room(kader_decimals, 2),
    )


_EXPECTED_EXCL = LetterColumn(
    "verwachte_benutting_excl_extra_mln", "Verwachte benutting excl. extra posten (€)", "expected_excl_extra_eur", 0
)
_EXPECTED = LetterColumn("verwachte_benutting_totaal_mln", "Verwachte benutting totaal (€)", "expected_eur", 0)
_UITVOERDER = ("wlz_uitvoerder", "Wlz-uitvoerder", "wlz_uitvoerder")
TABLES = (
    LetterTable(
        1,
        "Landelijke (verwachte) benutting zorg in natura en persoonsgebonden budget afgezet tegen het Wlz-kader",
        "utilisation_national",
        *("part", "", "kader"),
        (
            _EXPECTED_EXCL,
            _EXPECTED,
            LetterColumn("kader_mln", "Wlz-kader (€)", "budget_eur", 0, is_input=True),
            *_room(0, 1),
        ),
    ),
    LetterTable(
        2,
        "De (verwachte) benutting zorg in natura en persoonsgebonden budget per Wlz-uitvoerder",
        "utilisation_uitvoerder",
        *_UITVOERDER,
        (
            LetterColumn(
                "verwachte_benutting_zin_incl_extra_mln",
                "Verwachte benutting zin incl. extra posten (€)",
                "expected_eur",
                0,
                part="zin",
            ),
            LetterColumn("verwachte_benutting_pgb_mln", "Verwachte benutting pgb (€)", "expected_eur", 0, part="pgb"),
        ),
    ),
    LetterTable(
        3,
        "De (verwachte) benutting zorg in natura afgezet tegen het zin-kader per Wlz-uitvoerder",
        "zin_uitvoerder",
        *_UITVOERDER,
        (
            _EXPECTED_EXCL,
            _EXPECTED,
            LetterColumn("zin_kader_mln", "Zin-kader (€)", "budget_eur", 0, is_input=True),
            *_room(0, 2),
        ),
    ),
    LetterTable(
        4,
        "De (verwachte) benutting zorg in natura extra posten",
        "extra_items_uitvoerder",
        *_UITVOERDER,
        (
            LetterColumn("crisisbedden_mln", "Crisisbedden", "crisisbedden_eur", 2),
            LetterColumn("na_ijleffect_mln", "Na-ijleffect", "na_ijl_eur", 2),
            LetterColumn("meerzorg_mln", "Meerzorg", "meerzorg_eur", 2),
            # The letter heads this column "Verwachte benutting excl. extra posten"; it holds their total.
            LetterColumn("totaal_mln", "Extra posten totaal", "extra_items_eur", 1),
        ),
    ),
    LetterTable(
        5,
        "De (verwachte) benutting persoonsgebonden budget afgezet tegen het pgb-kader per Wlz-uitvoerder",
        "pgb_uitvoerder",
        *_UITVOERDER,
        _pgb_columns(1),
    ),
    LetterTable(
        6,
        "Regionale (verwachte) benutting persoonsgebonden budget afgezet tegen het pgb-kader",
        "pgb_region",
        *("zorgkantoorregio", "Zorgkantoorregio", "zorgkantoorregio"),
        _pgb_columns(0),
    ),
)


# Table 4 of a year with items beside those of the letter has them before the total.
OTHER_ITEMS = LetterColumn("overige_mln", "Overige posten", "other_items_eur", 2)


def fit_columns(layout: LetterTable, mart: pl.DataFrame) -> LetterTable:
    """The layout for this advice: with a column for other extra items where the mart has some, else as it is."""
    source = OTHER_ITEMS.source
    if layout.mart != "extra_items_uitvoerder" or source not in mart.columns:
        return layout
    if not any(mart[source].drop_nulls()):
        return layout
    return replace(layout, columns=(*layout.columns[:-1], OTHER_ITEMS, layout.columns[-1]))


def build_letter_tables(
    marts: Mapping[str, pl.DataFrame], *, region_order: Sequence[str] = REGION_ORDER
) -> list[PrintedTable]:
    """Tables 1 to 6 as printed.

    ``marts``: the six published marts by name, filtered to one delivery month, budget year and scenario. Rows stand
    as in the letter: uitvoerders by name, regions in ``region_order`` (others after them, by name), the total last;
    a mart without a total row gets one, summed before rounding. Raises LetterTableError when a mart is missing, lacks
    a column, or has two rows for one row of the table.

    >>> [table.layout.number for table in build_letter_tables(marts)]  # doctest: +SKIP
    [1, 2, 3, 4, 5, 6]
    """
    return [_print_table(layout, marts, region_order) for layout in TABLES]


def _print_table(layout: LetterTable, marts: Mapping[str, pl.DataFrame], region_order: Sequence[str]) -> PrintedTable:
    if layout.mart not in marts:
        raise LetterTableError(f"table {layout.number} needs mart {layout.mart}; given {', '.join(marts) or 'none'}")
    layout = fit_columns(layout, marts[layout.mart])
    values = read_values(layout, marts[layout.mart])
    names = order_rows(list(values), layout, region_order)
    return PrintedTable(layout, tuple(_print_row(name, layout, values[name]) for name in names))


def read_values(layout: LetterTable, mart: pl.DataFrame) -> dict[str, dict[str, Number]]:
    """Row name → column name → unrounded value of a table of the letter, with its total row.

    ``mart``: rows of one delivery month, budget year and scenario. Raises LetterTableError as ``build_letter_tables``.
    """
    needed = {layout.row_column, *(column.source for column in layout.columns)}
    if missing := sorted(needed - set(mart.columns)):
        raise LetterTableError(f"table {layout.number}: mart {layout.mart} lacks {', '.join(missing)}")
    if layout.row_column == "zorgkantoorregio" and "wlz_uitvoerder" in mart.columns:
        # The totals of single uitvoerders do not belong in the table of regions.
        of_uitvoerder = (pl.col("zorgkantoorregio") == NATION) & (pl.col("wlz_uitvoerder") != NATION)
        mart = mart.filter(~of_uitvoerder.fill_null(False))
    parts = sorted({column.part or "" for column in layout.columns})
    rows = {part: _index_rows(mart, layout, part) for part in parts}
    names = list(dict.fromkeys(name for part in parts for name in rows[part]))
    return {
        name: {
            column.name: _number(rows[column.part or ""].get(name, {}).get(column.source)) for column in layout.columns
        }
        for name in names
    }


def _number(value: object) -> Number:
    return value if isinstance(value, (Decimal, float, int)) else None


def _index_rows(mart: pl.DataFrame, layout: LetterTable, part: str) -> dict[str, dict[str, object]]:
    """Rows of the mart by row name, with a total."""
    of_part = mart.filter(pl.col("part") == part) if part else mart
    doubled = of_part.filter(pl.col(layout.row_column).is_duplicated())
    if doubled.height:
        raise LetterTableError(
            f"table {layout.number}: mart {layout.mart} has more than one row for {doubled[layout.row_column][0]}; "
            "filter to one delivery month, budget year and scenario first"
        )
    rows = {row[layout.row_column]: row for row in of_part.iter_rows(named=True)}
    if layout.row_column != "part" and rows and NATION not in rows:
        sources = {column.source for column in layout.columns if not column.is_ratio}
        total: dict[str, object] = {name: of_part[name].sum() for name in sources}
        if {"available_eur", "budget_eur"} <= sources:
            available, budget = to_decimal(of_part["available_eur"].sum()), to_decimal(of_part["budget_eur"].sum())
            total["available_ratio"] = available / budget if budget else None
        rows[NATION] = total
    return rows


def order_rows(names: Sequence[str], layout: LetterTable, region_order: Sequence[str] = REGION_ORDER) -> list[str]:
    """Row names as in the letter: zin before pgb, uitvoerders by name, regions in ``region_order``, the total last."""
    if layout.row_column == "part":
        return [part for part in ("zin", "pgb") if part in names]
    place = {name: index for index, name in enumerate(region_order)} if layout.number == 6 else {}
    return sorted(names, key=lambda name: (name == NATION, place.get(name, len(place)), name.casefold()))


def _print_row(name: str, layout: LetterTable, found: Mapping[str, Number]) -> PrintedRow:
    values = [
        (round_percentage if column.is_ratio else round_millions)(found[column.name], column.decimals)
        for column in layout.columns
    ]
    printed = (format_dutch(value, column.decimals) for value, column in zip(values, layout.columns, strict=True))
    return PrintedRow(name, tuple(values), tuple(printed))


COMPARISON_SCHEMA = {
    "table": pl.Int32,
    "row": pl.String,
    "column": pl.String,
    "computed_printed": pl.String,
    "published_printed": pl.String,
    "difference_in_last_digits": pl.Int64,
    "is_input": pl.Boolean,
}


def compare_with_published(tables: Sequence[PrintedTable], published: Mapping[int, pl.DataFrame]) -> pl.DataFrame:
    """Every published figure beside ours, with the difference counted in its last printed digit.

    ``published``: the files of the letter's tables by number (plain notation; read as text or as numbers). One row
    per published figure: table, row, column, computed_printed, published_printed, difference_in_last_digits (ours
    minus theirs; null when ours is absent), is_input. The letter's '-0' equals 0.

    >>> compare_with_published(tables, published).columns[:3]  # doctest: +SKIP
    ['table', 'row', 'column']
    """
    rows = []
    for table in tables:
        layout = table.layout
        ours = {row.name: dict(zip(layout.columns, row.values, strict=True)) for row in table.rows}
        frame = published.get(layout.number, pl.DataFrame())
        for printed_row in frame.iter_rows(named=True):
            name = str(printed_row[layout.published_row_column])
            for column in [one for one in layout.columns if one.name in printed_row]:
                theirs = round_for_print(to_decimal(printed_row[column.name]), column.decimals)
                value = ours.get(name, {}).get(column)
                steps = None if value is None else int((value - theirs).scaleb(column.decimals))
                printed = (format_dutch(value, column.decimals), format_dutch(theirs, column.decimals))
                rows.append((layout.number, name, column.name, *printed, steps, column.is_input))
    return pl.DataFrame(rows, schema=COMPARISON_SCHEMA, orient="row")


def summarise_comparison(comparison: pl.DataFrame) -> pl.DataFrame:
    """Counts per table and for all (table null): figures, exact, within one last digit, off, absent, inputs off.

    ``within_one_count`` leaves the exact ones out. ``inputs_off_count`` counts stands and kaders, which were delivered
    and must be exact.

    >>> summarise_comparison(comparison).filter(pl.col("table").is_null())["exact_count"].item()  # doctest: +SKIP
    314
    """
    steps = pl.col("difference_in_last_digits").abs()
    counts = [
        pl.len().cast(pl.Int64).alias("figures_count"),
        (steps == 0).sum().cast(pl.Int64).alias("exact_count"),
        (steps == 1).sum().cast(pl.Int64).alias("within_one_count"),
        (steps > 1).sum().cast(pl.Int64).alias("off_count"),
        steps.null_count().cast(pl.Int64).alias("absent_count"),
        (pl.col("is_input") & (steps != 0).fill_null(True)).sum().cast(pl.Int64).alias("inputs_off_count"),
    ]
    overall = comparison.select(pl.lit(None, dtype=pl.Int32).alias("table"), *counts)
    return pl.concat([comparison.group_by("table").agg(counts).sort("table"), overall])
