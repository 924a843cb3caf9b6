"""The notebook runs, and says what is written in it; its files are whole."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from scripts.run_notebook import run_notebook

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NOTEBOOK = EXAMPLES / "files.ipynb"
NUMBER = re.compile(r"-?\d+\.\d+|\d+")


def told(notebook: dict) -> list[str]:
    """The text of every output."""
    outputs = [one for cell in notebook["cells"] for one in cell.get("outputs", [])]
    return ["".join(one["text"] if "text" in one else one["data"]["text/plain"]) for one in outputs]


def test_the_notebook_says_what_it_says_when_run():
    kept, fresh = json.loads(NOTEBOOK.read_text(encoding="utf-8")), run_notebook(NOTEBOOK)
    before, now = told(kept), told(fresh)
    assert len(before) == 7
    for old, new in zip(before, now, strict=True):
        assert NUMBER.sub("#", old).split() == NUMBER.sub("#", new).split()
        numbers = [[float(one) for one in NUMBER.findall(text)] for text in (old, new)]
        assert numbers[1] == pytest.approx(numbers[0], rel=2e-3, abs=1e-3)


def test_the_picture_is_in_it():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    pictures = [one["data"]["image/svg+xml"] for cell in cells for one in cell.get("outputs", []) if "data" in one and
                "image/svg+xml" in one["data"]]  # fmt: skip
    assert len(pictures) == 1
    assert "".join(pictures[0]).count("<path") > 3


def test_every_example_stands_on_the_page_with_its_licence():
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.csv"):
        row = next(line for line in page.splitlines() if line.startswith(f"| `{path.name}`"))
        assert "public domain" in row or "published in a paper" in row


def test_the_last_months_of_medicaid_are_as_the_page_says():
    spending = pl.read_csv(EXAMPLES / "medicaid_2018_2024.csv")
    assert spending.height == 84
    assert spending["care_month"][-1] == "2024-12"
    assert spending["paid_usd"][-1] < spending["paid_usd"][-2] < 0.85 * spending["paid_usd"][-3]
