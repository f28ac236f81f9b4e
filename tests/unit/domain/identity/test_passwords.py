"""What a password must be: length at its edges, and what is known of its owner; how it is estimated is the port's."""

from __future__ import annotations

from itertools import pairwise

import pytest

from adapters.security.zxcvbn_strength import ZxcvbnStrength
from domain.errors import FieldError, InvalidRequest
from domain.identity.passwords import _guesses, check_password, normalised
from domain.ports.password_strength import PasswordStrength
from tests.fakes.password_strength import WordCountingStrength

REAL = ZxcvbnStrength()
GUESSED = "not made of common words, names, dates, rows of keys or what is known of you; four unrelated words do"
UNREPEATED = "".join(chr(0x4E00 + number) for number in range(200))


def fault(password: str, *about: str, strength: PasswordStrength | None = None) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        check_password(password, strength or WordCountingStrength(), about=about)
    except InvalidRequest as refusal:
        return refusal.fields[0].expected
    return ""


def test_the_error_names_field_and_rule_and_never_the_password() -> None:
    with pytest.raises(InvalidRequest, match=r"^/password: at least 15 characters$") as refusal:
        check_password("short", WordCountingStrength())
    assert refusal.value.fields == (
        FieldError(pointer="/password", expected="at least 15 characters", code="password"),
    )


@pytest.mark.parametrize(
    ("length", "wrong"),
    [
        (0, "at least 15 characters"), (14, "at least 15 characters"), (15, ""), (128, ""),
        (129, "at most 128 characters"), (200, "at most 128 characters"),
    ],
)  # fmt: skip
def test_between_15_and_128_characters(length: int, wrong: str) -> None:
    assert fault(UNREPEATED[:length]) == wrong


def test_characters_are_counted_as_they_are_kept() -> None:
    decomposed = UNREPEATED[:13] + "e\u0301" + "x"
    assert len(decomposed) == 16
    assert normalised(decomposed) == UNREPEATED[:13] + "éx"
    assert fault(decomposed[:-1]) == "at least 15 characters"
    assert fault(decomposed) == ""


def test_text_that_no_file_can_hold_is_refused() -> None:
    assert fault(UNREPEATED[:15] + "\ud800") == "text that can be written in UTF-8"


def test_another_field_is_named_when_it_is_another() -> None:
    with pytest.raises(InvalidRequest, match=r"^/new: at least 15 characters$"):
        check_password("short", WordCountingStrength(), pointer="/new")


def test_exactly_enough_guesses_are_enough() -> None:
    class Exactly(PasswordStrength):
        def __init__(self, guesses: float) -> None:
            self.told = guesses

        def guesses(self, password: str, known: object) -> float:
            return self.told

    assert fault("x" * 15, strength=Exactly(1e14)) == ""
    assert fault("x" * 15, strength=Exactly(9.9e13)) == GUESSED


def test_a_long_password_is_judged_by_its_better_end_and_never_as_a_whole() -> None:
    weak, strong = "password" * 3, UNREPEATED[:24]
    for whole, wrong in ((weak + weak, GUESSED), (weak + strong, ""), (strong + weak, "")):
        strength = WordCountingStrength()
        assert fault(whole, strength=strength) == wrong
        asked = {password for password, _ in strength.asked}
        assert asked <= {whole[:24], whole[-24:]}
        assert strength.asked
    strength = WordCountingStrength()
    fault(weak, strength=strength)
    assert [password for password, _ in strength.asked] == [weak]


@pytest.mark.parametrize(
    ("password", "joined", "times"),
    [
        ("one-two three_four", "onetwothreefour", 1_000),
        ("one-two-three-four", "onetwothreefour", 10),
        ("------------------", "", 10),
        ("onetwothreefour", "onetwothreefour", 1),
    ],
)
def test_what_stands_between_words_counts_once_a_kind(password: str, joined: str, times: int) -> None:
    strength = WordCountingStrength()
    told = _guesses(password, strength, {"one"})
    assert strength.asked == [(joined, frozenset({"one"}))]
    assert told == pytest.approx(times * strength.guesses(joined, ["one"]))


def test_what_is_known_is_every_word_of_the_owner_and_ours() -> None:
    strength = WordCountingStrength()
    fault(UNREPEATED[:15], "Ada Lovelace", "li", "", "Grace-Hopper & Söhne", strength=strength)
    [(_, known)] = strength.asked
    assert {"ada lovelace", "ada", "lovelace", "adalovelace", "grace", "hopper", "söhne"} <= known
    ours = "mcp core mcpcore orchestrator capacity forecast flavor correcthorsebatterystaple"
    assert {*ours.split(), "correcthorsebattery", "horsebatterystaple"} <= known
    assert not known & {"li", "", "&"}


@pytest.mark.parametrize(
    "password", ["Ada.Lovelace.1815", "lovelacelovelace", "ADALOVELACE-2026", "ecalevol-ada-1815", "l0velace.@da.123"]
)
def test_the_owners_own_data_protects_nobody(password: str) -> None:
    assert fault(password, "Ada Lovelace", strength=REAL) == GUESSED


