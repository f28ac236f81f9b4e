"""What happened beside what was said, and how past plans did."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from domain.metrics import Resource
from domain.plans.accuracy import AccuracyKey, sum_up
from domain.plans.records import PlanKind, PlanSummary, StoredPlan
from domain.plans.review import PlanClaims, PlannedHour, PlannedResource, PlanReview, claims_of, review
from domain.series import HOUR, LoadSeries, from_hour_slots

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = AccuracyKey(service_id="shop", metric_name="avg_cpu", model_version="m")


def claims(hours: int = 3, recommended: tuple[float, ...] = (2.0, 2.0, 4.0)) -> PlanClaims:
    return PlanClaims(
        hours=tuple(PlannedHour(time=START + step * HOUR, quantiles=(0.5, 0.6, 0.7, 0.8)) for step in range(hours)),
        weight=1.0,
        resources=(
            PlannedResource(resource=Resource.CPU, metric_name="cpu_max", per_replica=4.0, recommended=recommended),
        ),
    )


def series(*values: float | None) -> LoadSeries:
    filled = np.array([0.0 if value is None else value for value in values])
    return from_hour_slots(START, filled, np.array([value is not None for value in values]))


def test_hours_are_held_against_the_median_and_each_quantile() -> None:
    found = review(claims(), series(0.5, 0.65, 0.9), {})
    assert [hour.error for hour in found.hours] == [0.0, pytest.approx(-0.15), pytest.approx(-0.4)]
    assert found.below == {"p50": 1, "p90": 1, "p95": 2, "p99": 2}
    assert found.coverage["p95"] == pytest.approx(2 / 3)


def test_an_hour_nobody_observed_counts_for_nothing() -> None:
    found = review(claims(), series(0.5, None, 0.9), {})
    assert [hour.time for hour in found.hours] == [START, START + 2 * HOUR]


def test_each_hour_is_held_against_the_flavor_of_that_hour() -> None:
    # Four vCPUs × 0.6 are 2.4: over the two of the first hours, within the four of the last.
    found = review(claims(), None, {"cpu_max": series(0.6, 0.4, 0.6)})
    (cpu,) = found.capacity
    assert (cpu.hours, cpu.hours_over) == (3, 1)


def test_nothing_observed_is_no_accuracy() -> None:
    empty = review(claims(), None, {})
    assert empty.mean_absolute_error is None
    assert sum_up(KEY, [empty]) is None


def test_every_hour_of_every_plan_counts_the_same() -> None:
    reviews: list[PlanReview] = [
        review(claims(), series(0.4, 0.4, 0.4), {"cpu_max": series(0.6, 0.6, 0.6)}),
        review(claims(), series(1.0), {}),
    ]
    found = sum_up(KEY, reviews)
    assert found is not None
    assert (found.plans, found.hours) == (2, 4)
    assert found.mean_absolute_error == pytest.approx((3 * 0.1 + 0.5) / 4)
    assert found.wape == pytest.approx(0.8 / 2.2)
    assert found.bias == pytest.approx((0.3 - 0.5) / 2.2)
    assert found.coverage == {"p50": 0.75, "p90": 0.75, "p95": 0.75, "p99": 0.75}
    assert found.over_capacity == {Resource.CPU: pytest.approx(2 / 3)}


def test_a_service_that_did_nothing_has_no_relative_error() -> None:
    found = sum_up(KEY, [review(claims(), series(0.0, 0.0), {})])
    assert found is not None
    assert (found.wape, found.bias, found.mean_absolute_error) == (None, None, 0.5)


def test_a_document_of_another_shape_is_refused() -> None:
    summary = PlanSummary(
        plan_id="x", owner_id=None, kind=PlanKind.DAY, service_id="s", metric_name="m", model_version="v",
        generated_at=START, first_hour=START, recommended_flavor="small", cost_usd_per_day=Decimal(1),
        is_anomaly=False, digest="d",
    )  # fmt: skip
    with pytest.raises(TypeError):
        claims_of(StoredPlan(summary=summary, request={}, document={"detail": []}))
