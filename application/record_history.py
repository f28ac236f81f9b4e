"""Store what a collector sends."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from domain.ports.history_store import HistoryStore
from domain.samples import SampleBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHistory:
    """Stores a batch whole, and tells those who remember windows of it.

    Attributes:
        store: Where samples go.
        announce: Told the services whose past changed, after it did.
    """

    store: HistoryStore
    announce: Callable[[Collection[str]], None]

    def knows(self, service_id: str) -> bool:
        """Whether anything of a service is stored.

        Raises:
            DataSourceUnavailable: The store cannot be read at the moment.
        """
        return bool(self.store.coverage(service_id))

    def __call__(self, batch: SampleBatch) -> None:
        """Store all of it or nothing.

        Raises:
            DataSourceUnavailable: The store cannot be written to at the moment; nothing is stored.
        """
        self.store.upsert(batch)
        self.announce(batch.services)
