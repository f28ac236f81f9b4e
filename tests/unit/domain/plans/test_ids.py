"""Ids that sort by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.plans.ids import RANDOM_BYTES, is_id, lowest_id, time_ordered_id

moments = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC))
randoms = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(moments, randoms)
def test_an_id_is_a_uuid_of_version_7_and_holds_its_millisecond(moment: datetime, random: bytes) -> None:
    text = time_ordered_id(moment, random)
    found = UUID(text)
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert is_id(text)
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert found.int >> 80 == milliseconds


@given(moments, moments, randoms, randoms)
def test_ids_sort_as_their_times_do(first: datetime, second: datetime, one: bytes, other: bytes) -> None:
    a, b = time_ordered_id(first, one), time_ordered_id(second, other)
    if first.replace(microsecond=first.microsecond // 1000 * 1000) < second.replace(
        microsecond=second.microsecond // 1000 * 1000
    ):
        assert a < b


@given(moments, randoms)
def test_the_lowest_id_bounds_what_was_made_before(moment: datetime, random: bytes) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert time_ordered_id(whole - timedelta(milliseconds=1), random) < lowest_id(whole)
    assert lowest_id(whole) <= time_ordered_id(whole, random)


def test_other_texts_are_no_ids() -> None:
    for text in ("", "x", "0199f0c0-0000-4000-8000-000000000000", "0199F0C0-0000-7000-8000-000000000000", "a" * 36):
        assert not is_id(text)
