"""Port: where a service's past comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.series import LoadSeries


class HistoryScope(StrEnum):
    """Whose past a window holds: the service's own, or the cluster's as a whole."""

    SERVICE = "service"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryWindow:
    """The recent past of several metrics of one service.

    Attributes:
        series: Metric name → series; a metric without any observation in the window is absent.
        scope: The service's own history, or the cluster's when the source has no service column.
        digest: Changes whenever any value in reach of the window changes; cheap to compute.
        notes: Warnings of the source about this window (rows rejected, partial data), one sentence each.
    """

    series: Mapping[str, LoadSeries]
    scope: HistoryScope
    digest: str
    notes: tuple[str, ...] = ()


class MetricHistory(Protocol):
    """Hourly history of services. Thread-safe. All times UTC."""

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """The newest ``hours`` hours of each metric that start before ``end``.

        Args:
            service_id: The service; an unknown one gives a window without series (not an error).
            metric_names: Names as held in the source.
            end: Full hour, UTC; hours starting at or after it are never returned.
            hours: Length of the window counted back from the newest observed hour before ``end``, ≥ 1.

        Returns:
            Each series ends at its newest observed hour, is at most ``hours`` long, has inner gaps forward-filled
            and marked unobserved, and is not padded (``LoadSeries.padded`` does that). Sub-hourly samples are
            averaged to hours; their maximum appears as the ``_max`` companion when the source has none of its own.

        Raises:
            DataSourceUnavailable: The source cannot be read at the moment.
        """
        ...

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """Service → its metric names, both sorted; the cluster-wide source adds none.

        Raises:
            DataSourceUnavailable: The source cannot be read at the moment.
        """
        ...

    def status(self) -> SourceStatus:
        """Whether the source answers, without raising."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """State of a dependency: ``ok``, ``degraded`` or ``down``, with a reason unless it is ok."""

    state: str
    reason: str = ""
    detail: tuple[str, ...] = ()
