"""Contract of the port PlanJournal: one suite over the fake and the journal with its spool on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.plans.journal import BufferedPlanJournal
from adapters.plans.spool import PlanSpool
from domain.plans.records import MAX_PAGE, PlanQuery
from domain.ports.plan_journal import PlanJournal
from tests.fakes.plan_journal import DirectPlanJournal
from tests.fakes.plan_records import a_plan
from tests.fakes.plan_store import InMemoryPlanStore


@pytest.fixture
def store() -> InMemoryPlanStore:
    return InMemoryPlanStore()


@pytest.fixture(params=["fake", "buffered"])
def journal(request: pytest.FixtureRequest, store: InMemoryPlanStore, tmp_path: Path) -> Iterator[PlanJournal]:
    if request.param == "fake":
        yield DirectPlanJournal(store)
        return
    journal = BufferedPlanJournal(
        lambda: store, PlanSpool(tmp_path / "spool", 10_000_000), gather_seconds=0.01, probe_seconds=0.02
    )
    yield journal
    journal.stop(5.0)


def stored(store: InMemoryPlanStore) -> list[str]:
    return [item.plan_id for item in reversed(store.page(PlanQuery(limit=MAX_PAGE)))]


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_what_was_taken_is_stored_once_flushed(journal: PlanJournal, store: InMemoryPlanStore) -> None:
    plans = [a_plan(anomaly=True), a_plan("cart")]
    for plan in plans:
        journal.record(lambda plan=plan: plan)  # type: ignore[misc]
    assert journal.flush(10.0) == 0
    assert stored(store) == [plan.plan_id for plan in plans]
    status = journal.status()
    assert (status.waiting, status.spooled, status.stored, status.dropped, status.problem) == (0, 0, 2, 0, "")


def test_plans_from_many_threads_are_each_stored_once(journal: PlanJournal, store: InMemoryPlanStore) -> None:
    plans = [a_plan() for _ in range(150)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda plan: journal.record(lambda: plan), plans))
    assert journal.flush(10.0) == 0
    assert stored(store) == sorted(plan.plan_id for plan in plans)


def test_while_the_store_is_away_plans_wait_and_the_status_says_why(
    journal: PlanJournal, store: InMemoryPlanStore
) -> None:
    store.problem = "the database does not answer"
    first, second = a_plan(), a_plan()
    journal.record(lambda: first)
    assert journal.flush(10.0) == 0
    status = journal.status()
    assert (status.spooled, status.stored, status.problem) == (1, 0, "the database does not answer")
    store.problem = ""
    journal.record(lambda: second)
    assert eventually(lambda: stored(store) == [first.plan_id, second.plan_id])
    assert eventually(lambda: not journal.status().problem and not journal.status().spooled)
