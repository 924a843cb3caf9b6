"""Scenarios: which engine makes the volumes, what is put on top, and what a person overrules.

A scenario is a named set in the assumptions file of the year. `letter` is the method of S004; every other one uses the
rules of ours. What scenarios share is computed once by the caller: those with an `on` start from that one's volumes.
Not here: engines (`engines/`), the panel (`volumes/`), prices.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from wlz.forecasting.engines import ENGINES, RUN_ENGINES
from wlz.known.assumptions import AssumptionError
from wlz.known.rounds import read_month
from wlz.words.known_keys import name_nearest, refuse_unknown
from wlz.words.months import number_months
from wlz.words.vocabulary import SERIES_KEY

LETTER = "letter"
BASE = "base"
COMPLETED = "completed"
GROWTH_RANGE_RATIO = (-0.25, 0.25)
OVERRIDE_SCHEMA: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "prestatiecode": pl.String(),
    "wlz_uitvoerder": pl.String(),
    "from_month": pl.Date(),
    "to_month": pl.Date(),
    "month_volume": pl.Float64(),
    "volume_factor": pl.Float64(),
    "engine": pl.String(),
    "reason": pl.String(),
    "author": pl.String(),
    "date": pl.Date(),
}
INDICATION_GROWTH_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "sector": pl.String(),
    "indication_growth_ratio": pl.Float64(),
}
_WHAT = ("month_volume", "volume_factor", "engine")
# What the table of a scenario may hold; None: read where it is used.
_SCENARIO: dict[str, type | None] = {
    "completes_lag": bool, "date": date, "description": str, "engine": None, "indications": bool, "on": None,
    "source": str, "yearly_growth_ratio": None,
}  # fmt: skip


class Growth(NamedTuple):
    """Share a year on top, of the series that fit all that is named: sector, group of prestaties, uitvoerder."""

    ratio: float
    sector: str | None = None
    prestatiegroep: str | None = None
    wlz_uitvoerder: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """What a series must be, without what may be anything."""
        return {key: str(value) for key, value in self._asdict().items() if key != "ratio" and value is not None}


class Scenario(NamedTuple):
    """One way of computing. `on`: the scenario whose volumes it starts from (None: its own engine).

    On top of these volumes `yearly_growth_ratio` of all care and `growth_parts` of some; what fits a series multiplies.
    """

    name: str
    description: str
    engine: str
    on: str | None
    yearly_growth_ratio: float
    uses_indications: bool
    completes_lag: bool = False
    growth_parts: tuple[Growth, ...] = ()

    @property
    def growth(self) -> tuple[Growth, ...]:
        """Every growth of the scenario; none when nothing grows."""
        return (*((Growth(self.yearly_growth_ratio),) if self.yearly_growth_ratio else ()), *self.growth_parts)

    @property
    def own_rules(self) -> bool:
        """Whether the rules of ours that the letter does not know are active."""
        return self.name != LETTER

    @property
    def panel(self) -> str:
        """Which panel of series it forecasts: that of the letter, with the rules of ours, or completed for lag."""
        return COMPLETED if self.completes_lag else BASE if self.own_rules else LETTER


def parse_scenarios(raw: Mapping[str, Any]) -> list[Scenario]:
    """Scenarios of a year from the tables ``[scenario.NAME]``, those others build on first.

    Keys: description; `engine` (of the registry), with `completes_lag = true` on months completed for lag, or `on`
    (another scenario); with `on` a `yearly_growth_ratio` (share a year on top: a number, or a list of tables with
    `ratio` and some of `sector`, `prestatiegroep`, `wlz_uitvoerder`) or `indications = true`. Raises AssumptionError
    for an unknown key, engine or scenario, a growth outside ±25 %, or an `on` that itself stands on another.

    >>> parse_scenarios({"letter": {"description": "S004", "engine": "ets_select"}})[0].own_rules
    False
    """
    found = {name: _parse_scenario(name, table) for name, table in raw.items()}
    for one in found.values():
        if one.on is not None and (one.on not in found or found[one.on].on is not None):
            raise AssumptionError(
                f"scenario {one.name}, on {one.on!r}: expected a scenario with an engine of its own; "
                f"there are {', '.join(name for name, other in found.items() if other.on is None)}"
            )
    return sorted(found.values(), key=lambda one: (one.on is not None, one.name != LETTER, one.name))


def _parse_scenario(name: str, table: Any) -> Scenario:
    if isinstance(table, Mapping) and (said := refuse_unknown(table, _SCENARIO)):
        raise AssumptionError(f"scenario {name}: {said}. Next: mend the file")
    if not isinstance(table, Mapping) or "description" not in table:
        raise AssumptionError(f"scenario {name}: expected a description and some of {', '.join(_SCENARIO)}")
    for key, kind in _SCENARIO.items():
        if key in table and kind is not None and type(table[key]) is not kind:
            said = {str: "a text in quotes", bool: "true or false", date: "a date without quotes"}[kind]
            raise AssumptionError(f"scenario {name}, {key}: expected {said}, found {table[key]!r}. Next: mend the file")
    engine, on = table.get("engine"), table.get("on")
    if (engine is None) == (on is None):
        raise AssumptionError(f"scenario {name}: expected either an engine or on = another scenario")
    if engine is not None and engine not in RUN_ENGINES:
        raise AssumptionError(f"scenario {name}, engine {engine!r}: expected one of {', '.join(RUN_ENGINES)}")
    where, given = f"scenario {name}, yearly_growth_ratio", table.get("yearly_growth_ratio", 0.0)
    parts = _parse_growth(where, given) if isinstance(given, list) else ()
    growth = 0.0 if isinstance(given, list) else _check_ratio(where, given)
    indications = table.get("indications", False)
    if on is None and (growth or parts or indications):
        raise AssumptionError(f"scenario {name}: growth and indications need on = another scenario to start from")
    completes = bool(table.get("completes_lag", False))
    if completes and on is not None:
        raise AssumptionError(f"scenario {name}: completes_lag needs an engine of its own")
    return Scenario(name, str(table["description"]), engine or "", on, growth, bool(indications), completes, parts)


def _parse_growth(where: str, given: Sequence[Any]) -> tuple[Growth, ...]:
    """Growths of parts, each with a ratio and what it is of."""
    found = []
    for number, table in enumerate(given, start=1):
        place = f"{where} {number}"
        if not isinstance(table, Mapping) or "ratio" not in table or set(table) - set(Growth._fields):
            said = refuse_unknown(table, Growth._fields) if isinstance(table, Mapping) else ""
            raise AssumptionError(
                f"{place}: expected ratio and some of {', '.join(Growth._fields[1:])}, found {table!r}"
                + (f"; {said}" if said else "")
            )
        named = {key: value for key, value in table.items() if key != "ratio"}
        if not named or not all(isinstance(value, str) and value for value in named.values()):
            raise AssumptionError(f"{place}: expected at least one of {', '.join(Growth._fields[1:])}, in quotes")
        found.append(Growth(_check_ratio(place, table["ratio"]), **named))
    return tuple(found)


def _check_ratio(where: str, ratio: Any) -> float:
    if not _is_number(ratio) or not GROWTH_RANGE_RATIO[0] <= ratio <= GROWTH_RANGE_RATIO[1]:
        raise AssumptionError(f"{where}: expected within ±0.25, found {ratio!r}")
    return float(ratio)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_overrides(raw: Sequence[Mapping[str, Any]], scenarios: Sequence[Scenario]) -> pl.DataFrame:
    """Overrides of a year from the tables ``[[override]]``: one row each, columns of OVERRIDE_SCHEMA.

    An override names scenario, prestatiecode, wlz_uitvoerder, one of `month_volume` (units a month), `volume_factor`
    or `engine`, and reason, author and date; `from_month` and `to_month` (YYYY-MM) bound the first two. Raises
    AssumptionError when one of these is missing or does not exist: an override without a reason is none.
    """
    rows = []
    for number, table in enumerate(raw, start=1):
        where = f"override {number}"
        if unknown := [key for key in table if key not in OVERRIDE_SCHEMA]:
            expected = ", ".join(OVERRIDE_SCHEMA) + name_nearest(unknown, OVERRIDE_SCHEMA)
            raise AssumptionError(f"{where}: unknown {', '.join(unknown)}; expected {expected}. Next: mend the file")
        for key in ("scenario", "prestatiecode", "wlz_uitvoerder", "reason", "author", "date"):
            if not table.get(key):
                raise AssumptionError(f"{where}: {key} is missing; expected scenario, series, reason, author and date")
        if table["scenario"] not in {one.name for one in scenarios}:
            raise AssumptionError(f"{where}, scenario {table['scenario']!r}: expected a scenario of this file")
        given = [name for name in _WHAT if table.get(name) is not None]
        if len(given) != 1:
            raise AssumptionError(f"{where}: expected one of {', '.join(_WHAT)}, found {', '.join(given) or 'none'}")
        if "engine" not in given and not (_is_number(table[given[0]]) and table[given[0]] >= 0):
            raise AssumptionError(f"{where}, {given[0]}: expected a number of 0 or more, found {table[given[0]]!r}")
        if "engine" in given and table["engine"] not in ENGINES:
            raise AssumptionError(f"{where}, engine {table['engine']!r}: expected one of {', '.join(ENGINES)}")
        if "engine" in given and (table.get("from_month") or table.get("to_month")):
            raise AssumptionError(f"{where}: an engine is for the whole series; take from_month and to_month out")
        if not isinstance(table["date"], date):
            raise AssumptionError(f"{where}, date: expected a date without quotes, found {table['date']!r}")
        months = {key: _parse_month(where, key, table.get(key)) for key in ("from_month", "to_month")}
        if months["from_month"] and months["to_month"] and months["from_month"] > months["to_month"]:
            raise AssumptionError(f"{where}: from_month {table['from_month']} lies after to_month {table['to_month']}")
        rows.append({name: table.get(name) for name in OVERRIDE_SCHEMA} | months)
    return pl.DataFrame(rows, schema=OVERRIDE_SCHEMA)


def _parse_month(where: str, key: str, text: Any) -> date | None:
    if text is None:
        return None
    month = read_month(str(text))
    if month is None:
        raise AssumptionError(f"{where}, {key}: expected YYYY-MM, found {text!r}")
    return month


def grow_volumes(
    volumes: pl.DataFrame, growth: Sequence[Growth], first_year: int, prestaties: pl.DataFrame
) -> pl.DataFrame:
    """Forecast months × (1 + growth), once for the first year and once more for each year after it.

    In and out: rows of `forecast_panel`; observed months stay as they are. `prestaties` has prestatiecode, sector and
    prestatiegroep. Raises AssumptionError for a growth that fits no series: it would count for nothing.
    """
    if not growth:
        return volumes
    named = volumes.join(
        prestaties.select("prestatiecode", "sector", "prestatiegroep"),
        on="prestatiecode", how="left", maintain_order="left",
    )  # fmt: skip
    years = (pl.col("care_month").dt.year() - first_year + 1).clip(lower_bound=0)
    grown = named
    for one in growth:
        fits = pl.all_horizontal(
            pl.lit(True), *((pl.col(key) == value).fill_null(False) for key, value in one.named.items())
        )
        if not named.select(fits.any()).item():
            raise AssumptionError(_fits_nothing(one, named))
        factor = pl.when(fits).then(pl.lit(1.0 + one.ratio).pow(years)).otherwise(1.0)
        grown = grown.with_columns(pl.col("forecast_volume") * factor)
    return grown.select(volumes.columns)


def _fits_nothing(growth: Growth, named: pl.DataFrame) -> str:
    said = ", ".join(f"{key} {value!r}" for key, value in growth.named.items())
    known = "; ".join(f"{key}: {', '.join(named[key].unique().drop_nulls().sort())}" for key in growth.named)
    return (
        f"yearly_growth_ratio of {said}: no such series; it would count for nothing. There are {known}. "
        "Next: mend it in the assumptions file"
    )


def indication_growth(indications: pl.DataFrame) -> pl.DataFrame:
    """People with an indication in the last twelve months ÷ in the twelve before, per uitvoerder and sector.

    In: wlz_uitvoerder, sector, month, indication_count (any finer grain). Out: wlz_uitvoerder, sector,
    `indication_growth_ratio`, null where the twelve months before have none; no row without 24 months.
    """
    summed = indications.group_by("wlz_uitvoerder", "sector", "month").agg(pl.col("indication_count").sum())
    newest = pl.col("month").max().over("wlz_uitvoerder", "sector")
    back = number_months(newest) - number_months("month")
    recent = pl.col("indication_count").filter(pl.col("months_back") < 12)
    before = pl.col("indication_count").filter(pl.col("months_back").is_between(12, 23))
    grouped = summed.with_columns(back.alias("months_back")).group_by("wlz_uitvoerder", "sector")
    ratio = pl.when(before.sum() > 0).then(recent.sum() / before.sum())
    return (
        grouped.agg(ratio.alias("indication_growth_ratio"), before.len().alias("months_before"))
        .filter(pl.col("months_before") == 12)
        .drop("months_before")
        .sort("wlz_uitvoerder", "sector")
    )


def follow_indications(volumes: pl.DataFrame, growth: pl.DataFrame, sectors: pl.DataFrame) -> pl.DataFrame:
    """Forecast months as the same month last year × the growth of the indications, per uitvoerder and sector.

    In: rows of `forecast_panel`; `growth` of `indication_growth`; `sectors` prestatiecode → sector. Months more than a
    year ahead grow again. A month without a known month a year before keeps the forecast it has, and so does a series
    without indications; an ended code stays at 0.
    """
    known = volumes.select(
        *SERIES_KEY,
        pl.col("care_month").dt.offset_by("12mo").alias("care_month"),
        pl.col("observed_volume").alias("volume_year_ago"),
    )
    two_years = known.with_columns(pl.col("care_month").dt.offset_by("12mo"))
    joined = (
        volumes.join(known, on=[*SERIES_KEY, "care_month"], how="left")
        .join(two_years.rename({"volume_year_ago": "volume_two_ago"}), on=[*SERIES_KEY, "care_month"], how="left")
        .join(sectors.select("prestatiecode", "sector"), on="prestatiecode", how="left")
        .join(growth, on=["wlz_uitvoerder", "sector"], how="left")
    )
    ratio = pl.col("indication_growth_ratio")
    follows = pl.coalesce(pl.col("volume_year_ago") * ratio, pl.col("volume_two_ago") * ratio**2)
    open_month = pl.col("forecast_volume").is_not_null() & (pl.col("forecast_volume") != 0)
    followed = pl.when(open_month).then(pl.coalesce(follows, "forecast_volume")).otherwise("forecast_volume")
    return (
        joined.with_columns(followed.alias("forecast_volume"))
        .with_columns(
            pl.when((open_month & follows.is_not_null()).any().over(SERIES_KEY))
            .then(pl.lit("last year × indications"))
            .otherwise("model")
            .alias("model")
        )
        .select(volumes.columns)
        .sort([*SERIES_KEY, "care_month"])
    )


def apply_overrides(volumes: pl.DataFrame, overrides: pl.DataFrame) -> pl.DataFrame:
    """Forecast months with what a person put in their place, and `override_reason` (null where nobody did).

    In: rows of `forecast_panel`; `overrides` of one scenario. Later ones go before earlier ones. An override of the
    engine is the caller's to run; here its reason is told. Raises AssumptionError for a series that does not exist:
    it would count for nothing.
    """
    changed = volumes.with_columns(override_reason=pl.lit(None, dtype=pl.String))
    for row in overrides.iter_rows(named=True):
        of_series = (pl.col("prestatiecode") == row["prestatiecode"]) & (
            pl.col("wlz_uitvoerder") == row["wlz_uitvoerder"]
        )
        if not changed.select(of_series.any()).item():
            raise AssumptionError(
                f"override of {row['prestatiecode']}/{row['wlz_uitvoerder']} by {row['author']}: no such series; "
                "it would count for nothing. Next: mend or remove it in the assumptions file"
            )
        inside = of_series & pl.col("forecast_volume").is_not_null()
        for key, keep in (("from_month", pl.col("care_month").ge), ("to_month", pl.col("care_month").le)):
            if row[key] is not None:
                inside = inside & keep(row[key])
        if not changed.select(inside.any()).item():
            raise AssumptionError(
                f"override of {row['prestatiecode']}/{row['wlz_uitvoerder']} by {row['author']}: none of its months is "
                "forecast; it would count for nothing. Next: mend from_month and to_month, or remove it"
            )
        volume = pl.lit(row["month_volume"]) if row["month_volume"] is not None else pl.col("forecast_volume")
        if row["volume_factor"] is not None:
            volume = volume * row["volume_factor"]
        reason = f"{row['reason']} ({row['author']}, {row['date']})"
        changed = changed.with_columns(
            pl.when(inside).then(volume).otherwise("forecast_volume").alias("forecast_volume"),
            pl.when(inside).then(pl.lit(reason)).otherwise("override_reason").alias("override_reason"),
        )
    return changed
