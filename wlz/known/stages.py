"""A row of the line: a stage, what it reads and writes, the function that computes it. The rows: `advice.py`."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import polars as pl

from wlz.known.knowledge import Known

Tables = Mapping[str, pl.DataFrame]


class Computed(NamedTuple):
    """What a stage computed: frames of its tables by name, in every scenario, without their vintage.

    `judged` are frames that are no table and that rules of the stage judge, by a name of their own.
    """

    tables: Mapping[str, pl.DataFrame]
    judged: Mapping[str, pl.DataFrame] = {}


class Stage(NamedTuple):
    """One row. `reads` are tables of earlier rows and kinds of delivery; `room` is the stage's word in every folder.

    `run` takes what the advice may know and the tables it reads, and returns what the stage computed.
    """

    name: str
    room: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Known, Tables], Computed]


def of_scenario(frame: pl.DataFrame, scenario: str) -> pl.DataFrame:
    """Rows of one scenario of a table that has them all, in their order."""
    return frame.filter(pl.col("scenario") == scenario)


def per_scenario(scenarios: list[str], compute: Callable[[str], pl.DataFrame]) -> pl.DataFrame:
    """The frames that `compute` makes of each scenario, one under the other, with `scenario`."""
    return pl.concat([compute(name).with_columns(scenario=pl.lit(name)) for name in scenarios])


def same_in_all(scenarios: list[str], frame: pl.DataFrame) -> pl.DataFrame:
    """A frame that does not depend on volumes, once for every scenario."""
    return frame.join(pl.DataFrame({"scenario": scenarios}), how="cross")
