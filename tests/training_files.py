"""Small files to train on."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from adapters.training.cluster_table import read_wide
from domain.covariates import ALL_COLUMNS

_SHIPPED = Path(__file__).parents[1] / "data" / "lstm_ready_cluster_data.csv"


def services_file(path: Path) -> Path:
    """Ten services of three weeks."""
    random = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["service_id", "metric_name", "ts", "value"])
        for service in range(10):
            level, phase = random.uniform(1, 9), random.uniform(0, 6)
            for hour in range(24 * 21):
                value = level * (1 + 0.4 * np.sin(hour / 24 * 2 * np.pi + phase)) + random.normal(0, 0.2)
                ts = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hour)
                writer.writerow([f"s{service}", "cpu", ts.isoformat(), round(value, 4)])
    return path


def wide_file(path: Path, rows: int, changed_from: int | None = None) -> Path:
    """The first rows of the shipped file; every measured column of later rows changed on demand."""
    columns = {name: values[:rows] for name, values in read_wide(_SHIPPED).items()}
    calendar = {"hour_offset", "hour_of_day", "day_of_week", "day_of_month"}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ALL_COLUMNS)
        for row in range(rows):
            factor = 3.0 if changed_from is not None and row >= changed_from else 1.0
            writer.writerow([columns[n][row] if n in calendar else columns[n][row] * factor for n in ALL_COLUMNS])
    return path
