"""`POST /what-if`, key by key."""

from __future__ import annotations

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.fakes.world import body

Client = TestClient[Litestar]
SIDE = [
    "provider", "region", "flavor", "vcpus", "memory_gib", "replicas", "cost_usd_per_day", "accepted_risk",
    "need_vcpus", "need_memory_gib", "cpu_share_over", "memory_share_over",
]  # fmt: skip


def test_the_answer_has_before_after_and_unchanged(client: Client) -> None:
    response = client.post("/what-if", json=body() | {"changes": {"users_factor": 2, "replicas": 4}})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert list(answer) == [
        "service_id", "metric_name", "load_factor", "before", "after", "unchanged", "cost_difference_usd_per_day",
        "assumptions", "notes_before", "notes_after", "generated_at",
    ]  # fmt: skip
    for side in ("before", "after", "unchanged"):
        assert list(answer[side]) == SIDE
    assert (answer["before"]["replicas"], answer["after"]["replicas"], answer["load_factor"]) == (1, 4, 2.0)
    difference = answer["after"]["cost_usd_per_day"] - answer["before"]["cost_usd_per_day"]
    assert answer["cost_difference_usd_per_day"] == pytest.approx(difference)
    assert len(answer["assumptions"]) == 2


def test_before_is_what_a_plan_says(client: Client) -> None:
    plan = client.post("/plans", json=body()).json()
    before = client.post("/what-if", json=body() | {"changes": {"risk": 0.1}}).json()["before"]
    assert (before["flavor"], before["cost_usd_per_day"]) == (plan["recommended_flavor"], plan["expected_cost_per_day"])


def test_a_what_if_is_not_kept(client: Client) -> None:
    response = client.post("/what-if", json=body() | {"changes": {"risk": 0.1}})
    assert "Content-Location" not in response.headers


def test_a_bad_change_is_a_problem_that_names_it(client: Client) -> None:
    response = client.post("/what-if", json=body() | {"changes": {"users": 3}})
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("application/problem+json")
    assert response.json()["errors"][0]["pointer"] == "/changes/users"


def test_the_schema_describes_every_change(client: Client) -> None:
    from domain.what_if import CHANGES

    document = client.get("/schema").json()
    schema = document["components"]["schemas"]["WhatIfRequest"]
    assert set(schema["properties"]["changes"]["properties"]) == set(CHANGES)
    content = document["paths"]["/what-if"]["post"]["requestBody"]["content"]["application/json"]
    (example,) = content["examples"].values()
    assert client.post("/what-if", json=example["value"]).status_code == 200
