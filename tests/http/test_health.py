"""Health, metrics and what surrounds every answer."""

from __future__ import annotations

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from tests.fakes.forecaster import FlatForecaster
from tests.fakes.world import World, body, lstm_engine

Client = TestClient[Litestar]


def test_live_touches_no_dependency(world: World) -> None:
    with TestClient(create_app(world.container())) as client:
        world.history.problem = "the disk is gone"
        before = world.history.reads
        assert client.get("/health/live").json() == {"status": "ok"}
        assert world.history.reads == before


def test_ready_names_each_dependency_and_why_it_is_degraded(client: Client) -> None:
    response = client.get("/health/ready")
    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "degraded"
    assert list(answer["dependencies"]) == ["history", "flavors", "routes", "models", "database", "alerts"]
    assert "statistical baseline answers" in answer["dependencies"]["models"]["reason"]


def test_ready_is_ok_when_all_is_there(world: World) -> None:
    container = world.container()
    lstm_engine(container, FlatForecaster("lstm"))
    # Otherwise a comparison beside the requests may finish before the first plan, and choose the other one.
    container.compare_forecasters.override(providers.Object(None))
    with TestClient(create_app(container)) as client:
        assert client.get("/health/ready").json()["status"] == "ok"
        assert client.post("/plans", json=body()).json()["prediction"]["model_version"] == "web_normal_lstm_v1"


def test_a_source_that_is_down_degrades_plans_and_readiness_but_answers(world: World) -> None:
    with TestClient(create_app(world.container())) as client:
        known = client.post("/plans", json=body()).json()
        world.history.problem = "the source does not answer"
        again = client.post("/plans", json=body()).json()
        assert again["prediction"]["predictions"] == known["prediction"]["predictions"]
        assert "the source does not answer" in again["notes"]
        assert "last window" in again["notes"]
        never_seen = client.post("/plans", json=body(service="other")).json()
        assert never_seen["prediction"]["model_version"].endswith("_fallback")
        ready = client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        assert ready.json()["dependencies"]["history"]["state"] == "down"


def test_metrics_count_requests_plans_and_anomalies(client: Client) -> None:
    client.post("/plans", json=body())
    client.post("/plans", json=body(weight=40))
    client.post("/plans", json={})
    client.get("/nowhere")
    text = client.get("/metrics").text
    assert 'mcp_http_requests_total{method="POST",route="/plans",status="200"} 2.0' in text
    assert 'mcp_http_requests_total{method="POST",route="/plans",status="422"} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert "/nowhere" not in text
    assert 'mcp_plans_total{engine="lstm",source="statistical"} 2.0' in text
    assert "mcp_anomalies_total 1.0" in text


def test_each_application_counts_for_itself(world: World) -> None:
    for _ in range(2):
        with TestClient(create_app(world.container())) as client:
            client.post("/plans", json=body())
            assert 'source="statistical"} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize(("given", "kept"), [("abc-1.Z_9", True), ("a" * 65, False), ("a b", False), ("a\tb", False)])
def test_a_sane_request_id_is_kept_and_any_other_replaced(client: Client, given: str, kept: bool) -> None:
    answered = client.get("/health/live", headers={"x-request-id": given}).headers["x-request-id"]
    assert (answered == given) is kept
    assert answered


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for response in (client.get("/health/live"), client.get("/nowhere"), client.post("/plans", json={})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
