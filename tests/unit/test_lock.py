"""One writer at a time: who waits is told who writes, and goes on by itself; a dead owner leaves no lock."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.lock import LOCK_FILE, FolderBusyError, find_owner, hold_folder, waiting_minutes

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from warehouse.lock import hold_folder
with hold_folder(Path(sys.argv[1]), "wlz run of 2018-05", print):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
# Reads a number, thinks, and writes it one higher: loses some whenever two do so at once.
COUNT = """
import sys, time
from pathlib import Path
from warehouse.lock import hold_folder
folder, times = Path(sys.argv[1]), int(sys.argv[2])
for _ in range(times):
    with hold_folder(folder, "counting", lambda _: None):
        seen = int((folder / "count").read_text())
        time.sleep(0.001)
        (folder / "count").write_text(str(seen + 1))
"""
Holder = Callable[[float], "subprocess.Popen[str]"]


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Holder]:
    """Starts a process that has the lock for some seconds; returns when it has it."""
    started = []

    def begin(seconds: float) -> "subprocess.Popen[str]":
        started.append(start(HOLD, tmp_path, seconds))
        assert started[-1].stdout.readline() == "held\n"
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_who_waits_is_told_once_by_whom_and_goes_on(tmp_path: Path, hold: Holder) -> None:
    other, said = hold(1.0), []
    with hold_folder(tmp_path, "wlz report", said.append):
        assert other.wait() == 0
    (line,) = said
    assert line.startswith(f"Waiting: {tmp_path.name} is in use by wlz run of 2018-05 (")
    assert f"process {other.pid}, since 20" in line
    assert line.endswith("This goes on by itself when that has ended")


def test_a_wait_has_an_end_that_says_who_writes(tmp_path: Path, hold: Holder) -> None:
    other = hold(30)
    who = rf"in use by wlz run of 2018-05 .*process {other.pid}.*wlz status"
    with pytest.raises(FolderBusyError, match=who), hold_folder(tmp_path, "wlz report", lambda _: None, minutes=0):
        pytest.fail("two writers at once")
    begun, late = time.monotonic(), pytest.raises(FolderBusyError, match=r"after 0.01 minutes still")
    with late, hold_folder(tmp_path, "wlz report", lambda _: None, minutes=0.01):
        pytest.fail("two writers at once")
    assert time.monotonic() - begun > 0.5


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_dead_owner_leaves_no_lock(tmp_path: Path, hold: Holder, how: signal.Signals) -> None:
    other = hold(30)
    assert find_owner(tmp_path).process == other.pid
    os.kill(other.pid, how)
    other.wait()
    assert find_owner(tmp_path) is None
    said: list[str] = []
    with hold_folder(tmp_path, "wlz run", said.append, minutes=0):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["process"] == os.getpid()
    assert said == []


def test_who_has_it_may_take_it_again(tmp_path: Path) -> None:
    with hold_folder(tmp_path, "wlz run", pytest.fail, minutes=0):
        with hold_folder(tmp_path, "report", pytest.fail, minutes=0):
            assert find_owner(tmp_path).command == "wlz run"
        assert find_owner(tmp_path).command == "wlz run"
    assert find_owner(tmp_path) is None


def test_an_error_lets_go(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), hold_folder(tmp_path, "wlz run", pytest.fail, minutes=0):
            _ = 1 / 0
    assert find_owner(tmp_path) is None


def test_threads_of_one_process_take_turns(tmp_path: Path) -> None:
    inside, most = [], []

    def work() -> None:
        with hold_folder(tmp_path, "thread", lambda _: None):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 8


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_at_once_lose_nothing(tmp_path: Path, processes: int) -> None:
    (tmp_path / "count").write_text("0")
    counting = [start(COUNT, tmp_path, 20) for _ in range(processes)]
    assert [process.wait() for process in counting] == [0] * processes
    assert (tmp_path / "count").read_text() == str(20 * processes)


def test_another_folder_waits_for_nobody(tmp_path: Path, hold: Holder) -> None:
    hold(30)
    (tmp_path / "other").mkdir()
    with hold_folder(tmp_path / "other", "wlz run", pytest.fail, minutes=0):
        assert find_owner(tmp_path / "other") is not None


@pytest.mark.parametrize(("said", "minutes"), [("", 60), ("0", 0), ("1.5", 1.5)])
def test_how_long_one_waits_is_set(monkeypatch: pytest.MonkeyPatch, said: str, minutes: float) -> None:
    monkeypatch.setenv("WLZ_WAIT_MINUTES", said)
    assert waiting_minutes() == minutes


@pytest.mark.parametrize("said", ["an hour", "-1", "nan", "inf"])
def test_a_wait_that_is_no_number_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("WLZ_WAIT_MINUTES", said)
    with pytest.raises(FolderBusyError, match="WLZ_WAIT_MINUTES: expected minutes, found"):
        waiting_minutes()


def test_a_folder_nobody_wrote_in_has_no_owner(tmp_path: Path) -> None:
    assert find_owner(tmp_path) is None
    (tmp_path / LOCK_FILE).write_text("{half")  # what a process left that died while it wrote
    assert find_owner(tmp_path) is None


def test_who_may_write_in_the_folder_may_take_a_lock_that_another_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that several people share: the file is as open as the folder, and one that is not can still be held."""
    tmp_path.chmod(0o777)
    with hold_folder(tmp_path, "wlz run", pytest.fail, minutes=0):
        assert (tmp_path / LOCK_FILE).stat().st_mode & 0o777 == 0o666
    opened = Path.open

    def of_another(path: Path, mode: str = "r", **how: object) -> object:
        if mode == "a+":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, mode, **how)

    monkeypatch.setattr(Path, "open", of_another)
    with hold_folder(tmp_path, "wlz run", pytest.fail, minutes=0):
        assert find_owner(tmp_path).command == "another process"
    (tmp_path / LOCK_FILE).unlink()
    with pytest.raises(PermissionError), hold_folder(tmp_path, "wlz run", pytest.fail, minutes=0):
        pytest.fail("a lock in a folder that cannot be written")
