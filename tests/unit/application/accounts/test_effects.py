"""What each act leaves behind: the account, its sessions, tokens and keys, and the mail that tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from application.accounts.create_user import NewUser
from domain.errors import InvalidRequest, NotFound
from domain.identity.audit import Caller
from domain.identity.cloud import sealing_context
from domain.identity.errors import AlreadyExists, BadCredentials, Busy, NotAuthenticated, TokenRefused, TooManyRequests
from domain.identity.limits import LOGIN_ACCOUNT, LOGIN_ADDRESS, LOGIN_GLOBAL, SECOND_FACTOR
from domain.identity.scopes import Role
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest
from domain.identity.users import User
from tests.fakes.people import HERE, PASSWORD, a_cloud_account, a_key, a_session, a_share, a_user, named
from tests.http.people import seed_of
from tests.unit.application.accounts.office import ADA, BOB, ROOT, Office

NEW_PASSWORD = "bicycle-harbour-violet-nickel-9"  # noqa: S105  # a canary


def furnish(office: Office) -> None:
    """Sessions, keys, tokens and all else that Ada may have."""
    records = office.records
    for user in ("ada", "bob"):
        now = office.world.clock.moment
        records.sessions.add(a_session(f"{user}-1", user, created_at=now, seen_at=now))
        records.sessions.add(a_session(f"{user}-2", user, created_at=now, seen_at=now))
        records.api_keys.add(a_key(f"{user}-key", user))
        records.cloud_accounts.add(a_cloud_account(f"{user}-cloud", user))
    records.shares.add(a_share("by-ada", subject="mine"))
    records.shares.add(a_share("with-ada", subject="theirs", shared_by=BOB, user_id=ADA))
    records.shares.add(a_share("between-others", subject="other", shared_by=BOB, user_id=ROOT))
    for login in ("ada", "bob"):
        office.accounts.request_reset(login, HERE)


def mails(office: Office) -> list[tuple[str, str, str]]:
    """Receiver, subject and first words of everything sent, and forget it."""
    sent = [(mail.to, mail.subject, mail.text.split(" of your account")[0]) for mail in office.world.mail.sent]
    office.world.mail.sent.clear()
    return sent


def changed_mail(what: str) -> list[tuple[str, str, str]]:
    """The one mail that tells Ada of a change."""
    return [("ada@example.org", "Your account was changed", what)]


def sessions(office: Office, user_id: str = ADA) -> set[str]:
    """Ids of an account's sessions."""
    return {session.id for session in office.records.sessions.of_user(user_id)}


def tokens(office: Office, user_id: str = ADA) -> list[Purpose]:
    """What an account's unused tokens are good for."""
    rows = office.records.single_use.rows.values()
    return sorted(token.purpose for token in rows if token.user_id == user_id and token.used_at is None)


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


def counted(office: Office) -> dict[str, int]:
    """Kind of limit → attempts."""
    return {kind: attempts.count for (kind, _), attempts in office.records.attempts.rows.items()}


def test_a_log_in_that_fails_is_counted_three_ways_and_written_to_the_account(office: Office) -> None:
    for _ in range(2):
        with pytest.raises(BadCredentials):
            office.accounts.log_in("ada", "wrong", HERE)
    assert counted(office) == {LOGIN_ACCOUNT.kind: 2, LOGIN_ADDRESS.kind: 2, LOGIN_GLOBAL.kind: 2}
    assert office.user() == a_user("ada", failed_logins=2, last_failed_at=office.world.clock.moment)
    office.accounts.log_in("ada", PASSWORD, HERE)
    assert counted(office) == {LOGIN_ADDRESS.kind: 2, LOGIN_GLOBAL.kind: 2}
    now = office.world.clock.moment
    expected = a_user("ada", last_failed_at=now, last_login_at=now, last_login_address=HERE.address)
    assert office.user() == expected


def test_a_right_password_of_a_locked_account_is_no_failure(office: Office) -> None:
    locked = a_user("ada", locked_at=office.world.clock.moment, failed_logins=100)
    office.change(locked)
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.user() == locked


def test_a_session_holds_where_it_began_and_nothing_secret(office: Office) -> None:
    agent = "x" * 300
    signed_in = office.accounts.log_in("ada", PASSWORD, Caller(address="192.0.2.9", agent=agent))
    kept, now = office.records.sessions.rows[signed_in.session.id], office.world.clock.moment
    assert kept == signed_in.session
    assert (kept.token_hash, kept.user_id, kept.is_pending) == (digest(signed_in.token), ADA, False)
    assert (kept.created_at, kept.seen_at, kept.confirmed_at) == (now, now, now)
    assert (kept.address, kept.agent) == ("192.0.2.9", "x" * 200)
    assert len(kept.id) == 32


