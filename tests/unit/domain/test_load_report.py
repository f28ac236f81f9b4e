"""The account of a data file, the fingerprint of a window, and the names of companions."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from domain.history_digest import digest_window
from domain.load_report import WARNING_MEANING, FileLayout, LoadReport, WarningKind
from domain.metrics import bases_of_companion
from domain.series import HOUR, LoadSeries

START = datetime(2026, 11, 23, tzinfo=UTC)


def series(*values: float, start: datetime = START) -> LoadSeries:
    return LoadSeries(start, np.array(values, dtype=float), np.ones(len(values), dtype=bool))


def report(**changes: object) -> LoadReport:
    fields = {"layout": FileLayout.LONG, "lines_read": 3, "accepted": 3, "rejected": 0} | changes
    return LoadReport(**fields)  # type: ignore[arg-type]


def test_a_report_whose_lines_do_not_add_up_cannot_exist() -> None:
    with pytest.raises(ValueError, match="must be 3 lines"):
        report(accepted=2)


def test_a_report_is_clean_when_nothing_was_refused() -> None:
    assert report().is_clean
    assert not report(accepted=2, rejected=1).is_clean
    assert not report(refusal="line 1: wrong header").is_clean


def test_every_kind_of_warning_is_explained() -> None:
    assert set(WARNING_MEANING) == set(WarningKind)


def test_digest_does_not_depend_on_the_order_of_metrics() -> None:
    one, two = series(1, 2), series(3)
    assert digest_window({"a": one, "b": two}, "service") == digest_window({"b": two, "a": one}, "service")


def test_digest_tells_names_hours_and_scopes_apart() -> None:
    whole = series(1, 2)
    digests = {
        digest_window({"a": whole}, "service"),
        digest_window({"b": whole}, "service"),
        digest_window({"a": whole}, "cluster"),
        digest_window({"a": series(1, 2, start=START + HOUR)}, "service"),
        digest_window({"a": series(1), "b": series(2)}, "service"),
        digest_window({}, "service"),
    }
    assert len(digests) == 6


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("cpu_max", ("avg_cpu", "cpu")),
        ("memory_max", ("avg_memory", "memory")),
        ("cpu_cores_max", ("cpu_cores",)),
        ("latency_max", ("latency",)),
        ("avg_cpu", ()),
        ("latency", ()),
        ("_max", ()),
        ("total_events_max", ()),
    ],
)
def test_a_companion_is_the_maximum_of_these(name: str, bases: tuple[str, ...]) -> None:
    assert bases_of_companion(name) == bases
