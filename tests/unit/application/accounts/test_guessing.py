"""How often anybody may guess: passwords, codes, tokens, and how often mail is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from application.accounts.accounts import Accounts
from application.accounts.create_user import NewUser
from domain.identity.audit import Caller
from domain.identity.errors import BadCredentials, Busy, TokenRefused, TooManyRequests
from domain.identity.limits import LOCK_AFTER
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest, new_token
from domain.ports.audit_log import AuditFilter
from tests.canaries import NEW_PASSWORD, PASSWORD
from tests.fakes.people import HERE, a_user, named
from tests.fakes.world import World
from tests.http.people import KEYS, code_of, seed_of

WRONG = "wrong"


@pytest.fixture
def world() -> World:
    """Ada and Bob."""
    world = World(settings={"registration": "open", "encryption_keys": KEYS})
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
        records.users.add(a_user("bob"))
    return world


@pytest.fixture
def accounts(world: World) -> Accounts:
    """Their use cases."""
    return world.container().accounts()


def elsewhere(number: int) -> Caller:
    """Another address."""
    return Caller(address=f"198.51.100.{number % 250}-{number}")


def outcome(accounts: Accounts, login: str = "ada", password: str = WRONG, caller: Caller = HERE) -> str:
    """What came of a log-in."""
    try:
        accounts.log_in(login, password, caller)
    except BadCredentials:
        return "wrong"
    except TooManyRequests as refusal:
        return f"wait {refusal.retry_after_seconds}"
    except Busy:
        return "busy"
    return "in"


def test_ten_wrong_passwords_from_an_address_in_five_minutes(accounts: Accounts, world: World) -> None:
    tried = [outcome(accounts, f"user-{number}") for number in range(11)]
    assert tried == ["wrong"] * 10 + ["wait 300"]
    assert outcome(accounts, "bob", PASSWORD) == "wait 300"
    assert outcome(accounts, "bob", PASSWORD, elsewhere(1)) == "in"
    world.clock.moment += timedelta(minutes=5)
    assert outcome(accounts, "bob", PASSWORD) == "in"


def test_failures_in_a_row_make_an_accounts_wait_grow(accounts: Accounts, world: World) -> None:
    waits = []
    for number in range(40):
        found = outcome(accounts, caller=elsewhere(number))
        if found.startswith("wait"):
            waits.append(int(found.split()[1]))
            world.clock.moment += timedelta(seconds=waits[-1])
    # From the fifth failure on; the tenth in five minutes waits for their end, which the doubling then overtakes.
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert all(later >= earlier or earlier > 200 for earlier, later in pairwise(waits))


def test_names_that_do_not_exist_wait_like_those_that_do(accounts: Accounts, world: World) -> None:
    def course(name: str) -> list[str]:
        found = []
        for number in range(12):
            found.append(outcome(accounts, name, caller=elsewhere(number + (0 if name == "ada" else 500))))
            world.clock.moment += timedelta(seconds=1)
        return found

    known = course("ada")
    world.clock.moment += timedelta(minutes=15)
    assert course("nobody") == known
    assert any(result.startswith("wait") for result in known)


def test_a_right_password_ends_the_wait_for_the_next_time(accounts: Accounts, world: World) -> None:
    for _ in range(6):
        for number in range(4):
            assert outcome(accounts, caller=elsewhere(number)) == "wrong"
        assert outcome(accounts, password=PASSWORD) == "in"


def test_the_hundredth_failure_in_a_row_locks_until_a_mailed_reset(accounts: Accounts, world: World) -> None:
    failed = 0
    while failed < LOCK_AFTER:
        failed += outcome(accounts, caller=elsewhere(failed)) == "wrong"
        world.clock.moment += timedelta(minutes=16)
    assert "is closed until" in world.mail.sent[-1].text
    world.clock.moment += timedelta(days=30)
    assert outcome(accounts, password=PASSWORD) == "wrong"
    accounts.request_reset("ada", HERE)
    accounts.reset_password(world.mail.token("ada@example.org"), NEW_PASSWORD, "", HERE)
    assert outcome(accounts, password=NEW_PASSWORD, caller=elsewhere(9)) == "in"
    actions = [
        entry.event.action for entry in world.accounts.records.audit.page(AuditFilter(user_id=named("ada")), 500)
    ]
    assert actions.count("account.locked") == 1
    assert actions.count("session.login") == LOCK_AFTER + 2


def test_a_thousand_failures_anywhere_make_everybody_wait(accounts: Accounts) -> None:
    tried = [outcome(accounts, f"user-{number}", caller=elsewhere(number)) for number in range(1_001)]
    assert tried == ["wrong"] * 1_000 + ["wait 300"]


def test_attempts_made_at_once_all_count(accounts: Accounts) -> None:
    with ThreadPoolExecutor(16) as pool:
        tried = list(pool.map(lambda number: outcome(accounts, f"user-{number}"), range(50)))
    assert tried.count("wrong") == 10


def test_a_full_queue_costs_no_attempt(accounts: Accounts, world: World) -> None:
    world.hasher.is_busy = True
    assert {outcome(accounts) for _ in range(30)} == {"busy"}
    world.hasher.is_busy = False
    assert outcome(accounts, password=PASSWORD) == "in"


def test_known_and_unknown_names_cost_one_check_each(accounts: Accounts, world: World) -> None:
    outcome(accounts, "ada")
    outcome(accounts, "nobody", caller=elsewhere(1))
    assert world.hasher.checked == [a_user("ada").password_hash, None]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email_verified_at": None}])
def test_a_right_password_of_an_account_that_is_not_open_is_wrong(
    accounts: Accounts, world: World, change: dict[str, object]
) -> None:
    with world.accounts.transaction() as records:
        records.users.save(a_user("ada", **change))
    assert outcome(accounts, password=PASSWORD) == "wrong"


def test_a_hash_with_yesterdays_parameters_is_renewed(accounts: Accounts, world: World) -> None:
    old = a_user("ada").password_hash
    world.hasher.outdated.add(old)
    assert outcome(accounts, password=PASSWORD) == "in"
    assert world.accounts.records.users.rows[named("ada")].password_hash != old
    assert outcome(accounts, password=PASSWORD) == "in"


def with_factor(accounts: Accounts, world: World) -> tuple[str, list[str]]:
    """Ada's authenticator and backup codes."""
    seed = seed_of(accounts.enrol_totp(named("ada"), HERE).uri)
    done = accounts.confirm_totp(named("ada"), code_of(seed, world.clock.moment), HERE)
    world.clock.moment += timedelta(seconds=30)
    return seed, list(done.backup_codes)


