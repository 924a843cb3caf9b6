"""Alerts to real servers on loopback that refuse, fail or never answer, and words that try to break out of them."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipelines.alerts import channels
from tests.e2e.alert_desk import Desk, result
from tests.e2e.alert_servers import closed_port, mail_server, silent_server, webhook_server
from warehouse.alert_state import sole_sender


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for channel in (channels.Webhook, channels.Mail):
        made = channel.__init__
        monkeypatch.setattr(channel, "__init__", lambda self, *a, made=made: made(self, *a, timeout=0.1))


@pytest.fixture
def hook(desk: Desk) -> Iterator:
    with webhook_server() as log:
        desk.environ["WLZ_ALERT_WEBHOOK"] = log.url
        yield log


@pytest.fixture
def mailbox(desk: Desk) -> Iterator:
    with mail_server() as log:
        desk.environ |= {"WLZ_SMTP_URL": log.url, "WLZ_ALERT_EMAIL": "a@example.org, b@example.org"}
        yield log


# ---- two channels, and size ----------------------------------------------------------------------------------------


def test_a_finding_is_told_once_to_every_channel(desk, hook, mailbox):
    said = desk.judge(result()).tell()
    assert said == [
        "alerts: sent by webhook: Wlz-kader 2018-05: 1 waarschuwing",
        "alerts: sent by mail: Wlz-kader 2018-05: 1 waarschuwing",
    ]
    (finding,) = hook.posts[0]["findings"]
    assert finding["check_id"] == "P01"
    assert finding["observed"] == "H126/Menzis: 3 units"
    assert finding["at_stake_eur"] == 4_000_000
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Wlz-kader 2018-05: 1 waarschuwing"
    text = mail.get_body(("plain",)).get_content()
    assert "WAARSCHUWING P01 prijs boven het wettelijk maximum" in text
    assert "Bedrag: € 4,0 mln" in text
    assert "€ 4,0 mln" in mail.get_body(("html",)).get_content()
    assert desk.judge(result()).tell() == []
    assert (len(hook.posts), len(mailbox.mails)) == (1, 1)


def test_ten_thousand_findings_give_a_digest_of_bounded_size(desk, hook, mailbox):
    rows = {
        "prestatiecode": [f"H{n:05}" for n in range(500)],
        "found": [f"H{n:05}/Menzis <b>&: 3 units " + "x" * 500 for n in range(500)],
    }
    findings = pl.DataFrame(rows).with_columns(findings_count=1, at_stake_eur=pl.lit(1e6), wlz_uitvoerder=pl.lit("M"))
    desk.judge(*(result(check_id=f"X{n:02}", findings=findings) for n in range(20)))
    for shape in channels.SHAPES:
        (desk.store.root / "alerts" / "state.parquet").unlink(missing_ok=True)
        desk.environ["WLZ_ALERT_WEBHOOK_SHAPE"] = shape
        assert "10000 waarschuwingen" in desk.tell()[0]
    assert [size < 200_000 for size in hook.sizes] == [True] * 3
    assert hook.sizes[1] <= channels.TEAMS_BYTES
    blocks = hook.posts[2]["blocks"]
    assert len(blocks) <= channels.SLACK_BLOCKS
    assert max(len(block["text"]["text"]) for block in blocks) <= channels.SLACK_CHARACTERS
    text = mailbox.mails[0].get_body(("plain",)).get_content()
    assert text.count("WAARSCHUWING X00") == 20
    assert "En nog 480 van X00." in text
    assert len(text) < 100_000
    assert desk.tell() == []


# ---- servers that do not help ------------------------------------------------------------------------------------


def test_a_webhook_that_fails_is_tried_three_times_and_again_at_the_next_run(desk, hook):
    hook.answers[:] = [500, 503, 500, 200]
    said = desk.judge(result()).tell()
    assert said == ["alerts: the webhook answered 500; kept, and tried again at the next run"]
    assert desk.slept == list(channels.WAITS_SECONDS)
    assert desk.tell() == ["alerts: sent by webhook: Wlz-kader 2018-05: 1 waarschuwing"]
    assert desk.tell() == []


@pytest.mark.parametrize("answer", [400, 403, 302])
def test_a_webhook_that_refuses_is_asked_once(desk, hook, answer):
    hook.answers[:] = [answer]
    said = desk.judge(result()).tell()
    assert said == [f"alerts: the webhook answered {answer}; kept, and tried again at the next run"]
    assert len(hook.posts) == 1


def test_a_mail_server_that_refuses_everyone(desk, mailbox):
    mailbox.answers["RCPT"] = "550 <a@example.org> unknown"
    said = desk.judge(result()).tell()
    assert said == ["alerts: the mail server refused every recipient (550); kept, and tried again at the next run"]
    assert desk.slept == []
    mailbox.answers.clear()
    desk.tell()
    assert len(mailbox.mails) == 1


def test_a_mail_server_that_refuses_one_recipient(desk, mailbox):
    mailbox.answers["rcpt TO:<b@example.org>"] = "550 unknown"
    assert desk.judge(result()).tell() == [
        "alerts: sent by mail: Wlz-kader 2018-05: 1 waarschuwing (1 of 2 recipients refused by the mail server)"
    ]
    assert desk.tell() == []


def test_a_mail_server_that_asks_for_patience_is_tried_again(desk, mailbox):
    mailbox.answers["DATA"] = "451 later"
    assert "answered 451" in desk.judge(result()).tell()[0]
    assert len(desk.slept) == 2


def test_a_password_is_not_sent_without_encryption(desk, mailbox):
    desk.environ["WLZ_SMTP_URL"] = mailbox.url.replace("smtp://", "smtp://user:hunter2@")
    assert "a password is not sent without" in desk.judge(result()).tell()[0]
    assert not [line for line in mailbox.commands if line.upper().startswith(("AUTH", "DATA"))]


def both_channels(port: int) -> dict[str, str]:
    """Webhook and mail server on one port of the loopback."""
    return {
        "WLZ_ALERT_WEBHOOK": f"http://127.0.0.1:{port}/hooks/secret-token",
        "WLZ_SMTP_URL": f"smtp://127.0.0.1:{port}?from=wlz@example.org",
        "WLZ_ALERT_EMAIL": "a@example.org",
    }


def test_servers_that_never_answer(desk, short_time_out):
    with silent_server() as port:
        desk.environ |= both_channels(port)
        said = desk.judge(result()).tell()
    assert said == [
        "alerts: the webhook could not be reached (time-out); kept, and tried again at the next run",
        "alerts: the mail server could not be reached (time-out); kept, and tried again at the next run",
    ]


def test_nobody_there(desk):
    with closed_port() as port:
        desk.environ |= both_channels(port)
        said = desk.judge(result()).tell()
    assert [re.findall(r"\((\w+)\)", line) for line in said] == [["ConnectionRefusedError"]] * 2


def test_one_channel_down_does_not_keep_the_other(desk, hook, mailbox):
    hook.answers[:] = [403, 200]
    desk.judge(result()).tell()
    assert (len(hook.posts), len(mailbox.mails)) == (1, 1)
    desk.tell()
    assert (len(hook.posts), len(mailbox.mails)) == (2, 1)


def test_a_lake_that_cannot_be_read_is_a_sentence(desk, hook):
    desk.judge(result())
    (desk.store.root / "alerts").mkdir()
    (desk.store.root / "alerts" / "state.parquet").write_bytes(b"no parquet")
    (said,) = desk.tell()
    assert said.startswith("alerts: not all was sent (")
    assert hook.posts == []


class _Sleeper(list[float]):
    """A desk only notes how long it would wait; this one does wait."""

    def append(self, seconds: float) -> None:
        time.sleep(seconds)


def test_two_processes_do_not_tell_the_same_and_the_second_waits(desk, hook, monkeypatch):
    desk.judge(result())
    begun = threading.Event()

    def send() -> None:
        with sole_sender(desk.store):
            begun.set()
            time.sleep(1)

    other = threading.Thread(target=send)
    other.start()
    begun.wait()
    monkeypatch.setattr(desk, "slept", _Sleeper())
    (said,) = desk.tell()
    other.join()
    assert said.startswith("alerts: sent by webhook")
    assert len(hook.posts) == 1


def test_a_sender_that_does_not_end_is_said(desk, hook, monkeypatch):
    monkeypatch.setattr("warehouse.alert_state.MOST_TRIES", 2)
    desk.judge(result())
    with sole_sender(desk.store):
        assert desk.tell() == ["alerts: another process keeps sending them; this one sent nothing"]
    assert len(desk.tell()) == 1


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"WLZ_ALERT_WEBHOOK": "ftp://secret-token"}, "WLZ_ALERT_WEBHOOK: expected an address that begins with"),
        ({"WLZ_ALERT_WEBHOOK": "https://x:port/secret-token"}, "WLZ_ALERT_WEBHOOK: expected an address"),
        ({"WLZ_ALERT_WEBHOOK": "https://x", "WLZ_ALERT_WEBHOOK_SHAPE": "fax"}, "expected json, teams, slack"),
        ({"WLZ_ALERT_EMAIL": "a@example.org"}, "WLZ_SMTP_URL and WLZ_ALERT_EMAIL go together"),
        (
            {"WLZ_SMTP_URL": "smtp://127.0.0.1?from=w@example.org", "WLZ_ALERT_EMAIL": "a@example.org\nBcc: x@evil"},
            "WLZ_ALERT_EMAIL: expected addresses",
        ),
        (
            {"WLZ_SMTP_URL": "smtp://127.0.0.1?from=w%0ABcc:x@evil", "WLZ_ALERT_EMAIL": "a@example.org"},
            r"WLZ_SMTP_URL: expected \?from=ADDRESS",
        ),
        ({"WLZ_ALERT_WEBHOOK": "https://x", "WLZ_ALERT_LANGUAGE": "de"}, "WLZ_ALERT_LANGUAGE: expected nl or en"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(desk, setting, sentence):
    desk.environ |= setting
    (said,) = desk.judge(result()).tell()
    assert re.search(sentence, said)


# ---- words of a delivery -----------------------------------------------------------------------------------------


def test_words_of_a_delivery_cannot_break_out(desk, hook, mailbox):
    hostile = (
        "=cmd()|' /C calc'!A0\r\nBcc: x@evil.example\n<script>alert(1)</script> <!channel> [go](http://evil.example)"
    )
    desk.judge(result(hostile))
    for shape in channels.SHAPES:
        (desk.store.root / "alerts" / "state.parquet").unlink(missing_ok=True)
        desk.environ["WLZ_ALERT_WEBHOOK_SHAPE"] = shape
        desk.tell()
    mail = mailbox.mails[0]
    assert mail["Bcc"] is None
    assert "evil" not in str(mail["Subject"]) + str(mail["To"])
    text = mail.get_body(("plain",)).get_content()
    assert not [line for line in text.splitlines() if line.strip().startswith(("=", "Bcc"))]
    assert "evil.example" not in text
    assert "<script>" not in mail.get_body(("html",)).get_content()
    slack = str(hook.posts[2])
    assert "<!channel>" not in slack
    assert "<script>" not in slack
    runs = [run for row in hook.posts[1]["attachments"][0]["content"]["body"] for run in row["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}  # no Markdown in a text run
    assert not [run for run in runs if "\n" in run["text"]]
