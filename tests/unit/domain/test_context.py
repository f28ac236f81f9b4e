"""A raw mapping becomes a context, or an error that names every bad field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.context import MCPContext, RuntimeEnv, ServiceType, TimeSlot, extract_context
from domain.errors import ContextValidationError

MINIMAL = {"context_id": "ctx-1", "timestamp": "2026-11-23T12:00:00Z", "service_type": "web"}


def test_minimal_context_gets_the_documented_defaults() -> None:
    context = extract_context(MINIMAL)
    assert (context.runtime_env, context.time_slot, context.weight) == (RuntimeEnv.PROD, TimeSlot.NORMAL, 1.0)
    assert (context.replicas, context.risk, context.provider, context.capacity) == (1, 0.01, None, None)
    assert context.timestamp == datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_field_is_read() -> None:
    raw = MINIMAL | {
        "service_type": "db", "runtime_env": "dev", "time_slot": "weekend", "weight": 2, "region": "eu-1",
        "expected_users": 7, "curr_cpu": 0.5, "curr_mem": 0.25, "provider": "aws", "current_flavor": "m5.large",
        "replicas": 3, "capacity": {"vcpus": 2, "memory_gib": 8}, "risk": 0.05,
    }  # fmt: skip
    context = extract_context(raw)
    dumped = context.model_dump(mode="json", exclude={"timestamp"})
    assert dumped == {key: value for key, value in raw.items() if key != "timestamp"}
    assert context.service_type is ServiceType.DB


@pytest.mark.parametrize(
    ("alias", "field", "value"),
    [("current_users", "expected_users", 12), ("cpu", "curr_cpu", 0.3), ("memory", "curr_mem", 0.4)],
)
def test_aliases_fill_their_field_and_the_proper_name_wins(alias: str, field: str, value: float) -> None:
    assert getattr(extract_context(MINIMAL | {alias: value}), field) == value
    assert getattr(extract_context(MINIMAL | {alias: 99, field: value}), field) == value


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [("2026-11-23T12:00:00", 12), ("2026-11-23T12:00:00+09:00", 3), (datetime(2026, 11, 23, 5), 5)],
)
def test_times_become_utc_and_naive_ones_are_utc(stamp: object, hour: int) -> None:
    context = extract_context(MINIMAL | {"timestamp": stamp})
    assert context.timestamp.hour == hour
    assert context.timestamp.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("context_id", "", "length"), ("context_id", 5, "type"), ("timestamp", "yesterday", "type"),
        ("timestamp", 1700000000, "type"), ("timestamp", "0001-01-01T00:00:00Z", "type"),
        ("service_type", "queue", "choice"), ("runtime_env", "test", "choice"), ("time_slot", "", "choice"),
        ("weight", -0.1, "range"), ("weight", "1", "type"), ("weight", True, "type"), ("weight", float("nan"), "range"),
        ("weight", float("inf"), "range"), ("expected_users", -1, "range"), ("expected_users", 1.5, "type"),
        ("curr_cpu", -1, "range"), ("curr_mem", "half", "type"), ("replicas", 0, "range"), ("risk", 0, "range"),
        ("risk", 0.51, "range"), ("capacity", 4, "type"), ("region", "", "length"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_with_what_was_expected(field: str, value: object, code: str) -> None:
    with pytest.raises(ContextValidationError) as caught:
        extract_context(MINIMAL | {field: value})
    (error,) = caught.value.fields
    assert (error.pointer, error.code) == (f"/context/{field}", code)
    assert error.expected != "a valid value"


def test_all_bad_fields_are_named_at_once() -> None:
    with pytest.raises(ContextValidationError) as caught:
        extract_context({"service_type": "x", "weight": -1, "capacity": {"vcpus": 0, "memory_gib": "a"}})
    assert {error.pointer for error in caught.value.fields} == {
        "/context/context_id", "/context/timestamp", "/context/service_type", "/context/weight",
        "/context/capacity/vcpus", "/context/capacity/memory_gib",
    }  # fmt: skip


def test_an_alias_is_named_as_the_caller_wrote_it() -> None:
    with pytest.raises(ContextValidationError) as caught:
        extract_context(MINIMAL | {"cpu": -1})
    assert caught.value.fields[0].pointer == "/context/cpu"


def test_null_counts_as_absent() -> None:
    assert extract_context(MINIMAL | {"weight": None, "region": None}).weight == 1.0


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*MCPContext.model_fields, "cpu", "memory", "other"]), _JUNK), _JUNK)
def test_wild_input_gives_a_context_or_the_one_documented_error(overrides: dict[str, object], whole: object) -> None:
    for raw in (MINIMAL | overrides, whole):
        try:
            assert isinstance(extract_context(raw), MCPContext)
        except ContextValidationError as error:
            named = error.fields
            assert named
