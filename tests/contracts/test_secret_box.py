"""What every `SecretBox` must do, asked of the fake and of AES-256-GCM."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from adapters.security.aes_gcm_box import AesGcmBox
from domain.identity.errors import EncryptionUnavailable
from domain.ports.secret_box import SecretBox
from tests.fakes.secret_box import LockedDrawer

Make = Callable[..., SecretBox]
KEYS = {name: os.urandom(32) for name in ("2025", "2026")}


def _rekeyed(first: SecretBox, *key_ids: str) -> SecretBox:
    """A box over what another one kept, with other keys."""
    if isinstance(first, LockedDrawer):
        drawer = LockedDrawer(*key_ids)
        drawer.kept = first.kept
        return drawer
    return AesGcmBox([(name, KEYS[name]) for name in key_ids])


@pytest.fixture(params=["fake", "aes-gcm"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a box with the keys of these ids."""
    if request.param == "fake":
        return LockedDrawer
    return lambda *key_ids: AesGcmBox([(name, KEYS[name]) for name in key_ids])


@pytest.mark.parametrize("secret", ["", "canary", "Ünlü-株式会社\n\x00", "x" * 4096])
def test_a_secret_comes_back_in_its_context_only(make: Make, secret: str) -> None:
    box = make("2026")
    sealed = box.seal(secret, "users/ada/1/totp_seed")
    assert box.open(sealed, "users/ada/1/totp_seed") == secret
    for elsewhere in ("users/bob/1/totp_seed", "users/ada/2/totp_seed", "users/ada/1/other", ""):
        with pytest.raises(EncryptionUnavailable):
            box.open(sealed, elsewhere)


def test_a_sealed_text_tells_its_key_and_nothing_of_its_secret(make: Make) -> None:
    box = make("2026", "2025")
    sealed = [box.seal("canary", "here") for _ in range(10)]
    assert len(set(sealed)) == 10
    assert not any("canary" in text for text in sealed)
    assert {box.key_id(text) for text in sealed} == {"2026"} == {box.current_key_id}
    assert [box.key_id(text) for text in ("", "canary", "a:b:c", "a:b:c:d")] == [""] * 4


def test_the_first_key_seals_and_all_open(make: Make) -> None:
    before = make("2025")
    sealed = before.seal("canary", "here")
    both = _rekeyed(before, "2026", "2025")
    assert both.open(sealed, "here") == "canary"
    assert both.key_id(both.seal("new", "here")) == "2026"
    with pytest.raises(EncryptionUnavailable):
        _rekeyed(before, "2026").open(sealed, "here")


def test_an_altered_text_does_not_open(make: Make) -> None:
    box = make("2026", "2025")
    sealed = box.seal("canary", "here")
    for altered in (sealed[:-1], f"{sealed}0", sealed.replace("2026", "2025"), "canary", ""):
        with pytest.raises(EncryptionUnavailable):
            box.open(altered, "here")


def test_without_a_key_nothing_is_sealed(make: Make) -> None:
    assert make().current_key_id is None
    with pytest.raises(EncryptionUnavailable):
        make().seal("canary", "here")
