"""How a file is to be read, and the refusal of one that cannot be: shared by all of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from wlz.words.faults import Spoken

AS_IS = "--as-is takes the file as it is"


class PanelError(Spoken, ValueError):
    """A file that cannot be read or forecast: what, where, found, expected, likely cause, what next."""


@dataclass(frozen=True)
class Reading:
    """What a person said of a file. Nothing said: columns by usual names, a decimal point, no row is not observed.

    ``columns`` names columns by their role (`unique_id`, `month`, `value`; of a triangle `care_month`,
    `delivery_month`); ``decimal`` is the sign of decimals, the other one then marks thousands; ``values`` says what the
    values are added up over (`cumulative`, `year-to-date`, of a triangle `increments`); ``absent`` whether a month
    without a row is a `gap` or `zero`; ``as_is``: nothing that looks odd is refused; ``freq`` is `monthly` or `weekly`:
    what a row is of.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None
    values: str | None = None
    absent: str | None = None
    as_is: bool = False
    freq: str = "monthly"


def refuse_rows(
    column: pl.Series, wrong: pl.Series, expected: str, cause: str, next_step: str = "mend the row"
) -> None:
    """Raises PanelError naming the first wrong row, counted from 1 below the header, and how many there are."""
    count = int(wrong.sum())
    if count:
        row = wrong.arg_true()[0]
        more = f" (and {count - 1:,} more rows)" if count > 1 else ""
        found = column[row]
        shown = "nothing" if found is None else repr(found) if isinstance(found, str) else str(found)
        raise PanelError(
            f"column {column.name}, row {row + 1:,} below the header{more}: found {shown}, expected {expected}. Likely "
            f"{cause}. Next: {next_step} and run again"
        )


def wrong_type(column: pl.Series, expected: str) -> PanelError:
    """The refusal of a column of another type."""
    return PanelError(
        f"column {column.name}: found {column.dtype}, expected {expected}. Likely another column under this name, or a "
        "wrong type at the export. Next: convert the column and run again"
    )


def is_text(column: pl.Series) -> bool:
    """Whether a column holds text, as such or as categories."""
    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def name_some(names: list[str], most: int = 3) -> str:
    """The first names, quoted, and how many more there are.

    >>> name_some(["a", "b", "c", "d"])
    "'a', 'b', 'c' and 1 more"
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more
