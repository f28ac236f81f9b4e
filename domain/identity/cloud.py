"""Cloud accounts of users; secrets go in and never come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_PER_USER = 100
MASK = "••••"
_SHOWN_END = 4
_LEAST_TO_SHOW = 16


class Provider(StrEnum):
    """Whose cloud."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    ALIBABA = "alibaba"
    ORACLE = "oracle"
    IBM = "ibm"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccount:
    """One account at a provider.

    Attributes:
        id: Row.
        user_id: Whose.
        provider: Whose cloud.
        name: What the owner calls it.
        account_id: The provider's number of the account, and so on for region, tenant and project.
        access_key: Sealed; None without. Its last letters are in ``access_key_shown``.
        secret_key: Sealed; None without.
        extra: Sealed JSON object of further credentials; None without.
        created_at: Moment it was made.
        updated_at: Moment of the last change.
    """

    id: str
    user_id: str
    provider: Provider
    name: str
    account_id: str
    region: str
    tenant_id: str
    project_id: str
    access_key: str | None
    access_key_shown: str
    secret_key: str | None
    extra: str | None
    created_at: datetime
    updated_at: datetime


def masked(secret: str) -> str:
    """The last four characters of a long access key, nothing of a short one."""
    return MASK + (secret[-_SHOWN_END:] if len(secret) >= _LEAST_TO_SHOW else "")


def sealing_context(table: str, user_id: str, row_id: str, column: str) -> str:
    """What a sealed value is bound to: put into another row, column or account it cannot be opened."""
    return f"{table}/{user_id}/{row_id}/{column}"
