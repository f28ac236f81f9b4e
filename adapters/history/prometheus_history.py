"""Metric history from a Prometheus, or whatever speaks its HTTP API."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.history.hour_slots import end_hour_of, newest_hours
from adapters.history.prometheus_answers import QueryRefused, RangeAnswer, Series, one_line
from adapters.history.prometheus_api import PrometheusAccess, PrometheusQuestion, asking
from adapters.history.prometheus_queries import WHOLE_HOUR, MetricQuery, QueryMap
from domain.errors import DataSourceUnavailable
from domain.history_digest import digest_window
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR_SECONDS, LoadSeries

# Prometheus refuses more than 11,000 points of a series in one answer.
MAX_POINTS: Final = 10_000
MAX_SERVICES: Final = 100_000
# Services are those with samples within the last two weeks, as long as a plan looks back.
SERVICES_HOURS: Final = 336
# Less of an hour says little of it, and the shipped map looks at five minutes at a time: it counts as not begun.
LEAST_SECONDS: Final = 300
_MAX_WARNINGS: Final = 5
_HOUR_MS: Final = HOUR_SECONDS * 1000
_CHECK_SERVICE: Final = "mcp-core-doctor"

Floats = NDArray[np.float64]


@dataclass(slots=True)
class _Remarks:
    """What is to be said of one window."""

    warnings: dict[str, None] = field(default_factory=dict)
    of_metrics: list[str] = field(default_factory=list)
    not_finite: dict[str, int] = field(default_factory=dict)

    def as_notes(self) -> tuple[str, ...]:
        """One sentence each."""
        said = [f"Prometheus warns: {text}" for text in list(self.warnings)[:_MAX_WARNINGS]]
        if len(self.warnings) > _MAX_WARNINGS:
            said.append(f"Prometheus warns of {len(self.warnings) - _MAX_WARNINGS} more things")
        lost = [
            f"{name}: {count} hours were NaN or infinite and are left out" for name, count in self.not_finite.items()
        ]
        return (*said, *self.of_metrics, *lost)


class PrometheusMetricHistory(MetricHistory):
    """Asks Prometheus for one point an hour of each metric, by the operator's map of queries.

    Each query is evaluated one millisecond before an hour ends, so that ``…[1h]`` covers that hour and no sample of
    the next: what is evaluated at 12:59:59.999 describes the hour from 12:00.
    """

    def __init__(
        self, access: PrometheusAccess, queries: QueryMap, *, reach_hours: int, now: Callable[[], datetime]
    ) -> None:
        """Nothing is asked yet.

        Args:
            access: Where Prometheus is and who asks.
            queries: Metric name → PromQL.
            reach_hours: How far before ``end`` the newest observation may lie to be found.
            now: Tells the present, aware.
        """
        self._access = access
        self._queries = queries
        self._reach_hours = reach_hours
        self._now = now
        self._all_checked = False

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """See the port. A query that is refused or gives several series leaves its metric out, and a note."""
        end_hour = end_hour_of(end, hours)
        wanted = [self._queries.metrics[name] for name in dict.fromkeys(metric_names) if name in self._queries.metrics]
        remarks, series = _Remarks(), {}
        with asking(self._access) as question:
            for query in wanted if _can_be_a_label(service_id) else ():
                try:
                    found = self._series(question, query, service_id, end_hour, hours, remarks)
                except QueryRefused as refused:
                    text = f"{query.name} is left out, its query was refused: {refused.kind} ({query.where})"
                    remarks.of_metrics.append(text)
                    continue
                if found is not None:
                    series[query.name] = found
        scope = HistoryScope.SERVICE
        digest = digest_window(series, scope)
        return HistoryWindow(series=series, scope=scope, digest=digest, notes=remarks.as_notes())

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """See the port. A metric whose entry names no series to list is listed for no service."""
        last_ms = int(self._now().timestamp() * 1000)
        first_ms = last_ms - SERVICES_HOURS * _HOUR_MS
        sharing: dict[str, list[MetricQuery]] = {}
        for query in self._queries.metrics.values():
            if query.services is not None:
                sharing.setdefault(query.services, []).append(query)
        found: dict[str, set[str]] = {}
        with asking(self._access) as question:
            for selector, queries in sharing.items():
                for service_id in self._labelled(question, selector, queries[0], first_ms, last_ms):
                    found.setdefault(service_id, set()).update(query.name for query in queries)
        return {service_id: tuple(sorted(found[service_id])) for service_id in sorted(found)}

    def status(self) -> SourceStatus:
        """See the port. Until all queries were seen to be accepted, they are tried; then only whether it answers."""
        try:
            refused = self._refused_queries()
        except DataSourceUnavailable as error:
            return SourceStatus(state="down", reason=error.message)
        detail = (f"Prometheus answers, {len(self._queries.metrics)} metrics are mapped",)
        if not refused:
            return SourceStatus(state="ok", detail=detail)
        return SourceStatus(state="degraded", reason="; ".join(refused), detail=detail)

    def _labelled(
        self, question: PrometheusQuestion, selector: str, query: MetricQuery, first_ms: int, last_ms: int
    ) -> list[str]:
        try:
            found = question.label_values(self._queries.service_label, selector, first_ms, last_ms)
        except QueryRefused as refused:
            text = f"{query.where}: its services cannot be listed: {refused.text or refused.kind}"
            raise DataSourceUnavailable(text) from refused
        if len(found) > MAX_SERVICES:
            raise DataSourceUnavailable(f"{query.where}: more than {MAX_SERVICES} services: narrow its selector")
        return [service_id for service_id in found if service_id]

    def _refused_queries(self) -> list[str]:
        refused = []
        with asking(self._access) as question:
            if self._all_checked:
                question.check("vector(1)")
                return []
            for query in self._queries.metrics.values():
                try:
                    question.check(query.promql(_CHECK_SERVICE))
                except QueryRefused as error:
                    refused.append(f"{query.where}: the query is refused: {error.text or error.kind}")
        self._all_checked = not refused
        return refused

    def _series(
        self, question: PrometheusQuestion, query: MetricQuery, service_id: str, end_hour: int, hours: int,
        remarks: _Remarks,
    ) -> LoadSeries | None:  # fmt: skip
        """One metric; older hours are asked for only when the newest observed one is not the last before the end."""
        ask = _Asking(question, query, service_id, self._now(), remarks)
        first = end_hour - hours
        slots = ask.slots(first, end_hour)
        seen = np.flatnonzero(np.isfinite(slots))
        missing = hours - 1 - int(seen[-1]) if seen.size else self._reach_hours
        if missing:
            slots, first = np.concatenate([ask.slots(first - missing, first), slots]), first - missing
        return newest_hours(first, slots, np.isfinite(slots), hours)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One metric of one service, asked for within one question."""

    question: PrometheusQuestion
    query: MetricQuery
    service_id: str
    now: datetime
    remarks: _Remarks

    def slots(self, first: int, stop: int) -> Floats:
        """Values of the hours from ``first`` before ``stop`` (since 1970), NaN where there are none."""
        slots = np.full(stop - first, np.nan)
        in_progress, seconds = divmod(int(self.now.timestamp()), HOUR_SECONDS)
        is_partial = self.query.knows_part_of_an_hour and first <= in_progress < stop
        # Hours after the one in progress have no samples yet.
        whole_until = in_progress if is_partial else stop
        for begin in range(first, whole_until, MAX_POINTS):
            last = min(begin + MAX_POINTS, whole_until) - 1
            self._fill(slots, first, _evaluated_at(begin), _evaluated_at(last), WHOLE_HOUR)
        if is_partial and seconds >= LEAST_SECONDS:
            # Evaluated at its end, a rate would spread what has happened so far over the whole hour.
            at_ms = (in_progress * HOUR_SECONDS + seconds) * 1000
            self._fill(slots, first, at_ms, at_ms, f"{seconds}s")
        return slots

    def _fill(self, slots: Floats, first: int, first_ms: int, last_ms: int, hour: str) -> None:
        promql = self.query.promql(self.service_id, hour)
        answer = self.question.query_range(promql, first_ms, last_ms, HOUR_SECONDS)
        self.remarks.warnings.update(dict.fromkeys(one_line(text) for text in answer.warnings))
        series = _only_series(answer)
        lost = 0 if series is None else _fill(slots, series, first)
        if lost:
            name = self.query.name
            self.remarks.not_finite[name] = self.remarks.not_finite.get(name, 0) + lost


