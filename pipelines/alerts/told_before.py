"""What was told before findings were records: carried over to the records of today, so that an upgrade is no news.

Until then a finding was known by its English sentence without numbers. Only here is that sentence looked at, and only
for rows of a state, or findings of a lake, that were written then.
"""

import re
from collections.abc import Callable, Sequence

from pipelines.alerts.records import Record

# A number that says how much or where in the file; not a month, a code with letters, or a code after its name.
_AMOUNT = re.compile(
    r"(?<![\w/.,-])(?<!zorgkantoor )(?<!prestatie )(?<!unit )(?<!agb )(?<!agb_code )-?\d[\d.,]*(?![\w/-])"
)
_COUNTED = re.compile(r"# (row|unit|month)\b")  # one of them is the same finding as several
_MONTH = re.compile(r"\b\d{4}-\d{2}\b")


def name_subject(observed: str, wlz_uitvoerder: object = None) -> str:
    """Whom or what a finding was about before it was a record: its words without the numbers that change.

    Months, codes with letters and zorgkantoor codes stay, amounts and row numbers go.

    >>> name_subject("row 12: H126/Menzis, 2018-03: 1,234 units at € 56.78", "Menzis")
    'Menzis: row #: H126/Menzis, 2018-03: # units at € #'
    """
    words = _AMOUNT.sub("#", observed).replace("# mln", "#")
    words = _COUNTED.sub(r"# \1s", words)[:300]
    return f"{wlz_uitvoerder}: {words}" if wlz_uitvoerder else words


def find_same(told: Record, standing: Sequence[Record]) -> list[int]:
    """Places of the findings of today that were told as this one: the same words, else the same whom and what.

    One that was told can be several today: providers were not told apart then. Findings of a lake from before count
    under their old subject and need no carrying.
    """
    of_check = [
        place
        for place, one in enumerate(standing)
        if (one.check_id, one.checked_table) == (told.check_id, told.checked_table) and not one.subject
    ]
    tests: tuple[Callable[[Record, Record], bool], ...] = (_has_same_words, _has_same_words_but_months, _is_about_same)
    for is_same in tests:
        found = [place for place in of_check if is_same(told, standing[place])]
        if found:
            return found
    return []


def _has_same_words(told: Record, finding: Record) -> bool:
    return name_subject(finding.observed, finding.about.wlz_uitvoerder) == told.subject


def _has_same_words_but_months(told: Record, finding: Record) -> bool:
    words = name_subject(finding.observed, finding.about.wlz_uitvoerder)
    return _MONTH.sub("#", words) == _MONTH.sub("#", told.subject) and finding.about.care_month in told.subject


def _is_about_same(told: Record, finding: Record) -> bool:
    """Whether all that the finding is about was named then: its uitvoerder before the words, its codes among them."""
    uitvoerder, *codes = finding.about
    is_named = (
        not uitvoerder or told.subject.startswith(f"{uitvoerder}: ") or (any(codes) and uitvoerder in told.observed)
    )
    return is_named and all(code in told.observed for code in codes if code)
