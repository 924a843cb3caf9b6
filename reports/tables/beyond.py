"""Tables beyond the letter: chances, scenarios, what moved, earlier advices, prices, deliveries, checks."""

from dataclasses import replace

import polars as pl

from reports.facts import Facts
from reports.hidden import hidden_cells, hidden_names
from reports.language import Language
from reports.tables.files import IS_FILE
from reports.tables.table import SUPPRESSED, Column, Table
from reports.text.answer import name_scenario
from reports.text.checks import say_check, say_done
from warehouse.provenance import AFTER_CUT_OFF, NOT_DELIVERED
from wlz.words.vocabulary import NATION

FEW = 3  # findings or series below which an amount may be that of one of them
LEVELS, HORIZONS = ("national", "uitvoerder", "group", "series"), (1, 3, 6, 12)


def make_columns(language: Language, mart: str, *specs: tuple[str, str, int]) -> list[Column]:
    """Columns of a mart from key, unit and decimals; their label is the phrase of that key."""
    return [
        Column(key, language.say(f"tables.{key}"), unit, decimals, f"{mart}.{key}") for key, unit, decimals in specs
    ]


def make_table(identity: str, language: Language, columns: list[Column], frame: pl.DataFrame, **more: object) -> Table:
    """The table of these columns with the rows of a frame, under the title of its identity."""
    rows = frame.select(column.key for column in columns).to_dicts()
    title = language.say(f"tables.title_{identity.replace('-', '_')}")
    return Table(identity, title, columns, rows, **more)  # type: ignore[arg-type]


