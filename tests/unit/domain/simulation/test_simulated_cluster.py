"""The simulated cluster is consistent, has the shape promised, and depends on the seed alone."""

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.covariates import RAW_COLUMNS
from domain.simulation import CLUSTER_HOURS, simulate_cluster

Columns = dict[str, NDArray[np.float64]]
COUNTS = ("total_events", "add_events", "remove_events", "update_events", "unique_machines", "unique_switches")


@pytest.fixture(scope="module", params=[0, 7, 2026])
def cluster(request: pytest.FixtureRequest) -> Columns:
    table = simulate_cluster(request.param)
    assert table.shape == (1439, 16)
    return {name: table[:, index] for index, name in enumerate(RAW_COLUMNS)}


def test_offsets_run_from_0_to_1438(cluster: Columns) -> None:
    assert cluster["hour_offset"].tolist() == list(range(CLUSTER_HOURS))


@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_ratios_lie_between_0_and_1_and_in_order(cluster: Columns, resource: str) -> None:
    low, mean, high = (cluster[f"{kind}_{resource}"] for kind in ("min", "avg", "max"))
    assert (low >= 0).all()
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert (high <= 1).all()
    # No distribution within [min, max] has a larger deviation; four decimals of rounding are allowed for.
    assert (cluster[f"std_{resource}"] <= np.sqrt((high - mean) * (mean - low)) + 1e-3).all()


def test_counts_are_whole_and_add_up(cluster: Columns) -> None:
    for name in COUNTS:
        assert np.array_equal(cluster[name], np.rint(cluster[name])), name
        assert (cluster[name] >= 1).all(), name
    assert np.array_equal(
        cluster["total_events"], sum(cluster[f"{kind}_events"] for kind in ("add", "remove", "update"))
    )
    assert (cluster["unique_machines"] <= cluster["total_events"]).all()
    assert (cluster["unique_switches"] <= cluster["unique_machines"]).all()
    assert set(np.unique(cluster["unique_platforms"])) <= {3.0, 4.0}


def test_events_have_a_daily_and_a_weekly_shape_growth_and_incidents(cluster: Columns) -> None:
    events = cluster["total_events"]
    days = events[: 59 * 24].reshape(59, 24)
    assert np.corrcoef(events[:-24], events[24:])[0, 1] > 0.6
    assert np.corrcoef(events[:-168], events[168:])[0, 1] > np.corrcoef(events[:-24], events[24:])[0, 1]
    first, last = np.median(days[:14].mean(axis=1)), np.median(days[-14:].mean(axis=1))
    assert first < last < 1.4 * first
    usual = np.median(np.stack([np.roll(events, 168), events, np.roll(events, -168)]), axis=0)
    assert (events[562:564] > 2 * usual[562:564]).all()


def test_another_seed_gives_another_cluster() -> None:
    assert np.array_equal(simulate_cluster(3), simulate_cluster(3))
    assert not np.array_equal(simulate_cluster(3)[:, 1:], simulate_cluster(4)[:, 1:])
