"""Contract of the port MetricHistory: one suite over the fake and every adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert

from adapters.database.database import Database
from adapters.database.tables.history import METRIC_HISTORY
from adapters.history.csv_history import CsvMetricHistory
from adapters.history.guarded_history import GuardedMetricHistory
from adapters.history.prometheus_source import open_prometheus_history
from adapters.history.sql_history import SqlMetricHistory
from adapters.history.window_cache import WindowCache
from domain.metrics import describe_metric
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory
from domain.series import HOUR
from tests.fakes.metric_history import InMemoryMetricHistory, Sample
from tests.servers.databases import migrator_of, new_target
from tests.servers.prometheus import Prometheus

START = datetime(2026, 11, 2, tzinfo=UTC)
END = START + 240 * HOUR
MINUTES_15 = timedelta(minutes=15)

MakeHistory = Callable[[Iterable[Sample]], MetricHistory]


def _in_memory(_: pytest.FixtureRequest, __: Path) -> MakeHistory:
    return InMemoryMetricHistory


def _csv(_: pytest.FixtureRequest, folder: Path) -> MakeHistory:
    made = iter(range(1_000))

    def make(samples: Iterable[Sample]) -> MetricHistory:
        path = folder / f"services-{next(made)}.csv"
        lines = [f"{service},{metric},{time:%Y-%m-%dT%H:%M:%SZ},{value!r}" for service, metric, time, value in samples]
        path.write_text("\n".join(["service_id,metric_name,ts,value", *lines, ""]))
        return CsvMetricHistory(data_path=None, services_path=path)

    return make


def _sql(kind: str) -> Callable[[pytest.FixtureRequest, Path], MakeHistory]:
    def prepare(request: pytest.FixtureRequest, folder: Path) -> MakeHistory:
        def make(samples: Iterable[Sample]) -> MetricHistory:
            database = Database(new_target(kind, request, folder))
            request.addfinalizer(database.close)
            migrator_of(database).upgrade()
            rows = {(service, metric, time): value for service, metric, time, value in samples}
            with database.transaction() as connection:
                connection.execute(insert(METRIC_HISTORY), [_row(*key, value) for key, value in rows.items()])
            return SqlMetricHistory(lambda: database)

        return make

    return prepare


def _row(service: str, metric: str, time: datetime, value: float) -> dict[str, object]:
    return {"service_id": service, "metric_name": metric, "ts": time, "value": value}


def _prometheus(request: pytest.FixtureRequest, folder: Path) -> MakeHistory:
    server: Prometheus = request.getfixturevalue("prometheus")

    def make(samples: Iterable[Sample]) -> MetricHistory:
        world = f"contract-{next(_WORLDS)}"
        # A series holds one sample per time and keeps the first: that the last wins is up to who scrapes.
        points: dict[tuple[str, str], dict[float, float]] = {}
        for service, metric, time, value in samples:
            points.setdefault((service, metric), {})[time.timestamp()] = value
        server.write(
            ({"__name__": "sample", "world": world, "service": service, "metric": metric}, sorted(values.items()))
            for (service, metric), values in points.items()
        )
        queries = folder / f"{world}.toml"
        queries.write_text(_query_map(world, ("avg_cpu", "cpu", "memory", "requests", "latency")))
        source = open_prometheus_history(
            url=server.url, token=None, user=None, password=None, queries_path=queries, timeout_seconds=30.0,
            max_age_hours=None, now=lambda: END,
        )  # fmt: skip
        # As the service asks it.
        cache = WindowCache(now=lambda: END, fresh_seconds=60.0)
        guarded = GuardedMetricHistory(source, cache=cache, patience_seconds=30.0)
        request.addfinalizer(guarded.close)
        return guarded

    return make


def _query_map(world: str, names: Iterable[str]) -> str:
    """Means and maxima of the samples of one world; an hour with one sample has no maximum of its own."""
    lines = ['service_label = "service"']
    for name in names:
        one = f'sample{{service="{{service_id}}",world="{world}",metric="{name}"}}[1h]'
        most = f"max by (service) (max_over_time({one}) and count_over_time({one}) > 1)"
        companion = describe_metric(name).max_companion or ""
        if companion:
            own = one.replace(f'metric="{name}"', f'metric="{companion}"')
            most = f"max by (service) (max_over_time({own})) or {most}"
        listed = f'sample{{world="{world}",metric="{name}"}}'
        lines += [f"[metrics.{name}]", f"query = 'max by (service) (avg_over_time({one}))'", f"services = '{listed}'"]
        if companion and name != "cpu":
            lines += [f"[metrics.{companion}]", f"query = '{most}'"]
    return "\n".join([*lines, ""])


_WORLDS = count()

# A further adapter joins the suite with one more entry.
ADAPTERS: dict[str, Callable[[pytest.FixtureRequest, Path], MakeHistory]] = {
    "fake": _in_memory,
    "csv": _csv,
    "sqlite": _sql("sqlite"),
    "mariadb": _sql("mariadb"),
    "prometheus": _prometheus,
}


@pytest.fixture(params=sorted(ADAPTERS))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeHistory:
    return ADAPTERS[request.param](request, tmp_path)


def hourly(service: str, metric: str, values: Iterable[float], start: datetime = START) -> list[Sample]:
    return [(service, metric, start + step * HOUR, float(value)) for step, value in enumerate(values)]


def read(history: MetricHistory, *metrics: str, end: datetime = END, hours: int = 24) -> HistoryWindow:
    return history.window("shop", metrics or ("avg_cpu",), end=end, hours=hours)


def test_window_holds_the_newest_hours_before_end(make: MakeHistory) -> None:
    window = read(make(hourly("shop", "avg_cpu", range(200))), end=START + 100 * HOUR, hours=24)
    series = window.series["avg_cpu"]
    assert series.start == START + 76 * HOUR
    assert series.values.tolist() == list(range(76, 100))
    assert series.observed.all()
    assert window.scope is HistoryScope.SERVICE


def test_window_never_holds_the_hour_of_end_or_a_later_one(make: MakeHistory) -> None:
    history = make(hourly("shop", "avg_cpu", range(10)))
    assert read(history, end=START + 4 * HOUR).series["avg_cpu"].end == START + 4 * HOUR
    assert read(history, end=START).series == {}
    assert read(history, end=START - 5 * HOUR).series == {}


def test_window_is_counted_back_from_the_newest_observation_not_from_end(make: MakeHistory) -> None:
    series = read(make(hourly("shop", "avg_cpu", range(50))), hours=10).series["avg_cpu"]
    assert series.end == START + 50 * HOUR
    assert series.values.tolist() == list(range(40, 50))


def test_each_metric_ends_at_its_own_newest_observation(make: MakeHistory) -> None:
    samples = [*hourly("shop", "avg_cpu", range(50)), *hourly("shop", "requests", range(30))]
    window = read(make(samples), "avg_cpu", "requests", hours=5)
    assert {name: series.end for name, series in window.series.items()} == {
        "avg_cpu": START + 50 * HOUR,
        "requests": START + 30 * HOUR,
    }


def test_a_short_history_is_given_as_it_is_without_padding(make: MakeHistory) -> None:
    series = read(make(hourly("shop", "avg_cpu", [1, 2, 3])), hours=24).series["avg_cpu"]
    assert series.values.tolist() == [1, 2, 3]
    assert series.observed_hours == 3


def test_inner_gaps_are_forward_filled_and_marked(make: MakeHistory) -> None:
    samples = [sample for index, sample in enumerate(hourly("shop", "avg_cpu", range(10))) if index not in (4, 5, 8)]
    series = read(make(samples)).series["avg_cpu"]
    assert series.values.tolist() == [0, 1, 2, 3, 3, 3, 6, 7, 7, 9]
    assert np.flatnonzero(~series.observed).tolist() == [4, 5, 8]


def test_a_window_that_would_start_in_a_gap_starts_after_it(make: MakeHistory) -> None:
    samples = [sample for index, sample in enumerate(hourly("shop", "avg_cpu", range(10))) if index not in (4, 5)]
    series = read(make(samples), hours=5).series["avg_cpu"]
    assert series.start == START + 6 * HOUR
    assert series.values.tolist() == [6, 7, 8, 9]


def test_an_unknown_service_has_no_series(make: MakeHistory) -> None:
    window = make(hourly("other", "avg_cpu", range(10))).window("shop", ("avg_cpu",), end=END, hours=24)
    assert window.series == {}
    assert window.digest


def test_an_unknown_metric_is_absent_and_does_not_hide_the_others(make: MakeHistory) -> None:
    window = read(make(hourly("shop", "avg_cpu", range(10))), "requests", "avg_cpu")
    assert set(window.series) == {"avg_cpu"}


def test_names_are_those_of_the_source(make: MakeHistory) -> None:
    assert set(read(make(hourly("shop", "cpu", range(10))), "avg_cpu", "cpu").series) == {"cpu"}


def test_services_are_listed_sorted_with_sorted_metrics(make: MakeHistory) -> None:
    samples = [
        *hourly("shop", "requests", [1]), *hourly("shop", "avg_cpu", [1]),
        *hourly("auth", "memory", [1]), *hourly("zoo", "cpu", [1]),
    ]  # fmt: skip
    listed = make(samples).services()
    assert list(listed.items()) == [("auth", ("memory",)), ("shop", ("avg_cpu", "requests")), ("zoo", ("cpu",))]


def test_sub_hourly_samples_are_averaged_and_their_maximum_is_the_companion(make: MakeHistory) -> None:
    samples = [
        ("shop", metric, START + step * MINUTES_15, value)
        for metric in ("avg_cpu", "latency")
        for step, value in enumerate([0.1, 0.2, 0.3, 0.8, 0.5, 0.5, 0.5, 0.9])
    ]
    series = read(make(samples), "avg_cpu", "cpu_max", "latency", "latency_max").series
    assert series["avg_cpu"].values.tolist() == pytest.approx([0.35, 0.6])
    assert series["cpu_max"].values.tolist() == [0.8, 0.9]
    assert series["latency"].values.tolist() == pytest.approx([0.35, 0.6])
    assert series["latency_max"].values.tolist() == [0.8, 0.9]
    assert series["cpu_max"].start == START


def test_the_companion_may_be_asked_for_alone(make: MakeHistory) -> None:
    samples = [("shop", "memory", START + step * MINUTES_15, step / 10) for step in range(8)]
    assert read(make(samples), "memory_max").series["memory_max"].values.tolist() == [0.3, 0.7]


def test_hourly_samples_have_no_companion(make: MakeHistory) -> None:
    assert set(read(make(hourly("shop", "avg_cpu", range(5))), "avg_cpu", "cpu_max").series) == {"avg_cpu"}


def test_the_sources_own_companion_wins_over_the_computed_one(make: MakeHistory) -> None:
    samples = [("shop", "avg_cpu", START + step * MINUTES_15, 0.1 * step) for step in range(8)]
    window = read(make([*samples, *hourly("shop", "cpu_max", [0.95, 0.96])]), "avg_cpu", "cpu_max")
    assert window.series["cpu_max"].values.tolist() == [0.95, 0.96]


def test_samples_of_the_hour_in_progress_count(make: MakeHistory) -> None:
    samples = [*hourly("shop", "avg_cpu", [1, 1]), ("shop", "avg_cpu", START + 2 * HOUR + MINUTES_15, 5.0)]
    assert read(make(samples), end=START + 3 * HOUR).series["avg_cpu"].values.tolist() == [1, 1, 5]


def test_of_duplicate_timestamps_the_last_wins(make: MakeHistory) -> None:
    samples = [*hourly("shop", "avg_cpu", [1, 2, 3]), ("shop", "avg_cpu", START + HOUR, 9.0)]
    assert read(make(samples)).series["avg_cpu"].values.tolist() == [1, 9, 3]


def test_the_order_of_samples_does_not_matter(make: MakeHistory) -> None:
    samples = hourly("shop", "avg_cpu", range(50))
    ordered, reversed_ = read(make(samples)), read(make(samples[::-1]))
    assert reversed_.series["avg_cpu"].values.tolist() == ordered.series["avg_cpu"].values.tolist()
    assert reversed_.digest == ordered.digest


def test_values_come_back_bit_for_bit(make: MakeHistory) -> None:
    values = [0.1, 1 / 3, 2 / 3 * 1e-5, 123456789.12345679, 5e-324 * 0, 1e15 + 0.3, 0.30000000000000004]
    assert read(make(hourly("shop", "avg_cpu", values))).series["avg_cpu"].values.tolist() == values


@pytest.mark.parametrize("changed", [0, 11, 23])
def test_digest_changes_with_any_value_of_the_window(make: MakeHistory, changed: int) -> None:
    values = [float(value) for value in range(24)]
    before = read(make(hourly("shop", "avg_cpu", values))).digest
    assert read(make(hourly("shop", "avg_cpu", values))).digest == before
    values[changed] += 1e-9
    assert read(make(hourly("shop", "avg_cpu", values))).digest != before


def test_digest_tells_an_observed_value_from_a_filled_one(make: MakeHistory) -> None:
    whole = hourly("shop", "avg_cpu", [1, 1, 1])
    assert read(make(whole)).digest != read(make([whole[0], whole[2]])).digest


def test_digest_stays_when_only_later_hours_are_added(make: MakeHistory) -> None:
    samples = hourly("shop", "avg_cpu", range(60))
    end = START + 40 * HOUR
    assert read(make(samples[:40]), end=end).digest == read(make(samples), end=end).digest


def test_digest_is_the_same_whatever_the_source() -> None:
    """Pinned, so that every adapter's windows stay comparable with those kept in old plans."""
    history = InMemoryMetricHistory(hourly("shop", "avg_cpu", [0.25, 0.5]))
    assert read(history).digest == "b2adedc85b133ce7730796a56b23f161"


def test_source_tells_it_is_ok(make: MakeHistory) -> None:
    assert make(hourly("shop", "avg_cpu", range(5))).status().state == "ok"


def test_many_threads_read_the_same(make: MakeHistory) -> None:
    history = make(hourly("shop", "avg_cpu", range(200)))

    def one(step: int) -> str:
        return read(history, end=START + (100 + step % 20) * HOUR).digest

    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(one, range(200)))
    assert len(set(digests)) == 20
    assert digests[:20] * 10 == digests
