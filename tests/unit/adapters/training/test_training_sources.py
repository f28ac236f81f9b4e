"""What a model may learn from besides files, and which services a backtest may be judged on."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.training.history_reader import DATASET, read_history
from adapters.training.kept_apart import KeptApartSource
from adapters.training.series_reader import read_series
from domain.errors import DataSourceUnavailable, InvalidData
from domain.ports.metric_history import HistoryScope
from domain.training_set import Side, split_by_service
from tests.fakes.metric_history import InMemoryMetricHistory

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
START = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_configured_source_gives_every_metric_of_every_service() -> None:
    history = InMemoryMetricHistory()
    history.add("shop", "avg_cpu", START, [0.1, 0.2, 0.3])
    history.add("shop", "requests", START + timedelta(hours=1), [5.0])
    history.add("shop", "requests", START + timedelta(hours=3), [7.0])
    history.add("db", "avg_memory", START, [0.5, 0.6])
    found = {(one.service_id, one.metric_name): one for one in read_history(history, NOW)}
    assert set(found) == {("shop", "avg_cpu"), ("shop", "requests"), ("db", "avg_memory")}
    requests = found["shop", "requests"]
    assert requests.dataset == DATASET
    assert requests.first_hour == int(START.timestamp()) // 3600 + 1
    assert requests.observed.tolist() == [True, False, True]
    assert requests.values.tolist() == [5.0, 0.0, 7.0]
    assert found["shop", "avg_cpu"].values == pytest.approx(np.array([0.1, 0.2, 0.3], np.float32))


def test_samples_finer_than_an_hour_bring_their_maximum_along() -> None:
    history = InMemoryMetricHistory(
        ("shop", "avg_cpu", START + timedelta(minutes=5 * step), 0.1 * (step % 4)) for step in range(36)
    )
    names = {one.metric_name for one in read_history(history, NOW)}
    assert names == {"avg_cpu", "cpu_max"}


def test_a_source_without_services_or_for_the_cluster_alone_says_what_to_do() -> None:
    cluster = InMemoryMetricHistory(scope=HistoryScope.CLUSTER)
    cluster.add("anything", "total_events", START, [1.0] * 48)
    for history in (InMemoryMetricHistory(), cluster):
        with pytest.raises(InvalidData, match="name files"):
            read_history(history, NOW)
    with pytest.raises(DataSourceUnavailable):
        read_history(InMemoryMetricHistory(problem="it is down"), NOW)


def forty_services(path: Path, name: str) -> Path:
    """Services of two data sets, each called by its number."""
    random = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["dataset", "service_id", "metric_name", "ts", "value"])
        for service in range(40):
            for hour, value in enumerate(random.normal(5, 1, 72)):
                ts = (START + timedelta(hours=hour)).isoformat()
                writer.writerow(["seen" if service < 30 else "unseen", name.format(service), "cpu", ts, value])
    return path


@pytest.fixture
def services(tmp_path: Path) -> Path:
    return forty_services(tmp_path / "services.csv", "s{}")


@pytest.mark.parametrize("name", ["s{}", "{:03}", "1e{}", "{}.0"])
def test_a_backtest_on_services_kept_apart_meets_none_of_the_training(tmp_path: Path, name: str) -> None:
    """Names that look like numbers are names: read as numbers, none of them would be known to the training."""
    services = forty_services(tmp_path / "services.csv", name)
    sides = split_by_service(read_series([services]))
    kept = {subject.service_id for subject in KeptApartSource([services]).read()}
    assert kept == {service for (_, service), side in sides.items() if side is Side.TEST}
    assert {service for _, service in sides} == {name.format(number) for number in range(40)}
    assert 0 < len(kept) < 40


def test_a_service_called_na_is_one_and_a_value_called_na_is_none(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(
        "service_id,metric_name,ts,value\nNA,cpu,2026-11-20T00:00:00Z,1\nNA,cpu,2026-11-20T01:00:00.5+00:00,NA\n"
        "NA,cpu,2026-11-20 02:00:00,3\n"
    )
    [series] = read_series([path])
    assert (series.service_id, series.values.tolist(), series.observed.tolist()) == (
        "NA", [1.0, 0.0, 3.0], [True, False, True],
    )  # fmt: skip


def test_a_data_set_left_out_of_the_training_is_unseen_as_a_whole(services: Path) -> None:
    kept = list(KeptApartSource([services], leave_out=["unseen"]).read())
    unseen = {subject.service_id for subject in kept if subject.dataset == "unseen"}
    assert unseen == {f"s{service}" for service in range(30, 40)}
    assert 0 < len({subject.service_id for subject in kept if subject.dataset == "seen"}) < 30
