"""Files into a store in order, and out of it again by age."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from application.import_history import ImportHistory
from application.prune_history import BATCH_SAMPLES, PruneHistory
from domain.errors import DataSourceUnavailable
from domain.load_report import Rejection
from domain.samples import SampleBatch
from domain.series import HOUR
from tests.fakes.history_file_reader import InMemoryHistoryFiles
from tests.fakes.history_store import InMemoryHistoryStore

START = datetime(2026, 11, 1, tzinfo=UTC)


def batch(values: list[float], *, service: str = "shop") -> SampleBatch:
    return SampleBatch(
        names=[(service, "avg_cpu")],
        codes=np.zeros(len(values), dtype=np.int32),
        seconds=int(START.timestamp()) + 3600 * np.arange(len(values)),
        values=np.array(values),
    )


FILE = Path("f")


def three_parts() -> InMemoryHistoryFiles:
    """A file whose every part sets the same hour again, with a bad third line in each."""
    files = InMemoryHistoryFiles(lines_per_part=3)
    for number in (1.0, 2.0, 3.0):
        values = (0.0, number, math.nan)
        files.long_files.setdefault(FILE, []).extend(("shop", "avg_cpu", START, value) for value in values)
    return files


def test_parts_are_stored_in_order_and_counted() -> None:
    store = InMemoryHistoryStore()
    progress: list[float] = []
    rejected: list[Rejection] = []
    report = ImportHistory(reader=three_parts(), store=store)(
        FILE, on_rejected=rejected.append, on_progress=progress.append
    )
    assert store.samples["shop", "avg_cpu"] == {START: 3.0}
    assert (report.lines_read, report.accepted, report.rejected, report.samples, report.series) == (9, 6, 3, 6, 1)
    assert [rejection.line for rejection in rejected] == [4, 7, 10]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0


def test_a_store_that_fails_stops_the_import() -> None:
    store = InMemoryHistoryStore()
    store.problem = "the database's disk is full"
    with pytest.raises(DataSourceUnavailable, match="disk is full"):
        ImportHistory(reader=three_parts(), store=store)(FILE, on_rejected=print, on_progress=print)


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
