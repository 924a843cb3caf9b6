"""Real servers on loopback for tests of alerts: a webhook, a mail server, and one that never answers."""

import http.server
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class WebhookLog:
    """What was posted; ``answers`` are the status codes to give, the last one from then on."""

    port: int
    answers: list[int] = field(default_factory=lambda: [200])
    posts: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/secret-token"


@contextmanager
def webhook_server(*answers: int) -> Iterator[WebhookLog]:
    """A webhook that keeps what it gets."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            log.sizes.append(len(body))
            log.posts.append(json.loads(body))
            answer = log.answers.pop(0) if len(log.answers) > 1 else log.answers[0]
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        log = WebhookLog(server.server_port, list(answers) or [200])
        with _serving(server):
            yield log


@dataclass
class MailLog:
    """Mails that came in; ``answers`` replace those to a command, such as {"RCPT": "550 no such user"}."""

    port: int
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=wlz@example.org"


@contextmanager
def mail_server(**answers: str) -> Iterator[MailLog]:
    """As much of SMTP as a client needs to hand over a mail."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 test")
            for line in self.rfile:
                words = line.decode().strip()
                log.commands.append(words)
                command = words.split(":")[0].split()[0].upper()
                answer = log.answers.get(words) or log.answers.get(command)
                if answer is None and command == "DATA":
                    self._say("354 go on")
                    content = b"".join(iter(self.rfile.readline, b".\r\n"))
                    mail = message_from_bytes(content, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    log.mails.append(mail)
                self._say(answer or ("221 bye" if command == "QUIT" else "250 ok"))

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        log = MailLog(server.server_address[1], dict(answers))
        with _serving(server):
            yield log


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens, and that no other worker gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
