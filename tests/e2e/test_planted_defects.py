"""Every planted defect is told by the rule its entry names, and its clean twin is not; small scale, no Dagster.

Rules on a delivered file at three sizes, rules of a stage at the middle one, a sudden level at the largest too. What
the alert puts first, and the same at the scale of the letter, is in docs/reference/evidence-checks.md.
"""

from datetime import date
from pathlib import Path

import pytest

from expectations.catalogue import DELIVERY_RULES, RULES
from expectations.judging.runner import judge
from scripts.evidence.checked_worlds import World
from scripts.evidence.checks import DOCS, files_of
from scripts.evidence.checks_page import write_page
from scripts.evidence.planted_defects import Spoken, below_threshold, find_place, judge_plantings
from simulation.defects import DEFECTS
from simulation.inputs import SIZES
from simulation.kinds import KINDS, due_months

UNTIL = date(2018, 5, 1)
OF_DELIVERIES = {rule.check_id for rule in DELIVERY_RULES}
PLANTED = [
    (name, size)
    for name, defect in DEFECTS.items()
    for size in (SIZES if defect.check_id in OF_DELIVERIES else ("medium",))
] + [("sudden_level", "large")]
# Euro said ÷ euro of the truth. Where they are not the same, planted_defects.BASIS says why. Where an estimate lies
# further off than 5 %, seeds 1 to 6 of the small world say that it is the draw; the first of them is this world.
EXACT = (0.995, 1.005)
EURO: dict[str | tuple[str, str], tuple[float, float]] = {
    "repeated_delivery": (0.95, 1.0),
    "missing_region": (0.95, 1.0),  # without its newest month
    "negative_total": (0.9, 1.1),
    "missing_month": (0.95, 1.05),
    "half_delivery": (0.95, 1.0),
    "volume_factor_60": (0.95, 1.0),
    "late_uitvoerder": (0.9, 1.1),
    "late_largest": (0.9, 1.05),
    "late_provider": (0.9, 1.05),
    "catch_up": (0.95, 1.05),
    # What the youngest month has beyond the usual by itself adds to one and takes from the other: see the test below.
    "billing_speed": (0.95, 1.15),  # 1.11 0.99 1.08 1.09 0.97 1.00, mean 1.04
    "billing_slow": (0.9, 1.05),  # 0.92 1.01 0.94 0.99 0.96 1.00, mean 0.97
    # A small series moves by itself, some percent of a month each, beside two thirds of one that are planted.
    "sudden_level": (0.9, 1.15),  # 1.10 0.93 1.04 1.01 1.14 1.01, mean 1.04
    ("sudden_level", "large"): (0.95, 1.05),
    # What regions added a year before, of two months: few regions, and new grants come in lumps.
    "pgb_repeats": (0.7, 1.0),  # 0.72 0.97 1.21 0.93 0.87 0.84, mean 0.92
    "skipped_delivery": (0.95, 1.05),
}
# Told by another rule for a part: a year whose price moved on fits one of the two factors only.
SHARED = {"unit_ambiguous": "U02"}
UNKNOWN = ("missing_column",)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Seventeen clean deliveries of three uitvoerders."""
    return World("small", 1, UNTIL, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def told(world: World) -> dict[tuple[str, str], tuple[float, list[Spoken]]]:
    """Euro of the truth, and what is news beside the clean twin, per defect and size; judged in one pass."""
    plantings = {
        (name, size): world.plant(name, size, with_stages=DEFECTS[name].check_id not in OF_DELIVERIES)
        for name, size in PLANTED
    }
    judged = zip(plantings.items(), judge_plantings(list(plantings.values())), strict=True)
    silent = {key for key, planting in plantings.items() if below_threshold(world, planting) is not None}
    assert silent == {("price_outlier", size) for size in SIZES}, "three uitvoerders are too few for a national median"
    return {key: (abs(planting.planted_eur), news) for (key, planting), news in judged if key not in silent}


@pytest.mark.parametrize(("name", "size"), [key for key in PLANTED if key[0] != "price_outlier"])
def test_the_rule_of_a_defect_tells_it_with_its_euro(
    told: dict[tuple[str, str], tuple[float, list[Spoken]]], name: str, size: str
) -> None:
    """The rule fails where its clean twin passes or finds less, before every other, with the euro of the truth."""
    truth, news = told[name, size]
    check_id = DEFECTS[name].check_id
    news = [one for one in news if one.result.check_id != "D02-limit"]  # it tells the same rows once more, as too many
    assert find_place(news, check_id) == 1, [one.result.check_id for one in news]
    spoken = next(one for one in news if one.result.check_id == check_id)
    assert spoken.result.outcome == "failed"
    assert spoken.result.severity in (severity_of(check_id), "block")
    if name in UNKNOWN:
        assert spoken.euro is None
        return
    lowest, highest = EURO.get((name, size), EURO.get(name, EXACT))
    assert spoken.euro is not None
    shared = sum(one.euro or 0.0 for one in news if one.result.check_id == SHARED.get(name))
    assert lowest <= (spoken.euro + shared) / truth <= highest


def test_a_change_of_speed_is_neither_over_nor_understated(
    told: dict[tuple[str, str], tuple[float, list[Spoken]]],
) -> None:
    """Faster and slower together, in which the month's own scatter cancels out: within 5 % of the truth.

    1.02 here; 1.00, 1.02, 1.04, 0.96 and 1.00 with seeds 2 to 6.
    """
    truth = said = 0.0
    for name in ("billing_speed", "billing_slow"):
        planted, news = told[name, "medium"]
        truth += planted
        said += next(one.euro or 0.0 for one in news if one.result.check_id == "L03")
    assert 0.95 <= said / truth <= 1.05


def test_a_sudden_level_of_a_series_is_one_finding(
    told: dict[tuple[str, str], tuple[float, list[Spoken]]],
) -> None:
    """Four times the largest series, in a group of 61 %, is no other speed of its uitvoerder and moves no other one."""
    _, news = told["sudden_level", "large"]
    found = next(one.result.findings_count for one in news if one.result.check_id == "V03-level")
    assert found == 1
    assert "L03" not in {one.result.check_id for one in news}


def severity_of(check_id: str) -> str:
    """As the catalogue declares it."""
    return next(rule.severity for rule in RULES if rule.check_id == check_id)


def test_clean_deliveries_refuse_nothing(world: World) -> None:
    """The last deliveries of every kind, and the stages on the claims: no rule blocks, none is broken."""
    files = [world.clean(months[-1], kind) for kind in KINDS if (months := due_months(kind, UNTIL))]
    results = judge([*(one for file in files for one in file.metrics), *world.clean_stages(UNTIL)])
    assert {result.check_id for result in results} >= {defect.check_id for defect in DEFECTS.values()}
    assert [one.message for one in results if one.is_blocking or one.outcome == "broken"] == []


def test_the_page_of_evidence_follows_from_its_rows(tmp_path: Path) -> None:
    """`python -m scripts.evidence.checks --page` writes it again."""
    write_page(tmp_path / "page.md", files_of(2018), 2018)
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == (DOCS / "evidence-checks.md").read_text("utf-8")
