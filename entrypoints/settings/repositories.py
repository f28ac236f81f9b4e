"""Where repositories come from that are not on this machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator

from entrypoints.settings.fields import empty_is_none


class RepositorySettings(BaseModel):
    """GitHub, and uploads."""

    github_token: Annotated[SecretStr | None, BeforeValidator(empty_is_none)] = Field(
        None, description="Token for GitHub's API, a secret: private repositories, a higher rate; empty: none"
    )
    github_timeout_seconds: float = Field(
        60.0, gt=0, le=600, description="Longest time to fetch a repository from GitHub, seconds"
    )
    max_upload_bytes: int = Field(
        52_428_800, ge=1024, le=52_428_800, description="Largest repository archive uploaded, bytes"
    )

    @field_validator("github_token")
    @classmethod
    def _check_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not all(32 < ord(letter) < 127 for letter in token.get_secret_value()):
            raise ValueError("a token has no spaces, line breaks or letters beyond ASCII")
        return token
