"""What every `Clock` and every `Randomness` must do, asked of fakes and the system's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.security.system_randomness import SystemRandomness
from domain.ports.clock import Clock
from domain.ports.randomness import Randomness
from tests.fakes.clock import FixedClock
from tests.fakes.randomness import CountingRandomness


@pytest.mark.parametrize("clock", [FixedClock(), SystemClock()], ids=["fake", "system"])
def test_a_clock_tells_an_aware_time_of_utc(clock: Clock) -> None:
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second


@pytest.mark.parametrize("make", [CountingRandomness, SystemRandomness], ids=["fake", "system"])
def test_randomness_gives_as_many_bytes_as_asked_for_and_never_the_same(make: type[Randomness]) -> None:
    randomness = make()
    for count in (15, 16, 20, 32):
        drawn = {randomness.bytes(count) for _ in range(200)}
        assert (len(drawn), {len(each) for each in drawn}) == (200, {count})
