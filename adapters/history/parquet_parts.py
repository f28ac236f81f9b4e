"""A Parquet file with the columns of the long layout, row group by row group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from adapters.history.row_fields import END_SECONDS, LONG_COLUMNS
from domain.errors import DataSourceUnavailable, InvalidData
from domain.load_report import Rejection
from domain.ports.history_file_reader import FilePart
from domain.samples import FIRST_YEAR, LAST_YEAR, MAX_MAGNITUDE, SampleBatch, name_fault

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
_BATCH_ROWS: Final = 50_000
_NO_PYARROW: Final = "reading Parquet needs pyarrow, which comes with the extra 'train': pip install '.[train]'"
_EXPECTED: Final = {
    "service_id": "text",
    "metric_name": "text",
    "ts": "a timestamp",
    "value": "a number",
}


def read_parquet_parts(path: Path, batch_rows: int = _BATCH_ROWS) -> Iterator[FilePart]:
    """A part for some ten thousand rows; rejections carry the number of the row, from 1. Naive times are UTC.

    Raises:
        InvalidData: pyarrow is missing, the file is damaged, or a column is missing or of another kind.
        DataSourceUnavailable: It cannot be read.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InvalidData(_NO_PYARROW) from None
    try:
        with parquet.ParquetFile(path) as file:
            _check(file.schema_arrow)
            rows = 0
            for table in file.iter_batches(batch_rows, columns=list(LONG_COLUMNS)):
                rows += table.num_rows
                yield _part(table, first=rows - table.num_rows + 1, done=rows / max(1, file.metadata.num_rows))
    except pa.ArrowInvalid as error:
        raise InvalidData("the file is no sound Parquet file") from error
    except OSError as error:
        raise DataSourceUnavailable("the file cannot be read") from error


def _check(schema: pa.Schema) -> None:
    from pyarrow import types

    missing = [name for name in LONG_COLUMNS if schema.get_field_index(name) < 0]
    if missing:
        raise InvalidData(f"missing column {','.join(missing)}; needed are {','.join(LONG_COLUMNS)}, each once")
    kinds = {name: _plain(schema.field(name).type) for name in LONG_COLUMNS}
    fits = {
        "service_id": types.is_string(kinds["service_id"]) or types.is_large_string(kinds["service_id"]),
        "metric_name": types.is_string(kinds["metric_name"]) or types.is_large_string(kinds["metric_name"]),
        "ts": types.is_timestamp(kinds["ts"]),
        "value": types.is_floating(kinds["value"]) or types.is_integer(kinds["value"]),
    }
    for name, fit in fits.items():
        if not fit:
            raise InvalidData(f"column {name} must be {_EXPECTED[name]}, it is {kinds[name]}")


def _plain(kind: pa.DataType) -> Any:
    from pyarrow import types

    return kind.value_type if types.is_dictionary(kind) else kind


def _part(table: pa.RecordBatch, *, first: int, done: float) -> FilePart:
    import pyarrow as pa
    from pyarrow import compute

    services, service_codes = _names(table.column("service_id"))
    metrics, metric_codes = _names(table.column("metric_name"))
    ts = table.column("ts")
    # Cutting off parts of a second must not fail, and a null time is refused below.
    micros = compute.cast(ts, pa.timestamp("us", tz=ts.type.tz), safe=False).cast(pa.int64())
    seconds = np.floor_divide(micros.fill_null(-1).to_numpy(zero_copy_only=False), 1_000_000)
    values = table.column("value").cast(pa.float64(), safe=False).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    faults = [
        *_name_faults("service_id", services, service_codes),
        *_name_faults("metric_name", metrics, metric_codes),
        (np.asarray(ts.is_null()), "ts is missing"),
        ((seconds < 0) | (seconds >= END_SECONDS), f"ts is outside the years {FIRST_YEAR} to {LAST_YEAR}"),
        (~np.isfinite(values), "value is missing or not finite"),
        (np.abs(values) > MAX_MAGNITUDE, f"value is beyond {MAX_MAGNITUDE:g}"),
    ]
    reasons: dict[int, str] = {}
    for where, reason in faults:
        for row in np.flatnonzero(where).tolist():
            reasons.setdefault(row, reason)
    good = np.ones(table.num_rows, dtype=bool)
    good[list(reasons)] = False
    pairs, codes = np.unique(
        service_codes[good].astype(np.int64) * (len(metrics) + 1) + metric_codes[good], return_inverse=True
    )
    return FilePart(
        batch=SampleBatch(
            names=[
                (services[pair // (len(metrics) + 1)], metrics[pair % (len(metrics) + 1)]) for pair in pairs.tolist()
            ],
            codes=codes.astype(np.int32),
            seconds=seconds[good].astype(np.int64),
            values=values[good] + 0.0,
        ),
        lines_read=table.num_rows,
        rejections=tuple(Rejection(line=first + row, reason=reasons[row]) for row in sorted(reasons)),
        done=min(1.0, done),
    )


def _names(column: pa.Array) -> tuple[list[str], np.typing.NDArray[np.int64]]:
    """The distinct names, and for each row which one it has; the last, empty one stands for nulls."""
    from pyarrow import types

    coded = column if types.is_dictionary(column.type) else column.dictionary_encode()
    names = [name.strip() if name is not None else "" for name in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False).astype(np.int64)
    return [*names, ""], codes


def _name_faults(
    column: str, names: list[str], codes: np.typing.NDArray[np.int64]
) -> list[tuple[np.typing.NDArray[np.bool_], str]]:
    found = ((code, name_fault(name)) for code, name in enumerate(names))
    return [(codes == code, f"{column} {fault}") for code, fault in found if fault]
