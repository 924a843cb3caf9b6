"""Judging: every mutant in a process of its own, forked from one that has imported the libraries but nothing of ours.

The child imports the mutated file instead of the one on disk and runs the tests in process, the nearest first, until
one fails. Nothing is written to the repository, so several can be judged at a time.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

from scripts.mutants.mutate import Mutant, compile_mutant
from scripts.mutants.nearest import PACKAGES, Judges

ROOT = Path(__file__).parents[2]
LIBRARIES = (
    *("numpy", "polars", "scipy.stats", "scipy.optimize", "statsmodels.api", "pyarrow", "pandas", "duckdb"),
    *("hypothesis", "xdist.scheduler", "great_expectations", "dagster", "click", "jinja2", "altair", "vl_convert"),
)
CPU_SECONDS = 120  # of one test, or of reading the test files of one turn; then the mutant counts as hanging
WALL_SECONDS = 3600  # of all tests, for a mutant that waits for ever
KILLED, SURVIVED, BROKEN, RAN = "killed", "survived", "broken", "ran"
METHOD = "wlz"  # the folder whose mutants are judged
TRACES = ROOT / "build" / "mutants" / "traces.json"


class Verdict(NamedTuple):
    """What the tests said of a mutant, the test that said it (killed) or that was last heard of, and what ran."""

    verdict: str
    test: str
    seconds: float
    ran: Sequence[str] = ()


class Job(NamedTuple):
    """A mutant, or None for the code as it is, then what runs is noted; and the test files in their turns."""

    mutant: Mutant | None
    turns: Sequence[Sequence[str]]


class MutatedFile(SourceFileLoader):
    """A finder and loader of one module, whose code is given; everything else is found as always."""

    def __init__(self, mutant: Mutant) -> None:
        path = ROOT / mutant.file
        super().__init__(mutant.file.removesuffix(".py").removesuffix("/__init__").replace("/", "."), str(path))
        self._code = compile_mutant(mutant, path.read_text("utf-8"), str(path))

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of the mutated module; None for any other."""
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """The code with the change in it."""
        return self._code


class Witness:
    """Tells the parent which test runs and which one failed; a test that computes for too long ends the process."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """A test begins: it has so many seconds of the processor."""
        self._tell(f"at {item.nodeid}")
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that failed kills the mutant."""
        if report.failed:
            self._tell(f"{KILLED} {report.nodeid}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test file that cannot be imported kills it too."""
        if report.failed:
            self._tell(f"{KILLED} {report.nodeid}")


def load_libraries() -> None:
    """Imports what takes long; what a child imports after this is ours.

    In one thread each: as many processes as cores run beside each other. Properties are tried on the same examples.
    """
    os.environ |= dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") | {"CI": "1"}
    for name in LIBRARIES:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.split(".")[0] in PACKAGES and not name.startswith("scripts")]
    assert not ours, f"imported before the mutant: {ours}"


def judge_mutants(mutants: Sequence[Mutant], workers: int, hear: Callable[[Mutant, Verdict], None]) -> None:
    """Judges every mutant by the test files in which its function runs, nearest and then fastest first.

    `hear` is told of each as it is done. Raises SystemExit if a test fails without a mutant.
    """
    load_libraries()
    tests = Judges(ROOT)
    traces = trace_tests(tests, workers)

    def judges_of(mutant: Mutant) -> list[str]:
        place = f"{mutant.file}:{mutant.function}"
        running = [judge for judge, trace in traces.items() if place in trace["ran"]]
        return sorted(running, key=lambda judge: float(traces[judge]["seconds"]))

    def hear_mutant(job: Job, verdict: Verdict) -> None:
        assert job.mutant is not None
        if verdict.verdict == BROKEN:
            raise SystemExit(f"The tests could not be run on {job.mutant}: {verdict.test}")
        hear(job.mutant, verdict)

    jobs = [Job(mutant, tests.turns(mutant.file, judges_of(mutant))) for mutant in mutants]
    run_jobs(jobs, workers, hear_mutant)


