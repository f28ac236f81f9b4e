"""What is shown is clamped; what anomaly detection and sizing see is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.anomaly import detect_z_score
from domain.metrics import MetricKind
from domain.policy import clamp, weigh
from domain.series import LoadSeries

START = datetime(2026, 11, 23, tzinfo=UTC)
_WILD = arrays(np.float64, 24, elements=st.floats(allow_nan=True, allow_infinity=True))


def past(values: list[float], observed: list[bool] | None = None) -> LoadSeries:
    """A history that ends right before START."""
    seen = np.array(observed) if observed is not None else np.ones(len(values), dtype=bool)
    return LoadSeries(START - timedelta(hours=len(values)), np.array(values), seen)


def test_weight_multiplies_and_missing_values_are_zero() -> None:
    assert weigh(np.array([0.5, np.nan]), 3.0).tolist() == [1.5, 0.0]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(MetricKind.RATIO, [0.0, 0.5, 1.0]), (MetricKind.COUNT, [0.0, 0.5, 7.0]), (MetricKind.ABSOLUTE, [0.0, 0.5, 7.0])],
)
def test_ratios_are_clamped_to_one_and_counts_only_to_zero(kind: MetricKind, expected: list[float]) -> None:
    assert clamp(np.array([-1.0, 0.5, 7.0]), kind).tolist() == expected


@given(_WILD, st.sampled_from(list(MetricKind)))
def test_what_is_shown_is_never_negative_nor_missing(values: NDArray[np.float64], kind: MetricKind) -> None:
    shown = clamp(values, kind)
    assert (shown >= 0).all()
    assert kind is not MetricKind.RATIO or (shown <= 1).all()


def test_a_peak_three_deviations_out_is_an_anomaly() -> None:
    history = past([1.0, 3.0] * 84)  # mean 2, deviation 1
    forecast = np.full(24, 2.0)
    forecast[7] = 5.0
    report = detect_z_score(forecast, START, history, 3.0)
    assert (report.is_anomaly, report.type, report.score) == (True, "spike", pytest.approx(3.0))
    assert (report.mean, report.std, report.hours_used) == (pytest.approx(2.0), pytest.approx(1.0), 168)
    assert (report.peak, report.peak_at) == (5.0, START + timedelta(hours=7))
    assert not detect_z_score(forecast - 0.01, START, history, 3.0).is_anomaly


def test_only_the_last_168_hours_count() -> None:
    history = past([100.0] * 200 + [1.0, 3.0] * 84)
    assert detect_z_score(np.full(24, 5.0), START, history, 3.0).mean == pytest.approx(2.0)


def test_filled_hours_never_enter_the_statistics() -> None:
    history = past([1.0, 50.0, 3.0], [True, False, True])
    report = detect_z_score(np.full(24, 2.0), START, history, 3.0)
    assert (report.mean, report.hours_used) == (pytest.approx(2.0), 2)


@pytest.mark.parametrize(
    ("level", "peak", "expected"), [(2.0, 4.0, True), (2.0, 3.99, False), (0.0, 0.1, True), (0.0, 0.0, False)]
)
def test_a_constant_history_needs_a_doubling(level: float, peak: float, expected: bool) -> None:
    report = detect_z_score(np.full(24, peak), START, past([level] * 48), 3.0)
    assert (report.is_anomaly, report.type, report.score) == (expected, "constant_history", None)


def test_a_constant_history_stays_constant_despite_rounding() -> None:
    assert detect_z_score(np.full(24, 0.3), START, past([0.1 + 0.2] * 100), 3.0).type == "constant_history"


def test_without_history_nothing_is_called_an_anomaly() -> None:
    report = detect_z_score(np.full(24, 9.0), START, past([]), 3.0)
    assert (report.is_anomaly, report.type, report.score, report.mean, report.hours_used) == (
        False,
        "no_history",
        None,
        None,
        0,
    )
