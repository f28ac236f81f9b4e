"""What a backtest of sizes answers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from application.backtest_sizing import SWEPT_RISKS, SizingOutcome
from application.sizing_report import EQUAL_SHARES, dataset_weights, report_on_sizes
from domain.metrics import Resource
from domain.series import Floats

RISKS = (0.05,)


def outcome(
    peaks: Floats, sizes: Floats, *, dataset: str = "lab", in_use: bool = True, unit: float = 1.0,
    ours: Floats | None = None, resource: Resource = Resource.CPU,
) -> SizingOutcome:  # fmt: skip
    """Days whose mean use is 1 unit in every hour that counts."""
    hours = np.isfinite(peaks).sum(axis=1).astype(float)
    known = np.repeat(sizes[:, None], 1 + len(SWEPT_RISKS), axis=1) if ours is None else ours
    return SizingOutcome(
        dataset=dataset, resource=resource, in_use=in_use, peaks=peaks * unit, hours=hours, used=hours * unit,
        p95=np.full(len(sizes), 1.5 * unit), peers={"peer": sizes * unit}, ours={"baseline": known * unit},
    )  # fmt: skip


def ramp(days: int = 10) -> Floats:
    """Peaks 0.1, 0.2 … of 24 hours a day, no two alike."""
    peaks: Floats = (np.arange(days * 24, dtype=float) + 1).reshape(days, 24) / 10
    return peaks


def test_figures_of_one_rule() -> None:
    peaks = np.full((4, 24), 2.0)
    peaks[0, :6] = 5.0
    peaks[1, 12:] = -np.inf
    report = report_on_sizes([outcome(peaks, np.array([3.0, 3.0, 3.0, 1.0]))], RISKS)
    figures = report.in_use["overall"][Resource.CPU].rules["peer"]
    # 6 hours of the first and 24 of the last of 84 are over; the sizes times their hours are 3 × 60 + 24.
    assert figures.share_over == pytest.approx(30 / 84)
    assert figures.allocation == pytest.approx((3 * 60 + 24) / 84)
    assert figures.clean_days == 0.5
    assert figures.slack == pytest.approx(1 - 4 * 1.5 / 10)
    assert (figures.asked, figures.delivered_to_asked, figures.n_days) == (None, None, 4)


def test_ours_is_told_by_what_was_asked() -> None:
    peaks = np.full((2, 24), 2.0)
    peaks[0, 0] = 9.0
    figures = report_on_sizes([outcome(peaks, np.full(2, 3.0))], RISKS).in_use["lab"][Resource.CPU].rules
    assert list(figures) == ["baseline@0.05", "peer"]
    assert figures["baseline@0.05"].delivered_to_asked == pytest.approx(1 / 48 / 0.05)


def test_a_peer_is_scaled_until_it_has_exactly_the_share_of_hours_over() -> None:
    peaks = ramp()
    item = report_on_sizes([outcome(peaks, np.full(10, 1.0))], RISKS).in_use["overall"][Resource.CPU]
    for share in EQUAL_SHARES:
        found = item.equal[share]["peer"]
        # Of 240 hours at most 240 × share may lie over: the factor is the next peak down.
        expected = np.sort(peaks.ravel())[240 - 1 - int(240 * share)]
        assert found.allocation == pytest.approx(expected, rel=1e-6)
        assert found.knob == pytest.approx(expected, rel=1e-6)


def test_ours_is_asked_until_it_has_exactly_the_share_of_hours_over() -> None:
    # At risk r the size is the peak that a share r exceeds, so the knob is the share itself.
    peaks = ramp(100)
    sizes = np.quantile(peaks, [1 - risk for risk in (*RISKS, *SWEPT_RISKS)])
    item = report_on_sizes([outcome(peaks, np.full(100, 1.0), ours=np.tile(sizes, (100, 1)))], RISKS)
    for share in EQUAL_SHARES:
        found = item.in_use["overall"][Resource.CPU].equal[share]["baseline"]
        assert found.knob == pytest.approx(share, rel=0.1)
        assert found.allocation == pytest.approx(240 * (1 - share), rel=0.01)


def test_a_rule_that_cannot_be_brought_to_a_share_has_no_figure_there() -> None:
    item = report_on_sizes([outcome(ramp(), np.full(10, 1.0))], RISKS).in_use["overall"][Resource.CPU]
    assert item.equal[0.01]["baseline"].allocation is None


def test_days_a_rule_cannot_answer_for_are_left_out_and_counted() -> None:
    ours = np.full((2, 1 + len(SWEPT_RISKS)), 3.0)
    ours[0] = np.nan
    item = report_on_sizes([outcome(np.full((2, 24), 2.0), np.full(2, 3.0), ours=ours)], RISKS).in_use["overall"]
    assert item[Resource.CPU].rules["baseline@0.05"].n_days == 1
    assert item[Resource.CPU].n_days == 2


def test_the_unit_of_a_data_set_does_not_matter_to_the_whole() -> None:
    peaks = np.full((2, 24), 2.0)
    first, second = outcome(peaks, np.full(2, 3.0)), outcome(peaks, np.full(2, 5.0), dataset="other")
    thousandfold = outcome(peaks, np.full(2, 5.0), dataset="other", unit=1000.0)
    for other in (second, thousandfold):
        figures = report_on_sizes([first, other], RISKS).in_use["overall"][Resource.CPU].rules["peer"]
        assert (figures.allocation, figures.slack) == pytest.approx((4.0, 1 - 1.5 / 4))


def test_a_data_set_that_used_nothing_weighs_nothing() -> None:
    weights = dataset_weights(["a", "b", "a"], np.array([2.0, 0.0, 4.0]), np.array([1.0, 5.0, 2.0]))
    assert weights.tolist() == [0.5, 0.0, 0.5]


def test_idle_services_are_reported_apart_and_resources_too() -> None:
    peaks = np.full((1, 24), 2.0)
    idle = outcome(peaks, np.full(1, 3.0), in_use=False)
    memory = outcome(peaks, np.full(1, 3.0), resource=Resource.MEMORY)
    report = report_on_sizes([outcome(peaks, np.full(1, 3.0)), idle, memory], RISKS)
    assert {kind: item.n_services for kind, item in report.in_use["lab"].items()} == {
        Resource.CPU: 1, Resource.MEMORY: 1,
    }  # fmt: skip
    assert list(report.apart["overall"]) == [Resource.CPU]


def test_the_json_has_the_documented_keys_and_only_finite_numbers() -> None:
    nothing = outcome(np.full((1, 24), 2.0), np.full(1, 3.0), unit=0.0)
    body = json.loads(json.dumps(report_on_sizes([nothing], RISKS).as_json(), allow_nan=False))
    assert set(body) == {"in_use", "apart"}
    assert body["apart"] == {"overall": {}, "datasets": {}}
    cpu = body["in_use"]["overall"]["cpu"]
    assert set(cpu) == {"n_services", "n_days", "n_hours", "rules", "equal_share_over"}
    assert set(cpu["rules"]["peer"]) == {
        "allocation", "slack", "share_over", "clean_days", "asked_risk", "delivered_to_asked", "n_days",
    }  # fmt: skip
    assert set(cpu["equal_share_over"]) == {"0.02", "0.01", "0.005"}
    assert set(cpu["equal_share_over"]["0.02"]["peer"]) == {"allocation", "knob"}
    assert body["in_use"]["datasets"]["lab"]["cpu"] == cpu
