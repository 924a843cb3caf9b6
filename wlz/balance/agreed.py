"""What became of agreements, settlements and tariffs: rows that a price or an extra item rests on."""

from collections.abc import Sequence

import polars as pl

from wlz.balance.traced import LEFT_OUT, USED, Fate, amount_of, hold_against, tally, total_eur
from wlz.extra_items.items import CARRIED, GROWN, SETTLED_YEARS_BACK
from wlz.known.knowledge import Known
from wlz.known.stages import Tables, of_scenario
from wlz.series import place_by_year
from wlz.words.units import conversion_table
from wlz.words.vocabulary import SERIES_KEY

_ITEMS = {"is_meerzorg": "meerzorg", "is_crisis": "crisisbedden"}
_MEERZORG = _ITEMS["is_meerzorg"]
NO_UNIT, NO_SERIES, NOT_POSITIVE = "unit_not_convertible", "no_series", "not_positive"
_PRICE, CLAIMS_FIRST, OTHER_YEAR = "price", "claims_first", "other_year"


def trace_agreements(known: Known, tables: Tables) -> pl.DataFrame:
    """Herschikking: the agreements a price (source b) or an extra item rests on, in any scenario.

    Euro of meerzorg are those the item grew from.
    """
    rows = _describe(known, tables, "herschikking")
    is_before = pl.col("year") == known.budget_year - 1
    sources, is_settled = pl.col("sources"), pl.col("is_settled")
    nothing = (pl.col("volume").sum() <= 0) | (pl.col("amount_eur").sum() <= 0)
    has_claims = pl.col("wlz_uitvoerder").is_in(tables["prices"]["wlz_uitvoerder"].implode())
    is_of_item = pl.col("item").is_in(_declared(known)).fill_null(False) & has_claims & (_sum_of_code() != 0)
    no_item = ~is_of_item | is_settled
    fates = (
        Fate(USED, _PRICE, is_before & pl.col("is_convertible") & sources.list.contains("b")),
        *_fates_of_items(known, is_before & ~is_settled, ~is_settled),
        Fate(LEFT_OUT, NO_UNIT, ~pl.col("is_convertible")),
        Fate(LEFT_OUT, OTHER_YEAR, ~is_before),
        Fate(LEFT_OUT, CLAIMS_FIRST, no_item & sources.list.contains("a")),
        Fate(LEFT_OUT, NO_SERIES, no_item & sources.is_null()),
        Fate(LEFT_OUT, NOT_POSITIVE, no_item & nothing.over([*SERIES_KEY, "year"])),
    )
    traced = tally(rows, amount_of("herschikking"), fates)
    of_price = rows.filter(is_before, pl.col("is_convertible"), sources.list.contains("b"), item=_MEERZORG)
    grown = total_eur(_meerzorg_bases(known, tables).filter(~pl.col("is_settled"))["base_1_year_back"])
    priced = total_eur(of_price.filter(~is_settled, pl.col("methods").list.contains(GROWN))["amount_eur"])
    return hold_against(traced, [_MEERZORG], grown - priced)


def trace_settlements(known: Known, tables: Tables) -> pl.DataFrame:
    """Nacalculatie: what an extra item rests on, in any scenario; of other prestaties nothing does.

    Euro of meerzorg are those the item grew from.
    """
    rows = _describe(known, tables, "nacalculatie")
    of_bases = pl.col("year").is_in([known.budget_year - back for back in SETTLED_YEARS_BACK])
    fates = (
        Fate(LEFT_OUT, "other_prestatie", pl.col("item").is_null()),
        *_fates_of_items(known, of_bases, pl.lit(True)),
        Fate(LEFT_OUT, NO_UNIT, ~pl.col("is_convertible")),
        Fate(LEFT_OUT, OTHER_YEAR, ~of_bases),
        Fate(LEFT_OUT, "no_claims", ~pl.col("wlz_uitvoerder").is_in(tables["prices"]["wlz_uitvoerder"].implode())),
        Fate(LEFT_OUT, "not_declared", ~pl.col("item").is_in(_declared(known))),
        Fate(LEFT_OUT, "year_before_unknown", ~pl.col("is_before_known")),
        Fate(LEFT_OUT, NOT_POSITIVE, _sum_of_code() == 0),
    )
    bases = _meerzorg_bases(known, tables)
    older = total_eur(bases["base_3_years_back"]) + total_eur(bases["base_2_years_back"])
    grown = older + total_eur(bases.filter("is_settled")["base_1_year_back"])
    return hold_against(tally(rows, amount_of("nacalculatie"), fates), [_MEERZORG], grown)


