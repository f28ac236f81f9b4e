"""Plan without HTTP, and with an adapter of one's own in place of the CSV files.

python examples/plan_in_process.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from dependency_injector import providers

from domain.plan import Plan
from domain.plan_request import read_plan_request
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR, LoadSeries
from entrypoints.container import Container, build_container

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class SteadyHistory(MetricHistory):
    """A history source of one's own: every service has used the same share of its CPU for two weeks."""

    def __init__(self, share: float) -> None:
        self._share = share

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """The same value for every hour, for CPU only."""
        series = LoadSeries(end - hours * HOUR, np.full(hours, self._share), np.ones(hours, dtype=bool))
        known = {name: series for name in metric_names if name == "avg_cpu"}
        return HistoryWindow(series=known, scope=HistoryScope.SERVICE, digest=f"steady {self._share}")

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """It knows no names: it answers for all."""
        return {}

    def status(self) -> SourceStatus:
        """Always there."""
        return SourceStatus(state="ok")


def plan(container: Container, service: str) -> Plan:
    """A plan of one service's CPU, through the same use case that `POST /plans` calls."""
    context = {
        "context_id": "example", "timestamp": NOW.isoformat(), "service_type": "api",
        "capacity": {"vcpus": 4, "memory_gib": 8}, "provider": "aws", "region": "ap-northeast-2",
    }  # fmt: skip
    request = read_plan_request({"service_id": service, "metric_name": "avg_cpu", "context": context})
    return container.plan_capacity()(request)


def main() -> None:
    """One plan on the configured history, one on our own."""
    container = build_container()
    show("configured history", plan(container, "shop-api"))

    swapped = build_container()
    swapped.history.override(providers.Object(SteadyHistory(share=0.4)))
    show("own history", plan(swapped, "shop-api"))


def show(title: str, made: Plan) -> None:
    """Flavor, cost and why."""
    print(f"{title}: {made.choice.flavor.name} at {float(made.cost_usd_per_day):.2f} USD per day")
    print(f"  {made.notes}")


if __name__ == "__main__":
    main()