def test_the_session_a_browser_had_ends_when_it_was_this_accounts(office: Office) -> None:
    first = office.accounts.log_in("ada", PASSWORD, HERE)
    second = office.accounts.log_in("ada", PASSWORD, HERE, shown=first.token)
    bobs = office.accounts.log_in("bob", PASSWORD, HERE, shown=second.token)
    assert sessions(office) == {second.session.id}
    assert sessions(office, BOB) == {bobs.session.id}


def test_a_password_changed_while_it_was_checked_is_wrong(office: Office) -> None:
    check = office.world.hasher.verify

    def slow(password_hash: str | None, password: str) -> bool:
        right = check(password_hash, password)
        office.change(replace(office.user(), password_hash="quick:9:another"))
        return right

    office.world.hasher.verify = slow  # type: ignore[method-assign]
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", PASSWORD, HERE)
    assert sessions(office) == set()


def test_with_a_second_factor_the_password_opens_only_the_wait_for_the_code(office: Office) -> None:
    seed, _ = office.second_factor()
    before = office.user()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    assert pending.session.is_pending
    assert office.user() == before
    done = office.accounts.confirm_log_in(pending.token, office.code(seed), HERE)
    now = office.world.clock.moment
    assert (office.user().last_login_at, office.user().last_login_address) == (now, HERE.address)
    assert pending.session.id not in sessions(office)
    assert (done.session.is_pending, done.token == pending.token) == (False, False)
    assert not [kind for kind in counted(office) if kind.startswith("factor")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"locked_at": HERE}])
def test_a_code_of_an_account_closed_meanwhile_opens_nothing(office: Office, change: dict[str, Any]) -> None:
    seed, _ = office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    office.change(replace(office.user(), **change))
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(pending.token, office.code(seed), HERE)


def test_wrong_codes_are_counted_for_five_minutes_an_hour_and_a_day(office: Office) -> None:
    office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    for _ in range(5):
        with pytest.raises(BadCredentials):
            office.accounts.confirm_log_in(pending.token, "000000", HERE)
    assert {kind: count for kind, count in counted(office).items() if kind.startswith("factor")} == {
        limit.kind: 5 for limit in SECOND_FACTOR
    }
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.confirm_log_in(pending.token, "000000", HERE)
    assert refusal.value.retry_after_seconds == 300


def test_a_code_may_be_typed_with_spaces_around_it(office: Office) -> None:
    seed, _ = office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.accounts.confirm_log_in(pending.token, f"  {office.code(seed)} ", HERE)


def test_a_second_factor_is_sealed_confirmed_and_told_of(office: Office) -> None:
    furnish(office)
    mails(office)
    enrolment = office.accounts.enrol_totp(ADA, HERE)
    sealed = office.user().totp_seed
    assert sealed is not None
    opened = office.world.container().secret_box().open(sealed, sealing_context("users", ADA, ADA, "totp_seed"))
    assert len(bytes.fromhex(opened)) == 20
    assert enrolment.uri.startswith("otpauth://totp/")
    assert enrolment.svg.lstrip().startswith("<")
    assert enrolment.uri not in repr(enrolment)
    assert not office.user().has_second_factor
    assert (mails(office), len(sessions(office))) == ([], 2)
    confirmed = office.accounts.confirm_totp(ADA, office.code(seed_of(enrolment.uri)), HERE)
    assert office.user().totp_confirmed_at == office.user().updated_at == office.world.clock.moment
    assert sessions(office) == {confirmed.signed_in.session.id}
    assert len(sessions(office, BOB)) == 2
    assert len(set(confirmed.backup_codes)) == 10
    assert confirmed.backup_codes[0] not in repr(confirmed)
    assert tokens(office) == [Purpose.BACKUP_CODE] * 10 + [Purpose.RESET_PASSWORD]
    assert mails(office) == changed_mail("A second factor was switched on for log-ins")
    for again in (lambda: office.accounts.enrol_totp(ADA, HERE), lambda: office.accounts.confirm_totp(ADA, "1", HERE)):
        with pytest.raises(AlreadyExists):
            again()


def test_renewed_codes_take_the_place_of_the_old_ones(office: Office) -> None:
    _, old = office.second_factor()
    mails(office)
    new = office.accounts.renew_backup_codes(ADA, HERE)
    assert (len(set(new)), set(new) & set(old)) == (10, set())
    assert tokens(office) == [Purpose.BACKUP_CODE] * 10
    assert mails(office) == changed_mail("The backup codes were renewed")
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(pending.token, old[0], HERE)
    assert office.accounts.confirm_log_in(pending.token, new[0], HERE)


