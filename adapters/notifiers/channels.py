"""The channels that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.notifiers.discord import DiscordNotifier
from adapters.notifiers.log import LogNotifier
from adapters.notifiers.signed_webhook import SignedWebhookNotifier
from domain.ports.clock import Clock
from domain.ports.notifier import Notifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOptions:
    """What the channels need; secrets are left out of its representation.

    Attributes:
        names: Which channels, in order; those named have what they need.
        discord_url: Webhook of Discord.
        bot_name: As which Discord posts.
        bot_avatar: Its picture, or None.
        webhook_url: Receiver of signed messages.
        webhook_secret: What they are signed with.
    """

    names: Sequence[str]
    discord_url: str = field(default="", repr=False)
    bot_name: str
    bot_avatar: str | None
    webhook_url: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)


def make_notifiers(options: ChannelOptions, clock: Clock) -> tuple[Notifier, ...]:
    """One notifier per channel named."""
    makers: Mapping[str, Callable[[], Notifier]] = {
        "log": LogNotifier,
        "discord": lambda: DiscordNotifier(
            url=options.discord_url, bot_name=options.bot_name, bot_avatar=options.bot_avatar, clock=clock
        ),
        "webhook": lambda: SignedWebhookNotifier(url=options.webhook_url, secret=options.webhook_secret, clock=clock),
    }
    return tuple(makers[name]() for name in options.names)
