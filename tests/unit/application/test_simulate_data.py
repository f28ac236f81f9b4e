"""The files under data/ are what the command makes, byte for byte, and hold what their format promises."""

import csv
import io
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from application.simulate_data import CLUSTER_FILE, DEFAULT_SEED, SERVICES_FILE, TRAINING_SHARE, simulate_data
from domain.covariates import ALL_COLUMNS, RAW_COLUMNS, build_covariates, infer_origin, learn_bin_edges
from domain.errors import InvalidRequest

DATA = Path(__file__).resolve().parents[3] / "data"
MAX_BYTES = 1_500_000


@pytest.mark.parametrize("name", [CLUSTER_FILE, SERVICES_FILE])
def test_the_shipped_file_is_reproduced_byte_for_byte(name: str) -> None:
    made = {file.name: file.text for file in simulate_data(DEFAULT_SEED)}
    assert (DATA / name).read_bytes() == made[name].encode()


@pytest.mark.parametrize("name", [CLUSTER_FILE, SERVICES_FILE])
def test_the_shipped_file_stays_small(name: str) -> None:
    assert (DATA / name).stat().st_size < MAX_BYTES


def test_the_readme_names_the_seed_and_says_that_the_data_is_simulated() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert f"--seed {DEFAULT_SEED}" in readme
    assert "simulated" in readme


def test_the_cluster_file_has_1439_rows_of_84_columns_computed_from_its_own_raw_columns() -> None:
    with (DATA / CLUSTER_FILE).open(encoding="utf-8") as lines:
        assert tuple(next(lines).strip().split(",")) == ALL_COLUMNS
        table = np.loadtxt(lines, delimiter=",")
    assert table.shape == (1439, 84)
    raw = table[:, : len(RAW_COLUMNS)]
    origin = infer_origin(raw[:, 0], *table[:, 16:19].T)
    edges = learn_bin_edges(raw, round(1439 * TRAINING_SHARE))
    rebuilt = build_covariates(raw, origin=origin, edges=edges)
    np.testing.assert_allclose(table, rebuilt, rtol=0, atol=1e-6)


def test_every_column_of_the_cluster_file_but_a_constant_one_varies() -> None:
    table = np.loadtxt(DATA / CLUSTER_FILE, delimiter=",", skiprows=1)
    constant = [name for name, values in zip(ALL_COLUMNS, table.T, strict=True) if np.ptp(values) == 0]
    assert constant == []


def test_the_services_file_is_long_hourly_sorted_and_complete() -> None:
    rows = list(csv.reader(io.StringIO((DATA / SERVICES_FILE).read_text(encoding="utf-8"))))
    assert rows[0] == ["service_id", "metric_name", "ts", "value"]
    body = rows[1:]
    assert body == sorted(body, key=lambda row: row[:3])
    assert all(row[2].endswith(":00:00Z") for row in body)
    lengths = Counter((row[0], row[1]) for row in body)
    assert len(lengths) == 40
    assert {length for key, length in lengths.items() if key[0] != "new-api"} == {672}
    assert {length for key, length in lengths.items() if key[0] == "new-api"} == {10}
    for earlier, later in pairwise(body):
        if earlier[:2] == later[:2]:
            step = datetime.fromisoformat(later[2]) - datetime.fromisoformat(earlier[2])
            assert step == timedelta(hours=1)
        else:
            assert earlier[2] == "2026-11-23T23:00:00Z"


def test_another_seed_gives_other_files_and_a_negative_one_is_refused() -> None:
    ours, theirs = simulate_data(1), simulate_data(2)
    assert all(a.name == b.name and a.text != b.text for a, b in zip(ours, theirs, strict=True))
    with pytest.raises(InvalidRequest, match="seed must be 0 or more"):
        simulate_data(-1)
