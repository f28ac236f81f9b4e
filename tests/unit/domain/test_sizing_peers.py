"""The peers' rules against cases worked out by hand from their public descriptions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.metrics import Resource
from domain.sizing_peers import (
    PEERS,
    PastUse,
    autopilot_window,
    bucket_end,
    compute_optimizer,
    compute_optimizer_share,
    halving,
    krr,
    max14,
    vpa,
    weighted_percentile,
)

Floats = NDArray[np.float64]
CPU, MEMORY = Resource.CPU, Resource.MEMORY


def past(mean: Floats | list[float], maximum: Floats | list[float] | None = None, unit: float = 1.0) -> PastUse:
    """Hours without a gap; the maxima are the means where none are given."""
    means = np.array(mean, dtype=np.float64)
    maxima = means if maximum is None else np.array(maximum, dtype=np.float64)
    return PastUse(mean=means, maximum=maxima, age=np.arange(len(means), dtype=np.float64)[::-1], unit=unit)


def flat(level: float, hours: int = 336, unit: float = 1.0) -> PastUse:
    """Always the same."""
    return past(np.full(hours, level), unit=unit)


def test_an_hour_stands_for_twelve_samples_that_keep_its_mean_and_its_maximum() -> None:
    values, counts, ages = past([2.0, 3.0], [13.0, 3.0]).samples()
    assert values.tolist() == [13.0, 3.0, 1.0, 3.0]
    assert counts.tolist() == [1, 1, 11, 11]
    assert ages.tolist() == [1, 0, 1, 0]
    assert values @ counts == pytest.approx(12 * (2.0 + 3.0))


def test_a_weighted_percentile_is_a_value_that_occurred() -> None:
    values, even = np.array([3.0, 1.0, 2.0]), np.ones(3)
    assert [weighted_percentile(values, even, level) for level in (0.1, 1 / 3, 0.34, 0.9, 1.0)] == [1, 1, 2, 3, 3]
    assert weighted_percentile(values, np.array([1.0, 8.0, 1.0]), 0.8) == 1.0


def test_weights_halve_with_every_half_life() -> None:
    assert halving(np.array([0.0, 24.0, 48.0]), 24.0).tolist() == [1.0, 0.5, 0.25]


def test_a_bucket_starts_where_the_public_formula_says_and_is_told_by_its_upper_end() -> None:
    ends = [0.01 * (1.05 ** (bucket + 1) - 1) / 0.05 for bucket in range(3)]
    assert [bucket_end(value, 0.01) for value in (0.0, 0.0099, 0.0101, 0.0206)] == pytest.approx(
        [ends[0], ends[0], ends[1], ends[2]]
    )
    # The last of the 176 buckets takes all that is larger.
    assert bucket_end(1e9, 0.01) == pytest.approx(0.01 * (1.05**176 - 1) / 0.05)


class TestVpa:
    """P90 of decaying histograms × 1.15, floors 25 m and 250 MiB."""

    def test_cpu_is_the_bucket_of_the_p90_and_fifteen_percent(self) -> None:
        assert vpa(flat(1.0), CPU) == pytest.approx(1.15 * bucket_end(1.0, 0.01))

    def test_cpu_counts_recent_samples_more(self) -> None:
        # Days old to new 8 … 1: the newest day weighs 2^-(0…23/24), about half of all weight; its 2.0 is the P90.
        assert vpa(past([1.0] * 168 + [2.0] * 24), CPU) == pytest.approx(1.15 * bucket_end(2.0, 0.01))
        # The same a week earlier weighs less than a hundredth.
        assert vpa(past([2.0] * 24 + [1.0] * 168), CPU) == pytest.approx(1.15 * bucket_end(1.0, 0.01))

    def test_nothing_older_than_eight_days_counts(self) -> None:
        assert vpa(past([50.0] * 144 + [1.0] * 192), CPU) == vpa(flat(1.0), CPU)

    def test_memory_takes_one_peak_a_day(self) -> None:
        gib = vpa(past([1.0] * 180 + [4.0] + [1.0] * 11), MEMORY)
        # The newest day's peak has 0.502 of all weight, so it is the P90 although it lasted one hour.
        assert gib == pytest.approx(1.15 * bucket_end(4 * 2.0**30, 1e7) / 2.0**30)

    def test_floors(self) -> None:
        assert vpa(flat(0.001), CPU) == 0.025
        assert vpa(flat(0.01), MEMORY) == pytest.approx(250 / 1024)

    def test_a_ratio_goes_through_the_capacity(self) -> None:
        assert vpa(flat(0.25, unit=4.0), CPU) == pytest.approx(vpa(flat(1.0), CPU) / 4)


class TestKrr:
    """CPU P95 of 14 days; memory maximum × 1.15."""

    def test_cpu_is_the_p95_of_the_samples_up_to_a_milli_core(self) -> None:
        # 24 of 480 hours are 5 % of the samples: not more than that, so the P95 is the lower level.
        assert krr(past([0.5004] * 456 + [2.0] * 24), CPU) == pytest.approx(0.501)
        assert krr(past([0.5004] * 455 + [2.0] * 25), CPU) == pytest.approx(2.0)

    def test_memory_is_the_maximum_and_fifteen_percent_up_to_a_mebibyte(self) -> None:
        found = krr(past([1.0] * 335 + [1.0], [1.0] * 335 + [3.0]), MEMORY)
        assert found == pytest.approx(math.ceil(3.0 * 1.15 * 1024) / 1024)

    def test_floors(self) -> None:
        assert krr(flat(0.0001), CPU) == pytest.approx(0.01)
        assert krr(flat(0.001), MEMORY) == pytest.approx(100 / 1024)


@pytest.mark.parametrize("resource", [CPU, MEMORY])
def test_compute_optimizer_takes_the_p995_of_the_hourly_maxima_and_headroom(resource: Resource) -> None:
    ramp = past(np.zeros(201), np.arange(201.0))
    assert compute_optimizer(ramp, resource) == pytest.approx(199 * 1.2)
    assert compute_optimizer_share(ramp, resource) == pytest.approx(199 / 0.8)


@pytest.mark.parametrize("resource", [CPU, MEMORY])
def test_max14_adds_fifteen_percent_to_the_highest_hour(resource: Resource) -> None:
    assert max14(past([1.0, 1.0], [2.0, 7.0]), resource) == pytest.approx(7 * 1.15)


class TestAutopilot:
    """A percentile of load, not of time, of decaying samples, + 10 %."""

    def test_a_peak_counts_by_the_load_it_carries(self) -> None:
        # One hour in 24 at 20, the rest at 1, undecayed: 20 ÷ 43 of the load lies in it, so it is the P95 of load.
        assert autopilot_window(past([1.0] * 22 + [20.0, 1.0]), CPU) == pytest.approx(22.0)
        # By time it would be below the P95.
        assert weighted_percentile(np.array([1.0] * 23 + [20.0]), np.ones(24), 0.95) == 1.0

    def test_cpu_forgets_by_half_in_twelve_hours(self) -> None:
        # Ten days ago weighs 2^-20.
        assert autopilot_window(past([20.0] + [1.0] * 239), CPU) == pytest.approx(1.1)

    def test_memory_forgets_by_half_in_two_days(self) -> None:
        # 20 two days ago weighs half: 10 of about 10 + 69 of load, more than 2 %.
        assert autopilot_window(past([20.0] + [1.0] * 48), MEMORY) == pytest.approx(22.0)

    def test_never_below_the_last_hour(self) -> None:
        assert autopilot_window(past([10.0] * 335 + [0.0], [10.0] * 335 + [40.0]), CPU) == pytest.approx(40.0)

    def test_an_idle_past_is_zero(self) -> None:
        assert autopilot_window(flat(0.0), MEMORY) == 0.0


@pytest.mark.parametrize("name", list(PEERS))
@pytest.mark.parametrize("resource", [CPU, MEMORY])
def test_every_peer_answers_for_both_resources_and_grows_with_the_use(name: str, resource: Resource) -> None:
    rng = np.random.default_rng(1)
    mean = rng.uniform(0.1, 0.6, 336)
    use = past(mean, mean * rng.uniform(1.0, 2.0, 336), unit=4.0)
    size = PEERS[name](use, resource)
    assert 0 < size < 3
    doubled = PEERS[name](PastUse(mean=2 * use.mean, maximum=2 * use.maximum, age=use.age, unit=4.0), resource)
    # Buckets are 5 % wide.
    assert doubled == pytest.approx(2 * size, rel=0.06)
