"""Alerts: tells people what is news after a run, through the channels that are set, and remembers what was told.

What is news is decided in ``news.py``, worded in ``digest.py``, sent in ``channels.py``. An alert never stops a run and
never raises: what went wrong comes back as a sentence, without addresses or secrets, and is tried again the next time.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from expectations.intake.decisions import RELEASE, read_decisions
from pipelines.alerts.channels import Channel, ChannelError, Sleep, find_channels, find_language, send_with_retries
from pipelines.alerts.digest import write_digest
from pipelines.alerts.news import ABOUT_PROVIDERS, Alert, Findings, Judgement, Told, choose_messages, list_findings
from warehouse import duck
from warehouse.alert_state import STATE_KEY, STATE_SCHEMA, read_alert_state, sole_sender, write_alert_state
from warehouse.contract import Table
from warehouse.store import Store, month_label
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY

DUE, RUN = "due", "run"
NOTICES = (DUE, RUN)  # not of a check, so no later judgement solves them


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
    """Tell something that is not of a check (``DUE``, ``RUN``), once until it is solved. Returns sentences."""
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


def write_notice(check_id: str, delivery_month: date, observed: str, subject: str = "") -> Alert:
    """A notice about a delivery month; the same ``subject`` is told once."""
    month = month_label(delivery_month)
    return Alert(check_id, month, subject, "", delivery_month, "warn", observed)


def read_findings(store: Store, delivery_month: date) -> Findings:
    """What stands in the lake at a delivery month: the findings of the last judgement of every check."""
    quality, found = (_read_until(store, table, delivery_month) for table in (DATA_QUALITY, CHECK_FINDINGS))
    released = read_decisions(store).filter(decision=RELEASE).select("check_id", "delivery_id")
    return list_findings(quality, found, store.read_register(), delivery_month, set(released.iter_rows()))


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
        with sole_sender(post.store) as is_alone:
            if not is_alone:
                return [*said, "alerts: another process is sending them; this one sends nothing"]
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
    state = read_alert_state(post.store)
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


def _without_doubles(alerts: Sequence[Alert]) -> list[Alert]:
    """A notice that waits and is made again at this moment is one notice."""
    notices: dict[tuple[str, str, str], Alert] = {}
    others = []
    for alert in alerts:
        if alert.check_id in NOTICES:
            notices.setdefault(alert.key, alert)
        else:
            others.append(alert)
    return [*others, *notices.values()]


def _remember(post: _Post, state: pl.DataFrame, channel: Channel, told: Iterable[Told]) -> None:
    """The state with what was told now; of findings that read the same the largest counts."""
    ordered = sorted(told, key=lambda one: one.at_stake_eur or 0)
    rows = [{"channel": channel.name, **vars(one), "changed_at": post.now} for one in ordered]
    write_alert_state(post.store, pl.concat([state, pl.DataFrame(rows, schema=STATE_SCHEMA)]))


def _forget(state: pl.DataFrame, channel: Channel, told: Sequence[Told]) -> pl.DataFrame:
    """The state without these: what is solved is news again when it comes back."""
    gone = pl.DataFrame([(channel.name, *one.key) for one in told], STATE_KEY, orient="row")
    return state.join(gone, on=STATE_KEY, how="anti") if told else state


def _as_told(rows: pl.DataFrame) -> list[Told]:
    return [Told(**row) for row in rows.drop("channel", "changed_at").iter_rows(named=True)]


def _to_told(alert: Alert, *, is_waiting: bool = False) -> Told:
    return Told(
        *alert.key,
        alert.delivery_id,
        alert.delivery_month,
        alert.severity,
        alert.observed[:300],
        alert.at_stake_eur,
        is_waiting,
    )


def _as_alert(told: Told) -> Alert:
    return Alert(*told.key, told.delivery_id, told.delivery_month, told.severity, told.observed, told.at_stake_eur)
