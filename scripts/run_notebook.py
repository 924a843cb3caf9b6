"""Run the code cells of a notebook in order and keep what they print and show in it.

    python -m scripts.run_notebook docs/examples/files.ipynb

No kernel is needed: cells are plain Python, run in the folder of the notebook.
"""

import argparse
import ast
import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import polars as pl

Output = dict[str, Any]


def run_notebook(path: Path) -> dict[str, Any]:
    """The notebook with fresh outputs; the file stays as it is. An error of a cell is raised."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    with contextlib.chdir(path.parent), pl.Config(tbl_width_chars=100, tbl_cols=-1, float_precision=4):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                count += 1
                cell["execution_count"], cell["outputs"] = count, run_cell("".join(cell["source"]), names, count)
    return notebook


def run_cell(source: str, names: dict[str, Any], count: int) -> list[Output]:
    """What a cell prints, and the value of its last line if that is an expression."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(last, "cell", "eval"), names) if last else None
    outputs: list[Output] = []
    if printed.getvalue():
        lines = printed.getvalue().splitlines(keepends=True)
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines})
    if value is not None:
        shown = {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": show(value)}
        outputs.append(shown)
    return outputs


def show(value: Any) -> dict[str, list[str]]:
    """A value as text, a chart as a picture."""
    if type(value).__module__.startswith("altair."):
        import vl_convert

        svg = vl_convert.vegalite_to_svg(value.to_json())
        return {"image/svg+xml": svg.splitlines(keepends=True), "text/plain": ["a chart"]}
    return {"text/plain": repr(value).splitlines(keepends=True)}


def main() -> None:
    """Run, and write the notebook whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    path = parser.parse_args().notebook
    fresh = json.dumps(run_notebook(path), indent=1, ensure_ascii=False) + "\n"
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(fresh, encoding="utf-8")
    beside.replace(path)


if __name__ == "__main__":
    main()
