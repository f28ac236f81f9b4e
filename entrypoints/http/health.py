"""`/health/live`, `/health/ready` and `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.ports.metric_history import SourceStatus
from entrypoints.dependencies import DOWN, overall_state
from entrypoints.http.metrics import Metrics

PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Live(Struct, frozen=True):
    """The process is up."""

    status: str


class Dependency(Struct, frozen=True):
    """State of one dependency, with a reason unless it is ok."""

    state: str
    reason: str
    detail: list[str]


class Ready(Struct, frozen=True):
    """Whether plans can be answered, and how each dependency is."""

    status: str
    dependencies: dict[str, Dependency]


def health_handlers(checks: Mapping[str, Callable[[], SourceStatus]], metrics: Metrics) -> list[HTTPRouteHandler]:
    """The handlers.

    Args:
        checks: Dependency → check that answers without raising.
        metrics: What `/metrics` prints.
    """

    @get("/health/live", sync_to_thread=False, summary="Is the process up?", tags=["health"])
    def live() -> Live:
        """Touches no dependency."""
        return Live(status="ok")

    @get("/health/ready", sync_to_thread=True, summary="Can plans be answered?", tags=["health"])
    def ready() -> Response[Ready]:
        """200 while plans can be answered, even degraded; 503 when they cannot."""
        found = {name: check() for name, check in checks.items()}
        state = overall_state({name: status.state for name, status in found.items()})
        body = Ready(
            status=state,
            dependencies={
                name: Dependency(status.state, status.reason, list(status.detail)) for name, status in found.items()
            },
        )
        return Response(body, status_code=503 if state == DOWN else 200)

    @get("/metrics", sync_to_thread=False, summary="Counters in Prometheus' text format", tags=["health"])
    def prometheus() -> Response[bytes]:
        """Requests, plans and anomalies."""
        return Response(metrics.text(), media_type=PROMETHEUS_TEXT)

    return [live, ready, prometheus]
