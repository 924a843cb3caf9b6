"""Tables of prices: table 7 for every prestatie, and what each branch of the decision rule holds."""

import polars as pl

from reports.facts import Facts
from reports.hidden import hidden_cells
from reports.language import Language
from reports.tables.beyond import FEW, make_columns
from reports.tables.table import SUPPRESSED, Table

PRICE_COLUMNS = (
    ("previous_max_tariff_eur_per_unit", "price", 2),
    ("previous_price_eur_per_unit", "price", 2),
    ("discount_ratio", "percent", 2),
    ("max_tariff_eur_per_unit", "price", 2),
    ("nhc_eur_per_unit", "price", 2),
    ("nic_eur_per_unit", "price", 2),
    ("price_eur_per_unit", "price", 2),
)


def build_prices(facts: Facts, language: Language) -> Table:
    """Table 7 for every prestatie and uitvoerder: source and every step of its price; small ones are not shown."""
    mart = "price_derivation"
    columns = make_columns(
        language,
        mart,
        ("prestatiecode", "text", 0),
        ("wlz_uitvoerder", "text", 0),
        ("price_source", "text", 0),
        *PRICE_COLUMNS,
    )
    hidden = hidden_cells(facts, "series")
    shown = [column.key for column in columns]
    rows = []
    for row in facts.of(mart).sort("prestatiecode", "wlz_uitvoerder").select(shown).to_dicts():
        if (row["wlz_uitvoerder"], row["prestatiecode"]) in hidden:
            row |= {
                key: SUPPRESSED
                for key, *_ in PRICE_COLUMNS
                if "max_tariff" not in key and key[:3] not in ("nhc", "nic")
            }
        rows.append(row)
    return Table("tabel-7", language.say("tables.title_7"), columns, rows, source=mart)


def count_price_sources(facts: Facts) -> pl.DataFrame:
    """Per branch of the decision rule: combinations of prestatie and uitvoerder, and the euro expected of them.

    Without meerzorg, which the advice estimates apart. The euro of a branch with fewer than ``FEW`` series that may be
    shown is left out, and that of the next smallest with it: the total is public.
    """
    key = ["prestatiecode", "wlz_uitvoerder"]
    apart = facts.marts["code_list"].filter("is_meerzorg")["prestatiecode"].to_list()
    priced = facts.of("price_derivation").filter(~pl.col("prestatiecode").is_in(apart))
    branches = keep_back_few(facts, priced.select(*key, "price_source"), "price_source")
    eur = pl.when(pl.col("is_hidden")).then(None).otherwise(pl.col("eur"))
    return branches.select("price_source", "count", eur.alias("eur"), "is_hidden")


def keep_back_few(facts: Facts, series: pl.DataFrame, part: str) -> pl.DataFrame:
    """Parts of the expected year, by name: count of series, eur, and whether the euro ``is_hidden``.

    In: prestatiecode, wlz_uitvoerder and the name of the part of each. Hidden are those of fewer than ``FEW`` series
    that may be shown, and with a single one the next smallest: the total is public.
    """
    key = ["prestatiecode", "wlz_uitvoerder"]
    year = facts.marts["bounds_year"].filter(level="series").select(*key, "expected_eur")
    hidden = pl.DataFrame(
        [(code, owner) for owner, code in sorted(hidden_cells(facts, "series"))],
        schema=dict.fromkeys(key, pl.String),
        orient="row",
    ).with_columns(pl.lit(True).alias("is_hidden"))
    joined = series.join(year, on=key, how="left").join(hidden, on=key, how="left")
    parts = joined.group_by(part).agg(
        pl.len().alias("count"),
        pl.col("expected_eur").sum().alias("eur"),
        pl.col("is_hidden").is_null().sum().alias("shown_count"),
    )
    small = parts.filter(pl.col("eur") != 0).sort("eur")[part].to_list()
    few = set(parts.filter((pl.col("shown_count") < FEW) & (pl.col("eur") != 0))[part])
    kept_back = few | ({next((name for name in small if name not in few), "")} if len(few) == 1 else set())
    return parts.select(part, "count", "eur", pl.col(part).is_in(sorted(kept_back)).alias("is_hidden")).sort(part)


def build_price_sources(facts: Facts, language: Language) -> Table:
    """The decision rule of figure 12 as a table."""
    columns = make_columns(
        language, "price_derivation", ("price_source", "text", 0), ("count", "number", 0), ("eur", "mln", 0)
    )
    rows = count_price_sources(facts)
    words = [
        language.say(
            "tables.price_source_named", code=code or "–", name=language.say(f"tables.source_{code or 'none'}")
        )
        for code in rows["price_source"]
    ]
    shown = [
        {"price_source": word, "count": row["count"], "eur": SUPPRESSED if row["is_hidden"] else row["eur"]}
        for word, row in zip(words, rows.to_dicts(), strict=True)
    ]
    return Table("prijsbronnen", language.say("tables.title_prijsbronnen"), columns, shown, source="price_derivation")
