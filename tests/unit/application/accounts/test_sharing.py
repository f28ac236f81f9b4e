"""Owners of histories and shares: claimed, remembered, shared, ended and given back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts.accounts import Accounts
from application.accounts.grants import KnownGrants
from application.accounts.outage import PAUSE, Outage
from domain.errors import Conflict, DatabaseUnavailable, NotFound
from domain.identity.errors import AlreadyExists, OperatorsHistory, ServiceNotFound, TooManyRequests
from domain.identity.principal import Principal
from domain.identity.scopes import EVERYDAY_SCOPES, Role, Scope
from domain.identity.sharing import Grants, HistoryOwner, Shared, grants_of
from tests.fakes.clock import FixedClock
from tests.fakes.people import HERE, NOW, a_share, a_user, named
from tests.fakes.world import World


@pytest.fixture
def world() -> World:
    """Ada and Bob."""
    world = World(settings={"data_source_backend": "database"})
    with world.accounts.transaction() as records:
        for name in ("ada", "bob"):
            records.users.add(a_user(name))
    return world


@pytest.fixture
def accounts(world: World) -> Accounts:
    """Their use cases."""
    return world.container().accounts()


def claim(accounts: Accounts, name: str, *services: str) -> None:
    sender = Principal(user_id=named(name), scopes=EVERYDAY_SCOPES)
    accounts.claim_history(sender, services, lambda _service: False, HERE)


def test_a_history_given_back_is_everybodys_and_its_owner_reads_of_it(accounts: Accounts, world: World) -> None:
    claim(accounts, "ada", "shop")
    assert not accounts.grants.shows_history("shop", named("bob"))
    accounts.disown_history("shop", HERE, actor_id=named("bob"))
    assert accounts.grants.shows_history("shop", named("bob"))
    event = list(world.accounts.records.audit.rows.values())[-1].event
    assert (event.action, event.actor_id, event.user_id, event.target, event.caller) == (
        "history.disowned", named("bob"), named("ada"), "history:shop", HERE,
    )  # fmt: skip
    with pytest.raises(NotFound, match="the history of 'shop' is nobody's"):
        accounts.disown_history("shop", HERE, actor_id=None)


def test_claims_are_one_s_own_and_noted_once(accounts: Accounts, world: World) -> None:
    for _ in range(2):
        claim(accounts, "ada", "shop", "cart")
    events = [entry.event for entry in world.accounts.records.audit.rows.values()]
    assert [(event.action, event.actor_id, event.user_id, event.target) for event in events] == [
        ("history.claimed", named("ada"), named("ada"), f"history:{service}") for service in ("cart", "shop")
    ]


def test_a_claim_that_another_process_was_quicker_with_is_refused(accounts: Accounts, world: World) -> None:
    accounts.grants.present()
    with world.accounts.transaction() as records:
        records.shares.claim(HistoryOwner(service_id="shop", owner_id=named("bob"), since=NOW))
    with pytest.raises(ServiceNotFound, match="'shop'"):
        claim(accounts, "ada", "shop")
    assert world.accounts.records.audit.rows == {}


def test_what_one_claimed_in_another_process_is_not_the_operators(accounts: Accounts, world: World) -> None:
    accounts.grants.present()
    with world.accounts.transaction() as records:
        records.shares.claim(HistoryOwner(service_id="shop", owner_id=named("ada"), since=NOW))
    sender = Principal(user_id=named("ada"), scopes=EVERYDAY_SCOPES)
    accounts.claim_history(sender, ["shop"], lambda _service: True, HERE)


@pytest.mark.parametrize(
    "sender",
    [
        Principal(user_id=None, scopes=EVERYDAY_SCOPES),
        Principal(user_id=named("root"), role=Role.ADMIN, scopes=frozenset(Scope)),
        Principal(user_id=named("root"), role=Role.ADMIN, scopes=frozenset({Scope.HISTORY_WRITE})),
    ],
)
def test_what_the_operator_sends_becomes_nobodys(accounts: Accounts, world: World, sender: Principal) -> None:
    accounts.claim_history(sender, ["shop"], lambda _service: True, HERE)
    assert world.accounts.records.shares.histories == {}
    assert world.accounts.records.audit.rows == {}


def test_an_administrator_writes_others_histories_only_with_the_scope_for_it(accounts: Accounts) -> None:
    claim(accounts, "ada", "shop")
    collector = Principal(user_id=named("root"), role=Role.ADMIN, scopes=frozenset({Scope.HISTORY_WRITE}))
    with pytest.raises(ServiceNotFound):
        accounts.claim_history(collector, ["shop"], lambda _service: True, HERE)
    whole = Principal(user_id=named("root"), role=Role.ADMIN, scopes=frozenset(Scope))
    accounts.claim_history(whole, ["shop"], lambda _service: True, HERE)


def test_of_several_histories_all_are_claimed_or_none(accounts: Accounts, world: World) -> None:
    claim(accounts, "bob", "theirs")
    sender = Principal(user_id=named("ada"), scopes=EVERYDAY_SCOPES)
    with pytest.raises(ServiceNotFound, match="'theirs'"):
        accounts.claim_history(sender, ["mine", "theirs"], lambda _service: False, HERE)
    with pytest.raises(OperatorsHistory, match="'old'"):
        accounts.claim_history(sender, ["mine", "old"], lambda service: service == "old", HERE)
    assert set(world.accounts.records.shares.histories) == {"theirs"}
    claim(accounts, "ada", "mine")
    kept = world.accounts.records.shares.histories["mine"]
    assert kept == HistoryOwner(service_id="mine", owner_id=named("ada"), since=world.clock.moment)


def test_a_claim_is_seen_at_once_where_it_was_made(accounts: Accounts) -> None:
    assert accounts.grants.shows_history("shop", named("bob"))
    claim(accounts, "ada", "shop")
    assert not accounts.grants.shows_history("shop", named("bob"))


def test_only_its_owner_and_administrators_share_a_history(accounts: Accounts, world: World) -> None:
    claim(accounts, "ada", "shop")
    for user, service, is_admin in (("bob", "shop", False), ("ada", "free", False), ("ada", "free", True)):
        with pytest.raises(ServiceNotFound, match=service):
            accounts.share(named(user), Shared.HISTORY, service, None, HERE, is_admin=is_admin)
    by_owner = accounts.share(named("ada"), Shared.HISTORY, "shop", "BOB", HERE, is_admin=False)
    assert world.accounts.records.shares.rows[by_owner.id] == by_owner
    assert (by_owner.kind, by_owner.subject, by_owner.shared_by) == (Shared.HISTORY, "shop", named("ada"))
    assert (by_owner.user_id, by_owner.created_at) == (named("bob"), world.clock.moment)
    by_admin = accounts.share(named("bob"), Shared.HISTORY, "shop", None, HERE, is_admin=True)
    assert (by_admin.shared_by, by_admin.user_id) == (named("bob"), None)
    with pytest.raises(AlreadyExists):
        accounts.share(named("ada"), Shared.HISTORY, "shop", "bob", HERE, is_admin=False)


def test_a_share_is_seen_and_gone_at_once_where_it_was_made(accounts: Accounts, world: World) -> None:
    claim(accounts, "ada", "shop")
    assert not accounts.grants.shows_history("shop", named("bob"))
    share = accounts.share(named("ada"), Shared.HISTORY, "shop", "bob", HERE, is_admin=False)
    assert accounts.grants.shows_history("shop", named("bob"))
    accounts.end_share(named("ada"), share.id, HERE, is_admin=False)
    assert not accounts.grants.shows_history("shop", named("bob"))
    assert world.accounts.records.shares.rows == {}


def test_a_share_is_ended_by_who_made_it_or_an_administrator(accounts: Accounts, world: World) -> None:
    shares = [accounts.share(named("ada"), Shared.PLAN, plan, "bob", HERE, is_admin=False) for plan in ("p", "q")]
    for user, share_id, is_admin in (("bob", shares[0].id, False), ("ada", "none", False), ("ada", "none", True)):
        with pytest.raises(NotFound, match="no such share of yours"):
            accounts.end_share(named(user), share_id, HERE, is_admin=is_admin)
    accounts.end_share(named("ada"), shares[0].id, HERE, is_admin=False)
    accounts.end_share(named("bob"), shares[1].id, HERE, is_admin=True)
    assert world.accounts.records.shares.rows == {}


@pytest.mark.parametrize("username", ["nobody", "bob@example.org", "closed", ""])
def test_nothing_is_shared_with_whom_is_not_there(accounts: Accounts, world: World, username: str) -> None:
    with world.accounts.transaction() as records:
        records.users.add(a_user("closed", is_active=False))
    with pytest.raises(NotFound, match="no account of that name"):
        accounts.share(named("ada"), Shared.PLAN, "p", username, HERE, is_admin=False)
    assert world.accounts.records.shares.rows == {}


def test_a_hundred_names_an_hour_may_be_tried(accounts: Accounts) -> None:
    for _ in range(100):
        with pytest.raises(NotFound):
            accounts.share(named("ada"), Shared.PLAN, "p", "nobody", HERE, is_admin=False)
    with pytest.raises(TooManyRequests):
        accounts.share(named("ada"), Shared.PLAN, "p", "bob", HERE, is_admin=False)
    assert accounts.share(named("ada"), Shared.PLAN, "p", None, HERE, is_admin=False)
    assert accounts.share(named("bob"), Shared.PLAN, "p", "ada", HERE, is_admin=False)


def test_an_account_shares_a_thousand_things_at_most(accounts: Accounts, world: World) -> None:
    claim(accounts, "ada", "shop")
    with world.accounts.transaction() as records:
        for number in range(999):
            records.shares.add(a_share(f"s{number}", kind=Shared.PLAN, subject=f"p{number}"))
        records.shares.add(a_share("theirs", kind=Shared.PLAN, shared_by=named("bob"), user_id=named("ada")))
    accounts.share(named("ada"), Shared.HISTORY, "shop", None, HERE, is_admin=False)
    with pytest.raises(Conflict, match="at most 1000"):
        accounts.share(named("ada"), Shared.HISTORY, "shop", "bob", HERE, is_admin=False)


def test_what_is_shared_is_seen_by_whom_it_was_shared_with() -> None:
    owners = [HistoryOwner(service_id=name, owner_id="ada", since=NOW) for name in ("shop", "cart", "own")]
    shares = [
        a_share("1", subject="shop", user_id="bob"), a_share("2", subject="cart", user_id=None),
        a_share("3", kind=Shared.PLAN, subject="p1", user_id="bob"),
        a_share("4", kind=Shared.PLAN, subject="p2", user_id=None),
        a_share("5", kind=Shared.PLAN, subject="p3", user_id="bob"),
    ]  # fmt: skip
    grants = grants_of(owners, shares)
    seen = {
        name: [service for service in ("shop", "cart", "own", "free") if grants.shows_history(service, name)]
        for name in ("ada", "bob", "carl")
    }
    assert seen == {"ada": ["shop", "cart", "own", "free"], "bob": ["shop", "cart", "free"], "carl": ["cart", "free"]}
    assert {name: grants.plans_shown(name) for name in ("bob", "carl")} == {
        "bob": frozenset({"p1", "p2", "p3"}), "carl": frozenset({"p2"}),
    }  # fmt: skip
    assert Grants().shows_history("shop", "bob")


def test_owners_are_remembered_for_five_seconds_and_trusted_for_five_minutes(world: World) -> None:
    clock = FixedClock()
    grants = KnownGrants(world.accounts, clock, histories_are_owned=True)
    assert grants.shows_history("shop", "bob")
    asked = world.accounts.transactions
    with world.accounts.transaction() as records:
        records.shares.claim(HistoryOwner(service_id="shop", owner_id="ada", since=NOW))
    clock.moment += timedelta(seconds=4)
    assert grants.shows_history("shop", "bob")
    assert world.accounts.transactions == asked + 1
    clock.moment += timedelta(seconds=1)
    with pytest.raises(ServiceNotFound):
        grants.check_history("shop", "bob")
    grants.check_history("shop", None)
    world.accounts.problem = DatabaseUnavailable("away")
    clock.moment += timedelta(minutes=5, seconds=-1)
    assert not grants.shows_history("shop", "bob")
    clock.moment += timedelta(seconds=1)
    with pytest.raises(DatabaseUnavailable):
        grants.shows_history("shop", "bob")


def test_a_clock_set_back_does_not_stretch_what_is_remembered(world: World) -> None:
    clock = FixedClock()
    grants = KnownGrants(world.accounts, clock, histories_are_owned=True)
    grants.present()
    asked = world.accounts.transactions
    clock.moment -= timedelta(hours=1)
    grants.present()
    assert world.accounts.transactions == asked + 1


def test_histories_from_elsewhere_are_everybodys_without_a_question(world: World) -> None:
    grants = KnownGrants(world.accounts, FixedClock(), histories_are_owned=False)
    asked = world.accounts.transactions
    assert grants.shows_history("shop", "bob")
    assert world.accounts.transactions == asked


def test_of_those_who_ask_during_an_outage_one_in_five_seconds_waits() -> None:
    outage, clock, asked = Outage(), FixedClock(), []

    def fails() -> None:
        asked.append(clock.now())
        raise DatabaseUnavailable("away")

    for seconds in (0, 1, 4, 5, 6, 9):
        clock.moment = NOW + timedelta(seconds=seconds)
        with pytest.raises(DatabaseUnavailable):
            outage.ask(fails, clock.now)
    assert asked == [NOW, NOW + PAUSE]
    clock.moment = NOW + 2 * PAUSE
    # While one finds out, the others are told at once.
    with pytest.raises(DatabaseUnavailable, match="a moment ago"):
        outage.ask(lambda: outage.ask(fails, clock.now), clock.now)
    clock.moment += PAUSE
    assert outage.ask(lambda: 7, clock.now) == 7
    assert outage.ask(lambda: 8, clock.now) == 8


def test_the_clock_set_back_an_outage_is_asked_after_again() -> None:
    outage, clock = Outage(), FixedClock()

    def fails() -> None:
        raise DatabaseUnavailable("away")

    with pytest.raises(DatabaseUnavailable):
        outage.ask(fails, clock.now)
    clock.moment -= timedelta(hours=1)
    assert outage.ask(lambda: 7, clock.now) == 7
