"""From an anomalous plan to a message on a channel, seen from outside."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient

from domain.alerts.delivery import Delivery, Outcome
from entrypoints.http.app import create_app
from tests.contracts.test_plan_journal import eventually
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.world import World, body
from tests.http.test_problems import problem

Client = TestClient[Litestar]
NOT_FOUND = Delivery(outcome=Outcome.DISABLED, status=404, detail="the address is not accepted (404)")


@pytest.fixture
def notifier() -> RecordingNotifier:
    return RecordingNotifier("log")


@pytest.fixture
def application(world: World, notifier: RecordingNotifier) -> Litestar:
    container = world.container()
    container.notifiers.override(providers.Object((notifier,)))
    return create_app(container)


def states(client: Client, query: str = "") -> list[str]:
    return [alert["state"] for alert in client.get(f"/alerts{query}").json()["alerts"]]


def test_an_anomaly_is_told_and_can_be_followed(application: Litestar, notifier: RecordingNotifier) -> None:
    with TestClient(application) as client:
        location = client.post("/plans", json=body(weight=9.0)).headers["content-location"]
        assert eventually(lambda: states(client) == ["sent"])
        (alert,) = client.get("/alerts").json()["alerts"]
        assert location == f"/plans/{alert['plan_id']}"
        assert alert["alert_id"] == notifier.delivered[0].alert_id == alert["plan_id"]
        assert (alert["service_id"], alert["metric_name"], alert["kind"]) == ("shop", "avg_cpu", "anomaly")
        (told,) = alert["deliveries"]
        assert (told["channel"], told["state"], told["attempts"]) == ("log", "sent", 1)


def test_a_plain_plan_tells_nothing(application: Litestar, notifier: RecordingNotifier) -> None:
    with TestClient(application) as client:
        client.post("/plans", json=body())
        client.get("/plans")
        assert states(client) == []
    assert notifier.attempts == []


def test_the_same_anomaly_again_is_suppressed_and_its_end_is_told(
    application: Litestar, notifier: RecordingNotifier, world: World
) -> None:
    with TestClient(application) as client:
        for _ in range(3):
            world.clock.moment += timedelta(seconds=1)
            client.post("/plans", json=body(weight=9.0))
            client.get("/plans")
        world.clock.moment += timedelta(seconds=1)
        client.post("/plans", json=body())
        assert eventually(lambda: states(client) == ["sent", "suppressed", "suppressed", "sent"])
        assert states(client, "?state=suppressed") == ["suppressed"] * 2
        assert states(client, "?service=quiet") == []
    assert [message.kind.value for message in notifier.delivered] == ["anomaly", "recovery"]
    assert notifier.delivered[1].suppressed == 2


def test_a_stop_delivers_what_is_due(application: Litestar, notifier: RecordingNotifier) -> None:
    with TestClient(application) as client:
        client.post("/plans", json=body(weight=9.0))
    assert len(notifier.delivered) == 1


def test_a_hook_that_is_gone_degrades_readiness_and_keeps_the_alert(
    application: Litestar, notifier: RecordingNotifier, world: World
) -> None:
    world.settings["drain_seconds"] = 1.0
    notifier.will_answer(NOT_FOUND)
    with TestClient(application) as client:
        client.post("/plans", json=body(weight=9.0))
        assert eventually(lambda: len(notifier.attempts) == 1)
        ready = client.get("/health/ready").json()
        assert ready["status"] == "degraded"
        assert "not accepted" in ready["dependencies"]["alerts"]["reason"]
        assert states(client) == ["pending"]


def test_metrics_count_attempts_latency_and_what_is_left(application: Litestar) -> None:
    with TestClient(application) as client:
        client.post("/plans", json=body(weight=9.0))
        assert eventually(lambda: states(client) == ["sent"])
        assert eventually(lambda: "mcp_alert_delivery_seconds_count" in client.get("/metrics").text)
        text = client.get("/metrics").text
    assert re.search(r'mcp_alert_attempts_total\{channel="log",outcome="delivered",status="none"\} 1\.0', text)
    assert 'mcp_alert_delivery_seconds_count{channel="log"} 1.0' in text
    assert "mcp_alert_outbox_oldest_seconds" in text
    assert 'mcp_alerts{state="pending"}' in text
    assert 'mcp_plan_journal{where="spooled"} 0.0' in text


def test_a_wrong_state_is_named(application: Litestar) -> None:
    with TestClient(application) as client:
        found = problem(client.get("/alerts?state=lost&limit=0"), 422, "invalid_request")
    assert [error["pointer"] for error in found["errors"]] == ["?state", "?limit"]