def code_outcome(accounts: Accounts, token: str, code: str) -> str:
    """What came of a code."""
    try:
        accounts.confirm_log_in(token, code, HERE)
    except BadCredentials:
        return "wrong"
    except TooManyRequests as refusal:
        return f"wait {refusal.retry_after_seconds}"
    return "in"


def test_five_wrong_codes_in_five_minutes_twenty_an_hour_fifty_a_day(accounts: Accounts, world: World) -> None:
    seed, _ = with_factor(accounts, world)
    wrong_each_hour = []
    for _ in range(24):
        wrong = 0
        for _ in range(12):
            token = accounts.log_in("ada", PASSWORD, HERE).token
            tried = [code_outcome(accounts, token, "000000") for _ in range(7)]
            wrong += tried.count("wrong")
            assert tried.count("wrong") <= 5
            world.clock.moment += timedelta(minutes=5)
        wrong_each_hour.append(wrong)
    assert max(wrong_each_hour) <= 20
    assert 20 <= sum(wrong_each_hour) <= 50
    token = accounts.log_in("ada", PASSWORD, HERE).token
    world.clock.moment += timedelta(days=1)
    token = accounts.log_in("ada", PASSWORD, HERE).token
    assert code_outcome(accounts, token, code_of(seed, world.clock.moment)) == "in"


@pytest.mark.parametrize("steps", range(-10, 11))
def test_a_code_counts_within_one_step(accounts: Accounts, world: World, steps: int) -> None:
    seed, _ = with_factor(accounts, world)
    world.clock.moment += timedelta(minutes=10)
    token = accounts.log_in("ada", PASSWORD, HERE).token
    code = code_of(seed, world.clock.moment + timedelta(seconds=30 * steps))
    assert code_outcome(accounts, token, code) == ("in" if abs(steps) <= 1 else "wrong")


SPELLINGS = ["٠", "۰", "०", "০", "੦", "૦", "୦", "௦", "౦", "೦", "൦", "๐", "\uff10", "𝟎"]


@pytest.mark.parametrize("zero", SPELLINGS)
def test_digits_of_other_scripts_are_no_code(accounts: Accounts, world: World, zero: str) -> None:
    seed, _ = with_factor(accounts, world)
    token = accounts.log_in("ada", PASSWORD, HERE).token
    right = code_of(seed, world.clock.moment)
    assert code_outcome(accounts, token, "".join(chr(ord(zero) + int(digit)) for digit in right)) == "wrong"
    assert code_outcome(accounts, token, right) == "in"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "+12345", "12 345", "1_2345", "12345.", "0x1234", "１２３４５６"]
)
def test_what_is_no_code(accounts: Accounts, world: World, typed: str) -> None:
    with_factor(accounts, world)
    assert code_outcome(accounts, accounts.log_in("ada", PASSWORD, HERE).token, typed) == "wrong"


