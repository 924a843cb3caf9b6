"""Which test files judge a file of the method, those nearest to it along the imports first."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

PACKAGES = ("wlz", "simulation", "warehouse", "expectations", "assets", "pipelines", "reports", "scripts", "tests")
JUDGES = ("tests/spec", "tests/unit")
SHARED = ("tests/conftest.py",)
NEAR = 2  # steps along the imports that have a turn of their own


class Judges:
    """The imports of the repository, read once."""

    def __init__(self, root: Path) -> None:
        paths = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
        self._files = {path.relative_to(root).as_posix(): path for path in paths}
        self._imports = {file: self._imported(path) for file, path in self._files.items()}
        self.judges = sorted(file for file in self._files if is_judge(file))

    def turns(self, file: str, judges: Iterable[str]) -> list[list[str]]:
        """Test files in turns: those that import the file, those that import these, all others; in their order."""
        distance = self._distances(file)
        turns: list[list[str]] = [[] for _ in range(NEAR + 1)]
        for judge in judges:
            turns[min(distance.get(judge, NEAR + 1), NEAR + 1) - 1].append(judge)
        return [turn for turn in turns if turn]

    def hash_of(self, judge: str) -> str:
        """Of the words of a test file and of all that it imports, and of the fixtures that all of them share."""
        reached, last = {judge, *SHARED}, {judge, *SHARED}
        while last:
            last = {one for file in last for one in self._imports[file]} - reached
            reached |= last
        words = [self._files[file].read_text("utf-8") for file in sorted(reached)]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def _distances(self, file: str) -> dict[str, int]:
        """Steps from every file that imports this one, however indirectly."""
        distance, reached = {file: 0}, [file]
        while reached:
            last = reached
            reached = [one for one in self._files if one not in distance and self._imports[one] & set(last)]
            distance |= dict.fromkeys(reached, distance[last[0]] + 1)
        return distance

    def _imported(self, path: Path) -> set[str]:
        """First-party files that a file imports, wherever it does so."""
        names = _imported_names(ast.walk(ast.parse(path.read_text("utf-8"))))
        return {file for name in names if (file := self._file_of(name)) is not None}

    def _file_of(self, name: str) -> str | None:
        stem = name.replace(".", "/")
        return next((file for file in (f"{stem}.py", f"{stem}/__init__.py") if file in self._files), None)


def is_judge(file: str) -> bool:
    """Whether a file holds tests of spec or unit."""
    return file.startswith(tuple(f"{folder}/test_" for folder in JUDGES))


def _imported_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Modules in full; ``from wlz import aids`` is both ``wlz`` and ``wlz.aids``."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names
