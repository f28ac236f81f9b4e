"""Every act writes who did what, on what, to whose account, from where and with which outcome; and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from application.accounts.cloud_accounts import CloudAccountFields
from application.accounts.create_user import NewUser
from domain.errors import InvalidRequest, McpCoreError, NotFound
from domain.identity.audit import AuditEvent
from domain.identity.cloud import Provider
from domain.identity.errors import BadCredentials, NotAuthenticated, TokenRefused, TooManyRequests
from domain.identity.principal import Principal, Via
from domain.identity.scopes import EVERYDAY_SCOPES, Role
from domain.identity.sharing import Shared
from domain.identity.tokens import new_token
from tests.canaries import NEW_PASSWORD, PASSWORD
from tests.fakes.people import HERE, a_user
from tests.http.people import seed_of
from tests.unit.application.accounts.office import ADA, BOB, CLI, ROOT, Office

WRONG_TOKEN = new_token(bytes(32))


def by_ada(action: str, target: str = "", **detail: str) -> AuditEvent:
    """Something Ada did to her own account."""
    return AuditEvent(action=action, actor_id=ADA, user_id=ADA, target=target, caller=HERE, detail=detail)


def refused(action: str, *, user: str | None = None, actor: str | None = None) -> AuditEvent:
    """Something that was not allowed."""
    return AuditEvent(action=action, outcome="refused", actor_id=actor, user_id=user, caller=HERE)


def newcomer(name: str = "eve", **more: str) -> NewUser:
    """Who asks for an account."""
    return NewUser(username=name, email=f"{name}@example.org", password=PASSWORD, **more)  # type: ignore[arg-type]


def test_an_account_made_by_the_operator(office: Office) -> None:
    made = office.accounts.create_user(newcomer(), CLI)
    told = AuditEvent(
        action="account.created", user_id=made.id, target=f"user:{made.id}", caller=CLI, detail={"role": "user"}
    )
    assert office.told() == [told]
    with pytest.raises(McpCoreError):
        office.accounts.create_user(newcomer(), CLI)
    assert office.told() == []


def test_an_account_asked_for_and_its_address_proven(office: Office) -> None:
    office.accounts.register(newcomer(), HERE)
    eve = office.accounts.look_up.named("eve").id
    assert office.told() == [AuditEvent(action="account.registered", user_id=eve, target=f"user:{eve}", caller=HERE)]
    office.accounts.register(newcomer("ada"), HERE)
    assert office.told() == [refused("account.registered")]
    with pytest.raises(TokenRefused):
        office.accounts.verify_email(WRONG_TOKEN, HERE)
    assert office.told() == [refused("account.verified")]
    office.accounts.verify_email(office.world.mail.token("eve@example.org"), HERE)
    assert office.told() == [AuditEvent(action="account.verified", actor_id=eve, user_id=eve, caller=HERE)]


def test_logging_in_and_out(office: Office) -> None:
    with pytest.raises(BadCredentials):
        office.accounts.log_in("nobody", PASSWORD, HERE)
    assert office.told() == [refused("session.login")]
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", "wrong", HERE)
    assert office.told() == [refused("session.login", user=ADA)]
    session = office.accounts.log_in("ada", PASSWORD, HERE).session.id
    assert office.told() == [by_ada("session.login", f"session:{session}")]
    office.accounts.end_sessions(ADA, HERE, session_id=session)
    assert office.told() == [by_ada("session.ended", f"session:{session}", count="1")]
    with pytest.raises(NotFound):
        office.accounts.end_sessions(ADA, HERE, session_id=session)
    assert office.told() == []
    for _ in range(2):
        office.accounts.log_in("ada", PASSWORD, HERE)
    office.told()
    assert office.accounts.end_sessions(ADA, HERE) == 2
    assert office.told() == [by_ada("session.ended", "all sessions", count="2")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email_verified_at": None}])
def test_a_closed_account_is_named_only_where_its_owner_may_come_back(office: Office, change: dict[str, None]) -> None:
    office.change(a_user("ada", **change))
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.told() == [refused("session.login", user=None if "is_active" in change else ADA)]


def test_the_hundredth_failure(office: Office) -> None:
    office.change(a_user("ada", failed_logins=99))
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", "wrong", HERE)
    assert office.told() == [by_ada("account.locked"), refused("session.login", user=ADA)]
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", "wrong", HERE)
    assert office.told() == [refused("session.login", user=ADA)]


def test_a_second_factor_from_its_enrolment_to_its_end(office: Office) -> None:
    seed = seed_of(office.accounts.enrol_totp(ADA, HERE).uri)
    assert office.told() == [by_ada("totp.enrolled")]
    with pytest.raises(TokenRefused):
        office.accounts.confirm_totp(ADA, "000000", HERE)
    assert office.told() == [refused("totp.confirmed", user=ADA, actor=ADA)]
    office.accounts.confirm_totp(ADA, office.code(seed), HERE)
    assert office.told() == [by_ada("totp.confirmed")]
    office.later(seconds=30)
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.told() == [by_ada("session.password")]
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(pending.token, "000000", HERE)
    assert office.told() == [refused("session.second_factor", user=ADA)]
    session = office.accounts.confirm_log_in(pending.token, office.code(seed), HERE).session.id
    assert office.told() == [by_ada("session.login", f"session:{session}")]
    office.accounts.renew_backup_codes(ADA, HERE)
    assert office.told() == [by_ada("backup_codes.renewed")]
    office.accounts.disable_totp(ADA, HERE)
    assert office.told() == [by_ada("totp.disabled")]
    for again in (office.accounts.disable_totp, office.accounts.renew_backup_codes):
        with pytest.raises(NotFound):
            again(ADA, HERE)
    assert office.told() == []


def test_a_second_factor_taken_off_by_the_operator(office: Office) -> None:
    office.second_factor()
    office.told()
    office.accounts.remove_second_factor(ADA, CLI)
    told = AuditEvent(action="totp.disabled", user_id=ADA, caller=CLI)
    assert office.told() == [told]


def test_a_pending_session_that_is_none(office: Office) -> None:
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(WRONG_TOKEN, "000000", HERE)
    assert office.told() == []


def test_confirming_the_password_again(office: Office) -> None:
    session = office.accounts.log_in("ada", PASSWORD, HERE).session.id
    office.told()
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, session, "wrong", "", HERE)
    assert office.told() == [refused("session.step_up", user=ADA, actor=ADA)]
    office.accounts.step_up(ADA, session, PASSWORD, "", HERE)
    assert office.told() == [by_ada("session.step_up", f"session:{session}")]


def test_a_password_changed_and_one_forgotten(office: Office) -> None:
    office.accounts.change_password(ADA, NEW_PASSWORD, HERE)
    assert office.told() == [by_ada("password.changed")]
    office.accounts.request_reset("nobody", HERE)
    assert office.told() == [refused("password.reset_asked")]
    office.accounts.request_reset("ada", HERE)
    assert office.told() == [by_ada("password.reset_asked")]
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(WRONG_TOKEN, PASSWORD, "", HERE)
    assert office.told() == [refused("password.reset")]
    token = office.world.mail.token("ada@example.org")
    with pytest.raises(InvalidRequest):
        office.accounts.reset_password(token, "short", "", HERE)
    assert office.told() == []
    office.accounts.reset_password(token, PASSWORD, "", HERE)
    assert office.told() == [by_ada("password.reset")]


def test_a_reset_without_the_code(office: Office) -> None:
    office.second_factor()
    office.accounts.request_reset("ada", HERE)
    office.told()
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(office.world.mail.token("ada@example.org"), NEW_PASSWORD, "000000", HERE)
    assert office.told() == [refused("password.reset", user=ADA)]


@pytest.mark.parametrize(
    ("given", "fields"),
    [(("Ada", "Works"), "full_name,organisation"), ((None, "Works"), "organisation"), ((None, None), "")],
)
def test_a_profile_changed(office: Office, given: tuple[str | None, str | None], fields: str) -> None:
    office.accounts.change_profile(ADA, *given, HERE)
    assert office.told() == [by_ada("account.changed", fields=fields)]


def about_account(action: str, actor: str | None) -> AuditEvent:
    """Something done to Ada's account as a whole."""
    return AuditEvent(action=action, actor_id=actor, user_id=ADA, target=f"user:{ADA}", caller=HERE)


