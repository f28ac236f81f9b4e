"""All use cases about accounts, over one set of ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from application.accounts.api_keys import CreateApiKey, RevokeApiKey, RotateApiKey
from application.accounts.audit_trail import VerifyAudit
from application.accounts.authenticate import AuthenticateKey, AuthenticateSession
from application.accounts.change_password import ChangePassword
from application.accounts.change_profile import ChangeProfile
from application.accounts.change_role import ChangeRole
from application.accounts.claim_history import ClaimHistory
from application.accounts.close_account import CloseAccount, ReopenAccount
from application.accounts.cloud_accounts import KeepCloudAccount, RemoveCloudAccount
from application.accounts.confirm_log_in import ConfirmLogIn
from application.accounts.confirm_totp import ConfirmTotp
from application.accounts.create_user import CreateUser
from application.accounts.desk import Desk
from application.accounts.disable_totp import DisableTotp, RemoveSecondFactor, RenewBackupCodes
from application.accounts.end_sessions import EndSessions
from application.accounts.enrol_totp import EnrolTotp
from application.accounts.grants import KnownGrants
from application.accounts.log_in import LogIn
from application.accounts.look_up import LookUp
from application.accounts.register import Register
from application.accounts.request_reset import RequestReset
from application.accounts.reset_password import ResetPassword
from application.accounts.rotate_secrets import RotateSecrets
from application.accounts.second_factor import SecondFactor
from application.accounts.share import DisownHistory, EndShare, ShareIt
from application.accounts.step_up import StepUp
from application.accounts.tidy import Tidy
from application.accounts.verify_email import VerifyEmail
from domain.identity.sessions import SessionLimits
from domain.identity.totp import CodeAt
from domain.ports.account_database import AccountDatabase
from domain.ports.clock import Clock
from domain.ports.mailer import Mailer
from domain.ports.password_hasher import PasswordHasher
from domain.ports.password_strength import PasswordStrength
from domain.ports.randomness import Randomness
from domain.ports.secret_box import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """What draws and checks one-time codes: a code at a step, the address to scan, its picture."""

    code_at: CodeAt
    uri_of: Callable[[bytes, str], str]
    picture_of: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """What the operator decides.

    Attributes:
        base_url: Address of the service in mails, without a slash at its end.
        is_registration_open: Whether anybody may ask for an account.
        sessions: How long sessions live.
        audit_retention: How long the audit trail is kept.
    """

    base_url: str
    is_registration_open: bool
    sessions: SessionLimits
    audit_retention: timedelta


class Accounts:
    """The use cases by name.

    Args:
        database: Where accounts are kept.
        clock: Time.
        randomness: Chance.
        hasher: Slow hashes.
        strength: How soon passwords would be guessed.
        box: Sealing of secrets.
        mailer: Mail.
        authenticator: One-time codes.
        rules: What the operator decides.
        grants: What is whose and shared with whom.
    """

    def __init__(
        self,
        *,
        database: AccountDatabase,
        clock: Clock,
        randomness: Randomness,
        hasher: PasswordHasher,
        strength: PasswordStrength,
        box: SecretBox,
        mailer: Mailer,
        authenticator: Authenticator,
        rules: AccountRules,
        grants: KnownGrants,
    ) -> None:
        desk = Desk(database=database, clock=clock, randomness=randomness)
        factor = SecondFactor(desk=desk, box=box, code_at=authenticator.code_at)
        self.desk = desk
        self.rules = rules
        self.look_up = LookUp(desk=desk, limits=rules.sessions)
        self.authenticate_session = AuthenticateSession(desk=desk, limits=rules.sessions)
        self.authenticate_key = AuthenticateKey(desk=desk)
        self.create_user = CreateUser(desk=desk, hasher=hasher, strength=strength)
        self.register = Register(
            desk=desk,
            hasher=hasher,
            strength=strength,
            mailer=mailer,
            base_url=rules.base_url,
            is_open=rules.is_registration_open,
        )
        self.verify_email = VerifyEmail(desk=desk)
        self.log_in = LogIn(desk=desk, hasher=hasher, mailer=mailer)
        self.confirm_log_in = ConfirmLogIn(desk=desk, second_factor=factor, limits=rules.sessions)
        self.step_up = StepUp(desk=desk, hasher=hasher, second_factor=factor)
        self.end_sessions = EndSessions(desk=desk)
        self.request_reset = RequestReset(desk=desk, mailer=mailer, base_url=rules.base_url)
        self.reset_password = ResetPassword(
            desk=desk, hasher=hasher, strength=strength, mailer=mailer, second_factor=factor
        )
        self.change_password = ChangePassword(desk=desk, hasher=hasher, strength=strength, mailer=mailer)
        self.enrol_totp = EnrolTotp(
            desk=desk, box=box, uri_of=authenticator.uri_of, picture_of=authenticator.picture_of
        )
        self.confirm_totp = ConfirmTotp(desk=desk, second_factor=factor, mailer=mailer)
        self.disable_totp = DisableTotp(desk=desk, mailer=mailer)
        self.remove_second_factor = RemoveSecondFactor(desk=desk, mailer=mailer)
        self.renew_backup_codes = RenewBackupCodes(desk=desk, mailer=mailer)
        self.change_profile = ChangeProfile(desk=desk)
        self.change_role = ChangeRole(desk=desk)
        self.close_account = CloseAccount(desk=desk, mailer=mailer)
        self.reopen_account = ReopenAccount(desk=desk)
        self.create_api_key = CreateApiKey(desk=desk, mailer=mailer)
        self.rotate_api_key = RotateApiKey(desk=desk, mailer=mailer)
        self.revoke_api_key = RevokeApiKey(desk=desk)
        self.keep_cloud_account = KeepCloudAccount(desk=desk, box=box)
        self.remove_cloud_account = RemoveCloudAccount(desk=desk)
        self.grants = grants
        self.claim_history = ClaimHistory(desk=desk, grants=grants)
        self.share = ShareIt(desk=desk, grants=grants)
        self.end_share = EndShare(desk=desk, grants=grants)
        self.disown_history = DisownHistory(desk=desk, grants=grants)
        self.verify_audit = VerifyAudit(desk=desk)
        self.tidy = Tidy(desk=desk, audit_retention=rules.audit_retention, sessions=rules.sessions)
        self.rotate_secrets = RotateSecrets(desk=desk, box=box)
