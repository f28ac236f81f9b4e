"""Adapter of the port `SecretBox`: AES-256-GCM, several keys."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import ConfigurationError
from domain.identity.errors import EncryptionUnavailable
from domain.ports.secret_box import SecretBox

_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_VERSION = "v1"
_HOW = (
    "ENCRYPTION_KEYS takes id:base64 of 32 bytes, separated by commas, the newest first; mcp-core db new-key draws one"
)


class AesGcmBox(SecretBox):
    """Sealed texts are ``v1:key id:base64 of nonce and ciphertext``; context and key id are authenticated as well.

    Args:
        keys: Id and 32 bytes each; the first one seals, all of them open.
    """

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        self._keys = dict(keys)
        self._first = keys[0][0] if keys else None

    @property
    def current_key_id(self) -> str | None:
        """The id of the key that seals."""
        return self._first

    def key_id(self, sealed: str) -> str:
        """The id in a sealed text; empty when it has none."""
        parts = sealed.split(":")
        return parts[1] if len(parts) == 3 and parts[0] == _VERSION else ""

    def seal(self, secret: str, context: str) -> str:
        """Seal with the newest key under a fresh random nonce."""
        if self._first is None:
            raise EncryptionUnavailable(f"a secret cannot be kept: set ENCRYPTION_KEYS ({_HOW})")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys[self._first]).encrypt(nonce, secret.encode(), _bound(self._first, context))
        return f"{_VERSION}:{self._first}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, context: str) -> str:
        """Open with the key it names."""
        name = self.key_id(sealed)
        key = self._keys.get(name)
        if key is None:
            raise EncryptionUnavailable(f"a secret was sealed with the key {name!r}, which ENCRYPTION_KEYS lacks")
        try:
            raw = base64.b64decode(sealed.split(":")[2], validate=True)
            # Base64 has spellings that differ in unused bits: only the one that was written is taken.
            if base64.b64encode(raw).decode() != sealed.split(":")[2]:
                raise ValueError("not in its one spelling")
            return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(name, context)).decode()
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise EncryptionUnavailable(
                "a sealed secret was altered, moved to another row, or its key is another"
            ) from (error)


def _bound(key_id: str, context: str) -> bytes:
    return f"{_VERSION}|{key_id}|{context}".encode()


def read_keys(text: str) -> list[tuple[str, bytes]]:
    """Keys from a setting's text.

    Raises:
        ConfigurationError: One is not of that form; the keys themselves are never repeated.
    """
    keys: list[tuple[str, bytes]] = []
    for part in [part.strip() for part in text.split(",") if part.strip()]:
        name, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _KEY_ID.fullmatch(name) or len(key) != _KEY_BYTES:
            raise ConfigurationError(f"setting ENCRYPTION_KEYS: entry {len(keys) + 1} is malformed: {_HOW}")
        keys.append((name, key))
    if len({name for name, _ in keys}) < len(keys):
        raise ConfigurationError("setting ENCRYPTION_KEYS: two entries have the same id")
    return keys


def aes_gcm_box(text: str) -> AesGcmBox:
    """The box over a setting's keys."""
    return AesGcmBox(read_keys(text))
