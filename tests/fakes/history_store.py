"""A history store in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.errors import DataSourceUnavailable
from domain.ports.history_store import HistoryStore, SeriesCoverage
from domain.samples import SampleBatch
from domain.series import floor_hour


class InMemoryHistoryStore(HistoryStore):
    """Holds samples by series and time.

    Attributes:
        samples: (service, metric) → time → value.
        batches: How many batches were stored.
        problem: When not empty, every call raises DataSourceUnavailable with this text.
    """

    def __init__(self) -> None:
        self.samples: dict[tuple[str, str], dict[datetime, float]] = {}
        self.batches = 0
        self.problem = ""

    def upsert(self, batch: SampleBatch) -> None:
        """See the port."""
        self._fail_if_down()
        self.batches += 1
        for code, second, value in zip(batch.codes, batch.seconds, batch.values, strict=True):
            time = datetime.fromtimestamp(int(second), tz=UTC)
            self.samples.setdefault(batch.names[code], {})[time] = float(value)

    def service_ids(self) -> tuple[str, ...]:
        """See the port."""
        self._fail_if_down()
        return tuple(sorted({service for (service, _), held in self.samples.items() if held}))

    def coverage(self, service_id: str, *, before: datetime | None = None) -> tuple[SeriesCoverage, ...]:
        """See the port."""
        self._fail_if_down()
        found = []
        for (service, metric), held in sorted(self.samples.items()):
            times = [time for time in held if before is None or time < before]
            if service == service_id and times:
                hours = len({floor_hour(time) for time in times})
                found.append(
                    SeriesCoverage(
                        service_id=service, metric_name=metric, samples=len(times), hours=hours, first=min(times),
                        last=max(times),
                    )
                )  # fmt: skip
        return tuple(found)

    def delete_before(self, service_id: str, metric_name: str, moment: datetime, *, at_most: int) -> int:
        """See the port."""
        self._fail_if_down()
        held = self.samples.get((service_id, metric_name), {})
        gone = sorted(time for time in held if time < moment)[:at_most]
        for time in gone:
            del held[time]
        return len(gone)

    def _fail_if_down(self) -> None:
        if self.problem:
            raise DataSourceUnavailable(self.problem)
