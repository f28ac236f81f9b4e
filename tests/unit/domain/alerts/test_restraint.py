"""When a plan's message is told, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.alerts.outbox import AlertRules
from domain.alerts.restraint import CLOCK_TOLERANCE, AlertSeries, Ruling, Verdict, rule
from domain.series import HOUR

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = AlertRules(channels=("log",), dedup_ttl_seconds=600.0)
TOLD = AlertSeries(alert_id="first", told_at=NOW, suppressed=3, is_open=True, first_hour=NOW + HOUR)


def ruled(
    known: AlertSeries | None,
    *,
    anomaly: bool,
    after: timedelta,
    hour: datetime | None = None,
    rules: AlertRules = RULES,
) -> Ruling:
    return rule(known, alert_id="new", is_anomaly=anomaly, first_hour=hour or NOW + HOUR, now=NOW + after, rules=rules)


@pytest.mark.parametrize(
    ("known", "anomaly", "seconds", "verdict", "suppressed"),
    [
        (None, True, 0, Verdict.TELL, 0),
        (None, False, 0, Verdict.NOTHING, 0),
        (TOLD, True, 0, Verdict.SUPPRESS, 0),
        (TOLD, True, 599.9, Verdict.SUPPRESS, 0),
        (TOLD, True, 600, Verdict.TELL, 3),
        (TOLD, False, 5, Verdict.RECOVER, 3),
        (replace(TOLD, is_open=False), False, 5, Verdict.NOTHING, 0),
        # A clock put back: what was told lies ahead, and is told anew rather than hidden for as long.
        (TOLD, True, -3600, Verdict.TELL, 3),
        (TOLD, True, -CLOCK_TOLERANCE.total_seconds(), Verdict.SUPPRESS, 0),
        (TOLD, True, 86_400, Verdict.TELL, 3),
    ],
)
def test_the_rule(known: AlertSeries | None, anomaly: bool, seconds: float, verdict: Verdict, suppressed: int) -> None:
    found = ruled(known, anomaly=anomaly, after=timedelta(seconds=seconds))
    assert (found.verdict, found.suppressed) == (verdict, suppressed)


def test_a_duplicate_is_counted_and_the_end_closes_the_series() -> None:
    counted = ruled(TOLD, anomaly=True, after=timedelta(seconds=1)).series
    assert counted == replace(TOLD, suppressed=4)
    closed = ruled(counted, anomaly=False, after=timedelta(seconds=2)).series
    assert closed == replace(TOLD, suppressed=0, is_open=False)


def test_a_replay_of_an_earlier_time_ends_nothing() -> None:
    found = ruled(TOLD, anomaly=False, after=timedelta(seconds=5), hour=NOW - 24 * HOUR)
    assert (found.verdict, found.series) == (Verdict.NOTHING, TOLD)


def test_recovery_is_told_only_where_it_is_wanted() -> None:
    quiet = replace(RULES, tells_recovery=False)
    found = ruled(TOLD, anomaly=False, after=timedelta(seconds=5), rules=quiet)
    assert found.verdict is Verdict.NOTHING
    assert found.series is not None
    assert not found.series.is_open
