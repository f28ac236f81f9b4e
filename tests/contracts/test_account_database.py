"""What every `AccountDatabase` must do, asked of the fake, SQLite and MariaDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.database.accounts.database import SqlAccountDatabase
from domain.errors import DatabaseUnavailable
from domain.identity.audit import GENESIS, verify_chain
from domain.identity.errors import AlreadyExists
from domain.identity.limits import Attempts
from domain.identity.scopes import Role, Scope
from domain.identity.sharing import HistoryOwner, Shared
from domain.identity.single_use import Purpose, single_use
from domain.identity.tokens import digest
from domain.ports.account_database import AccountDatabase
from domain.ports.audit_log import AuditFilter
from tests.fakes.account_database import InMemoryAccountDatabase
from tests.fakes.people import NOW, a_cloud_account, a_key, a_session, a_share, a_user, an_event, named
from tests.servers.databases import KINDS, Kept, emptied

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["fake", *KINDS])
def database(request: pytest.FixtureRequest, upgraded_databases: Kept) -> AccountDatabase:
    """Every one there is, without accounts."""
    if request.param == "fake":
        return InMemoryAccountDatabase()
    database = emptied(upgraded_databases(request.param))
    return SqlAccountDatabase(lambda: database)


@pytest.fixture
def people(database: AccountDatabase) -> AccountDatabase:
    """With Ada and Bob in it."""
    with database.transaction() as records:
        records.users.add(a_user("ada"))
        records.users.add(a_user("bob"))
    return database


EVERYTHING = a_user(
    "eve", role=Role.ADMIN, full_name="Ève", organisation="Ünlü 株式会社", is_active=False, failed_logins=3,
    last_failed_at=NOW, locked_at=NOW + MINUTE, last_login_at=NOW - MINUTE, last_login_address="2001:db8::1",
    totp_seed="v1:k:xyz", totp_confirmed_at=NOW, totp_last_step=58_000_000,
)  # fmt: skip


def test_an_account_comes_back_as_it_was_stored(database: AccountDatabase) -> None:
    with database.transaction() as records:
        records.users.add(EVERYTHING)
    with database.reading() as records:
        assert records.users.find(EVERYTHING.id) == EVERYTHING
        assert records.users.find_by_login("eve") == EVERYTHING
        assert records.users.find_by_login("eve@example.org") == EVERYTHING
        assert records.users.find("nobody") is None
        assert records.users.find_by_login("nobody") is None


@pytest.mark.parametrize("taken", [{"username": "ada"}, {"email": "ada@example.org"}])
def test_names_and_addresses_are_unique(people: AccountDatabase, taken: dict[str, str]) -> None:
    with pytest.raises(AlreadyExists), people.transaction() as records:
        records.users.add(a_user("carl", **taken))
    with pytest.raises(AlreadyExists), people.transaction() as records:
        records.users.save(a_user("bob", **taken))


def test_a_transaction_that_fails_leaves_nothing(database: AccountDatabase) -> None:
    def fail() -> None:
        with database.transaction() as records:
            records.users.add(a_user())
            records.audit.append(an_event(), NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as records:
        assert records.users.find_by_login("ada") is None
        assert records.audit.page(AuditFilter(), 10) == []


def test_saving_writes_all_but_the_step_used_last(people: AccountDatabase) -> None:
    with people.transaction() as records:
        records.users.save(a_user("ada", totp_seed="v1:k:1"))
        assert records.users.use_totp_step(named("ada"), 100)
        records.users.save(a_user("ada", totp_seed="v1:k:1", full_name="Ada", totp_last_step=None))
    with people.transaction() as records:
        kept = records.users.find(named("ada"))
        assert kept is not None
        assert (kept.full_name, kept.totp_last_step) == ("Ada", 100)
        records.users.save(a_user("ada", totp_seed=None))
    with people.reading() as records:
        assert records.users.find(named("ada")) == a_user("ada")


def test_a_step_counts_once_and_never_backwards(people: AccountDatabase) -> None:
    with people.transaction() as records:
        used = [records.users.use_totp_step(named("ada"), step) for step in (7, 7, 6, 8)]
    assert used == [True, False, False, True]


def test_of_a_hundred_uses_of_a_step_at_once_one_wins(people: AccountDatabase) -> None:
    def use(_: int) -> bool:
        with people.transaction() as records:
            return records.users.use_totp_step(named("ada"), 9)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(use, range(100))) == 1


def test_deleted_accounts_are_not_found_by_name_nor_listed(people: AccountDatabase) -> None:
    with people.transaction() as records:
        records.users.save(a_user("bob", deleted_at=NOW))
    with people.reading() as records:
        assert records.users.find_by_login("bob") is None
        assert records.users.find(named("bob")) is not None
        assert [user.username for user in records.users.page("", 10)] == ["ada"]
        assert records.users.page("ada", 10) == []


def test_accounts_are_paged_by_name_and_seeds_by_id(people: AccountDatabase) -> None:
    with people.transaction() as records:
        records.users.add(a_user("carl", totp_seed="v1:k:c"))
        records.users.add(a_user("dora", totp_seed="v1:k:d"))
    with people.reading() as records:
        assert [user.username for user in records.users.page("ada", 2)] == ["bob", "carl"]
        first = records.users.with_seed("", 1)
        second = records.users.with_seed(first[0].id, 5)
    assert sorted(user.username for user in first + second) == ["carl", "dora"]


def test_administrators_are_those_that_are_not_deleted(people: AccountDatabase) -> None:
    with people.transaction() as records:
        for name, changes in (("carl", {}), ("dora", {"is_active": False}), ("eve", {"deleted_at": NOW})):
            records.users.add(a_user(name, role=Role.ADMIN, **changes))
    with people.transaction() as records:
        found = records.users.administrators()
    assert [user.id for user in found] == sorted(user.id for user in found)
    assert {user.username for user in found} == {"carl", "dora"}


def test_accounts_never_proven_are_found_by_age(people: AccountDatabase) -> None:
    changes: dict[str, dict[str, Any]] = {
        "carl": {"created_at": NOW - MINUTE}, "dora": {}, "eve": {"created_at": NOW - MINUTE, "deleted_at": NOW},
        "finn": {"created_at": NOW - 2 * MINUTE}, "gina": {"created_at": NOW - MINUTE, "email_verified_at": NOW},
    }  # fmt: skip
    with people.transaction() as records:
        for name, change in changes.items():
            records.users.add(a_user(name, **({"email_verified_at": None} | change)))
    with people.transaction() as records:
        found = records.users.never_verified(NOW, 9)
        assert [user.id for user in found] == sorted([named("carl"), named("finn")])
        assert records.users.never_verified(NOW, 1) == found[:1]
        assert [user.username for user in records.users.never_verified(NOW - MINUTE, 9)] == ["finn"]


def test_of_two_administrators_who_leave_at_once_one_stays(people: AccountDatabase) -> None:
    def leave(name: str) -> None:
        with suppress(DatabaseUnavailable), people.transaction() as records:
            leaving = records.users.find(named(name))
            assert leaving is not None
            if any(other.is_active for other in records.users.administrators() if other.id != leaving.id):
                records.users.save(replace(leaving, is_active=False))

    with people.transaction() as records:
        for name in ("carl", "dora"):
            records.users.add(a_user(name, role=Role.ADMIN))
    for _ in range(10):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(leave, ("carl", "dora")))
        with people.transaction() as records:
            found = records.users.administrators()
            assert any(user.is_active for user in found)
            for user in found:
                records.users.save(replace(user, is_active=True))


def test_sessions_are_found_saved_and_ended(people: AccountDatabase) -> None:
    newer = a_session("s2", created_at=NOW + MINUTE, is_pending=True)
    with people.transaction() as records:
        for session in (a_session("s1"), newer, a_session("s3", user="bob")):
            records.sessions.add(session)
    touched = a_session("s1", seen_at=NOW + MINUTE, confirmed_at=NOW + MINUTE)
    with people.transaction() as records:
        records.sessions.save(touched)
    with people.reading() as records:
        assert records.sessions.find(digest("s1")) == touched
        assert records.sessions.find(digest("none")) is None
        assert records.sessions.of_user(named("ada")) == [newer, touched]
    with people.transaction() as records:
        assert records.sessions.remove(named("ada"), session_id=named("s3")) == 0
        assert records.sessions.remove(named("ada"), session_id=named("s1")) == 1
        assert records.sessions.remove(named("ada")) == 1
        assert records.sessions.remove_older(NOW) == 0
        assert records.sessions.remove_older(NOW + MINUTE) == 1


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_counts_once_for_its_purpose_until_it_expires(people: AccountDatabase, purpose: Purpose) -> None:
    token = single_use(purpose, id=named("t1"), user_id=named("ada"), token_hash=digest("t1"), now=NOW)
    other = next(kind for kind in Purpose if kind is not purpose)
    with people.transaction() as records:
        store = records.single_use
        store.add(token)
        assert store.unused(named("ada"), purpose) == 1
        assert store.redeem(other, digest("t1"), NOW) is None
        assert store.redeem(purpose, digest("t2"), NOW) is None
        assert store.redeem(purpose, digest("t1"), NOW, named("bob")) is None
        assert store.redeem(purpose, digest("t1"), token.expires_at) is None
        assert store.redeem(purpose, digest("t1"), NOW, named("ada")) == replace(token, used_at=NOW)
        assert store.redeem(purpose, digest("t1"), NOW) is None
        assert store.unused(named("ada"), purpose) == 0


def test_tokens_are_forgotten_by_purpose_or_all(people: AccountDatabase) -> None:
    with people.transaction() as records:
        for number, purpose in enumerate(Purpose):
            token = single_use(
                purpose, id=named(f"t{number}"), user_id=named("ada"), token_hash=digest(f"t{number}"), now=NOW
            )
            records.single_use.add(token)
        records.single_use.discard(named("bob"))
        records.single_use.discard(named("ada"), Purpose.BACKUP_CODE)
        left = {purpose: records.single_use.unused(named("ada"), purpose) for purpose in Purpose}
        assert left == {Purpose.BACKUP_CODE: 0, Purpose.RESET_PASSWORD: 1, Purpose.VERIFY_EMAIL: 1}
        records.single_use.discard(named("ada"))
        assert not any(records.single_use.unused(named("ada"), purpose) for purpose in Purpose)


def test_of_fifty_redemptions_at_once_one_wins(people: AccountDatabase) -> None:
    token = single_use(Purpose.RESET_PASSWORD, id="t", user_id=named("ada"), token_hash=digest("t"), now=NOW)
    with people.transaction() as records:
        records.single_use.add(token)

    def redeem(_: int) -> bool:
        with people.transaction() as records:
            return records.single_use.redeem(Purpose.RESET_PASSWORD, digest("t"), NOW) is not None

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(redeem, range(50))) == 1


def test_keys_are_found_listed_used_and_taken_back_by_their_owner(people: AccountDatabase) -> None:
    newer = a_key(
        "k2", created_at=NOW + MINUTE, scopes=frozenset({Scope.PLANS_READ, Scope.ADMIN}), replaces=named("k1")
    )
    with people.transaction() as records:
        records.api_keys.add(a_key("k1"))
        records.api_keys.add(newer)
        records.api_keys.used(named("k1"), NOW + MINUTE)
        assert records.api_keys.revoke(named("bob"), named("k1"), NOW) is None
    used = a_key("k1", last_used_at=NOW + MINUTE)
    with people.reading() as records:
        assert records.api_keys.find(digest("k1")) == used
        assert records.api_keys.find("k1") is None
        assert records.api_keys.of_user(named("ada")) == [newer, used]
    with people.transaction() as records:
        revoked = records.api_keys.revoke(named("ada"), named("k1"), NOW + 2 * MINUTE)
        assert revoked == replace(used, revoked_at=NOW + 2 * MINUTE)
        assert records.api_keys.revoke(named("ada"), named("k1"), NOW + 3 * MINUTE) == revoked


def test_names_of_one_accounts_keys_are_forgotten(people: AccountDatabase) -> None:
    with people.transaction() as records:
        records.api_keys.add(a_key("k1"))
        records.api_keys.add(a_key("k2", user="bob"))
        records.api_keys.forget_names(named("ada"))
    with people.reading() as records:
        assert records.api_keys.find(digest("k1")) == replace(a_key("k1"), name="")
        assert records.api_keys.find(digest("k2")) == a_key("k2", user="bob")


def test_cloud_accounts_belong_to_their_owner(people: AccountDatabase) -> None:
    first, second = a_cloud_account("c1"), a_cloud_account("c2", created_at=NOW + MINUTE, extra="v1:e")
    with people.transaction() as records:
        store = records.cloud_accounts
        for account in (second, first, a_cloud_account("c3", user="bob")):
            store.add(account)
        assert store.find(named("ada"), named("c3")) is None
        assert store.of_user(named("ada")) == [first, second]
        changed = replace(first, name="renamed", access_key=None)
        store.save(changed)
        assert store.find(named("ada"), named("c1")) == changed
        assert {account.id for account in store.after("", 10)} == {named("c1"), named("c2"), named("c3")}
        assert store.remove(named("ada"), named("c3")) == 0
        assert store.remove(named("ada"), named("c1")) == 1
        assert store.remove(named("ada")) == 1
        assert [account.id for account in store.after("", 10)] == [named("c3")]


def test_a_history_is_whose_claimed_it_first(people: AccountDatabase) -> None:
    first = HistoryOwner(service_id="shop", owner_id=named("ada"), since=NOW)
    with people.transaction() as records:
        assert records.shares.owner_of("shop") is None
        assert records.shares.claim(first) == named("ada")
        assert records.shares.claim(replace(first, owner_id=named("bob"), since=NOW + MINUTE)) == named("ada")
        assert records.shares.claim(replace(first, service_id="Shop", owner_id=named("bob"))) == named("bob")
    with people.reading() as records:
        assert records.shares.owner_of("shop") == named("ada")
        assert [(item.service_id, item.owner_id) for item in records.shares.owners()] == [
            ("Shop", named("bob")),
            ("shop", named("ada")),
        ]
        assert records.shares.owners()[1] == first


def test_of_many_claims_at_once_one_stands(people: AccountDatabase) -> None:
    def claim(name: str) -> str:
        with people.transaction() as records:
            return records.shares.claim(HistoryOwner(service_id="shop", owner_id=named(name), since=NOW))

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(claim, ["ada", "bob"] * 10))
    with people.reading() as records:
        assert set(told) == {records.shares.owner_of("shop")}


def test_shares_are_found_listed_and_taken_back(people: AccountDatabase) -> None:
    mine = a_share("h1")
    everybodys = a_share("h2", user_id=None, created_at=NOW + MINUTE)
    theirs = a_share("p1", kind=Shared.PLAN, subject="plan-1", shared_by=named("bob"), user_id=named("ada"))
    with people.transaction() as records:
        for share in (everybodys, mine, theirs):
            records.shares.add(share)
    with people.transaction() as records:
        assert records.shares.find(named("h2")) == everybodys
        assert records.shares.find("none") is None
        assert {share.id for share in records.shares.all()} == {named("h1"), named("h2"), named("p1")}
        assert records.shares.all()[-1] == everybodys
        assert theirs in records.shares.of_user(named("ada"))
        assert records.shares.of_user(named("bob")) == sorted([mine, theirs], key=lambda share: share.id)
        records.shares.remove(named("h1"))
        records.shares.remove("none")
        assert records.shares.of_user(named("bob")) == [theirs]
        assert records.shares.remove_of(named("ada")) == 2
        assert records.shares.all() == []


@pytest.mark.parametrize("user_id", [named("bob"), None])
def test_nothing_is_shared_twice_with_the_same(people: AccountDatabase, user_id: str | None) -> None:
    with people.transaction() as records:
        records.shares.add(a_share("s1", user_id=user_id))
        records.shares.add(a_share("s2", user_id=named("carl")))
        records.shares.add(a_share("s3", user_id=user_id, kind=Shared.PLAN))
    with pytest.raises(AlreadyExists), people.transaction() as records:
        records.shares.add(a_share("s4", user_id=user_id))


def test_a_history_given_back_is_shared_with_nobody(people: AccountDatabase) -> None:
    with people.transaction() as records:
        records.shares.claim(HistoryOwner(service_id="shop", owner_id=named("ada"), since=NOW))
        for share in (a_share("s1"), a_share("s2", kind=Shared.PLAN), a_share("s3", subject="Shop")):
            records.shares.add(share)
        assert records.shares.disown("shop")
        assert not records.shares.disown("shop")
        assert records.shares.owner_of("shop") is None
        assert {share.id for share in records.shares.all()} == {named("s2"), named("s3")}


def test_the_audit_trail_is_a_chain(database: AccountDatabase) -> None:
    with database.transaction() as records:
        for number in range(1200):
            records.audit.append(an_event(f"act.{number}"), NOW + number * MINUTE)
    with database.reading() as records:
        entries, ends = records.audit.chain()
        report = verify_chain(entries, head=ends.head, pruned_hash=ends.pruned)
    assert (report.entries, report.fault, ends.pruned) == (1200, "", GENESIS)


def test_the_audit_trail_is_filtered_and_paged(database: AccountDatabase) -> None:
    with database.transaction() as records:
        records.audit.append(an_event("session.login"), NOW)
        records.audit.append(an_event("session.login", outcome="refused", actor_id=None), NOW + MINUTE)
        records.audit.append(an_event("api_key.created", user_id=named("bob"), actor_id=None), NOW + 2 * MINUTE)
        records.audit.append(an_event("100%_sure", user_id=None, actor_id=named("bob")), NOW + 3 * MINUTE)
    questions = {
        (): [4, 3, 2, 1],
        (("user_id", named("bob")),): [4, 3],
        (("action", "session."),): [2, 1],
        (("action", "%"),): [],
        (("outcome", "refused"),): [2],
        (("since", NOW + MINUTE), ("until", NOW + 3 * MINUTE)): [3, 2],
        (("before_number", 3),): [2, 1],
    }
    with database.reading() as records:
        for asked, numbers in questions.items():
            found = records.audit.page(AuditFilter(**dict(asked)), 10)  # type: ignore[arg-type]
            assert [entry.number for entry in found] == numbers
        assert [entry.number for entry in records.audit.page(AuditFilter(), 1)] == [4]
        assert records.audit.page(AuditFilter(), 1)[0].event == an_event(
            "100%_sure", user_id=None, actor_id=named("bob")
        )


def test_retention_takes_the_oldest_and_the_chain_goes_on(database: AccountDatabase) -> None:
    with database.transaction() as records:
        for number in range(5):
            records.audit.append(an_event(), NOW + number * MINUTE)
        assert records.audit.prune(NOW) == 0
        assert records.audit.prune(NOW + 2 * MINUTE) == 2
        records.audit.append(an_event("later"), NOW + 9 * MINUTE)
    with database.reading() as records:
        entries, ends = records.audit.chain()
        report = verify_chain(entries, head=ends.head, pruned_hash=ends.pruned)
    assert (report.entries, report.fault) == (4, "")
    with database.transaction() as records:
        assert records.audit.prune(NOW + 60 * MINUTE) == 4
        records.audit.append(an_event("much later"), NOW + 61 * MINUTE)
    with database.reading() as records:
        entries, ends = records.audit.chain()
        assert verify_chain(entries, head=ends.head, pruned_hash=ends.pruned).fault == ""


def test_entries_written_at_once_still_make_one_chain(database: AccountDatabase) -> None:
    def append(number: int) -> None:
        with database.transaction() as records:
            records.audit.append(an_event(f"act.{number}"), NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(append, range(40)))
    with database.reading() as records:
        entries, ends = records.audit.chain()
        assert verify_chain(entries, head=ends.head).fault == ""
        assert {entry.event.action for entry in records.audit.page(AuditFilter(), 100)} == {
            f"act.{number}" for number in range(40)
        }


def test_counters_of_attempts(database: AccountDatabase) -> None:
    attempts = Attempts(window_start=NOW, count=3, in_a_row=2, last_at=NOW + MINUTE)
    with database.transaction() as records:
        assert records.attempts.find("login", digest("ada")) is None
        records.attempts.save("login", digest("ada"), attempts)
        records.attempts.save("login", digest("bob"), replace(attempts, last_at=NOW - MINUTE))
    with database.transaction() as records:
        assert records.attempts.find("login", digest("ada")) == attempts
        assert records.attempts.find("other", digest("ada")) is None
        records.attempts.save("login", digest("ada"), replace(attempts, count=4))
        records.attempts.forget_older(NOW)
    with database.transaction() as records:
        assert records.attempts.find("login", digest("ada")) == replace(attempts, count=4)
        assert records.attempts.find("login", digest("bob")) is None
        records.attempts.remove("login", digest("ada"))
        assert records.attempts.find("login", digest("ada")) is None


def test_attempts_counted_at_once_are_all_counted(database: AccountDatabase) -> None:
    def attempt(_: int) -> None:
        with database.transaction() as records:
            known = records.attempts.find("login", digest("ada"))
            found = known or Attempts(window_start=NOW, last_at=NOW)
            records.attempts.save("login", digest("ada"), replace(found, count=found.count + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(40)))
    with database.reading() as records:
        known = records.attempts.find("login", digest("ada"))
    assert known is not None
    assert known.count == 40


def test_counters_of_requests_add_up_over_processes(database: AccountDatabase) -> None:
    with database.transaction() as records:
        assert records.attempts.add_requests({("key:1", 60): 5, ("key:2", 60): 1}) == {
            ("key:1", 60): 5,
            ("key:2", 60): 1,
        }
    with database.transaction() as records:
        assert records.attempts.add_requests({("key:1", 60): 2, ("key:1", 120): 1}) == {
            ("key:1", 60): 7,
            ("key:1", 120): 1,
        }
        records.attempts.forget_older(NOW)
        assert records.attempts.add_requests({("key:1", 60): 1}) == {("key:1", 60): 1}
