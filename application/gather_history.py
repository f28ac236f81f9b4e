"""Step two of a plan: the past of the metric asked for and of all that sizing looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from application.recent import Recent
from domain.covariates.layout import CALENDAR_COLUMNS, OBSERVED_COLUMNS, TARGET_COLUMN
from domain.errors import DataSourceUnavailable, MetricNotFound
from domain.metrics import SIZING_METRICS, MetricSpec, describe_metric, find_metric, names_in_history
from domain.ports.clock import Clock
from domain.ports.forecaster import LOOKBACK_HOURS
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory
from domain.reasons import Reason, ReasonCode
from domain.series import LoadSeries, empty_series
from domain.timebase import DAY_HOURS, AlignedSeries, align

_REMEMBERED_WINDOWS = 1024
# What the cluster model's covariates are computed from.
_CLUSTER_COLUMNS = (TARGET_COLUMN, *OBSERVED_COLUMNS, *CALENDAR_COLUMNS)


def _sizing_specs() -> tuple[MetricSpec, ...]:
    means = [spec for specs in SIZING_METRICS.values() for spec in specs]
    maxima = [describe_metric(spec.max_companion) for spec in means if spec.max_companion]
    return (*means, *maxima)


_SIZING_SPECS = _sizing_specs()


@dataclass(frozen=True, eq=False, kw_only=True)
class History:
    """The past, by the catalogue's metric names, lined up with the hours to be forecast.

    Attributes:
        metric: The metric asked for.
        aligned: Metric name → series ready to be forecast from; metrics without an observation are absent.
        scope: The service's own past, or the cluster's.
        companions: Every series read, by the source's names: covariates of the cluster model.
        digest: Of everything the source holds within the window.
        reasons: What a reader should know.
    """

    metric: MetricSpec
    aligned: Mapping[str, AlignedSeries]
    companions: Mapping[str, LoadSeries]
    scope: HistoryScope
    digest: str
    reasons: tuple[Reason, ...]

    @property
    def series(self) -> dict[str, LoadSeries]:
        """Metric name → series."""
        return {name: item.series for name, item in self.aligned.items()}

    def target(self, start: datetime) -> LoadSeries:
        """The past of the metric asked for; empty when there is none."""
        found = self.aligned.get(self.metric.name)
        return found.series if found else empty_series(start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A window and when it was read."""

    window: HistoryWindow
    read_at: datetime


@dataclass(slots=True)
class GatherHistory:
    """Reads history; when the source is down, answers with the last window it has seen, and says so.

    Attributes:
        source: Where history comes from.
        clock: Tells how long ago a remembered window was read.
        max_age_hours: Older history counts as none; None means no limit.
    """

    source: MetricHistory
    clock: Clock
    max_age_hours: int | None = None
    _recent: Recent[tuple[str, str], _Seen] = field(default_factory=lambda: Recent(_REMEMBERED_WINDOWS))

    def __call__(self, service_id: str, metric_name: str, start: datetime) -> History:
        """The past of one service.

        Raises:
            MetricNotFound: The metric is neither in the catalogue nor in the service's history.
        """
        metric = describe_metric(metric_name)
        window, reasons = self._window(service_id, metric, start)
        found = _by_catalogue_name(metric, window)
        if metric.name not in found and find_metric(metric_name) is None and not reasons:
            raise MetricNotFound(_not_found(service_id, metric_name, found, window.notes))
        kept = {name: align(series, start) for name, series in found.items()}
        if self.max_age_hours is not None:
            too_old = {name: item for name, item in kept.items() if item.age_hours > self.max_age_hours}
            kept = {name: item for name, item in kept.items() if name not in too_old}
            reasons += [_too_old(name, item, self.max_age_hours) for name, item in too_old.items()]
        reasons += _reasons(service_id, metric, window, kept)
        return History(
            metric=metric,
            aligned=kept,
            companions=window.series,
            scope=window.scope,
            digest=window.digest,
            reasons=tuple(reasons),
        )

    def past(
        self, service_id: str, metric: MetricSpec, end: datetime, hours: int
    ) -> tuple[list[tuple[MetricSpec, LoadSeries]], Mapping[str, LoadSeries]]:
        """A past of any length: the metric's and sizing's series, and every series read, by the source's names.

        Raises:
            DataSourceUnavailable: The source cannot be read at the moment.
        """
        window = self._read(service_id, _names_to_read(metric), end, hours)
        found = _by_catalogue_name(metric, window)
        specs = {spec.name: spec for spec in (metric, *_SIZING_SPECS)}
        return [(specs[name], series) for name, series in found.items()], window.series

    def _read(self, service_id: str, names: tuple[str, ...], end: datetime, hours: int) -> HistoryWindow:
        window = self.source.window(service_id, names, end=end, hours=hours)
        if window.scope is HistoryScope.CLUSTER:
            whole = tuple(dict.fromkeys((*names, *_CLUSTER_COLUMNS)))
            window = self.source.window(service_id, whole, end=end, hours=hours)
        return window

    def _window(self, service_id: str, metric: MetricSpec, start: datetime) -> tuple[HistoryWindow, list[Reason]]:
        names = _names_to_read(metric)
        key = (service_id, metric.name)
        try:
            window = self._read(service_id, names, start, LOOKBACK_HOURS)
        except DataSourceUnavailable as error:
            return self._remembered(key, start, error)
        self._recent.put(key, _Seen(window=window, read_at=self.clock.now()))
        return window, []

    def _remembered(
        self, key: tuple[str, str], start: datetime, error: DataSourceUnavailable
    ) -> tuple[HistoryWindow, list[Reason]]:
        seen = self._recent.get(key)
        if seen is None:
            text = f"the metric history cannot be read ({error.message}) and nothing of it is remembered"
            empty = HistoryWindow(series={}, scope=HistoryScope.SERVICE, digest="")
            return empty, [Reason(ReasonCode.SOURCE_UNAVAILABLE, text)]
        ago = _in_words(self.clock.now() - seen.read_at)
        text = f"the metric history cannot be read ({error.message}): the last window seen is used, read {ago}"
        window = seen.window
        past = {name: series.before(start) for name, series in window.series.items()}
        known = HistoryWindow(
            series={name: series for name, series in past.items() if series.observed_hours},
            scope=window.scope, digest=window.digest, notes=window.notes,
        )  # fmt: skip
        return known, [Reason(ReasonCode.SOURCE_UNAVAILABLE, text)]