def test_of_a_hundred_uses_of_a_code_at_once_one_gets_in(accounts: Accounts, world: World) -> None:
    seed, codes = with_factor(accounts, world)
    for code in (code_of(seed, world.clock.moment), codes[0]):
        world.clock.moment += timedelta(days=2)
        again = code_of(seed, world.clock.moment) if code.isdigit() else code
        tokens = [accounts.log_in("ada", PASSWORD, HERE).token for _ in range(100)]
        with ThreadPoolExecutor(16) as pool:
            tried = list(pool.map(lambda token, code=again: code_outcome(accounts, token, code), tokens))
        assert tried.count("in") == 1


def test_a_password_without_its_code_expires(accounts: Accounts, world: World) -> None:
    seed, _ = with_factor(accounts, world)
    token = accounts.log_in("ada", PASSWORD, HERE).token
    world.clock.moment += timedelta(minutes=5)
    assert code_outcome(accounts, token, code_of(seed, world.clock.moment)) == "wrong"


def test_ten_thousand_wrong_tokens_open_nothing(accounts: Accounts, world: World) -> None:
    accounts.request_reset("ada", HERE)
    real = world.mail.token("ada@example.org")
    refused = 0
    for number in range(10_000):
        seed = number.to_bytes(32, "big")
        token = {0: new_token(seed), 1: real[:-1] + "~", 2: real.swapcase(), 3: real + "0"}[number % 4]
        # A caller of its own each time: the limit of an address is another test's.
        with pytest.raises(TokenRefused):
            accounts.reset_password(token, NEW_PASSWORD, "", elsewhere(number))
        refused += 1
    assert refused == 10_000
    accounts.reset_password(real, NEW_PASSWORD, "", HERE)


def test_thirty_tokens_from_an_address_in_five_minutes(accounts: Accounts) -> None:
    for _ in range(30):
        with pytest.raises(TokenRefused):
            accounts.verify_email(new_token(bytes(32)), HERE)
    with pytest.raises(TooManyRequests):
        accounts.reset_password(new_token(bytes(32)), NEW_PASSWORD, "", HERE)


def test_of_fifty_redemptions_at_once_one_sets_the_password(accounts: Accounts, world: World) -> None:
    accounts.request_reset("ada", HERE)
    token = world.mail.token("ada@example.org")

    def redeem(number: int) -> bool:
        try:
            accounts.reset_password(token, f"{NEW_PASSWORD}-{number}", "", elsewhere(number))
        except TokenRefused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(redeem, range(50))) == 1


def test_tokens_are_kept_as_digests(accounts: Accounts, world: World) -> None:
    accounts.request_reset("ada", HERE)
    token = world.mail.token("ada@example.org")
    [kept] = world.accounts.records.single_use.rows.values()
    assert (kept.purpose, kept.token_hash) == (Purpose.RESET_PASSWORD, digest(token))
    assert token not in repr(world.accounts.records)


def test_five_reset_mails_a_day_for_a_name_whether_it_exists_or_not(accounts: Accounts, world: World) -> None:
    for name in ("ada", "nobody"):
        for number in range(5):
            accounts.request_reset(name, elsewhere(number))
        with pytest.raises(TooManyRequests):
            accounts.request_reset(name, elsewhere(9))
    assert len(world.mail.sent) == 5
    world.clock.moment += timedelta(days=1)
    accounts.request_reset("ada", HERE)


def test_three_registrations_of_an_address_in_six_hours(accounts: Accounts, world: World) -> None:
    for number in range(3):
        wanted = NewUser(username=f"eve{number}", email="eve@example.org", password=PASSWORD)
        accounts.register(wanted, elsewhere(number))
    with pytest.raises(TooManyRequests):
        accounts.register(wanted, elsewhere(5))
    assert [mail.subject for mail in world.mail.sent] == ["Confirm your address"] + ["No new account was made"] * 2


def test_twenty_mails_an_hour_from_one_client(accounts: Accounts, world: World) -> None:
    for number in range(20):
        accounts.request_reset(f"user-{number}", HERE)
    with pytest.raises(TooManyRequests):
        accounts.request_reset("ada", HERE)


def test_of_fifty_registrations_of_one_address_at_once_one_is_stored(world: World) -> None:
    accounts = world.container().accounts()

    def register(number: int) -> None:
        try:
            accounts.register(
                NewUser(username=f"eve{number}", email="eve@example.org", password=PASSWORD), elsewhere(number)
            )
        except TooManyRequests:
            return

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(register, range(50)))
    assert sum(user.email == "eve@example.org" for user in world.accounts.records.users.rows.values()) == 1
