"""Reads training series from the data source that plans are made from."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np

from domain.errors import InvalidData
from domain.metrics import MAX_SUFFIX, describe_metric
from domain.ports.metric_history import HistoryScope, MetricHistory
from domain.series import HOUR, HOUR_SECONDS, LoadSeries, floor_hour
from domain.training_set import TrainingSeries

DATASET: Final = "history"
# Older hours tell of a service that has changed since.
MAX_HOURS_READ: Final = 2 * 365 * 24


def read_history(history: MetricHistory, now: datetime) -> list[TrainingSeries]:
    """All metrics of all services, hourly means and hourly maxima, up to and with the hour of ``now``.

    Raises:
        InvalidData: No service has a history of its own.
        DataSourceUnavailable: The source cannot be read at the moment.
    """
    end = floor_hour(now) + HOUR
    series: list[TrainingSeries] = []
    for service_id, metrics in history.services().items():
        companions = [describe_metric(name).max_companion for name in metrics if not name.endswith(MAX_SUFFIX)]
        names = dict.fromkeys((*metrics, *(name for name in companions if name)))
        window = history.window(service_id, tuple(names), end=end, hours=MAX_HOURS_READ)
        if window.scope is HistoryScope.SERVICE:
            series += [_training_series(service_id, name, found) for name, found in window.series.items()]
    if not series:
        raise InvalidData("no service of the configured data source has a history of its own; name files to learn from")
    return series


def _training_series(service_id: str, metric_name: str, found: LoadSeries) -> TrainingSeries:
    return TrainingSeries(
        dataset=DATASET,
        service_id=service_id,
        metric_name=metric_name,
        first_hour=int(found.start.timestamp()) // HOUR_SECONDS,
        values=np.where(found.observed, found.values, 0.0).astype(np.float32),
        observed=found.observed,
    )
