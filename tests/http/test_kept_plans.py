"""`GET /plans`: what was planned is there to be read, with what really happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from tests.fakes.world import NOW, World, body
from tests.http.test_problems import problem

Client = TestClient[Litestar]


def make(client: Client, path: str = "/plans", **changes: Any) -> str:
    """Plan, and return where the plan can be read."""
    response = client.post(path, json=body() | changes)
    assert response.status_code == 200, response.text
    location: str = response.headers["content-location"]
    return location


def test_a_plan_can_be_read_at_once_where_its_answer_says(client: Client) -> None:
    answered = client.post("/plans?detail=full", json=body(weight=1.5, nonsense=1))
    found = client.get(answered.headers["content-location"])
    assert found.status_code == 200, found.text
    kept = found.json()
    assert list(kept) == ["plan_id", "kind", "generated_at", "request", "plan", "actual"]
    expected = answered.json()
    # Reports of other detectors than the one that decides are made for those who ask only.
    assert len(expected["detail"].pop("anomalies")) > 1
    assert kept["plan"] == expected
    assert list(kept["plan"]) == list(expected)
    assert kept["request"]["service_id"] == "shop"
    assert kept["request"]["metric_name"] == "avg_cpu"
    assert kept["request"]["context"]["weight"] == 1.5
    assert kept["request"]["ignored"] == ["/context/nonsense"]
    assert answered.headers["content-location"] == f"/plans/{kept['plan_id']}"


def test_the_plain_answer_does_not_grow(client: Client) -> None:
    response = client.post("/plans", json=body())
    assert list(response.json()) == [
        "prediction", "recommended_flavor", "expected_cost_per_day", "generated_at", "notes",
    ]  # fmt: skip


def test_an_hourly_plan_is_kept_as_what_it_is(client: Client) -> None:
    answered = client.post("/plans/hourly", json=body())
    kept = client.get(answered.headers["content-location"]).json()
    assert kept["kind"] == "hourly"
    detail = kept["plan"].pop("detail")
    assert kept["plan"] == answered.json()
    assert set(detail) == {"quantiles", "flavors", "route", "reasons", "evidence"}


def test_each_metric_of_several_is_a_plan_of_its_own(client: Client) -> None:
    asked = {key: value for key, value in body().items() if key != "metric_name"}
    response = client.post("/plans/multi", json=asked | {"metric_names": ["avg_memory", "avg_cpu"]})
    links = [part.partition(">")[0].lstrip(" <") for part in response.headers["link"].split(",")]
    assert [client.get(link).json()["request"]["metric_name"] for link in links] == ["avg_memory", "avg_cpu"]


def test_the_list_is_newest_first_and_narrowed_by_service_metric_and_time(client: Client, world: World) -> None:
    first = make(client)
    world.clock.moment += timedelta(minutes=1)
    second = make(client, service_id="quiet")
    world.clock.moment += timedelta(minutes=1)
    third = make(client, metric_name="requests")
    ids = [location.rpartition("/")[2] for location in (first, second, third)]

    def listed(query: str) -> list[str]:
        return [item["plan_id"] for item in client.get(f"/plans{query}").json()["plans"]]

    assert listed("") == ids[::-1]
    assert listed("?service=quiet") == [ids[1]]
    assert listed("?service=shop&metric=requests") == [ids[2]]
    assert listed("?since=2026-11-23T12:01:30Z") == [ids[2], ids[1]]
    assert listed("?until=2026-11-23T13:01:30%2B01:00") == [ids[0]]
    assert listed("?service=Shop") == []


def test_pages_follow_each_other_by_cursor(client: Client, world: World) -> None:
    made = []
    for _ in range(5):
        world.clock.moment += timedelta(seconds=1)
        made.append(make(client).rpartition("/")[2])
    seen, cursor = [], ""
    for _ in range(3):
        page = client.get(f"/plans?limit=2{cursor}").json()
        seen += [item["plan_id"] for item in page["plans"]]
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]
    assert page["next"] is None


def test_every_bad_parameter_is_named(client: Client) -> None:
    found = problem(client.get("/plans?since=yesterday&cursor=x&limit=101&until=2026-13-01"), 422, "invalid_request")
    assert [error["pointer"] for error in found["errors"]] == ["?since", "?until", "?cursor", "?limit"]


@pytest.mark.parametrize("plan_id", ["0199f0c0-0000-7000-8000-00000000ffff", "x", "' OR 1=1 --"])
def test_an_unknown_plan_is_not_found(client: Client, plan_id: str) -> None:
    problem(client.get(f"/plans/{plan_id}"), 404, "plan_not_found")


def test_what_really_happened_appears_when_history_arrives(client: Client, world: World) -> None:
    location = make(client)
    assert client.get(location).json()["actual"] is None
    plan = client.get(location).json()["plan"]
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    medians = [point["value"] for point in plan["prediction"]["predictions"]]
    # The first three hours ask as much as was forecast, the fourth as much as there is.
    world.history.add("shop", "avg_cpu", start, [*medians[:3], 1.0])
    world.history.add("shop", "cpu_max", start, [0.1, 0.1, 0.1, 50.0])
    world.clock.moment = NOW + timedelta(hours=5)
    actual = client.get(location).json()["actual"]
    assert [hour["error"] for hour in actual["hours"]] == [0, 0, 0, pytest.approx(medians[3] - 1.0)]
    assert actual["mean_absolute_error"] == pytest.approx((1.0 - medians[3]) / 4)
    assert actual["coverage"] == {"p50": 0.75, "p90": 0.75, "p95": 0.75, "p99": 0.75}
    (cpu,) = [item for item in actual["capacity"] if item["resource"] == "cpu"]
    assert (cpu["hours"], cpu["hours_over"]) == (4, 1)


def test_with_the_database_away_plans_are_answered_and_marked_and_kept(world: World, tmp_path: Path) -> None:
    world.settings["plan_spool_dir"] = tmp_path
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        world.kept.problem = "the database does not answer"
        make(client)
        # Asking for a plan waits for the journal to notice.
        problem(client.get("/plans"), 503, "database_unavailable")
        marked = client.post("/plans?detail=full", json=body()).json()
        assert "not stored yet (the database does not answer)" in marked["notes"]
        assert "plan_not_stored_yet" in [reason["code"] for reason in marked["detail"]["reasons"]]
    world.kept.problem = ""
    # The next run stores what this one left on disk.
    container = world.container()
    journal = container.plan_journal()
    assert journal is not None
    journal.start()
    with TestClient(create_app(container)) as client:
        for _ in range(200):
            if len(client.get("/plans").json()["plans"]) == 2:
                break
        assert len(client.get("/plans").json()["plans"]) == 2


@pytest.mark.parametrize("keeps", ["alerts", "none"])
def test_nothing_is_promised_where_plans_are_not_kept(world: World, keeps: str) -> None:
    world.settings["keep_plans"] = keeps
    with TestClient(create_app(world.container())) as client:
        response = client.post("/plans", json=body())
        assert response.status_code == 200
        assert "content-location" not in response.headers


def test_the_database_is_made_on_the_first_plan_and_read_by_the_next_process(world: World, tmp_path: Path) -> None:
    world.settings["database_url"] = f"sqlite:///{tmp_path}/new/plans.sqlite3"

    def real() -> Any:
        container = world.container()
        container.plan_store.reset_override()
        container.clock.override(providers.Object(world.clock))
        return container

    container = real()
    with TestClient(create_app(container)) as client:
        location = make(client)
    container.database().close()
    again = real()
    with TestClient(create_app(again)) as client:
        assert client.get(location).json()["request"]["service_id"] == "shop"
    again.database().close()