@pytest.mark.parametrize("actor", [ADA, ROOT, None])
def test_an_account_closed_opened_and_deleted(office: Office, actor: str | None) -> None:
    office.accounts.close_account(ADA, HERE, actor_id=actor, erase=False)
    assert office.told() == [about_account("account.deactivated", actor)]
    office.accounts.reopen_account(ADA, HERE, actor_id=actor)
    assert office.told() == [about_account("account.reopened", actor)]
    office.accounts.close_account(ADA, HERE, actor_id=actor, erase=True)
    assert office.told() == [about_account("account.deleted", actor)]
    with pytest.raises(NotFound):
        office.accounts.close_account(ADA, HERE, actor_id=actor, erase=True)
    with pytest.raises(NotFound):
        office.accounts.reopen_account(ADA, HERE, actor_id=actor)
    assert office.told() == []


@pytest.mark.parametrize("actor", [ADA, ROOT, None])
def test_a_key_made_replaced_and_taken_back(office: Office, actor: str | None) -> None:
    def about(action: str, key_id: str) -> AuditEvent:
        return AuditEvent(
            action=action, actor_id=actor, user_id=ADA, target=f"api_key:{key_id}", caller=HERE,
            detail={"name": "ci", "scopes": "plans:read plans:write"},
        )  # fmt: skip

    made = office.accounts.create_api_key("ada", "ci", ["plans:write", "plans:read"], None, HERE, actor_id=actor).key
    assert office.told() == [about("api_key.created", made.id)]
    new = office.accounts.rotate_api_key(ADA, made.id, HERE, actor_id=actor).key
    assert office.told() == [about("api_key.rotated", new.id)]
    office.accounts.revoke_api_key(ADA, new.id, HERE, actor_id=actor)
    assert office.told() == [about("api_key.revoked", new.id)]
    with pytest.raises(NotFound):
        office.accounts.revoke_api_key(BOB, new.id, HERE, actor_id=actor)
    assert office.told() == []


