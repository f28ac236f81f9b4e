"""Histories from a real Prometheus, over the shipped map of queries: cAdvisor's and kube-state-metrics' series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.history.prometheus_history import PrometheusMetricHistory
from adapters.history.prometheus_source import open_prometheus_history
from domain.errors import DataSourceUnavailable
from domain.series import HOUR
from entrypoints.assets import asset_path
from tests.servers.prometheus import STALE, Labels, Points, Prometheus

START = datetime(2026, 11, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GIB = 2.0**30
_names = count()


def source(
    server: Prometheus, *, queries: Path | None = None, now: datetime = START + 100 * HOUR, reach: int | None = 168
) -> PrometheusMetricHistory:
    return open_prometheus_history(
        url=server.url, token=None, user=None, password=None, timeout_seconds=30.0, max_age_hours=reach,
        queries_path=queries or asset_path("data/prometheus_queries.toml"), now=lambda: now,
    )  # fmt: skip


@pytest.fixture
def name() -> str:
    """A service no other test knows."""
    return f"service-{next(_names)}"


def minutes(values: Iterable[float], start: datetime = START) -> Points:
    """Scraped seven seconds after each minute, as scrapes are spread over their interval."""
    return [((start + step * MINUTE).timestamp() + 7, value) for step, value in enumerate(values)]


def cadvisor(metric: str, container: str, pod: str = "pod-1") -> Labels:
    return {"__name__": metric, "container": container, "pod": pod, "image": "registry/shop:1"}


def counter(per_minute: Iterable[float]) -> Iterator[float]:
    total = 0.0
    for amount in per_minute:
        yield total
        total += amount


def values_of(history: PrometheusMetricHistory, service: str, metric: str, hours: int, until: int) -> list[float]:
    window = history.window(service, [metric], end=START + until * HOUR, hours=hours)
    assert window.notes == ()
    return window.series[metric].values.tolist() if metric in window.series else []


def test_cpu_is_cores_of_all_containers_of_the_name_with_the_busiest_five_minutes(
    prometheus: Prometheus, name: str
) -> None:
    busy = [30.0] * 180  # half a core
    bursts = [30.0] * 90 + [120.0] * 10 + [30.0] * 80  # two cores for ten minutes of the second hour
    prometheus.write(
        (cadvisor("container_cpu_usage_seconds_total", name, pod), minutes(counter(amounts)))
        for pod, amounts in (("a", busy), ("b", bursts))
    )
    # cAdvisor's sum over the pod's cgroup has no image and would count everything twice.
    whole = {**cadvisor("container_cpu_usage_seconds_total", name, "a"), "image": ""}
    prometheus.write([(whole, minutes(counter(busy)))])
    history = source(prometheus)
    means = values_of(history, name, "cpu_cores", 24, 3)
    assert means == pytest.approx([1.0, 1.0 + 1.5 / 6, 1.0], rel=0.03)
    assert values_of(history, name, "cpu_cores_max", 24, 3) == pytest.approx([1.0, 2.5, 1.0], rel=0.03)


def test_a_counter_that_starts_anew_is_no_negative_load_and_no_peak(prometheus: Prometheus, name: str) -> None:
    ran = list(counter([30.0] * 100))
    prometheus.write([(cadvisor("container_cpu_usage_seconds_total", name), minutes([*ran, *ran[:80]]))])
    history = source(prometheus)
    assert values_of(history, name, "cpu_cores", 24, 3) == pytest.approx([0.5, 0.5, 0.5], rel=0.03)
    assert values_of(history, name, "cpu_cores_max", 24, 3) == pytest.approx([0.5, 0.5, 0.5], rel=0.03)


def test_a_container_replaced_within_the_hour_is_not_counted_twice(prometheus: Prometheus, name: str) -> None:
    old = minutes([*counter([60.0] * 90), STALE])
    new = minutes(counter([60.0] * 90), START + 90 * MINUTE)
    metric = "container_cpu_usage_seconds_total"
    prometheus.write([(cadvisor(metric, name, "old"), old), (cadvisor(metric, name, "new"), new)])
    assert values_of(source(prometheus), name, "cpu_cores", 24, 3) == pytest.approx([1.0, 1.0, 1.0], rel=0.05)


def test_memory_is_gib_with_every_peak_between_the_steps(prometheus: Prometheus, name: str) -> None:
    amounts = [2 * GIB] * 120
    amounts[73] = 3 * GIB
    prometheus.write([(cadvisor("container_memory_working_set_bytes", name), minutes(amounts))])
    history = source(prometheus)
    assert values_of(history, name, "memory_gib", 24, 2) == pytest.approx([2.0, 2.0 + 1 / 60])
    assert values_of(history, name, "memory_gib_max", 24, 2) == [2.0, 3.0]


def test_requests_are_events_per_hour(prometheus: Prometheus, name: str) -> None:
    for code, amount in (("200", 100.0), ("500", 1.0)):
        series = {"__name__": "http_requests_total", "container": name, "code": code}
        prometheus.write([(series, minutes(counter([amount] * 180)))])
    history = source(prometheus)
    assert values_of(history, name, "requests", 24, 3) == pytest.approx([6060] * 3, rel=0.02)
    assert values_of(history, name, "requests_max", 24, 3) == pytest.approx([6060] * 3, rel=0.02)


def test_shares_are_of_the_limits_and_absent_without_them(prometheus: Prometheus, name: str) -> None:
    prometheus.write([
        (cadvisor("container_cpu_usage_seconds_total", name), minutes(counter([30.0] * 120))),
        (cadvisor("container_memory_working_set_bytes", name), minutes([GIB] * 120)),
    ])  # fmt: skip
    history = source(prometheus)
    assert history.window(name, ["avg_cpu"], end=START + 2 * HOUR, hours=24).series == {}
    limits = {"__name__": "kube_pod_container_resource_limits", "container": name}
    prometheus.write([
        ({**limits, "resource": "cpu"}, minutes([2.0] * 120)),
        ({**limits, "resource": "memory"}, minutes([4 * GIB] * 120)),
    ])  # fmt: skip
    assert values_of(history, name, "avg_cpu", 24, 2) == pytest.approx([0.25, 0.25], rel=0.03)
    assert values_of(history, name, "avg_memory", 24, 2) == pytest.approx([0.25, 0.25])


def test_hours_after_a_container_has_gone_are_a_gap_and_not_its_last_value(prometheus: Prometheus, name: str) -> None:
    before = [*[GIB] * 60, STALE]
    metric = cadvisor("container_memory_working_set_bytes", name)
    prometheus.write([(metric, minutes(before)), (metric, minutes([3 * GIB] * 60, START + 4 * HOUR))])
    series = source(prometheus).window(name, ["memory_gib"], end=START + 9 * HOUR, hours=24).series["memory_gib"]
    assert series.observed.tolist() == [True, False, False, False, True]
    assert series.end == START + 5 * HOUR


def test_the_hour_in_progress_is_what_has_happened_in_it(prometheus: Prometheus, name: str) -> None:
    """A rate over the whole hour would spread twenty minutes over sixty."""
    amounts = [30.0] * 120 + [90.0] * 20
    prometheus.write([(cadvisor("container_cpu_usage_seconds_total", name), minutes(counter(amounts)))])
    now = START + 2 * HOUR + 19 * MINUTE + timedelta(seconds=20)
    history = source(prometheus, now=now)
    assert values_of(history, name, "cpu_cores", 24, 3) == pytest.approx([0.5, 0.5, 1.5], rel=0.05)
    assert values_of(history, name, "cpu_cores_max", 24, 3)[-1] == pytest.approx(1.5, rel=0.05)
    # Whoever asks for the past, to replay a plan, gets whole hours only.
    assert values_of(history, name, "cpu_cores", 24, 2) == pytest.approx([0.5, 0.5], rel=0.05)


@pytest.mark.parametrize(("begun", "hours"), [(0, 2), (4, 2), (5, 3)])
def test_an_hour_that_has_just_begun_has_no_value(prometheus: Prometheus, name: str, begun: int, hours: int) -> None:
    amounts = counter([30.0] * (120 + begun))
    prometheus.write([(cadvisor("container_cpu_usage_seconds_total", name), minutes(amounts))])
    history = source(prometheus, now=START + 2 * HOUR + begun * MINUTE)
    assert values_of(history, name, "cpu_cores", 24, 3) == pytest.approx([0.5] * hours, rel=0.03)


def test_the_newest_observation_is_found_as_far_back_as_history_may_be_old(prometheus: Prometheus, name: str) -> None:
    prometheus.write([(cadvisor("container_memory_working_set_bytes", name), minutes([GIB] * 180))])
    end = START + 400 * HOUR
    assert source(prometheus).window(name, ["memory_gib"], end=end, hours=24).series == {}
    found = source(prometheus, reach=None).window(name, ["memory_gib"], end=end, hours=24).series["memory_gib"]
    assert (found.end, len(found)) == (START + 3 * HOUR, 3)


def test_services_are_the_label_s_values_of_the_last_two_weeks(prometheus: Prometheus, name: str) -> None:
    prometheus.write([(cadvisor("container_memory_working_set_bytes", name), minutes([GIB] * 10))])
    assert source(prometheus).services()[name] == ("memory_gib", "memory_gib_max")
    assert name not in source(prometheus, now=START + 500 * HOUR).services()


@example('shop"} or vector(1) or up{container="')
@example("a\\")
@example("{service_id}")
@example("{hour}")
@example("-1h]) # `'")
@example("\n\r\t\0é☃😀")
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128))
def test_any_service_id_is_one_label_value(prometheus: Prometheus, service_id: str) -> None:
    mine = [(cadvisor("container_memory_working_set_bytes", service_id), minutes([GIB] * 2))]
    prometheus.write(mine)
    history = source(prometheus)
    assert values_of(history, service_id, "memory_gib", 1, 1) == [1.0]
    assert values_of(history, service_id + "?", "memory_gib", 1, 1) == []


@pytest.mark.parametrize("service_id", ["", "\ud800"])
def test_an_id_that_no_label_can_hold_has_no_history(prometheus: Prometheus, service_id: str) -> None:
    assert source(prometheus).window(service_id, ["memory_gib"], end=START, hours=24).series == {}


OWN_MAP = """service_label = "container"

