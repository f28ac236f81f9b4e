"""Alerts survive kill -9: a short run of what `benchmarks/alert_crashes.py` does at length."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.database.database import Database
from tests.servers.crash_run import Odds, crash_run
from tests.servers.databases import KINDS, migrator_of, new_target


def an_address(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    database = Database(new_target(kind, request, folder))
    migrator_of(database).upgrade()
    database.close()
    return database.target.url.render_as_string(hide_password=False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_committed_alert_is_lost_or_left_by_killed_workers(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    report = crash_run(an_address(kind, request, tmp_path), kills=8, workers=2, odds=Odds(), seed=3)
    assert report.committed > 0
    assert (report.lost, report.stuck, report.out_of_order) == (0, 0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_two_dispatchers_that_nobody_kills_deliver_nothing_twice(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    calm = Odds(too_many=0.0, cut=0.0, failing=0.0)
    report = crash_run(an_address(kind, request, tmp_path), kills=0, workers=2, odds=calm)
    assert report.committed == report.arrived > 0
    assert (report.duplicates, report.stuck, report.out_of_order) == (0, 0, 0)
