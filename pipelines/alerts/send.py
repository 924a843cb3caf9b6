"""Alerts: tells people what is news after a run, through the channels that are set, and remembers what was told.

What is news is decided in ``news.py``, worded in ``digest.py``, sent in ``channels.py``. An alert never stops a run and
never raises: what went wrong comes back as a sentence, without addresses or secrets, and is tried again the next time.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from expectations.intake.decisions import RELEASE, read_decisions
from expectations.judging.sentences import say_finding
from expectations.judging.status import Judgement
from pipelines.alerts.channels import Channel, ChannelError, Sleep, find_channels, find_language, send_with_retries
from pipelines.alerts.digest import write_digest
from pipelines.alerts.news import ABOUT_PROVIDERS, Findings, choose_messages, list_findings
from pipelines.alerts.records import BROKEN, About, Alert, Key, Record, Told
from pipelines.alerts.told_before import find_same
from warehouse import duck
from warehouse.alert_state import STATE_KEY, STATE_SCHEMA, read_alert_state, sole_sender, write_alert_state
from warehouse.contract import Table
from warehouse.settings import load_assumptions
from warehouse.store import Store, month_label
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from warehouse.withdrawals import withdrawn_months
from wlz.known.assumptions import AssumptionError
from wlz.words.figures import pack_figures

DUE, RUN, WITHDRAWN = "due", "run", "withdrawn"
MAX_OBSERVED = 300  # characters of a sentence that are remembered
NOTICES = (DUE, RUN, WITHDRAWN)  # not of a check, so no later judgement solves them


@dataclass(frozen=True)
class _Post:
    """What telling needs, whatever is told."""

    store: Store
    database: Path
    month: date
    environ: Mapping[str, str]
    now: datetime
    sleep: Sleep


def send_alerts(
    store: Store,
    database: Path,
    delivery_month: date,
    environ: Mapping[str, str],
    now: datetime,
    sleep: Sleep = time.sleep,
) -> list[str]:
    """Tell what is news in the checks up to a delivery month; call it after a run, however it ended.

    ``now`` is UTC without a zone. Returns sentences for the log: what was sent, and what could not be. Nothing set,
    nothing done and nothing said.
    """
    post = _Post(store, database, delivery_month, environ, now, sleep)
    return _tell(post, lambda: read_findings(store, delivery_month))


def send_notice(
    store: Store, database: Path, notice: Alert, environ: Mapping[str, str], now: datetime, sleep: Sleep = time.sleep
) -> list[str]:
    """Tell something that is not of a check (``NOTICES``), once until it is solved. Returns sentences."""
    return _tell(_Post(store, database, notice.delivery_month, environ, now, sleep), lambda: Findings([notice]))


def solve_notices(
    store: Store,
    database: Path,
    check_id: str,
    delivery_month: date,
    environ: Mapping[str, str],
    now: datetime,
    sleep: Sleep = time.sleep,
) -> list[str]:
    """Tell that the notices of this kind about a month no longer hold, if they were told. Returns sentences."""
    solved = {(check_id, month_label(delivery_month)): Judgement(delivery_month, True)}
    post = _Post(store, database, delivery_month, environ, now, sleep)
    return _tell(post, lambda: Findings([], judged=solved))


def solve_after_run(
    store: Store, database: Path, delivery_month: date, environ: Mapping[str, str], now: datetime
) -> list[str]:
    """Tell what a run that ended well has solved: that it failed before, that the advice of its month was withdrawn."""
    solved = [RUN] if delivery_month in withdrawn_months(store) else [RUN, WITHDRAWN]
    return [line for one in solved for line in solve_notices(store, database, one, delivery_month, environ, now)]


def write_notice(check_id: str, delivery_month: date, subject: str = "", **figures: object) -> Alert:
    """A notice about a delivery month; the same ``subject`` is told once. ``figures`` fill its sentence."""
    month, numbers = month_label(delivery_month), pack_figures({"month": delivery_month, **figures})
    observed = say_finding(check_id, {"numbers": numbers}, "en")
    return Alert(check_id, month, "", delivery_month, "warn", subject=subject, numbers=numbers, observed=observed)


def read_findings(store: Store, delivery_month: date) -> Findings:
    """What stands in the lake at a delivery month: the findings of the last judgement of every check."""
    quality, found = (_read_until(store, table, delivery_month) for table in (DATA_QUALITY, CHECK_FINDINGS))
    released = read_decisions(store).filter(decision=RELEASE).select("check_id", "delivery_id")
    findings = list_findings(quality, found, store.read_register(), delivery_month, set(released.iter_rows()))
    return replace(findings, thresholds=_read_thresholds(delivery_month))


def _read_thresholds(delivery_month: date) -> Mapping[str, float]:
    """The assumptions that the words of a check name; without a file of the year their names are told."""
    try:
        return dict(load_assumptions(delivery_month.year))
    except AssumptionError:
        return {}


def _read_until(store: Store, table: Table, last: date) -> pl.DataFrame:
    frames = [store.read(table, month) for month in store.months(table) if month <= last]
    return pl.concat([table.empty(), *frames], how="diagonal_relaxed")


def read_zin_kader(database: Path, delivery_month: date) -> float | None:
    """The national zin kader in euro as published last up to a month; None when nothing is published."""
    if not database.exists():
        return None
    found = duck.run_query(
        database,
        "SELECT max(budget_eur)::DOUBLE AS zin_kader_eur FROM marts.utilisation_national WHERE part = 'zin' "
        "AND delivery_month = (SELECT max(delivery_month) FROM marts.utilisation_national "
        f"WHERE delivery_month <= DATE '{delivery_month}')",
    )
    kader: float | None = found["zin_kader_eur"][0]
    return kader


def _tell(post: _Post, read: Callable[[], Findings]) -> list[str]:
    """Reads what stands and tells each channel its news; every fault becomes a sentence."""
    channels, wrong = find_channels(post.environ)
    said = [f"alerts: {sentence}" for sentence in wrong]
    if not channels:
        return said
    try:
        language = find_language(post.environ)
        with sole_sender(post.store, post.sleep) as is_alone:
            if not is_alone:
                return [*said, "alerts: another process keeps sending them; this one sent nothing"]
            findings = _for_outside(read(), post.environ)
            kader = _read_kader(post.database, post.month)
            for channel in channels:
                said += _tell_channel(post, channel, findings, kader, language)
    except ChannelError as error:
        said.append(f"alerts: {error}; nothing was sent")
    except Exception as error:  # whatever is wrong with an alert, the run it is about has ended and stands
        said.append(f"alerts: not all was sent ({type(error).__name__}); the next run tries again")
    return said


def _for_outside(findings: Findings, environ: Mapping[str, str]) -> Findings:
    """Without what is for the house only, unless the channels are in the house too (``WLZ_ALERT_INTERNAL``).

    That single providers are late is told outside as well, without who they are.
    """
    if environ.get("WLZ_ALERT_INTERNAL") == "yes":
        return replace(findings, late_providers=())
    return replace(
        findings,
        alerts=[alert for alert in findings.alerts if not _is_internal(alert.check_id)],
        unnamed_counts={key: count for key, count in findings.unnamed_counts.items() if not _is_internal(key)},
        judged={judged: when for judged, when in findings.judged.items() if not _is_internal(judged[0])},
    )


def _is_internal(check_id: str) -> bool:
    return check_id.startswith(ABOUT_PROVIDERS)


def _read_kader(database: Path, month: date) -> float | None:
    try:
        return read_zin_kader(database, month)
    except duck.QueryError:  # published under an earlier contract: the share is left out, the alert is not
        return None


def _tell_channel(post: _Post, channel: Channel, findings: Findings, kader: float | None, language: str) -> list[str]:
    state = _carry_over(post, read_alert_state(post.store), channel, findings)
    told = _as_told(state.filter(channel=channel.name))
    waiting = [one for one in told if one.is_waiting]
    overtaken = [one for one in waiting if (one.check_id, one.checked_table) in findings.judged]
    if overtaken:
        state = _forget(state, channel, overtaken)
        write_alert_state(post.store, state)
    again = [_as_alert(one) for one in waiting if one not in overtaken]
    findings = replace(findings, alerts=_without_doubles([*findings.alerts, *again]))
    news = choose_messages(findings, told)
    if news.is_empty:
        return []
    digest = write_digest(news, findings, post.month, kader, language)
    try:
        remark = send_with_retries(channel, digest, post.sleep)
    except ChannelError as error:
        waits = [_to_told(alert, is_waiting=True) for alert in news.new if alert.check_id in NOTICES]
        _remember(post, state, channel, waits)
        return [f"alerts: {error}; kept, and tried again at the next run"]
    sent = [_to_told(alert) for alert in (*news.new, *news.worse)]
    _remember(post, _forget(state, channel, news.gone), channel, sent)
    return [f"alerts: sent by {channel.name}: {digest.subject}" + (f" ({remark})" if remark else "")]


def _carry_over(post: _Post, state: pl.DataFrame, channel: Channel, findings: Findings) -> pl.DataFrame:
    """The state in which what was told before findings were records stands under the records of today.

    Row by row, when its check has been judged anew: until then it stands under its old subject, as the finding does.
    """
    old = [one for one in _as_told(state.filter(channel=channel.name)) if _is_from_before(one)]
    same = {one.key: [findings.alerts[place] for place in find_same(one, findings.alerts)] for one in old}
    moved = [one for one in old if same[one.key]]
    if not moved:
        return state
    rows = [_as_row(channel, _to_told(alert, like=one), post.now) for one in moved for alert in same[one.key]]
    state = pl.concat([_forget(state, channel, moved), pl.DataFrame(rows, schema=STATE_SCHEMA)])
    write_alert_state(post.store, state)
    return read_alert_state(post.store)


def _is_from_before(told: Told) -> bool:
    return told.check_id not in NOTICES and told.subject not in ("", BROKEN)


def _without_doubles(alerts: Sequence[Alert]) -> list[Alert]:
    """A notice that waits and is made again at this moment is one notice."""
    notices: dict[Key, Alert] = {}
    others = []
    for alert in alerts:
        if alert.check_id in NOTICES:
            notices.setdefault(alert.key, alert)
        else:
            others.append(alert)
    return [*others, *notices.values()]


def _remember(post: _Post, state: pl.DataFrame, channel: Channel, told: Iterable[Told]) -> None:
    """The state with what was told now; of findings that are about the same the largest counts."""
    ordered = sorted(told, key=lambda one: one.at_stake_eur or 0)
    rows = [_as_row(channel, one, post.now) for one in ordered]
    write_alert_state(post.store, pl.concat([state, pl.DataFrame(rows, schema=STATE_SCHEMA)]))


def _forget(state: pl.DataFrame, channel: Channel, told: Sequence[Told]) -> pl.DataFrame:
    """The state without these: what is solved is news again when it comes back."""
    gone = pl.DataFrame([(channel.name, *one.key[:3], *one.about) for one in told], STATE_KEY, orient="row")
    return state.join(gone, on=STATE_KEY, how="anti") if told else state


def _as_row(channel: Channel, told: Told, now: datetime) -> dict[str, object]:
    fields = {name: value for name, value in vars(told).items() if name != "about"}
    return {"channel": channel.name, **fields, **told.about._asdict(), "changed_at": now}


def _as_told(rows: pl.DataFrame) -> list[Told]:
    told = []
    for row in rows.drop("channel", "changed_at").iter_rows(named=True):
        about = About(*(row.pop(name) for name in About._fields))
        told.append(Told(about=about, **row))
    return told


def _to_told(alert: Alert, *, like: Told | None = None, is_waiting: bool = False) -> Told:
    """What is remembered of an alert; told ``like`` one from before, with the delivery and the euro told then."""
    told = Told(**_record_of(alert), is_waiting=is_waiting)
    if like is None:
        return told
    then = {name: getattr(like, name) for name in ("delivery_id", "delivery_month", "severity", "at_stake_eur")}
    return replace(told, **then)


def _as_alert(told: Told) -> Alert:
    return Alert(**_record_of(told))


def _record_of(one: Record) -> dict[str, Any]:
    record = {each.name: getattr(one, each.name) for each in fields(Record)}
    return {**record, "observed": one.observed[:MAX_OBSERVED]}
