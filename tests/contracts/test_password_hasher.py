"""What every `PasswordHasher` must do, asked of the fake and of argon2id."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.argon2_hasher import Argon2Cost, Argon2Hasher
from domain.identity.errors import Busy
from domain.identity.passwords import normalised
from domain.ports.password_hasher import PasswordHasher
from tests.fakes.password_hasher import QuickHasher

CHEAP = Argon2Cost(memory_kib=64)


@pytest.fixture(params=["fake", "argon2id"])
def hasher(request: pytest.FixtureRequest) -> Iterator[PasswordHasher]:
    """Every hasher there is, argon2id with little memory."""
    if request.param == "fake":
        yield QuickHasher()
        return
    real = Argon2Hasher(cost=CHEAP)
    yield real
    real.close()


def test_a_password_fits_its_hash_and_no_other(hasher: PasswordHasher) -> None:
    made = hasher.hash("one")
    assert hasher.verify(made, "one")
    assert not hasher.verify(made, "One")
    assert not hasher.verify(made, "one ")
    assert not hasher.verify(made, "")


def test_two_hashes_of_one_password_differ(hasher: PasswordHasher) -> None:
    assert hasher.hash("one") != hasher.hash("one")


@pytest.mark.parametrize("broken", [None, "", "no hash", "$argon2id$v=19$m=64,t=1,p=1$x"])
def test_without_a_hash_the_answer_is_no(hasher: PasswordHasher, broken: str | None) -> None:
    assert not hasher.verify(broken, "one")


def test_a_hash_of_today_is_not_outdated(hasher: PasswordHasher) -> None:
    assert not hasher.is_outdated(hasher.hash("one"))


def test_every_character_counts_up_to_the_longest(hasher: PasswordHasher) -> None:
    long = "x" * 127
    made = hasher.hash(long + "a")
    assert hasher.verify(made, long + "a")
    assert not hasher.verify(made, long + "b")
    assert not hasher.verify(made, long)
    zero = hasher.hash("before\x00after")
    assert not hasher.verify(zero, "before\x00other")
    assert not hasher.verify(zero, "before")


ARGON2 = Argon2Hasher(cost=CHEAP)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128))
def test_any_text_comes_round_however_it_was_composed(password: str) -> None:
    made = ARGON2.hash(normalised(password))
    assert ARGON2.verify(made, normalised(unicodedata.normalize("NFD", password)))
    assert not ARGON2.verify(made, normalised(password + "x"))


def test_parameters_of_yesterday_are_outdated() -> None:
    old, new = Argon2Hasher(cost=CHEAP), Argon2Hasher(cost=Argon2Cost(memory_kib=128))
    made = old.hash("one")
    assert new.is_outdated(made)
    assert new.verify(made, "one")
    old.close()
    new.close()


def test_hashes_are_argon2id_at_46_mib() -> None:
    real = Argon2Hasher()
    assert real.hash("one").startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    real.close()


def test_beyond_the_places_and_the_queue_the_answer_is_busy_at_once() -> None:
    real = Argon2Hasher(cost=CHEAP, workers=1, queue=2)
    inside, release = threading.Event(), threading.Event()

    def occupy() -> bool:
        inside.set()
        return release.wait(10)

    threads = [threading.Thread(target=real._in_pool, args=(occupy,)) for _ in range(3)]
    try:
        threads[0].start()
        assert inside.wait(10)
        for thread in threads[1:]:
            thread.start()
        while real._places._value:
            threading.Event().wait(0.001)
        with pytest.raises(Busy):
            real.hash("one")
    finally:
        release.set()
        for thread in threads:
            thread.join()
    assert real.hash("one")
    real.close()


def test_whoever_waits_at_the_end_is_told_so() -> None:
    real = Argon2Hasher(cost=CHEAP, workers=1, queue=2)
    inside, release = threading.Event(), threading.Event()

    def occupy() -> bool:
        inside.set()
        return release.wait(10)

    answered: list[str] = []

    def wait() -> None:
        try:
            real.hash("one")
        except Busy:
            answered.append("busy")

    first, second = threading.Thread(target=real._in_pool, args=(occupy,)), threading.Thread(target=wait)
    first.start()
    assert inside.wait(10)
    second.start()
    while real._places._value > 1:
        threading.Event().wait(0.001)
    while real._pool is not None and not real._pool._work_queue.qsize():
        threading.Event().wait(0.001)
    real.close()
    second.join(10)
    assert answered == ["busy"]
    release.set()
    first.join()