[metrics.memory_gib]
query = 'sum(container_memory_working_set_bytes{container="{service_id}"}) / 2^30'
services = 'container_memory_working_set_bytes'

[metrics.latency]
query = '<QUERY>'
services = '<SELECTOR>'
"""


def own_map(folder: Path, query: str, selector: str = "up") -> Path:
    path = folder / "queries.toml"
    path.write_text(OWN_MAP.replace("<QUERY>", query).replace("<SELECTOR>", selector))
    return path


def test_a_wrong_query_leaves_its_metric_out_and_doctor_names_the_line(
    prometheus: Prometheus, name: str, tmp_path: Path
) -> None:
    prometheus.write([(cadvisor("container_memory_working_set_bytes", name), minutes([GIB] * 120))])
    history = source(prometheus, queries=own_map(tmp_path, 'avg(latency{container="{service_id}"}'))
    window = history.window(name, ["memory_gib", "latency"], end=START + 2 * HOUR, hours=24)
    assert set(window.series) == {"memory_gib"}
    where = "PROMETHEUS_QUERIES_PATH: [metrics.latency] in line 7"
    assert window.notes == (f"latency is left out, its query was refused: bad_data ({where})",)
    status = history.status()
    assert status.state == "degraded"
    assert status.reason.startswith(f"{where}: the query is refused: ")
    assert "unclosed left parenthesis" in status.reason


def test_several_series_are_refused_and_not_added_up(prometheus: Prometheus, name: str, tmp_path: Path) -> None:
    metric = "container_memory_working_set_bytes"
    prometheus.write((cadvisor(metric, name, pod), minutes([GIB] * 60)) for pod in "abc")
    queries = own_map(tmp_path, 'container_memory_working_set_bytes{container="{service_id}"}')
    window = source(prometheus, queries=queries).window(name, ["latency"], end=START + HOUR, hours=24)
    assert window.series == {}
    assert "it gives 3 series where one is expected: aggregate them, as in sum(…)" in window.notes[0]


def test_a_selector_that_is_no_selector_is_named(prometheus: Prometheus, tmp_path: Path) -> None:
    queries = own_map(tmp_path, 'sum(x{container="{service_id}"})', "sum(up)")
    with pytest.raises(DataSourceUnavailable, match=r"\[metrics.latency\] in line 7: its services cannot be listed"):
        source(prometheus, queries=queries).services()


def test_values_that_are_no_numbers_are_left_out_and_counted(prometheus: Prometheus, name: str, tmp_path: Path) -> None:
    amounts = [float("nan")] * 60 + [float("inf")] * 60 + [5.0] * 60
    prometheus.write([({"__name__": "latency", "container": name}, minutes(amounts))])
    queries = own_map(tmp_path, 'max(latency{container="{service_id}"})')
    window = source(prometheus, queries=queries).window(name, ["latency"], end=START + 3 * HOUR, hours=24)
    assert window.series["latency"].values.tolist() == [5.0]
    assert window.notes == ("latency: 2 hours were NaN or infinite and are left out",)
