"""Metric history from CSV files held in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from adapters.history.long_file import load_long_file
from adapters.history.series_table import SeriesTable
from adapters.history.watched_file import WatchedFile, run_in_thread
from adapters.history.wide_file import WideTable, load_wide_file
from domain.errors import ConfigurationError, DataSourceUnavailable
from domain.history_digest import digest_window
from domain.load_report import LoadReport
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR_SECONDS, LoadSeries

SERVICES_SETTING: Final = "CSV_SERVICES_PATH"
DATA_SETTING: Final = "CSV_DATA_PATH"

_NO_FILES: Final = f"{DATA_SETTING} and {SERVICES_SETTING} are both empty: set at least one of them"
_REMEMBERED_WINDOWS: Final = 2048
_LONGEST_REMEMBERED_HOURS: Final = 2048
_WindowKey = tuple[str, tuple[str, ...], datetime, int]
Table = TypeVar("Table")


@dataclass(slots=True)
class _Loaded(Generic[Table]):
    """One file's content, its account, and the windows lately cut from it; replaced as a whole on a reload."""

    table: Table
    report: LoadReport
    windows: dict[_WindowKey, HistoryWindow] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def remember(self, key: _WindowKey, window: HistoryWindow) -> None:
        """Keep a window; the oldest goes when there are too many."""
        if key[3] > _LONGEST_REMEMBERED_HOURS:
            return
        with self.lock:
            if len(self.windows) >= _REMEMBERED_WINDOWS:
                self.windows.pop(next(iter(self.windows)), None)
            self.windows[key] = window


def _load_services(path: Path) -> _Loaded[SeriesTable]:
    table, report = load_long_file(path)
    return _Loaded(table, report)


def _load_cluster(path: Path) -> _Loaded[WideTable]:
    table, report = load_wide_file(path)
    return _Loaded(table, report)


class CsvMetricHistory(MetricHistory):
    """Looks into the long file first, and only for a service that is not in it into the wide file."""

    def __init__(
        self,
        *,
        data_path: Path | None,
        services_path: Path | None,
        monotonic: Callable[[], float] = time.monotonic,
        run_in_background: Callable[[Callable[[], None]], None] = run_in_thread,
    ) -> None:
        """Name the files; they are read when first needed.

        Args:
            data_path: Wide file (CSV_DATA_PATH), or None.
            services_path: Long file (CSV_SERVICES_PATH), or None.
            monotonic: Seconds that only grow.
            run_in_background: Runs a reload without making the caller wait.

        Raises:
            ConfigurationError: Neither is given.
        """
        if data_path is None and services_path is None:
            raise ConfigurationError(_NO_FILES)
        self._services = (
            WatchedFile(
                services_path, SERVICES_SETTING, _load_services,
                monotonic=monotonic, run_in_background=run_in_background,
            )
            if services_path
            else None
        )  # fmt: skip
        self._cluster = (
            WatchedFile(
                data_path, DATA_SETTING, _load_cluster,
                monotonic=monotonic, run_in_background=run_in_background,
            )
            if data_path
            else None
        )  # fmt: skip

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """See the port. A long file that cannot be read is not papered over with the cluster's history."""
        key = (service_id, tuple(metric_names), end, hours)
        if self._services is not None:
            loaded = self._services.content()
            if service_id in loaded.table.places or self._cluster is None:
                window = loaded.windows.get(key) or _cut_service(loaded, key)
                return _with_note(window, self._services.stale_reason)
        return self._cluster_window(key)

    def _cluster_window(self, key: _WindowKey) -> HistoryWindow:
        if self._cluster is None:
            raise DataSourceUnavailable(_NO_FILES)
        loaded = self._cluster.content()
        # The cluster answers for every service alike, so windows are remembered without the service's name.
        key = ("", *key[1:])
        window = loaded.windows.get(key) or _cut_cluster(loaded, key)
        return _with_note(window, self._cluster.stale_reason)

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """See the port."""
        if self._services is None:
            return {}
        places = self._services.content().table.places
        return {service_id: tuple(sorted(places[service_id])) for service_id in sorted(places)}

    def status(self) -> SourceStatus:
        """See the port. Rejected lines are told in ``detail``; they do not make the source degraded."""
        watched = [file for file in (self._services, self._cluster) if file is not None]
        states = [file.status() for file in watched]
        reason = "; ".join(state.reason for state in states if state.reason)
        if all(state.state == "down" for state in states):
            return SourceStatus(state="down", reason=reason)
        state = "degraded" if reason else "ok"
        return SourceStatus(state=state, reason=reason, detail=tuple(self._accounts()))

    def _accounts(self) -> list[str]:
        """What became of the lines of each file that could be read, in one sentence each."""
        accounts = []
        if self._services is not None and self._services.status().state != "down":
            accounts.append(f"{SERVICES_SETTING}: {_account(self._services.content().report)}")
        if self._cluster is not None and self._cluster.status().state != "down":
            accounts.append(f"{DATA_SETTING}: {_account(self._cluster.content().report)}")
        return accounts


def _account(report: LoadReport) -> str:
    holds = f"{report.lines_read} lines, {report.services} services, {report.series} series"
    if not report.services:
        holds = f"{report.lines_read} lines"
    if not report.rejected:
        return holds
    first = report.rejections[0]
    return f"{holds}; {report.rejected} lines rejected, the first is line {first.line}: {first.reason}"


def _with_note(window: HistoryWindow, note: str) -> HistoryWindow:
    return replace(window, notes=(*window.notes, note)) if note else window


def _cut_service(loaded: _Loaded[SeriesTable], key: _WindowKey) -> HistoryWindow:
    service_id, names, end, hours = key
    end_hour = _end_hour(end, hours)
    cuts = {name: loaded.table.cut(service_id, name, end_hour, hours) for name in names}
    lost = loaded.report.rejected_by_service.get(service_id, 0)
    notes = (f"{SERVICES_SETTING}: {lost} lines of {service_id} were rejected",) if lost else ()
    return _finish(loaded, key, cuts, HistoryScope.SERVICE, notes)


def _cut_cluster(loaded: _Loaded[WideTable], key: _WindowKey) -> HistoryWindow:
    _, names, end, hours = key
    end_hour = _end_hour(end, hours)
    cuts = {name: loaded.table.cut(name, end_hour, hours) for name in names}
    lost = loaded.report.rejected
    notes = (f"{DATA_SETTING}: {lost} of {loaded.report.lines_read} lines were rejected",) if lost else ()
    return _finish(loaded, key, cuts, HistoryScope.CLUSTER, notes)


def _end_hour(end: datetime, hours: int) -> int:
    seconds = int(end.timestamp())
    if end.tzinfo is None or end.microsecond or seconds % HOUR_SECONDS:
        raise ValueError(f"end must be a full hour with a time zone, got {end!r}")
    if hours < 1:
        raise ValueError(f"hours must be at least 1, got {hours}")
    return seconds // HOUR_SECONDS


def _finish(
    loaded: _Loaded[Table],
    key: _WindowKey,
    cuts: Mapping[str, LoadSeries | None],
    scope: HistoryScope,
    notes: tuple[str, ...],
) -> HistoryWindow:
    series = {name: cut for name, cut in cuts.items() if cut is not None}
    window = HistoryWindow(series=series, scope=scope, digest=digest_window(series, scope), notes=notes)
    loaded.remember(key, window)
    return window
