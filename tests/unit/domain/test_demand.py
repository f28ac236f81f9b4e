"""From forecasts to vCPUs and GiB per replica."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from domain.context import Capacity
from domain.demand import count_demand, demand_of, past_peaks, sizing_bases
from domain.metrics import Resource
from domain.reasons import ReasonCode
from domain.series import LoadSeries

START = datetime(2026, 11, 1, tzinfo=UTC)
CAPACITY = Capacity(vcpus=4.0, memory_gib=16.0)
FLAT = np.full((24, 7), 0.5)


def series(level: float, hours: int = 48) -> LoadSeries:
    """A constant series."""
    return LoadSeries(START, np.full(hours, level), np.ones(hours, dtype=bool))


def test_the_hourly_maximum_is_sized_from_when_it_is_known() -> None:
    bases = sizing_bases({"avg_cpu": series(0.2), "cpu_max": series(0.4), "avg_memory": series(0.3)})
    assert [(basis.resource, basis.metric.name) for basis in bases] == [
        (Resource.CPU, "cpu_max"), (Resource.MEMORY, "avg_memory"),
    ]  # fmt: skip
    assert [reason.code for reason in bases[1].reasons] == [ReasonCode.HOURLY_MEAN_ONLY]


def test_few_hours_of_maxima_scale_the_mean() -> None:
    start = LoadSeries(START.replace(day=2, hour=14), np.full(10, 0.6), np.ones(10, dtype=bool))
    (basis,) = sizing_bases({"avg_cpu": series(0.2), "cpu_max": start})
    assert (basis.metric.name, basis.factor) == ("avg_cpu", pytest.approx(3.0))
    assert basis.reasons[0].code is ReasonCode.MAX_TO_MEAN_RATIO


def test_absolute_metrics_go_before_ratios() -> None:
    (basis,) = sizing_bases({"cpu_cores": series(3.0), "avg_cpu": series(0.2)})
    assert basis.metric.name == "cpu_cores"


def test_a_ratio_goes_through_the_present_capacity() -> None:
    (basis,) = sizing_bases({"avg_memory": series(0.5)})
    demand = demand_of(basis, FLAT, series(0.5), CAPACITY, replicas=3)
    assert demand.quantiles.max() == pytest.approx(8.0)
    assert demand.saturated_at is None


def test_an_absolute_amount_is_spread_over_the_replicas() -> None:
    (basis,) = sizing_bases({"cpu_cores": series(6.0)})
    demand = demand_of(basis, np.full((24, 7), 6.0), series(6.0), CAPACITY, replicas=3)
    assert demand.quantiles.max() == pytest.approx(2.0)


@pytest.mark.parametrize(("level", "expected"), [(0.95, 4.0), (0.949, None), (1.0, 4.0)])
def test_touching_95_percent_of_capacity_is_saturation(level: float, expected: float | None) -> None:
    history = LoadSeries(START, np.array([0.1, level, 0.1]), np.ones(3, dtype=bool))
    (basis,) = sizing_bases({"avg_cpu": history})
    assert demand_of(basis, FLAT, history, CAPACITY, 1).saturated_at == expected


def test_a_filled_hour_never_saturates() -> None:
    history = LoadSeries(START, np.array([0.1, 1.0, 0.1]), np.array([True, False, True]))
    (basis,) = sizing_bases({"avg_cpu": history})
    assert demand_of(basis, FLAT, history, CAPACITY, 1).saturated_at is None


def test_a_count_is_sized_by_its_share_of_its_observed_peak() -> None:
    history = LoadSeries(START, np.array([100.0, 400.0, 200.0]), np.ones(3, dtype=bool))
    found = count_demand("requests", np.full((24, 7), 300.0), history, CAPACITY)
    assert found is not None
    assert found[0].quantiles.max() == pytest.approx(3.0)
    assert "400" in found[1].text


def test_a_count_that_never_moved_off_zero_says_nothing() -> None:
    assert count_demand("requests", FLAT, series(0.0), CAPACITY) is None


def test_the_past_goes_through_the_same_weight_and_capacity_as_the_forecast() -> None:
    (basis,) = sizing_bases({"avg_cpu": series(0.2)})
    past = LoadSeries(START, np.linspace(0.5, 0.0, 336), np.ones(336, dtype=bool))
    peaks = past_peaks(basis, past, age_hours=0, source="statistical", weight=2.0)
    assert peaks is not None
    assert peaks.rule.name == "statistical/cpu"
    demand = demand_of(basis, FLAT * 2, past, CAPACITY, replicas=1, past=peaks)
    assert demand.past is not None
    # Half of 4 vCPUs, twice; ascending.
    assert (demand.past[0], demand.past[-1]) == (0.0, 4.0)
    assert (np.diff(demand.past) >= 0).all()
    assert demand.quantiles.max() == 4.0


def test_hours_that_were_not_observed_are_no_past() -> None:
    (basis,) = sizing_bases({"avg_cpu": series(0.2)})
    seen = np.arange(336) % 2 == 0
    padded = LoadSeries(START, np.where(seen, 0.2, 0.9), seen)
    peaks = past_peaks(basis, padded, age_hours=0, source="lstm", weight=1.0)
    assert peaks is not None
    assert peaks.ascending.tolist() == [0.2] * 168


@pytest.mark.parametrize(
    ("source", "age_hours", "hours"),
    [("fallback", 0, 336), ("lstm", 25, 336), ("lstm", 0, 0)],
    ids=["rule", "old", "none"],
)
def test_without_a_rule_or_with_an_old_past_the_forecast_decides_alone(source: str, age_hours: int, hours: int) -> None:
    (basis,) = sizing_bases({"avg_cpu": series(0.2)})
    seen = np.zeros(336, dtype=bool)
    seen[:hours] = True
    assert past_peaks(basis, LoadSeries(START, np.full(336, 0.2), seen), age_hours, source, 1.0) is None
