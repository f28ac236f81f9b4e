"""Random tokens as text: sessions, mailed tokens, API keys, backup codes. Only their digests are ever stored."""

from __future__ import annotations

import hashlib
import hmac
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_BYTES = 32
# 62^43 > 2^256 and 62^6 > 2^32: no bit is lost.
TOKEN_LENGTH = 43
CHECKSUM_LENGTH = 6
API_KEY_PREFIX = "cap_live_"
API_KEY_LENGTH = len(API_KEY_PREFIX) + TOKEN_LENGTH + CHECKSUM_LENGTH
# What may be shown of a key, so that its owner recognises it: 48 of 256 bits.
SHOWN_LENGTH = len(API_KEY_PREFIX) + 8
BACKUP_CODE_BYTES = 15
BACKUP_CODES = 10
_BACKUP_LENGTH = 24
_BACKUP_GROUP = 6
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def base62(number: int, length: int) -> str:
    """A number in ``length`` digits, most significant first."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_token(random: bytes) -> str:
    """43 characters for 256 random bits."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} random bytes")
    return base62(int.from_bytes(random), TOKEN_LENGTH)


def is_token(text: str) -> bool:
    """Whether a text has a token's form; any other is refused without a look into the database."""
    return len(text) == TOKEN_LENGTH and all(letter in ALPHABET for letter in text)


def new_api_key(random: bytes) -> str:
    """``cap_live_``, 43 random characters and 6 of checksum, so that scanners find it and typing errors are seen."""
    secret = new_token(random)
    return API_KEY_PREFIX + secret + _checksum(secret)


def is_api_key(text: str) -> bool:
    """Whether prefix, length, alphabet and checksum are those of a key."""
    if len(text) != API_KEY_LENGTH or not text.startswith(API_KEY_PREFIX):
        return False
    secret, checksum = text[len(API_KEY_PREFIX) : -CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return is_token(secret) and checksum == _checksum(secret)


def _checksum(secret: str) -> str:
    return base62(zlib.crc32(secret.encode("ascii")), CHECKSUM_LENGTH)


def digest(token: str) -> str:
    """SHA-256, hexadecimal. A fast hash is enough for 120 random bits and more."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_token(session_token: str) -> str:
    """What a page must send beside its cookie; another site can neither read nor compute it."""
    return hmac.new(session_token.encode("utf-8", "surrogatepass"), b"csrf", hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare without telling by the time taken where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def new_backup_code(random: bytes) -> str:
    """120 random bits as four groups of six letters that cannot be mistaken for one another."""
    if len(random) != BACKUP_CODE_BYTES:
        raise ValueError(f"a backup code is made of {BACKUP_CODE_BYTES} random bytes")
    number = int.from_bytes(random)
    letters = "".join(_CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(_BACKUP_LENGTH)))
    return "-".join(letters[start : start + _BACKUP_GROUP] for start in range(0, _BACKUP_LENGTH, _BACKUP_GROUP))


def read_backup_code(typed: str) -> str | None:
    """The code without hyphens and with look-alikes undone; None when it cannot be one."""
    if not typed.isascii():
        return None
    code = typed.strip().upper().translate(_LOOKALIKES)
    return code if len(code) == _BACKUP_LENGTH and all(letter in _CROCKFORD for letter in code) else None
