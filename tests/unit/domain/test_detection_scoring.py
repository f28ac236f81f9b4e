"""Alarms held against labels: what counts as found, as a false alarm, and as one alarm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.anomaly.scoring import (
    DetectionTally,
    Label,
    LabelledService,
    Look,
    Window,
    thresholds_to_try,
    windows_of,
)
from domain.series import HOUR

START = datetime(2026, 11, 2, tzinfo=UTC)


def label(start: float, end: float) -> Label:
    return Label(dataset=None, service_id="s", start=START + start * HOUR, end=START + end * HOUR)


def service(scores: Sequence[float], *windows: tuple[int, int]) -> LabelledService:
    """Looks of six hours each from START on."""
    looks = [
        Look(start=START + 6 * index * HOUR, end=START + 6 * (index + 1) * HOUR, scores={"d": score})
        for index, score in enumerate(scores)
    ]
    return LabelledService(looks, [Window(START + a * HOUR, START + b * HOUR) for a, b in windows])


def tally(of: LabelledService, threshold: float = 3.0, ahead: bool = False) -> DetectionTally:
    return of.tally("d", threshold, speaks_of_day_ahead=ahead)


def test_labels_become_full_hours_and_those_that_touch_one() -> None:
    assert windows_of([label(5.5, 6.0), label(1.25, 1.5), label(2.0, 3.0)]) == [
        Window(START + HOUR, START + 3 * HOUR), Window(START + 5 * HOUR, START + 6 * HOUR),
    ]  # fmt: skip
    assert windows_of([label(0, 10), label(2, 3)]) == [Window(START, START + 10 * HOUR)]


def test_a_label_must_end_after_it_starts() -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        label(2, 2)


def test_a_window_counts_once_however_many_alarms_it_has() -> None:
    found = tally(service([0, 5, 5, 5, 0], (6, 24)))
    assert (found.windows, found.found, found.false_alarms) == (1, 1, 0)
    assert (found.precision, found.recall, found.f1) == (1.0, 1.0, 1.0)


def test_one_alarm_may_find_two_windows_and_one_that_is_missed_costs_recall() -> None:
    found = tally(service([0, 5, 0, 0], (6, 7), (9, 10), (20, 22)))
    assert (found.windows, found.found) == (3, 2)
    assert (found.recall, found.precision) == (pytest.approx(2 / 3), 1.0)
    assert found.f1 == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("scores", "calls"),
    [([5, 5, 5, 5], 1), ([5, 5, 5, 5, 5], 2), ([5, 0, 0, 5], 1), ([5, 0, 0, 0, 5], 2), ([5] * 28, 7), ([2.9] * 4, 0)],
)
def test_false_alarms_within_a_day_are_one(scores: list[float], calls: int) -> None:
    assert tally(service(scores)).false_alarms == calls


def test_what_was_not_judged_is_not_counted_as_missed() -> None:
    found = tally(service([0, 0], (100, 110)))
    assert (found.windows, found.recall, found.f1) == (0, None, None)


def test_ordinary_time_is_what_lies_outside_the_windows() -> None:
    found = tally(service([5] + [0] * 27, (160, 168)))
    assert found.weeks == pytest.approx(26 * 6 / 168)
    assert found.false_per_week == pytest.approx(168 / (26 * 6))


def test_a_verdict_on_the_day_ahead_may_be_of_a_window_within_it() -> None:
    of = service([5, 0, 0, 0, 0], (23, 24))
    assert tally(of).found == 0
    assert tally(of, ahead=True).found == 1
    assert tally(service([5, 0, 0, 0, 0], (24, 25)), ahead=True).found == 0


def test_no_spread_and_yet_an_anomaly_is_an_alarm_at_every_threshold() -> None:
    of = service([math.inf, -math.inf])
    assert tally(of, 1e9).false_alarms == 1
    assert list(thresholds_to_try(of.looks, "d")) == []


def test_nothing_judged_has_no_figures() -> None:
    nothing = DetectionTally()
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.false_per_week) == (None, None, None, None)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=60), st.floats(0.1, 9), st.floats(0.1, 9))
def test_a_higher_threshold_never_finds_more(scores: list[float], one: float, other: float) -> None:
    of = service(scores, (10, 20), (100, 150))
    low, high = sorted((one, other))
    assert tally(of, high).found <= tally(of, low).found


def test_tallies_add_up() -> None:
    total = DetectionTally(3, 2, 1, 0.5) + DetectionTally(1, 1, 3, 1.5)
    assert total == DetectionTally(4, 3, 4, 2.0)
    assert (total.false_per_week, total.recall) == (2.0, 0.75)
