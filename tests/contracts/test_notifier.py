"""What every `Notifier` must do, asked of the fake, the log, Discord and the signed webhook over a real server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import structlog

from adapters.notifiers.discord import DiscordNotifier
from adapters.notifiers.log import LogNotifier
from adapters.notifiers.signed_webhook import SignedWebhookNotifier
from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.message import AlertKind
from domain.ports.notifier import Notifier
from tests.canaries import SIGNING_SECRET
from tests.fakes.alerts import AN_ALERT, an_alert
from tests.fakes.clock import FixedClock
from tests.fakes.notifier import RecordingNotifier
from tests.servers import hook_server as server
from tests.servers.hook_server import HookServer, answering, hook_server

Lines = list[MutableMapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A notifier, how often something was sent through it, and how to make its other side answer so."""

    notifier: Notifier
    sent: Callable[[], int]
    answer: Callable[..., None]


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


@pytest.fixture
def logged() -> Iterator[Lines]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def _fake() -> Channel:
    fake = RecordingNotifier()
    outcomes = {429: Outcome.RETRY, 503: Outcome.RETRY, 400: Outcome.REFUSED, 404: Outcome.DISABLED}

    def answer(status: int, **_headers: str) -> None:
        fake.will_answer(Delivery(outcome=outcomes[status], status=status, detail="scripted", retry_after_seconds=7))

    return Channel(notifier=fake, sent=lambda: len(fake.attempts), answer=answer)


def _hooked(name: str, hooks: HookServer) -> Channel:
    notifier: Notifier
    if name == "discord":
        notifier = DiscordNotifier(url=hooks.discord_url, bot_name="MCP-dangerous", bot_avatar=None, clock=FixedClock())
    else:
        notifier = SignedWebhookNotifier(
            url=f"{hooks.origin}/hook?key=canary", secret=SIGNING_SECRET, clock=FixedClock()
        )

    def answer(status: int, **headers: str) -> None:
        hooks.will_answer(answering(status, **headers))

    return Channel(notifier=notifier, sent=lambda: len(hooks.received), answer=answer)


@pytest.fixture(params=["fake", "discord", "webhook", "log"])
def any_channel(request: pytest.FixtureRequest, hooks: HookServer, logged: Lines) -> Channel:
    """Every notifier there is."""
    if request.param == "log":
        alerts = lambda: sum(line["event"] == "alert" for line in logged)  # noqa: E731
        return Channel(notifier=LogNotifier(), sent=alerts, answer=lambda *_a, **_k: pytest.fail("a log never refuses"))
    return _fake() if request.param == "fake" else _hooked(request.param, hooks)


@pytest.fixture(params=["fake", "discord", "webhook"])
def channel(request: pytest.FixtureRequest, hooks: HookServer, logged: Lines) -> Channel:
    """Those whose other side can refuse."""
    return _fake() if request.param == "fake" else _hooked(request.param, hooks)


@pytest.fixture(params=["discord", "webhook"])
def hooked(request: pytest.FixtureRequest, hooks: HookServer, logged: Lines) -> Channel:
    """Those that speak HTTP."""
    return _hooked(request.param, hooks)


def deliver(channel: Channel, deadline_seconds: float = 5.0) -> Delivery:
    return channel.notifier.deliver(AN_ALERT, deadline_seconds=deadline_seconds)


@pytest.mark.parametrize("kind", AlertKind)
def test_an_alert_of_any_kind_is_delivered_once(any_channel: Channel, kind: AlertKind) -> None:
    bare = an_alert(kind=kind, score=None, mean=None, std=None, plan_id=None, plan_url=None, suppressed=0)
    for message in (an_alert(kind=kind), bare):
        assert any_channel.notifier.deliver(message, deadline_seconds=5).outcome is Outcome.DELIVERED
    assert any_channel.sent() == 2


def test_a_channel_that_works_is_ok(any_channel: Channel) -> None:
    deliver(any_channel)
    assert any_channel.notifier.status().state == "ok"