@pytest.mark.parametrize("by_operator", [False, True])
def test_a_second_factor_switched_off_leaves_neither_seed_nor_codes(office: Office, by_operator: bool) -> None:
    office.second_factor()
    furnish(office)
    mails(office)
    kept = set()
    if by_operator:
        office.accounts.remove_second_factor(ADA, HERE)
    else:
        kept = {office.accounts.disable_totp(ADA, HERE).session.id}
    assert (office.user().totp_seed, office.user().totp_confirmed_at) == (None, None)
    assert tokens(office) == [Purpose.RESET_PASSWORD]
    assert sessions(office) == kept
    assert len(sessions(office, BOB)) == 2
    assert mails(office) == changed_mail("The second factor was switched off")
    with pytest.raises(NotFound):
        office.accounts.remove_second_factor(ADA, HERE)


def test_a_seed_never_confirmed_can_be_thrown_away(office: Office) -> None:
    office.accounts.enrol_totp(ADA, HERE)
    office.accounts.disable_totp(ADA, HERE)
    assert office.user().totp_seed is None
    with pytest.raises(NotFound):
        office.accounts.renew_backup_codes(ADA, HERE)


def test_confirming_the_password_replaces_one_session(office: Office) -> None:
    furnish(office)
    first = named("ada-1")
    fresh = office.accounts.step_up(ADA, first, PASSWORD, "", HERE)
    assert sessions(office) == {fresh.session.id, named("ada-2")}
    assert not [key for key in counted(office) if key == LOGIN_ACCOUNT.kind]


def test_with_a_second_factor_confirming_needs_the_code_as_well(office: Office) -> None:
    seed, _ = office.second_factor()
    session = office.accounts.confirm_log_in(
        office.accounts.log_in("ada", PASSWORD, HERE).token, office.code(seed), HERE
    ).session.id
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, session, PASSWORD, "", HERE)
    office.later(seconds=30)
    # A wrong password is no attempt at the code.
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, session, "wrong", office.code(seed), HERE)
    assert counted(office)[SECOND_FACTOR[0].kind] == 1
    assert office.accounts.step_up(ADA, session, PASSWORD, office.code(seed), HERE).user.id == ADA


def test_too_many_codes_make_a_confirmation_wait(office: Office) -> None:
    office.second_factor()
    for _ in range(4):
        with pytest.raises(BadCredentials):
            office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    office.later(seconds=4)
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    office.later(seconds=60)
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    assert refusal.value.retry_after_seconds == 300 - 64


def test_a_full_queue_costs_a_confirmation_no_attempt(office: Office) -> None:
    office.world.hasher.is_busy = True
    with pytest.raises(Busy):
        office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)
    assert counted(office) == {}
    office.world.hasher.is_busy = False
    with pytest.raises(BadCredentials):
        office.accounts.step_up("nobody", "s", PASSWORD, "", HERE)
    office.change(a_user("ada", is_active=False))
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)


def test_a_changed_password_ends_every_session_but_the_one_it_opens(office: Office) -> None:
    furnish(office)
    mails(office)
    office.change(replace(office.user(), failed_logins=3))
    signed_in = office.accounts.change_password(ADA, NEW_PASSWORD, HERE)
    assert sessions(office) == {signed_in.session.id}
    assert len(sessions(office, BOB)) == 2
    assert (office.user().failed_logins, office.user().updated_at) == (0, office.world.clock.moment)
    assert mails(office) == changed_mail("The password was changed")
    assert office.accounts.log_in("ada", NEW_PASSWORD, HERE)
    with pytest.raises(InvalidRequest):
        office.accounts.change_password(ADA, "short", HERE)
    with pytest.raises(NotAuthenticated):
        office.accounts.change_password("nobody", NEW_PASSWORD, HERE)


def test_a_password_is_never_made_of_its_owner(office: Office) -> None:
    office.change(a_user("ada", full_name="Gryzbowska"))
    with pytest.raises(InvalidRequest):
        office.accounts.change_password(ADA, "gryzbowska-gryzbowska", HERE)
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    with pytest.raises(InvalidRequest):
        office.accounts.reset_password(token, "gryzbowska-gryzbowska", "", HERE)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)


