"""Tables beyond the letter: chances, scenarios, what moved, earlier advices, prices, deliveries, checks."""

import polars as pl

from reports.facts import NATIONAL, Facts
from reports.hidden import hidden_cells, hidden_names
from reports.language import Language
from reports.tables.table import SUPPRESSED, Column, Table
from reports.text.answer import name_scenario
from reports.text.checks import say_check, say_done

ENGINE_OF_HEADLINE, ENGINE = {"letter": "ets_select"}, "combined"
LEVELS, HORIZONS = ("national", "uitvoerder", "group", "series"), (1, 3, 6, 12)
PRICE_COLUMNS = (
    ("previous_max_tariff_eur_per_unit", "price", 2),
    ("previous_price_eur_per_unit", "price", 2),
    ("discount_ratio", "percent", 2),
    ("max_tariff_eur_per_unit", "price", 2),
    ("nhc_eur_per_unit", "price", 2),
    ("nic_eur_per_unit", "price", 2),
    ("price_eur_per_unit", "price", 2),
)


def _columns(language: Language, mart: str, *specs: tuple[str, str, int]) -> list[Column]:
    return [
        Column(key, language.say(f"tables.{key}"), unit, decimals, f"{mart}.{key}") for key, unit, decimals in specs
    ]


def _table(identity: str, language: Language, columns: list[Column], frame: pl.DataFrame, **more: object) -> Table:
    rows = frame.select(column.key for column in columns).to_dicts()
    title = language.say(f"tables.title_{identity.replace('-', '_')}")
    return Table(identity, title, columns, rows, **more)  # type: ignore[arg-type]


def build_exceedance(facts: Facts, language: Language) -> Table:
    """Chance per uitvoerder and part that the kader is exceeded, and what is needed to be 80 and 95 % sure."""
    mart = "exceedance"
    columns = _columns(
        language,
        mart,
        ("wlz_uitvoerder", "text", 0),
        ("part", "text", 0),
        ("budget_eur", "mln", 1),
        ("exceedance_ratio", "percent", 0),
        ("expected_shortfall_eur", "mln", 1),
        ("needed_for_80_eur", "mln", 1),
        ("needed_for_95_eur", "mln", 1),
    )
    hidden = {part: hidden_names(facts, "uitvoerder", part) for part in ("zin", "pgb")}
    hidden["both"] = hidden["zin"] | hidden["pgb"]
    ordered = facts.of(mart).sort(pl.col("wlz_uitvoerder") == NATIONAL, pl.col("part") == "pgb", "wlz_uitvoerder")
    rows = [
        {
            column.key: SUPPRESSED
            if column.is_number and row["wlz_uitvoerder"] in hidden[row["part"]]
            else row[column.key]
            for column in columns
        }
        | {"part": language.say(f"tables.part_{row['part']}")}
        for row in ordered.to_dicts()
    ]
    return Table("kans", language.say("tables.title_kans"), columns, rows, source=mart, total=NATIONAL)


def build_scenarios(facts: Facts, language: Language) -> Table:
    """The expected zin year in every scenario that was computed, the headline first."""
    mart = "utilisation_national"
    columns = _columns(
        language,
        mart,
        ("scenario", "text", 0),
        ("expected_eur", "mln", 0),
        ("lower_80_eur", "mln", 0),
        ("upper_80_eur", "mln", 0),
        ("budget_eur", "mln", 0),
        ("available_eur", "mln", 0),
        ("available_ratio", "percent", 1),
    )
    rows = facts.marts[mart].filter(part="zin").sort(pl.col("scenario") != facts.headline, "scenario")
    named = rows.with_columns(pl.Series("scenario", [_name_with_code(name, language) for name in rows["scenario"]]))
    return _table("rekenwijzen", language, columns, named, source=mart)


def _name_with_code(scenario: str, language: Language) -> str:
    """'aangevulde maanden (completed)': the words, and the name in the marts."""
    words = name_scenario(scenario, language)
    return words if words == scenario else f"{words} ({scenario})"


def build_bridge(facts: Facts, language: Language) -> Table:
    """What moved the room since the advice before, component by component."""
    mart = "forecast_bridge"
    columns = _columns(language, mart, ("component", "text", 0), ("change_eur", "mln", 1))
    rows = facts.of(mart).filter(wlz_uitvoerder=NATIONAL)
    names = [language.say(f"sections.component_{name}") for name in rows["component"]]
    return _table("brug", language, columns, rows.with_columns(pl.Series("component", names)), source=mart)


def build_vintages(facts: Facts, language: Language) -> Table:
    """Every advice on zin of the nation so far in the headline scenario, with the outcome where it is known."""
    mart = "forecast_vintages"
    columns = _columns(
        language,
        mart,
        ("delivery_month", "month", 0),
        ("budget_year", "text", 0),
        ("advice_id", "text", 0),
        ("expected_excl_extra_eur", "mln", 0),
        ("lower_80_eur", "mln", 0),
        ("upper_80_eur", "mln", 0),
        ("realised_eur", "mln", 0),
        ("error_ratio", "percent", 2),
    )
    rows = facts.of(mart).filter(wlz_uitvoerder=NATIONAL, part="zin").sort("budget_year", "delivery_month", "advice_id")
    return _table("adviezen", language, columns, rows, source=mart)


