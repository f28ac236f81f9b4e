"""The cluster's wide file made ready for learning: cleaned by the rules of the domain, cut into windows."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.cleaning import (
    FeatureCleaning,
    RobustScale,
    TimeSplit,
    clean_target,
    fit_robust_scale,
    forward_fill,
    learn_feature_cleaning,
    split_by_time,
    winsorize_around_mean,
)
from domain.covariates import (
    ALL_COLUMNS,
    BOUNDED_COLUMNS,
    FEATURE_COLUMNS,
    RAW_COLUMNS,
    TARGET_COLUMN,
    BinEdges,
    build_covariates,
    infer_origin,
    learn_bin_edges,
)
from domain.errors import InvalidData

HORIZON: Final = 24
SCALED_LIMIT: Final = 12.0
CALENDAR_CLUES: Final = ("hour_of_day", "day_of_week", "day_of_month")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterTable:
    """Everything learned from the training rows, and all rows in the scale the network reads.

    Attributes:
        features: (n, 82), cleaned and scaled.
        target: (n,), cleaned and scaled.
        observed_target: (n,), the target as it was, in its unit; NaN where missing.
        split: Rows of training, validation and test.
        cleaning: Bounds and scales of the features.
        target_scale: Median and interquartile range of the cleaned training target.
        edges: Bin edges learned on the training rows.
        prepared: (n, 84), the file as the model is meant to see it: filled, and all 68 derived columns computed anew.
        origin: Moment of ``hour_offset`` 0.
    """

    features: Floats
    target: Floats
    observed_target: Floats
    split: TimeSplit
    cleaning: FeatureCleaning
    target_scale: RobustScale
    edges: BinEdges
    origin: datetime
    prepared: Floats

    def window_starts(self, rows: slice, sequence_length: int) -> NDArray[np.int64]:
        """First target hours of the windows whose whole target lies in ``rows``; their sequence may begin before."""
        return np.arange(max(rows.start, sequence_length), rows.stop - HORIZON + 1)


def read_wide(path: Path) -> dict[str, Floats]:
    """Columns of the wide file as float64, NaN where a cell is empty or no number.

    Raises:
        InvalidData: It cannot be read, is empty, or lacks a column of the 84.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = [row for row in reader if row]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidData(f"{path.name}: it cannot be read as CSV") from error
    missing = [name for name in ALL_COLUMNS if name not in header]
    if missing:
        raise InvalidData(f"{path.name}: the column {missing[0]} is missing; the 84-column layout is expected")
    ragged = next((number for number, row in enumerate(rows, 2) if len(row) != len(header)), None)
    if ragged is not None:
        raise InvalidData(f"{path.name}: expected {len(header)} cells", line=ragged)
    index = {name: header.index(name) for name in ALL_COLUMNS}
    return {name: np.array([_number(row[at]) for row in rows]) for name, at in index.items()}


def prepare(
    columns: dict[str, Floats],
    *,
    target_column: str,
    use_log_transform: bool,
    validation_share: float,
    test_share: float,
    smooth_auxiliary: bool = False,
) -> ClusterTable:
    """Clean, compute covariates, scale; whatever is learned is learned on the training rows.

    The derived columns are computed anew rather than taken from the file, by the builder that serves: bin edges then
    come from the training rows only.

    Args:
        columns: From ``read_wide``.
        target_column: Any column of the file but ``hour_offset``.
        use_log_transform: Learn log1p of the target.
        validation_share: Share of the rows before the test rows.
        test_share: Share of the newest rows.
        smooth_auxiliary: Winsorize the raw metrics around their moving average; off by default.

    Raises:
        InvalidData: The target is unknown, or there are too few rows.
    """
    if target_column not in columns or target_column == "hour_offset":
        raise InvalidData(f"target column {target_column!r} is not in the file")
    split = split_by_time(columns[TARGET_COLUMN].size, validation_share=validation_share, test_share=test_share)
    raw = forward_fill(np.column_stack([columns[name] for name in RAW_COLUMNS]))
    raw[:, 1] = clean_target(columns[TARGET_COLUMN], use_log_transform=False)
    if smooth_auxiliary:
        raw[:, 2:] = winsorize_around_mean(raw[:, 2:], split)
    edges = learn_bin_edges(raw, split.training.stop)
    origin = infer_origin(columns["hour_offset"], *(columns[name] for name in CALENDAR_CLUES))
    prepared = build_covariates(raw, origin=origin, edges=edges)
    table = prepared[:, 2:]
    exempt = np.array([name in BOUNDED_COLUMNS for name in FEATURE_COLUMNS])
    cleaning = learn_feature_cleaning(table, split, exempt=exempt)
    target = clean_target(columns[target_column], use_log_transform=use_log_transform)
    target_scale = fit_robust_scale(target[split.training])
    return ClusterTable(
        features=np.clip(cleaning.apply(table), -SCALED_LIMIT, SCALED_LIMIT),
        target=target_scale.transform(target),
        observed_target=columns[target_column],
        split=split,
        cleaning=cleaning,
        target_scale=target_scale,
        edges=edges,
        origin=origin,
        prepared=prepared,
    )


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
