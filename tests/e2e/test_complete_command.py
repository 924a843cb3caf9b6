"""`wlz complete` from a file to a file: textbook results, the lag method on two keys, and what it refuses."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result

from tests.e2e.handmade import invoke
from wlz.runoff import LagError
from wlz.runoff.any_triangle import complete_frame

PEER = Path(__file__).parents[1] / "data" / "chainladder_peer"


def yearly(sample: str) -> pl.DataFrame:
    """A published triangle of years as rows; a delivery at the end of each year."""
    values = json.loads((PEER / f"{sample}.json").read_text(encoding="utf-8"))["values"][0]
    rows = [
        (f"{2001 + origin}-01", f"{2001 + origin + age}-12", value)
        for origin, line in enumerate(values)
        for age, value in enumerate(line)
        if value is not None
    ]
    return pl.DataFrame(rows, schema=["care_month", "delivery_month", "value"], orient="row")


def monthly(months: int = 40, seed: int = 0, noise: float = 0.02) -> pl.DataFrame:
    """Two uitvoerders of two groups each, as they come in over four deliveries."""
    rng = np.random.default_rng(seed)
    share = np.array([0.3, 0.9, 0.97, 1.0])
    first = date(2015, 1, 1)
    calendar = pl.date_range(first, date(2015 + months // 12 + 1, 12, 1), "1mo", eager=True).to_list()
    rows = []
    for uitvoerder, group, size in (("A", "x", 100.0), ("A", "y", 40.0), ("B", "x", 60.0), ("B", "z", 0.0)):
        for month in range(months):
            for lag in range(1, months - month + 1):
                known = share[min(lag, 4) - 1] * size * (1 + noise * rng.standard_normal() * (lag < 4))
                rows.append((uitvoerder, group, calendar[month], calendar[month + lag], known))
    return pl.DataFrame(rows, schema=["uitvoerder", "group", "care_month", "delivery_month", "value"], orient="row")


def complete(folder: Path, triangle: pl.DataFrame, *options: str, suffix: str = ".csv") -> tuple[Result, Path]:
    source, out = folder / f"triangle{suffix}", folder / f"completed{suffix}"
    triangle.write_csv(source) if suffix == ".csv" else triangle.write_parquet(source)
    return invoke("complete", str(source), "--out", str(out), *options), out


@pytest.mark.parametrize(("sample", "reserve", "error"), [("genins", 18_680_856, 2_447_095), ("raa", 52_135, 26_909)])
def test_published_results_through_the_command(sample: str, reserve: int, error: int, tmp_path: Path) -> None:
    factors = tmp_path / "factors.csv"
    told, out = complete(tmp_path, yearly(sample), "--method", "mack", "--factors", str(factors))
    assert told.exit_code == 0, told.output
    rows = pl.read_csv(out)
    [total] = rows.filter(pl.col("care_month").is_null()).to_dicts()
    assert round(total["completed"] - total["declared"]) == reserve
    assert round(total["standard_error"]) == error
    assert total["lower_95"] < total["lower_80"] < total["completed"] < total["upper_80"] < total["upper_95"]
    assert rows["method"].unique().to_list() == ["mack (sigma: mack)"]
    assert f"{error:,}" in told.output
    links = pl.read_csv(factors)
    assert links.columns == ["lag_months", "to_lag_months", "development_factor", "completeness_ratio", "ratios_count"]
    assert links["lag_months"].to_list()[:2] == [11, 23]
    assert links["ratios_count"].to_list() == list(range(9, 0, -1))


@pytest.mark.parametrize("method", ["bornhuetter_ferguson", "chain_ladder", "benktander", "cape_cod"])
def test_the_lag_method_on_two_keys(method: str, tmp_path: Path) -> None:
    told, out = complete(tmp_path, monthly(), "--method", method, "--keys", "uitvoerder,group", suffix=".parquet")
    assert told.exit_code == 0, told.output
    rows = pl.read_parquet(out)
    assert rows.columns == [
        "uitvoerder", "group", "care_month", "declared", "completed", "completeness_ratio",
        "lower_80", "upper_80", "lower_95", "upper_95", "standard_error", "method",
    ]  # fmt: skip
    assert rows.height == 4 * 41
    large = rows.filter(uitvoerder="A", group="x").drop_nulls("care_month")
    assert large["completed"].to_numpy() == pytest.approx(100.0, rel=0.08)
    assert large["completeness_ratio"][-1] == pytest.approx(0.3, abs=0.05)
    assert ((large["lower_95"] <= large["completed"]) & (large["completed"] <= large["upper_95"])).all()
    zero = rows.filter(group="z")
    assert zero["completed"].to_list() == [0.0] * 41  # a true zero stays one


def test_keys_left_out_and_found_and_text_months(tmp_path: Path) -> None:
    triangle = monthly(8).with_columns(pl.col("care_month", "delivery_month").dt.strftime("%Y-%m"))
    told, out = complete(tmp_path, triangle)
    assert told.exit_code == 0, told.output
    found = pl.read_csv(out)
    assert found.columns[:2] == ["uitvoerder", "group"]
    assert found.height == 4 * 9
    assert found.drop_nulls("care_month")["completed"].null_count() == 0


def test_one_triangle_of_one_month_is_told_in_the_singular(tmp_path: Path) -> None:
    one = [("2018-01", "2018-01", 5.0), ("2018-01", "2018-02", 7.0)]
    schema = ["care_month", "delivery_month", "value"]
    told, _ = complete(tmp_path, pl.DataFrame(one, schema=schema, orient="row"))
    assert told.output.startswith("1 triangle, 1 care month completed with ")
    told, _ = complete(tmp_path, monthly(8))
    assert told.output.startswith("4 triangles, 32 care months completed with ")


@pytest.mark.parametrize(("change", "told"), [
    (lambda rows: rows.drop("delivery_month"), "no column delivery_month"),
    (lambda rows: pl.concat([rows, rows.head(1)]), "more than one row"),
    (lambda rows: rows.with_columns(value=pl.lit("1,5")), "decimal comma"),
    (lambda rows: rows.with_columns(care_month=pl.lit("May")), "expected a month as 2018-05"),
    (lambda rows: rows.group_by("uitvoerder", "group", "care_month").agg(
        pl.col("delivery_month").max(), pl.col("value").last()), "found one delivery"),
])  # fmt: skip
def test_what_is_no_triangle_is_refused_in_a_sentence(change, told: str, tmp_path: Path) -> None:
    result, out = complete(tmp_path, change(monthly(8)))
    assert result.exit_code == 1
    assert told in result.output
    assert "Traceback" not in result.output
    assert not out.exists()


def test_wrong_use_is_told(tmp_path: Path) -> None:
    source = tmp_path / "triangle.csv"
    monthly(8).write_csv(source)
    good = tmp_path / "out.csv"
    for out, *more in (
        [tmp_path / "out.xls"],
        [tmp_path / "no" / "out.csv"],
        [source],
        [tmp_path / "no" / ".." / "triangle.csv"],
        [good, "--factors", good],
        [good, "--factors", tmp_path / "factors.txt"],
        [good, "--method", "guess"],
    ):
        told = invoke("complete", str(source), "--out", str(out), *map(str, more))
        assert told.exit_code == 2, told.output
        assert not good.exists()
    with pytest.raises(LagError, match="method"):
        complete_frame(monthly(8), method="guess")


def test_semicolons_r_row_numbers_and_a_key_delivered_once(tmp_path: Path) -> None:
    rows = monthly(8)
    once = (pl.col("group") == "z") & (pl.col("delivery_month") != pl.col("delivery_month").max())
    source, out = tmp_path / "triangle.csv", tmp_path / "completed.csv"
    rows.filter(~once).with_row_index("").write_csv(source, separator=";")
    told = invoke("complete", str(source), "--out", str(out), "--method", "mack", "--separator", ";")
    assert told.exit_code == 0, told.output
    assert (
        "B, z: declared 0, not completed: no link ratio leads on from what is known of 8 of 8 care months"
        in told.output
    )
    found = pl.read_csv(out, separator=";")
    assert found.filter(group="z")["completed"].null_count() == 9
    assert found.filter(group="x")["completed"].null_count() == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["completed.csv", "triangle.csv"]
