"""Port: a history that can be added to and cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.samples import SampleBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCoverage:
    """What a store holds of one series.

    Attributes:
        service_id: The service.
        metric_name: The metric.
        samples: How many, at least 1.
        hours: How many hours have at least one.
        first: Time of the oldest, UTC.
        last: Time of the newest, UTC.
    """

    service_id: str
    metric_name: str
    samples: int
    hours: int
    first: datetime
    last: datetime


class HistoryStore(Protocol):
    """Samples by service, metric and second. Thread-safe. All times UTC."""

    def upsert(self, batch: SampleBatch) -> None:
        """Store all of a batch or nothing; a sample takes the place of one of the same series and second.

        Doing it again changes nothing.

        Raises:
            DataSourceUnavailable: It cannot be written to at the moment; nothing of the batch is stored.
        """
        ...

    def service_ids(self) -> tuple[str, ...]:
        """The services there are, sorted.

        Raises:
            DataSourceUnavailable: It cannot be read at the moment.
        """
        ...

    def coverage(self, service_id: str, *, before: datetime | None = None) -> tuple[SeriesCoverage, ...]:
        """What is held of a service, by metric, sorted; nothing of one that is unknown.

        Args:
            service_id: The service.
            before: Only samples older than this are looked at.

        Raises:
            DataSourceUnavailable: It cannot be read at the moment.
        """
        ...

    def delete_before(self, service_id: str, metric_name: str, moment: datetime, *, at_most: int) -> int:
        """Delete the oldest samples of a series that are older than a moment; gives how many.

        Args:
            service_id: The service.
            metric_name: The metric.
            moment: Samples of this second and later ones stay.
            at_most: So many are deleted in one transaction, at least 1. Fewer means that none is left to delete.

        Raises:
            DataSourceUnavailable: It cannot be written to at the moment.
        """
        ...
