"""Explaining a table or a series to a person: from its contract, and from the published marts."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from warehouse import registry
from warehouse.dictionary import describe_type
from warehouse.duck import run_query
from warehouse.latest import flags_of
from warehouse.mart_sql import mart_sql
from warehouse.published_headline import read_headline
from warehouse.withdrawals import newest_month
from wlz.words.counts import format_count
from wlz.words.faults import Spoken
from wlz.words.months import MONTHS_PER_YEAR, add_months, months_between

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
    columns = [*found.columns, *(flags_of(found) if found.layer == "mart" else ())]
    width = max(len(column.name) for column in columns)
    lines += ["", *(f"  {c.name:<{width}}  {describe_type(c):<22} {c.description}" for c in columns)]
    if found.layer == "mart" and name.removeprefix("marts.") != "example_queries":
        lines += ["", mart_sql(found.name).rstrip()]
    return "\n".join(lines)


def explain_series(database: Path, prestatiecode: str, wlz_uitvoerder: str) -> str:
    """Volume and price of one series in the latest advice. Raises ExplainError when it is not published."""
    where = f"prestatiecode = '{_text(prestatiecode)}' AND wlz_uitvoerder = '{_text(wlz_uitvoerder)}'"
    newest = newest_month(database)
    if newest is None:
        raise ExplainError(
            f"no advice stands in {database.name}: none is published, or all are withdrawn. Next: wlz status"
        )
    latest = f"{where} AND delivery_month = DATE '{newest}'"
    every = run_query(database, f"SELECT * FROM marts.volume_forecast WHERE {latest} ORDER BY scenario, care_month")
    if every.is_empty():
        raise ExplainError(f"no series {prestatiecode}/{wlz_uitvoerder} in the latest advice")
    shown = read_headline(database, every["delivery_month"][0]).scenario
    volumes = every.filter(scenario=shown)
    prices = run_query(database, f"SELECT * FROM marts.price_derivation WHERE {latest} AND scenario = '{shown}'")
    price: dict[str, Any] = prices.row(0, named=True)
    vintage = f"advice on delivery month {price['delivery_month']:%Y-%m}, scenario {price['scenario']}"
    lines = [f"{prestatiecode} at {wlz_uitvoerder}, {vintage}", *say_volume(volumes, every), *_price_lines(price)]
    lines += say_scenarios(every, shown)
    lines += ["", "  month         observed    completed     forecast    80 % from           to"]
    of_year = volumes.filter(pl.col("budget_year") == pl.col("budget_year").min())
    for row in of_year.tail(24).iter_rows(named=True):
        names = ("observed_volume", "completed_volume", "forecast_volume", "lower_80_volume", "upper_80_volume")
        cells = [row[name] for name in names]
        lines.append(
            f"  {row['care_month']:%Y-%m}  " + "".join(f"{'' if v is None else f'{v:,.0f}':>13}" for v in cells)
        )
    return "\n".join(lines)


def say_volume(volumes: pl.DataFrame, every: pl.DataFrame) -> list[str]:
    """What was observed, in all and in the last twelve months, and what is forecast beside the same months before."""
    of_year = volumes.filter(pl.col("budget_year") == pl.col("budget_year").min())
    forecast, known = of_year.drop_nulls("forecast_volume"), known_months(volumes, every)
    first = volumes.row(0, named=True)
    flag = f", {first['flag']}" if first["flag"] else ""
    observed = format_count(volumes["observed_volume"].drop_nulls().len(), "month")
    return [
        f"Volume: {observed} observed from {first['care_month']:%Y-%m}, {_last_twelve(volumes, known)}.",
        f"Forecast: {format_count(forecast.height, 'month')}, {_units(forecast['forecast_volume'])}"
        f"{_year_before(forecast, known)} (engine {first['engine']}, model {first['model']}{flag}): "
        f"{_reasons(of_year)}.",
    ]


def known_months(volumes: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
    """Months of a series that were delivered, care_month and volume: as completed where the scenario completes them.

    In: rows of mart volume_forecast, of the scenario that is shown and of all. A month of 0 that a scenario completes
    to something was silent: taken as not delivered, so nobody knows its volume, and it is not 0.
    """
    silent = every.filter(pl.col("observed_volume") == 0, pl.col("completed_volume") > 0)
    observed = volumes.drop_nulls("observed_volume")
    delivered = observed.join(silent.select("care_month").unique(), on="care_month", how="anti")
    return delivered.select("care_month", volume=pl.coalesce("completed_volume", "observed_volume")).sort("care_month")


def _last_twelve(volumes: pl.DataFrame, known: pl.DataFrame) -> str:
    """The twelve calendar months up to the last observed one; those that were not delivered are named, not counted."""
    last = volumes.drop_nulls("observed_volume")["care_month"].max()
    if not isinstance(last, date):
        return "none of them delivered"
    first = add_months(last, 1 - MONTHS_PER_YEAR)
    inside = known.filter(pl.col("care_month").is_between(first, last))
    begun = max(first, volumes["care_month"][0])
    missing = months_between(begun, last) + 1 - inside.height
    lacks = f", {format_count(missing, 'month')} not delivered and not counted" if missing else ""
    return f"the last twelve to {last:%Y-%m} {_units(inside['volume'])}{lacks}"


def _year_before(forecast: pl.DataFrame, known: pl.DataFrame) -> str:
    """The same care months a year before; where not all were delivered, both sums of those that were."""
    before = known.select(pl.col("care_month").dt.offset_by("1y"), before="volume")
    both = forecast.join(before, on="care_month", how="inner")
    if both.is_empty():
        return ""
    if both.height == forecast.height:
        return f", {_units(both['before'])} in the same months a year before"
    of_them = f"; in the {format_count(both.height, 'month')} of them delivered a year before"
    return f"{of_them} {_units(both['forecast_volume'])} now and {_units(both['before'])} then"


def _units(volumes: pl.Series) -> str:
    return format_count(float(volumes.sum()), "unit")


def say_scenarios(every: pl.DataFrame, shown: str) -> list[str]:
    """What the other scenarios expect of the months the shown one forecasts, and why."""
    of_year = every.filter(pl.col("budget_year") == pl.col("budget_year").min())
    ahead = of_year.filter(pl.col("forecast_volume").is_not_null())
    months = ahead.filter(scenario=shown).select("care_month", own="forecast_volume")
    volume = pl.coalesce("completed_volume", "observed_volume", "forecast_volume").alias("volume")
    lines = []
    for (name,), of_scenario in ahead.group_by("scenario", maintain_order=True):
        if name == shown:
            continue
        flag = of_scenario["flag"][0]
        told = f"{_reasons(of_scenario)}{f', {flag}' if flag else ''}"
        same = of_year.filter(scenario=name).select("care_month", volume).drop_nulls().join(months, on="care_month")
        where = "in the same months"
        if same.height < months.height:
            where = f"in {same.height} of these months, {_units(same['own'])} in {shown}"
        lines.append(f"Scenario {name}: {_units(same['volume'])} {where} ({told}).")
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
