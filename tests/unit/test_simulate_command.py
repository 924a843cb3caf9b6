"""`wlz simulate`: defects with sizes on the command line, control files on disk, and what is refused."""

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from pipelines.cli.simulate import read_marker, simulate
from simulation import list_defects


def run(*words: str) -> Result:
    return CliRunner().invoke(simulate, words)


def test_defects_with_a_size_are_written_with_their_control_files(tmp_path: Path) -> None:
    out = tmp_path / "deliveries"
    words = ["--defect", "control_rows:small", "--defect", "kader_sum:large"]
    found = run("--out", str(out), "--scale", "small", "--until", "2018-05", *words)
    assert found.exit_code == 0
    claims = pl.read_parquet(out / "2018-05" / "declaraties.parquet")
    control = json.loads((out / "2018-05" / "declaraties.control.json").read_text())
    assert control["rows"] == claims.height + 1
    kader = pl.read_parquet(out / "2018-05" / "kader.parquet")
    stated = json.loads((out / "2018-05" / "kader.control.json").read_text())
    assert stated["rows"] == kader.height
    truth = pl.read_parquet(tmp_path / "deliveries-truth" / "defects.parquet")
    euro = dict(truth.select("defect", pl.col("amount_eur").cast(pl.Float64)).iter_rows())
    assert control["bedrag"] - float(claims["bedrag"].sum()) == pytest.approx(euro["control_rows"], abs=0.005)
    assert stated["zin"] - float(kader["zin"].sum()) == pytest.approx(euro["kader_sum"], abs=0.005)
    assert stated["pgb"] == float(kader["pgb"].sum())
    assert read_marker(out)["defects"] == ["control_rows:small", "kader_sum:large"]
    assert len(list(out.rglob("*.control.json"))) == 2


@pytest.mark.parametrize(
    ("word", "message"),
    [("typo", "NAME one of repeated_delivery, unit_error"), ("unit_error:huge", "sizes small, medium, large")],
)
def test_an_unknown_defect_or_size_writes_nothing(word: str, message: str, tmp_path: Path) -> None:
    found = run("--out", str(tmp_path / "deliveries"), "--scale", "small", "--defect", word)
    assert found.exit_code == 2
    assert message in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_help_lists_every_defect_with_its_check() -> None:
    text = " ".join(run("--help").stdout.split())
    for defect in list_defects():
        assert f"{defect.name} {defect.what} ({defect.check_id})" in text
    assert "NAME[:SIZE]" in text
