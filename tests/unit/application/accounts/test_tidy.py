"""What is older than it must be kept goes, and that it went is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts.create_user import NewUser
from application.accounts.desk import Desk
from application.accounts.tidy import Tidy
from domain.identity.audit import GENESIS, AuditEvent, verify_chain
from domain.identity.sessions import SessionLimits
from tests.canaries import PASSWORD
from tests.fakes.account_database import FakeUsers, InMemoryAccountDatabase
from tests.fakes.clock import FixedClock
from tests.fakes.people import HERE, a_session, a_user, an_event, named
from tests.fakes.randomness import CountingRandomness
from tests.unit.application.accounts.office import CLI, Office

DAY = timedelta(days=1)
LIMITS = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))


def test_old_sessions_and_the_oldest_entries_go() -> None:
    database, clock = InMemoryAccountDatabase(), FixedClock()
    desk = Desk(database=database, clock=clock, randomness=CountingRandomness())
    tidy = Tidy(desk=desk, audit_retention=30 * DAY, sessions=LIMITS)
    now = clock.now()
    with database.transaction() as records:
        records.users.add(a_user())
        records.sessions.add(a_session("old", created_at=now - timedelta(hours=12, seconds=1)))
        records.sessions.add(a_session("new", created_at=now - timedelta(hours=12)))
        for days in (40, 31, 29):
            records.audit.append(an_event(f"act.{days}"), now - days * DAY)
    assert tidy(HERE) == 2
    records = database.records
    assert set(records.sessions.rows) == {named("new")}
    kept = [(entry.event.action, entry.event.detail, entry.event.caller) for entry in records.audit.rows.values()]
    assert kept == [("act.29", {"é": "ü"}, HERE), ("audit.pruned", {"entries": "2"}, HERE)]
    entries, ends = records.audit.chain()
    assert ends.pruned != GENESIS
    assert verify_chain(entries, head=ends.head, pruned_hash=ends.pruned).fault == ""
    assert tidy(HERE) == 0
    assert len(records.audit.rows) == 2


def test_accounts_never_proven_give_name_and_address_back(office: Office) -> None:
    wanted = NewUser(username="eve", email="eve@example.org", password=PASSWORD)
    office.accounts.register(wanted, HERE)
    eve = office.accounts.look_up.named("eve")
    office.told()
    office.later(days=7)
    office.accounts.tidy(CLI)
    assert (office.user(eve.id), office.told()) == (eve, [])
    office.later(microseconds=1)
    office.accounts.tidy(CLI)
    assert office.user(eve.id) == eve.erased(office.world.clock.moment)
    assert office.told() == [AuditEvent(action="account.expired", user_id=eve.id, target=f"user:{eve.id}", caller=CLI)]
    assert office.tokens(eve.id) == []
    office.accounts.register(wanted, HERE)
    assert office.accounts.look_up.named("eve").id != eve.id
    office.accounts.tidy(CLI)
    assert [user.username for user in office.accounts.look_up.accounts("", 9)] == ["ada", "bob", "eve", "root"]


def test_one_proven_at_the_last_moment_stays(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = office.user()
    monkeypatch.setattr(FakeUsers, "never_verified", lambda *_args: [waiting, a_user("gone")])
    office.accounts.tidy(CLI)
    assert (office.user(), office.told()) == (waiting, [])