def build_backtest(facts: Facts, language: Language) -> Table:
    """How far the engine of the headline was off on its own past, per level and months ahead."""
    mart = "backtest_accuracy"
    columns = _columns(
        language,
        mart,
        ("level", "text", 0),
        ("horizon_months", "number", 0),
        ("origins_count", "number", 0),
        ("wape_ratio", "percent", 1),
        ("coverage_80_ratio", "percent", 0),
    )
    engine = ENGINE_OF_HEADLINE.get(facts.headline, ENGINE)
    rows = facts.of(mart).filter(pl.col("horizon_months").is_in(HORIZONS), engine=engine)
    order = pl.col("level").replace_strict(list(LEVELS), list(range(len(LEVELS))), default=len(LEVELS))
    rows = rows.sort(order, "horizon_months")
    names = [language.say(f"tables.level_{name}") for name in rows["level"]]
    return _table(
        "terugrekenen", language, columns, rows.with_columns(pl.Series("level", names, dtype=pl.String)), source=mart
    )


def build_status(facts: Facts, language: Language) -> Table:
    """How the claims delivery of the advice came in, per uitvoerder; no provider is named."""
    mart = "delivery_status"
    columns = _columns(
        language,
        mart,
        ("wlz_uitvoerder", "text", 0),
        ("received_on", "day", 0),
        ("due_on", "day", 0),
        ("late_months", "number", 0),
        ("completeness_ratio", "percent", 1),
        ("findings_count", "number", 0),
        ("at_stake_eur", "mln", 1),
    )
    used = facts.one("advice_provenance", input_name="declaraties")
    rows = facts.marts[mart].filter(delivery_id=used["input_version"] if used else "")
    rows = rows.sort(pl.col("wlz_uitvoerder") == NATIONAL, "wlz_uitvoerder")
    return _table("aanlevering", language, columns, rows, source=mart, total=NATIONAL)


def build_months(facts: Facts, language: Language, identity: str, title: str, part: str | None) -> Table:
    """Cumulative expectation per month of a part, or of both beside each other; with bounds where there is one part."""
    mart = "utilisation_monthly"
    rows = facts.of(mart).sort("month")
    if part is not None:
        columns = _columns(
            language,
            mart,
            ("month", "month", 0),
            ("state", "text", 0),
            ("expected_cumulative_eur", "mln", 0),
            *((("expected_cumulative_incl_extra_eur", "mln", 0),) if part == "zin" else ()),  # what the bounds are of
            ("lower_80_eur", "mln", 0),
            ("upper_80_eur", "mln", 0),
            ("budget_eur", "mln", 0),
        )
        rows = rows.filter(part=part)
        states = [language.say(f"tables.state_{state}") for state in rows["state"]]
        rows = rows.with_columns(pl.Series("state", states, dtype=pl.String))
    else:
        columns = _columns(language, mart, ("month", "month", 0), ("zin", "mln", 0), ("pgb", "mln", 0))
        rows = rows.pivot("part", index="month", values="expected_cumulative_incl_extra_eur")
    return Table(identity, title, columns, rows.select(column.key for column in columns).to_dicts(), source=mart)


# Months of one thing as a table: mart → its columns.
MONTHS = {
    "forecast_bounds": (
        ("month", "month", 0),
        ("expected_eur", "mln", 1),
        ("lower_80_eur", "mln", 1),
        ("upper_80_eur", "mln", 1),
    ),
    "pgb_forecast": (
        ("month", "month", 0),
        ("granted_stand_eur", "mln", 1),
        ("forecast_stand_eur", "mln", 1),
        ("lower_80_eur", "mln", 1),
        ("upper_80_eur", "mln", 1),
    ),
    "volume_forecast": (
        ("care_month", "month", 0),
        ("observed_volume", "number", 0),
        ("forecast_volume", "number", 0),
        ("lower_80_volume", "number", 0),
        ("upper_80_volume", "number", 0),
    ),
}


def build_course(language: Language, identity: str, mart: str, months: pl.DataFrame, title: str) -> Table:
    """Months of one uitvoerder, region or series: known, expected, 80 % bounds. In: rows of ``mart``."""
    columns = _columns(language, mart, *MONTHS[mart])
    return Table(identity, title, columns, months.select(column.key for column in columns).to_dicts(), source=mart)


def build_lag(language: Language, curves: pl.DataFrame) -> Table:
    """How complete claims of the largest group are, by months since the care month."""
    columns = _columns(
        language,
        "lag_curve",
        ("wlz_uitvoerder", "text", 0),
        ("prestatiegroep", "text", 0),
        ("lag_months", "number", 0),
        ("completeness_ratio", "percent", 1),
        ("lower_80_ratio", "percent", 1),
        ("upper_80_ratio", "percent", 1),
    )
    return _table("inloop", language, columns, curves.sort("wlz_uitvoerder", "lag_months"), source="lag_curve")


