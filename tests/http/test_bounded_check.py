"""Readiness answers soon, whatever a dependency does, and starts no second check of one that hangs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from domain.ports.metric_history import SourceStatus
from entrypoints.http.bounded_check import BoundedCheck

PATIENCE = 10.0
OK = SourceStatus(state="ok")


class Check:
    """Hangs until told to go on; counts how often it was begun."""

    def __init__(self) -> None:
        self.goes_on = Event()
        self.begun = 0

    def __call__(self) -> SourceStatus:
        self.begun += 1
        self.goes_on.wait(PATIENCE)
        return OK


@pytest.fixture
def check() -> Iterator[Check]:
    check = Check()
    yield check
    check.goes_on.set()


def test_a_quick_check_is_answered(check: Check) -> None:
    check.goes_on.set()
    bounded = BoundedCheck(check, PATIENCE)
    assert [bounded(), bounded()] == [OK, OK]
    assert check.begun == 2


def test_one_that_hangs_is_down_and_is_not_begun_again(check: Check) -> None:
    bounded = BoundedCheck(check, 0.05)
    for _ in range(3):
        status = bounded()
        assert status.state == "down"
        assert status.reason == "no answer within 0.05 seconds: check that it runs and can be reached"
    assert check.begun == 1


def test_callers_at_the_same_time_share_one(check: Check) -> None:
    bounded = BoundedCheck(check, PATIENCE)
    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(bounded) for _ in range(4)]
        check.goes_on.set()
        assert [one.result() for one in asked] == [OK] * 4


def test_after_it_has_come_back_it_is_ok_again(check: Check) -> None:
    bounded = BoundedCheck(check, 0.05)
    assert bounded().state == "down"
    check.goes_on.set()
    deadline = 100
    while bounded() != OK:
        deadline -= 1
        assert deadline
