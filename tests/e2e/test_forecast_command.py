"""`wlz forecast`: file in, file out, for people in R, Excel or a notebook."""

import math
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from polars.testing import assert_frame_equal

from pipelines.cli import main
from wlz.files.panel import TOTAL_ID
from wlz.forecasting.any_panel import FORECAST_SCHEMA, LINE_NAMES
from wlz.words.months import add_months


def forecast(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["forecast", *map(str, words)])


@pytest.fixture
def rows() -> pl.DataFrame:
    """Three series of 30 months: one with a season, one short, one that ended; an id that looks like a number."""
    month = [add_months(date(2016, 1, 1), step) for step in range(30)]
    season = [100 + 10 * math.sin(step / 12 * 2 * math.pi) + step % 5 for step in range(30)]
    return pl.DataFrame(
        {
            "unique_id": ["007"] * 30 + ["Zorg é"] * 4 + ["ended"] * 30,
            "month": month + month[-4:] + month,
            "value": season + [5.0, None, 7.0, 8.0] + [3.0] * 12 + [0.0] * 18,
        }
    )


@pytest.fixture
def series(rows: pl.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "series.csv"
    rows.write_csv(path)
    return path


def read_back(path: Path, separator: str = ",") -> pl.DataFrame:
    schema = {name: pl.String() if dtype == pl.Date else dtype for name, dtype in FORECAST_SCHEMA.items()}
    read = pl.read_csv(path, separator=separator, schema=schema)
    return read.with_columns(pl.col("month").str.to_date())


def test_csv_in_csv_out(series, tmp_path):
    done = forecast(series, "--out", tmp_path / "out.csv", "--total")
    assert done.exit_code == 0, done.output
    found = read_back(tmp_path / "out.csv")
    assert found["unique_id"].unique(maintain_order=True).to_list() == ["007", "Zorg é", "ended", TOTAL_ID]
    assert found.height == 4 * 13
    assert found["month"].min() == date(2018, 7, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "series.csv"]


def test_summary_says_what_was_done(series, tmp_path):
    done = forecast(series, "--out", tmp_path / "out.csv", "--total", "--horizon", 7, "--engine", "half_growth")
    lines = done.stdout.splitlines()
    assert lines[0] == "3 series, 2016-01 to 2018-06; forecast 2018-07 to 2019-01 with half_growth"
    assert lines[1] == "edge cases: 1 ended, 1 short"
    assert lines[2].startswith("total of the 7 months: ")
    assert "95 %" in lines[2]
    assert lines[3] == f"written: {tmp_path / 'out.csv'}"


def test_silent_series_is_told(rows, tmp_path):
    cut = rows.with_columns(pl.when(pl.col("value") != 0).then("value"))
    cut.write_csv(tmp_path / "series.csv")
    done = forecast(tmp_path / "series.csv", "--out", tmp_path / "out.csv")
    assert "1 silent" in done.stdout
    assert "no value in the last 12 months, so no forecast" in done.stdout
    silent = read_back(tmp_path / "out.csv").filter(unique_id="ended")
    assert silent.select(pl.col(LINE_NAMES).is_null().all()).row(0) == (True,) * 5


def test_csv_and_parquet_give_the_same(rows, series, tmp_path):
    rows.write_parquet(tmp_path / "series.parquet")
    for source in ("series.csv", "series.parquet"):
        for ending in ("csv", "parquet"):
            done = forecast(tmp_path / source, "--out", tmp_path / f"{source[7:]}.{ending}", "--total", "--seed", 3)
            assert done.exit_code == 0, done.output
    assert (tmp_path / "csv.csv").read_bytes() == (tmp_path / "parquet.csv").read_bytes()
    from_csv, from_parquet = (pl.read_parquet(tmp_path / f"{kind}.parquet") for kind in ("csv", "parquet"))
    assert_frame_equal(from_csv, from_parquet, check_exact=True)
    assert dict(from_parquet.schema) == FORECAST_SCHEMA
    assert_frame_equal(read_back(tmp_path / "csv.csv"), from_parquet, check_exact=True)


def test_csv_as_excel_writes_it(rows, series, tmp_path):
    """Byte order mark, semicolons, Windows line ends, quoted fields: the same forecast."""
    text = rows.write_csv(separator=";", quote_style="always").replace("\n", "\r\n")
    (tmp_path / "excel.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert forecast(series, "--out", tmp_path / "plain-out.csv").exit_code == 0
    done = forecast(tmp_path / "excel.csv", "--out", tmp_path / "excel-out.csv", "--separator", ";")
    assert done.exit_code == 0, done.output
    assert_frame_equal(read_back(tmp_path / "excel-out.csv", ";"), read_back(tmp_path / "plain-out.csv"))


def test_csv_as_r_writes_it(rows, tmp_path):
    """`write.csv` numbers the rows, quotes text and writes NA."""
    numbered = rows.with_row_index("").with_columns(pl.col("value").cast(pl.String).fill_null("NA"))
    numbered.write_csv(tmp_path / "r.csv", quote_style="non_numeric")
    done = forecast(tmp_path / "r.csv", "--out", tmp_path / "out.parquet")
    assert done.exit_code == 0, done.output


def test_old_result_is_replaced_and_stays_when_the_run_fails(series, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("old")
    bad = tmp_path / "bad.csv"
    bad.write_text("unique_id,month,value\na,2018-01,x\n")
    assert forecast(bad, "--out", out).exit_code == 1
    assert out.read_text() == "old"
    assert forecast(series, "--out", out).exit_code == 0
    assert out.read_text().startswith("unique_id,month,forecast")


NOISE = bytes(range(256)) * 20
REFUSED = {
    "a value that is none": (
        "s.csv",
        b"unique_id,month,value\na,2018-01,1\na,2018-02,x\n",
        "row 2 below the header: found 'x'",
    ),
    "decimal comma": ("s.csv", b'unique_id,month,value\na,2018-01,"1,5"\n', "Likely a decimal comma"),
    "another separator": ("s.csv", b"unique_id;month;value\na;2018-01;1\n", "found 'unique_id;month;value'"),
    "more fields than headers": (
        "s.csv",
        b"unique_id,month,value\na,2018-01,1,5\n",
        "another separator or a decimal comma",
    ),
    "header only": ("s.csv", b"unique_id,month,value\n", "no rows"),
    "empty CSV": ("s.csv", b"", "found nothing in it"),
    "empty Parquet": ("s.parquet", b"", "expected a .parquet file"),
    "binary CSV": ("s.csv", NOISE, "expected a .csv file"),
    "binary Parquet": ("s.parquet", NOISE, "expected a .parquet file"),
    "CSV called Parquet": ("s.parquet", b"unique_id,month,value\na,2018-01,1\n", "expected a .parquet file"),
    "Windows-1252": ("s.csv", "unique_id,month,value\né,2018-01,1\n".encode("cp1252"), "CSV must be UTF-8"),
    "row twice": ("s.csv", b"unique_id,month,value\na,2018-01,1\na,2018-01,1\n", "more than one row"),
}


@pytest.mark.parametrize(("name", "content", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_file_is_exit_1_without_a_trace(name, content, told, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    done = forecast(path, "--out", tmp_path / "out.csv")
    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit)
    assert done.stderr.startswith(f"{path}: ")
    assert told in done.stderr
    assert all(word in done.stderr for word in ("expected", "Likely", "Next:"))
    assert len(done.stderr.splitlines()) == 1
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_truncated_parquet_is_refused(rows, tmp_path):
    rows.write_parquet(tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    middle = len(content) // 2
    for spoiled in (content[:middle], content[:20] + bytes(200) + content[220:]):
        (tmp_path / "s.parquet").write_bytes(spoiled)
        done = forecast(tmp_path / "s.parquet", "--out", tmp_path / "out.csv")
        assert done.exit_code == 1, done.output
        assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["none.csv", "--out", "o.csv"], "does not exist"),
        ([".", "--out", "o.csv"], "is a directory"),
        (["series.txt", "--out", "o.csv"], "found the ending '.txt', expected .csv or .parquet"),
        (["series.csv", "--out", "o.xlsx"], "found the ending '.xlsx'"),
        (["series.csv", "--out", "o"], "found the ending 'of no kind'"),
        (["series.csv", "--out", "none/o.csv"], "no folder none"),
        (["series.csv", "--out", "series.csv"], "which would be lost"),
        (["series.csv", "--out", "folder.csv"], "is a directory"),
        (["series.csv"], "Missing option '--out'"),
        (["series.csv", "--out", "o.csv", "--engine", "oracle"], "'oracle' is not one of"),
        (["series.csv", "--out", "o.csv", "--horizon", "0"], "0 is not in the range"),
        (["series.csv", "--out", "o.csv", "--separator", "tab"], "'tab' is not one of"),
        (["series.csv", "--out", "o.csv", "--seed", "-1"], "-1 is not in the range"),
    ],
)
def test_wrong_use_is_exit_2(words, told, series, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "series.txt").write_bytes(series.read_bytes())
    (tmp_path / "folder.csv").mkdir()
    before = series.read_bytes()
    done = forecast(*words)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert isinstance(done.exception, SystemExit)
    assert series.read_bytes() == before


def test_result_that_cannot_be_written_is_exit_2(series, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    done = forecast(series, "--out", tmp_path / "out.csv")
    assert done.exit_code == 2, done.output
    assert "not written" in done.stderr
    assert "No space left" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["series.csv"]


def test_help_has_an_example():
    done = forecast("--help")
    assert done.exit_code == 0
    assert "Example: wlz forecast" in done.output
