"""One writer at a time: the lock of a data folder, with who has it and since when.

The operating system holds it and lets go when its process ends, however it ends: a dead owner leaves no lock. Readers
need none: whole files only are put in place. Alerts have a lock of their own (``alert_state.py``), since they wait for
the network.
"""

import fcntl
import getpass
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from wlz.words.faults import Spoken

LOCK_FILE = "wlz.lock"
WAIT_VARIABLE = "WLZ_WAIT_MINUTES"
DEFAULT_MINUTES = 60.0
_LOOK_AGAIN = 0.2  # seconds
_MINUTE = 60.0


class FolderBusyError(Spoken):
    """Another process writes in the data folder and did not end in time; the message says who, and what next."""


@dataclass(frozen=True)
class Owner:
    """Who writes in a data folder: user, host, process, what it does, and since when (UTC)."""

    user: str
    host: str
    process: int
    command: str
    since: str

    def sentence(self) -> str:
        """In words.

        >>> Owner("anna", "desk", 42, "wlz run", "2018-06-20 09:30:00").sentence()
        'wlz run (anna on desk, process 42, since 2018-06-20 09:30:00 UTC)'
        """
        return f"{self.command} ({self.user} on {self.host}, process {self.process}, since {self.since} UTC)"


_UNKNOWN = Owner("unknown", "unknown", 0, "another process", "unknown")


class _Held:
    """The lock of one folder within this process: threads take turns, the same thread may take it again."""

    def __init__(self) -> None:
        self.turn, self.depth = threading.RLock(), 0


_held: dict[Path, _Held] = {}


@contextmanager
def hold_folder(
    data_dir: Path, command: str, tell: Callable[[str], None], minutes: float | None = None
) -> Iterator[None]:
    """The only writer of a data folder while the block runs; the folder must exist.

    Waits while another one writes: ``tell`` hears that once, in one line, with the owner. ``minutes`` is the longest
    wait (None: ``WLZ_WAIT_MINUTES``, else an hour). Who has the lock may take it again. Raises FolderBusyError when
    the time is over, and OSError when nothing can be written in the folder.
    """
    folder = data_dir.resolve()
    held = _held.setdefault(folder, _Held())
    limit = (waiting_minutes() if minutes is None else minutes) * _MINUTE
    if not held.turn.acquire(timeout=max(limit, 0)):
        raise _busy(folder, limit)
    try:
        if held.depth:
            held.depth += 1
            try:
                yield
            finally:
                held.depth -= 1
            return
        with _open(folder) as file:
            _take(file, folder, limit, tell)
            _write_owner(file, this_process(command))
            held.depth = 1
            try:
                yield
            finally:
                held.depth = 0
                _write_owner(file, None)
    finally:
        held.turn.release()


def find_owner(data_dir: Path) -> Owner | None:
    """Who writes in a data folder now; None when nobody does."""
    path = data_dir / LOCK_FILE
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_owner(path)
    return None


def waiting_minutes() -> float:
    """How long a writer waits for another one. Raises FolderBusyError for a variable that is no number of minutes."""
    said = os.environ.get(WAIT_VARIABLE, "")
    try:
        minutes = float(said or DEFAULT_MINUTES)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < threading.TIMEOUT_MAX / _MINUTE:
        raise FolderBusyError(f"{WAIT_VARIABLE}: expected minutes, found {said!r}. Next: mend it, or unset it")
    return minutes


def _open(folder: Path) -> TextIO:
    """The file of the lock: who may write in the folder may take it, whoever made the file.

    One that belongs to somebody else can be held without saying who holds it.
    """
    path = folder / LOCK_FILE
    is_new = not path.exists()
    try:
        file = path.open("a+", encoding="utf-8")
    except PermissionError:
        if is_new:
            raise
        return path.open(encoding="utf-8")
    if is_new:
        path.chmod(folder.stat().st_mode & 0o666)
    return file


def _take(file: TextIO, folder: Path, limit: float, tell: Callable[[str], None]) -> None:
    end, is_told = time.monotonic() + limit, False
    while not _try(file):
        if time.monotonic() >= end:
            raise _busy(folder, limit)
        if not is_told:
            owner = _read_owner(folder / LOCK_FILE).sentence()
            tell(f"Waiting: {folder.name} is in use by {owner}. This goes on by itself when that has ended")
            is_told = True
        time.sleep(_LOOK_AGAIN)


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy(folder: Path, limit: float) -> FolderBusyError:
    owner = _read_owner(folder / LOCK_FILE).sentence()
    waited = f"after {limit / _MINUTE:g} minutes still" if limit else "now"
    return FolderBusyError(
        f"{folder.name} is {waited} in use by {owner}: nothing was done. Next: repeat when it has ended (wlz status "
        f"says who writes), or wait longer with {WAIT_VARIABLE}"
    )


def this_process(command: str) -> Owner:
    """Who runs this process, for what is on record of it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        user = str(os.getuid())
    return Owner(user, socket.gethostname(), os.getpid(), command, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")


def _write_owner(file: TextIO, owner: Owner | None) -> None:
    """Who has the lock, for those who ask. A disk without room stops the work itself, which has words for it."""
    text = "" if owner is None else json.dumps(asdict(owner), ensure_ascii=False)
    with suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), text.encode())


def _read_owner(path: Path) -> Owner:
    """What the file says; it is empty for a moment while its owner changes."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return _UNKNOWN
