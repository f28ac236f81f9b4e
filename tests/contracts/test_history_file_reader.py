"""Contract of the port HistoryFileReader: one suite over the fake and the files of each layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.history.history_files import HistoryFiles
from domain.errors import DataSourceUnavailable, InvalidData, InvalidRequest
from domain.ports.history_file_reader import FilePart, HistoryFileReader, WideFileOwner
from domain.samples import MAX_MAGNITUDE
from domain.series import HOUR
from entrypoints.assets import asset_path
from tests.fakes.history_file_reader import FIRST_LINE, InMemoryHistoryFiles, Sample
from tests.fakes.history_store import InMemoryHistoryStore

START = datetime(2026, 11, 2, tzinfo=UTC)
OWNER = WideFileOwner(service_id="cluster", start=START)
HEADER = "service_id,metric_name,ts,value\n"


class LongFile:
    """A reader, a file of some lines, and the number of the first of them."""

    def __init__(self, reader: HistoryFileReader, path: Path, first_line: int) -> None:
        self.reader, self.path, self.first_line = reader, path, first_line

    def parts(self) -> list[FilePart]:
        return list(self.reader.read(self.path))


def _in_memory(path: Path, samples: Sequence[Sample]) -> LongFile:
    fake = InMemoryHistoryFiles()
    fake.long_files[path] = list(samples)
    return LongFile(fake, path, FIRST_LINE)


def _csv(path: Path, samples: Sequence[Sample]) -> LongFile:
    lines = [f"{service},{metric},{time.isoformat()},{value}\n" for service, metric, time, value in samples]
    path.write_text(HEADER + "".join(lines))
    return LongFile(HistoryFiles(), path, 2)


def _parquet(path: Path, samples: Sequence[Sample]) -> LongFile:
    services, metrics, times, values = zip(*samples, strict=True) if samples else ([], [], [], [])
    table = {
        "service_id": pa.array(services, pa.string()), "metric_name": pa.array(metrics, pa.string()),
        "ts": pa.array(times, pa.timestamp("us", "UTC")), "value": pa.array(values, pa.float64()),
    }  # fmt: skip
    parquet.write_table(pa.table(table), path)
    return LongFile(HistoryFiles(), path, 1)


LONG = {"fake": _in_memory, "csv": _csv, "parquet": _parquet}
Make = Callable[[Sequence[Sample]], LongFile]


@pytest.fixture(params=sorted(LONG))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes a file that names its services, with these lines."""
    return lambda samples: LONG[request.param](tmp_path / "long", samples)


def stored(parts: Sequence[FilePart]) -> dict[tuple[str, str], dict[datetime, float]]:
    store = InMemoryHistoryStore()
    for part in parts:
        store.upsert(part.batch)
    return store.samples


GOOD: list[Sample] = [
    ("a", "cpu", START, 1.0), ("b", "cpu", START + HOUR, 2.5), ("a", "requests", START, 7.0),
    ("a", "cpu", START, 3.0), ("Ünlü", "cpu", START + timedelta(minutes=5, seconds=1), -1.0),
]  # fmt: skip


def test_samples_come_in_the_file_s_order_so_that_of_the_same_time_the_last_wins(make: Make) -> None:
    assert stored(make(GOOD).parts()) == {
        ("a", "cpu"): {START: 3.0}, ("a", "requests"): {START: 7.0}, ("b", "cpu"): {START + HOUR: 2.5},
        ("Ünlü", "cpu"): {START + timedelta(minutes=5, seconds=1): -1.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        ("", "cpu", START, 1.0),
        ("a", "", START, 1.0),
        ("s" * 129, "cpu", START, 1.0),
        ("a", "m" * 129, START, 1.0),
        ("a", "c\u200bu", START, 1.0),
        ("a", "cpu", START, float("nan")),
        ("a", "cpu", START, float("-inf")),
        ("a", "cpu", START, 2 * MAX_MAGNITUDE),
    ],
    ids=["no-service", "no-metric", "long-service", "long-metric", "invisible", "nan", "infinite", "beyond"],
)
def test_a_line_that_is_refused_is_listed_and_the_others_are_taken(make: Make, bad: Sample) -> None:
    file = make([*GOOD[:2], bad, *GOOD[2:], bad])
    parts = file.parts()
    rejections = [rejection for part in parts for rejection in part.rejections]
    assert [rejection.line - file.first_line for rejection in rejections] == [2, len(GOOD) + 1]
    assert all(rejection.reason for rejection in rejections)
    assert stored(parts) == stored(make(GOOD).parts())


