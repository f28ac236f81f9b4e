"""The numbers a user may rely on: how often, how long, how many. They stand in docs/security.md as well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.identity import cloud, keys, limits, passwords, sessions, sharing, single_use, tokens, totp, users
from domain.identity.limits import Limit

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


# A counter is found by its kind in every process: under another name all that was counted would be forgiven.
@pytest.mark.parametrize(
    ("limit", "kind", "allowed", "window"),
    [
        (limits.LOGIN_ACCOUNT, "login:account", 10, 5 * MINUTE),
        (limits.LOGIN_ADDRESS, "login:address", 10, 5 * MINUTE),
        (limits.LOGIN_GLOBAL, "login:global", 1_000, 5 * MINUTE),
        (limits.SECOND_FACTOR[0], "factor:5m", 5, 5 * MINUTE),
        (limits.SECOND_FACTOR[1], "factor:1h", 20, HOUR),
        (limits.SECOND_FACTOR[2], "factor:1d", 50, DAY),
        (limits.RESET_MAIL, "mail:reset", 5, DAY),
        (limits.VERIFY_MAIL, "mail:verify", 3, 6 * HOUR),
        (limits.MAIL_ADDRESS, "mail:address", 20, HOUR),
        (limits.MAIL_GLOBAL, "mail:global", 1_000, HOUR),
        (limits.SHARE_ACCOUNT, "share:account", 100, HOUR),
        (limits.TOKEN_ADDRESS, "token:address", 30, 5 * MINUTE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_how_often_anything_may_be_tried(limit: Limit, kind: str, allowed: int, window: timedelta) -> None:
    assert limit == Limit(kind=kind, allowed=allowed, window=window)


def test_every_limit_there_is_stands_in_the_table_above() -> None:
    there = [value for value in vars(limits).values() if isinstance(value, Limit)]
    assert len(there) + len(limits.SECOND_FACTOR) == 12


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (limits.LOCK_AFTER, 100),
        (limits.DELAY_FROM, 5),
        (limits.LONGEST_DELAY, 15 * MINUTE),
        (passwords.MIN_LENGTH, 15),
        (passwords.MAX_LENGTH, 128),
        (8 * tokens.TOKEN_BYTES, 256),
        (single_use.LIFE_OF[single_use.Purpose.RESET_PASSWORD], 30 * MINUTE),
        (single_use.LIFE_OF[single_use.Purpose.VERIFY_EMAIL], 24 * HOUR),
        (single_use.LIFE_OF[single_use.Purpose.BACKUP_CODE], 36_500 * DAY),
        (sessions.STEP_UP, 5 * MINUTE),
        (sessions.PENDING_LIFE, 5 * MINUTE),
        (sessions.SessionLimits().idle, 30 * MINUTE),
        (sessions.SessionLimits().absolute, 12 * HOUR),
        (keys.DEFAULT_DAYS, 90),
        (keys.MAX_DAYS, 365),
        (keys.ROTATION_OVERLAP, 24 * HOUR),
        (keys.MAX_KEYS_PER_USER, 50),
        (keys.MAX_NAME_LENGTH, 100),
        (tokens.API_KEY_PREFIX, "cap_live_"),
        (tokens.SHOWN_LENGTH, 17),
        (tokens.BACKUP_CODES, 10),
        (8 * tokens.BACKUP_CODE_BYTES, 120),
        (8 * totp.SEED_BYTES, 160),
        (totp.STEP_SECONDS, 30),
        (totp.DRIFT_STEPS, 1),
        (cloud.MAX_PER_USER, 100),
        (sharing.MAX_SHARES_PER_USER, 1_000),
        (users.MAX_EMAIL_LENGTH, 254),
        (users.MAX_TEXT_LENGTH, 200),
    ],
)
def test_how_long_and_how_many(told: object, expected: object) -> None:
    assert told == expected
