"""Ways to tell people: a webhook and mail, from the environment. What is told is in ``digest.py``.

A channel either takes a digest or raises ChannelError with a sentence that holds no address and no secret.
"""

import http.client
import json
import re
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pipelines.alerts.digest import LANGUAGES, Digest, Entry, as_html, as_text, say
from warehouse.store import month_label
from wlz.words.faults import Spoken
from wlz.words.known_keys import refuse_unknown

TIMEOUT_SECONDS = 10.0
WAITS_SECONDS = (1.0, 4.0)  # before the second and the third try
SHAPES = ("json", "teams", "slack")
SETTINGS = (
    *("WLZ_ALERT_WEBHOOK", "WLZ_ALERT_WEBHOOK_SHAPE", "WLZ_ALERT_EMAIL", "WLZ_SMTP_URL", "WLZ_ALERT_LANGUAGE"),
    "WLZ_ALERT_INTERNAL",
)
SLACK_BLOCKS, SLACK_CHARACTERS = 50, 3_000  # Slack, reference of Block Kit: blocks per message, text of a section
TEAMS_BYTES = 28_000  # Teams, limits of incoming webhooks: 28 KB a message
_ANSWER_BYTES = 65_536
Sleep = Callable[[float], None]


class ChannelError(Spoken):
    """A digest did not go out; ``is_passing`` when another try may help."""

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class Channel(Protocol):
    """A way to tell people."""

    @property
    def name(self) -> str:
        """How the state and people know it."""
        ...

    def send(self, digest: Digest) -> str | None:
        """Sends it; returns what people should know all the same. Raises ChannelError."""
        ...


def send_with_retries(channel: Channel, digest: Digest, sleep: Sleep = time.sleep) -> str | None:
    """Send, and try again after a fault that may pass: 3 tries in all. Returns what people should know all the same.

    Raises ChannelError when the last try fails.
    """
    for wait in WAITS_SECONDS:
        try:
            return channel.send(digest)
        except ChannelError as error:
            if not error.is_passing:
                raise
        sleep(wait)
    return channel.send(digest)


def find_channels(environ: Mapping[str, str]) -> tuple[list[Channel], list[str]]:
    """The channels that are set, and a sentence for every setting that is wrong (never with its value)."""
    found: list[Channel] = []
    wrong = [
        f"{refuse_unknown([name], SETTINGS)}; nothing reads it"
        for name in sorted(environ)
        if name.startswith(("WLZ_ALERT", "WLZ_SMTP")) and name not in SETTINGS
    ]
    for make in (_webhook, _mail):
        try:
            channel = make(environ)
        except ChannelError as error:
            wrong.append(f"{error}; nothing is sent that way")
            continue
        if channel is not None:
            found.append(channel)
    return found, wrong


def find_language(environ: Mapping[str, str]) -> str:
    """``WLZ_ALERT_LANGUAGE``: nl unless set. Raises ChannelError for another word."""
    language = environ.get("WLZ_ALERT_LANGUAGE") or LANGUAGES[0]
    if language not in LANGUAGES:
        raise ChannelError(f"WLZ_ALERT_LANGUAGE: expected {' or '.join(LANGUAGES)}")
    return language


# ---- webhook -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Webhook:
    """Posts JSON to an address that is a secret in itself: it is in no message and in no repr."""

    url: str
    shape: str
    timeout: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        """Its name in the state."""
        return "webhook"

    def __repr__(self) -> str:
        return f"Webhook(shape={self.shape!r})"

    def send(self, digest: Digest) -> str | None:
        """Post the digest. Raises ChannelError; a time-out, 429 and 5xx may pass."""
        body = json.dumps(PAYLOADS[self.shape](digest), ensure_ascii=False).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=self.timeout) as answer:
                answer.read(_ANSWER_BYTES)
            return None
        except urllib.error.HTTPError as error:
            error.close()
            passes = error.code == http.client.TOO_MANY_REQUESTS or error.code >= http.client.INTERNAL_SERVER_ERROR
            raise ChannelError(f"the webhook answered {error.code}", is_passing=passes) from None
        except (OSError, http.client.HTTPException) as error:
            raise ChannelError(f"the webhook could not be reached ({_kind(error)})", is_passing=True) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that sends us elsewhere is an error: the digest goes where it was set to go, or nowhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _webhook(environ: Mapping[str, str]) -> Webhook | None:
    url, shape = environ.get("WLZ_ALERT_WEBHOOK", "").strip(), environ.get("WLZ_ALERT_WEBHOOK_SHAPE") or SHAPES[0]
    if not url:
        return None
    parts = _split("WLZ_ALERT_WEBHOOK", url, ("https", "http"))
    if shape not in SHAPES:
        raise ChannelError(f"WLZ_ALERT_WEBHOOK_SHAPE: expected {', '.join(SHAPES)}")
    return Webhook(parts.geturl(), shape)


