"""How mail to account holders leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from entrypoints.settings.fields import OptionalPath


class MailSettings(BaseModel):
    """The server mail is handed to."""

    smtp_host: str = Field(
        "", max_length=253, description="Mail server; empty: mail is printed on standard error, tokens and all"
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls from the first byte, or none for a relay on this machine"
    )
    smtp_ca: OptionalPath = Field(
        None, description="Own certificate authority (PEM) of the server; empty: the system's"
    )
    smtp_user: str = Field("", max_length=254, description="Name to log in with; empty: no log-in")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password")
    smtp_from: str = Field("mcp-core@localhost", min_length=3, max_length=254, description="Address mail comes from")

    @field_validator("smtp_from")
    @classmethod
    def _check_sender(cls, sender: str) -> str:
        if "@" not in sender or not sender.isprintable() or " " in sender:
            raise ValueError("write one mail address")
        return sender

    @field_validator("smtp_ca")
    @classmethod
    def _check_ca(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("the file of the certificate authority is not there")
        return path
