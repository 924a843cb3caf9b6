"""Which list of codes the deliveries of a landing zone are read with."""

import json
from pathlib import Path

import pytest

from tests.lists import mark_simulated
from warehouse.packs import PackError, choose_pack, describe_simulation, marker_of

BEFORE = {
    "scale": "small",
    "until": "2018-08",
    "seed": 1,
    "defects": [],
    "complete": True,
}  # as commit d74469c wrote it


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WLZ_REFERENCE", raising=False)


def write_marker(landing: Path, text: str) -> Path:
    marker_of(landing).parent.mkdir(parents=True)
    marker_of(landing).write_text(text, encoding="utf-8")
    return landing


def test_deliveries_that_nothing_simulated_take_the_real_list(tmp_path: Path) -> None:
    assert choose_pack(tmp_path / "deliveries").name == "vektis-2019"


def test_simulated_ones_take_the_list_they_were_simulated_with(tmp_path: Path) -> None:
    assert choose_pack(mark_simulated(tmp_path / "now")).name == "simulation"
    before = write_marker(tmp_path / "before", json.dumps(BEFORE))
    assert choose_pack(before).name == "simulation-1"
    assert describe_simulation(before) == "scale small, until 2018-08, seed 1, no defects"


@pytest.mark.parametrize("name", ["simulation", "simulation-1"])
def test_an_invented_list_is_refused_for_real_deliveries(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("WLZ_REFERENCE", name)
    with pytest.raises(PackError, match=f"names pack {name}, but .* were not simulated.*unset WLZ_REFERENCE.*simulate"):
        choose_pack(tmp_path / "deliveries")
    assert choose_pack(mark_simulated(tmp_path / "deliveries")).name == name


def test_a_list_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    landing = write_marker(tmp_path / "later", json.dumps(BEFORE | {"pack": "simulation-9"}))
    with pytest.raises(PackError, match="no pack simulation-9: expected one of simulation, simulation-1, vektis-2019"):
        choose_pack(landing)


@pytest.mark.parametrize("text", ["", '{"scale": "small"', "[]", '{"scale": "small"}', "null"])
@pytest.mark.parametrize("read", [choose_pack, describe_simulation], ids=["pack", "words"])
def test_a_marker_that_is_broken_is_named(read, text: str, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"deliveries-truth/simulation\.json: expected what was simulated.*Next:"):
        read(write_marker(tmp_path / "deliveries", text))
