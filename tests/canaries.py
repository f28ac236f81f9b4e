"""Twelve secrets that tests use wherever one is needed; ``tests/watched.py`` looks out for them in the whole suite."""

from __future__ import annotations

PASSWORD = "correct-zebra-lantern-42"  # noqa: S105
NEW_PASSWORD = "bicycle-harbour-violet-nickel-9"  # noqa: S105
CLOUD_ACCESS_KEY = "AKIACANARY0123456789"
CLOUD_SECRET_KEY = "canary-secret-key-1"  # noqa: S105
CLOUD_EXTRA = "canary-extra-pem-2"
ENCRYPTION_KEY = "A" * 43 + "="
DISCORD_TOKEN = "canary-token_AbC"  # noqa: S105
SIGNING_SECRET = "canary-signing-secret-0123456789abcdef"  # noqa: S105
SMTP_PASSWORD = "canary-password-of-smtp"  # noqa: S105
GITHUB_TOKEN = "canary-token-of-github"  # noqa: S105
PROMETHEUS_SECRET = "canary-secret-of-prometheus"  # noqa: S105
MYSQL_PASSWORD = "canary-of-a-password"  # noqa: S105

ALL = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, str)}


def leaked(text: str) -> list[str]:
    """Names of the secrets in a text."""
    return [name for name, secret in ALL.items() if secret in text]
