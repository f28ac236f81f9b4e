"""Sessions of people, keys that seal secrets, the audit trail."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, SecretStr


class AccountSettings(BaseModel):
    """What the operator decides of accounts."""

    registration: Literal["closed", "open"] = Field(
        "closed", description="Whether anybody may ask for an account over HTTP: closed, open"
    )
    session_idle_minutes: int = Field(30, ge=1, le=1440, description="Time after which an unused session ends, minutes")
    session_hours: int = Field(12, ge=1, le=168, description="Time after which any session ends, hours")
    audit_retention_days: int = Field(
        365, ge=30, le=36_500, description="Time the audit trail is kept, days; a running service removes what is older"
    )
    encryption_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys that seal authenticators and cloud credentials, id:base64 by comma, the newest first; "
        "mcp-core db new-key makes one; empty: neither can be kept",
    )
