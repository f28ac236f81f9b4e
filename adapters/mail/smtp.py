"""Delivering mail: over SMTP, or to the console where there is no server."""

from __future__ import annotations

import smtplib
import ssl
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Literal

from domain.errors import ConfigurationError, Unavailable
from domain.ports.mailer import Mail

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed in.

    Attributes:
        host: Name or address; empty for none.
        port: Port.
        security: ``starttls``, ``tls`` from the first byte, or ``none`` for a relay on this machine.
        ca_file: Own certificate authority; None for the system's.
        user: Name to log in with; empty for none.
        password: Its password.
        sender: From whom mail comes.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    ca_file: Path | None
    user: str
    password: str = field(repr=False)
    sender: str


class SmtpDelivery:
    """One connection a mail, encrypted and with the server's certificate checked unless told otherwise."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def __call__(self, mail: Mail) -> None:
        """Hand a mail in.

        Raises:
            Unavailable: The server does not take it.
        """
        try:
            with self._connected() as client:
                client.send_message(_message(mail, self._server.sender))
        except (OSError, smtplib.SMTPException) as error:
            # The server's text may repeat the address or the mail.
            raise Unavailable(f"the mail server did not take a mail ({type(error).__name__})") from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file)
        client: smtplib.SMTP
        if server.security == "tls":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_SECONDS, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                client.starttls(context=context)
            if server.user:
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client


class ConsoleDelivery:
    """Writes mail to standard error, for a machine without a mail server; the operator passes it on."""

    def __call__(self, mail: Mail) -> None:
        """Print a mail."""
        print(f"--- mail to {mail.to}: {mail.subject}\n{mail.text}---", file=sys.stderr, flush=True)  # noqa: T201


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(localtime=False), make_msgid(domain="mcp-core.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def make_delivery(server: SmtpServer) -> SmtpDelivery | ConsoleDelivery:
    """SMTP where a host is named, else the console.

    Raises:
        ConfigurationError: A password would travel in the clear to another machine.
    """
    if not server.host:
        return ConsoleDelivery()
    if server.security == "none" and server.user:
        raise ConfigurationError(
            "setting SMTP_SECURITY: none would send SMTP_PASSWORD in the clear: use starttls or tls"
        )
    return SmtpDelivery(server)
