"""What the checks said of a planted defect: which rule spoke, at which place in the alert, with how much euro.

Everything is held against the clean twin: the same world without the defect. Not here: planting and measuring
(checked_worlds.py), tables and pages (evidence_checks.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from expectations.judging.finding import ABOUT
from expectations.judging.results import CheckResult
from expectations.judging.runner import judge
from scripts.evidence.checked_worlds import Planting, World
from simulation.defects import DEFECTS

NEWS_RATIO = 0.01  # a finding that was there before is news when its euro rose by more than this
SPEED_FLOOR_RATIO = 3.5 * 0.04  # check L03: 3.5 robust deviations, of which one is at least 0.04
# Where the euro of the rule is something else than that of the truth.
BASIS = {
    "repeated_delivery": "estimate: usual months of the delivery before, for the months that are hidden",
    "missing_region": "its claims in the delivery before; the truth has those of a month more",
    "negative_total": "estimate: distance to the mean of the months beside it",
    "missing_month": "estimate: the mean of the months beside it",
    "doubled_delivery": "estimate: months old enough to compare, and the younger ones at the same factor",
    "half_delivery": "estimate: months old enough to compare, and the younger ones at the same factor",
    "volume_factor_60": "estimate: amount above the usual volume of the provider",
    "late_uitvoerder": "estimate: expected to come in, less what came in",
    "late_largest": "estimate: expected to come in, less what came in",
    "late_provider": "estimate: expected to come in, less what came in",
    "catch_up": "estimate: what came in beyond a usual delivery",
    "billing_speed": "estimate: completed months times the change of the share that is known",
    "billing_slow": "estimate: completed months times the change of the share that is known",
    "sudden_level": "distance of the completed months to their level; the truth has them as declared",
    "price_outlier": "estimate: distance to the national median",
    "price_jump": "estimate: distance to the median of the three months before",
    "pgb_repeats": "estimate: what the regions added in these months a year before, as stands have grown",
    "skipped_delivery": "estimate: usual months of the delivery before",
    "missing_column": "not known: without the column nothing is counted",
}


@dataclass(frozen=True)
class Spoken:
    """A failed result with more in it than that of the clean twin, and the euro of what is more (None: not known)."""

    result: CheckResult
    euro: float | None


def list_news(spoiled: Sequence[CheckResult], clean: Sequence[CheckResult]) -> list[Spoken]:
    """Failed results that are news beside the clean twin, in the order of an alert: blocks first, then by euro."""
    before = {(one.check_id, one.checked_table): one for one in clean if one.outcome != "passed"}
    news = []
    for one in spoiled:
        twin = before.get((one.check_id, one.checked_table))
        known, usual = (0.0 if x is None else float(x.at_stake_eur or 0) for x in (one, twin))
        is_more = twin is None or one.findings_count > twin.findings_count or known > (1 + NEWS_RATIO) * usual
        if one.outcome != "passed" and is_more:
            news.append(Spoken(one, None if one.at_stake_eur is None else _news_eur(one, twin)))
    return sorted(news, key=_alert_order)


def _news_eur(one: CheckResult, twin: CheckResult | None) -> float:
    """Euro of the findings that the twin does not have; where not all of them are named, the difference of the two."""
    total, usual = (0.0 if x is None else float(x.at_stake_eur or 0) for x in (one, twin))
    if one.findings is None or twin is None or twin.findings is None:
        return total - usual
    now, before = (x.filter(merged_count=0) for x in (one.findings, twin.findings))  # the rest is one row
    same = [*ABOUT, "care_month", "numbers"]  # the same finding with other figures is news too
    new = now.join(before, on=same, how="anti", nulls_equal=True)
    if one.findings_count - twin.findings_count > new.height or new.is_empty():
        return total - usual
    return float(new["at_stake_eur"].cast(pl.Float64).sum())


def _alert_order(spoken: Spoken) -> tuple[bool, float]:
    return not spoken.result.is_blocking, -(spoken.euro or 0.0)


def find_place(news: Sequence[Spoken], check_id: str) -> int | None:
    """Place of a rule in the alert, 1 is first; rules that tie share their place. None when it did not speak."""
    mine = next((one for one in news if one.result.check_id == check_id), None)
    return None if mine is None else 1 + sum(_alert_order(one) < _alert_order(mine) for one in news)


def judge_plantings(plantings: Sequence[Planting]) -> list[list[Spoken]]:
    """What is news in each of these plantings; judged in one pass."""
    results = iter(judge([one for planting in plantings for one in (*planting.spoiled, *planting.clean)]))
    return [
        list_news([next(results) for _ in planting.spoiled], [next(results) for _ in planting.clean])
        for planting in plantings
    ]


def describe_planting(world: World, planting: Planting, news: Sequence[Spoken]) -> dict[str, object]:
    """One row of evidence: rule, truth, what it said, its place, what came before it."""
    defect = DEFECTS[planting.name]
    place = find_place(news, defect.check_id)
    mine = next((one for one in news if one.result.check_id == defect.check_id), None)
    truth = abs(planting.planted_eur)
    return {
        "defect": planting.name,
        "size": planting.size,
        "kind": defect.kind,
        "check_id": defect.check_id,
        "planted_eur": truth,
        "below_threshold": below_threshold(world, planting),
        "is_named": mine is not None,
        "place": place,
        "severity": mine.result.severity if mine else None,
        "said_eur": mine.euro if mine else None,
        "euro_ratio": mine.euro / truth if mine and mine.euro is not None and truth else None,
        "also": " ".join(
            f"{one.result.check_id}{'!' if one.result.is_blocking else ''}"
            for one in news
            if one.result.check_id != defect.check_id
        ),
    }


def below_threshold(world: World, planting: Planting) -> str | None:
    """Why the rule need not speak of a planting of this size, from the truth and the clean twin; None when it must."""
    assumptions = world.surroundings(world.until).assumptions
    check_id, truth = DEFECTS[planting.name].check_id, abs(planting.planted_eur)
    where = _where(planting)
    minimum = "series_warning_minimum_eur" if check_id == "V03-level" else "revision_minimum_eur"
    if check_id in ("V02", "L08", "V03-level") and truth < assumptions[minimum]:
        return f"less than {minimum}"
    if check_id == "L03":
        month = _usual_month(world, pl.col("wlz_uitvoerder") == where["wlz_uitvoerder"])
        if truth < SPEED_FLOOR_RATIO * month:
            return f"{truth / month:.0%} of a usual month, below 3.5 x 0.04"
    if check_id == "L12":
        month = _usual_provider_month(world, where, assumptions)
        if month < assumptions["provider_minimum_month_eur"]:
            return "a usual month of less than provider_minimum_month_eur"
    if check_id == "P03" and _uitvoerders(world) < assumptions["price_outlier_minimum_uitvoerders"]:
        return "fewer than price_outlier_minimum_uitvoerders"
    return None


def _where(planting: Planting) -> dict[str, str]:
    key = planting.truth.sort("delivery_month")["row_key"][-1]
    return dict(part.split("=", 1) for part in key.split("; "))


def _uitvoerders(world: World) -> int:
    return world.clean(world.until).counts["uitvoerders"]


def _usual_month(world: World, rows: pl.Expr) -> float:
    """Mean month of the last twelve that are at least four months old, of the clean claims."""
    euro = world.clean(world.until).euro
    assert euro is not None, "clean claims are accepted"
    return _mean_month(euro.filter(rows), world.until, 4, 12)


def _usual_provider_month(world: World, where: Mapping[str, str], assumptions: Mapping[str, float]) -> float:
    providers = world.clean(world.until).providers
    assert providers is not None, "clean claims are accepted"
    mine = providers.filter(zorgkantoor_code=where["zorgkantoorcode"], agb_code=where["agb_code"])
    first, count = int(assumptions["provider_complete_lag_months"]), int(assumptions["provider_usual_months"])
    return _mean_month(mine, world.until, first, count)


def _mean_month(euro: pl.DataFrame, until: date, first_lag: int, count: int) -> float:
    month = pl.lit(until)
    inside = pl.col("care_month").is_between(
        month.dt.offset_by(f"-{first_lag + count - 1}mo"), month.dt.offset_by(f"-{first_lag}mo")
    )
    return float(euro.filter(inside)["amount_eur"].sum()) / count