def test_a_reset_opens_a_locked_account_and_closes_all_else(office: Office) -> None:
    locked = a_user("ada", locked_at=HERE, failed_logins=100, email_verified_at=None)
    office.change(locked)
    furnish(office)
    for login in ("ada", "ada@example.org"):
        with pytest.raises(BadCredentials):
            office.accounts.log_in(login, "wrong", HERE)
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    mails(office)
    office.later(minutes=1)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)
    now = office.world.clock.moment
    expected = replace(
        locked, locked_at=None, failed_logins=0, email_verified_at=now, updated_at=now,
        password_hash=office.user().password_hash, last_failed_at=office.user().last_failed_at,
    )  # fmt: skip
    assert office.user() == expected
    assert sessions(office) == set()
    assert tokens(office) == []
    assert tokens(office, BOB) == [Purpose.RESET_PASSWORD]
    assert LOGIN_ACCOUNT.kind not in counted(office)
    assert mails(office) == changed_mail("The password was reset")


def test_an_address_proven_before_stays_proven_at_that_moment(office: Office) -> None:
    before = office.user().email_verified_at
    office.accounts.request_reset("ada", HERE)
    office.later(minutes=1)
    office.accounts.reset_password(office.world.mail.token("ada@example.org"), NEW_PASSWORD, "", HERE)
    assert office.user().email_verified_at == before


def test_a_second_token_takes_the_place_of_the_first(office: Office) -> None:
    office.accounts.request_reset("ada", HERE)
    first = office.world.mail.token("ada@example.org")
    office.accounts.request_reset("ada@example.org", HERE)
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(first, NEW_PASSWORD, "", HERE)
    assert tokens(office) == [Purpose.RESET_PASSWORD]


def test_a_profile_keeps_what_was_not_given(office: Office) -> None:
    office.later(minutes=1)
    both = office.accounts.change_profile(ADA, " Ada L. ", "Works", HERE)
    assert (
        both
        == office.user()
        == a_user("ada", full_name="Ada L.", organisation="Works", updated_at=office.world.clock.moment)
    )
    assert office.accounts.change_profile(ADA, None, "", HERE).organisation == ""
    assert office.user().full_name == "Ada L."
    with pytest.raises(InvalidRequest, match=r"^/full_name: "):
        office.accounts.change_profile(ADA, "a\nb", None, HERE)
    with pytest.raises(InvalidRequest, match=r"^/organisation: "):
        office.accounts.change_profile(ADA, None, "x" * 201, HERE)


@pytest.mark.parametrize("erase", [False, True])
def test_a_closed_account_has_no_sessions_keys_or_tokens(office: Office, erase: bool) -> None:
    furnish(office)
    mails(office)
    office.later(minutes=1)
    before = office.user()
    office.accounts.close_account(ADA, HERE, actor_id=ROOT, erase=erase)
    now = office.world.clock.moment
    assert office.user() == (before.erased(now) if erase else replace(before, is_active=False, updated_at=now))
    assert (sessions(office), tokens(office)) == (set(), [])
    assert (len(sessions(office, BOB)), tokens(office, BOB)) == (2, [Purpose.RESET_PASSWORD])
    revoked = {key.user_id: key.revoked_at for key in office.records.api_keys.rows.values()}
    assert revoked == {ADA: now, BOB: None}
    assert {account.user_id for account in office.records.cloud_accounts.rows.values()} == (
        {BOB} if erase else {ADA, BOB}
    )
    assert {share.subject for share in office.records.shares.rows.values()} == (
        {"other"} if erase else {"mine", "theirs", "other"}
    )
    assert mails(office) == changed_mail("Deletion" if erase else "Deactivation")


def test_an_account_opened_again_begins_anew(office: Office) -> None:
    office.change(a_user("ada", is_active=False, locked_at=HERE, failed_logins=100))
    office.later(minutes=1)
    office.accounts.reopen_account(ADA, HERE, actor_id=ROOT)
    assert office.user() == a_user("ada", updated_at=office.world.clock.moment)


def test_a_role_changed_ends_sessions_and_the_same_role_nothing(office: Office) -> None:
    furnish(office)
    office.told()
    assert office.accounts.change_role(ADA, Role.USER, HERE, actor_id=None) == office.user()
    assert (len(sessions(office)), office.told()) == (2, [])
    office.later(minutes=1)
    changed = office.accounts.change_role(ADA, Role.ADMIN, HERE, actor_id=ROOT)
    assert changed == office.user() == a_user("ada", role=Role.ADMIN, updated_at=office.world.clock.moment)
    assert (sessions(office), len(sessions(office, BOB))) == (set(), 2)
    [event] = office.told()
    assert (event.action, event.actor_id, event.user_id) == ("account.role_changed", ROOT, ADA)
    assert (event.target, event.detail) == (f"user:{ADA}", {"role": "admin"})


def test_a_token_for_a_reset_lasts_half_an_hour(office: Office) -> None:
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    office.later(minutes=30)
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)
    office.later(microseconds=-1)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)
