"""Owners of histories and shares: claimed, remembered, shared, ended and given back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts.accounts import Accounts
from application.accounts.grants import KnownGrants
from application.accounts.outage import PAUSE, Outage
from domain.errors import Conflict, DatabaseUnavailable, NotFound
from domain.identity.errors import ServiceNotFound
from domain.identity.principal import Principal
from domain.identity.scopes import EVERYDAY_SCOPES
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
