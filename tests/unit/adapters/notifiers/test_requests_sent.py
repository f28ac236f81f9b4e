"""What goes over the wire: Discord's query, the signature a receiver checks, no proxy of the environment."""

from __future__ import annotations

import hmac
import json
import socket
import time
from collections.abc import Iterator
from hashlib import sha256
from threading import Event

import pytest

from adapters.notifiers.discord import DiscordNotifier
from adapters.notifiers.http_post import NoAnswer, post
from adapters.notifiers.signed_webhook import SignedWebhookNotifier
from adapters.outbound.deadline_network import Deadline, DeadlineBackend
from domain.alerts.delivery import Outcome
from domain.alerts.message import message_from_json
from tests.canaries import SIGNING_SECRET
from tests.fakes.alerts import AN_ALERT
from tests.fakes.clock import FixedClock
from tests.servers.hook_server import DISCORD_PATH, HookServer, hook_server


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


@pytest.mark.parametrize(("query", "expected"), [("", "?wait=true"), ("?thread_id=77", "?thread_id=77&wait=true")])
def test_discord_is_asked_to_wait_until_the_message_is_stored(hooks: HookServer, query: str, expected: str) -> None:
    url = hooks.discord_url + query
    discord = DiscordNotifier(url=url, bot_name="Watch", bot_avatar=None, clock=FixedClock())
    assert discord.deliver(AN_ALERT, deadline_seconds=5).outcome is Outcome.DELIVERED
    (request,) = hooks.received
    assert request.path == DISCORD_PATH + expected
    assert request.headers["content-type"] == "application/json"
    assert request.json["username"] == "Watch"


def test_a_receiver_can_check_time_and_body_with_the_shared_secret(hooks: HookServer) -> None:
    clock = FixedClock()
    webhook = SignedWebhookNotifier(url=f"{hooks.origin}/hook", secret=SIGNING_SECRET, clock=clock)
    webhook.deliver(AN_ALERT, deadline_seconds=5)
    (request,) = hooks.received
    stamp = request.headers["x-mcp-timestamp"]
    expected = hmac.new(SIGNING_SECRET.encode(), stamp.encode() + b"." + request.body, sha256).hexdigest()
    assert request.headers["x-mcp-signature"] == f"v1={expected}"
    assert int(stamp) == int(clock.now().timestamp())
    assert SIGNING_SECRET.encode() not in request.body


def test_the_signed_body_holds_a_line_for_people_and_the_whole_message(hooks: HookServer) -> None:
    SignedWebhookNotifier(url=hooks.origin, secret=SIGNING_SECRET, clock=FixedClock()).deliver(
        AN_ALERT, deadline_seconds=5
    )
    body = hooks.received[0].json
    assert (list(body), body["version"]) == (["version", "text", "alert"], 1)
    assert "avg_cpu of shop-api peaks at 0.93 share of capacity" in body["text"]
    assert message_from_json(json.dumps(body["alert"])) == AN_ALERT


def test_no_proxy_of_the_environment_learns_the_address(hooks: HookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(hooks.discord_url, b"{}", {}, deadline_seconds=5).status == 200


def test_a_name_that_is_not_resolved_in_time_does_not_hold_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: over.wait(20) and [])
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.2 s"):
        post("https://slow.example/hook", b"{}", {}, deadline_seconds=0.2)
    over.set()
    assert time.monotonic() - began < 10


def test_a_name_without_an_address_is_a_host_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_more: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoAnswer, match="cannot be reached"):
        post("https://nowhere.example/canary", b"{}", {}, deadline_seconds=1)


def test_the_next_address_of_a_name_is_tried(hooks: HookServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, hooks.port)) for ip in ("127.9.9.9", "127.0.0.1")]
    backend = DeadlineBackend(Deadline(5))
    monkeypatch.setattr(backend, "_addresses", lambda _host, _port: [row[4][0] for row in rows])
    backend.connect_tcp("two.example", hooks.port).close()
