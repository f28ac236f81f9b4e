"""When a failing dependency is left alone, and when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.circuit_breaker import FAILURES, PROBE_SECONDS, WITHIN_SECONDS, CircuitBreaker


@dataclass
class Time:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


def opened(time: Time) -> CircuitBreaker:
    breaker = CircuitBreaker(monotonic=time)
    assert [breaker.failed() for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    return breaker


def test_a_few_failures_do_not_open_it() -> None:
    breaker = CircuitBreaker(monotonic=Time())
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert breaker.admit()
    assert not breaker.is_open


def test_failures_far_apart_do_not_open_it() -> None:
    time = Time()
    breaker = CircuitBreaker(monotonic=time)
    for _ in range(4 * FAILURES):
        assert not breaker.failed()
        time.seconds += WITHIN_SECONDS / (FAILURES - 1) + 0.1
    assert breaker.admit()


def test_a_success_in_between_starts_the_count_anew() -> None:
    """One service whose queries are too much must not keep the source from the others."""
    breaker = CircuitBreaker(monotonic=Time())
    for _ in range(4 * FAILURES):
        assert not breaker.failed()
        breaker.succeeded()
    assert breaker.admit()


def test_while_open_one_call_after_each_pause_is_a_probe() -> None:
    time = Time()
    breaker = opened(time)
    assert not breaker.admit()
    time.seconds += PROBE_SECONDS
    assert [breaker.admit() for _ in range(3)] == [True, False, False]
    assert not breaker.failed()
    time.seconds += PROBE_SECONDS
    assert breaker.admit()


def test_a_probe_that_comes_back_closes_it() -> None:
    time = Time()
    breaker = opened(time)
    time.seconds += PROBE_SECONDS
    assert breaker.admit()
    assert breaker.succeeded()
    assert [breaker.admit() for _ in range(3)] == [True] * 3
    # Old failures are forgotten: it takes as many new ones.
    assert not breaker.failed()


def test_a_probe_that_hangs_does_not_put_off_the_next_one() -> None:
    time = Time()
    breaker = opened(time)
    time.seconds += PROBE_SECONDS
    assert breaker.admit()
    time.seconds += PROBE_SECONDS
    assert breaker.admit()


def test_success_while_closed_is_nothing_to_tell() -> None:
    assert not CircuitBreaker(monotonic=Time()).succeeded()
