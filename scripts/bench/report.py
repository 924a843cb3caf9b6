"""What the report costs: the site of a month at letter scale from the shell, then again without a change.

Needs a data folder in which 2018-05 is published (``__main__.py`` hands over its own).
"""

import shutil
import sys
from pathlib import Path

from scripts.bench.checks import measure

WLZ = str(Path(sys.executable).with_name("wlz"))
REPORT = ("report", "--delivery-month", "2018-05")
GOALS = {
    "whole": "**`wlz report` of 2018-05, all pages** (goal ≤ 15 s, ≤ 1 GiB)",
    "again": "the same again, nothing changed (goal ≤ 3 s)",
    "english": "in English",
}


def bench_report(folder: Path) -> list[str]:
    """Lines for docs/reference/benchmarks.md; the report of the folder is made anew."""
    shutil.rmtree(folder / "reports", ignore_errors=True)
    measured = {
        "whole": measure([WLZ, *REPORT, "--data", str(folder)]),
        "again": measure([WLZ, *REPORT, "--data", str(folder)]),
        "english": measure([WLZ, *REPORT, "--language", "en", "--data", str(folder)]),
    }
    site = folder / "reports" / "2018-05"
    pages = sorted(site.rglob("*.html"), key=lambda page: page.stat().st_size)
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
    return [
        "## The report",
        "",
        f"{len(pages)} pages, {size:.1f} MB with all tables; the largest page {pages[-1].stat().st_size / 1e6:.2f} MB "
        "(goal ≤ 1.5).",
        "",
        "| command | seconds | peak memory, GiB |",
        "|---|---|---|",
        *(f"| {GOALS[name]} | {run.seconds:.1f} | {run.peak_gib:.2f} |" for name, run in measured.items()),
        "",
    ]


if __name__ == "__main__":
    print("\n".join(bench_report(Path(sys.argv[1]))))
