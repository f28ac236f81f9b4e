"""Addresses of webhooks are checked at start-up, and what is said of a wrong one does not repeat it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from entrypoints.settings import Settings
from tests.canaries import DISCORD_TOKEN, SIGNING_SECRET

HOOK = f"/api/webhooks/123456789/{DISCORD_TOKEN}"


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def refusal(**given: str) -> str:
    with pytest.raises(ValidationError) as caught:
        settings(**given)
    return str(caught.value.errors(include_input=False, include_url=False))


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        (f"https://discord.com{HOOK}", ""),
        (f"https://discord.com:443{HOOK}?thread_id=42", ""),
        ("https://ptb.discord.com/api/v10/webhooks/1/t", ""),
        (f"https://relay.example{HOOK}", "relay.example"),
        (f"https://relay.example:8443{HOOK}", "other.example, Relay.Example:8443"),
        (f"http://127.0.0.1:8080{HOOK}", "127.0.0.1:8080"),
        (f"http://localhost:8080{HOOK}", "localhost:8080"),
        (f"http://[::1]:8080{HOOK}", "[::1]:8080"),
    ],
)
def test_discords_hosts_and_those_the_operator_named_are_taken(url: str, hosts: str) -> None:
    accepted = settings(discord_webhook_url=url, discord_allowed_hosts=hosts)
    assert accepted.alert_channels == ("discord",)
    assert "canary" not in repr(accepted)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        (f"https://discord.com.evil.example{HOOK}", ""),
        (f"https://evildiscord.com{HOOK}", ""),
        (f"http://discord.com{HOOK}", ""),
        (f"http://discord.com:443{HOOK}", ""),
        (f"https://discord.com:8443{HOOK}", ""),
        (f"https://discord.com@evil.example{HOOK}", ""),
        (f"https://canary:pw@discord.com{HOOK}", ""),
        (f"https://discord.com\\@evil.example{HOOK}", ""),
        (f"https://discord.com\t.evil.example{HOOK}", ""),
        (f"https://discord.com{HOOK}/../../x", ""),
        (f"https://discord.com{HOOK}?wait=false", ""),
        (f"https://discord.com{HOOK}#canary", ""),
        ("https://discord.com/api/webhooks/canary", ""),
        (f"ftp://discord.com{HOOK}", ""),
        (f"https://discord.com:canary{HOOK}", ""),
        (HOOK, ""),
        (f"http://relay.example{HOOK}", "relay.example"),
        (f"http://169.254.169.254{HOOK}", "169.254.169.254"),
        (f"https://relay.example:8443{HOOK}", "relay.example"),
        (f"http://127.0.0.1:8080{HOOK}", ""),
        (f"http://127.0.0.1.evil.example:8080{HOOK}", "127.0.0.1.evil.example:8080"),
    ],
)
def test_any_other_address_is_refused_without_being_repeated(url: str, hosts: str) -> None:
    said = refusal(discord_webhook_url=url, discord_allowed_hosts=hosts)
    assert "discord_webhook_url" in said
    assert "canary-token" not in said
    assert "evil" not in said


@pytest.mark.parametrize("hosts", ["https://relay.example", "relay.example/x", "*", "a b"])
def test_an_allowed_host_is_a_host(hosts: str) -> None:
    assert "without https://" in refusal(discord_allowed_hosts=hosts)


def test_a_receiver_needs_a_secret_worth_the_name() -> None:
    assert "alert_webhook_secret" in refusal(alert_webhook_url="https://relay.example/canary")
    assert "32 characters" in refusal(alert_webhook_url="https://relay.example/canary", alert_webhook_secret="short")
    accepted = settings(alert_webhook_url="https://relay.example/canary", alert_webhook_secret=SIGNING_SECRET)
    assert accepted.alert_channels == ("webhook",)
    assert "canary" not in repr(accepted)


@pytest.mark.parametrize("url", ["http://relay.example/x", "relay.example", "https://u:canary@relay.example/"])
def test_a_receiver_is_reached_over_https(url: str) -> None:
    said = refusal(alert_webhook_url=url, alert_webhook_secret=SIGNING_SECRET)
    assert "alert_webhook_url" in said
    assert "canary" not in said


def test_without_any_address_alerts_go_to_the_log() -> None:
    assert settings().alert_channels == ("log",)
    assert settings(discord_webhook_url="").alert_channels == ("log",)


def test_several_channels_are_told_when_they_are_set_up_or_named() -> None:
    both = {
        "discord_webhook_url": f"https://discord.com{HOOK}",
        "alert_webhook_url": "https://relay.example/x",
        "alert_webhook_secret": SIGNING_SECRET,
    }
    assert settings(**both).alert_channels == ("discord", "webhook")
    assert settings(**both, alert_channels="log, discord,log").alert_channels == ("log", "discord")


def test_a_channel_that_is_named_needs_its_address() -> None:
    assert "discord needs DISCORD_WEBHOOK_URL" in refusal(alert_channels="discord")
    assert "alert_channels" in refusal(alert_channels="pigeon")


@pytest.mark.parametrize("name", ["", " ", "My Discord bot", "Clyde", "a" * 81, "@here"])
def test_a_name_that_discord_refuses_is_refused_at_start(name: str) -> None:
    assert "discord_bot_name" in refusal(discord_bot_name=name)


def test_a_picture_is_an_https_address_or_none() -> None:
    assert settings(discord_bot_avatar="").discord_bot_avatar is None
    assert "discord_bot_avatar" in refusal(discord_bot_avatar="http://pictures.example/x.png")
