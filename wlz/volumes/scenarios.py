"""The volumes of all scenarios of one advice, sharing what they share.

Panels are in `volumes.py`, what a scenario is in `known/scenarios.py`.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from wlz.forecasting.engines import RUN_ENGINES, Engine
from wlz.forecasting.one_panel import EDGE_MODELS, SET_ASIDE_FLAGS
from wlz.hand_overs import add_seen
from wlz.known.scenarios import Scenario, apply_overrides, follow_indications, grow_volumes
from wlz.volumes.volumes import VolumePanel, forecast_panel
from wlz.words.vocabulary import SERIES_KEY

LETTER_REASON = "the method of the letter (S004, A.2.1)"


def forecast_scenarios(
    panels: Mapping[str, VolumePanel],
    scenarios: Sequence[Scenario],
    *,
    last_month: date,
    budget_year: int,
    engines: Mapping[str, Engine],
    ended: pl.DataFrame,
    successors: pl.DataFrame,
    overrides: pl.DataFrame,
    indication_growth: pl.DataFrame,
    sectors: pl.DataFrame,
    accuracy: pl.DataFrame,
    completed: pl.DataFrame,
    hand_overs: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of `forecast_panel` per scenario, with `scenario`, `forecast_reason` and the `budget_year` of the month.

    `panels` by `Scenario.panel`; `engines` by name; `completed`: COMPLETED_SERIES (without rows nothing is completed);
    `overrides` and `scenarios` of the year's assumptions; `indication_growth` per uitvoerder and sector (without rows
    scenario indications is left out); `hand_overs` (FAMILY_SCHEMA) of the completed months; `accuracy` of the backtest
    is told in the reason. Those with an `on` start from its volumes, overrides too. Without its panel one is left out.
    """
    known: dict[str, pl.DataFrame] = {}
    frames = []
    for scenario in scenarios:
        lacks_panel = scenario.on is None and scenario.panel not in panels
        if lacks_panel or (scenario.uses_indications and indication_growth.is_empty()):
            continue
        mine = overrides.filter(pl.col("scenario") == scenario.name)
        if scenario.on is None:
            seen = hand_overs if scenario.own_rules else hand_overs.clear()  # as their panels are
            links, ends = add_seen(successors, ended, seen)
            volumes = _forecast_own(panels[scenario.panel], scenario, mine, last_month, engines, ends, links)
            volumes = put_completed(volumes, completed if scenario.completes_lag else completed.clear())
            reason = _reason_of_engine(scenario, accuracy)
        else:
            volumes = known[scenario.on].drop("override_reason", "computed_volume")
            reason = scenario.description
            if scenario.uses_indications:
                volumes = follow_indications(volumes, indication_growth, sectors)
            volumes = grow_volumes(volumes, scenario.growth, budget_year, sectors)
        computed = volumes.with_columns(pl.col("forecast_volume").alias("computed_volume"))
        known[scenario.name] = apply_overrides(computed, mine)
        frames.append(
            known[scenario.name].with_columns(scenario=pl.lit(scenario.name), forecast_reason=_explain(reason))
        )
    later = pl.col("care_month").dt.year() > budget_year
    year = pl.when(later).then(pl.col("care_month").dt.year()).otherwise(budget_year).cast(pl.Int32)
    return pl.concat(frames).drop("override_reason").with_columns(year.alias("budget_year"))


def put_completed(volumes: pl.DataFrame, completed: pl.DataFrame) -> pl.DataFrame:
    """Rows of `forecast_panel` with `completed_volume`, where `completed` (COMPLETED_SERIES) has the month.

    Such a month carries what was declared as observed and no forecast, also when the panel forecast it (the youngest
    month is completed from a forecast).
    """
    known = completed.select(*SERIES_KEY, "care_month", "declared_volume", "completed_volume")
    joined = volumes.drop("completed_volume").join(
        known, on=[*SERIES_KEY, "care_month"], how="left", maintain_order="left"
    )
    is_completed = pl.col("completed_volume").is_not_null()
    return joined.with_columns(
        pl.when(is_completed).then("declared_volume").otherwise("observed_volume").alias("observed_volume"),
        pl.when(~is_completed).then("forecast_volume").alias("forecast_volume"),
    ).select(volumes.columns)


