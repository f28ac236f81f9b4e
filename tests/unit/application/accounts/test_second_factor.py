"""A second factor from its seed to its end, and the codes for when it is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import NotFound
from domain.identity.cloud import sealing_context
from domain.identity.errors import AlreadyExists, BadCredentials, EncryptionUnavailable, TokenRefused, TooManyRequests
from domain.identity.single_use import Purpose
from tests.canaries import PASSWORD
from tests.fakes.people import HERE
from tests.http.people import seed_of
from tests.unit.application.accounts.office import ADA, BOB, Office, changed_mail


def test_a_second_factor_is_sealed_confirmed_and_told_of(office: Office) -> None:
    office.furnish()
    office.mails()
    enrolment = office.accounts.enrol_totp(ADA, HERE)
    sealed = office.user().totp_seed
    assert sealed is not None
    opened = office.world.container().secret_box().open(sealed, sealing_context("users", ADA, ADA, "totp_seed"))
    assert len(bytes.fromhex(opened)) == 20
    assert enrolment.uri.startswith("otpauth://totp/")
    assert enrolment.svg.lstrip().startswith("<")
    assert enrolment.uri not in repr(enrolment)
    assert not office.user().has_second_factor
    assert (office.mails(), len(office.sessions())) == ([], 2)
    confirmed = office.accounts.confirm_totp(ADA, office.code(seed_of(enrolment.uri)), HERE)
    assert office.user().totp_confirmed_at == office.user().updated_at == office.world.clock.moment
    assert office.sessions() == {confirmed.signed_in.session.id}
    assert len(office.sessions(BOB)) == 2
    assert len(set(confirmed.backup_codes)) == 10
    assert confirmed.backup_codes[0] not in repr(confirmed)
    assert office.tokens() == [Purpose.BACKUP_CODE] * 10 + [Purpose.RESET_PASSWORD]
    assert office.mails() == changed_mail("A second factor was switched on for log-ins")
    for again in (lambda: office.accounts.enrol_totp(ADA, HERE), lambda: office.accounts.confirm_totp(ADA, "1", HERE)):
        with pytest.raises(AlreadyExists):
            again()


def test_renewed_codes_take_the_place_of_the_old_ones(office: Office) -> None:
    _, old = office.second_factor()
    office.mails()
    new = office.accounts.renew_backup_codes(ADA, HERE)
    assert (len(set(new)), set(new) & set(old)) == (10, set())
    assert office.tokens() == [Purpose.BACKUP_CODE] * 10
    assert office.mails() == changed_mail("The backup codes were renewed")
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(pending.token, old[0], HERE)
    assert office.accounts.confirm_log_in(pending.token, new[0], HERE)


@pytest.mark.parametrize("by_operator", [False, True])
def test_a_second_factor_switched_off_leaves_neither_seed_nor_codes(office: Office, by_operator: bool) -> None:
    office.second_factor()
    office.furnish()
    office.mails()
    kept = set()
    if by_operator:
        office.accounts.remove_second_factor(ADA, HERE)
    else:
        kept = {office.accounts.disable_totp(ADA, HERE).session.id}
    assert (office.user().totp_seed, office.user().totp_confirmed_at) == (None, None)
    assert office.tokens() == [Purpose.RESET_PASSWORD]
    assert office.sessions() == kept
    assert len(office.sessions(BOB)) == 2
    assert office.mails() == changed_mail("The second factor was switched off")
    with pytest.raises(NotFound):
        office.accounts.remove_second_factor(ADA, HERE)


def test_a_seed_never_confirmed_can_be_thrown_away(office: Office) -> None:
    office.accounts.enrol_totp(ADA, HERE)
    office.accounts.disable_totp(ADA, HERE)
    assert office.user().totp_seed is None
    with pytest.raises(NotFound):
        office.accounts.renew_backup_codes(ADA, HERE)


def test_too_many_codes_make_a_first_code_wait(office: Office) -> None:
    seed = seed_of(office.accounts.enrol_totp(ADA, HERE).uri)
    for _ in range(5):
        with pytest.raises(TokenRefused):
            office.accounts.confirm_totp(ADA, "000000", HERE)
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.confirm_totp(ADA, office.code(seed), HERE)
    assert refusal.value.retry_after_seconds == 300
    assert not office.user().has_second_factor


def test_a_seed_that_is_not_in_its_stored_form_is_said_to_be_so(office: Office) -> None:
    office.second_factor()
    box = office.world.container().secret_box()
    broken = box.seal("no hexadecimal", sealing_context("users", ADA, ADA, "totp_seed"))
    office.change(replace(office.user(), totp_seed=broken))
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    with pytest.raises(EncryptionUnavailable, match="not in its stored form"):
        office.accounts.confirm_log_in(pending.token, "123456", HERE)
