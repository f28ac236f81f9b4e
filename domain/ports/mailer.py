"""Port: mail to account holders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One plain-text mail.

    Attributes:
        to: One address.
        subject: One line.
        text: Body, may hold a token: never logged.
    """

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Takes mail and returns at once; what cannot be delivered is logged and counted, and never fails the caller."""

    def send(self, mail: Mail) -> None:
        """Hand a mail over."""
        ...
