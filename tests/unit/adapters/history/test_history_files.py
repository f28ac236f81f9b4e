"""Files of measurements, part by part: what is taken, what is refused, and that nothing depends on where parts end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.history.history_files import HistoryFiles
from adapters.history.long_file import load_long_file
from adapters.history.long_parts import read_long_parts
from adapters.history.parquet_parts import read_parquet_parts
from adapters.history.wide_parts import METRICS
from domain.errors import InvalidData, InvalidRequest
from domain.ports.history_file_reader import FilePart, WideFileOwner
from entrypoints.assets import asset_path
from tests.fakes.history_store import InMemoryHistoryStore

START = datetime(2026, 11, 1, tzinfo=UTC)
OWNER = WideFileOwner(service_id="cluster", start=START)
HEADER = "service_id,metric_name,ts,value\n"


def stored(parts: Sequence[FilePart]) -> InMemoryHistoryStore:
    store = InMemoryHistoryStore()
    for part in parts:
        store.upsert(part.batch)
    return store


def long_file(folder: Path, text: str) -> Path:
    path = folder / "long.csv"
    path.write_text(HEADER + text)
    return path


MIXED = "".join(
    [
        "a,cpu,2026-11-01T00:00:00Z,1\n", "a,cpu,2026-11-01T01:00:00Z,nan\n", "\n", "b,cpu,2026-11-01T00:00:00Z,2\n",
        "a,cpu,2026-11-01T00:00:00Z,3\n", ",cpu,2026-11-01T00:00:00Z,4\n",
        '"a","cpu","2026-11-01T09:00:00+09:00","5"\n', "b,cpu,yesterday,6\n",
    ]
)  # fmt: skip


@pytest.mark.parametrize("block_bytes", [1, 40, 100, 10_000])
def test_a_long_file_is_the_same_wherever_its_blocks_end(tmp_path: Path, block_bytes: int) -> None:
    parts = list(read_long_parts(long_file(tmp_path, MIXED), block_bytes))
    assert stored(parts).samples == {("a", "cpu"): {START: 5.0}, ("b", "cpu"): {START: 2.0}}
    assert [rejection.line for part in parts for rejection in part.rejections] == [3, 7, 9]
    assert sum(part.lines_read for part in parts) == 7
    assert parts[-1].done == 1.0


def test_every_rejected_line_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Serving keeps the first fifty; whoever imports wants to mend them all."""
    path = long_file(tmp_path, "a,cpu,2026-11-01T00:00:00Z,x\n" * 300)
    rejections = [rejection for part in HistoryFiles().read(path) for rejection in part.rejections]
    assert [rejection.line for rejection in rejections] == list(range(2, 302))
    assert "value 'x' is not a number" in rejections[-1].reason


def test_the_sample_file_is_read_as_it_is_served() -> None:
    path = asset_path("data/sample_services.csv")
    table, report = load_long_file(path)
    parts = list(read_long_parts(path, 100_000))
    store = stored(parts)
    assert len(parts) > 5
    assert sum(part.lines_read for part in parts) == report.lines_read
    places = [(service, metric) for service, metrics in table.places.items() for metric in metrics]
    assert set(store.samples) == set(places)
    for service, metric in places:
        served = table.find(service, metric)
        assert served is not None
        place, values = served
        assert list(store.samples[service, metric].values()) == values[place.start : place.stop].tolist()


def test_a_wide_file_becomes_the_measured_columns_of_one_service() -> None:
    path = asset_path("data/lstm_ready_cluster_data.csv")
    store = stored(list(HistoryFiles().read(path, owner=OWNER)))
    assert set(store.samples) == {("cluster", metric) for metric in METRICS}
    assert len(METRICS) == 15
    first = path.read_text().splitlines()[1].split(",")
    assert store.samples["cluster", "total_events"][START] == float(first[1])
    assert store.samples["cluster", "unique_machines"][START] == float(first[2])
    assert len(store.samples["cluster", "avg_cpu"]) == 1439


def test_a_wide_file_needs_somebody_whose_hours_it_holds(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="say whose hours"):
        HistoryFiles().read(asset_path("data/lstm_ready_cluster_data.csv"))
    with pytest.raises(InvalidRequest, match="names its services"):
        HistoryFiles().read(long_file(tmp_path, MIXED), owner=OWNER)


def test_hours_beyond_the_calendar_are_rejected(tmp_path: Path) -> None:
    lines = asset_path("data/lstm_ready_cluster_data.csv").read_text().splitlines()[:3]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([*lines[:2], "9999999" + lines[2][lines[2].index(",") :], ""]))
    owner = WideFileOwner(service_id="c", start=datetime(2190, 1, 1, tzinfo=UTC))
    (part,) = HistoryFiles().read(path, owner=owner)
    assert [(rejection.line, "2199" in rejection.reason) for rejection in part.rejections] == [(3, True)]
    assert part.lines_read == 2
    assert len(part.batch) == 15


