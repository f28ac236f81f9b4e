"""Request bodies are read whole: every bad field at once, unknown keys reported."""

from __future__ import annotations

import pytest

from domain.errors import ContextValidationError, InvalidRequest
from domain.plan_request import read_multi_plan_request, read_plan_request

CONTEXT = {"context_id": "c", "timestamp": "2026-11-23T12:00:00Z", "service_type": "api"}


def test_metric_defaults_to_total_events() -> None:
    assert read_plan_request({"service_id": "s", "context": CONTEXT}).metric_name == "total_events"


def test_unknown_keys_are_ignored_but_listed() -> None:
    request = read_plan_request({"service_id": "s", "x": 1, "context": CONTEXT | {"colour": "red", "cpu": 0.1}})
    assert request.ignored == ("/x", "/context/colour")


@pytest.mark.parametrize("raw", [None, [], "text", 5])
def test_a_body_that_is_no_object_is_refused(raw: object) -> None:
    with pytest.raises(InvalidRequest, match="JSON object"):
        read_plan_request(raw)


@pytest.mark.parametrize("service_id", ["", "s" * 129, 5, None])
def test_service_id_is_text_of_1_to_128_characters(service_id: object) -> None:
    with pytest.raises(ContextValidationError) as caught:
        read_plan_request({"service_id": service_id, "context": CONTEXT})
    assert [error.pointer for error in caught.value.fields] == ["/service_id"]


def test_bad_fields_of_body_and_context_come_together() -> None:
    with pytest.raises(ContextValidationError) as caught:
        read_plan_request({"metric_name": "", "context": CONTEXT | {"weight": -1}})
    assert [error.pointer for error in caught.value.fields] == ["/service_id", "/metric_name", "/context/weight"]


def test_a_missing_context_is_named() -> None:
    with pytest.raises(ContextValidationError) as caught:
        read_plan_request({"service_id": "s"})
    assert [(error.pointer, error.code) for error in caught.value.fields] == [("/context", "missing")]


def test_several_metrics_are_taken_once_each_in_order() -> None:
    request = read_multi_plan_request({"service_id": "s", "metric_names": ["b", "a", "b"], "context": CONTEXT})
    assert request.metric_names == ("b", "a")


@pytest.mark.parametrize(
    ("names", "pointer"),
    [([], "/metric_names"), ("cpu", "/metric_names"), (None, "/metric_names"), (["a", 5], "/metric_names/1"),
     (["m"] * 33, "/metric_names")],
)  # fmt: skip
def test_bad_metric_lists_are_named(names: object, pointer: str) -> None:
    with pytest.raises(ContextValidationError) as caught:
        read_multi_plan_request({"service_id": "s", "metric_names": names, "context": CONTEXT})
    assert [error.pointer for error in caught.value.fields] == [pointer]
