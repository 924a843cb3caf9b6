"""What is said to people: errors they can mend, faults in delivered data. Not for faults in our own code."""

from collections.abc import Sequence
from dataclasses import dataclass


class Spoken(Exception):  # noqa: N818 - what is done with it, not what it is
    """Base of every error that people can mend: data, files, settings, wrong use. Its words are all they are shown.

    The message is a sentence: what was found and where, what was expected, what to do next. Anything else that is
    raised is a fault of ours and shows its trace.
    """


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one file: where, what was found, what was expected, the likely cause, what to do next.

    ``row`` counts lines of the file with the header as line 1 (Parquet: rows from 1).
    """

    check_id: str
    file: str
    row: int | None
    column: str | None
    found: str
    expected: str
    cause: str
    next_step: str

    def sentence(self) -> str:
        """The fault as one line for people.

        >>> Fault("D01", "2018-05/kader.csv", 3, "zin", "'12.5'", "a comma", "an export", "mend it").sentence()
        "2018-05/kader.csv, row 3, column zin: found '12.5', expected a comma. Likely an export. Next: mend it."
        """
        where = self.file
        if self.row is not None:
            where += f", row {self.row:,}"
        if self.column is not None:
            where += f", column {self.column}"
        return f"{where}: found {self.found}, expected {self.expected}. Likely {self.cause}. Next: {self.next_step}."


class DeliveryRefused(Spoken):
    """A delivered file was refused as a whole; nothing of it was loaded. ``faults`` says why, worst first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(fault.sentence() for fault in faults[:3]))
        self.faults = list(faults)


class NoDataError(Spoken):
    """A stage has nothing to work with: no accepted delivery within the round. The message says which and what next."""