def _evaluated_at(hour: int) -> int:
    """When a query must be evaluated to describe an hour (since 1970), in milliseconds."""
    return (hour + 1) * _HOUR_MS - 1


def _hour_of(seconds: float) -> int:
    """The hour that a point describes; one that a proxy moved to the full hour describes the hour before it."""
    return (round(seconds * 1000) - 1) // _HOUR_MS


def _only_series(answer: RangeAnswer) -> Series | None:
    """The answer's series, of which there is one at most.

    Several are never added up: whether to add, to average or to take the largest is the operator's to say.
    """
    if len(answer.data.result) > 1:
        raise QueryRefused(
            f"it gives {len(answer.data.result)} series where one is expected: aggregate them, as in sum(…)"
        )
    return answer.data.result[0] if answer.data.result else None


def _fill(slots: Floats, series: Series, first: int) -> int:
    """Put the values into their hours.

    Returns:
        How many were not finite.
    """
    if not series.values:
        raise QueryRefused("it gives histograms where numbers are expected")
    lost = 0
    for seconds, text in series.values:
        place, value = _hour_of(seconds) - first, _number(text)
        if not math.isfinite(value):
            lost += 1
        elif 0 <= place < slots.size:
            slots[place] = value
    return lost


def _number(text: str) -> float:
    # float() would take other scripts' digits and 1_000 as well.
    try:
        if text.isascii() and "_" not in text:
            return float(text)
    except ValueError:
        pass
    raise DataSourceUnavailable("Prometheus answers with a value that is no number")


def _can_be_a_label(service_id: str) -> bool:
    """Whether a series can carry the id: an empty label is none, and labels are UTF-8."""
    try:
        return bool(service_id.encode())
    except UnicodeEncodeError:
        return False