def as_json(digest: Digest) -> dict[str, Any]:
    """The digest as plain JSON: the same text, and the findings one by one."""
    return {
        "delivery_month": month_label(digest.delivery_month),
        "language": digest.language,
        "subject": digest.subject,
        "text": as_text(digest),
        "findings": [
            {
                "check_id": entry.check_id,
                "severity": entry.severity,
                "heading": entry.heading,
                "at_stake_eur": entry.at_stake_eur,
                **{name: text for name, text in entry.fields.items() if name != "amount"},
            }
            for entry in digest.entries
        ],
        "solved": digest.solved,
        "notes": digest.notes,
    }


def as_slack(digest: Digest) -> dict[str, Any]:
    """The digest in Slack's blocks, at most 50 of 3,000 characters; what does not fit is counted."""
    room = SLACK_BLOCKS - 3  # lead, solved, notes
    texts = [digest.lead, *(_slack_entry(entry, digest.language) for entry in digest.entries[:room])]
    if digest.solved:
        texts.append("\n".join([say("solved", digest.language).capitalize(), *digest.solved]))
    texts.append("\n".join(_notes_after(digest, min(len(digest.entries), room))))
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": _slack_text(text), "verbatim": True}} for text in texts
    ]
    return {"text": _slack_text(digest.subject), "blocks": sections}


def _slack_entry(entry: Entry, language: str) -> str:
    return "\n".join([entry.heading, *entry.lines(language)])


