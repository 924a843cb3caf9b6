"""Files that were read wrong in silence once: each right within its tolerance, or refused with the cause.

The files and what is right of them are in tests/data/cases; where nothing is said of a tolerance, 0.5 %.
"""

from pathlib import Path

import polars as pl
import pytest
from click.testing import Result

from scripts.evidence.shape_changes import PANEL_CHANGES, TRIANGLE_CHANGES
from scripts.evidence.shapes import try_files
from tests.e2e.handmade import invoke

CASES = Path(__file__).parents[1] / "data" / "cases"


def command(name: str, case: str, tmp_path: Path, *options: str) -> tuple[Result, pl.DataFrame]:
    [source], out = CASES.glob(f"{case}*.csv"), tmp_path / "out.csv"
    told = invoke(name, str(source), "--out", str(out), *options)
    separator = ";" if "--separator" in options else ","
    return told, pl.read_csv(out, separator=separator) if out.exists() else pl.DataFrame()


@pytest.mark.parametrize(
    ("case", "options", "right"),
    [
        ("c01", ("--separator", ";", "--decimal", ","), 15_761),
        ("c14", (), 15_761),
        ("f07", (), 1_684),
        ("f16", (), 12_000),
    ],
)
def test_totals_of_panels(case: str, options: tuple[str, ...], right: float, tmp_path: Path) -> None:
    told, found = command("forecast", case, tmp_path, "--total", *options)
    assert told.exit_code == 0, told.output
    [total] = found.filter(pl.col("month").is_null(), pl.col("unique_id") == "__total__").to_dicts()
    assert total["forecast"] == pytest.approx(right, rel=0.01)
    assert total["lower_80"] < right < total["upper_80"]


@pytest.mark.parametrize(
    ("name", "case", "options", "cause"),
    [
        ("forecast", "c01", ("--separator", ";"), "a point as thousands mark"),
        ("forecast", "f10_", (), "totals of a quarter"),
        ("forecast", "f10c", (), "totals of a year"),
        ("forecast", "f17", (), "series 's00', month 2032-11"),
        ("complete", "t01", (), "increments"),
    ],
)
def test_refused_with_the_cause(name: str, case: str, options: tuple[str, ...], cause: str, tmp_path: Path) -> None:
    told, found = command(name, case, tmp_path, *options)
    assert told.exit_code == 1
    assert cause in told.output
    assert "Next:" in told.output
    assert found.is_empty()


@pytest.mark.parametrize(
    ("case", "options", "right"),
    [
        ("m01", (), 39_150),
        ("m16b", (), 39_140),
        ("m19c", (), 36_000),
        ("t01", ("--values", "increments"), 51_201_325),
        ("t01", ("--values", "increments", "--method", "mack"), 53_038_946),
        ("t20", (), 20_303.7),
        ("t20", ("--method", "mack"), 20_303.7),
    ],
)
def test_totals_of_triangles(case: str, options: tuple[str, ...], right: float, tmp_path: Path) -> None:
    told, found = command("complete", case, tmp_path, *options)
    assert told.exit_code == 0, told.output
    assert found.filter(pl.col("care_month").is_null())["completed"][0] == pytest.approx(right, rel=0.005)


def test_a_key_without_recent_news(tmp_path: Path) -> None:
    _, found = command("complete", "m02e", tmp_path)
    b = found.filter(k="b")
    assert b.filter(pl.col("care_month").is_null())["completed"][0] == pytest.approx(34_000, rel=0.005)
    assert b.filter(care_month="2023-10-01")["completed"][0] == pytest.approx(1_000, rel=0.01)


@pytest.mark.parametrize(("case", "month"), [("m01", "2023-12-01"), ("t03", "2010-01-01"), ("m19c", "2023-12-01")])
def test_mack_leaves_empty_what_it_cannot_complete(case: str, month: str, tmp_path: Path) -> None:
    told, found = command("complete", case, tmp_path, "--method", "mack")
    assert "no link ratio leads on" in told.output
    names = ["completed", "lower_80", "upper_80", "lower_95", "upper_95", "standard_error"]
    empty = found.filter((pl.col("care_month") == month) | pl.col("care_month").is_null())
    assert empty.select(pl.col(names).is_null().all()).row(0) == (True,) * len(names)


def test_a_first_lag_of_zero_is_the_a_priori_without_bounds(tmp_path: Path) -> None:
    _, found = command("complete", "t03", tmp_path)
    [month] = found.filter(care_month="2010-01-01").to_dicts()
    assert month["completed"] == pytest.approx(4_996_955, rel=0.001)
    assert month["lower_80"] is None


@pytest.mark.parametrize(("case", "told"), [
    ("f16", ["panel: 1 series, 2020-01 to 2023-02", "2 of them 0", "2023-01 at 0%", "from 2023-03 on"]),
    ("c14", ["panel: 1 series", "names with spaces around them"]),
    ("m16b", ["triangle: 1 key", "read as 0", "the whole lag method"]),
    ("m19c", ["12 deliveries, 22 missing", "link ratios alone (342)"]),
])  # fmt: skip
def test_inspect_says_what_was_understood(case: str, told: list[str]) -> None:
    [source] = CASES.glob(f"{case}*.csv")
    said = invoke("inspect", str(source))
    assert said.exit_code == 0, said.output
    for words in told:
        assert words in said.output
    assert sorted(path.suffix for path in CASES.iterdir()) == [".csv"] * len(list(CASES.iterdir()))  # nothing written


def test_inspect_refuses_as_the_command_does() -> None:
    [source] = CASES.glob("f17*.csv")
    said = invoke("inspect", str(source))
    assert said.exit_code == 1
    assert "a typing error in a year" in said.output


def test_no_shape_is_silently_wrong() -> None:
    """A part of the evidence: each shape of panels and of triangles, once and twice."""
    count = 3 * max(len(PANEL_CHANGES) // 2 + 1, len(TRIANGLE_CHANGES))
    rows = list(try_files(count, seed=30_000))
    assert {str(row["shape"]) for row in rows} == {*PANEL_CHANGES, *TRIANGLE_CHANGES}
    assert [row for row in rows if row["outcome"] == "silent"] == []
