"""Reads training series from Parquet and long CSV files; the only place that needs pandas and pyarrow."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigurationError, InvalidData
from domain.training_set import TrainingSeries

COLUMNS: Final = ("service_id", "metric_name", "ts", "value")
SUFFIXES: Final = (".parquet", ".csv")
_TEXTS: Final = ("dataset", "service_id", "metric_name")
_NO_VALUE: Final = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
_HOUR_MICROSECONDS: Final = 3_600_000_000


def find_files(sources: Sequence[Path]) -> list[Path]:
    """The files named, and the Parquet and CSV files of the folders named, sorted.

    Raises:
        InvalidData: A source does not exist, or nothing readable is there.
    """
    found: list[Path] = []
    for source in sources:
        if source.is_dir():
            found += sorted(path for path in source.iterdir() if path.suffix in SUFFIXES)
        elif source.is_file() and source.suffix in SUFFIXES:
            found.append(source)
        elif not source.exists():
            raise InvalidData(f"{source.name}: there is no such file or folder")
        else:
            raise InvalidData(f"{source.name}: expected a .parquet or .csv file, or a folder with such files")
    if not found:
        raise InvalidData("no .parquet or .csv file in the sources")
    return found


def read_series(
    sources: Sequence[Path], *, datasets: Sequence[str] = (), leave_out: Sequence[str] = ()
) -> list[TrainingSeries]:
    """All hourly series of the sources.

    A row is (service_id, metric_name, ts, value) and optionally dataset; without that column the data set is the
    file's name. Samples finer than an hour are averaged; of equal timestamps the last wins; rows whose value is
    missing or infinite are skipped.

    Args:
        sources: Files or folders.
        datasets: Read only these, when given.
        leave_out: Never read these.

    Raises:
        InvalidData: A source cannot be read, a column is missing or holds something else, or nothing is left.
        ConfigurationError: pandas or pyarrow is not installed.
    """
    if importlib.util.find_spec("pandas") is None or importlib.util.find_spec("pyarrow") is None:
        raise ConfigurationError("training needs pandas and pyarrow; install the extra 'train'")
    series: list[TrainingSeries] = []
    for path in find_files(sources):
        series += [
            one
            for one in _series_of(_read_frame(path), path.stem)
            if (not datasets or one.dataset in datasets) and one.dataset not in leave_out
        ]
    if not series:
        raise InvalidData("no series is left; check --dataset and --leave-out against the sources")
    return series


def _read_frame(path: Path) -> Any:
    import pandas as pd

    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except (ValueError, OSError) as error:
        raise InvalidData(f"{path.name}: it cannot be read as {path.suffix[1:]}") from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise InvalidData(f"{path.name}: the column {missing[0]} is missing; expected {', '.join(COLUMNS)}")
    return frame.assign(value=_numbers(frame["value"], path), _micros=_microseconds(frame["ts"], path))


def _read_csv(path: Path) -> Any:
    """Names stay text: a service 007 is another one than 7, and one called NA is not missing."""
    import pandas as pd

    texts = dict.fromkeys(_TEXTS, str)
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"value": _NO_VALUE})


def _numbers(column: Any, path: Path) -> NDArray[np.float64]:
    try:
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    except (ValueError, TypeError) as error:
        raise InvalidData(f"{path.name}: the column value holds something that is not a number") from error


def _microseconds(column: Any, path: Path) -> NDArray[np.int64]:
    """Microseconds since 1970; naive times are read as UTC."""
    import pandas as pd

    try:
        if pd.api.types.is_numeric_dtype(column) or column.hasnans:
            raise ValueError("neither a number nor nothing is a time")
        moments = pd.to_datetime(column, utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise InvalidData(f"{path.name}: the column ts holds something that is not a time (ISO 8601, UTC)") from error
    return np.asarray(moments.astype("datetime64[us, UTC]").astype("int64"))


def _series_of(frame: Any, default_dataset: str) -> Iterator[TrainingSeries]:
    frame = frame[np.isfinite(frame["value"].to_numpy())]
    if "dataset" not in frame.columns:
        frame = frame.assign(dataset=default_dataset)
    keys = ["dataset", "service_id", "metric_name"]
    for (dataset, service, metric), rows in frame.groupby(keys, observed=True, sort=True):
        kept = rows.drop_duplicates("_micros", keep="last")
        yield _hourly(str(dataset), str(service), str(metric), kept["_micros"].to_numpy(), kept["value"].to_numpy())


def _hourly(
    dataset: str, service: str, metric: str, micros: NDArray[np.int64], values: NDArray[np.floating]
) -> TrainingSeries:
    hours = micros // _HOUR_MICROSECONDS
    first = int(hours.min())
    slots = hours - first
    counts = np.bincount(slots)
    sums = np.bincount(slots, weights=values.astype(np.float64))
    means = np.divide(sums, counts, out=np.zeros(counts.size), where=counts > 0)
    return TrainingSeries(
        dataset=dataset,
        service_id=service,
        metric_name=metric,
        first_hour=first,
        values=means.astype(np.float32),
        observed=counts > 0,
    )
