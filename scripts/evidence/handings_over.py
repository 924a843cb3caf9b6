"""How often the inputs of a stage are handed from function to function until its tables are there.

    python -m scripts.evidence.handings_over DATA 2018-08 forecast_bounds

DATA is a data folder in which the month was run. Counted while the stage is computed once more, each once however often
it is called: pairs caller → callee of functions of `wlz` of which at least one lies in the room of the stage, along
which a frame, an array or a record of these is handed over; the arguments that hold one; and those among them that the
caller hands on as it got them, without looking into them. The last says how far a reader must follow an input before
something is done with it.
"""

import argparse
import sys
import threading
from datetime import date
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np
import polars as pl

import wlz
from assets.context import Warehouse
from warehouse.registry import table_named
from wlz.advice import STAGES, compute_stage, tables_read

ROOT = Path(wlz.__file__).parent
UNNAMED = ("<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>", "<lambda>")
LOOKED_INTO = 3  # records within records, and the first of a mapping


class Handed(NamedTuple):
    """An argument on its way: `unopened` when the caller got the same and hands it on."""

    caller: str
    callee: str
    argument: str
    unopened: bool


def holds_data(value: Any, depth: int = 0) -> bool:
    """Whether a value is a frame, a series or an array, or holds one."""
    if isinstance(value, pl.DataFrame | pl.Series | np.ndarray):
        return True
    if depth > LOOKED_INTO or not isinstance(value, tuple | list | dict):
        return False
    parts = list(value.values()) if isinstance(value, dict) else value
    return any(holds_data(part, depth + 1) for part in (parts if isinstance(value, tuple) else parts[:LOOKED_INTO]))


def name_function(code: CodeType) -> str | None:
    """`bounds/levels.add_up`; None for what is not a named function of `wlz`."""
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or code.co_name in UNNAMED:
        return None
    return f"{path.relative_to(ROOT).with_suffix('').as_posix()}.{code.co_qualname}"


def arguments_of(frame: FrameType) -> dict[str, Any]:
    """Arguments of a function as it is called."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: frame.f_locals[name] for name in names if name in frame.f_locals}


def watch(handed: set[Handed]) -> Any:
    """A profiler that adds every handing over to `handed`."""

    def note(frame: FrameType, event: str, _: Any) -> None:
        callee = name_function(frame.f_code) if event == "call" else None
        before = frame.f_back
        while callee and before is not None and name_function(before.f_code) is None:
            before = before.f_back
        if callee is None or before is None:
            return
        own = list(arguments_of(before).values())
        caller = name_function(before.f_code) or ""
        for argument, value in arguments_of(frame).items():
            if holds_data(value):
                handed.add(Handed(caller, callee, argument, any(value is one for one in own)))

    return note


def count_stage(data: Path, month: date, name: str) -> set[Handed]:
    """Every handing over while a stage is computed once more from the tables of a month."""
    warehouse, stage = Warehouse(data_dir=str(data)), STAGES[name]
    advice = warehouse.advice(month)
    before = {read: advice.load_all(table_named(read)) for read in tables_read(stage)}
    known, handed = warehouse.know(advice), set[Handed]()
    threading.setprofile(watch(handed))
    sys.setprofile(watch(handed))
    try:
        compute_stage(stage, known, before)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    rooms = (f"{stage.room}/", f"{stage.room}.")
    return {one for one in handed if one.caller.startswith(rooms) or one.callee.startswith(rooms)}


def main() -> None:
    """The counts, and with ``--all`` every handing over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("month", help="2018-08")
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("--all", action="store_true", help="every handing over, one a line")
    asked = parser.parse_args()
    handed = count_stage(asked.data, date.fromisoformat(f"{asked.month}-01"), asked.stage)
    for one in sorted(handed) if asked.all else []:
        print(f"{one.caller} → {one.callee}: {one.argument}{' (unopened)' if one.unopened else ''}")
    pairs = {(one.caller, one.callee) for one in handed}
    unopened = {one[:3] for one in handed if one.unopened}
    arguments = {one[:3] for one in handed}
    print(f"{len(pairs)} pairs of functions, {len(arguments)} arguments, {len(unopened)} of them handed on unopened")


if __name__ == "__main__":
    main()