def test_a_cloud_account_kept_changed_and_removed(office: Office) -> None:
    given = CloudAccountFields(provider=Provider.AWS, name="prod", secret_key="s" * 40)
    kept = office.accounts.keep_cloud_account(ADA, given, HERE).id
    assert office.told() == [by_ada("cloud_account.added", f"cloud_account:{kept}", provider="aws")]
    office.accounts.keep_cloud_account(ADA, CloudAccountFields(provider=Provider.GCP), HERE, account_id=kept)
    assert office.told() == [by_ada("cloud_account.changed", f"cloud_account:{kept}", provider="gcp")]
    with pytest.raises(NotFound):
        office.accounts.remove_cloud_account(BOB, kept, HERE)
    assert office.told() == []
    office.accounts.remove_cloud_account(ADA, kept, HERE)
    assert office.told() == [by_ada("cloud_account.removed", f"cloud_account:{kept}")]


def test_a_history_claimed_shared_and_given_back(office: Office) -> None:
    sender = Principal(user_id=ADA, scopes=EVERYDAY_SCOPES, via=Via.API_KEY)
    office.accounts.claim_history(sender, ["shop"], lambda _: False, HERE)
    assert office.told() == [by_ada("history.claimed", "history:shop")]
    share = office.accounts.share(ADA, Shared.HISTORY, "shop", "bob", HERE, is_admin=False).id

    def about(action: str, user: str, name: str) -> AuditEvent:
        return AuditEvent(
            action=action, actor_id=ADA, user_id=user, target="history:shop", caller=HERE,
            detail={"share": share, "with": name},
        )  # fmt: skip

    assert office.told() == [about("share.made", BOB, "bob")]
    office.accounts.end_share(ADA, share, HERE, is_admin=False)
    assert office.told() == [about("share.ended", BOB, "bob")]
    share = office.accounts.share(ADA, Shared.HISTORY, "shop", None, HERE, is_admin=False).id
    assert office.told() == [about("share.made", ADA, "everybody")]
    office.accounts.end_share(ADA, share, HERE, is_admin=False)
    assert office.told() == [about("share.ended", ADA, "everybody")]
    office.accounts.disown_history("shop", CLI, actor_id=None)
    told = AuditEvent(action="history.disowned", user_id=ADA, target="history:shop", caller=CLI)
    assert office.told() == [told]


def test_secrets_sealed_anew(office: Office) -> None:
    office.accounts.rotate_secrets(CLI)
    assert office.told() == [AuditEvent(action="secrets.rotated", caller=CLI, detail={"secrets": "0"})]


def test_who_is_made_to_wait_writes_nothing(office: Office) -> None:
    for _ in range(30):
        with suppress(BadCredentials, TooManyRequests):
            office.accounts.log_in("ada", "wrong", HERE)
    assert office.told() == [refused("session.login", user=ADA)] * 5


def test_who_is_gone_does_nothing_more(office: Office) -> None:
    office.change(a_user("ada", is_active=False, role=Role.USER))
    acts: list[Callable[[], object]] = [
        lambda: office.accounts.change_password(ADA, NEW_PASSWORD, HERE),
        lambda: office.accounts.change_profile(ADA, "Ada", None, HERE),
        lambda: office.accounts.enrol_totp(ADA, HERE),
        lambda: office.accounts.confirm_totp(ADA, "000000", HERE),
    ]
    for act in acts:
        with pytest.raises(NotAuthenticated):
            act()
    assert office.told() == []
