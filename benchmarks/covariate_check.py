"""Compare the covariate builder with a file in the 84-column layout that somebody else computed.

    python benchmarks/covariate_check.py [FILE]

Without FILE it looks for ``lstm_ready_cluster_data.csv`` in the folder ``MCP_SHARED_DATA`` (default:
``../shared/data``), and says so and stops when it is not there. Only whole hours that were really observed are
compared: rows between them are interpolated from the next hour, which a builder that never looks ahead must not match.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.covariates import (
    ALL_COLUMNS,
    RAW_COLUMNS,
    build_covariates,
    infer_origin,
    learn_bin_edges,
)

Floats = NDArray[np.float64]
FILE_NAME = "lstm_ready_cluster_data.csv"
RELATIVE_TOLERANCE = 1e-9


def default_file() -> Path:
    """Where the other project's file lies when it is there."""
    shared = os.environ.get("MCP_SHARED_DATA")
    return (Path(shared) if shared else ROOT.parent / "shared" / "data") / FILE_NAME


def read_observed_hours(path: Path) -> tuple[Floats, int]:
    """Rows of whole hours whose calendar columns are exact, and how many whole hours were interpolated.

    Interpolation runs over every column, so it shows in hour_sin and hour_cos, which are no longer on the circle.
    """
    with path.open(encoding="utf-8") as lines:
        header = tuple(next(lines).rstrip("\r\n").split(","))
        if header != ALL_COLUMNS:
            raise SystemExit(f"{path.name}: the header is not the 84-column layout")
        table = np.loadtxt(lines, delimiter=",", ndmin=2)
    whole = table[table[:, 0] == np.floor(table[:, 0])]
    on_circle = np.hypot(whole[:, ALL_COLUMNS.index("hour_sin")], whole[:, ALL_COLUMNS.index("hour_cos")])
    observed = np.abs(on_circle - 1) < RELATIVE_TOLERANCE
    return whole[observed], int((~observed).sum())


def compare(theirs: Floats, training_rows: int) -> list[tuple[str, int, int, float]]:
    """Per derived column: rows that differ, the last of them (0 when none), and the largest absolute difference."""
    raw = theirs[:, : len(RAW_COLUMNS)]
    calendar = (theirs[:, ALL_COLUMNS.index(n)] for n in ("hour_of_day", "day_of_week", "day_of_month"))
    origin = infer_origin(raw[:, 0], *calendar)
    ours = build_covariates(raw, origin=origin, edges=learn_bin_edges(raw, training_rows))
    difference = np.abs(ours - theirs)
    differs = difference > RELATIVE_TOLERANCE * (1 + np.abs(theirs))
    found = []
    for index in range(len(RAW_COLUMNS), len(ALL_COLUMNS)):
        rows = np.flatnonzero(differs[:, index])
        last = int(rows[-1]) if rows.size else 0
        found.append((ALL_COLUMNS[index], int(rows.size), last, float(difference[:, index].max())))
    return found


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", nargs="?", type=Path, default=default_file())
    parser.add_argument("--training-share", type=float, default=1.0, help="share of the rows that bin edges learn from")
    options = parser.parse_args()
    if not options.file.is_file():
        print(f"skipped: no {FILE_NAME} to compare with (set MCP_SHARED_DATA or name a file)")
        return
    theirs, interpolated = read_observed_hours(options.file)
    training_rows = max(1, round(len(theirs) * options.training_share))
    found = compare(theirs, training_rows)
    print(f"{len(theirs)} observed whole hours compared, {interpolated} interpolated whole hours left out")
    print(f"bin edges learned on the first {training_rows} rows\n")
    print(f"{'column':24}{'rows that differ':>18}{'last such row':>16}{'largest difference':>20}")
    for name, count, last, largest in found:
        if count:
            print(f"{name:24}{count:>18}{last:>16}{largest:>20.4g}")
    print(f"\n{sum(1 for entry in found if not entry[1])} of {len(found)} derived columns are equal in every row")


if __name__ == "__main__":
    main()