def trace_tests(tests: Judges, workers: int) -> dict[str, dict[str, Any]]:
    """Per test file which functions of the method run in it, and its seconds; kept while nothing it imports changes."""
    hashes = {judge: tests.hash_of(judge) for judge in tests.judges}
    kept = json.loads(TRACES.read_text("utf-8")) if TRACES.exists() else {}
    traces = {judge: trace for judge, trace in kept.items() if trace["hash"] == hashes.get(judge)}
    failing: list[str] = []

    def hear(job: Job, verdict: Verdict) -> None:
        judge = job.turns[0][0]
        if verdict.verdict != SURVIVED:
            failing.append(verdict.test)
            return
        traces[judge] = {"hash": hashes[judge], "seconds": round(verdict.seconds, 1), "ran": sorted(verdict.ran)}
        TRACES.parent.mkdir(parents=True, exist_ok=True)
        TRACES.write_text(json.dumps(traces, indent=0), "utf-8")

    left = [Job(None, [[judge]]) for judge in tests.judges if judge not in traces]
    print(f"{len(tests.judges)} test files, {len(left)} to be run on the code as it is", flush=True)
    run_jobs(left, workers, hear)
    if failing:
        raise SystemExit(f"These fail on the code as it is, so what they say of mutants says nothing: {failing}")
    return traces


def run_jobs(jobs: Sequence[Job], workers: int, hear: Callable[[Job, Verdict], None]) -> None:
    """As many children at a time as there are workers."""
    waiting, running = list(jobs), dict[int, Child]()
    while waiting or running:
        while waiting and len(running) < workers:
            child = Child(waiting.pop(0))
            running[child.pid] = child
        for pid, child in list(running.items()):
            verdict = child.ask()
            if verdict is not None:
                del running[pid]
                hear(child.job, verdict)
        time.sleep(0.05)


class Child:
    """The process of one mutant, leader of a group so that all it starts ends with it."""

    def __init__(self, job: Job) -> None:
        self.job, self._started = job, time.monotonic()
        self._scratch = tempfile.TemporaryDirectory(prefix="mutant-")
        self._told = Path(self._scratch.name) / "told"
        self._told.touch()
        self.pid = os.fork()
        if self.pid == 0:
            judge_here(job, self._told, Path(self._scratch.name))

    def ask(self) -> Verdict | None:
        """The verdict; None while the tests run."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        seconds = time.monotonic() - self._started
        if not pid and seconds < WALL_SECONDS:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        if not pid:
            os.waitpid(self.pid, 0)
        told = self._told.read_text("utf-8").splitlines()
        self._scratch.cleanup()
        return read_verdict(told, ended_well=bool(pid) and os.WIFEXITED(status), seconds=seconds)


def read_verdict(told: Sequence[str], ended_well: bool, seconds: float) -> Verdict:
    """What a child told: the first test that failed; a child that hung or crashed was killed by its last test."""
    words = [line.split(" ", 1) for line in told]
    ran = [place for word, place in words if word == RAN]
    said = next(((word, test) for word, test in words if word in (KILLED, SURVIVED, BROKEN)), None)
    if said is not None:
        return Verdict(*said, seconds, ran)
    last = words[-1][1] if words else "reading the tests"
    return Verdict(BROKEN if ended_well else KILLED, last, seconds)


def judge_here(job: Job, told: Path, scratch: Path) -> None:
    """In the child: put the mutant in place, run the tests turn by turn, tell, and end."""
    try:
        os.setpgid(0, 0)
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        with told.open("a", encoding="utf-8", buffering=1) as file:
            run_turns(job, scratch, lambda line: print(line, file=file))
    finally:
        os._exit(0)


def run_turns(job: Job, scratch: Path, tell: Callable[[str], None]) -> None:
    """The tests turn by turn until one fails."""
    if job.mutant is None:
        note_what_runs(tell)
    else:
        finders: list[Any] = sys.meta_path
        finders.insert(0, MutatedFile(job.mutant))
    for number, files in enumerate(job.turns):
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        options = ["-x", "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}", f"--basetemp={scratch / str(number)}"]
        code = pytest.main([*options, *(str(ROOT / file) for file in files)], plugins=[Witness(tell)])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            # A failure was told by the witness; anything else is a fault of the judging.
            tell(f"{BROKEN} {code!r}")
            return
    tell(f"{SURVIVED} -")


def note_what_runs(tell: Callable[[str], None]) -> None:
    """From here on tell of every function of the method that is called, once; a module that is loaded is called too."""
    method, seen = f"{ROOT}/{METHOD}/", dict[int, CodeType]()

    def hear(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if id(code) in seen:
            return
        seen[id(code)] = code
        if code.co_filename.startswith(method):
            tell(f"{RAN} {code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_name.strip('<>')}")

    threading.settrace(hear)
    sys.settrace(hear)
