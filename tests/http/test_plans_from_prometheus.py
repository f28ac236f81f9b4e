"""Plans from a real Prometheus: settings to answer, and what the answer says when Prometheus goes away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.container import build_container
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.fakes.clock import FixedClock
from tests.fakes.world import NOW, body
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus, running

HOURS = 72


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Prometheus]:
    with running(tmp_path) as server:
        begin = NOW - timedelta(hours=HOURS)
        times = [(begin + timedelta(minutes=5 * step)).timestamp() + 7 for step in range(12 * HOURS)]
        labels = {"container": "shop", "pod": "shop-1", "image": "shop:1"}
        server.write([
            ({"__name__": "container_cpu_usage_seconds_total", **labels}, [(t, 1.5 * t) for t in times]),
            ({"__name__": "container_memory_working_set_bytes", **labels}, [(t, 3.0 * 2**30) for t in times]),
        ])  # fmt: skip
        yield server


def client_of(url: str, clock: FixedClock) -> TestClient[Litestar]:
    settings = Settings(
        _env_file=None, data_source_backend="prometheus", prometheus_url=url, history_patience_seconds=10,
        history_cache_seconds=0,
    )  # fmt: skip
    container = build_container(settings)
    container.clock.override(providers.Object(clock))
    return TestClient(create_app(container), raise_server_exceptions=False)


def test_a_plan_is_sized_from_what_prometheus_has_seen(server: Prometheus) -> None:
    with client_of(server.url, FixedClock()) as client:
        assert client.get("/health/ready").json()["dependencies"]["history"]["state"] == "ok"
        plan = client.post("/plans?detail=full", json=body("shop", "cpu_cores")).json()
    assert [point["value"] for point in plan["prediction"]["predictions"]] == pytest.approx([1.5] * 24, rel=0.05)
    assert plan["recommended_flavor"] == "medium"
    assert "source_warning" not in plan["notes"]
    assert "memory 3" in plan["notes"]


def test_a_service_prometheus_does_not_know_is_answered_by_the_scenario(server: Prometheus) -> None:
    with client_of(server.url, FixedClock()) as client:
        answer = client.post("/plans", json=body("nobody", "cpu_cores"))
    assert answer.status_code == 200
    assert answer.json()["prediction"]["model_version"].endswith("_fallback")


def test_when_prometheus_goes_away_the_last_window_answers_with_age_and_reason(tmp_path: Path) -> None:
    clock, port = FixedClock(), free_port()
    with client_of(f"http://127.0.0.1:{port}", clock) as client:
        with running(tmp_path, port=port) as server:
            begin = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
            memory = {"__name__": "container_memory_working_set_bytes", "container": "shop", "pod": "a", "image": "i"}
            server.write([(memory, [(begin + 60 * step, 2.0**30) for step in range(35 * 60)])])
            before = client.post("/plans", json=body("shop", "memory_gib")).json()
        clock.moment += timedelta(minutes=12)
        after = client.post("/plans", json=body("shop", "memory_gib")).json()
        ready = client.get("/health/ready")
    assert "source_unavailable" not in before["notes"]
    assert after["prediction"]["predictions"] == before["prediction"]["predictions"]
    assert "Prometheus cannot be reached" in after["notes"]
    assert "read 12 min ago" in after["notes"]
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert "PROMETHEUS_URL" in ready.json()["dependencies"]["history"]["reason"]
