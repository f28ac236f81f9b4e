"""The answers of `/plans`, key by key and in order: deployment pipelines depend on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes.world import World, body

Client = TestClient[Litestar]
PLAN_KEYS = ["prediction", "recommended_flavor", "expected_cost_per_day", "generated_at", "notes"]
PREDICTION_KEYS = ["service_id", "metric_name", "model_version", "generated_at", "predictions"]
HOURLY_KEYS = [
    "service_id", "metric_name", "model_version", "generated_at", "hourly_recommendations", "breakpoints",
    "total_expected_cost_24h", "notes",
]  # fmt: skip


def ask(client: Client, path: str = "/plans", **changes: Any) -> dict[str, Any]:
    """POST a body and return the decoded answer, keys in the order sent."""
    response = client.post(path, json=body() | changes)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    return answer


def test_the_plain_answer_has_the_frozen_keys_in_order(client: Client) -> None:
    answer = ask(client)
    assert list(answer) == PLAN_KEYS
    assert list(answer["prediction"]) == PREDICTION_KEYS
    assert all(list(point) == ["time", "value"] for point in answer["prediction"]["predictions"])
    assert isinstance(answer["expected_cost_per_day"], float)
    assert isinstance(answer["notes"], str)


def test_24_hourly_values_start_at_the_next_full_hour_in_utc(client: Client) -> None:
    points = ask(client)["prediction"]["predictions"]
    first = datetime(2026, 11, 23, 12, tzinfo=UTC)
    expected = [(first + timedelta(hours=step)).strftime("%Y-%m-%dT%H:%M:%SZ") for step in range(24)]
    assert [point["time"] for point in points] == expected


def test_the_answer_names_what_was_asked(client: Client) -> None:
    prediction = ask(client, metric_name="requests")["prediction"]
    assert (prediction["service_id"], prediction["metric_name"]) == ("shop", "requests")
    assert prediction["model_version"] == "web_normal_lstm_v1_statistical"


def test_times_carry_z_and_come_from_the_service_s_clock(client: Client, world: World) -> None:
    answer = ask(client)
    assert answer["generated_at"] == answer["prediction"]["generated_at"] == "2026-11-23T12:00:30Z"


def test_counts_are_not_clamped_to_one_and_ratios_are(client: Client) -> None:
    counts = ask(client, metric_name="requests")["prediction"]["predictions"]
    assert max(point["value"] for point in counts) > 1000
    ratios = ask(client, context=body(weight=50)["context"])["prediction"]["predictions"]
    assert max(point["value"] for point in ratios) == 1.0


def test_plans_depend_on_the_service_asked_for(client: Client) -> None:
    busy, quiet = (ask(client, service_id=name)["prediction"]["predictions"] for name in ("shop", "quiet"))
    assert min(point["value"] for point in busy) > max(point["value"] for point in quiet)


def test_the_same_request_gives_the_same_plan(client: Client) -> None:
    assert ask(client) == ask(client)


def test_the_metric_defaults_to_total_events(client: Client) -> None:
    response = client.post("/plans", json=body(metric=None))
    assert response.json()["prediction"]["metric_name"] == "total_events"


def test_detail_full_adds_exactly_one_key(client: Client) -> None:
    plain = client.post("/plans", json=body())
    full = client.post("/plans?detail=full", json=body() | {"colour": "red"})
    detail = full.json().pop("detail")
    assert list(full.json()) == [*PLAN_KEYS, "detail"]
    assert {key: full.json()[key] for key in PLAN_KEYS} == plain.json()
    assert list(detail) == [
        "quantiles", "anomaly", "flavor", "need", "alternatives", "route", "reasons", "evidence", "ignored",
        "anomalies",
    ]  # fmt: skip
    assert detail["ignored"] == ["/colour"]


def test_the_detail_holds_the_reports_of_all_detectors(client: Client) -> None:
    detail = client.post("/plans?detail=full", json=body()).json()["detail"]
    reports = detail["anomalies"]
    assert [report["detector"] for report in reports] == ["z_score", "robust", "seasonal", "observed"]
    assert reports[0] == detail["anomaly"]
    assert all(list(report) == list(detail["anomaly"]) for report in reports)
    several = {"service_id": "shop", "metric_names": ["avg_cpu", "requests"], "context": body()["context"]}
    results = client.post("/plans/multi?detail=full", json=several).json()["results"]
    assert [len(result["detail"]["anomalies"]) for result in results.values()] == [4, 4]
    assert results["avg_cpu"]["detail"]["anomalies"] == reports


def test_the_detail_shows_quantiles_risk_and_evidence(client: Client) -> None:
    detail = client.post("/plans?detail=full", json=body()).json()["detail"]
    assert len(detail["quantiles"]) == 24
    assert all(hour["p50"] <= hour["p90"] <= hour["p95"] <= hour["p99"] for hour in detail["quantiles"])
    assert [option["flavor"] for option in detail["alternatives"]] == ["small", "medium"]
    risks = [option["cpu_share_over"] for option in detail["alternatives"]]
    assert risks == sorted(risks, reverse=True)
    evidence = detail["evidence"]
    assert evidence["history"]["observed_hours"] == 336
    assert evidence["history"]["last_hour"] == "2026-11-23T11:00:00Z"
    assert len(evidence["history"]["digest"]) >= 16
    assert evidence["catalogue_as_of"] == "2026-11-23"
    assert evidence["policy"]["sized_from"] == {"cpu": "cpu_max", "memory": "avg_memory"}
    sized = evidence["policy"]["sizing_rules"]
    assert set(sized) == {"cpu", "memory"}
    assert sized["memory"]["risk"] == pytest.approx(0.001)
    assert detail["route"]["engine"] == "lstm"
    assert {reason["code"] for reason in detail["reasons"]} >= {"sized", "price_date", "model_unavailable"}


def test_a_size_follows_from_its_evidence(client: Client) -> None:
    detail = client.post("/plans?detail=full", json=body()).json()["detail"]
    for resource, unit in (("cpu", "vcpus"), ("memory", "memory_gib")):
        told = detail["evidence"]["policy"]["sizing_rules"][resource]
        weight = told["forecast_weight"]
        between = told["forecast_need"] ** weight * told["past_need"] ** (1 - weight)
        margin = told["margin"] * (told["highest_hour"] * (told["highest_hour"] - told["median_hour"])) ** 0.5
        assert told["size"] == pytest.approx(min(between, told["highest_hour"]) + margin, rel=1e-3)
        assert told["size"] == pytest.approx(detail["need"][unit])
        assert told["past_hours"] == 336
    assert "sizing_rule" in {reason["code"] for reason in detail["reasons"]}


@pytest.mark.parametrize("value", ["", "FULL", "1", "full;drop"])
def test_detail_takes_no_other_value(client: Client, value: str) -> None:
    response = client.post("/plans", params={"detail": value}, json=body())
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "?detail"


def test_several_metrics_are_planned_at_once(client: Client) -> None:
    request = {key: value for key, value in body().items() if key != "metric_name"}
    answer = client.post("/plans/multi", json=request | {"metric_names": ["requests", "avg_cpu"]}).json()
    assert list(answer) == ["results", "generated_at"]
    assert list(answer["results"]) == ["requests", "avg_cpu"]
    assert list(answer["results"]["avg_cpu"]) == PLAN_KEYS
    assert answer["results"]["avg_cpu"] == ask(client)


def test_an_hourly_schedule_has_the_frozen_keys_in_order(client: Client) -> None:
    answer = ask(client, "/plans/hourly")
    assert list(answer) == HOURLY_KEYS
    assert list(answer["breakpoints"]) == ["p25", "p50", "p75", "mean", "stdev"]
    hours = answer["hourly_recommendations"]
    assert [hour["hour_index"] for hour in hours] == list(range(24))
    assert list(hours[0]) == [
        "hour_index", "timestamp", "predicted_value", "percentile", "recommended_flavor", "hourly_cost",
    ]  # fmt: skip
    assert min(hour["percentile"] for hour in hours) == 0.0
    assert max(hour["percentile"] for hour in hours) == 1.0
    assert answer["total_expected_cost_24h"] == pytest.approx(sum(hour["hourly_cost"] for hour in hours))
    ordered = sorted(hours, key=lambda hour: hour["predicted_value"])
    assert [hour["percentile"] for hour in ordered] == sorted(hour["percentile"] for hour in hours)


def test_the_openapi_examples_are_answered(client: Client) -> None:
    document = client.get("/schema").json()
    assert document["openapi"].startswith("3.1")
    for path in ("/plans", "/plans/multi", "/plans/hourly"):
        examples = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        for example in examples.values():
            without_price = msgspec.json.decode(msgspec.json.encode(example["value"]))
            for key in ("provider", "current_flavor"):
                without_price["context"].pop(key, None)
            assert client.post(path, json=without_price).status_code == 200


def test_the_openapi_request_describes_every_field_that_is_read(client: Client) -> None:
    from domain.context import MCPContext

    schemas = client.get("/schema").json()["components"]["schemas"]
    assert set(schemas["MCPContext"]["properties"]) == set(MCPContext.model_fields)
    assert set(schemas["PlanRequest"]["properties"]) == {"service_id", "metric_name", "context"}
