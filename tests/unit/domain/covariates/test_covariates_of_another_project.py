"""On somebody else's file in this layout, our definitions give their columns, except where they looked ahead."""

import os
from pathlib import Path

import numpy as np
import pytest

from domain.covariates import ALL_COLUMNS, build_covariates, infer_origin, learn_bin_edges

from .raw_rows import Floats

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("MCP_SHARED_DATA", ROOT.parent / "shared" / "data"))
FILE = SHARED / "lstm_ready_cluster_data.csv"

# They fill the first rows of these from later rows; ours start at the oldest value. Value: rows concerned.
FIRST_ROWS_LOOK_AHEAD = {
    "roll12_std": 1, "roll24_std": 1, "pct_change_1h": 1, "pct_change_6h": 6, "pct_change_24h": 24,
    "diff_1h": 1, "diff_6h": 6, "diff_24h": 24,
}  # fmt: skip
OTHER_EDGES = {"load_category"}


@pytest.fixture(scope="module")
def observed_hours() -> Floats:
    if not FILE.is_file():
        pytest.skip("the other project's file is not here (MCP_SHARED_DATA)")
    table: Floats = np.loadtxt(FILE, delimiter=",", skiprows=1)
    whole = table[table[:, 0] % 1 == 0]
    circle = np.hypot(whole[:, ALL_COLUMNS.index("hour_sin")], whole[:, ALL_COLUMNS.index("hour_cos")])
    observed: Floats = whole[np.abs(circle - 1) < 1e-9]
    return observed


def test_all_but_nine_derived_columns_are_equal_and_the_others_differ_in_the_first_rows(observed_hours: Floats) -> None:
    raw = observed_hours[:, :16]
    origin = infer_origin(raw[:, 0], *(observed_hours[:, 16:19].T))
    ours = build_covariates(raw, origin=origin, edges=learn_bin_edges(raw, len(raw)))
    assert len(observed_hours) == 699
    for index, name in enumerate(ALL_COLUMNS):
        if name not in OTHER_EDGES:
            skip = FIRST_ROWS_LOOK_AHEAD.get(name, 0)
            np.testing.assert_allclose(ours[skip:, index], observed_hours[skip:, index], rtol=1e-9, err_msg=name)