def _sum_of_code() -> pl.Expr:
    """What the rows of an uitvoerder and year say of an item: euro of meerzorg, units of a crisis code."""
    said = pl.when(pl.col("item") == _MEERZORG).then(pl.col("amount_eur").cast(pl.Float64)).otherwise("volume")
    return said.sum().over("wlz_uitvoerder", "item", "item_code", "year")


def _declared(known: Known) -> list[str]:
    return [one.name for one in known.extra_items]


def _fates_of_items(known: Known, in_bases: pl.Expr, in_factor: pl.Expr) -> tuple[Fate, Fate, Fate]:
    """Rows an item grew from, and rows of earlier years whose settled ÷ claimed was carried forward."""
    is_meerzorg, is_earlier = pl.col("item") == _MEERZORG, pl.col("year") < known.budget_year
    is_grown = in_bases & pl.col("methods").list.contains(GROWN)
    counts = pl.col("is_convertible") | is_meerzorg  # meerzorg is euro, in any unit
    return (
        Fate(USED, _MEERZORG, is_meerzorg & is_grown),
        Fate(USED, "crisisbedden", counts & is_grown),
        Fate(USED, "carried_forward", counts & in_factor & is_earlier & pl.col("is_carried")),
    )


def _meerzorg_bases(known: Known, tables: Tables) -> pl.DataFrame:
    """Rows of meerzorg that grew from what was settled or agreed; `is_settled`: the year before was settled."""
    items = of_scenario(tables["extra_items"], known.headline.scenario).filter(item=_MEERZORG, item_method=GROWN)
    before = _years_of(known, "nacalculatie").filter(year=known.budget_year - 1)
    settled = pl.col("wlz_uitvoerder").is_in(before["wlz_uitvoerder"].implode())
    return items.with_columns(is_settled=settled)


def _describe(known: Known, tables: Tables, kind: str) -> pl.DataFrame:
    """The delivered rows, each with what could rest on it.

    `item`, its `item_code` (crisis beds are counted per code) and the `methods` by which its uitvoerder has it;
    `is_carried`: somebody's item is carried forward; `sources` of the prices of its series (null: it has none);
    `is_convertible`: its unit into that of the prestatie; `is_settled`: the uitvoerder settled that year;
    `is_before_known`: the uitvoerder settled or agreed the year before the budget year.
    """
    item = pl.coalesce(pl.when(role).then(pl.lit(name)) for role, name in _ITEMS.items())
    item_code = pl.when(item == _MEERZORG).then(pl.lit("")).otherwise("prestatiecode")
    codes = known.reference.prestaties.select("prestatiecode", item.alias("item"), item_code.alias("item_code"),
                                              to_unit="unit_code")  # fmt: skip
    items = tables["extra_items"].filter(pl.col("item").is_in(list(_ITEMS.values())))
    of_code = items.with_columns(pl.col("prestatiecode").fill_null("").alias("item_code"))
    methods = of_code.group_by("wlz_uitvoerder", "item", "item_code").agg(
        pl.col("item_method").unique().alias("methods")
    )
    carried = items.filter(item_method=CARRIED)["item"].implode()
    sources = tables["prices"].group_by(SERIES_KEY).agg(pl.col("price_source").unique().alias("sources"))
    settled, agreed = (_years_of(known, one) for one in ("nacalculatie", "herschikking"))
    before = pl.concat([settled, agreed]).filter(year=known.budget_year - 1)["wlz_uitvoerder"].implode()
    placed = place_by_year(known.read(kind), known.reference.crosswalk, known.reference.regions)
    return (
        placed.join(codes, on="prestatiecode", how="left")
        .join(methods, on=["wlz_uitvoerder", "item", "item_code"], how="left")
        .join(sources, on=SERIES_KEY, how="left")
        .join(conversion_table(), left_on=["unit_code", "to_unit"], right_on=["from_unit", "to_unit"], how="left")
        .join(settled.with_columns(is_settled=pl.lit(True)), on=["wlz_uitvoerder", "year"], how="left")
        .with_columns(
            pl.col("is_settled").fill_null(False),
            is_carried=pl.col("item").is_in(carried).fill_null(False),
            is_convertible=pl.col("conversion_factor").is_not_null(),
            is_before_known=pl.col("wlz_uitvoerder").is_in(before),
        )
    )


