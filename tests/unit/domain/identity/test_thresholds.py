"""The numbers a user may rely on: how often, how long, how many. They stand in docs/security.md as well."""

from __future__ import annotations

from datetime import timedelta
from types import ModuleType

import pytest

from domain.identity import cloud, keys, limits, passwords, sessions, sharing, tokens, totp, users
from domain.identity.limits import Limit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# A counter is found by its kind in every process: under another name all that was counted would be forgiven.
@pytest.mark.parametrize(
    ("name", "kind", "allowed", "window"),
    [
        ("LOGIN_ACCOUNT", "login:account", 10, 5 * MINUTE),
        ("LOGIN_ADDRESS", "login:address", 10, 5 * MINUTE),
        ("LOGIN_GLOBAL", "login:global", 1_000, 5 * MINUTE),
        ("SECOND_FACTOR", "factor:5m", 5, 5 * MINUTE),
        ("SECOND_FACTOR", "factor:1h", 20, HOUR),
        ("SECOND_FACTOR", "factor:1d", 50, DAY),
        ("RESET_MAIL", "mail:reset", 5, DAY),
        ("VERIFY_MAIL", "mail:verify", 3, 6 * HOUR),
        ("MAIL_ADDRESS", "mail:address", 20, HOUR),
        ("MAIL_GLOBAL", "mail:global", 1_000, HOUR),
        ("SHARE_ACCOUNT", "share:account", 100, HOUR),
        ("TOKEN_ADDRESS", "token:address", 30, 5 * MINUTE),
    ],
)
def test_how_often_anything_may_be_tried(name: str, kind: str, allowed: int, window: timedelta) -> None:
    there = getattr(limits, name)
    assert Limit(kind=kind, allowed=allowed, window=window) in (there if isinstance(there, tuple) else (there,))


def test_every_limit_there_is_stands_in_the_table_above() -> None:
    there = [value for value in vars(limits).values() if isinstance(value, Limit)]
    assert len(there) + len(limits.SECOND_FACTOR) == 12


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        (limits, "LOCK_AFTER", 100),
        (limits, "DELAY_FROM", 5),
        (limits, "LONGEST_DELAY", 15 * MINUTE),
        (passwords, "MIN_LENGTH", 15),
        (passwords, "MAX_LENGTH", 128),
        (passwords, "LEAST_GUESSES", 10**14),
        (passwords, "JUDGED_LENGTH", 24),
        (tokens, "TOKEN_BYTES", 256 // 8),
        (sessions, "STEP_UP", 5 * MINUTE),
        (sessions, "PENDING_LIFE", 5 * MINUTE),
        (keys, "DEFAULT_DAYS", 90),
        (keys, "MAX_DAYS", 365),
        (keys, "ROTATION_OVERLAP", 24 * HOUR),
        (keys, "MAX_KEYS_PER_USER", 50),
        (keys, "MAX_NAME_LENGTH", 100),
        (tokens, "API_KEY_PREFIX", "cap_live_"),
        (tokens, "SHOWN_LENGTH", 17),
        (tokens, "BACKUP_CODES", 10),
        (tokens, "BACKUP_CODE_BYTES", 120 // 8),
        (totp, "SEED_BYTES", 160 // 8),
        (totp, "STEP_SECONDS", 30),
        (totp, "DRIFT_STEPS", 1),
        (cloud, "MAX_PER_USER", 100),
        (sharing, "MAX_SHARES_PER_USER", 1_000),
        (users, "MAX_EMAIL_LENGTH", 254),
        (users, "MAX_TEXT_LENGTH", 200),
        (users, "UNPROVEN_KEPT", 7 * DAY),
    ],
)
def test_how_long_and_how_many(module: ModuleType, name: str, expected: object) -> None:
    assert getattr(module, name) == expected


def test_a_session_lasts_half_an_hour_idle_and_twelve_hours_in_all() -> None:
    assert sessions.SessionLimits() == sessions.SessionLimits(idle=30 * MINUTE, absolute=12 * HOUR)