WORDS = """
password passwort qwerty qwertyuiop asdfghjkl zxcvbnm 1q2w3e4r 1qaz2wsx zaq12wsx qazwsxedc abcdefgh letmein welcome
admin administrator iloveyou monkey dragon sunshine princess football baseball superman batman starwars pokemon
michael jennifer jordan charlie ashley daniel jessica thomas liverpool chelsea arsenal barcelona manchester
summer winter spring autumn january october monday sunday shadow master freedom whatever trustno1 computer
internet secret access mustang harley cheese cookie pepper chocolate butterfly london america
""".split()  # noqa: SIM905
TAILS = """
123 1234 12345 123456 1234567 12345678 123456789 1234567890 ! !! 1! 123! @123 2024 2025 2026 !2024 @2025 1990
01011990 111111 000000 qwerty abc abc123 abcdef 007 69 xyz me you love one
""".split()  # noqa: SIM905


def common() -> list[str]:
    """Three thousand passwords as the lists of leaks have them, of 15 characters and more."""
    stretched = [word * times for word in WORDS for times in range(2, 7)]
    tailed = [form + tail for word in WORDS for tail in TAILS for form in (word, word.title(), word * 2, word + "_")]
    joined = [one + other for one, other in pairwise(WORDS * 3)] + [one + "123" + one for one in WORDS]
    return sorted({word for word in (*stretched, *tailed, *joined) if 15 <= len(word) <= 24})


def test_of_three_thousand_common_passwords_none_is_taken() -> None:
    tried = common()
    assert len(tried) >= 3_000
    assert [password for password in tried if fault(password, strength=REAL) != GUESSED] == []


LEAKED = """
    password-summer-2024-ada pass-word-pass-word tulip-gravel-oboe 1-2-3-4-5-6-7-8-9 q.w.e.r.t.y.u.i.o.p
    thisisapassword thisismypassword1 mypasswordispassword 1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9 qweasdzxc123456
    poiuytrewqlkjhgfdsa mnbvcxzlkjhgfdsa azertyuiopqsdfgh qwertzuiopasdfgh abcdefghijklmnop 147258369147258369
    741852963741852 a1b2c3d4e5f6g7h8 a1s2d3f4g5h6j7k8 1z2x3c4v5b6n7m8 P@ssw0rd12345678 !QAZ2wsx#EDC4rfv
    manchesterunited manchesterunited1 liverpoolfootballclub michaeljackson1 harrypotter12345 jesuschrist12345
    opensesame123456 letmeinplease123 ihatepasswords12 idontknow1234567 nevergiveup12345 teamopasswordtqm
    stephaniestephanie elizabethelizabeth alexanderalexander Summer2024Winter2024 correcthorsebatterystaple
    deadbeefdeadbeef mcp-core-mcp-core mcporchestrator1 capacityforecast 0123456789abcdef passwordpassword
    qwertyuiopasdfghjkl 123456789012345 qwertyuiop123456789 1qaz2wsx3edc4rfv5tgb qazwsxedcrfvtgbyhnujm
    iloveyousomuch123 zaq12wsxcde34rfv letmeinletmein123 1qaz2wsx3edc4rfv qwerty123456789 asdfghjklqwertyuiop
    zxcvbnmasdfghjkl 1234567890qwertyuiop 0987654321poiuytrewq Password1234567! Welcome123456789 Administrator123
    changeme12345678 1234qwerasdfzxcv qwe123asd456zxc789 123qweasdzxc4567 aaaaaaaaaaaaaaaa 111111111111111
    abc123abc123abc123 abcd1234abcd1234 trustno1trustno1 iloveyouforever1 godisgreat123456 chocolatechip123
    unbelievable123 superman12345678 starwars12345678 passwordpassword1 administratoradmin rootrootrootroot
    testtesttesttest 1234567891234567 123123123123123 159357159357159 789456123789456 asdf1234asdf1234
    qwer1234qwer1234 zaq1zaq1zaq1zaq1 zaq1xsw2cde3vfr4 poiuytrewq123456 lkjhgfdsa1234567 fuckyoufuckyou12
    sunshine123456789 princess12345678 christopher12345 openssesame12345 basketball123456 internationale11
    iloveyou12345678 flavorflavor1234
""".split()  # noqa: SIM905  # a list of passwords is read more easily so


@pytest.mark.parametrize("password", LEAKED)
def test_passwords_of_leaks_and_of_this_house_are_refused(password: str) -> None:
    assert fault(password, strength=REAL) == GUESSED


@pytest.mark.parametrize(
    "password",
    [
        "correct-zebra-lantern-42", "tulip gravel oboe knit", "tulip-gravel-oboe-7", "kX9#mPq2vL8nRt5",
        "vTr8wq2LmZp0sKd", "j7Hq2Wp9Xz4Rn6Bc" * 8, "möwenflugelwetter-7", "пишу-стихи-о-море-вечером",
        "雨の日には本を読んで眠るのが好き",
        "0x5f3759df magic float", "\x00tab\tand\nline-are-letters",
    ],
)  # fmt: skip
def test_good_passwords_are_taken_whatever_they_are_written_in(password: str) -> None:
    assert fault(password, "ada", "Ada Lovelace", "Analytical Engines Ltd", strength=REAL) == ""
