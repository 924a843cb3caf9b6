"""The digest: news in words, in Dutch or English, of bounded size, with nothing in it that is secret or about a person.

What is news is decided in ``news.py``; what a channel makes of a digest is in ``channels.py``.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from expectations.judging.finding import MAX_FINDINGS
from expectations.judging.rule import fill_thresholds
from expectations.judging.sentences import say_finding, words_of
from expectations.judging.shapes import format_euro, localise
from pipelines.alerts.news import Findings, News
from pipelines.alerts.records import BROKEN, Alert, Record, Told
from reports import checks_nl
from reports.checks_nl import DUTCH
from warehouse.store import month_label

LANGUAGES = ("nl", "en")
MAX_ENTRIES = 60  # in one digest, over all checks; the rest is counted
MAX_TEXT = 400  # characters of one field
_SMALLEST_RATIO = 0.0001
# Dutch and English of the fixed words.
_WORDS: dict[str, tuple[str, str]] = {
    "block": ("blokkade", "block"),
    "blocks": ("blokkades", "blocks"),
    "warn": ("waarschuwing", "warning"),
    "warns": ("waarschuwingen", "warnings"),
    "info": ("melding", "notice"),
    "infos": ("meldingen", "notices"),
    "solved": ("opgelost", "solved"),
    "released": ("vrijgegeven door een mens", "released by a person"),
    "as_delivered": (
        "{}: {}. De regels tellen mee zoals ze zijn aangeleverd; wie en waarom staat in marts.check_decisions.",
        "{}: {}. The rows count as they were delivered; who and why is in marts.check_decisions.",
    ),
    "providers": (
        "Enkele zorgaanbieders zijn laat en kunnen hiervan de oorzaak zijn: zie marts.monitor_provider.",
        "Single providers are late and may be the cause: see marts.monitor_provider.",
    ),
    "broken": ("de controle zelf is stuk", "the check itself is broken"),
    "worse": ("erger dan gemeld", "worse than told"),
    "lead": ("Controles tot en met aanlevermaand {}: {}.", "Checks up to delivery month {}: {}."),
    "largest": ("Grootste bedrag: {}.", "Largest amount: {}."),
    "delivery": ("Aanlevering", "Delivery"),
    "observed": ("Gevonden", "Found"),
    "expected": ("Verwacht", "Expected"),
    "amount": ("Bedrag", "Amount"),
    "unknown": ("niet bekend", "not known"),
    "share": ("{} ({} van het zin-kader)", "{} ({} of the zin kader)"),
    "tiny": ("minder dan 0,01 %", "less than 0.01 %"),
    "action": ("Gedaan", "Done"),
    "next_step": ("Volgende stap", "Next"),
    "more": ("En nog {} van {}.", "And {} more of {}."),
    "standing": ("Stond er al, en hierboven niet herhaald: {}.", "Told before and not repeated above: {}."),
    "all": ("Alles staat in marts.data_quality.", "All of it is in marts.data_quality."),
    "provider": ("zorgaanbieder", "provider"),
    "address": ("(adres)", "(address)"),
    "path": ("(pad)", "(path)"),
}
_EFFECTS = ("L", "V")  # checks on how claims come in, and how they run over the months
_FIELDS = ("delivery", "observed", "expected", "amount", "action", "next_step")
# Notices that no rule of the catalogue describes, in English; their Dutch is beside that of the checks.
_NOTICES = {
    "due": (
        "claims are not on time",
        "The advice keeps resting on the last accepted delivery",
        "ask the Wlz-uitvoerders and Vektis when the claims will come",
    ),
    "run": (
        "run failed",
        "Nothing new was published; what was published is still there",
        "look at the run in Dagster, mend the cause and repeat the month",
    ),
    "withdrawn": (
        "advice withdrawn",
        "Its figures and pages stay, with who withdrew it; the advice before it is the newest again",
        "use the withdrawn advice no longer",
    ),
}
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w./])(?:[A-Za-z]:[\\/]|~?/)(?:[^\s/\\:;,'\")]+[/\\])+[^\s:;,'\")]*")
_AGB = re.compile(r"(?<![\w.,-])(?:provider |zorgaanbieder )?\d{8}(?![\w-]|[.,]\d)")


@dataclass(frozen=True)
class Entry:
    """One finding in words; texts are safe to print anywhere that escapes its own marks."""

    check_id: str
    severity: str
    heading: str
    at_stake_eur: float | None
    fields: dict[str, str]

    def lines(self, language: str) -> Iterator[str]:
        """The fields as lines that start with a word of ours, never with words from a delivery."""
        for name, text in self.fields.items():
            yield f"{say(name, language)}: {text}"


@dataclass(frozen=True)
class Digest:
    """What one channel is told at once."""

    subject: str
    lead: str
    delivery_month: date
    language: str
    entries: list[Entry]
    solved: list[str]
    notes: list[str]


def say(word: str, language: str) -> str:
    """A fixed word in the language.

    >>> say("block", "nl")
    'blokkade'
    """
    return _WORDS[word][LANGUAGES.index(language)]


def write_digest(
    news: News, findings: Findings, delivery_month: date, zin_kader_eur: float | None, language: str
) -> Digest:
    """The news of a delivery month in words: blocks first, then by euro, at most 20 per check and 60 in all.

    ``zin_kader_eur`` is the national zin kader, for the share of it; None leaves the share out. Nothing is summed over
    checks: the same euro can be in several.
    """
    worse = {id(alert) for alert in news.worse}
    ordered = sorted([*news.new, *news.worse], key=_order)
    shown = _at_most(ordered)
    hidden = Counter(alert.check_id for alert in ordered) - Counter(alert.check_id for alert in shown)
    hidden.update({check_id: findings.unnamed_counts.get(check_id, 0) for check_id in {a.check_id for a in ordered}})
    counted = _count_words(ordered, news, language)
    amounts = [alert.at_stake_eur for alert in ordered if alert.at_stake_eur is not None]
    largest = say("largest", language).format(_amount(max(amounts), zin_kader_eur, language)) if amounts else ""
    notes = _note_released(news.released, language)
    if any(_may_be_of_providers(alert, findings) for alert in ordered):
        notes.append(say("providers", language))
    notes += [say("more", language).format(count, check_id) for check_id, count in sorted(hidden.items()) if count]
    if news.standing:
        standing = Counter(alert.check_id for alert in news.standing)
        listed = ", ".join(f"{check_id} ({count})" for check_id, count in standing.most_common(MAX_FINDINGS))
        notes.append(say("standing", language).format(listed))
    notes.append(say("all", language))
    month = month_label(delivery_month)
    return Digest(
        subject=f"Wlz-kader {month}: {counted}",
        lead=f"{say('lead', language).format(month, counted)} {largest}".strip(),
        delivery_month=delivery_month,
        language=language,
        entries=[
            _write_entry(alert, id(alert) in worse, zin_kader_eur, findings.thresholds, language) for alert in shown
        ],
        solved=_write_solved(news.solved, language),
        notes=notes,
    )


def _order(alert: Alert) -> tuple[bool, bool, float, str, tuple[object, ...]]:
    amount = alert.at_stake_eur
    return alert.severity != "block", amount is None, -(amount or 0), alert.check_id, alert.key[2:]


def _at_most(ordered: Sequence[Alert]) -> list[Alert]:
    per_check: Counter[str] = Counter()
    shown = []
    for alert in ordered:
        per_check[alert.check_id] += 1
        if per_check[alert.check_id] <= MAX_FINDINGS:
            shown.append(alert)
    return shown[:MAX_ENTRIES]


def _may_be_of_providers(alert: Alert, findings: Findings) -> bool:
    """Whether this is what a provider that is late would bring about: how claims come in or run over the months."""
    return alert.delivery_id in findings.late_providers and alert.check_id.startswith(_EFFECTS)


def _count_words(alerts: Sequence[Alert], news: News, language: str) -> str:
    counts = Counter(alert.severity for alert in alerts)
    words = [
        f"{counts[name]} {say(name if counts[name] == 1 else f'{name}s', language)}"
        for name in ("block", "warn", "info")
        if counts[name]
    ]
    gone = {"solved": len(news.solved), "released": len(news.released)}
    return ", ".join([*words, *(f"{count} {say(name, language)}" for name, count in gone.items() if count)])


def _write_entry(
    alert: Alert, is_worse: bool, zin_kader_eur: float | None, thresholds: Mapping[str, float], language: str
) -> Entry:
    title, action, next_step = _check_words(alert, language)
    marks = [say("worse", language)] * is_worse + [say("broken", language)] * alert.is_broken
    heading = f"{say(alert.severity, language).upper()} {alert.check_id} {title}" + "".join(f" ({m})" for m in marks)
    texts = {
        "delivery": alert.delivery_id,
        "observed": say_found(alert, language),
        "expected": _say_expected(alert, thresholds, language),
        "amount": _amount(alert.at_stake_eur, zin_kader_eur, language),
        "action": action,
        "next_step": next_step,
    }
    fields = {name: clean(texts[name], language) for name in _FIELDS if texts[name]}
    return Entry(alert.check_id, alert.severity, clean(heading, language), alert.at_stake_eur, fields)


def say_found(record: Record, language: str) -> str:
    """The finding in the language, from its record; its English sentence where it was none yet."""
    if record.subject == BROKEN and language == "nl":
        return say_finding(record.check_id, {"wording": BROKEN, "error": record.observed}, language)
    if record.numbers is None:
        return record.observed
    figures = {name: value or None for name, value in record.about._asdict().items()}
    known = {"wording": record.wording, "numbers": record.numbers, "findings_count": record.findings_count}
    try:
        return say_finding(record.check_id, {**figures, **known}, language)
    except KeyError:  # a record of an earlier version, without a figure that the sentence of today asks for
        return record.observed


def _say_expected(alert: Alert, thresholds: Mapping[str, float], language: str) -> str:
    words = words_of(alert.check_id, language).get("expected")
    return alert.expected if words is None else fill_thresholds(words, thresholds, language)


def _check_words(alert: Alert, language: str) -> tuple[str, str, str]:
    """Title, what was done and what next. Words of a check that has no Dutch are those of its result."""
    if alert.check_id in _NOTICES and language == "en":
        return _NOTICES[alert.check_id]
    words = DUTCH.get(alert.check_id)
    if language == "en" or words is None:
        return alert.title, alert.action, alert.next_step
    blocks = alert.severity == "block"
    if alert.is_of_refused:
        return words.title, checks_nl.NOT_USED, checks_nl.MEND_CHECK if alert.is_broken else words.ask
    if alert.is_broken:
        done = checks_nl.REFUSED_BROKEN if blocks else checks_nl.USED_BROKEN
        return words.title, done, checks_nl.MEND_CHECK
    stays_refused = blocks and alert.check_id not in (*_NOTICES, "contract")
    return words.title, checks_nl.REFUSED if stays_refused else words.done, words.ask


def _note_released(released: Sequence[Told], language: str) -> list[str]:
    heading = say("released", language).capitalize()
    return [say("as_delivered", language).format(heading, line) for line in _write_gone(released, language)]


def _write_solved(solved: Sequence[Told], language: str) -> list[str]:
    lines = _write_gone(solved, language)
    hidden = len(solved) - len(lines)
    return [*lines, *([say("more", language).format(hidden, say("solved", language))] if hidden else [])]


def _write_gone(gone: Sequence[Told], language: str) -> list[str]:
    """What no longer stands, in a line each, the largest amounts first."""
    lines = []
    for one in sorted(gone, key=lambda told: (-(told.at_stake_eur or 0), told.check_id))[:MAX_FINDINGS]:
        words = DUTCH.get(one.check_id)
        title = f" {words.title}" if words is not None and language == "nl" else ""
        amount = "" if one.at_stake_eur is None else f" ({format_amount(one.at_stake_eur, language)})"
        lines.append(clean(f"{one.check_id}{title}: {say_found(one, language)}", language) + amount)
    return lines


def _amount(amount_eur: float | None, zin_kader_eur: float | None, language: str) -> str:
    if amount_eur is None:
        return say("unknown", language)
    if not zin_kader_eur:
        return format_amount(amount_eur, language)
    ratio = amount_eur / zin_kader_eur
    share = localise(f"{100 * ratio:.2f} %", language) if ratio >= _SMALLEST_RATIO else say("tiny", language)
    return say("share", language).format(format_amount(amount_eur, language), share)


def format_amount(amount_eur: float, language: str) -> str:
    """Euro for a sentence, in millions from one million on.

    >>> format_amount(92345678.0, "nl"), format_amount(1234.56, "en")
    ('€ 92,3 mln', '€ 1,235')
    """
    return localise(format_euro(amount_eur), language)


def clean(text: str, language: str) -> str:
    """One line of printable text without addresses, paths and codes of providers, cut at 400 characters.

    Control and direction marks become spaces, so that words of a delivery cannot break a line or a header.
    """
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    line = _ADDRESS.sub(say("address", language), line)
    line = _PATH.sub(say("path", language), line)
    line = _AGB.sub(say("provider", language), line)
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def as_text(digest: Digest) -> str:
    """The digest as plain text."""
    parts = [digest.lead]
    for entry in digest.entries:
        parts.append("\n".join([entry.heading, *(f"  {line}" for line in entry.lines(digest.language))]))
    if digest.solved:
        heading = say("solved", digest.language).capitalize()
        parts.append("\n".join([heading, *(f"  {line}" for line in digest.solved)]))
    return "\n\n".join([*parts, "\n".join(digest.notes)]) + "\n"


def as_html(digest: Digest) -> str:
    """The digest as a small page; every text is escaped."""
    safe = html.escape
    parts = [f"<p>{safe(digest.lead)}</p>"]
    for entry in digest.entries:
        lines = "<br>".join(safe(line) for line in entry.lines(digest.language))
        parts.append(f"<p><b>{safe(entry.heading)}</b><br>{lines}</p>")
    if digest.solved:
        items = "".join(f"<li>{safe(line)}</li>" for line in digest.solved)
        parts.append(f"<p><b>{safe(say('solved', digest.language).capitalize())}</b></p><ul>{items}</ul>")
    parts += [f"<p>{safe(note)}</p>" for note in digest.notes]
    return f'<html lang="{digest.language}"><body>{"".join(parts)}</body></html>'