def build_exceedance(facts: Facts, language: Language) -> Table:
    """Chance per uitvoerder and part that the kader is exceeded, and what is needed to be 80 and 95 % sure."""
    mart = "exceedance"
    columns = make_columns(
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
    part = pl.col("part").replace_strict({"zin": 0, "pgb": 1}, default=2)
    name = pl.col("wlz_uitvoerder")
    ordered = facts.of(mart).sort(name == NATION, name.str.to_lowercase(), part)
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
    return Table("kans", language.say("tables.title_kans"), columns, rows, source=mart, total=NATION)


def build_scenarios(facts: Facts, language: Language) -> Table:
    """The expected zin year in every scenario that was computed, the headline first."""
    mart = "utilisation_national"
    columns = make_columns(
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
    return make_table("rekenwijzen", language, columns, named, source=mart)


def _name_with_code(scenario: str, language: Language) -> str:
    """'aangevulde maanden (completed)': the words, and the name in the marts."""
    words = name_scenario(scenario, language)
    return words if words == scenario else f"{words} ({scenario})"


def build_bridge(facts: Facts, language: Language) -> Table:
    """What moved the room of the nation since the advice before, component by component; regions move within it."""
    mart = "forecast_bridge"
    columns = make_columns(language, mart, ("component", "text", 0), ("change_eur", "mln", 1))
    rows = facts.of(mart).filter(pl.col("component") != "moved", wlz_uitvoerder=NATION)
    names = [language.say(f"sections.component_{name}") for name in rows["component"]]
    return make_table("brug", language, columns, rows.with_columns(pl.Series("component", names)), source=mart)


def build_vintages(facts: Facts, language: Language) -> Table:
    """Every advice on zin of the nation so far in the headline scenario, with the outcome where it is known.

    The bounds are of the expectation with extra items; the outcome is held against the one without them.
    """
    mart = "forecast_vintages"
    columns = make_columns(
        language,
        mart,
        ("delivery_month", "month", 0),
        ("budget_year", "text", 0),
        ("advice_id", "text", 0),
        ("expected_eur", "mln", 0),
        ("lower_80_eur", "mln", 0),
        ("upper_80_eur", "mln", 0),
        ("expected_excl_extra_eur", "mln", 0),
        ("realised_eur", "mln", 0),
        ("error_ratio", "percent", 2),
    )
    rows = facts.of(mart).filter(wlz_uitvoerder=NATION, part="zin").sort("budget_year", "delivery_month", "advice_id")
    note = language.say("tables.vintages_note", scenario=name_scenario(facts.headline, language))
    return make_table("adviezen", language, columns, rows, source=mart, note=note)


def build_backtest(facts: Facts, language: Language) -> Table:
    """How far the engine of the headline was off on its own past, per level and months ahead."""
    mart = "backtest_accuracy"
    columns = make_columns(
        language,
        mart,
        ("level", "text", 0),
        ("horizon_months", "number", 0),
        ("origins_count", "number", 0),
        ("wape_ratio", "percent", 1),
        ("coverage_80_ratio", "percent", 0),
    )
    rows = facts.of(mart).filter(pl.col("horizon_months").is_in(HORIZONS), engine=facts.headline_engine)
    order = pl.col("level").replace_strict(list(LEVELS), list(range(len(LEVELS))), default=len(LEVELS))
    rows = rows.sort(order, "horizon_months")
    names = [language.say(f"tables.level_{name}") for name in rows["level"]]
    named = rows.with_columns(pl.Series("level", names, dtype=pl.String))
    note = language.say("tables.backtest_note")
    return make_table("terugrekenen", language, columns, named, source=mart, note=note)


def build_status(facts: Facts, language: Language) -> Table:
    """When the claims of the advice came in, per uitvoerder. No findings or euro: they may be of one provider."""
    mart = "delivery_status"
    columns = make_columns(
        language,
        mart,
        ("wlz_uitvoerder", "text", 0),
        ("received_on", "day", 0),
        ("due_on", "day", 0),
        ("late_months", "number", 0),
        ("completeness_ratio", "percent", 1),
    )
    used = facts.one("advice_provenance", input_name="declaraties")
    rows = facts.marts[mart].filter(delivery_id=used["input_version"] if used else "")
    rows = rows.sort(pl.col("wlz_uitvoerder") == NATION, pl.col("wlz_uitvoerder").str.to_lowercase())
    return make_table("aanlevering", language, columns, rows, source=mart, total=NATION)


def build_months(facts: Facts, language: Language, identity: str, title: str, part: str | None) -> Table:
    """Cumulative expectation per month of a part, or of both beside each other; with bounds where there is one part."""
    mart = "utilisation_monthly"
    rows = facts.of(mart).sort("month")
    if part is not None:
        columns = make_columns(
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
        columns = make_columns(language, mart, ("month", "month", 0), ("zin", "mln", 0), ("pgb", "mln", 0))
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
    columns = make_columns(language, mart, *MONTHS[mart])
    return Table(identity, title, columns, months.select(column.key for column in columns).to_dicts(), source=mart)


def build_lag(language: Language, curves: pl.DataFrame) -> Table:
    """How complete claims of the largest group are, by months since the care month."""
    columns = make_columns(
        language,
        "lag_curve",
        ("wlz_uitvoerder", "text", 0),
        ("prestatiegroep", "text", 0),
        ("lag_months", "number", 0),
        ("completeness_ratio", "percent", 1),
        ("lower_80_ratio", "percent", 1),
        ("upper_80_ratio", "percent", 1),
    )
    return make_table("inloop", language, columns, curves.sort("wlz_uitvoerder", "lag_months"), source="lag_curve")


def build_aids(facts: Facts, language: Language, title: str) -> Table:
    """Aids per kind and month: declared, expected, cumulative."""
    mart = "aids_monthly"
    columns = make_columns(
        language,
        mart,
        ("month", "month", 0),
        ("aid_kind", "text", 0),
        ("declared_eur", "mln", 1),
        ("forecast_eur", "mln", 1),
        ("cumulative_eur", "mln", 1),
        ("reserve_eur", "mln", 0),
    )
    rows = facts.of(mart).sort("aid_kind", "month").select(column.key for column in columns).to_dicts()
    named = [row | {"aid_kind": _name_aid(row["aid_kind"], language)} for row in rows]
    return Table("figuur-9-tabel", title, columns, named, source=mart)


def _name_aid(kind: str, language: Language) -> str:
    key = f"tables.aid_{kind}"
    return language.say(key) if language.has(key) else kind


def build_groups(facts: Facts, language: Language, wlz_uitvoerder: str, identity: str) -> Table:
    """Expected year per prestatiegroep of an uitvoerder, with 80 % bounds; small groups are not shown."""
    columns = make_columns(
        language,
        "forecast_bounds",
        ("prestatiegroep", "text", 0),
        ("expected_eur", "mln", 1),
        ("lower_80_eur", "mln", 1),
        ("upper_80_eur", "mln", 1),
    )
    # What the groups add up to is the expectation without extra items.
    columns[1] = replace(columns[1], label=language.say("tables.expected_excl_extra_eur"))
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


def build_inputs(facts: Facts, language: Language) -> Table:
    """What the advice rests on: deliveries with their hash, code, assumptions. Files have a table of their own."""
    mart = "advice_provenance"
    columns = make_columns(
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
    words = {NOT_DELIVERED: language.say("tables.not_delivered"), AFTER_CUT_OFF: language.say("tables.after_cut_off")}
    rows = facts.of(mart).filter(~IS_FILE).sort("input_name").with_columns(pl.col("input_version").replace(words))
    return make_table("bronnen", language, columns, rows, source=mart)


def build_checks(facts: Facts, language: Language) -> Table:
    """Checks that failed, most euro first: what, how many, how much, and what was done. Findings name no provider."""
    mart = "data_quality"
    columns = make_columns(
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
            "at_stake_eur": SUPPRESSED if row["at_stake_eur"] and row["findings_count"] < FEW else row["at_stake_eur"],
            "action": language.say("tables.done_solved")
            if row["check_status"] == "solved"
            else say_done(
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
