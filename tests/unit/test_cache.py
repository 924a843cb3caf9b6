"""Forecasts kept by content: asked once, asked again when anything differs, and never trusted when cut off."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from warehouse import cache
from warehouse.cache import KEPT_FILES, ForecastCache
from wlz.forecasting.engines import Engine, EngineForecast
from wlz.forecasting.ets import FloatArray

HISTORY = np.arange(72.0).reshape(2, 36)


class Counted:
    """An engine that says last month plus a step, and how often it was asked."""

    def __init__(self, step: float = 1.0) -> None:
        self.step, self.asked = step, 0

    def __call__(self, values: FloatArray, horizon: int) -> EngineForecast:
        self.asked += 1
        point = values[:, -1:] + self.step * np.arange(1, horizon + 1)
        return EngineForecast(point, np.array(["step"] * len(values)))


@pytest.fixture
def kept(tmp_path: Path) -> ForecastCache:
    return ForecastCache(tmp_path / "cache" / "forecasts")


def files(kept: ForecastCache) -> list[Path]:
    return sorted(kept.root.glob("*"))


def same(one: EngineForecast, other: EngineForecast) -> bool:
    return np.array_equal(one.point, other.point) and one.model.tolist() == other.model.tolist()


def test_the_same_panel_is_forecast_once(kept: ForecastCache) -> None:
    engine = Counted()
    first = kept.remember("step", engine)(HISTORY, 12)
    again = kept.remember("step", engine)(HISTORY.copy(), 12)  # another array of the same numbers
    assert engine.asked == 1
    assert same(first, again)
    assert same(first, Counted()(HISTORY, 12))
    assert len(files(kept)) == 1


def test_what_is_kept_outlives_the_process(kept: ForecastCache) -> None:
    """Another cache on the same folder: a second run."""
    kept.remember("step", Counted())(HISTORY, 12)
    other = Counted()
    ForecastCache(kept.root).remember("step", other)(HISTORY, 12)
    assert other.asked == 0


def test_nothing_is_written_before_something_is_asked(kept: ForecastCache) -> None:
    kept.remember("step", Counted())
    assert not kept.root.exists()


Ask = Callable[[ForecastCache, Engine], EngineForecast]


def with_a_gap() -> FloatArray:
    gap = HISTORY.copy()
    gap[1, 3] = np.nan
    return gap


@pytest.mark.parametrize(
    "ask",
    [
        lambda kept, engine: kept.remember("step", engine)(HISTORY + 1e-12, 12),
        lambda kept, engine: kept.remember("step", engine)(with_a_gap(), 12),
        lambda kept, engine: kept.remember("step", engine)(HISTORY[::-1], 12),
        lambda kept, engine: kept.remember("step", engine)(HISTORY.reshape(1, 72), 12),  # the same bytes
        lambda kept, engine: kept.remember("step", engine)(HISTORY, 11),
        lambda kept, engine: kept.remember("other", engine)(HISTORY, 12),
    ],
    ids=["a value", "a gap", "the order of series", "the shape", "the horizon", "the engine"],
)
def test_anything_else_is_asked_again(kept: ForecastCache, ask: Ask) -> None:
    first, other = kept.remember("step", Counted())(HISTORY, 12), Counted(2.0)
    found = ask(kept, other)
    assert other.asked == 1
    assert not same(first, found)
    assert len(files(kept)) == 2
    assert same(kept.remember("step", Counted(9.0))(HISTORY, 12), first)  # the first one is still what it was


def test_other_code_is_asked_again(kept: ForecastCache, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.remember("step", Counted())(HISTORY, 12)
    monkeypatch.setattr(cache, "code_version", lambda: "another version")
    other = Counted()
    kept.remember("step", other)(HISTORY, 12)
    assert other.asked == 1


@pytest.mark.parametrize("length", [0, 1, 30, -1, -40])
def test_a_file_cut_off_is_computed_again(kept: ForecastCache, length: int) -> None:
    """As a full disk or a killed process leaves it. The next one finds a whole file."""
    first = kept.remember("step", Counted())(HISTORY, 12)
    [path] = files(kept)
    path.write_bytes(path.read_bytes()[:length])
    engine = Counted()
    assert same(kept.remember("step", engine)(HISTORY, 12), first)
    assert engine.asked == 1
    kept.remember("step", engine)(HISTORY, 12)
    assert engine.asked == 1


def test_a_file_with_something_else_in_it_is_computed_again(kept: ForecastCache) -> None:
    kept.remember("step", Counted())(HISTORY, 12)
    [path] = files(kept)
    np.savez(path, point=np.zeros(3))  # no model
    engine = Counted()
    kept.remember("step", engine)(HISTORY, 12)
    assert engine.asked == 1


def test_a_failing_engine_leaves_nothing(kept: ForecastCache) -> None:
    def fails(values: FloatArray, horizon: int) -> EngineForecast:
        raise RuntimeError("no forecast")

    with pytest.raises(RuntimeError, match="no forecast"):
        kept.remember("fails", fails)(HISTORY, 12)
    assert not kept.root.exists()


def test_leftovers_of_a_killed_write_are_not_read_and_do_not_stay(kept: ForecastCache) -> None:
    engine = Counted()
    kept.remember("step", engine)(HISTORY, 12)
    [path] = files(kept)
    path.rename(path.with_name(f".{path.name}.12345.npz"))
    kept.remember("step", engine)(HISTORY, 12)
    assert engine.asked == 2
    assert files(kept) == [path]


def test_the_oldest_go_first_and_use_keeps_one_young(kept: ForecastCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are kept: of four the one not used for longest is removed."""
    assert KEPT_FILES > 100
    monkeypatch.setattr(cache, "KEPT_FILES", 3)
    engine = kept.remember("step", Counted())
    for age, horizon in ((30, 1), (20, 2), (10, 3)):
        before = set(files(kept))
        engine(HISTORY, horizon)
        [new] = set(files(kept)) - before
        os.utime(new, (1_000_000 - age, 1_000_000 - age))
    engine(HISTORY, 1)  # the oldest is used again
    engine(HISTORY, 4)
    assert len(files(kept)) == 3
    asked = {}
    for horizon in (1, 3, 4, 2):  # 2 last: computing it removes another one
        counted = Counted()
        kept.remember("step", counted)(HISTORY, horizon)
        asked[horizon] = counted.asked
    assert asked == {1: 0, 2: 1, 3: 0, 4: 0}
