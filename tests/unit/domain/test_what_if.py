"""What-if questions: what may be changed, what is refused, and what a change does to the load."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import ContextValidationError, InvalidRequest, RegionRequired
from domain.what_if import WhatIfRequest, read_what_if_request
from tests.fakes.world import body


def ask(changes: object, **context: Any) -> WhatIfRequest:
    return read_what_if_request(body(**context) | {"changes": changes})


def test_what_is_not_changed_stays_and_what_is_null_is_not_changed() -> None:
    request = ask({"users_factor": 3, "risk": None}, replicas=2, risk=0.05)
    assert (request.context, request.load_factor) == (request.plan.context, 3.0)
    assert request.plan.ignored == ()


def test_users_scale_the_load_by_their_ratio() -> None:
    request = ask({"expected_users": 1500}, expected_users=500)
    assert (request.load_factor, request.context.expected_users) == (3.0, 1500)


def test_more_replicas_carry_less_each() -> None:
    request = ask({"users_factor": 3, "replicas": 6}, replicas=2)
    assert request.per_replica_factor == pytest.approx(1.0)
    assert len(request.assumptions) == 2


def test_a_change_that_needs_no_assumption_makes_none() -> None:
    assert ask({"risk": 0.1}).assumptions == ()


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        (None, ["/changes"]),
        ({}, ["/changes"]),
        ([1], ["/changes"]),
        ({"replicas": None}, ["/changes"]),
        ({"replica": 3}, ["/changes/replica"]),
        ({"replicas": 0}, ["/changes/replicas"]),
        ({"risk": 0.9, "replicas": "3"}, ["/changes/risk", "/changes/replicas"]),
        ({"users_factor": 0}, ["/changes/users_factor"]),
        ({"users_factor": -1}, ["/changes/users_factor"]),
        ({"users_factor": True}, ["/changes/users_factor"]),
        ({"users_factor": float("nan")}, ["/changes/users_factor"]),
        ({"users_factor": 1e9}, ["/changes/users_factor"]),
        ({"users_factor": "3"}, ["/changes/users_factor"]),
        ({"users_factor": 2, "expected_users": 5}, ["/changes/expected_users"]),
    ],
)
def test_every_bad_change_is_named(changes: Any, pointers: list[str]) -> None:
    with pytest.raises(ContextValidationError) as caught:
        ask(changes, expected_users=10)
    assert sorted(field.pointer for field in caught.value.fields) == sorted(pointers)


def test_bad_fields_of_the_plan_and_of_the_changes_are_named_together() -> None:
    with pytest.raises(ContextValidationError) as caught:
        ask({"users_factor": 0}, replicas=0)
    assert [field.pointer for field in caught.value.fields] == ["/context/replicas", "/changes/users_factor"]


def test_another_provider_needs_one_of_its_regions() -> None:
    with pytest.raises(RegionRequired) as caught:
        ask({"provider": "azure"}, provider="aws", region="eu-west-1")
    assert caught.value.fields[0].pointer == "/changes/region"
    assert ask({"provider": "azure", "region": "westeurope"}).context.provider == "azure"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"region": "eu-west-1"}, "/changes/provider"),
        ({"expected_users": 500}, "/context/expected_users"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        ask(changes)
    assert caught.value.fields[0].pointer == pointer


def test_no_users_at_all_are_nothing_to_plan() -> None:
    with pytest.raises(InvalidRequest, match="without users"):
        ask({"expected_users": 0}, expected_users=500)


@pytest.mark.parametrize("raw", [None, [], "x"])
def test_a_body_must_be_an_object(raw: object) -> None:
    with pytest.raises(InvalidRequest):
        read_what_if_request(raw)
