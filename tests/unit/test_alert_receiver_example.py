"""The documented receiver takes what the service signs, and nothing else."""

from __future__ import annotations

import runpy
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.notifiers.signed_webhook import SignedWebhookNotifier, body_of, signature
from domain.alerts.delivery import Outcome
from tests.fakes.alerts import an_alert

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "alert_receiver.py"
SECRET = "0123456789abcdef" * 4


@pytest.fixture
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture
def port(example: dict[str, Any]) -> Iterator[int]:
    with example["make_server"](0, SECRET) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(10)


def notifier(port: int, secret: str = SECRET) -> SignedWebhookNotifier:
    return SignedWebhookNotifier(url=f"http://127.0.0.1:{port}/", secret=secret, clock=SystemClock())


def test_an_alert_is_printed_once_however_often_it_comes(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    sent = [notifier(port).deliver(an_alert(), deadline_seconds=10) for _ in range(2)]
    assert [delivery.outcome for delivery in sent] == [Outcome.DELIVERED] * 2
    assert capsys.readouterr().out.splitlines() == [
        "Anomaly ahead: avg_cpu of shop-api peaks at 0.93 share of capacity, 2026-11-24 18:00 UTC "
        "(score 4.25, threshold 3)."
    ]


def test_an_alert_signed_with_another_secret_is_refused(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    answer = notifier(port, "f" * 64).deliver(an_alert(), deadline_seconds=10)
    assert (answer.outcome is Outcome.DELIVERED, answer.status) == (False, 401)
    assert "Anomaly ahead" not in capsys.readouterr().out


def test_an_old_or_changed_or_unsigned_message_is_not_genuine(example: dict[str, Any]) -> None:
    is_genuine, body, now = example["is_genuine"], body_of(an_alert()), int(time.time())
    mark = f"v1={signature(SECRET.encode(), now, body)}"
    assert is_genuine(SECRET, str(now), mark, body, now)
    assert not is_genuine(SECRET, str(now), mark, body, now + 301)
    assert not is_genuine(SECRET, str(now), mark, body, now - 301)
    assert not is_genuine(SECRET, str(now + 1), mark, body, now)
    assert not is_genuine(SECRET, str(now), mark, body + b" ", now)
    for stamp, given in ((str(now), ""), ("", mark), ("soon", mark), ("²", mark), (str(now), mark + "é")):
        assert not is_genuine(SECRET, stamp, given, body, now)