def _years_of(known: Known, kind: str) -> pl.DataFrame:
    placed = place_by_year(known.read(kind), known.reference.crosswalk, known.reference.regions)
    return placed.select("wlz_uitvoerder", "year").unique()


def trace_tariffs(known: Known, tables: Tables) -> pl.DataFrame:
    """Beleidsregelwaarden, rows only: the tariff of each prestatie that a price shows or rests on, in any scenario."""
    year, of_years = pl.col("year"), [known.budget_year - 1, known.budget_year]
    units = known.reference.prestaties.select("prestatiecode", to_unit="unit_code")
    rows = (
        known.read("beleidsregelwaarden")
        .join(units, on="prestatiecode", how="left")
        .join(conversion_table(), left_on=["unit_code", "to_unit"], right_on=["from_unit", "to_unit"], how="left")
        .join(_tariffs_shown(known, tables), on=["prestatiecode", "year"], how="left")
        .join(tables["prices"].select("prestatiecode", is_priced=True).unique(), on="prestatiecode", how="left")
    )
    is_convertible = pl.col("conversion_factor").is_not_null()
    is_other_unit = pl.col("unit_code") != pl.col("to_unit")
    order = pl.struct(no_factor=~is_convertible, is_other=is_other_unit, unit=pl.col("unit_code")).rank("ordinal")
    is_first = order.over("prestatiecode", "year") == 1
    fates: Sequence[Fate] = (
        Fate(LEFT_OUT, OTHER_YEAR, ~year.is_in(of_years)),
        Fate(LEFT_OUT, NO_SERIES, pl.col("is_priced").is_null()),
        Fate(LEFT_OUT, NO_UNIT, ~is_convertible),
        Fate(LEFT_OUT, "another_unit_first", ~is_first),
        Fate(LEFT_OUT, NOT_POSITIVE, pl.col("max_tariff_excl_eur_per_unit") <= 0),
        Fate(USED, _PRICE, pl.col("is_shown")),
        Fate(LEFT_OUT, CLAIMS_FIRST, pl.col("year") == known.budget_year - 1),
    )
    return tally(rows, amount_of("beleidsregelwaarden"), fates)


def _tariffs_shown(known: Known, tables: Tables) -> pl.DataFrame:
    """Prestaties and years of which a price has the maximum tariff."""
    columns = {known.budget_year: "max_tariff_eur_per_unit", known.budget_year - 1: "previous_max_tariff_eur_per_unit"}
    shown = [
        tables["prices"].drop_nulls(name).select("prestatiecode", pl.lit(year, dtype=pl.Int32).alias("year")).unique()
        for year, name in columns.items()
    ]
    return pl.concat(shown).with_columns(is_shown=pl.lit(True))
