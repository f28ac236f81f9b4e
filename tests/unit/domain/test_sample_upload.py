"""Samples of a collector: all good, or every bad field named by its place."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.sample_upload import MOST_ERRORS, read_samples

GOOD = {"service_id": "shop", "metric_name": "avg_cpu", "ts": "2026-11-23T12:00:00Z", "value": 0.25}
NOON = 1_795_435_200


def bad_fields(*items: object, lines: list[int] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        read_samples(items, lines)
    return [(field.pointer, field.code) for field in caught.value.fields]


@pytest.mark.parametrize(
    "ts",
    [
        "2026-11-23T12:00:00Z",
        "2026-11-23 12:00",
        "2026-11-23T21:00:00+09:00",
        "2026-11-23t12:00:00.999z",
        "2026-11-23T07:00-0500",
    ],
)
def test_times_are_read_as_utc(ts: str) -> None:
    assert read_samples([GOOD | {"ts": ts}]).seconds.tolist() == [NOON]


def test_samples_become_columns_in_their_order() -> None:
    batch = read_samples([GOOD, GOOD | {"service_id": "auth", "value": 3}, GOOD | {"extra": 1}])
    assert [batch.names[code] for code in batch.codes] == [
        ("shop", "avg_cpu"),
        ("auth", "avg_cpu"),
        ("shop", "avg_cpu"),
    ]
    assert batch.values.tolist() == [0.25, 3.0, 0.25]
    assert batch.services == {"shop", "auth"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("service_id", None, "missing"),
        ("service_id", "", "format"),
        ("service_id", " shop", "format"),
        ("service_id", "x" * 129, "format"),
        ("service_id", 7, "type"),
        ("metric_name", "a\nb", "format"),
        ("ts", None, "missing"),
        ("ts", "soon", "format"),
        ("ts", 1732363200, "type"),
        ("ts", "20261123T120000Z", "format"),
        ("ts", "2026-02-30T00:00:00Z", "format"),
        ("ts", "1969-12-31T23:59:59Z", "format"),
        ("ts", "٢٠٢٦-11-23T12:00:00Z", "format"),
        ("value", None, "missing"),
        ("value", "0.5", "type"),
        ("value", True, "type"),
        ("value", 1e19, "format"),
        ("value", 10**400, "format"),
        ("value", math.nan, "format"),
        ("value", math.inf, "format"),
        ("value", [], "type"),
    ],
)
def test_a_bad_field_is_named_by_index_and_key(field: str, value: object, code: str) -> None:
    assert bad_fields(GOOD, GOOD | {field: value}) == [(f"/1/{field}", code)]


def test_all_bad_fields_are_named_at_once_and_the_line_where_there_are_lines() -> None:
    assert bad_fields({}, [], GOOD) == [
        ("/0/service_id", "missing"),
        ("/0/metric_name", "missing"),
        ("/0/ts", "missing"),
        ("/0/value", "missing"),
        ("/1", "type"),
    ]
    with pytest.raises(InvalidRequest) as caught:
        read_samples([GOOD, {**GOOD, "value": None}], [1, 4])
    assert caught.value.fields[0].expected.endswith("(line 4)")


def test_of_very_many_bad_fields_the_first_few_are_named_and_all_counted() -> None:
    with pytest.raises(
        InvalidRequest, match=r"^4000 field\(s\) are bad, nothing was stored: .*; and 3997 more$"
    ) as caught:
        read_samples([{}] * 1000)
    assert len(caught.value.fields) == MOST_ERRORS


def test_nothing_at_all_is_refused() -> None:
    assert bad_fields() == [("", "missing")]


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, anything)) | anything, max_size=5))
def test_whatever_is_sent_is_stored_whole_or_refused(items: list[Any]) -> None:
    try:
        stored = len(read_samples(items))
    except InvalidRequest as error:
        stored = 0 if error.fields else -1
    assert stored in (0, len(items))