def build_aids(facts: Facts, language: Language, title: str) -> Table:
    """Aids per kind and month: declared, expected, cumulative."""
    mart = "aids_monthly"
    columns = _columns(
        language,
        mart,
        ("month", "month", 0),
        ("aid_kind", "text", 0),
        ("declared_eur", "mln", 1),
        ("forecast_eur", "mln", 1),
        ("cumulative_eur", "mln", 1),
        ("reserve_eur", "mln", 0),
    )
    rows = facts.of(mart).sort("aid_kind", "month").select(column.key for column in columns)
    return Table("figuur-9-tabel", title, columns, rows.to_dicts(), source=mart)


def build_groups(facts: Facts, language: Language, wlz_uitvoerder: str, identity: str) -> Table:
    """Expected year per prestatiegroep of an uitvoerder, with 80 % bounds; small groups are not shown."""
    columns = _columns(
        language,
        "forecast_bounds",
        ("prestatiegroep", "text", 0),
        ("expected_eur", "mln", 1),
        ("lower_80_eur", "mln", 1),
        ("upper_80_eur", "mln", 1),
    )
    hidden = hidden_cells(facts, "group")
    year = facts.marts["bounds_year"].filter(level="group", wlz_uitvoerder=wlz_uitvoerder)
    rows = [
        {
            key: SUPPRESSED
            if key != "prestatiegroep" and (wlz_uitvoerder, row["prestatiegroep"]) in hidden
            else row[key]
            for key in (column.key for column in columns)
        }
        for row in year.sort("prestatiegroep").to_dicts()
    ]
    return Table(
        identity,
        language.say("tables.title_prestatiegroepen", name=wlz_uitvoerder),
        columns,
        rows,
        source="forecast_bounds",
    )


def build_prices(facts: Facts, language: Language) -> Table:
    """Table 7 for every prestatie and uitvoerder: source and every step of its price; small ones are not shown."""
    mart = "price_derivation"
    columns = _columns(
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
    """Per branch of the decision rule: combinations of prestatie and uitvoerder, and the euro expected of them."""
    series = facts.marts["bounds_year"].filter(level="series")
    key = ["prestatiecode", "wlz_uitvoerder"]
    joined = facts.of("price_derivation").join(series.select(*key, "expected_eur"), on=key, how="left")
    return (
        joined.group_by("price_source")
        .agg(pl.len().alias("count"), pl.col("expected_eur").sum().alias("eur"))
        .sort("price_source")
    )


def build_price_sources(facts: Facts, language: Language) -> Table:
    """The decision rule of figure 12 as a table."""
    columns = _columns(
        language, "price_derivation", ("price_source", "text", 0), ("count", "number", 0), ("eur", "mln", 0)
    )
    rows = count_price_sources(facts)
    words = [
        language.say(
            "tables.price_source_named", code=code or "–", name=language.say(f"tables.source_{code or 'none'}")
        )
        for code in rows["price_source"]
    ]
    named = rows.with_columns(pl.Series("price_source", words, dtype=pl.String))
    return _table("prijsbronnen", language, columns, named, source="price_derivation")


def build_inputs(facts: Facts, language: Language) -> Table:
    """What the advice rests on: deliveries with their hash, code, assumptions."""
    mart = "advice_provenance"
    columns = _columns(
        language,
        mart,
        ("input_name", "text", 0),
        ("input_version", "text", 0),
        ("received_on", "day", 0),
        ("cut_off_date", "day", 0),
        ("rows_count", "number", 0),
        ("amount_eur", "mln", 1),
        ("quarantined_count", "number", 0),
        ("content_hash", "text", 0),
    )
    return _table("bronnen", language, columns, facts.of(mart).sort("input_name"), source=mart)


def build_checks(facts: Facts, language: Language) -> Table:
    """Checks that failed, most euro first: what, how many, how much, and what was done. Findings name no provider."""
    mart = "data_quality"
    columns = _columns(
        language,
        mart,
        ("check_id", "text", 0),
        ("title", "text", 0),
        ("severity", "text", 0),
        ("check_status", "text", 0),
        ("findings_count", "number", 0),
        ("at_stake_eur", "eur", 0),
        ("action", "text", 0),
    )
    rows = [
        row
        | {
            "title": say_check(row["check_id"], row["title"], language),
            "severity": language.say(f"tables.severity_{row['severity']}"),
            "check_status": language.say(f"tables.status_{row['check_status']}"),
            "action": say_done(
                row["check_id"],
                row["action"],
                refuses=row["severity"] == "block" and row["accepted_by"] is None,
                language=language,
            ),
        }
        for row in facts.marts[mart].to_dicts()
    ]
    shown = [{column.key: row[column.key] for column in columns} for row in rows]
    return Table("controles", language.say("tables.title_controles"), columns, shown, source=mart)
