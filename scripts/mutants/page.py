"""Results of mutants as CSV, and the page docs/reference/mutants.md that is made from it."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROWS = DOCS / "evidence" / "mutants.csv"
EQUIVALENT = DOCS / "evidence" / "mutants_equivalent.csv"
PAGE = DOCS / "mutants.md"
KEY = ("file", "function", "text", "column", "before", "after")
COLUMNS = ("seed", "file", "line", "function", "kind", "text", "column", "before", "after", "verdict", "test")
GOAL = 0.9

Row = Mapping[str, str]


def key_of(row: Row) -> tuple[str, ...]:
    """What a mutant is known by when lines above it come and go."""
    return tuple(row[name] for name in KEY)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV; none without a file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(rows: Iterable[Row], path: Path = ROWS) -> None:
    """Results in the order of the files."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["file"], int(row["line"]), int(row["column"]))))


def render_page(rows: Sequence[Row], reasons: Mapping[tuple[str, ...], str]) -> str:
    """The page: the rate, each room's own, who survived, and which ones are equivalent and why."""
    same = [row for row in rows if row["verdict"] == "equivalent"]
    alive = [row for row in rows if row["verdict"] == "survived"]
    killed = [row for row in rows if row["verdict"] == "killed"]
    counted = len(killed) + len(alive)
    rate = len(killed) / counted if counted else 0.0
    met = "met" if rate >= GOAL else "not met"
    lines = [
        "# Mutants",
        "",
        "Written by `make mutants` from `evidence/mutants.csv`: errors put into `wlz/` on purpose, one at a time (a",
        "comparison, an operator, a constant, a flag), each judged by the tests of `tests/spec` and `tests/unit`.",
        "",
        f"Seed {', '.join(sorted({row['seed'] for row in rows}))}, {len(rows)} mutants: {len(killed)} killed, "
        f"{len(alive)} survived, {len(same)} equivalent (they change nothing that can be seen, and do not count).",
        f"**Killed: {len(killed)} of {counted} ({rate:.1%}); goal ≥ {GOAL:.0%}: {met}.**",
        "",
        "| kind | killed | survived | equivalent |",
        "|---|---|---|---|",
        *_count(rows, lambda row: row["kind"]),
        "",
        "| room | killed | survived | equivalent |",
        "|---|---|---|---|",
        *_count(rows, lambda row: f"`{room_of(row['file'])}`"),
        "",
        "## Survived",
        "",
        *(_table(alive, "line", lambda row: row["line"]) if alive else ["None."]),
        "",
        "## Equivalent",
        "",
        *(_table(same, "why nothing changes", lambda row: reasons.get(key_of(row), "")) if same else ["None."]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def room_of(file: str) -> str:
    """``wlz/lag/complete.py`` is in ``wlz/lag``; a stage of one file is a room."""
    parts = file.split("/")
    return "/".join(parts[:2]).removesuffix(".py")


def _count(rows: Sequence[Row], group: Callable[[Row], str]) -> list[str]:
    counts = Counter((group(row), row["verdict"]) for row in rows)
    groups = sorted({name for name, _ in counts})
    verdicts = ("killed", "survived", "equivalent")
    return [f"| {name} | {' | '.join(str(counts[name, verdict]) for verdict in verdicts)} |" for name in groups]


def _table(rows: Sequence[Row], last: str, tell: Callable[[Row], str]) -> list[str]:
    head = [f"| file | function | in | before → after | {last} |", "|---|---|---|---|---|"]
    return head + [
        f"| `{row['file']}` | `{row['function']}` | {_code(row['text'])} | "
        f"{_code(row['before'])} → {_code(row['after']) if row['after'] else 'without'} | {tell(row)} |"
        for row in rows
    ]


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"
