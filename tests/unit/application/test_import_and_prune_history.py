"""Files into a store in order, and out of it again by age."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from application.import_history import ImportHistory
from application.prune_history import BATCH_SAMPLES, PruneHistory
from domain.errors import DataSourceUnavailable
from domain.load_report import Rejection
from domain.ports.history_file_reader import FilePart, HistoryFileReader, WideFileOwner
from domain.samples import SampleBatch
from domain.series import HOUR
from tests.fakes.history_store import InMemoryHistoryStore

START = datetime(2026, 11, 1, tzinfo=UTC)


def batch(values: list[float], *, service: str = "shop", same_hour: bool = False) -> SampleBatch:
    steps = np.zeros(len(values), dtype=np.int64) if same_hour else np.arange(len(values))
    return SampleBatch(
        names=[(service, "avg_cpu")],
        codes=np.zeros(len(values), dtype=np.int32),
        seconds=int(START.timestamp()) + 3600 * steps,
        values=np.array(values),
    )


class ThreeParts(HistoryFileReader):
    """A file whose every part sets the same hour again."""

    def read(self, path: Path, *, owner: WideFileOwner | None = None) -> Iterator[FilePart]:
        for number in (1, 2, 3):
            rejection = Rejection(line=number * 10, reason="bad")
            yield FilePart(
                batch=batch([0.0, float(number)], same_hour=True),
                lines_read=3,
                rejections=(rejection,),
                done=number / 3,
            )


def test_parts_are_stored_in_order_and_counted() -> None:
    store = InMemoryHistoryStore()
    progress: list[float] = []
    rejected: list[Rejection] = []
    report = ImportHistory(reader=ThreeParts(), store=store)(
        Path("f"), on_rejected=rejected.append, on_progress=progress.append
    )
    assert store.samples["shop", "avg_cpu"] == {START: 3.0}
    assert (report.lines_read, report.accepted, report.rejected, report.samples, report.series) == (9, 6, 3, 6, 1)
    assert [rejection.line for rejection in rejected] == [10, 20, 30]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


def test_a_store_that_fails_stops_the_import() -> None:
    store = InMemoryHistoryStore()
    store.problem = "the database's disk is full"
    with pytest.raises(DataSourceUnavailable, match="disk is full"):
        ImportHistory(reader=ThreeParts(), store=store)(Path("f"), on_rejected=print, on_progress=print)


def test_pruning_takes_what_is_older_in_batches_and_nothing_else() -> None:
    store = InMemoryHistoryStore()
    hours = BATCH_SAMPLES + 7
    store.upsert(batch([1.0] * hours))
    store.upsert(batch([1.0] * 3, service="young"))
    moment = START + (BATCH_SAMPLES + 2) * HOUR
    prune = PruneHistory(store=store)
    assert sum(series.samples for series in prune.older_than(moment)) == BATCH_SAMPLES + 2 + 3
    gone = {series.service_id: count for series, count in prune(moment)}
    assert gone == {"shop": BATCH_SAMPLES + 2, "young": 3}
    assert min(store.samples["shop", "avg_cpu"]) == moment
    assert list(prune(moment)) == []
