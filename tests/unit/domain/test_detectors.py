"""Every detector of the day ahead keeps to one shape; each sees what the others cannot."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.anomaly import (
    FORECAST_DETECTORS,
    AnomalyReport,
    Detector,
    detect_observed,
    detect_robust,
    detect_seasonal,
    detect_z_score,
)
from domain.forecast import QUANTILE_LEVELS, Forecast
from domain.series import HOUR, LoadSeries

START = datetime(2026, 11, 23, tzinfo=UTC)
DETECTORS = pytest.mark.parametrize("detect", list(FORECAST_DETECTORS.values()), ids=list(FORECAST_DETECTORS))


def past(values: NDArray[np.float64], observed: NDArray[np.bool_] | None = None, end: datetime = START) -> LoadSeries:
    seen = np.ones(len(values), dtype=bool) if observed is None else observed
    return LoadSeries(end - timedelta(hours=len(values)), np.asarray(values, dtype=float), seen)


def rhythm(days: int, noise: float = 1.0) -> NDArray[np.float64]:
    """Each day 100 at hour 9 and 10 at the others, with a little noise that is the same on every run."""
    values = np.tile(np.where(np.arange(24) == 9, 100.0, 10.0), days)
    return values + noise * np.random.default_rng(5).normal(size=values.size)


@DETECTORS
def test_a_report_names_its_detector_and_the_hour_it_judged(detect: Detector) -> None:
    history = past(10.0 + np.random.default_rng(3).normal(size=336))
    forecast = np.full(24, 10.0)
    forecast[7] = 40.0
    report = detect(forecast, START, history, 3.0)
    assert FORECAST_DETECTORS[report.detector] is detect  # type: ignore[index]  # a StrEnum finds its text
    assert (report.is_anomaly, report.type, report.peak, report.peak_at) == (True, "spike", 40.0, START + 7 * HOUR)
    assert report.score is not None
    assert report.score >= report.threshold == 3.0


@DETECTORS
def test_an_ordinary_day_is_none(detect: Detector) -> None:
    values = 10.0 + np.random.default_rng(3).normal(size=360)
    report = detect(values[336:], START, past(values[:336]), 6.0)
    assert (report.is_anomaly, report.type) == (False, "none")


@DETECTORS
def test_without_history_there_is_no_verdict(detect: Detector) -> None:
    report = detect(np.full(24, 9.0), START, past(np.empty(0)), 3.0)
    assert (report.is_anomaly, report.type, report.score, report.mean, report.std) == (
        False, "no_history", None, None, None,
    )  # fmt: skip


@DETECTORS
@pytest.mark.parametrize(("peak", "found"), [(3.99, False), (4.0, True)])
def test_a_past_that_never_moved_needs_a_doubling(detect: Detector, peak: float, found: bool) -> None:
    report = detect(np.full(24, peak), START, past(np.full(120, 2.0)), 3.0)
    assert (report.is_anomaly, report.type, report.score) == (found, "constant_history", None)


@DETECTORS
def test_filled_hours_count_for_nothing(detect: Detector) -> None:
    values, seen = np.tile([9.0, 10.0, 11.0], 112), np.ones(336, dtype=bool)
    spoilt = values.copy()
    spoilt[100:110], seen[100:110] = 1e6, False
    assert detect(np.full(24, 12.0), START, past(spoilt, seen), 3.0) == detect(
        np.full(24, 12.0), START, past(values, seen), 3.0
    )


@DETECTORS
@given(scale=st.floats(1e-3, 1e6), shift=st.floats(0, 1e3))
def test_the_unit_of_the_metric_does_not_matter(detect: Detector, scale: float, shift: float) -> None:
    history, forecast = rhythm(14), np.full(24, 30.0)
    plain = detect(forecast, START, past(history), 3.0).score
    other = detect(forecast * scale + shift, START, past(history * scale + shift), 3.0).score
    assert plain is not None
    assert other == pytest.approx(plain, rel=1e-6)


def test_a_spike_of_last_week_hides_the_next_from_the_z_score_only() -> None:
    values = np.tile([9.0, 10.0, 11.0], 112)
    values[-50:-44] = 300.0
    forecast = np.full(24, 40.0)
    assert not detect_z_score(forecast, START, past(values), 3.0).is_anomaly
    assert detect_robust(forecast, START, past(values), 3.0).is_anomaly


def test_a_series_at_rest_most_of_the_time_still_has_a_spread() -> None:
    values = np.zeros(168)
    values[::10] = 5.0
    report = detect_robust(np.full(24, 5.0), START, past(values), 10.0)
    assert (report.type, report.mean) == ("none", 0.0)
    assert report.std == pytest.approx(1.2533 * 5.0 * 17 / 168)


def test_the_daily_peak_is_no_news_to_the_seasonal_detector_and_the_same_load_at_night_is() -> None:
    history = past(rhythm(14))
    usual, at_night = rhythm(1), rhythm(1)
    at_night[3] = 100.0
    assert detect_robust(usual, START, history, 3.0).is_anomaly
    assert not detect_seasonal(usual, START, history, 6.0).is_anomaly
    report = detect_seasonal(at_night, START, history, 6.0)
    assert (report.is_anomaly, report.peak_at) == (True, START + 3 * HOUR)
    assert report.mean == pytest.approx(10.0, abs=1.0)


@pytest.mark.parametrize("gap", [0, 5, 24])
def test_hours_of_the_day_are_matched_across_a_gap(gap: int) -> None:
    end = START - gap * HOUR
    history = past(rhythm(14)[: 336 - gap], end=end)
    assert not detect_seasonal(rhythm(1), START, history, 6.0).is_anomaly


def test_an_hour_with_too_few_days_is_not_judged() -> None:
    values, seen = rhythm(14), np.ones(336, dtype=bool)
    seen[3::24] = False
    seen[3], seen[27] = True, True
    forecast = rhythm(1)
    forecast[3] = 500.0
    report = detect_seasonal(forecast, START, past(values, seen), 6.0)
    assert (report.is_anomaly, report.hours_used) == (False, 23 * 14)


def test_two_days_are_too_few_for_the_seasonal_detector() -> None:
    assert detect_seasonal(rhythm(1), START, past(rhythm(2)), 3.0).type == "no_history"


def expected(median: float, below: float, above: float, start: datetime) -> Forecast:
    """The same distribution for every hour: deciles ``below`` and ``above`` the median."""
    offsets = [-below, -below / 2, 0.0, above / 2, above, above * 1.2, above * 1.5]
    assert len(offsets) == len(QUANTILE_LEVELS)
    return Forecast(start, np.tile(median + np.array(offsets), (24, 1)), "statistical")


NEWEST = START - 6 * HOUR


@pytest.mark.parametrize(
    ("value", "kind", "score"),
    [(10.0, "none", 0.0), (20.0, "none", 1.2816), (60.0, "spike", 6.408), (9.0, "none", 1.2816), (5.0, "drop", 6.408)],
)
def test_newest_hours_are_held_against_their_own_side_of_the_forecast(value: float, kind: str, score: float) -> None:
    values = np.full(100, 10.0)
    values[-2] = value
    report = detect_observed(expected(10.0, 1.0, 10.0, NEWEST), past(values), 3.0)
    assert (report.type, report.is_anomaly, report.hours_used) == (kind, kind in ("spike", "drop"), 6)
    assert report.score == pytest.approx(score)
    if score:
        assert (report.peak, report.peak_at, report.mean) == (value, START - 2 * HOUR, 10.0)


def test_what_happens_all_the_time_is_no_news_however_sure_the_forecast_was() -> None:
    values = np.tile([8.0, 12.0], 50)  # deviation 2, half of it counts
    values[-1] = 16.0
    report = detect_observed(expected(10.0, 0.1, 0.1, NEWEST), past(values), 3.0)
    assert report.std == pytest.approx(math.hypot(1.0, 0.1 / 1.2816))
    assert report.score == pytest.approx(6.0 / math.hypot(1.0, 0.1 / 1.2816))
    assert report.is_anomaly


def test_the_hours_judged_do_not_count_as_usual() -> None:
    values = np.full(100, 10.0)
    values[-6:] = [500.0, 10.0, 900.0, 10.0, 10.0, 10.0]
    report = detect_observed(expected(10.0, 1.0, 1.0, NEWEST), past(values), 3.0)
    assert (report.peak, report.std) == (900.0, pytest.approx(1 / 1.2816))


def test_a_forecast_with_a_long_tail_above_is_held_by_its_tail() -> None:
    quantiles = np.tile([9.0, 9.5, 10.0, 10.5, 11.0, 15.0, 60.0], (24, 1))
    forecast = Forecast(NEWEST, quantiles, "statistical")
    for value, spread in ((40.0, 50 / 2.3263), (2.0, 1 / 1.2816)):
        values = np.full(100, 10.0)
        values[-1] = value
        assert detect_observed(forecast, past(values), 3.0).std == pytest.approx(spread)


def test_older_hours_and_filled_ones_are_not_judged() -> None:
    values, seen = np.full(100, 10.0), np.ones(100, dtype=bool)
    values[-7], values[-3], seen[-3] = 500.0, 500.0, False
    report = detect_observed(expected(10.0, 1.0, 1.0, NEWEST), past(values, seen), 3.0)
    assert (report.is_anomaly, report.hours_used) == (False, 5)


def test_nothing_seen_since_the_forecast_is_no_verdict() -> None:
    report = detect_observed(expected(10.0, 1.0, 1.0, START), past(np.full(100, 10.0)), 3.0)
    assert (report.type, report.is_anomaly, report.score) == ("no_history", False, None)


def test_a_forecast_without_spread_is_judged_by_doubling() -> None:
    values = np.full(100, 10.0)
    values[-1] = 20.0
    report = detect_observed(expected(10.0, 0.0, 0.0, NEWEST), past(values), 3.0)
    assert (report.type, report.is_anomaly, report.score) == ("constant_history", True, None)
    assert math.isfinite(report.peak)


@pytest.mark.parametrize(("value", "found"), [(5.1, False), (5.0, True), (0.0, True)])
def test_where_nothing_was_to_move_a_halving_is_a_drop_out_of_the_ordinary(value: float, found: bool) -> None:
    values = np.full(100, 10.0)
    values[-1] = value
    report = detect_observed(expected(10.0, 0.0, 0.0, NEWEST), past(values), 3.0)
    assert (report.type, report.is_anomaly) == ("constant_history", found)


# Of every size a number can have, and 0 often, as real series hold it.
_WILD = st.one_of(st.just(0.0), st.floats(-10, 10), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def _wild_pasts(draw: st.DrawFn) -> LoadSeries:
    size = draw(st.integers(0, 340))
    few = draw(st.lists(_WILD, min_size=1, max_size=30))
    values = np.resize(np.array(few), size)
    seen = np.resize(np.array(draw(st.lists(st.booleans(), min_size=1, max_size=50))), size)
    return past(values, seen, end=START - draw(st.integers(0, 30)) * HOUR)


def _holds_together(report: AnomalyReport) -> None:
    numbers = (report.score, report.mean, report.std, report.peak, report.threshold)
    assert all(number is None or math.isfinite(number) for number in numbers)
    assert (report.type in ("spike", "drop")) <= report.is_anomaly
    assert report.std is None or report.std >= 0
    if report.score is not None:
        assert report.is_anomaly == (report.score >= report.threshold)
    if report.type == "no_history":
        assert (report.is_anomaly, report.mean, report.hours_used) == (False, None, 0)


@DETECTORS
@given(
    forecast=arrays(np.float64, 24, elements=st.one_of(_WILD, st.just(np.inf))),
    history=_wild_pasts(),
    threshold=st.floats(0.01, 1000),
)
def test_whatever_the_numbers_the_report_holds_together(
    detect: Detector, forecast: NDArray[np.float64], history: LoadSeries, threshold: float
) -> None:
    before = history.values.copy()
    report = detect(forecast, START, history, threshold)
    _holds_together(report)
    assert np.array_equal(history.values, before)
    if report.peak_at < START or report.peak_at >= START + 24 * HOUR:
        pytest.fail(f"{report.peak_at} is no hour of the forecast")


@given(
    quantiles=arrays(np.float64, (24, 7), elements=_WILD),
    history=_wild_pasts(),
    hours_back=st.integers(-30, 60),
    threshold=st.floats(0.01, 1000),
)
def test_whatever_was_seen_and_forecast_the_report_of_the_newest_hours_holds_together(
    quantiles: NDArray[np.float64], history: LoadSeries, hours_back: int, threshold: float
) -> None:
    forecast = Forecast(START - hours_back * HOUR, np.sort(quantiles, axis=1), "statistical")
    _holds_together(detect_observed(forecast, history, threshold))
