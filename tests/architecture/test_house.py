"""The house keeps its shape: who imports whom, how large a room may be, what loading the definitions costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.registry import stages

ROOT = Path(__file__).parents[2]
ROOMS = ("wlz", "warehouse", "expectations", "assets", "pipelines")
PACKAGES = (*ROOMS, "simulation", "reports")
# What each room may import of the others: only what lies below it. reports reads published marts.
ALLOWED = {room: set(ROOMS[: position + 1]) for position, room in enumerate(ROOMS)}
ALLOWED["pipelines"].add("reports")  # the command line prints the tables of the report
ALLOWED["assets"].add("reports")  # the last asset of a run writes the site
ALLOWED["reports"] = {"reports", "warehouse", "wlz"}  # of wlz the shared words only, see below
ALLOWED["simulation"] = {"simulation", "wlz"}
ALLOWED["warehouse"].add("simulation")
ALLOWED["pipelines"].add("simulation")
THIRD_PARTY = {
    "duckdb": {"warehouse"},
    "great_expectations": {"expectations"},
    "pandas": {"expectations"},
    "dagster": {"assets", "pipelines"},
    "statsmodels": {"wlz"},
    "click": {"pipelines"},
}
STAGES = [stage for stage in stages() if stage != "quality"]  # what checks found is about every stage


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path):
    room = path.relative_to(ROOT).parts[0]
    wrong = (imports_of(path) & set(PACKAGES)) - ALLOWED[room]
    assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}; {room} may import {sorted(ALLOWED[room])}"


@pytest.mark.parametrize("library", THIRD_PARTY)
def test_a_library_has_its_room(library):
    users = {path.relative_to(ROOT).parts[0] for path in modules() if library in imports_of(path)}
    assert users <= THIRD_PARTY[library]


def test_great_expectations_and_pandas_have_one_module():
    users = {path.name for path in modules() if {"great_expectations", "pandas"} & imports_of(path)}
    assert users == {"runner.py"}


def test_methods_touch_no_files_clock_or_environment():
    forbidden = {"os", "pathlib", "io", "time", "shutil", "tempfile", "sqlite3", "subprocess"}
    found = {path.name: imports_of(path) & forbidden for path in (ROOT / "wlz").rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_one_word_in_every_room(stage):
    expected = [f"warehouse/columns/{stage}.py", f"warehouse/tables/{stage}.py", f"assets/{stage}.py"]
    if stage not in ("deliveries",):
        rooms = [f"wlz/{stage}.py", f"wlz/{stage}/__init__.py"]
        assert any((ROOT / room).exists() for room in rooms), f"no room {' or '.join(rooms)}"
    if stage not in ("deliveries", "series"):
        expected += [f"docs/explanation/{stage}.md"]
    missing = [name for name in expected if not (ROOT / name).exists()]
    assert not missing
    tests = [path.name for path in (ROOT / "tests").rglob(f"test_*{stage}*.py")]
    assert tests, f"no test file named after stage {stage}"


def test_no_page_computes_the_room_of_the_kader():
    """Kader minus anything is computed in wlz and read from a mart: pages once did so in three places."""
    nodes = [
        (path, node) for path in (ROOT / "reports").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))
    ]
    found = [
        f"{path.name}:{node.lineno}"
        for path, node in nodes
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and "budget_eur" in ast.unparse(node)
    ]
    assert found == []


def functions(path: Path) -> list[tuple[str, int]]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in nodes if isinstance(node, kinds)]


def test_rooms_are_small():
    long_modules = {str(p.relative_to(ROOT)): n for p in modules() if (n := p.read_text().count("\n")) > 400}
    long_functions = {f"{p.name}:{name}": n for p in modules() for name, n in functions(p) if n > 50}
    assert long_modules == {}
    assert long_functions == {}


def test_first_party_modules_are_loaded_from_the_repository():
    for package in PACKAGES:
        module = __import__(package)
        assert Path(module.__file__).is_relative_to(ROOT)


def test_loading_the_definitions_imports_no_slow_library():
    code = (
        "import sys, pipelines.definitions; "
        "print([m for m in ('great_expectations', 'statsmodels', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_lock_holds_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index-url" not in lock
