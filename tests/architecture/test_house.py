"""The house keeps its shape: who imports whom, how large a room may be, what loading the definitions costs."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
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
ALLOWED["reports"] = {"reports", "warehouse", "wlz"}  # of wlz the shared words only, see WITHIN_WLZ
ALLOWED["simulation"] = {"simulation", "wlz", "warehouse"}
# The two commands that invent deliveries; they import the simulation when they are called, not before.
USES_SIMULATION = {"pipelines/cli/simulate.py", "pipelines/cli/demo.py"}
# Rooms that know no stage: which rooms of wlz each may import, its own apart. The two methods know no care at all.
WITHIN_WLZ = {
    "wlz/words": (),
    "wlz/files": ("words",),
    "wlz/forecasting": ("words", "files"),
    "wlz/runoff": ("words", "files", "forecasting"),
    "reports": ("words",),
}
THIRD_PARTY = {
    "duckdb": {"warehouse"},
    "great_expectations": {"expectations"},
    "pandas": {"expectations"},
    "dagster": {"assets", "pipelines"},
    "statsmodels": {"wlz"},
    "click": {"pipelines"},
}
# Files that go with the rewriting of the bounds; nothing is added here.
STILL_POSTPONED = (
    *("wlz/bounds/", "wlz/utilisation/", "wlz/forecasting/paths.py"),
    *("wlz/forecasting/sampling.py", "wlz/forecasting/width.py"),
)
# Errors that only a mistake in our own code can raise.
FAULTS_OF_OURS = {"EtsError", "LanguageError", "LetterTableError", "SuppressionError"}
STAGES = [stage for stage in stages() if stage != "quality"]  # what checks found is about every stage


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes_of(path: Path) -> Iterator[ast.AST]:
    return ast.walk(tree_of(path))


def imported_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Modules in full; ``from wlz import aids`` counts as ``wlz.aids``."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import of {node.module}: write the name in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imports_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported_names(nodes_of(path))}


def nodes_when_loaded(node: ast.AST) -> Iterator[ast.AST]:
    """What runs with the module: not what stands in functions, nor what is for the type checker."""
    yield node
    for child in ast.iter_child_nodes(node):
        for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not for_types and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from nodes_when_loaded(child)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards(path):
    room, name = path.relative_to(ROOT).parts[0], path.relative_to(ROOT).as_posix()
    allowed = ALLOWED[room] | ({"simulation"} if name in USES_SIMULATION else set())
    wrong = (imports_of(path) & set(PACKAGES)) - allowed
    assert not wrong, f"{name} imports {wrong}; {room} may import {sorted(allowed)}"


@pytest.mark.parametrize("name", sorted(USES_SIMULATION))
def test_a_command_imports_the_simulation_when_it_is_called(name):
    module = tree_of(ROOT / name)
    assert "simulation" in imports_of(ROOT / name), f"{name} no longer uses the simulation: take it off the list"
    assert not [at for at in imported_names(nodes_when_loaded(module)) if at.split(".")[0] == "simulation"]


def test_loading_production_loads_no_simulation():
    code = (
        "import sys, pipelines.cli, pipelines.definitions, reports.site; "
        "print([m for m in sys.modules if m.split('.')[0] == 'simulation'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", WITHIN_WLZ)
def test_rooms_that_know_no_stage(room):
    allowed = {f"wlz.{name}" for name in WITHIN_WLZ[room]} | {room.replace("/", ".")}
    for path in sorted((ROOT / room).rglob("*.py")):
        of_wlz = {".".join(name.split(".")[:2]) for name in imported_names(nodes_of(path)) if name.startswith("wlz")}
        wrong = of_wlz - allowed
        assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}; {room} may import {sorted(allowed)}"


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
    nodes = [(path, node) for path in (ROOT / "reports").rglob("*.py") for node in nodes_of(path)]
    found = [
        f"{path.name}:{node.lineno}"
        for path, node in nodes
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and "budget_eur" in ast.unparse(node)
    ]
    assert found == []


def functions(path: Path) -> list[tuple[str, int]]:
    nodes = nodes_of(path)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.name, (node.end_lineno or 0) - node.lineno + 1) for node in nodes if isinstance(node, kinds)]


def test_an_error_says_whether_people_can_mend_it():
    """Below Spoken its words are all that people see; anything else shows its trace, and stands in FAULTS_OF_OURS."""
    bases: dict[str, set[str]] = {}
    for path in modules():
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).split(".")[-1] for base in node.bases}

    def lineage(name: str) -> set[str]:
        return {name}.union(*(lineage(base) for base in bases.get(name, ())))

    ends = ("Error", "Exception")
    errors = {name for name in bases if any(kind.endswith(ends) for kind in lineage(name) - {name})}
    assert {name for name in errors if "Spoken" not in lineage(name)} == FAULTS_OF_OURS


def test_annotations_are_what_they_say():
    """Python 3.11 needs no postponed annotations; a name that does not exist yet is quoted."""
    everywhere = [path for folder in (*PACKAGES, "scripts", "tests") for path in (ROOT / folder).rglob("*.py")]
    postponed = {path for path in everywhere if "__future__.annotations" in imported_names(nodes_of(path))}
    names = {path.relative_to(ROOT).as_posix() for path in postponed}
    assert {name for name in names if not name.startswith(STILL_POSTPONED)} == set()


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


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_hashes_and_no_addresses(name):
    lock = (ROOT / name).read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index-url" not in lock


def rooms_of_wlz() -> dict[str, set[str]]:
    """Room → the other rooms it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "wlz").rglob("*.py")):
        room = path.relative_to(ROOT / "wlz").parts[0].removesuffix(".py")
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
        others = {module.split(".")[1] for module in modules if module.startswith("wlz.")} - {room}
        found.setdefault(room, set()).update(others)
    return {room: others for room, others in found.items() if room != "__init__"}


def test_rooms_of_the_method_can_be_drawn_without_a_circle():
    """Twenty-two rooms, each above those it imports: taking away the lowest ones again and again leaves nothing."""
    rooms = rooms_of_wlz()
    assert len(rooms) == 22
    while rooms:
        lowest = {room for room, others in rooms.items() if not others & set(rooms)}
        assert lowest, f"these import each other in a circle: {sorted(rooms)}"
        rooms = {room: others for room, others in rooms.items() if room not in lowest}


def test_the_nation_is_named_once():
    """The word that stands for the total of all uitvoerders and regions; others import it."""
    word = "Land" + "elijk"
    named = [
        path.relative_to(ROOT).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == word
    ]
    assert named == ["wlz/words/vocabulary.py"]
