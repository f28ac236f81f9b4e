"""Every fault of the network, before a real MariaDB and a real Prometheus: plans go on, say why, and recover."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.faults.rig import BREAKING, SOURCES, Rig, is_complete, is_from_history, service_over
from tests.servers.fault_proxy import Fault


@pytest.fixture(params=sorted(SOURCES))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with service_over(request.param, request) as rig:
        yield rig


@pytest.mark.parametrize("fault", BREAKING)
def test_while_it_fails_the_last_window_answers_and_then_all_is_as_before(rig: Rig, fault: Fault) -> None:
    rig.until(lambda: is_complete(rig.plan()))
    before = rig.plan()
    rig.proxy.fail(fault)
    rig.clock.moment += timedelta(minutes=3)
    # More than the failures after which it is left alone.
    for _ in range(8):
        during = rig.plan()
        assert during["prediction"]["predictions"] == before["prediction"]["predictions"]
        assert "the metric history cannot be read (" in during["notes"]
        assert "the last window seen is used, read 3 min ago" in during["notes"]
    unknown = rig.plan("bank")
    assert unknown["prediction"]["model_version"].endswith("_fallback")
    assert "nothing of it is remembered" in unknown["notes"]
    assert rig.history_state() == ("degraded", "down")
    rig.proxy.heal()
    rig.until(lambda: is_complete(rig.plan()))
    rig.until(lambda: is_complete(rig.plan("bank")))
    rig.until(lambda: rig.history_state()[1] == "ok")


def test_a_reply_of_a_kilobyte_a_second_is_not_waited_for(rig: Rig) -> None:
    rig.until(lambda: is_complete(rig.plan()))
    rig.proxy.fail(Fault.SLOW)
    for _ in range(6):
        assert is_from_history(rig.plan())
    rig.proxy.heal()
    rig.until(lambda: is_complete(rig.plan()))


def test_two_hundred_milliseconds_more_are_waited_for_or_their_answer_comes_to_the_next(rig: Rig) -> None:
    """Some sources need several round trips: the first callers leave, and the answer is there for later ones."""
    rig.container.window_cache()._fresh_seconds = 60.0
    rig.proxy.fail(Fault.LATE)
    rig.until(lambda: is_complete(rig.plan()))
    assert is_complete(rig.plan())


@pytest.mark.parametrize("fault", BREAKING)
def test_a_source_that_is_away_at_the_start_is_found_when_it_comes(rig: Rig, fault: Fault) -> None:
    rig.proxy.fail(fault)
    first = rig.plan()
    assert first["prediction"]["model_version"].endswith("_fallback")
    assert "nothing of it is remembered" in first["notes"]
    rig.proxy.heal()
    rig.until(lambda: is_complete(rig.plan()))
