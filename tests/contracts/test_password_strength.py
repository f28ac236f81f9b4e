"""Every estimator: what is guessed first takes few guesses, and what is not takes many."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.security.zxcvbn_strength import ZxcvbnStrength
from domain.ports.password_strength import PasswordStrength
from tests.fakes.password_strength import WordCountingStrength


@pytest.fixture(params=[WordCountingStrength, ZxcvbnStrength])
def strength(request: pytest.FixtureRequest) -> PasswordStrength:
    """Each in turn."""
    made: PasswordStrength = request.param()
    return made


def test_what_comes_first_on_every_list(strength: PasswordStrength) -> None:
    for password in ("password", "Password", "qwertyuiop", "123456789"):
        assert 1 <= strength.guesses(password, []) < 1_000


def test_letters_by_chance(strength: PasswordStrength) -> None:
    assert strength.guesses("vTr8wq2LmZp0sKd", []) > 1e14


def test_repetition_adds_little(strength: PasswordStrength) -> None:
    assert strength.guesses("aaaaaaaaaaaaaaa", []) < 1_000
    assert strength.guesses("password" * 3, []) < 1_000_000


@pytest.mark.parametrize("known", [["gryzbowska"], ["GRYZBOWSKA"]])
def test_a_known_word_counts_for_little(strength: PasswordStrength, known: list[str]) -> None:
    assert strength.guesses("gryzbowska", []) > 1e9
    assert strength.guesses("Gryzbowska", known) < 1_000


def test_nothing_is_guessed_at_once(strength: PasswordStrength) -> None:
    assert strength.guesses("", []) == 1


@pytest.mark.parametrize("password", ["\x00" * 128, "é" * 128, "😀" * 64, "ǅ ٣" * 40, "a" * 128])
def test_whatever_is_typed_has_an_estimate(strength: PasswordStrength, password: str) -> None:
    assert strength.guesses(password, ["é", "\x00", "😀"]) >= 1


def test_what_is_known_of_one_is_not_known_of_another(strength: PasswordStrength) -> None:
    names = [f"gryzbo{letter * 3}ska" for letter in "abcdefgh"]

    def judged(name: str) -> tuple[bool, bool]:
        return strength.guesses(name, [name]) < 1_000, strength.guesses(name, ["else"]) > 1e6

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(judged, names * 20)) == {(True, True)}