def _in_words(age: timedelta) -> str:
    """Whole minutes, so that plans within a minute read alike and are worked out once."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute ago"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min ago" if hours else f"{rest} min ago"


def _names_to_read(metric: MetricSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for spec in (metric, *_SIZING_SPECS) for name in names_in_history(spec)))


def _by_catalogue_name(metric: MetricSpec, window: HistoryWindow) -> dict[str, LoadSeries]:
    found: dict[str, LoadSeries] = {}
    for spec in (metric, *_SIZING_SPECS):
        name = next((name for name in names_in_history(spec) if name in window.series), None)
        if name is not None:
            found[spec.name] = window.series[name]
    return found


def _not_found(service_id: str, metric_name: str, found: Mapping[str, LoadSeries], notes: tuple[str, ...]) -> str:
    known = f"; its history has {', '.join(sorted(found))}" if found else ""
    said = f"; {'; '.join(notes)}" if notes else ""
    return (
        f"metric {metric_name!r} is neither in the metric catalogue nor in the history of {service_id!r}{known}{said}"
    )


def _too_old(name: str, item: AlignedSeries, limit: int) -> Reason:
    text = f"history of {name} is {item.age_hours} hours old, more than {limit} (HISTORY_MAX_AGE_HOURS): not used"
    return Reason(ReasonCode.HISTORY_TOO_OLD, text)


def _reasons(
    service_id: str, metric: MetricSpec, window: HistoryWindow, kept: Mapping[str, AlignedSeries]
) -> list[Reason]:
    reasons = [Reason(ReasonCode.SOURCE_WARNING, note) for note in window.notes]
    if window.scope is HistoryScope.CLUSTER and kept:
        text = f"{service_id} has no history of its own: the cluster's history answers for it"
        reasons.append(Reason(ReasonCode.CLUSTER_HISTORY, text))
    target = kept.get(metric.name)
    if target is None:
        return reasons
    if target.is_shifted:
        text = f"the newest observation of {metric.name} is {target.age_hours} hours old: intervals are widened"
        reasons.append(Reason(ReasonCode.OLD_HISTORY, text))
    elif target.age_hours:
        text = f"{target.age_hours} hour(s) between the newest {metric.name} and the forecast are bridged"
        reasons.append(Reason(ReasonCode.HISTORY_GAP_BRIDGED, text))
    if target.series.observed_hours < DAY_HOURS:
        text = f"only {target.series.observed_hours} observed hours of {metric.name}: intervals are wide"
        reasons.append(Reason(ReasonCode.SHORT_HISTORY, text))
    return reasons
