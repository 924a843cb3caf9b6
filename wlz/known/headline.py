"""Which scenarios an advice computes and which one is shown first: decided here, once; mart `headline` says it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from wlz.forecasting.engines import RUN_ENGINES
from wlz.known.assumptions import AssumptionError
from wlz.known.scenarios import COMPLETED, LETTER, Scenario
from wlz.words.faults import NoDataError


class Headline(NamedTuple):
    """The scenario shown first, the engine its volumes come from, and why it is this one."""

    scenario: str
    engine: str
    reason: str


def choose_scenarios(scenarios: Sequence[Scenario], wanted: Sequence[str], engine: str) -> list[Scenario]:
    """The wanted scenarios (none named: all) and those they stand on, with another engine outside letter if asked.

    Raises AssumptionError for a name or an engine that does not exist.
    """
    unknown = [name for name in wanted if name not in {one.name for one in scenarios}]
    if unknown:
        named = ", ".join(map(repr, unknown))
        raise AssumptionError(f"no scenario {named}; there are {', '.join(one.name for one in scenarios)}")
    if engine and engine not in RUN_ENGINES:
        raise AssumptionError(f"no engine {engine!r} for a run; there are {', '.join(RUN_ENGINES)}")
    needed = set(wanted) | {one.on for one in scenarios if one.name in wanted}
    chosen = [one for one in scenarios if not wanted or one.name in needed]
    return [one._replace(engine=engine) if engine and one.engine and one.own_rules else one for one in chosen]


def check_named(wanted: str, scenarios: Sequence[Scenario], year: int) -> None:
    """Raises AssumptionError when a round names a scenario for its page that its year does not have."""
    names = [one.name for one in scenarios]
    if wanted and wanted not in names:
        raise AssumptionError(
            f"the round names {wanted!r} as headline; the scenarios of {year} are {', '.join(names)}. "
            "Next: mend page headline in the file of the round"
        )


def keep_possible(scenarios: Sequence[Scenario], *, has_indications: bool, completes: bool) -> list[Scenario]:
    """Those whose deliveries are there. Raises NoDataError when none of those asked for can be computed."""
    possible = [
        one
        for one in scenarios
        if (has_indications or not one.uses_indications) and (completes or not one.completes_lag)
    ]
    if not possible:
        asked = ", ".join(one.name for one in scenarios)
        raise NoDataError(
            f"scenario {asked}: cannot be computed from these deliveries (completed needs two claims deliveries of "
            "the budget year, indications two years of them). Next: run scenario letter"
        )
    return possible


def enough_deliveries(delivery_months: Sequence[date], budget_year: int) -> bool:
    """Whether the year has two deliveries of its own, so that its months can be completed (methods, lag, step 6).

    >>> enough_deliveries([date(2017, 12, 1), date(2018, 1, 1)], 2018)
    False
    """
    return sum(month.year == budget_year for month in delivery_months) > 1


def choose_headline(scenarios: Sequence[Scenario], wanted: str = "") -> Headline:
    """The scenario shown first: the one the round names, else completed, else letter, else the first one.

    `scenarios` are those of the run, at least one; the reason also says it when the round names one that is not among
    them. The engine is that of the scenario, or of the one it stands on.

    >>> choose_headline([Scenario("letter", "S004", "ets_select", None, 0.0, False)]).engine
    'ets_select'
    """
    by_name = {one.name: one for one in scenarios}
    completed = next((one.name for one in scenarios if one.completes_lag), "")
    in_order = (
        (wanted, "named by the round"),
        (completed, "its months are completed for lag"),
        (LETTER, "the method of the letter"),
        (scenarios[0].name, "the first one computed"),
    )
    name, reason = next((name, reason) for name, reason in in_order if name in by_name)
    if wanted not in ("", name):
        reason += f"; {wanted}, named by the round, is not computed"
    shown = by_name[name]
    return Headline(name, by_name[shown.on].engine if shown.on in by_name else shown.engine, reason)


def without_completion(
    scenarios: Sequence[Scenario], shown: str, delivery_months: Sequence[date], budget_year: int, absent: str | None
) -> str | None:
    """Why months are not completed though a scenario would; None when none would.

    `scenarios` are those asked for, `absent` who check L01 found absent in the claims of the advice.
    """
    if not any(one.completes_lag for one in scenarios):
        return None
    left_out = f"Scenario {COMPLETED} is left out and {shown} is shown first: it needs"
    if absent:
        return f"{left_out} the claims of every zorgkantoor, and check L01 found {absent}."
    found = sum(month.year == budget_year for month in delivery_months)
    return f"{left_out} two claims deliveries of {budget_year}, found {found}."
