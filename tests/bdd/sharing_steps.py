"""Steps of owning and sharing histories."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from pytest_bdd import given, parsers, then, when

from domain.errors import McpCoreError
from domain.identity.errors import OperatorsHistory, ServiceNotFound
from domain.identity.principal import Principal
from domain.identity.scopes import EVERYDAY_SCOPES
from domain.identity.sharing import Share, Shared
from domain.plan import Plan
from domain.plan_request import read_plan_request
from tests.bdd.conftest import Planning
from tests.fakes.people import HERE, a_user, named
from tests.fakes.world import body


@dataclass
class Sharing:
    """Ada and Bob, whose histories there are, and what Bob was told."""

    planning: Planning
    stored: set[str] = field(default_factory=set)
    made: Share | None = None
    plan: Plan | None = None
    error: McpCoreError | None = None

    def send(self, name: str, service: str) -> None:
        sender = Principal(user_id=named(name), scopes=EVERYDAY_SCOPES)
        self.planning.container.accounts().claim_history(sender, [service], self.stored.__contains__, HERE)
        self.stored.add(service)


@pytest.fixture
def sharing(planning: Planning) -> Sharing:
    """Two people, and a service that keeps what it is sent."""
    planning.world.settings["data_source_backend"] = "database"
    planning.world.lives("shop", "avg_cpu", 48)
    with planning.world.accounts.transaction() as records:
        for name in ("ada", "bob"):
            records.users.add(a_user(name))
    return Sharing(planning)


@given(parsers.parse('Ada sent the measurements of "{service}"'))
def _ada_sends(sharing: Sharing, service: str) -> None:
    sharing.send("ada", service)


@given(parsers.parse('the operator imported the history of "{service}"'))
def _imported(sharing: Sharing, service: str) -> None:
    sharing.stored.add(service)


@given(parsers.parse('Ada shares the history of "{service}" with {whom}'))
def _shares(sharing: Sharing, service: str, whom: str) -> None:
    username = None if whom == "everybody" else whom.lower()
    share = sharing.planning.container.accounts().share
    sharing.made = share(named("ada"), Shared.HISTORY, service, username, HERE, is_admin=False)


@given("Ada ends that share")
def _ends(sharing: Sharing) -> None:
    assert sharing.made is not None
    sharing.planning.container.accounts().end_share(named("ada"), sharing.made.id, HERE, is_admin=False)


@when(parsers.parse('Bob asks for a plan of "{service}"'))
def _asks(sharing: Sharing, service: str) -> None:
    container = sharing.planning.container
    try:
        container.known_grants().check_history(service, named("bob"))
        sharing.plan = container.plan_capacity()(read_plan_request(body(service)))
    except McpCoreError as error:
        sharing.error = error


@when(parsers.parse('Bob sends measurements of "{service}"'))
def _bob_sends(sharing: Sharing, service: str) -> None:
    try:
        sharing.send("bob", service)
    except McpCoreError as error:
        sharing.error = error


@then("he gets one")
def _planned(sharing: Sharing) -> None:
    assert sharing.error is None
    assert sharing.plan is not None
    assert sharing.plan.outlook.history.observed_hours == 48


@then(parsers.parse('he is told that "{service}" is no service of his'))
def _not_his(sharing: Sharing, service: str) -> None:
    assert isinstance(sharing.error, ServiceNotFound)
    assert repr(service) in sharing.error.message


@then(parsers.parse('he is told that the operator brought "{service}" in'))
def _the_operators(sharing: Sharing, service: str) -> None:
    assert isinstance(sharing.error, OperatorsHistory)
    assert repr(service) in sharing.error.message
