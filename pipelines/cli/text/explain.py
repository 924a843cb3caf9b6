"""Explaining a table or a series to a person: from its contract, and from the published marts."""

from pathlib import Path
from typing import Any

import polars as pl

from warehouse import registry
from warehouse.dictionary import describe_type
from warehouse.duck import run_query
from warehouse.mart_sql import mart_sql
from warehouse.published_headline import read_headline
from wlz.words.counts import format_count
from wlz.words.faults import Spoken

_SOURCES = {
    "a": "claims of the budget year",
    "b": "agreements of the year before, their discount ratio on this year's maximum",
    "c": "claims of the year before, their discount ratio on this year's maximum",
    "d": "none, so no price",
}


class ExplainError(Spoken, ValueError):
    """Nothing by that name; the message lists what there is."""


def explain_table(name: str) -> str:
    """Grain, columns with unit, and for a mart its SQL. Raises ExplainError for an unknown name."""
    tables = registry.all_tables()
    found = registry.marts().get(name.removeprefix("marts.")) or next((t for t in tables if t.name == name), None)
    if found is None:
        names = ", ".join(table.name for table in tables)
        raise ExplainError(
            f"no table {name!r}; there are {names}, and series as PRESTATIECODE/UITVOERDER such as Z053/CZ"
        )
    lines = [f"{found.name}: {found.description}", f"Grain: {found.grain}. Key: {', '.join(found.key)}."]
    if found.letter:
        lines.append(f"Letter: {found.letter}.")
    lines += [f"Known issue: {issue}" for issue in found.known_issues]
    width = max(len(column.name) for column in found.columns)
    lines += ["", *(f"  {c.name:<{width}}  {describe_type(c):<22} {c.description}" for c in found.columns)]
    if found.layer == "mart" and name.removeprefix("marts.") != "example_queries":
        lines += ["", mart_sql(found.name).rstrip()]
    return "\n".join(lines)


def explain_series(database: Path, prestatiecode: str, wlz_uitvoerder: str) -> str:
    """Volume and price of one series in the latest advice. Raises ExplainError when it is not published."""
    where = f"prestatiecode = '{_text(prestatiecode)}' AND wlz_uitvoerder = '{_text(wlz_uitvoerder)}'"
    latest = f"{where} AND delivery_month = (SELECT max(delivery_month) FROM marts.price_derivation)"
    every = run_query(database, f"SELECT * FROM marts.volume_forecast WHERE {latest} ORDER BY scenario, care_month")
    if every.is_empty():
        raise ExplainError(f"no series {prestatiecode}/{wlz_uitvoerder} in the latest advice")
    shown = read_headline(database, every["delivery_month"][0]).scenario
    volumes = every.filter(scenario=shown)
    prices = run_query(database, f"SELECT * FROM marts.price_derivation WHERE {latest} AND scenario = '{shown}'")
    price: dict[str, Any] = prices.row(0, named=True)
    vintage = f"advice on delivery month {price['delivery_month']:%Y-%m}, scenario {price['scenario']}"
    lines = [f"{prestatiecode} at {wlz_uitvoerder}, {vintage}", *_volume_lines(volumes), *_price_lines(price)]
    lines += _scenario_lines(every, shown)
    lines += ["", "  month         observed    completed     forecast    80 % from           to"]
    of_year = volumes.filter(pl.col("budget_year") == pl.col("budget_year").min())
    for row in of_year.tail(24).iter_rows(named=True):
        names = ("observed_volume", "completed_volume", "forecast_volume", "lower_80_volume", "upper_80_volume")
        cells = [row[name] for name in names]
        lines.append(
            f"  {row['care_month']:%Y-%m}  " + "".join(f"{'' if v is None else f'{v:,.0f}':>13}" for v in cells)
        )
    return "\n".join(lines)


def _volume_lines(volumes: pl.DataFrame) -> list[str]:
    of_year = volumes.filter(pl.col("budget_year") == pl.col("budget_year").min())
    observed, forecast = volumes["observed_volume"].drop_nulls(), of_year["forecast_volume"].drop_nulls()
    first = volumes.row(0, named=True)
    flag = f", {first['flag']}" if first["flag"] else ""
    return [
        f"Volume: {format_count(observed.len(), 'month')} observed from {first['care_month']:%Y-%m}, "
        f"the last twelve {format_count(float(observed.tail(12).sum()), 'unit')}.",
        f"Forecast: {format_count(forecast.len(), 'month')}, {format_count(float(forecast.sum()), 'unit')} "
        f"(engine {first['engine']}, model {first['model']}{flag}): {_reasons(of_year)}.",
    ]


def _scenario_lines(every: pl.DataFrame, shown: str) -> list[str]:
    """What the other scenarios expect of the budget year, and why."""
    ahead = every.filter(pl.col("forecast_volume").is_not_null(), pl.col("budget_year") == pl.col("budget_year").min())
    lines = []
    for (name,), of_scenario in ahead.group_by("scenario", maintain_order=True):
        if name != shown:
            flag = of_scenario["flag"][0]
            told = f"{_reasons(of_scenario)}{f', {flag}' if flag else ''}"
            volume = float(of_scenario["forecast_volume"].sum())
            lines.append(f"Scenario {name}: {format_count(volume, 'unit')} in the same months ({told}).")
    return lines


def _reasons(volumes: pl.DataFrame) -> str:
    """Why the forecast is what it is; an override that holds for some months is told with the first of them."""
    ahead = volumes.filter(pl.col("forecast_volume").is_not_null())
    found = ahead.group_by("forecast_reason", maintain_order=True).agg(pl.col("care_month").min())
    told = [reason if n == 0 else f"from {month:%Y-%m} {reason}" for n, (reason, month) in enumerate(found.iter_rows())]
    return "; ".join(told)


def _price_lines(price: dict[str, Any]) -> list[str]:
    source = price["price_source"]
    per_unit = f"{_number(price['price_eur_per_unit'])} per unit (COD218 {price['unit_code']})"
    lines = [f"Price: {per_unit}, source {source}: {_SOURCES[source]}."]
    if price["discount_ratio"] is not None:
        previous, maximum = price["previous_price_eur_per_unit"], price["previous_max_tariff_eur_per_unit"]
        parts = [_number(price[name]) for name in ("max_tariff_eur_per_unit", "nhc_eur_per_unit", "nic_eur_per_unit")]
        lines.append(
            f"  {_number(previous)} ÷ {_number(maximum)} = {price['discount_ratio']:.4f}; "
            f"× {parts[0]} + NHC {parts[1]} + NIC {parts[2]}"
        )
    if price["unit_status"] != "ok":
        lines.append(f"  Unit: {price['unit_status']}, factor {price['unit_factor']:g}, {price['unit_evidence']}")
    if price["price_flags"]:
        lines.append(f"  Flags: {price['price_flags']}")
    return lines


def _number(value: float | None) -> str:
    return "none" if value is None else f"€ {value:,.4f}"


def _text(value: str) -> str:
    return value.replace("'", "''")
