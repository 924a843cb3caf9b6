"""Two locks: what runs, and beside it what tests and checks it; the same versions in both, and nothing missing."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNTIME, DEV = (ROOT / name for name in ("requirements.lock", "requirements-dev.lock"))
RUNS = ("wlz", "simulation", "warehouse", "expectations", "assets", "pipelines", "reports")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Package → its version with marker, and its hashes."""
    found = {}
    for entry in re.split(r"^(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, version = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\\\n]+)", entry).groups()
        found[normal(name)] = version.strip(), frozenset(re.findall(r"sha256:[0-9a-f]{64}", entry))
    return found


def asked(*groups: list[str]) -> set[str]:
    return {normal(re.match(r"[\w.-]+", wanted).group()) for group in groups for wanted in group}


def test_the_lock_of_what_runs_is_part_of_the_other_with_the_same_versions_and_hashes():
    runtime, dev = pinned(RUNTIME), pinned(DEV)
    assert len(runtime) > 80
    assert {name: dev.get(name) for name in runtime} == runtime


def test_each_lock_has_what_the_project_asks_for_and_no_tool_of_the_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runs, tools = project["dependencies"], project["optional-dependencies"]["dev"]
    assert asked(runs) <= set(pinned(RUNTIME))
    assert asked(runs, tools) <= set(pinned(DEV))
    for tool in ("pytest", "ruff", "mypy", "playwright", "hypothesis"):
        assert tool in pinned(DEV)
        assert tool not in pinned(RUNTIME)


def imported() -> dict[str, str]:
    """Library → a module of the packages that run which imports it, wherever in the module."""
    found = {}
    for path in (path for package in RUNS for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    own = {*RUNS, *sys.stdlib_module_names}
    return {library: path for library, path in found.items() if library not in own}


@pytest.mark.parametrize(("library", "path"), sorted(imported().items()))
def test_what_runs_imports_nothing_that_its_lock_does_not_install(library, path):
    packages = {normal(name) for name in packages_distributions().get(library, [])}
    assert packages & set(pinned(RUNTIME)), f"{path} imports {library} ({packages or 'not installed'})"


def test_make_installs_the_lock_with_the_tools():
    """`make demo` and `make test` work on a bare clone."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements-dev.lock" in makefile
    assert "$(READY): requirements-dev.lock" in makefile
