"""Labels of anomalies, from a Parquet or CSV file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from adapters.traces.arrow_files import check_columns, epoch_seconds, load_table, text_codes
from domain.anomaly.scoring import Label
from domain.errors import InvalidData

COLUMNS = ("service_id", "start_ts", "end_ts")
DATASET_COLUMN = "dataset"


def read_labels(path: Path) -> list[Label]:
    """Labels in the order of the file: ``service_id, start_ts, end_ts`` (exclusive) and, if there, ``dataset``.

    Raises:
        InvalidData: The file is missing or cannot be read, lacks a column, or a row ends before it starts.
    """
    table = load_table(path, {*COLUMNS, DATASET_COLUMN}, ("service_id", DATASET_COLUMN))
    check_columns(table, path, COLUMNS)
    starts, ends = (epoch_seconds(table, name, path) for name in COLUMNS[1:])
    wrong = np.flatnonzero(~(ends > starts))
    if wrong.size:
        raise InvalidData(f"{path.name}: row {int(wrong[0]) + 1}: end_ts must be after start_ts")
    services, service = text_codes(table, "service_id")
    given = DATASET_COLUMN in table.column_names
    datasets, dataset = text_codes(table, DATASET_COLUMN) if given else ([None], np.zeros(len(starts), dtype=np.int64))
    return [
        Label(dataset=datasets[where], service_id=services[who], start=_moment(start), end=_moment(end))
        for where, who, start, end in zip(dataset, service, starts, ends, strict=True)
    ]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), tz=UTC)
