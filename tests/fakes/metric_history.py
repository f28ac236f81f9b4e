"""Metric history in memory, written for being obviously right rather than fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.errors import DataSourceUnavailable
from domain.history_digest import digest_window
from domain.metrics import bases_of_companion
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR, HourlyAggregate, LoadSeries, aggregate_to_hours

Sample = tuple[str, str, datetime, float]


class InMemoryMetricHistory(MetricHistory):
    """Holds samples ``(service_id, metric_name, time, value)``.

    Attributes:
        problem: When not empty, every reading raises DataSourceUnavailable with this text.
        reads: How often a window was asked for.
    """

    def __init__(
        self,
        samples: Iterable[Sample] = (),
        *,
        scope: HistoryScope = HistoryScope.SERVICE,
        notes: Sequence[str] = (),
        problem: str = "",
    ) -> None:
        self._samples: dict[tuple[str, str], list[tuple[datetime, float]]] = {}
        self._scope = scope
        self._notes = tuple(notes)
        self.problem = problem
        self.reads = 0
        for service_id, metric_name, time, value in samples:
            self.add(service_id, metric_name, time, [value])

    def add(self, service_id: str, metric_name: str, start: datetime, values: Sequence[float]) -> None:
        """Append hourly values from ``start``."""
        rows = self._samples.setdefault((service_id, metric_name), [])
        rows.extend((start + step * HOUR, value) for step, value in enumerate(values))

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """See the port."""
        self._fail_if_down()
        self.reads += 1
        cuts = {name: self._cut(service_id, name, end, hours) for name in metric_names}
        series = {name: cut for name, cut in cuts.items() if cut is not None}
        digest = digest_window(series, self._scope)
        return HistoryWindow(series=series, scope=self._scope, digest=digest, notes=self._notes)

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """See the port."""
        self._fail_if_down()
        known = sorted({service_id for service_id, _ in self._samples})
        return {name: tuple(sorted(metric for owner, metric in self._samples if owner == name)) for name in known}

    def status(self) -> SourceStatus:
        """See the port."""
        return SourceStatus(state="down", reason=self.problem) if self.problem else SourceStatus(state="ok")

    def _fail_if_down(self) -> None:
        if self.problem:
            raise DataSourceUnavailable(self.problem)

    def _cut(self, service_id: str, metric_name: str, end: datetime, hours: int) -> LoadSeries | None:
        own = self._before(service_id, metric_name, end)
        if own is not None:
            return _newest(own.mean, hours)
        for base in bases_of_companion(metric_name):
            whole = self._before(service_id, base, end)
            if whole is not None and whole.sub_hourly:
                return _newest(whole.maximum, hours)
        return None

    def _before(self, service_id: str, metric_name: str, end: datetime) -> HourlyAggregate | None:
        samples = [(time, value) for time, value in self._samples.get((service_id, metric_name), []) if time < end]
        return aggregate_to_hours(samples) if samples else None


def _newest(series: LoadSeries, hours: int) -> LoadSeries:
    """The newest hours, without a filled gap at the front: filling needs an observation within the window."""
    newest = series.last(hours)
    first = int(newest.observed.argmax())
    return LoadSeries(newest.start + first * HOUR, newest.values[first:], newest.observed[first:])