def test_what_a_user_wrote_is_delivered_whatever_it_is(any_channel: Channel) -> None:
    wild = "\x00\x1b[31m\r\n@everyone `x` \u202e\ud800 𝔘 " * 20
    message = an_alert(service_id=wild, metric_name=wild, unit=wild, recommended_flavor=wild, suggested_action=wild)
    assert any_channel.notifier.deliver(message, deadline_seconds=5).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_channel_is_to_be_tried_again_and_takes_the_next_attempt(channel: Channel, status: int) -> None:
    channel.answer(status, retry_after="7")
    busy = deliver(channel)
    assert (busy.outcome, busy.status, busy.retry_after_seconds) == (Outcome.RETRY, status, 7)
    assert deliver(channel).outcome is Outcome.DELIVERED


def test_a_refused_message_does_not_stop_the_next(channel: Channel) -> None:
    channel.answer(400)
    assert deliver(channel).outcome is Outcome.REFUSED
    assert deliver(channel).outcome is Outcome.DELIVERED
    assert channel.notifier.status().state == "ok"


def test_a_disabled_channel_is_left_alone_and_says_so(channel: Channel) -> None:
    channel.answer(404)
    answers = [deliver(channel) for _ in range(3)]
    assert all(first == then for first, then in pairwise(answers))
    assert answers[0].outcome is Outcome.DISABLED
    assert channel.sent() == 1
    status = channel.notifier.status()
    assert (status.state, bool(status.reason)) == ("degraded", True)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_is_not_accepted_disables_the_hook_with_one_log_line(
    hooked: Channel, logged: Lines, status: int
) -> None:
    hooked.answer(status)
    assert [deliver(hooked).outcome for _ in range(3)] == [Outcome.DISABLED] * 3
    (line,) = [line for line in logged if line["event"] == "channel_disabled"]
    assert (line["log_level"], line["status"]) == ("error", status)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, 408])
def test_a_failing_server_is_to_be_tried_again(hooked: Channel, status: int) -> None:
    hooked.answer(status)
    assert deliver(hooked).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(hooked: Channel, hooks: HookServer, status: int) -> None:
    hooked.answer(status, location=f"{hooks.origin}/elsewhere")
    assert deliver(hooked).outcome is Outcome.REFUSED
    assert hooked.sent() == 1


@pytest.mark.parametrize("answer", [server.cut, server.no_http, server.hang, server.drip])
def test_an_answer_that_never_comes_is_to_be_tried_again(
    hooked: Channel, hooks: HookServer, answer: server.Answer
) -> None:
    hooks.will_answer(answer)
    delivery = deliver(hooked, deadline_seconds=0.4)
    assert (delivery.outcome, delivery.status) == (Outcome.RETRY, None)


@pytest.mark.parametrize("answer", [server.cut_body, server.drip_body, server.flood])
def test_a_status_that_came_counts_though_its_body_never_ends(
    hooked: Channel, hooks: HookServer, answer: server.Answer
) -> None:
    hooks.will_answer(answer)
    delivery = deliver(hooked, deadline_seconds=0.4)
    assert (delivery.outcome, delivery.status) == (Outcome.DELIVERED, 200)


def test_nobody_listening_is_to_be_tried_again(logged: Lines) -> None:
    with hook_server() as gone:
        channels = [_hooked(name, gone) for name in ("discord", "webhook")]
    for channel in channels:
        delivery = deliver(channel)
        assert (delivery.outcome, delivery.status) == (Outcome.RETRY, None)


def test_the_address_is_told_nowhere(
    hooked: Channel, hooks: HookServer, logged: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hooks.will_answer(server.cut, answering(500), answering(301, location=hooks.discord_url), answering(404))
    told = [repr(deliver(hooked)) for _ in range(5)]
    told += [repr(hooked.notifier), repr(hooked.notifier.status()), str(logged), caplog.text]
    for text in told:
        assert "canary" not in text
        assert str(hooks.port) not in text or text == caplog.text
