"""Accounts, sessions and keys as tests need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.identity.audit import AuditEvent, Caller
from domain.identity.cloud import CloudAccount, Provider
from domain.identity.keys import ApiKey
from domain.identity.scopes import Role, Scope
from domain.identity.sessions import Session
from domain.identity.sharing import Share, Shared
from domain.identity.tokens import digest
from domain.identity.users import User
from tests.canaries import PASSWORD

NOW = datetime(2026, 11, 23, 12, 0, 30, 123456, tzinfo=UTC)
HERE = Caller(address="192.0.2.7", request_id="req-1", agent="test")


def named(name: str) -> str:
    """A row's id from a name that can be read."""
    return digest(name)[:32]


def a_user(name: str = "ada", **changes: object) -> User:
    """A verified account."""
    user = User(
        id=named(name), username=name, email=f"{name}@example.org", password_hash=f"quick:0:{PASSWORD}",
        role=Role.USER, created_at=NOW, updated_at=NOW, email_verified_at=NOW,
    )  # fmt: skip
    return replace(user, **changes)  # type: ignore[arg-type]


def a_session(name: str = "s1", user: str = "ada", **changes: object) -> Session:
    """A session just begun; its token is its name."""
    session = Session(
        id=named(name), token_hash=digest(name), user_id=named(user), is_pending=False, created_at=NOW, seen_at=NOW,
        confirmed_at=NOW, address="192.0.2.7", agent="browser",
    )  # fmt: skip
    return replace(session, **changes)  # type: ignore[arg-type]


def a_key(name: str = "k1", user: str = "ada", **changes: object) -> ApiKey:
    """A key for reading plans; its text is its name."""
    key = ApiKey(
        id=named(name), user_id=named(user), name=name, key_hash=digest(name), shown="cap_live_12345678",
        scopes=frozenset({Scope.PLANS_READ}), created_at=NOW, expires_at=NOW + timedelta(days=90),
    )  # fmt: skip
    return replace(key, **changes)  # type: ignore[arg-type]


def a_cloud_account(name: str = "c1", user: str = "ada", **changes: object) -> CloudAccount:
    """An account at a provider."""
    account = CloudAccount(
        id=named(name), user_id=named(user), provider=Provider.GCP, name=name, account_id="1234", region="europe-west1",
        tenant_id="t", project_id="p", access_key="v1:a", access_key_shown="••••abcd", secret_key="v1:s", extra=None,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    return replace(account, **changes)  # type: ignore[arg-type]


def a_share(name: str = "s1", **changes: object) -> Share:
    """The history of the shop, shared by Ada with Bob."""
    share = Share(
        id=named(name), kind=Shared.HISTORY, subject="shop", shared_by=named("ada"), user_id=named("bob"),
        created_at=NOW,
    )  # fmt: skip
    return replace(share, **changes)  # type: ignore[arg-type]


def an_event(action: str = "session.login", **changes: object) -> AuditEvent:
    """Something that happened."""
    event = AuditEvent(
        action=action, caller=HERE, actor_id=named("ada"), user_id=named("ada"), target="session:1", detail={"é": "ü"}
    )
    return replace(event, **changes)  # type: ignore[arg-type]
