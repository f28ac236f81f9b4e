"""A mailbox."""

from __future__ import annotations

import re

from domain.ports.mailer import Mail, Mailer

_TOKEN = re.compile(r"^[0-9A-Za-z]{43}$", re.MULTILINE)


class RecordingMailer(Mailer):
    """Keeps what was sent.

    Attributes:
        sent: In the order of sending.
    """

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> None:
        """Keep a mail."""
        self.sent.append(mail)

    def close(self) -> None:
        """Nothing is under way."""

    def token(self, to: str) -> str:
        """The newest token mailed to an address."""
        texts = [mail.text for mail in self.sent if mail.to == to]
        return next(found[0] for text in reversed(texts) if (found := _TOKEN.search(text)) is not None)