def _slack_text(text: str) -> str:
    """Slack's three marks escaped (they make links and call people), cut without breaking an escape."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(escaped) <= SLACK_CHARACTERS:
        return escaped
    return re.sub(r"&[a-z]*$", "", escaped[: SLACK_CHARACTERS - 1]) + "…"


def as_teams(digest: Digest) -> dict[str, Any]:
    """The digest as an Adaptive Card for a workflow's webhook, below 28 KB; what does not fit is counted.

    Text runs carry no Markdown, so words of a delivery cannot become a link.
    """
    for shown in range(len(digest.entries), -1, -1):
        message = _teams_message(digest, shown)
        if len(json.dumps(message, ensure_ascii=False).encode()) <= TEAMS_BYTES:
            break
    return message


def _teams_message(digest: Digest, shown: int) -> dict[str, Any]:
    body = [_run(digest.subject, bold=True), _run(digest.lead)]
    for entry in digest.entries[:shown]:
        body += [_run(entry.heading, bold=True), *(_run(line) for line in entry.lines(digest.language))]
    if digest.solved:
        body += [_run(say("solved", digest.language).capitalize(), bold=True), *map(_run, digest.solved)]
    body += map(_run, _notes_after(digest, shown))
    card = {"type": "AdaptiveCard", "version": "1.4", "body": body}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, *, bold: bool = False) -> dict[str, Any]:
    weight = {"weight": "Bolder"} if bold else {}
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **weight}]}


def _notes_after(digest: Digest, shown: int) -> list[str]:
    """The notes, with a count of the entries that this channel has no room for."""
    hidden = len(digest.entries) - shown
    if not hidden:
        return digest.notes
    return [say("more", digest.language).format(hidden, len(digest.entries)), *digest.notes]


PAYLOADS: dict[str, Callable[[Digest], dict[str, Any]]] = {"json": as_json, "slack": as_slack, "teams": as_teams}


# ---- mail --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mail:
    """Sends text and HTML to a few recipients through one server. Addresses and password are in no repr."""

    host: str
    port: int
    is_encrypted: bool
    user: str
    password: str
    sender: str
    recipients: tuple[str, ...]
    timeout: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        """Its name in the state."""
        return "mail"

    def __repr__(self) -> str:
        return f"Mail({len(self.recipients)} recipients)"

    def send(self, digest: Digest) -> str | None:
        """Send the digest; says so when some recipients were refused. Raises ChannelError.

        A time-out and answers from 400 to 499 may pass.
        """
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = digest.subject, self.sender, ", ".join(self.recipients)
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="wlz-kader.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(as_text(digest))
        message.add_alternative(as_html(digest), subtype="html")
        try:
            refused = self._deliver(message)
            count = f"{refused} of {len(self.recipients)} recipients"
            return f"{count} refused by the mail server" if refused else None
        except smtplib.SMTPResponseException as error:
            passes = 400 <= error.smtp_code < 500
            raise ChannelError(f"the mail server answered {error.smtp_code}", is_passing=passes) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            passes = all(400 <= code < 500 for code in codes)
            answers = ", ".join(map(str, sorted(codes)))
            raise ChannelError(f"the mail server refused every recipient ({answers})", is_passing=passes) from None
        except smtplib.SMTPNotSupportedError:
            raise ChannelError("the mail server cannot log us in, or cannot take this message") from None
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelError(f"the mail server could not be reached ({_kind(error)})", is_passing=True) from None

    def _deliver(self, message: EmailMessage) -> int:
        context = ssl.create_default_context()
        connect: Callable[[], smtplib.SMTP] = (
            (lambda: smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context))
            if self.is_encrypted
            else (lambda: smtplib.SMTP(self.host, self.port, timeout=self.timeout))
        )
        with connect() as server:
            server.ehlo()
            encrypted = self.is_encrypted
            if not encrypted and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                encrypted = True
            if self.user and not encrypted:
                raise ChannelError("the mail server offers no encryption, and a password is not sent without")
            if self.user:
                server.login(self.user, self.password)
            return len(server.send_message(message))


def _mail(environ: Mapping[str, str]) -> Mail | None:
    url, listed = environ.get("WLZ_SMTP_URL", "").strip(), environ.get("WLZ_ALERT_EMAIL", "").strip()
    if not url and not listed:
        return None
    if not url or not listed:
        raise ChannelError("WLZ_SMTP_URL and WLZ_ALERT_EMAIL go together: one of them is empty")
    recipients = tuple(one.strip() for one in re.split("[,;]", listed) if one.strip())
    parts = _split("WLZ_SMTP_URL", url, ("smtp", "smtps"))
    sender = parse_qs(parts.query).get("from", [""])[0]
    if not all(map(_is_address, recipients)):
        raise ChannelError("WLZ_ALERT_EMAIL: expected addresses with commas between them")
    if not _is_address(sender):
        raise ChannelError("WLZ_SMTP_URL: expected ?from=ADDRESS at its end")
    is_encrypted = parts.scheme == "smtps"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    port = parts.port or (465 if is_encrypted else 25)
    return Mail(parts.hostname or "", port, is_encrypted, user, password, sender, recipients)


def _is_address(text: str) -> bool:
    return re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)*", text, re.ASCII) is not None


def _split(variable: str, url: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in schemes or not parts.hostname or not url.isascii() or not url.isprintable():
        raise ChannelError(
            f"{variable}: expected an address that begins with {' or '.join(f'{s}://' for s in schemes)}"
        )
    return parts


def _kind(error: BaseException) -> str:
    """What went wrong in a word, without the address that the error's own text may hold."""
    reason = getattr(error, "reason", None) or error.__context__  # urllib names it, smtplib lets it be the context
    cause = reason if isinstance(reason, BaseException) else error
    return "time-out" if isinstance(cause, TimeoutError) else type(cause).__name__
