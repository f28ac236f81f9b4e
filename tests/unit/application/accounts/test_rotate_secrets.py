"""Every sealed secret is sealed anew with the newest key, in its place, whatever there is of them."""

from __future__ import annotations

import pytest

from application.accounts.desk import Desk
from application.accounts.rotate_secrets import RotateSecrets
from domain.identity.cloud import sealing_context
from domain.identity.errors import EncryptionUnavailable
from tests.fakes.account_database import InMemoryAccountDatabase
from tests.fakes.clock import FixedClock
from tests.fakes.people import HERE, a_cloud_account, a_user, named
from tests.fakes.randomness import CountingRandomness
from tests.fakes.secret_box import LockedDrawer

# More than one batch of each.
PEOPLE = [f"user{number:03}" for number in range(101)]


@pytest.fixture
def old() -> LockedDrawer:
    """The box of before."""
    return LockedDrawer("2025")


@pytest.fixture
def database(old: LockedDrawer) -> InMemoryAccountDatabase:
    """Many people, each with an authenticator and a cloud account; the first lacks what may be lacking."""
    database = InMemoryAccountDatabase()
    with database.transaction() as records:
        for name in PEOPLE:
            seed = old.seal(f"seed of {name}", sealing_context("users", named(name), named(name), "totp_seed"))
            records.users.add(a_user(name, totp_seed=seed))
            row = named(f"cloud of {name}")
            sealed = {
                column: old.seal(f"{column} of {name}", sealing_context("cloud_accounts", named(name), row, column))
                for column in ("access_key", "secret_key", "extra")
            }
            records.cloud_accounts.add(a_cloud_account(f"cloud of {name}", name, **sealed))
        records.users.add(a_user("plain"))
        records.cloud_accounts.add(a_cloud_account("empty", PEOPLE[0], access_key=None, secret_key=None, extra=None))
    return database


def rotation(database: InMemoryAccountDatabase, old: LockedDrawer, *key_ids: str) -> RotateSecrets:
    box = LockedDrawer(*key_ids)
    box.kept = old.kept
    desk = Desk(database=database, clock=FixedClock(), randomness=CountingRandomness())
    return RotateSecrets(desk=desk, box=box)


def test_all_are_sealed_with_the_newest_key_and_open_where_they_were(
    database: InMemoryAccountDatabase, old: LockedDrawer
) -> None:
    rotate = rotation(database, old, "2026", "2025")
    assert rotate.key_ids_in_use() == {"2025"}
    assert rotate(HERE) == 4 * len(PEOPLE)
    assert rotate.key_ids_in_use() == {"2026"}
    users, clouds = database.records.users.rows, database.records.cloud_accounts.rows
    for name in PEOPLE:
        context = sealing_context("users", named(name), named(name), "totp_seed")
        assert rotate.box.open(users[named(name)].totp_seed or "", context) == f"seed of {name}"
        row = named(f"cloud of {name}")
        for column in ("access_key", "secret_key", "extra"):
            context = sealing_context("cloud_accounts", named(name), row, column)
            assert rotate.box.open(getattr(clouds[row], column), context) == f"{column} of {name}"
    assert users[named("plain")] == a_user("plain")
    assert clouds[named("empty")].access_key is None
    [entry] = database.records.audit.rows.values()
    assert (entry.event.action, entry.event.detail, entry.event.caller) == (
        "secrets.rotated", {"secrets": str(4 * len(PEOPLE))}, HERE,
    )  # fmt: skip


def test_doing_it_again_changes_nothing(database: InMemoryAccountDatabase, old: LockedDrawer) -> None:
    rotate = rotation(database, old, "2026", "2025")
    rotate(HERE)
    before = (dict(database.records.users.rows), dict(database.records.cloud_accounts.rows))
    assert rotate(HERE) == 0
    assert (database.records.users.rows, database.records.cloud_accounts.rows) == before


def test_half_done_it_is_gone_on_with(database: InMemoryAccountDatabase, old: LockedDrawer) -> None:
    rotate = rotation(database, old, "2026", "2025")
    name = PEOPLE[3]
    context = sealing_context("users", named(name), named(name), "totp_seed")
    with database.transaction() as records:
        records.users.save(a_user(name, totp_seed=rotate.box.seal("done", context)))
    assert rotate.key_ids_in_use() == {"2025", "2026"}
    assert rotate(HERE) == 4 * len(PEOPLE) - 1


def test_without_the_old_key_it_says_so(database: InMemoryAccountDatabase, old: LockedDrawer) -> None:
    with pytest.raises(EncryptionUnavailable):
        rotation(database, old, "2026")(HERE)
    assert database.records.audit.rows == {}
