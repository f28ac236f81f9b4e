"""Counters for `/metrics`, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from domain.plan import Outlook, Plan
from entrypoints.http.alert_metrics import AlertMetrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The counters of one application; each application has a registry of its own.

    Attributes:
        alerts: Those of alerts on their way.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter(
            "mcp_http_requests_total", "Requests by route and status.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "mcp_http_request_seconds",
            "Time to answer, seconds.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._plans = Counter(
            "mcp_plans_total", "Plans by who forecast them.", ("engine", "source"), registry=self._registry
        )
        self._anomalies = Counter("mcp_anomalies_total", "Plans whose day is an anomaly.", registry=self._registry)

        self.alerts = AlertMetrics(self._registry)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def observe_outlook(self, outlook: Outlook) -> None:
        """Count one plan by the engine routed to and by what really answered."""
        self._plans.labels(outlook.route.engine.value, outlook.source).inc()

    def observe_plan(self, plan: Plan) -> None:
        """Count one plan and its anomaly."""
        self.observe_outlook(plan.outlook)
        if plan.anomaly.is_anomaly:
            self._anomalies.inc()

    def text(self) -> bytes:
        """All counters in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)
