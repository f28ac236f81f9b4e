"""A box that keeps what is put into it."""

from __future__ import annotations

from domain.identity.errors import EncryptionUnavailable
from domain.ports.secret_box import SecretBox


class LockedDrawer(SecretBox):
    """Sealed texts are numbers of places in a list.

    Args:
        key_ids: Ids of the keys there are, the one that seals first.
    """

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = key_ids
        self.kept: list[tuple[str, str, str]] = []

    @property
    def current_key_id(self) -> str | None:
        """See the port."""
        return self.key_ids[0] if self.key_ids else None

    def key_id(self, sealed: str) -> str:
        """See the port."""
        parts = sealed.split(":")
        return parts[1] if len(parts) == 3 and parts[0] == "drawer" else ""

    def seal(self, secret: str, context: str) -> str:
        """See the port."""
        if self.current_key_id is None:
            raise EncryptionUnavailable("there is no key")
        self.kept.append((self.current_key_id, secret, context))
        return f"drawer:{self.current_key_id}:{len(self.kept) - 1}"

    def open(self, sealed: str, context: str) -> str:
        """See the port."""
        name, place = self.key_id(sealed), sealed.rpartition(":")[2]
        if name not in self.key_ids or place not in [str(number) for number in range(len(self.kept))]:
            raise EncryptionUnavailable("its key is not there, or it was altered")
        key_id, secret, bound = self.kept[int(place)]
        if (key_id, bound) != (name, context):
            raise EncryptionUnavailable("it was moved")
        return secret