def test_every_line_of_a_long_file_is_taken_or_listed_part_by_part(make: Make) -> None:
    """Names of a hundred characters make the file larger than what is read at a time."""
    lines = [("s", "m" * 100, START + step * HOUR, 1.0 if step % 1_000 else float("nan")) for step in range(60_000)]
    file = make(lines)
    parts = file.parts()
    assert len(parts) > 1
    assert all(len(part.batch) + len(part.rejections) == part.lines_read for part in parts)
    assert sum(part.lines_read for part in parts) == len(lines)
    listed = [rejection.line - file.first_line for part in parts for rejection in part.rejections]
    assert listed == list(range(0, 60_000, 1_000))
    assert all(before.done < after.done for before, after in pairwise(parts))
    assert (parts[0].done > 0, parts[-1].done) == (True, 1.0)


def test_a_file_is_read_anew_each_time(make: Make) -> None:
    file = make(GOOD)
    assert stored(file.parts()) == stored(file.parts())


def test_a_file_without_lines_holds_nothing(make: Make) -> None:
    assert make([]).parts() == []


def test_a_file_that_names_its_services_takes_no_owner(make: Make) -> None:
    file = make(GOOD)
    with pytest.raises(InvalidRequest) as caught:
        list(file.reader.read(file.path, owner=OWNER))
    assert [(field.pointer, field.code) for field in caught.value.fields] == [("/service", "extra")]


@pytest.fixture(params=["fake", "csv"])
def wide(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[HistoryFileReader, Path]:
    """A file of the hours 0, 1 and 3 with 10, 11 and 13 events."""
    path = tmp_path / "wide.csv"
    if request.param == "fake":
        fake = InMemoryHistoryFiles()
        fake.wide_files[path] = [(hour, {"total_events": 10.0 + hour, "avg_cpu": 0.5}) for hour in (0, 1, 3)]
        return fake, path
    header, line = asset_path("data/lstm_ready_cluster_data.csv").read_text().splitlines()[:2]
    names, cells = header.split(","), line.split(",")
    cells[names.index("avg_cpu")] = "0.5"
    rows = [",".join([str(hour), str(10.0 + hour), *cells[2:]]) for hour in (0, 1, 3)]
    path.write_text("\n".join([header, *rows, ""]))
    return HistoryFiles(), path


def test_a_wide_file_holds_the_hours_of_its_owner(wide: tuple[HistoryFileReader, Path]) -> None:
    reader, path = wide
    parts = list(reader.read(path, owner=OWNER))
    held = stored(parts)
    assert {service for service, _ in held} == {"cluster"}
    assert held["cluster", "total_events"] == {START: 10.0, START + HOUR: 11.0, START + 3 * HOUR: 13.0}
    assert set(held["cluster", "avg_cpu"].values()) == {0.5}
    assert (sum(part.lines_read for part in parts), parts[-1].done) == (3, 1.0)


def test_a_wide_file_needs_an_owner(wide: tuple[HistoryFileReader, Path]) -> None:
    reader, path = wide
    with pytest.raises(InvalidRequest) as caught:
        list(reader.read(path))
    assert [(field.pointer, field.code) for field in caught.value.fields] == [("/service", "missing")]


@pytest.mark.parametrize("content", [b"", b"a;b;c\n1;2;3\n", b"service_id,metric_name,value,ts\n", b"PAR1 cut", b"\0"])
@pytest.mark.parametrize("kind", ["fake", "files"])
def test_a_file_nothing_can_be_made_of_is_refused_with_a_reason(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    fake = InMemoryHistoryFiles()
    fake.unusable[path] = "no file of measurements"
    reader = {"fake": fake, "files": HistoryFiles()}[kind]
    with pytest.raises(InvalidData) as caught:
        list(reader.read(path))
    assert caught.value.message
    assert str(tmp_path) not in caught.value.message


@pytest.mark.parametrize("reader", [InMemoryHistoryFiles(), HistoryFiles()], ids=["fake", "files"])
def test_a_file_that_is_not_there_cannot_be_read(reader: HistoryFileReader, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataSourceUnavailable):
            list(reader.read(path))
