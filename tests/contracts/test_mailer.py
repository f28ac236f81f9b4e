"""What every `Mailer` must do, asked of the fake and of SMTP over a real server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.mail.queued_mailer import QueuedMailer
from adapters.mail.smtp import ConsoleDelivery, SmtpDelivery, SmtpServer, make_delivery
from domain.errors import ConfigurationError, Unavailable
from domain.ports.mailer import Mail, Mailer
from tests.canaries import SMTP_PASSWORD
from tests.fakes.mailer import RecordingMailer

CANARY = "canary-token-0123456789"
A_MAIL = Mail(to="ada@example.org", subject="Confirm your address", text=f"Grüße, your token:\n\n{CANARY}\n")


@dataclass
class Inbox:
    """What a server took; the first so many mails are refused."""

    mails: list[tuple[Any, EmailMessage]] = field(default_factory=list)
    refuse: int = 0

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.refuse:
            self.refuse -= 1
            return f"451 try later {CANARY}"
        self.mails.append((session, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"robot", SMTP_PASSWORD.encode()))


Start = Callable[..., SmtpServer]


@pytest.fixture
def start(certificate: tuple[Path, Path]) -> Iterator[Start]:
    """Starts a server that takes mail in one of the three ways."""
    controllers: list[Controller] = []

    def begin(inbox: Inbox, security: Literal["starttls", "tls", "none"] = "starttls") -> SmtpServer:
        cert, key = certificate
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
        ways: dict[str, dict[str, Any]] = {
            "none": {},
            "tls": {"ssl_context": context},
            "starttls": {
                "tls_context": context,
                "require_starttls": True,
                "authenticator": _authenticate,
                "auth_required": True,
            },
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **ways[security])
        controllers.append(controller)
        controller.start()
        user, password = ("robot", SMTP_PASSWORD) if security == "starttls" else ("", "")
        return SmtpServer(
            host="127.0.0.1", port=port, security=security, ca_file=cert, user=user, password=password,
            sender="plans@example.org",
        )  # fmt: skip

    yield begin
    for controller in controllers:
        controller.stop()


@pytest.mark.parametrize("kind", ["fake", "smtp"])
def test_a_mail_handed_over_arrives(kind: str, start: Start) -> None:
    if kind == "fake":
        fake = RecordingMailer()
        fake.send(A_MAIL)
        assert fake.sent == [A_MAIL]
        return
    inbox = Inbox()
    mailer: Mailer = QueuedMailer(SmtpDelivery(start(inbox)))
    mailer.send(A_MAIL)
    mailer.close()  # type: ignore[attr-defined]
    [(_, message)] = inbox.mails
    assert (message["To"], message["From"], message["Subject"]) == (
        "ada@example.org", "plans@example.org", "Confirm your address",
    )  # fmt: skip
    assert message.get_content().replace("\r\n", "\n") == A_MAIL.text
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_each_way_of_encryption(security: str, start: Start) -> None:
    inbox = Inbox()
    SmtpDelivery(start(inbox, security))(A_MAIL)
    [(session, _)] = inbox.mails
    assert (session.ssl is not None) is (security == "starttls")


def test_a_server_whose_certificate_is_not_trusted_gets_nothing(start: Start) -> None:
    for security in ("starttls", "tls"):
        inbox = Inbox()
        with pytest.raises(Unavailable, match="did not take a mail"):
            SmtpDelivery(replace(start(inbox, security), ca_file=None))(A_MAIL)
        assert inbox.mails == []


def test_a_server_without_encryption_is_not_given_the_password(start: Start) -> None:
    inbox = Inbox()
    with pytest.raises(Unavailable):
        SmtpDelivery(replace(start(inbox, "none"), security="starttls"))(A_MAIL)
    with pytest.raises(ConfigurationError, match="SMTP_SECURITY"):
        make_delivery(replace(start(inbox, "none"), user="robot"))
    assert inbox.mails == []


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_a_refused_mail_is_tried_again_and_the_log_repeats_nothing(start: Start, logged: list[Any]) -> None:
    inbox = Inbox(refuse=2)
    mailer = QueuedMailer(SmtpDelivery(start(inbox)), pause_seconds=0.01)
    mailer.send(A_MAIL)
    mailer.close()
    assert len(inbox.mails) == 1
    assert [line["event"] for line in logged] == ["mail not delivered"] * 2
    assert CANARY not in repr(logged)
    assert "ada@" not in repr(logged)


def test_a_mail_nobody_takes_is_given_up_and_said(start: Start, logged: list[Any]) -> None:
    mailer = QueuedMailer(SmtpDelivery(start(Inbox(refuse=9))), pause_seconds=0.01)
    mailer.send(A_MAIL)
    mailer.close()
    assert [line["event"] for line in logged][-1] == "mail given up"
    assert CANARY not in repr(logged)


def test_a_full_queue_drops_and_says_so_and_nobody_waits(logged: list[Any]) -> None:
    release = threading.Event()

    def deliver(_mail: Mail) -> None:
        release.wait(10)

    mailer = QueuedMailer(deliver)
    for _ in range(1_002):
        mailer.send(A_MAIL)
    assert [line["event"] for line in logged] == ["mail dropped: the queue is full"]
    release.set()
    mailer.close()


def test_without_a_server_mail_is_printed_for_the_operator(capsys: pytest.CaptureFixture[str]) -> None:
    delivery = make_delivery(
        SmtpServer(host="", port=587, security="starttls", ca_file=None, user="", password="", sender="x@example.org")
    )
    assert isinstance(delivery, ConsoleDelivery)
    delivery(A_MAIL)
    printed = capsys.readouterr()
    assert CANARY in printed.err
    assert printed.out == ""
