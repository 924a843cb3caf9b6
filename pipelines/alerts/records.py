"""What is known and remembered of a finding that is told, or of a notice. What of it is news is in ``news.py``."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

BROKEN = "broken"


class About(NamedTuple):
    """Whom and what a finding is about, empty where it is no single one; the month only where a rule declares it."""

    wlz_uitvoerder: str = ""
    zorgkantoor_code: str = ""
    agb_code: str = ""
    prestatiecode: str = ""
    unit_code: str = ""
    care_month: str = ""


NOBODY = About()
Key = tuple[str, str, str, About]


@dataclass(frozen=True)
class Record:
    """A finding as it is known and remembered: check, table, about whom and what, its figures and euro.

    ``subject`` names what no finding's record does: a notice, a check that is broken, or the words of a finding from
    before findings were records. ``observed`` is its sentence in English, for people only.
    """

    check_id: str
    checked_table: str
    delivery_id: str
    delivery_month: date
    severity: str
    about: About = NOBODY
    subject: str = ""
    wording: str | None = None
    numbers: str | None = None
    findings_count: int = 1
    observed: str = ""
    at_stake_eur: float | None = None

    @property
    def key(self) -> Key:
        """What makes two findings the same one: check, table and whom or what it is about, not how much or when."""
        return self.check_id, self.checked_table, self.subject, self.about


@dataclass(frozen=True)
class Alert(Record):
    """One finding of a check on a delivery or table, or a notice (claims overdue, a run that failed)."""

    title: str = ""
    expected: str = ""
    action: str = ""
    next_step: str = ""
    is_broken: bool = False
    is_accepted: bool = False
    is_of_refused: bool = False  # says nothing of a refusal itself, but is about a delivery that was refused


@dataclass(frozen=True)
class Told(Record):
    """What was told of a finding through one channel; ``is_waiting`` when it could not be sent yet."""

    is_waiting: bool = False
