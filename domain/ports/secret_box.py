"""Port: sealing secrets that must be read again."""

from __future__ import annotations

from typing import Protocol


class SecretBox(Protocol):
    """Authenticated encryption bound to a context; several keys, the first of which seals."""

    def seal(self, secret: str, context: str) -> str:
        """A sealed text that opens only with the same context; two of one secret differ.

        Raises:
            EncryptionUnavailable: There is no key.
        """
        ...

    def open(self, sealed: str, context: str) -> str:
        """The secret.

        Raises:
            EncryptionUnavailable: Its key is not there, or it was altered or moved.
        """
        ...

    def key_id(self, sealed: str) -> str:
        """The id of the key a text was sealed with; empty when it is none of ours."""
        ...

    @property
    def current_key_id(self) -> str | None:
        """The id of the key that seals; None without any."""
        ...
