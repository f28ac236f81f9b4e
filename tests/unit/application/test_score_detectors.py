"""Detectors judge a labelled past as it would have been seen at the time."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.forecasters.statistical import StatisticalForecaster
from application.backtest import BASELINE, Backtest
from application.score_detectors import METHODS, ScoreDetectors, score_looks
from domain.anomaly.scoring import Label, Look
from domain.metrics import describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.series import HOUR, LoadSeries

START = datetime(2026, 11, 2, 5, tzinfo=UTC)


def scoring(newest_days: int = 0) -> ScoreDetectors:
    baseline = StatisticalForecaster()
    run = Backtest(methods={BASELINE: baseline}, reference=baseline, origins=0)
    return ScoreDetectors(backtest=run, method=BASELINE, newest_days=newest_days)


def usual(hours: int = 504) -> NDArray[np.float64]:
    noise = np.random.default_rng(2).normal(0, 3, hours)
    return np.asarray(100 + 40 * np.sin(2 * np.pi * np.arange(hours) / 24) + noise)


def subject(
    values: NDArray[np.float64], metric: str = "requests", service: str = "shop", observed: list[int] | None = None
) -> BacktestSeries:
    seen = np.ones(len(values), dtype=bool)
    if observed is not None:
        seen[:] = False
        seen[observed] = True
    series = LoadSeries(START, values, seen)
    return BacktestSeries(dataset="lab", service_id=service, metric=describe_metric(metric), series=series)


def looks_of(*subjects: BacktestSeries, newest_days: int = 0) -> list[Look]:
    found = scoring(newest_days).looks(subjects)
    return found["lab", "shop"]


def test_every_hour_after_the_first_week_is_judged_once_at_moments_that_are_the_same_for_all_metrics() -> None:
    looks = looks_of(subject(usual()))
    assert {look.start.hour % 6 for look in looks} == {0}
    assert START + 168 * HOUR <= looks[0].start < START + 174 * HOUR
    assert all(one.end == other.start for one, other in pairwise(looks))
    assert looks[-1].end > START + 498 * HOUR
    assert set(looks[0].scores) == set(METHODS)


def test_only_the_newest_days_are_judged_where_asked() -> None:
    looks = looks_of(subject(usual()), newest_days=2)
    assert START + 456 * HOUR <= looks[0].start < START + 462 * HOUR


@pytest.mark.parametrize("change", [900.0, -100.0], ids=["spike", "drop"])
def test_what_broke_in_is_seen_by_all_that_look_at_the_newest_hours_and_by_none_before(change: float) -> None:
    values = usual()
    values[400] += change
    plain, broken = looks_of(subject(usual())), looks_of(subject(values))
    when = START + 400 * HOUR
    for before, after in zip(plain, broken, strict=True):
        if after.end <= when:
            assert after.scores == before.scores
        if after.start <= when < after.end:
            for method in ("observed", "seasonal", "robust", "z_score"):
                assert after.scores[method] > max(3.0, before.scores[method]), method
            for method in (name for name in METHODS if name.endswith("_ahead")):
                assert after.scores[method] == before.scores[method]


def test_the_highest_score_of_a_service_s_metrics_counts() -> None:
    values = usual()
    values[400] += 900.0
    both = looks_of(subject(values, "a"), subject(usual(), "b"))
    alone = looks_of(subject(values, "a"))
    assert max(look.scores["observed"] for look in both) == max(look.scores["observed"] for look in alone)


def test_hours_nobody_saw_are_not_judged() -> None:
    values = usual()
    values[400] = 1e6
    seen = [hour for hour in range(504) if hour != 400]
    worst = max(max(look.scores[name] for name in METHODS) for look in looks_of(subject(values, observed=seen)))
    assert worst < 20


def test_a_hole_between_past_and_newest_hours_is_bridged() -> None:
    seen = [hour for hour in range(504) if not 390 <= hour < 403]
    assert looks_of(subject(usual(), observed=seen))


def label(start: int, end: int, dataset: str | None = None, service: str = "shop") -> Label:
    return Label(dataset=dataset, service_id=service, start=START + start * HOUR, end=START + end * HOUR)


def test_the_report_has_each_threshold_and_the_best_within_the_budget() -> None:
    values = usual()
    values[400] += 900.0
    rows = score_looks(scoring().looks([subject(values)]), [label(399, 402)], [3.0, 1e6], 1.0)
    observed = [row for row in rows if row.detector == "observed"]
    assert [row.is_best for row in observed] == [False, False, True]
    assert (observed[1].tally.found, observed[1].tally.f1) == (0, 0.0)
    best = observed[2]
    assert (best.tally.found, best.tally.false_alarms, best.tally.f1) == (1, 0, 1.0)
    assert [row.detector for row in rows if row.is_best] == list(METHODS)


def test_a_label_of_another_data_set_or_service_is_not_this_one_s() -> None:
    looks = scoring().looks([subject(usual())])
    foreign = [label(300, 310, dataset="other"), label(300, 310, service="quiet")]
    own = [label(300, 310, dataset="lab")]
    assert {row.tally.windows for row in score_looks(looks, foreign, [3.0], 1.0)} == {0}
    assert {row.tally.windows for row in score_looks(looks, own, [3.0], 1.0)} == {1}
