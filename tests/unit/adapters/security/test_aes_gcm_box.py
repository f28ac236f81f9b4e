"""What is sealed opens with its key, in its place, unaltered, and in no other way."""

from __future__ import annotations

import base64
import os

import pytest

from adapters.security.aes_gcm_box import AesGcmBox, read_keys
from domain.errors import ConfigurationError
from domain.identity.cloud import sealing_context
from domain.identity.errors import EncryptionUnavailable

OLD, NEW = ("2025", os.urandom(32)), ("2026", os.urandom(32))
HERE = sealing_context("cloud_accounts", "ada", "row-1", "secret_key")
SECRET = "canary-Ünlü-株式会社"  # noqa: S105  # a canary


def test_a_secret_comes_back_and_never_looks_the_same_twice() -> None:
    box = AesGcmBox([NEW])
    sealed = [box.seal(SECRET, HERE) for _ in range(100)]
    assert len(set(sealed)) == 100
    assert {box.open(text, HERE) for text in sealed} == {SECRET}
    assert all("canary" not in text for text in sealed)


def test_each_byte_flipped_is_refused() -> None:
    box = AesGcmBox([NEW])
    version, name, encoded = box.seal(SECRET, HERE).split(":")
    raw = base64.b64decode(encoded)
    for at in range(len(raw)):
        for bit in (0x01, 0x80):
            altered = raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]
            with pytest.raises(EncryptionUnavailable):
                box.open(f"{version}:{name}:{base64.b64encode(altered).decode()}", HERE)


def test_each_letter_of_the_text_changed_is_refused() -> None:
    box = AesGcmBox([NEW, OLD])
    sealed = box.seal(SECRET, HERE)
    for at in range(len(sealed)):
        for letter in "A0=:-":
            altered = sealed[:at] + letter + sealed[at + 1 :]
            if altered != sealed:
                with pytest.raises(EncryptionUnavailable):
                    box.open(altered, HERE)


@pytest.mark.parametrize("cut", [0, 1, 10, 30])
def test_a_text_cut_short_is_refused(cut: int) -> None:
    box = AesGcmBox([NEW])
    with pytest.raises(EncryptionUnavailable):
        box.open(box.seal(SECRET, HERE)[:cut], HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        sealing_context("cloud_accounts", "bob", "row-1", "secret_key"),
        sealing_context("cloud_accounts", "ada", "row-2", "secret_key"),
        sealing_context("cloud_accounts", "ada", "row-1", "access_key"),
        sealing_context("users", "ada", "row-1", "secret_key"),
    ],
)
def test_moved_to_another_row_account_or_column_it_does_not_open(elsewhere: str) -> None:
    box = AesGcmBox([NEW])
    with pytest.raises(EncryptionUnavailable):
        box.open(box.seal(SECRET, HERE), elsewhere)


def test_under_another_keys_name_it_does_not_open() -> None:
    same_bytes = AesGcmBox([NEW, ("twin", NEW[1])])
    sealed = same_bytes.seal(SECRET, HERE)
    with pytest.raises(EncryptionUnavailable):
        same_bytes.open(sealed.replace("2026", "twin"), HERE)


def test_older_keys_open_and_the_newest_seals() -> None:
    before = AesGcmBox([OLD]).seal(SECRET, HERE)
    box = AesGcmBox([NEW, OLD])
    assert box.open(before, HERE) == SECRET
    assert (box.key_id(before), box.key_id(box.seal(SECRET, HERE)), box.current_key_id) == ("2025", "2026", "2026")
    with pytest.raises(EncryptionUnavailable, match="'2025'"):
        AesGcmBox([NEW]).open(before, HERE)


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(EncryptionUnavailable, match="ENCRYPTION_KEYS"):
        AesGcmBox([]).seal(SECRET, HERE)


def entry(name: str, size: int = 32) -> str:
    """One entry of the setting."""
    return f"{name}:{base64.b64encode(b'k' * size).decode()}"


def test_keys_are_read_in_their_order() -> None:
    assert [name for name, _ in read_keys(f" {entry('b')} ,{entry('a')},")] == ["b", "a"]
    assert read_keys("") == []


@pytest.mark.parametrize(
    "text", ["canary", entry("a", 31), entry("a", 33), entry("a b"), entry(""), f"a:{'!' * 44}", entry("a") + ",canary"]
)
def test_a_malformed_setting_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="ENCRYPTION_KEYS") as caught:
        read_keys(text)
    assert "canary" not in caught.value.message
    assert "a2tr" not in caught.value.message


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="same id"):
        read_keys(f"{entry('a')},{entry('a')}")