def list_flagged(volumes: pl.DataFrame, revenue: pl.DataFrame, series: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Series of one scenario to which a rule was applied: prestatiecode, wlz_uitvoerder, flag, amounts, sorted.

    `expected_eur` of the budget year, `last_year_eur` claimed in the year before; `at_stake_eur` is the larger of the
    two: of a code that ended the first is 0, of a new one the second. Where the last month was set aside,
    `set_aside_month`, `declared_volume` and `taken_volume` say what was delivered of it and what it counts as (null
    elsewhere), and `at_stake_eur` is the difference at the price of the year before it.
    """
    flagged = volumes.filter(pl.col("flag").is_not_null()).select(*SERIES_KEY, "flag").unique()
    expected = revenue.group_by(SERIES_KEY).agg(
        pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("expected_eur")
    )
    before = series.filter(pl.col("care_month").dt.year() == budget_year - 1)
    claimed = before.group_by(SERIES_KEY).agg(
        pl.col("declared_amount_eur").sum().cast(pl.Float64).alias("last_year_eur")
    )
    joined = flagged.join(expected, on=SERIES_KEY, how="left").join(claimed, on=SERIES_KEY, how="left")
    amounts = joined.with_columns(pl.col("expected_eur", "last_year_eur").fill_null(0.0)).join(
        _months_set_aside(volumes, series), on=SERIES_KEY, how="left"
    )
    whole_year = pl.max_horizontal("expected_eur", "last_year_eur")
    moved = (pl.col("taken_volume") - pl.col("declared_volume")).abs() * pl.col("usual_price")
    return (
        amounts.with_columns(
            at_stake_eur=pl.when(pl.col("set_aside_month").is_null()).then(whole_year).otherwise(moved)
        )
        .drop("usual_price")
        .sort("at_stake_eur", *SERIES_KEY, descending=[True, False, False], nulls_last=True)
    )


def _months_set_aside(volumes: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """The last month of series that count it as expected: what was delivered, what is taken, price of the year before.

    That is the one month of the base with a forecast.
    """
    odd = volumes.filter(pl.col("flag").is_in(SET_ASIDE_FLAGS), pl.col("forecast_volume").is_not_null())
    base = series.filter("in_forecast_base").select(*SERIES_KEY, "care_month", "declared_volume", "declared_amount_eur")
    months = odd.join(base, on=[*SERIES_KEY, "care_month"]).select(
        *SERIES_KEY,
        pl.col("care_month").alias("set_aside_month"),
        "declared_volume",
        pl.col("forecast_volume").alias("taken_volume"),
    )
    paid = base.join(months.select(*SERIES_KEY, "set_aside_month"), on=SERIES_KEY).filter(
        pl.col("care_month") < pl.col("set_aside_month"),
        pl.col("care_month") >= pl.col("set_aside_month").dt.offset_by("-12mo"),
        pl.col("declared_volume") > 0,
    )
    price = paid.group_by(SERIES_KEY).agg(
        usual_price=pl.col("declared_amount_eur").cast(pl.Float64).sum() / pl.col("declared_volume").sum()
    )
    return months.join(price, on=SERIES_KEY, how="left")


def _forecast_own(
    panel: VolumePanel,
    scenario: Scenario,
    overrides: pl.DataFrame,
    last_month: date,
    engines: Mapping[str, Engine],
    ended: pl.DataFrame,
    successors: pl.DataFrame,
) -> pl.DataFrame:
    """The scenario's engine, and other engines for the series a person wants them for."""

    def run(of_panel: VolumePanel, engine: str) -> pl.DataFrame:
        return forecast_panel(
            of_panel,
            last_month=last_month,
            engine=engine,
            run_engine=engines[engine],
            ended=ended,
            successors=successors,
            own_rules=scenario.own_rules,
        )

    volumes = run(panel, scenario.engine)
    for row in overrides.filter(pl.col("engine").is_not_null()).iter_rows(named=True):
        wanted = pl.DataFrame({name: [row[name]] for name in SERIES_KEY})
        # A slow engine sees only its series; the others need the panel, whose growth they measure.
        whole = row["engine"] in RUN_ENGINES
        other = run(panel if whole else panel.take(wanted), row["engine"]).join(wanted, on=SERIES_KEY, how="semi")
        volumes = pl.concat([volumes.join(wanted, on=SERIES_KEY, how="anti"), other])
    return volumes.sort([*SERIES_KEY, "care_month"])


def _reason_of_engine(scenario: Scenario, accuracy: pl.DataFrame) -> str:
    """Why this engine, with what the run's own backtest says of it beside the letter's."""
    reason = "default outside letter" if scenario.own_rules else LETTER_REASON
    year = accuracy.filter(pl.col("level") == "series", pl.col("horizon_months").is_null())
    wape: dict[str, float | None] = dict(year.select("engine", "wape_ratio").iter_rows())
    if wape.get(scenario.engine) is not None:
        origins: int = year["origins_count"].max()  # type: ignore[assignment]
        reason += (
            f"; WAPE of the year {wape[scenario.engine]:.1%} here, {origins} past year{'s' if origins > 1 else ''}"
        )
        others = {
            name: value
            for name, value in wape.items()
            if name in RUN_ENGINES and name != scenario.engine and value is not None
        }
        if others:
            best = min(others, key=lambda name: others[name])
            reason += f", best other {best} {others[best]:.1%}"
    return reason


def _explain(reason: str) -> pl.Expr:
    rule = pl.format("rule: {}", pl.coalesce("flag", "model"))
    by_rule = pl.col("model").is_in(EDGE_MODELS)
    return pl.coalesce("override_reason", pl.when(by_rule).then(rule), pl.lit(reason))
