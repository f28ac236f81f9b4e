"""What the routes of accounts answer; secrets are told once, when they are made, and nowhere else."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.identity.audit import AuditEntry
from domain.identity.cloud import MASK, CloudAccount
from domain.identity.keys import ApiKey
from domain.identity.sessions import Session
from domain.identity.sharing import Share, Shared
from domain.identity.users import User


class AccountBody(Struct, frozen=True):
    """An account as its owner and administrators see it."""

    id: str
    username: str
    email: str
    role: str
    full_name: str
    organisation: str
    is_active: bool
    is_verified: bool
    has_second_factor: bool
    created_at: datetime
    last_login_at: datetime | None
    last_login_address: str


class SignedInBody(Struct, frozen=True):
    """After a log-in; ``csrf_token`` goes into X-CSRF-Token, null while a code is still asked for."""

    second_factor_required: bool
    csrf_token: str | None
    account: AccountBody | None


class MeBody(Struct, frozen=True):
    """Who is signed in."""

    csrf_token: str
    account: AccountBody
    backup_codes_left: int


class SessionBody(Struct, frozen=True):
    """One signed-in browser."""

    id: str
    is_this_one: bool
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


class SessionsBody(Struct, frozen=True):
    """All of them, newest first."""

    sessions: list[SessionBody]


class EndedBody(Struct, frozen=True):
    """How many sessions ended."""

    ended: int


class EnrolmentBody(Struct, frozen=True):
    """What an authenticator needs, shown once; ``qr_svg`` is the picture of ``otpauth_uri``."""

    otpauth_uri: str
    qr_svg: str


class BackupCodesBody(Struct, frozen=True):
    """Shown once; each counts once."""

    backup_codes: list[str]
    csrf_token: str | None


class ApiKeyView(Struct, frozen=True):
    """A key without its text."""

    id: str
    name: str
    begins_with: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaces: str | None


class NewApiKeyBody(Struct, frozen=True):
    """A new key; ``api_key`` is shown this once."""

    api_key: str
    key: ApiKeyView


class ApiKeysBody(Struct, frozen=True):
    """All keys of an account, newest first."""

    keys: list[ApiKeyView]


class CloudAccountView(Struct, frozen=True):
    """A cloud account; of its secrets only that they are there."""

    id: str
    provider: str
    name: str
    account_id: str
    region: str
    tenant_id: str
    project_id: str
    access_key: str | None
    secret_key: str | None
    extra: str | None
    created_at: datetime
    updated_at: datetime


class CloudAccountsBody(Struct, frozen=True):
    """All of an account's, oldest first."""

    cloud_accounts: list[CloudAccountView]


class ShareView(Struct, frozen=True):
    """A share of a plan or of a service's history; ``username`` is null where everybody sees it."""

    id: str
    plan_id: str | None
    service_id: str | None
    shared_by: str
    username: str | None
    created_at: datetime


class SharesBody(Struct, frozen=True):
    """What an account shared, and what was shared with it by name, oldest first."""

    shares: list[ShareView]


class AuditEntryBody(Struct, frozen=True):
    """One entry of the audit trail."""

    number: int
    at: datetime
    action: str
    outcome: str
    actor_id: str | None
    user_id: str | None
    target: str
    address: str
    request_id: str
    agent: str
    detail: dict[str, str]


class AuditPageBody(Struct, frozen=True):
    """Entries, newest first; ``next_before`` goes into ``before`` for the next page, null at the end."""

    entries: list[AuditEntryBody]
    next_before: int | None


class AccountsBody(Struct, frozen=True):
    """Accounts by name; ``next_after`` goes into ``after`` for the next page, null at the end."""

    accounts: list[AccountBody]
    next_after: str | None


def account_body(user: User) -> AccountBody:
    """An account."""
    return AccountBody(
        id=user.id, username=user.username, email=user.email, role=user.role.value, full_name=user.full_name,
        organisation=user.organisation, is_active=user.is_active, is_verified=user.is_verified,
        has_second_factor=user.has_second_factor, created_at=user.created_at,
        last_login_at=user.last_login_at, last_login_address=user.last_login_address,
    )  # fmt: skip


def session_body(session: Session, own_id: str | None) -> SessionBody:
    """A session."""
    return SessionBody(
        id=session.id, is_this_one=session.id == own_id, created_at=session.created_at,
        seen_at=session.seen_at, address=session.address, agent=session.agent,
    )  # fmt: skip


def key_body(key: ApiKey) -> ApiKeyView:
    """A key."""
    return ApiKeyView(
        id=key.id, name=key.name, begins_with=key.shown, scopes=sorted(key.scopes), created_at=key.created_at,
        expires_at=key.expires_at, revoked_at=key.revoked_at, last_used_at=key.last_used_at,
        replaces=key.replaces,
    )  # fmt: skip


def cloud_account_body(account: CloudAccount) -> CloudAccountView:
    """A cloud account."""
    return CloudAccountView(
        id=account.id, provider=account.provider.value, name=account.name, account_id=account.account_id,
        region=account.region, tenant_id=account.tenant_id, project_id=account.project_id,
        access_key=account.access_key_shown if account.access_key else None,
        secret_key=MASK if account.secret_key else None, extra=MASK if account.extra else None,
        created_at=account.created_at, updated_at=account.updated_at,
    )  # fmt: skip


def share_body(share: Share, shared_by: str, username: str | None) -> ShareView:
    """A share, with the names of both."""
    return ShareView(
        id=share.id, plan_id=share.subject if share.kind is Shared.PLAN else None,
        service_id=share.subject if share.kind is Shared.HISTORY else None, shared_by=shared_by, username=username,
        created_at=share.created_at,
    )  # fmt: skip


def audit_page_body(entries: list[AuditEntry], limit: int) -> AuditPageBody:
    """A page of the trail."""
    shown = [_entry_body(entry) for entry in entries[:limit]]
    return AuditPageBody(entries=shown, next_before=shown[-1].number if len(entries) > limit else None)


def _entry_body(entry: AuditEntry) -> AuditEntryBody:
    event, caller = entry.event, entry.event.caller
    return AuditEntryBody(
        number=entry.number, at=entry.at, action=event.action, outcome=event.outcome, actor_id=event.actor_id,
        user_id=event.user_id, target=event.target, address=caller.address, request_id=caller.request_id,
        agent=caller.agent, detail=event.detail,
    )  # fmt: skip
