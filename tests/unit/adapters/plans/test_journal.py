"""The journal's faults: a store that is away, hangs or refuses one plan; a full spool; a process that ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.plans.journal import BufferedPlanJournal
from adapters.plans.spool import PlanSpool
from domain.plans.records import PlanQuery, PlanRecord
from tests.contracts.test_plan_journal import eventually, stored
from tests.fakes.plan_records import a_plan
from tests.fakes.plan_store import InMemoryPlanStore


class HangingStore(InMemoryPlanStore):
    """Takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_free = threading.Event()
        self.is_asked = threading.Event()

    def save(self, records: Sequence[PlanRecord]) -> None:
        self.is_asked.set()
        self.is_free.wait(20.0)
        super().save(records)


class PickyStore(InMemoryPlanStore):
    """Cannot store the plans of one service."""

    def save(self, records: Sequence[PlanRecord]) -> None:
        if any(record.document.service_id == "bad" for record in records):
            raise RuntimeError("a defect")
        super().save(records)


def a_journal(store: InMemoryPlanStore, folder: Path, **options: object) -> BufferedPlanJournal:
    said: list[str] = []
    spool = PlanSpool(folder, int(str(options.pop("max_bytes", 10_000_000))))
    journal = BufferedPlanJournal(
        lambda: store, spool, complain=said.append, gather_seconds=0.01, probe_seconds=0.02, **options  # type: ignore[arg-type]
    )  # fmt: skip
    journal.said = said  # type: ignore[attr-defined]
    return journal


def record(journal: BufferedPlanJournal, *plans: PlanRecord) -> None:
    for plan in plans:
        journal.record(lambda plan=plan: plan)  # type: ignore[misc]


def test_what_one_run_left_on_disk_the_next_one_stores(tmp_path: Path) -> None:
    store = InMemoryPlanStore()
    store.problem = "gone"
    plans = [a_plan(anomaly=True), a_plan("größe/☁ 'x'\n")]
    first = a_journal(store, tmp_path)
    record(first, *plans)
    first.stop(5.0)
    store.problem = ""
    second = a_journal(store, tmp_path)
    second.start()
    assert eventually(lambda: stored(store) == [plan.plan_id for plan in plans])
    assert store.find(plans[1].plan_id).summary.service_id == "größe/☁ 'x'\n"  # type: ignore[union-attr]
    second.stop(5.0)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_hangs_at_the_end_leaves_all_on_disk(tmp_path: Path) -> None:
    store = HangingStore()
    journal = a_journal(store, tmp_path)
    plans = [a_plan() for _ in range(3)]
    record(journal, plans[0])
    assert store.is_asked.wait(10.0)
    record(journal, *plans[1:])
    journal.stop(0.05)
    kept = [
        line for segment in PlanSpool(tmp_path, 10**7).segments() for line in PlanSpool(tmp_path, 10**7).read(segment)
    ]
    assert [plan.plan_id for plan in kept] == [plan.plan_id for plan in plans]
    store.is_free.set()


def test_more_than_memory_holds_goes_to_disk_and_from_there_to_the_store(tmp_path: Path) -> None:
    store = HangingStore()
    journal = a_journal(store, tmp_path, capacity=10)
    plans = [a_plan() for _ in range(60)]
    record(journal, *plans)
    assert journal.status().waiting <= 60
    assert journal.status().spooled > 0
    store.is_free.set()
    assert journal.flush(10.0) == 0
    assert eventually(lambda: len(store.page(PlanQuery(limit=200))) == 60)
    journal.stop(5.0)
    assert journal.status().dropped == 0


def test_a_full_spool_gives_the_oldest_up_and_says_so(tmp_path: Path) -> None:
    store = InMemoryPlanStore()
    store.problem = "gone"
    journal = a_journal(store, tmp_path, max_bytes=6_000)
    for _ in range(8):
        record(journal, a_plan())
        assert journal.flush(5.0) == 0
    status = journal.status()
    assert status.dropped > 0
    assert status.spooled + status.dropped == 8
    assert any("oldest plans are given up" in text for text in journal.said)  # type: ignore[attr-defined]
    journal.stop(5.0)


def test_one_plan_that_cannot_be_stored_takes_no_other_with_it(tmp_path: Path) -> None:
    store = PickyStore()
    journal = a_journal(store, tmp_path)
    good, bad, other = a_plan(), a_plan("bad"), a_plan()

    def broken() -> PlanRecord:
        raise ValueError("no such thing")

    record(journal, good, bad)
    journal.record(broken)
    record(journal, other)
    assert journal.flush(10.0) == 0
    assert stored(store) == [good.plan_id, other.plan_id]
    assert journal.status().dropped == 2
    journal.stop(5.0)


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "plans-00000000000000000001-1-0-3.jsonl").write_bytes(b'{"plan_id": "x"\n')
    store = InMemoryPlanStore()
    journal = a_journal(store, tmp_path)
    plan = a_plan()
    record(journal, plan)
    assert eventually(lambda: stored(store) == [plan.plan_id])
    journal.stop(5.0)
    assert [path.name for path in tmp_path.iterdir()] == ["plans-00000000000000000001-1-0-3.jsonl.unreadable"]
    assert journal.status().dropped == 3


def test_a_file_that_a_defect_keeps_from_being_read_is_never_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = InMemoryPlanStore()
    store.problem = "gone"
    first = a_journal(store, tmp_path)
    record(first, a_plan())
    first.stop(5.0)
    [spooled] = tmp_path.iterdir()
    content = spooled.read_bytes()
    store.problem = ""

    def broken(_spool: PlanSpool, _segment: object) -> list[PlanRecord]:
        raise RuntimeError("a defect")

    monkeypatch.setattr(PlanSpool, "read", broken)
    second = a_journal(store, tmp_path)
    second.start()
    assert eventually(lambda: any("set aside" in line for line in second.said))  # type: ignore[attr-defined]
    second.stop(5.0)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [content]


def test_a_spool_that_cannot_be_written_is_told_and_no_plan_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = InMemoryPlanStore()
    store.problem = "gone"
    journal = a_journal(store, tmp_path / "file" / "spool")
    record(journal, a_plan())
    assert journal.flush(5.0) == 0
    assert journal.status().dropped == 1
    journal.stop(5.0)


def test_going_away_and_coming_back_is_told_once_each(tmp_path: Path) -> None:
    store = InMemoryPlanStore()
    store.problem = "gone"
    journal = a_journal(store, tmp_path)
    for _ in range(3):
        record(journal, a_plan())
        journal.flush(5.0)
    store.problem = ""
    assert eventually(lambda: not journal.status().problem)
    journal.stop(5.0)
    said: list[str] = journal.said  # type: ignore[attr-defined]
    assert [text.partition(":")[0] for text in said] == [
        "plans are kept on disk until the store answers", "the store answers again",
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["folder", "file"])
def test_the_spool_is_readable_by_its_owner_only(tmp_path: Path, mode: str) -> None:
    spool = PlanSpool(tmp_path / "spool", 10**6)
    spool.append([a_plan()])
    path = tmp_path / "spool" if mode == "folder" else next((tmp_path / "spool").iterdir())
    assert path.stat().st_mode & 0o077 == 0
