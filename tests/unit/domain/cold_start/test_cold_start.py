"""The cold start: what each fact of a profile does to the level, and what each hour observed does to the interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from domain.cold_start.constants import HOURS, PRIORS
from domain.cold_start.fan import Fan, fan
from domain.cold_start.levels import Level, Provision, level_of, provision_of
from domain.forecast import QUANTILE_LEVELS
from domain.metrics import Resource
from domain.repository.known import ServiceKind
from domain.repository.profile import Amounts, ServiceProfile
from domain.series import LoadSeries, empty_series

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
API = ServiceProfile(name="api", kind=ServiceKind.API, runtime="python")
ONE = Provision(amount=1.0, reach=1.0, why="declared")


def hours(*values: float) -> LoadSeries:
    array = np.array(values, dtype=np.float64)
    return LoadSeries(START, array, np.ones(len(array), dtype=bool)) if values else empty_series(START)


def expect(observed: LoadSeries, resource: Resource = Resource.MEMORY, level: Level | None = None) -> Fan:
    return fan(resource, level or level_of(API, resource, ONE), observed, ServiceKind.API, observed.end)


@pytest.mark.parametrize("resource", list(Resource))
@pytest.mark.parametrize("level", [0.002, 0.05, 0.3, 0.9])
def test_the_interval_narrows_as_hours_arrive(resource: Resource, level: float) -> None:
    def relative_width(count: int) -> float:
        quantiles = expect(hours(*[level] * count), resource).mean[0]
        return float(quantiles[4] / quantiles[0])

    widths = [relative_width(count) for count in (0, 1, 3, 12)]
    assert widths[0] > 1.5 * widths[1]
    assert widths[1] >= widths[2] * 0.999
    assert widths[2] >= widths[3] * 0.95


def test_the_median_moves_from_the_traces_to_what_was_observed() -> None:
    before, after, long_after = (expect(hours(*[0.6] * count)).mean[0, 2] for count in (0, 1, 12))
    assert before < 0.1 < after < long_after
    assert long_after == pytest.approx(0.6, rel=0.1)


@pytest.mark.parametrize("resource", list(Resource))
@pytest.mark.parametrize("observed", [(), (0.0,), (1.0,), (5.0, 0.0), (0.4,) * 23])
def test_quantiles_are_ordered_finite_and_within_what_there_is(resource: Resource, observed: tuple[float, ...]) -> None:
    made = expect(hours(*observed), resource)
    for quantiles in (made.mean, made.peak):
        assert quantiles.shape == (24, len(QUANTILE_LEVELS))
        assert np.isfinite(quantiles).all()
        assert (np.diff(quantiles, axis=1) >= 0).all()
        assert quantiles.min() >= 0
        assert quantiles.max() <= 1.0
    assert (made.peak >= made.mean).all()


def test_hours_that_were_only_filled_teach_nothing() -> None:
    filled = LoadSeries(START, np.array([0.6, 0.6]), np.array([True, False]))
    np.testing.assert_array_equal(expect(filled).mean[0], expect(hours(0.6)).mean[0])


def test_cpu_follows_the_day_and_memory_does_not() -> None:
    assert np.ptp(expect(hours(), Resource.CPU).mean[:, 2]) > 0
    assert np.ptp(expect(hours(), Resource.MEMORY).mean[:, 2]) == 0


@pytest.mark.parametrize("resource", list(Resource))
@pytest.mark.parametrize("busy", [0.05, 0.3, 0.5, 0.7])
def test_the_prior_never_extrapolates_beyond_the_capacity_it_knows(resource: Resource, busy: float) -> None:
    """Sizing extends p95 and p99 exponentially; at a tenth of a percent that must not pass what there is."""
    level = level_of(API, resource, ONE, siblings=[busy] * 5)
    for hour in expect(hours(), resource, level).peak:
        assert hour[6] + (hour[6] - hour[5]) / np.log(5) * np.log(10) <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("profile", "resource", "amount", "assumed"),
    [
        (replace(API, declared=Amounts(cpu_request_vcpus=0.5)), Resource.CPU, 0.5, False),
        (replace(API, declared=Amounts(cpu_request_vcpus=0.5, cpu_limit_vcpus=2.0)), Resource.CPU, 2.0, False),
        (replace(API, workers=9), Resource.CPU, 4.0, True),
        (replace(API, workers=2), Resource.CPU, 1.0, True),
        (replace(API, workers=4, runtime="node"), Resource.CPU, 4.0, True),
        (replace(API, memory_flag_gib=1.5), Resource.MEMORY, 2.0, True),
        (API, Resource.CPU, 3.0, True),
    ],
)
def test_what_a_replica_has(profile: ServiceProfile, resource: Resource, amount: float, assumed: bool) -> None:
    found = provision_of(profile, resource, 3.0)
    assert (found.amount, found.reach, found.assumed) == (amount, amount, assumed)


def test_users_reach_beyond_what_is_declared_and_move_the_level() -> None:
    declared = replace(API, declared=Amounts(cpu_limit_vcpus=1.0), replicas=2)
    found = provision_of(declared, Resource.CPU, 2.0, expected_users=30_000)
    # 30,000 users at 1,500 per vCPU are 10 vCPUs per replica, with room for twice as many.
    assert (found.amount, found.reach) == (1.0, 20.0)
    level = level_of(declared, Resource.CPU, found, expected_users=30_000)
    assert level.centre > level_of(declared, Resource.CPU, ONE).centre
    assert level.width < 1.0


def test_few_users_lower_the_level() -> None:
    few = level_of(API, Resource.CPU, ONE, expected_users=1)
    assert few.centre < PRIORS[Resource.CPU].median


def test_users_say_nothing_of_a_worker() -> None:
    worker = replace(API, kind=ServiceKind.WORKER)
    assert level_of(worker, Resource.CPU, ONE, expected_users=10**6) == level_of(worker, Resource.CPU, ONE)


def test_busy_siblings_raise_the_level_and_more_of_them_more() -> None:
    none, one, five = (level_of(API, Resource.CPU, ONE, siblings=[0.5] * count) for count in (0, 1, 5))
    assert none.centre < one.centre < five.centre < 0
    assert none.width > one.width > five.width


def test_documented_defaults_are_a_floor_for_memory() -> None:
    broker = replace(API, kind=ServiceKind.DB, runtime="kafka")
    found = provision_of(broker, Resource.MEMORY, 4.0)
    level = level_of(broker, Resource.MEMORY, found)
    assert float(expect(hours(), level=level).mean[0, 2]) * found.reach > 0.7
    assert any("heap of 1 GB" in reason for reason in level.why)


def test_every_prior_has_a_row_per_count_of_hours() -> None:
    for prior in PRIORS.values():
        assert prior.learned.shape == (len(HOURS),)
        assert prior.mean_steps.shape == prior.peak_steps.shape == (len(HOURS), len(QUANTILE_LEVELS))
        assert (np.diff(prior.mean_steps, axis=1) > 0).all()
