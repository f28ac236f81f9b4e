"""How accounts are made, and how their address is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.accounts.create_user import NewUser
from domain.errors import InvalidRequest
from domain.identity.errors import (
    RegistrationClosed,
    TokenRefused,
)
from domain.identity.scopes import Role
from domain.identity.users import User
from tests.canaries import PASSWORD
from tests.fakes.people import HERE
from tests.unit.application.accounts.office import Office


def test_an_account_made_by_the_operator_may_log_in(office: Office) -> None:
    wanted = NewUser(
        username=" Eve ", email="EVE@example.org", password=PASSWORD, full_name=" Eve E. ", organisation=" Works ",
        role=Role.ADMIN,
    )  # fmt: skip
    made = office.accounts.create_user(wanted, HERE)
    now = office.world.clock.moment
    assert made == User(
        id=made.id, username="eve", email="eve@example.org", password_hash=made.password_hash, role=Role.ADMIN,
        created_at=now, updated_at=now, full_name="Eve E.", organisation="Works", email_verified_at=now,
    )  # fmt: skip
    assert office.records.users.rows[made.id] == made
    assert office.accounts.log_in("eve", PASSWORD, HERE).user.id == made.id


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"username": "x"}, "/username"),
        ({"email": "x"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "eve-eve-eve-eve-eve"}, "/password"),
        ({"full_name": "a\nb"}, "/full_name"),
        ({"organisation": "a\nb"}, "/organisation"),
        ({"organisation": "gryzbowska", "password": "gryzbowska-gryzbowska"}, "/password"),
        ({"full_name": "gryzbowska", "password": "gryzbowska-gryzbowska"}, "/password"),
        ({"email": "gryzbowska@a.org", "password": "gryzbowska-gryzbowska"}, "/password"),
    ],
)
def test_a_bad_field_of_a_new_account_is_named_and_nothing_kept(
    office: Office, change: dict[str, str], pointer: str
) -> None:
    wanted = NewUser(**({"username": "eve", "email": "eve@example.org", "password": PASSWORD} | change))  # type: ignore[arg-type]
    for make in (office.accounts.create_user, office.accounts.register):
        with pytest.raises(InvalidRequest) as refusal:
            make(wanted, HERE)
        assert [field.pointer for field in refusal.value.fields] == [pointer]
    assert len(office.records.users.rows) == 3
    assert not office.records.attempts.rows


def test_whoever_asks_for_an_account_gets_a_users_and_a_mail(office: Office) -> None:
    wanted = NewUser(username="eve", email="eve@example.org", password=PASSWORD, role=Role.ADMIN)
    office.accounts.register(wanted, HERE)
    eve = office.accounts.look_up.named("eve")
    assert (eve.role, eve.email_verified_at, eve.may_log_in) == (Role.USER, None, False)
    [mail] = office.world.mail.sent
    assert (mail.to, mail.subject) == ("eve@example.org", "Confirm your address")
    assert "/auth/verify-email" in mail.text
    office.later(minutes=1)
    office.accounts.verify_email(office.world.mail.token("eve@example.org"), HERE)
    now = office.world.clock.moment
    assert office.user(eve.id) == replace(eve, email_verified_at=now, updated_at=now)


def test_a_verification_of_a_closed_account_is_refused(office: Office) -> None:
    office.accounts.register(NewUser(username="eve", email="eve@example.org", password=PASSWORD), HERE)
    token = office.world.mail.token("eve@example.org")
    office.change(replace(office.accounts.look_up.named("eve"), is_active=False))
    with pytest.raises(TokenRefused):
        office.accounts.verify_email(token, HERE)


def test_where_registration_is_closed_nobody_asks_for_an_account(office: Office) -> None:
    office.world.settings |= {"registration": "closed"}
    with pytest.raises(RegistrationClosed):
        office.world.container().accounts().register(
            NewUser(username="eve", email="eve@example.org", password=PASSWORD), HERE
        )
    assert (office.told(), office.world.mail.sent) == ([], [])
