"""Contract of the port HistoryStore: one suite over the fake and both databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.database.database import Database
from adapters.history.sql_history import SqlMetricHistory
from adapters.history.sql_store import SqlHistoryStore
from domain.ports.history_store import HistoryStore
from domain.samples import SampleBatch
from domain.series import HOUR
from tests.fakes.history_store import InMemoryHistoryStore
from tests.servers.databases import migrator_of, new_target

START = datetime(2026, 11, 2, tzinfo=UTC)
Sample = tuple[str, str, datetime, float]


def _in_memory(_: pytest.FixtureRequest, __: Path) -> HistoryStore:
    return InMemoryHistoryStore()


def _sql(kind: str) -> Callable[[pytest.FixtureRequest, Path], HistoryStore]:
    def make(request: pytest.FixtureRequest, folder: Path) -> HistoryStore:
        database = Database(new_target(kind, request, folder))
        request.addfinalizer(database.close)
        migrator_of(database).upgrade()
        return SqlHistoryStore(lambda: database)

    return make


STORES = {"fake": _in_memory, "sqlite": _sql("sqlite"), "mariadb": _sql("mariadb")}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> HistoryStore:
    return STORES[request.param](request, tmp_path)


def batch(samples: Sequence[Sample]) -> SampleBatch:
    names = list(dict.fromkeys((service, metric) for service, metric, _, _ in samples))
    return SampleBatch(
        names=names,
        codes=np.array([names.index((service, metric)) for service, metric, _, _ in samples], dtype=np.int32),
        seconds=np.array([int(time.timestamp()) for _, _, time, _ in samples], dtype=np.int64),
        values=np.array([value for _, _, _, value in samples], dtype=np.float64),
    )


def hourly(service: str, metric: str, hours: int, start: datetime = START) -> list[Sample]:
    return [(service, metric, start + step * HOUR, float(step)) for step in range(hours)]


def held(store: HistoryStore, service: str) -> list[tuple[str, int, int, datetime, datetime]]:
    return [(c.metric_name, c.samples, c.hours, c.first, c.last) for c in store.coverage(service)]


def test_what_is_stored_is_covered(store: HistoryStore) -> None:
    store.upsert(batch([*hourly("shop", "requests", 5), *hourly("shop", "avg_cpu", 3), *hourly("auth", "avg_cpu", 2)]))
    assert store.service_ids() == ("auth", "shop")
    assert held(store, "shop") == [
        ("avg_cpu", 3, 3, START, START + 2 * HOUR),
        ("requests", 5, 5, START, START + 4 * HOUR),
    ]
    assert all(series.first.tzinfo is UTC for series in store.coverage("shop"))
    assert held(store, "unknown") == []


def test_an_empty_store_has_nothing(store: HistoryStore) -> None:
    store.upsert(batch([]))
    assert store.service_ids() == ()


def test_storing_again_changes_nothing_and_a_new_value_takes_the_old_ones_place(store: HistoryStore) -> None:
    samples = hourly("shop", "avg_cpu", 30)
    store.upsert(batch(samples))
    store.upsert(batch([*samples, ("shop", "avg_cpu", START, 7.5)]))
    assert held(store, "shop") == [("avg_cpu", 30, 30, START, START + 29 * HOUR)]
    assert value_at(store, "shop", START) == 7.5


def value_at(store: HistoryStore, service: str, moment: datetime) -> float:
    if isinstance(store, InMemoryHistoryStore):
        return store.samples[service, "avg_cpu"][moment]
    assert isinstance(store, SqlHistoryStore)
    window = SqlMetricHistory(store._database).window(service, ("avg_cpu",), end=moment + HOUR, hours=1)
    return float(window.series["avg_cpu"].values[-1])


def test_of_the_same_second_the_last_in_a_batch_wins(store: HistoryStore) -> None:
    store.upsert(
        batch([("shop", "avg_cpu", START, 1.0), ("shop", "avg_cpu", START, 2.0), ("a", "avg_cpu", START, 3.0)])
    )
    assert value_at(store, "shop", START) == 2.0


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e-7, 1e18, 5e-324, 123456789.12345679, -0.0, 1e15 + 0.3])
def test_values_are_kept_bit_for_bit(store: HistoryStore, value: float) -> None:
    store.upsert(batch([("shop", "avg_cpu", START, value)]))
    assert value_at(store, "shop", START) == value


@pytest.mark.parametrize(
    "name",
    ["it's", 'say "hi"', "back\\slash", "50%", "%s %d %(a)s", ":name", "쇼핑-장바구니", "🛒" * 128, "a;b--", "x" * 128],
)
def test_names_are_kept_as_they_are(store: HistoryStore, name: str) -> None:
    store.upsert(batch([(name, "avg_cpu", START, 1.0), ("shop", name, START, 2.0)]))
    assert store.service_ids() == tuple(sorted((name, "shop")))
    assert held(store, "shop") == [(name, 1, 1, START, START)]
    assert value_at(store, name, START) == 1.0


def test_capital_letters_make_another_service(store: HistoryStore) -> None:
    store.upsert(batch([*hourly("shop", "avg_cpu", 2), *hourly("Shop", "avg_cpu", 3)]))
    assert store.service_ids() == ("Shop", "shop")
    assert held(store, "shop")[0][1] == 2


def test_hours_are_counted_once_however_many_samples_they_have(store: HistoryStore) -> None:
    quarter = timedelta(minutes=15)
    store.upsert(batch([("shop", "avg_cpu", START + step * quarter, 0.5) for step in (0, 1, 2, 3, 9)]))
    assert held(store, "shop") == [("avg_cpu", 5, 2, START, START + 9 * quarter)]


def test_a_batch_of_any_size_is_stored_whole(store: HistoryStore) -> None:
    """More than one statement on MySQL."""
    samples = [sample for number in range(30) for sample in hourly(f"service-{number}" + "é" * 80, "avg_cpu", 300)]
    store.upsert(batch(samples))
    assert len(store.service_ids()) == 30
    assert sum(series.samples for name in store.service_ids() for series in store.coverage(name)) == 9000


def test_deleting_takes_the_oldest_first_and_no_more_than_asked(store: HistoryStore) -> None:
    store.upsert(
        batch([*hourly("shop", "avg_cpu", 10), *hourly("shop", "requests", 10), *hourly("auth", "avg_cpu", 10)])
    )
    moment = START + 7 * HOUR
    assert [store.delete_before("shop", "avg_cpu", moment, at_most=3) for _ in range(4)] == [3, 3, 1, 0]
    assert held(store, "shop")[0] == ("avg_cpu", 3, 3, moment, START + 9 * HOUR)
    assert held(store, "shop")[1][1] == 10
    assert held(store, "auth")[0][1] == 10


def test_exactly_as_many_as_asked_leaves_none_to_delete(store: HistoryStore) -> None:
    store.upsert(batch(hourly("shop", "avg_cpu", 4)))
    assert store.delete_before("shop", "avg_cpu", START + 4 * HOUR, at_most=4) == 4
    assert store.delete_before("shop", "avg_cpu", START + 4 * HOUR, at_most=4) == 0
    assert held(store, "shop") == []
    assert store.service_ids() == ()


def test_a_moment_within_a_second_spares_nothing_older(store: HistoryStore) -> None:
    store.upsert(batch(hourly("shop", "avg_cpu", 3)))
    moment = START + HOUR + timedelta(milliseconds=1)
    assert store.coverage("shop", before=moment)[0].samples == 2
    assert store.delete_before("shop", "avg_cpu", moment, at_most=9) == 2


def test_coverage_before_a_moment_looks_at_nothing_later(store: HistoryStore) -> None:
    store.upsert(batch([*hourly("shop", "avg_cpu", 10), *hourly("shop", "requests", 2, START + 20 * HOUR)]))
    found = store.coverage("shop", before=START + 4 * HOUR)
    assert [(series.metric_name, series.samples, series.last) for series in found] == [("avg_cpu", 4, START + 3 * HOUR)]


def test_writers_at_the_same_time_lose_nothing(store: HistoryStore) -> None:
    """Neighbours in the key, in opposite order: what deadlocks is tried again."""
    samples = [(f"s{number % 7}", "avg_cpu", START + number * HOUR, float(number)) for number in range(700)]
    batches = [batch(samples[part::4][:: 1 if part % 2 else -1]) for part in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.upsert, batches * 3))
    assert sum(series.samples for name in store.service_ids() for series in store.coverage(name)) == 700
