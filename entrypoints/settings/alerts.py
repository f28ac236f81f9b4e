"""Where anomalies are told, and how often."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from entrypoints.settings.fields import empty_is_none
from entrypoints.settings.webhook_address import check_discord_url, check_receiver_url, parse_allowed_hosts

ChannelName = Literal["discord", "webhook", "log"]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(empty_is_none)]
# A receiver's check of a signature is worth what the secret is: 128 bits in hexadecimal.
LEAST_SECRET_LENGTH = 32
_MOST_URL = 2048


class AlertSettings(BaseModel):
    """Channels, the secrets they need, and how much they are told. Checked in the order of the fields."""

    discord_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Other hosts DISCORD_WEBHOOK_URL may name, host[:port] by comma; http on loopback only"
    )
    discord_webhook_url: OptionalSecret = Field(
        None, description="Webhook of a Discord channel, a secret; empty: not told on Discord"
    )
    discord_bot_name: str = Field(
        "MCP-dangerous", min_length=1, max_length=80, description="Name that Discord messages are posted under"
    )
    discord_bot_avatar: Annotated[str | None, BeforeValidator(empty_is_none)] = Field(
        "https://i.imgur.com/9kY5F5k.png", description="Picture beside Discord messages; empty: the webhook's own"
    )
    alert_webhook_url: OptionalSecret = Field(
        None, description="Receiver of signed alerts in JSON, a secret; empty: none"
    )
    alert_webhook_secret: OptionalSecret = Field(
        None, validate_default=True, description="Secret these alerts are signed with, at least 32 characters"
    )
    alert_channels: Annotated[tuple[ChannelName, ...], NoDecode] = Field(
        default=(), validate_default=True,
        description="Channels told, by comma: discord, webhook, log; empty: those set up, else the log",
    )  # fmt: skip
    alert_dedup_ttl: float = Field(
        600.0, ge=0, le=604_800, description="Time in which the same alert is not told again, seconds"
    )
    alert_deadline_seconds: float = Field(
        20.0, ge=0.1, le=300, description="Longest time one attempt to deliver an alert may take, seconds"
    )

    alert_recovery: bool = Field(True, description="Whether the end of an anomaly is told, once")
    alert_rate_per_minute: int = Field(
        30, ge=1, le=100_000, description="Alerts each channel is sent in a minute; what is more is told as a summary"
    )
    alert_give_up_hours: float = Field(
        24.0, ge=0.01, le=8_760, description="Age from which on an alert is not tried again, hours"
    )

    @property
    def alert_give_up_seconds(self) -> float:
        """The same in seconds."""
        return self.alert_give_up_hours * 3600.0

    @field_validator("discord_allowed_hosts", mode="before")
    @classmethod
    def _parse_hosts(cls, raw: object) -> object:
        return parse_allowed_hosts(raw) if isinstance(raw, str) else raw

    @field_validator("discord_webhook_url")
    @classmethod
    def _check_discord(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if url is not None:
            check_discord_url(url.get_secret_value(), info.data.get("discord_allowed_hosts", ()))
        return url

    @field_validator("discord_bot_name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        # Discord answers 400 to every message under such a name.
        if not name.strip() or any(word in name.lower() for word in ("discord", "clyde", "@", "#", ":", "```")):
            raise ValueError("Discord takes no name that is blank or holds discord, clyde, @, #, : or ```")
        return name

    @field_validator("discord_bot_avatar")
    @classmethod
    def _check_avatar(cls, url: str | None) -> str | None:
        if url is not None and (len(url) > _MOST_URL or not url.isascii() or urlsplit(url).scheme != "https"):
            raise ValueError("write an https:// address of a picture, or nothing")
        return url

    @field_validator("alert_webhook_url")
    @classmethod
    def _check_receiver(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            check_receiver_url(url.get_secret_value())
        return url

    @field_validator("alert_webhook_secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret is None and info.data.get("alert_webhook_url") is not None:
            raise ValueError("ALERT_WEBHOOK_URL needs a secret of at least 32 characters to sign with")
        if secret is not None and len(secret.get_secret_value()) < LEAST_SECRET_LENGTH:
            raise ValueError("write at least 32 characters; `openssl rand -hex 32` makes such a secret")
        return secret

    @field_validator("alert_channels", mode="before")
    @classmethod
    def _parse_channels(cls, raw: object) -> object:
        if not isinstance(raw, str):
            return raw
        return tuple(dict.fromkeys(part.strip() for part in raw.split(",") if part.strip()))

    @field_validator("alert_channels")
    @classmethod
    def _choose_channels(cls, named: tuple[ChannelName, ...], info: ValidationInfo) -> tuple[ChannelName, ...]:
        addresses = {"discord": "discord_webhook_url", "webhook": "alert_webhook_url"}
        for channel in named:
            needed = addresses.get(channel)
            # An address that was refused before is absent here: its own error says more.
            if needed in info.data and info.data[needed] is None:
                raise ValueError(f"{channel} needs {needed.upper()}")
        set_up: tuple[ChannelName, ...] = tuple(
            name for name in ("discord", "webhook") if info.data.get(addresses[name]) is not None
        )
        return named or set_up or ("log",)
