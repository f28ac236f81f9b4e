"""Callers leave a source that hangs; what it brings late is kept; one that keeps failing is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest

from adapters.circuit_breaker import FAILURES, CircuitBreaker
from adapters.history.guarded_history import GuardedMetricHistory
from adapters.history.window_cache import WindowCache
from domain.errors import DataSourceUnavailable
from domain.ports.forecaster import LOOKBACK_HOURS
from domain.ports.metric_history import HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR
from tests.fakes.metric_history import InMemoryMetricHistory

END = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = 10.0
NO_ANSWER = r"no answer within 0.05 seconds \(HISTORY_PATIENCE_SECONDS\)"


class HangingHistory(MetricHistory):
    """Hangs while told to; counts what is begun."""

    def __init__(self) -> None:
        self.inner = InMemoryMetricHistory()
        self.inner.add("shop", "avg_cpu", END - 48 * HOUR, [0.5] * 48)
        self.goes_on = Event()
        self.goes_on.set()
        self.begun = 0

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        self._hang()
        return self.inner.window(service_id, metric_names, end=end, hours=hours)

    def services(self) -> Mapping[str, tuple[str, ...]]:
        self._hang()
        return self.inner.services()

    def status(self) -> SourceStatus:
        self._hang()
        return self.inner.status()

    def _hang(self) -> None:
        self.begun += 1
        self.goes_on.wait(PATIENCE)


class Rig:
    """A guard over a source that may hang."""

    def __init__(self) -> None:
        self.source = HangingHistory()
        self.seconds = 0.0
        self.guarded = GuardedMetricHistory(
            self.source, cache=WindowCache(now=lambda: END, fresh_seconds=60), patience_seconds=0.05,
            breaker=CircuitBreaker(monotonic=lambda: self.seconds), most_calls=2,
        )  # fmt: skip

    def read(self, service: str = "shop", hours: int = 24) -> HistoryWindow:
        return self.guarded.window(service, ["avg_cpu"], end=END, hours=hours)

    def fails(self, match: str, service: str = "shop") -> None:
        with pytest.raises(DataSourceUnavailable, match=match):
            self.read(service)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.source.goes_on.set()
    rig.guarded.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens in another thread."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_was_read_is_not_asked_for_again(rig: Rig) -> None:
    first = rig.read()
    rig.source.goes_on.clear()
    assert rig.read() is first
    assert rig.source.begun == 1


def test_a_caller_leaves_and_the_next_one_has_what_comes_late(rig: Rig) -> None:
    rig.source.goes_on.clear()
    rig.fails(NO_ANSWER)
    rig.source.goes_on.set()
    until(lambda: rig.source.inner.reads == 1)
    assert rig.read().series["avg_cpu"].observed_hours == 24
    assert rig.source.begun == 1


def test_the_same_question_of_many_callers_is_asked_once(rig: Rig) -> None:
    rig.guarded._patience_seconds = PATIENCE
    rig.source.goes_on.clear()
    with ThreadPoolExecutor(8) as callers:
        asked = [callers.submit(rig.read) for _ in range(8)]
        until(lambda: rig.source.begun == 1)
        rig.source.goes_on.set()
        # A caller that comes when the answer is there already has it from the cache, as an object of its own.
        assert [one.result().series["avg_cpu"].observed_hours for one in asked] == [24] * 8
    assert rig.source.begun == 1


def test_a_question_that_waits_for_a_thread_in_vain_is_not_begun(rig: Rig) -> None:
    rig.source.goes_on.clear()
    for service in ("a", "b", "c"):
        rig.fails(NO_ANSWER, service)
    rig.source.goes_on.set()
    until(lambda: rig.source.inner.reads == 2)
    rig.read()
    assert rig.source.begun == 3


def test_a_question_that_hangs_is_not_joined_but_asked_anew(rig: Rig) -> None:
    """It may hang on a connection that is dead while the source is back."""
    rig.source.goes_on.clear()
    rig.fails(NO_ANSWER)
    rig.fails(NO_ANSWER)
    assert rig.source.begun == 2


def test_a_source_that_keeps_failing_is_left_alone(rig: Rig) -> None:
    rig.source.inner.problem = "it is broken"
    for _ in range(FAILURES):
        rig.fails("^it is broken$")
    rig.fails("^it is broken; it is asked again every few seconds only$")
    assert rig.source.begun == FAILURES
    assert rig.guarded.status() == SourceStatus(
        state="down", reason="it is broken; it is asked again every few seconds only"
    )


def test_after_a_pause_a_probe_brings_it_back(rig: Rig) -> None:
    rig.source.inner.problem = "it is broken"
    for _ in range(FAILURES):
        rig.fails("broken")
    rig.source.inner.problem = ""
    rig.seconds += 10
    assert rig.read("a").series == {}
    assert rig.read().series["avg_cpu"].observed_hours == 24
    assert rig.guarded.status().state == "ok"


def test_what_is_remembered_is_answered_while_it_is_left_alone(rig: Rig) -> None:
    first = rig.read()
    rig.source.inner.problem = "it is broken"
    for _ in range(FAILURES):
        rig.fails("broken", "bank")
    assert rig.read() is first


def test_an_answer_after_the_caller_has_left_is_an_answer(rig: Rig) -> None:
    rig.source.goes_on.clear()
    for _ in range(FAILURES):
        rig.fails(NO_ANSWER)
    assert rig.guarded._breaker.is_open
    rig.source.goes_on.set()
    until(lambda: not rig.guarded._breaker.is_open)
    assert rig.read().series


def test_a_job_that_asks_for_more_than_a_plan_waits_for_the_source(rig: Rig) -> None:
    rig.source.goes_on.clear()
    with ThreadPoolExecutor(1) as job:
        asked = job.submit(rig.read, "shop", LOOKBACK_HOURS + 1)
        time.sleep(0.1)
        assert not asked.done()
        rig.source.goes_on.set()
        assert asked.result().series["avg_cpu"].observed_hours == 48


def test_status_counts_as_a_question(rig: Rig) -> None:
    assert rig.guarded.status().state == "ok"
    rig.source.inner.problem = "it is broken"
    for _ in range(FAILURES):
        assert rig.guarded.status() == SourceStatus(state="down", reason="it is broken")
    assert rig.guarded._breaker.is_open


def test_services_are_those_of_the_source(rig: Rig) -> None:
    assert rig.guarded.services() == {"shop": ("avg_cpu",)}


def test_threads_are_bounded_and_gone_when_closed() -> None:
    from threading import enumerate as running_threads

    def ours() -> int:
        return sum(thread.name.startswith("history") for thread in running_threads())

    before, rig = ours(), Rig()
    rig.source.goes_on.clear()
    for number in range(10):
        rig.seconds += 10
        with pytest.raises(DataSourceUnavailable):
            rig.read(f"service-{number}")
    assert ours() - before == 2
    rig.source.goes_on.set()
    rig.guarded.close()
    assert ours() == before
