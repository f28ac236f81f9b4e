"""How long to wait, and whether for this hook or for all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.notifiers.answers import delivery_of
from adapters.notifiers.http_post import Answer
from tests.fakes.clock import FixedClock

CLOCK = FixedClock(datetime(2026, 11, 23, 12, tzinfo=UTC))


def wait(body: bytes = b"", **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return delivery_of(Answer(status=429, headers=named, body=body), CLOCK).retry_after_seconds


def test_discord_counts_in_seconds_in_header_and_body() -> None:
    assert wait(retry_after="64") == 64
    assert wait(b'{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}') == 64.57


def test_the_longer_wait_counts() -> None:
    assert wait(b'{"retry_after": 0.5}', retry_after="3") == 3
    assert wait(b'{"retry_after": 3.5}', retry_after="3") == 3.5


def test_a_date_is_read_as_one() -> None:
    assert wait(retry_after="Mon, 23 Nov 2026 12:01:30 GMT") == 90
    assert wait(retry_after="Mon, 23 Nov 2026 11:00:00 GMT") == 0


@pytest.mark.parametrize("raw", ["", "soon", "-5", "nan", "inf", "Mon, 99 Nov 2026 12:01:30 GMT"])
def test_a_header_that_says_nothing_leaves_the_wait_to_the_dispatcher(raw: str) -> None:
    assert wait(retry_after=raw) is None


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[1]", b'{"retry_after": "x"}', b'{"retry_after": true}', b'{"retry_after": NaN}',
     b'{"retry_after": 1e999}', b"[" * 60_000, b'{"retry_after": ' + b"9" * 400 + b"}"],
)  # fmt: skip
def test_a_body_that_says_nothing_does_no_harm(body: bytes) -> None:
    assert wait(body) is None


def test_nobody_is_asked_to_wait_longer_than_a_day() -> None:
    assert wait(retry_after="1000000") == 86_400


@pytest.mark.parametrize(
    ("body", "headers", "everywhere"),
    [(b'{"global": true}', {}, True), (b"", {"x-ratelimit-global": "true"}, True), (b'{"global": "yes"}', {}, False)],
)
def test_a_global_limit_is_told_apart(body: bytes, headers: dict[str, str], everywhere: bool) -> None:
    assert delivery_of(Answer(status=429, headers=headers, body=body), CLOCK).is_global is everywhere
