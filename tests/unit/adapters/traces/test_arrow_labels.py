"""Labels as people write them down."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from adapters.traces.arrow_labels import read_labels
from domain.anomaly.scoring import Label
from domain.errors import InvalidData

FIRST = Label(
    dataset=None, service_id="7", start=datetime(2026, 11, 1, 8, tzinfo=UTC), end=datetime(2026, 11, 1, 9, tzinfo=UTC)
)


def test_a_csv_file_with_other_columns_and_zones(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "service_id,who,start_ts,end_ts\n7,ann,2026-11-01T08:00:00Z,2026-11-01T09:00:00Z\n"
        "8,bob,2026-11-01T10:00:00+02:00,2026-11-01T12:00:00+02:00\n"
    )
    one, two = read_labels(path)
    assert one == FIRST
    assert (two.service_id, two.start, two.end) == ("8", FIRST.start, datetime(2026, 11, 1, 10, tzinfo=UTC))


def test_a_parquet_file_with_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    columns = {"dataset": ["nab"], "service_id": ["7"], "start_ts": [FIRST.start], "end_ts": [FIRST.end]}
    parquet.write_table(pa.table(columns), path)
    (label,) = read_labels(path)
    assert (label.dataset, label.start, label.end) == ("nab", FIRST.start, FIRST.end)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("service_id,start_ts\na,2026-11-01T08:00:00Z\n", "labels.csv: no column end_ts; expected service_id,"),
        (
            "service_id,start_ts,end_ts\na,2026-11-01T08:00:00Z,2026-11-02T08:00:00Z\n"
            "a,2026-11-01T08:00:00Z,2026-11-01T08:00:00Z\n",
            "labels.csv: row 2: end_ts must be after start_ts",
        ),
        ("service_id,start_ts,end_ts\na,soon,later\n", "the column start_ts holds something that is not a time"),
        ("", "not a readable .csv file"),
    ],
)
def test_mistakes_name_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(InvalidData) as caught:
        read_labels(path)
    assert said in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"none\.csv: there is no such file"):
        read_labels(tmp_path / "none.csv")
