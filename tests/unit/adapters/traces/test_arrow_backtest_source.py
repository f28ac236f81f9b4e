"""Series for a backtest from Parquet and long CSV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from domain.errors import InvalidData
from domain.ports.backtest_source import BacktestSeries

CSV = """service_id,metric_name,ts,value
b,cpu,2026-01-01T00:00:00Z,0.5
a,cpu,2026-01-01T02:00:00Z,3
a,cpu,2026-01-01T00:00:00Z,1
a,cpu,2026-01-01T00:30:00Z,2
a,cpu,2026-01-01T02:00:00Z,4
a,cpu_max,2026-01-01T00:00:00Z,9
7,memory,2026-01-01T00:00:00Z,0.25
"""


def read(*paths: Path, datasets: tuple[str, ...] = (), metrics: tuple[str, ...] = ()) -> dict[str, BacktestSeries]:
    source = ArrowBacktestSource(paths, datasets=datasets, metrics=metrics)
    return {f"{item.dataset}:{item.label}": item for item in source.read()}


@pytest.fixture
def long_csv(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text(CSV)
    return path


def test_a_csv_is_averaged_to_hours_with_the_last_of_equal_times(long_csv: Path) -> None:
    found = read(long_csv)
    assert set(found) == {"lab:b/cpu", "lab:a/cpu", "lab:7/memory"}
    series = found["lab:a/cpu"].series
    assert series.values.tolist() == [1.5, 1.5, 4.0]
    assert series.observed.tolist() == [True, False, True]
    assert f"{series.start:%Y-%m-%dT%H:%M%z}" == "2026-01-01T00:00+0000"


def test_hourly_maxima_are_read_when_asked_for(long_csv: Path) -> None:
    assert set(read(long_csv, metrics=("cpu_max",))) == {"lab:a/cpu_max"}


def test_parquet_names_its_data_sets_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    times = pa.array(np.arange(4) * 3_600_000, pa.timestamp("ms"))
    table = pa.table(
        {
            "dataset": ["one", "one", "two", "two"], "service_id": ["a"] * 4, "metric_name": ["cpu"] * 4,
            "unit": ["fraction"] * 4, "ts": times, "value": pa.array([1, 2, float("nan"), 4], pa.float32()),
        }
    )  # fmt: skip
    parquet.write_table(table, path)
    assert set(read(path)) == {"one:a/cpu", "two:a/cpu"}
    assert read(path, datasets=("two",))["two:a/cpu"].series.values.tolist() == [4.0]


def test_a_folder_stands_for_the_files_in_it(long_csv: Path) -> None:
    (long_csv.parent / "README.md").write_text("not data")
    assert set(read(long_csv.parent)) == set(read(long_csv))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("absent.csv", None, "absent.csv: there is no such file"),
        ("bad.parquet", "service_id", "bad.parquet: this is not a readable .parquet file"),
        ("few.csv", "service_id,ts\na,2026-01-01T00:00:00Z\n", "metric_name and value; expected service_id"),
        ("word.csv", "service_id,metric_name,ts,value\na,cpu,2026-01-01T00:00:00Z,much\n", "not a number"),
        ("when.csv", "service_id,metric_name,ts,value\na,cpu,yesterday,1\n", "not a time"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidData, match=message):
        read(path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="holds no file"):
        read(tmp_path)
