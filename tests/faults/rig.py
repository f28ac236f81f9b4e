"""The service over a real source, and a proxy in between that can fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import insert

from adapters.database.tables.history import METRIC_HISTORY
from domain.series import HOUR
from entrypoints.container import Container, build_container
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.fakes.clock import FixedClock
from tests.fakes.world import NOW, body, no_model
from tests.servers.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.servers.mariadb import MariaDb
from tests.servers.prometheus import Prometheus

HOURS = 48
# What a plan waits is 0.3 s; the margin is for a busy machine.
NEVER_LONGER_SECONDS = 6.0
BACK_WITHIN_SECONDS = 30.0
BREAKING = [Fault.REFUSE, Fault.HANG, Fault.RESET, Fault.CUT]
SERVICES = ("shop", "bank")


class Rig:
    """The service, its source, and what stands between them.

    Attributes:
        proxy: Switches the faults.
        client: The service.
        clock: The service's time.
    """

    def __init__(self, proxy: FaultProxy, container: Container, clock: FixedClock) -> None:
        self.proxy = proxy
        self.clock = clock
        self.container = container
        self.client: TestClient[Litestar] = TestClient(create_app(container))

    def plan(self, service: str = "shop") -> dict[str, Any]:
        """Ask for a plan, which is answered in any case, and soon."""
        began = time.monotonic()
        answer = self.client.post("/plans", json=body(service, "cpu_cores"))
        assert time.monotonic() - began < NEVER_LONGER_SECONDS
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def history_state(self) -> tuple[str, str]:
        """Readiness: overall, of the history."""
        began = time.monotonic()
        answer = self.client.get("/health/ready")
        assert time.monotonic() - began < NEVER_LONGER_SECONDS
        assert answer.status_code == 200
        return answer.json()["status"], answer.json()["dependencies"]["history"]["state"]

    def until(self, condition: Callable[[], bool]) -> None:
        """Ask again until it is so."""
        deadline = time.monotonic() + BACK_WITHIN_SECONDS
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def _mariadb(stack: ExitStack, request: pytest.FixtureRequest) -> tuple[FaultProxy, dict[str, object]]:
    server: MariaDb = request.getfixturevalue("mariadb")
    server.execute("CREATE OR REPLACE DATABASE faults")
    proxy = stack.enter_context(fault_proxy(server.port))
    return proxy, {
        "data_source_backend": "mysql", "mysql_host": "127.0.0.1", "mysql_port": proxy.port, "mysql_user": server.user,
        "mysql_database": "faults",
    }  # fmt: skip


def _fill_mariadb(container: Container, _: pytest.FixtureRequest) -> None:
    with container.mysql_database().transaction() as connection:
        METRIC_HISTORY.create(connection)
        rows = [
            {"service_id": service, "metric_name": "cpu_cores", "ts": NOW - step * HOUR, "value": 1.5}
            for service in SERVICES
            for step in range(1, HOURS + 1)
        ]
        connection.execute(insert(METRIC_HISTORY), rows)


def _prometheus(stack: ExitStack, request: pytest.FixtureRequest) -> tuple[FaultProxy, dict[str, object]]:
    server: Prometheus = request.getfixturevalue("prometheus")
    proxy = stack.enter_context(fault_proxy(server.port))
    return proxy, {"data_source_backend": "prometheus", "prometheus_url": f"http://127.0.0.1:{proxy.port}"}


def _fill_prometheus(_: Container, request: pytest.FixtureRequest) -> None:
    server: Prometheus = request.getfixturevalue("prometheus")
    begin = (NOW - timedelta(hours=HOURS)).timestamp() + 7
    times = [begin + 60 * step for step in range(60 * HOURS)]
    labels = {"__name__": "container_cpu_usage_seconds_total", "pod": "a", "image": "i"}
    server.write([({**labels, "container": service}, [(t, 1.5 * t) for t in times]) for service in SERVICES])


SOURCES = {"mariadb": (_mariadb, _fill_mariadb), "prometheus": (_prometheus, _fill_prometheus)}


@contextmanager
def service_over(source: str, request: pytest.FixtureRequest, **more: object) -> Iterator[Rig]:
    """The service over ``mariadb`` or ``prometheus``, filled."""
    prepare, fill = SOURCES[source]
    with ExitStack() as stack:
        proxy, settings = prepare(stack, request)
        clock = FixedClock(NOW)
        container = build_container(
            Settings(
                _env_file=None, history_patience_seconds=0.3, history_cache_seconds=0, prometheus_timeout_seconds=15,
                database_connect_seconds=1, database_timeout_seconds=1, keep_plans="none", **settings, **more,  # type: ignore[arg-type]
            )
        )  # fmt: skip
        container.clock.override(providers.Object(clock))
        container.lstm_forecaster.override(providers.Callable(no_model))
        # Probes every five seconds are for those who wait for nothing.
        container.remote_history()._breaker._probe_seconds = 0.5
        fill(container, request)
        rig = Rig(proxy, container, clock)
        with rig.client:
            yield rig
        # What hangs goes on, and ends, before the servers do.
        proxy.heal()
        container.remote_history().close()
        container.mysql_database().close()
        container.migrator().database.close()


def is_from_history(plan: dict[str, Any]) -> bool:
    return str(plan["prediction"]["model_version"]).endswith("_statistical")


def is_complete(plan: dict[str, Any]) -> bool:
    return is_from_history(plan) and "cannot be read" not in plan["notes"]
