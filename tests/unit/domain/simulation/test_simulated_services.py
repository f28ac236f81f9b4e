"""Eight services that differ in the ways their names promise."""

from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.simulation import SERVICE_END, SERVICE_START, simulate_services

Floats = NDArray[np.float64]
Values = dict[tuple[str, str], Floats]
SERVICES = {
    "shop-web", "shop-api", "orders-db", "search-api", "auth-api", "media-web", "report-batch", "new-api",
}  # fmt: skip
METRICS = {"avg_cpu", "cpu_max", "avg_memory", "memory_max", "requests"}
FULL = SERVICES - {"new-api"}


@pytest.fixture(scope="module", params=[0, 2026])
def values(request: pytest.FixtureRequest) -> Values:
    return {(each.service_id, each.metric_name): each.values for each in simulate_services(request.param)}


def test_every_service_has_every_metric_in_order_of_name() -> None:
    keys = [(each.service_id, each.metric_name) for each in simulate_services(1)]
    assert keys == sorted({(service, metric) for service in SERVICES for metric in METRICS})


def test_all_end_with_the_same_hour_after_four_weeks_and_new_api_after_ten_hours() -> None:
    for each in simulate_services(1):
        hours = 10 if each.service_id == "new-api" else 28 * 24
        assert len(each.values) == hours
        assert each.start + timedelta(hours=hours - 1) == SERVICE_END
    assert SERVICE_END.isoformat() == "2026-11-23T23:00:00+00:00"


@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_ratios_lie_between_0_and_1_and_maxima_are_not_below_means(values: Values, resource: str) -> None:
    for service in SERVICES:
        mean, highest = values[service, f"avg_{resource}"], values[service, f"{resource}_max"]
        assert (mean >= 0).all(), service
        assert (highest >= mean).all(), service
        assert (highest <= 1).all(), service


def test_requests_are_whole_counts(values: Values) -> None:
    for service in SERVICES:
        requests = values[service, "requests"]
        assert np.array_equal(requests, np.rint(requests))
        assert (requests >= 0).all()
        assert requests.max() > 1


def test_shop_services_are_daily_and_peak_in_the_evening(values: Values) -> None:
    for service in ("shop-web", "shop-api"):
        profile = values[service, "avg_cpu"].reshape(28, 24).mean(axis=0)
        assert 17 <= profile.argmax() <= 21
        assert profile.max() > 2 * profile.min()


def test_auth_api_idles_and_orders_db_is_heavy_on_memory(values: Values) -> None:
    assert values["auth-api", "avg_cpu"].max() < 0.1
    assert values["auth-api", "memory_max"].max() < 0.25
    memory = values["orders-db", "memory_max"]
    assert 0.75 < memory[-168:].mean() < 0.95
    assert memory.max() < 0.95  # heavy, not censored
    assert memory[-168:].mean() > memory[:168].mean()


def test_report_batch_works_at_night(values: Values) -> None:
    profile = values["report-batch", "avg_cpu"].reshape(28, 24).mean(axis=0)
    assert set(np.argsort(profile)[-4:]) <= {0, 1, 2, 3, 4, 5}
    assert profile[8:20].max() < 0.1


def test_search_api_rests_at_weekends(values: Values) -> None:
    by_day = values["search-api", "requests"].reshape(28, 24).mean(axis=1)
    weekend = np.asarray([(SERVICE_START + timedelta(days=day)).weekday() >= 5 for day in range(28)])
    assert by_day[weekend].max() < by_day[~weekend].min()


def test_media_web_bursts_to_saturation_and_is_the_burstiest(values: Values) -> None:
    assert (values["media-web", "cpu_max"] >= 0.95).sum() >= 5
    assert values["media-web", "cpu_max"].mean() < 0.65

    def jumpiness(service: str) -> float:
        load = values[service, "requests"]
        return float(np.quantile(np.abs(np.diff(load)), 0.99) / load.mean())

    assert all(jumpiness("media-web") > jumpiness(other) for other in FULL - {"media-web", "report-batch"})


def test_one_service_does_not_depend_on_another_and_all_depend_on_the_seed() -> None:
    first, second = simulate_services(5), simulate_services(6)
    assert all(np.array_equal(a.values, b.values) for a, b in zip(first, simulate_services(5), strict=True))
    assert not any(np.array_equal(a.values, b.values) for a, b in zip(first, second, strict=True))
