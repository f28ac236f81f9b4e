"""Tokens, API keys and backup codes: their form alone tells most mistakes."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.tokens import (
    ALPHABET,
    API_KEY_LENGTH,
    BACKUP_CODE_BYTES,
    TOKEN_BYTES,
    TOKEN_LENGTH,
    csrf_token,
    digest,
    is_api_key,
    is_token,
    new_api_key,
    new_backup_code,
    new_token,
    read_backup_code,
    same,
)

KEY = new_api_key(bytes(range(100, 100 + TOKEN_BYTES)))


@given(st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES))
def test_tokens_and_keys_have_their_form(random: bytes) -> None:
    assert is_token(new_token(random))
    assert is_api_key(new_api_key(random))
    assert not is_api_key(new_token(random))


@given(st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES), st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES))
def test_no_bit_of_chance_is_lost(one: bytes, other: bytes) -> None:
    assert (new_token(one) == new_token(other)) is (one == other)


@pytest.mark.parametrize("random", [b"", bytes(31), bytes(33)])
def test_tokens_are_made_of_256_bits(random: bytes) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        new_token(random)


def edits(key: str) -> set[str]:
    """Every key one letter away: changed, dropped, put in, swapped."""
    letters = ALPHABET + "_- "
    changed = {key[:at] + letter + key[at + 1 :] for at in range(len(key)) for letter in letters}
    dropped = {key[:at] + key[at + 1 :] for at in range(len(key))}
    added = {key[:at] + letter + key[at:] for at in range(len(key) + 1) for letter in letters}
    swapped = {key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(len(key) - 1)}
    return (changed | dropped | added | swapped) - {key}


def test_of_twenty_thousand_single_edits_none_is_a_key() -> None:
    keys = [new_api_key(bytes([seed]) * TOKEN_BYTES) for seed in (0, 1, 255)]
    wrong = [edited for key in keys for edited in edits(key)]
    assert len(wrong) > 20_000
    assert not [edited for edited in wrong if is_api_key(edited)]


@pytest.mark.parametrize(
    "text", ["", "cap_live_", KEY.upper(), KEY.replace("cap_live_", "cap_test_"), KEY + "\n", "é" * 58]
)
def test_what_is_no_key(text: str) -> None:
    assert not is_api_key(text)


def test_a_key_has_a_prefix_that_scanners_find() -> None:
    assert KEY.startswith("cap_live_")
    assert len(KEY) == API_KEY_LENGTH == 58


@pytest.mark.parametrize("letter", ["_", "-", "é", "٣", " "])
def test_a_token_is_base62_and_nothing_else(letter: str) -> None:
    assert is_token("a" * TOKEN_LENGTH)
    assert not is_token("a" * (TOKEN_LENGTH - 1) + letter)
    assert not is_token("a" * (TOKEN_LENGTH + 1))


def test_digests_are_sha_256_of_the_text() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(digest("\ud800")) == 64


def test_a_csrf_token_belongs_to_its_session() -> None:
    one, other = csrf_token("a" * 43), csrf_token("b" * 43)
    assert one != other
    assert same(one, csrf_token("a" * 43))
    assert not same("", one)
    assert not same("ключ\ud800", one)


@given(st.binary(min_size=BACKUP_CODE_BYTES, max_size=BACKUP_CODE_BYTES))
def test_backup_codes_are_read_however_they_are_typed(random: bytes) -> None:
    code = new_backup_code(random)
    plain = code.replace("-", "")
    assert read_backup_code(code) == plain
    typed = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert read_backup_code(f"  {typed} ") == plain


def test_a_backup_code_has_four_groups_of_six() -> None:
    assert new_backup_code(bytes(range(15))) == "000G40-R40M30-E20918-5GR38E"
    for random in (b"", bytes(14), bytes(16)):
        with pytest.raises(ValueError, match="15 random bytes"):
            new_backup_code(random)


@pytest.mark.parametrize(
    "typed", ["", "A" * 23, "A" * 25, "U" * 24, "A" * 23 + "é", "A" * 23 + "\uff10", "A" * 23 + "!"]
)
def test_what_is_no_backup_code(typed: str) -> None:
    assert read_backup_code(typed) is None


def test_comparing_and_deriving_take_any_text() -> None:
    assert same("\ud800", "\ud800")
    assert not same("\ud800", "\ud801")
    assert len(csrf_token("\ud800")) == 64
    assert csrf_token("a" * 43) == hmac.new(b"a" * 43, b"csrf", "sha256").hexdigest()
