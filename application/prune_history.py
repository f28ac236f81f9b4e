"""Forget what is older than somebody wants to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.ports.history_store import HistoryStore, SeriesCoverage

BATCH_SAMPLES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneHistory:
    """Deletes in small transactions, so that plans and writers never wait long."""

    store: HistoryStore

    def older_than(self, moment: datetime) -> list[SeriesCoverage]:
        """What would be deleted, by series.

        Raises:
            DataSourceUnavailable: The store cannot be read at the moment.
        """
        return [
            series
            for service_id in self.store.service_ids()
            for series in self.store.coverage(service_id, before=moment)
        ]

    def __call__(self, moment: datetime) -> Iterator[tuple[SeriesCoverage, int]]:
        """Delete all samples older than a moment; gives each series with how many went, as it is done.

        Broken off, it leaves the newer part of what it should delete; running it again goes on.

        Raises:
            DataSourceUnavailable: The store cannot be read or written to at the moment.
        """
        for series in self.older_than(moment):
            yield series, self._delete(series, moment)

    def _delete(self, series: SeriesCoverage, moment: datetime) -> int:
        gone = 0
        while True:
            deleted = self.store.delete_before(series.service_id, series.metric_name, moment, at_most=BATCH_SAMPLES)
            gone += deleted
            if deleted < BATCH_SAMPLES:
                return gone
