"""The rows of stage volumes: the backtest on the own past, the volumes of every scenario, a second opinion."""

from datetime import date

import polars as pl

from wlz.forecasting.backtest import ACCURACY_SCHEMA
from wlz.hand_overs import LINK_SCHEMA, find_hand_overs, list_links
from wlz.known.knowledge import Known
from wlz.known.scenarios import BASE, COMPLETED, LETTER
from wlz.known.stages import Computed, Tables, of_scenario, same_in_all
from wlz.known.uitvoerders import match_uitvoerders
from wlz.series import ended_codes, last_base_month
from wlz.volumes.backtest import backtest_series
from wlz.volumes.completed import completed_panel
from wlz.volumes.past_advices import compare_advice, settled_year
from wlz.volumes.scenarios import forecast_scenarios
from wlz.volumes.second_opinion import check_with_statsmodels
from wlz.volumes.volumes import VolumePanel, build_panel


def run_backtest(known: Known, tables: Tables) -> Computed:
    """BACKTEST: every engine on the panel's own past, and earlier advices beside what came out."""
    series = tables["series"]
    measured = backtest_series(
        series,
        last_observed=last_base_month(series),
        fit_months=int(known.assumptions["fit_months"]),
        paths=int(known.assumptions["backtest_paths_count"]),
        engines=known.run_engines,
        prestaties=known.reference.prestaties,
    )
    year = settled_year(last_base_month(series))
    past = [
        compare_advice(revenue, series, known.reference.prestaties, year, f"{month:%Y-%m}")
        for month, revenue in known.earlier_revenue(year).items()
    ]
    accuracy = pl.concat([measured, pl.DataFrame(schema=ACCURACY_SCHEMA), *past])
    return Computed({"backtest": same_in_all(known.scenario_names, accuracy)})


def run_volumes(known: Known, tables: Tables) -> Computed:
    """VOLUMES: per prestatie and uitvoerder to December of the year after, in every scenario."""
    prestaties = known.reference.prestaties
    forecast = forecast_scenarios(
        build_panels(known, tables),
        known.scenarios,
        last_month=known.round.last_month.replace(year=known.budget_year + 1),
        budget_year=known.budget_year,
        engines=known.engines,
        ended=ended_codes(prestaties),
        successors=_links(known),
        overrides=_overrides(known),
        indication_growth=known.indication_growth,
        sectors=prestaties,
        accuracy=tables["backtest"],
        completed=tables["completed_series"],
        hand_overs=_find_hand_overs(known, tables),
    )
    return Computed({"volumes": forecast})


def run_check(known: Known, tables: Tables) -> Computed:
    """VOLUME_CHECK: a sample of series refitted by statsmodels, an independent program."""
    sample = int(known.assumptions["check_sample_count"])
    return Computed(
        {"volume_check": check_with_statsmodels(of_scenario(tables["volumes"], known.letter_first), sample_size=sample)}
    )


def build_panels(known: Known, tables: Tables) -> dict[str, VolumePanel]:
    """The panels of the scenarios by name: the letter's, that with the rules of ours, and the completed one if any.

    In: tables series and completed_series (without rows when nothing was completed).
    """
    seen = _find_hand_overs(known, tables).select(LINK_SCHEMA.keys())
    links = pl.concat([_links(known), seen])
    panels = {
        LETTER: _build_panel(known, tables["series"], links.clear(), own_rules=False),
        BASE: _build_panel(known, tables["series"], links, own_rules=True),
    }
    completed = tables["completed_series"]
    if completed.is_empty():
        return panels
    built = completed_panel(
        completed,
        tables["series"],
        known.reference.prestaties,
        last_month=date(known.budget_year + 1, 12, 1),
        successors=links,
    )
    return panels | {COMPLETED: built}


def _overrides(known: Known) -> pl.DataFrame:
    """Overrides by the uitvoerder their name means on the day of the advice; a name that means nobody stays."""
    meant = match_uitvoerders(known.overrides, known.reference.names)
    named = meant.with_columns(pl.coalesce("wlz_uitvoerder", "delivered_name").alias("wlz_uitvoerder"))
    return named.select(known.overrides.columns)


def _links(known: Known) -> pl.DataFrame:
    return list_links(known.reference.prestaties, known.reference.successors)


def _find_hand_overs(known: Known, tables: Tables) -> pl.DataFrame:
    """Codes that went on under another in the months that were completed."""
    return find_hand_overs(tables["series"], tables["completed_series"], known.reference.prestaties, _links(known))


def _build_panel(known: Known, series: pl.DataFrame, links: pl.DataFrame, *, own_rules: bool) -> VolumePanel:
    """The series of an advice as a panel of the months old enough, with or without the rules of ours."""
    base = series.filter(pl.col("in_forecast_base")).rename({"declared_volume": "volume"})
    return build_panel(
        base,
        first_month=base["care_month"].min(),  # type: ignore[arg-type]
        last_observed=last_base_month(base),
        successors=links,
        own_rules=own_rules,
    )