def parquet_file(folder: Path, **columns: pa.Array) -> Path:
    path = folder / "some.parquet"
    good = {
        "service_id": pa.array(["a", "a", "b"]),
        "metric_name": pa.array(["cpu", "cpu", "cpu"]).dictionary_encode(),
        "ts": pa.array([START, START.replace(hour=1), START], pa.timestamp("ns", "UTC")),
        "value": pa.array([1.0, 2.0, 3.0]),
    }
    parquet.write_table(pa.table(good | columns), path)
    return path


def test_a_parquet_file_is_read_by_its_columns(tmp_path: Path) -> None:
    (part,) = HistoryFiles().read(parquet_file(tmp_path, other=pa.array([1, 2, 3])))
    assert stored([part]).samples == {
        ("a", "cpu"): {START: 1.0, START.replace(hour=1): 2.0},
        ("b", "cpu"): {START: 3.0},
    }
    assert (part.lines_read, part.rejections, part.done) == (3, (), 1.0)


def test_naive_times_of_any_unit_and_whole_numbers_are_read(tmp_path: Path) -> None:
    ts = pa.array([START.replace(tzinfo=None)] * 3, pa.timestamp("s"))
    (part,) = HistoryFiles().read(parquet_file(tmp_path, ts=ts, value=pa.array([1, 2, 3], pa.int32())))
    assert stored([part]).samples == {("a", "cpu"): {START: 2.0}, ("b", "cpu"): {START: 3.0}}


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("service_id", pa.array([None, "a", "b"]), "service_id is empty"),
        ("service_id", pa.array(["x" * 129, "a", "b"]), "service_id has 129 characters"),
        ("metric_name", pa.array(["c\tu", "cpu", "cpu"]), "control or invisible"),
        ("ts", pa.array([None, START, START], pa.timestamp("us", "UTC")), "ts is missing"),
        (
            "ts",
            pa.array([datetime(1969, 1, 1), START.replace(tzinfo=None)] * 2, pa.timestamp("us"))[:3],
            "outside the years",
        ),
        ("value", pa.array([None, 2.0, 3.0]), "value is missing or not finite"),
        ("value", pa.array([float("nan"), 2.0, 3.0]), "value is missing or not finite"),
        ("value", pa.array([1e19, 2.0, 3.0]), "beyond 1e+18"),
    ],
)
def test_a_bad_row_of_a_parquet_file_is_named(tmp_path: Path, column: str, values: pa.Array, reason: str) -> None:
    (part,) = HistoryFiles().read(parquet_file(tmp_path, **{column: values}))
    assert part.rejections[0].line == 1
    assert reason in part.rejections[0].reason
    assert len(part.batch) + len(part.rejections) == part.lines_read == 3


def test_rows_are_numbered_through_all_parts(tmp_path: Path) -> None:
    path = parquet_file(tmp_path, value=pa.array([1.0, 2.0, float("inf")]))
    parts = list(read_parquet_parts(path, batch_rows=1))
    assert [rejection.line for part in parts for rejection in part.rejections] == [3]
    assert [part.done for part in parts] == pytest.approx([1 / 3, 2 / 3, 1.0])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ts": pa.array(["2026-11-01T00:00:00Z"] * 3)}, "column ts must be a timestamp, it is string"),
        ({"value": pa.array(["1"] * 3)}, "column value must be a number"),
        ({"service_id": pa.array([1, 2, 3])}, "column service_id must be text"),
    ],
)
def test_a_parquet_file_with_another_kind_of_column_is_refused(
    tmp_path: Path, columns: dict[str, pa.Array], said: str
) -> None:
    with pytest.raises(InvalidData, match=said):
        list(HistoryFiles().read(parquet_file(tmp_path, **columns)))


def test_a_damaged_or_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    path.write_bytes(parquet_file(tmp_path).read_bytes()[:200])
    with pytest.raises(InvalidData, match="no sound Parquet"):
        list(HistoryFiles().read(path))
    parquet.write_table(pa.table({"service_id": pa.array(["a"])}), path)
    with pytest.raises(InvalidData, match="missing column metric_name,ts,value"):
        list(HistoryFiles().read(path))


def test_without_pyarrow_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet_file(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidData, match=r"extra 'train'"):
        list(HistoryFiles().read(path))


def test_a_batch_holds_finite_columns_of_one_length() -> None:
    from domain.samples import SampleBatch

    one = np.zeros(1)
    with pytest.raises(ValueError, match="differ"):
        SampleBatch(
            names=[("a", "b")], codes=np.zeros(2, dtype=np.int32), seconds=np.zeros(1, dtype=np.int64), values=one
        )
    with pytest.raises(ValueError, match="finite"):
        SampleBatch(
            names=[("a", "b")],
            codes=np.zeros(1, dtype=np.int32),
            seconds=np.zeros(1, dtype=np.int64),
            values=np.full(1, np.inf),
        )
