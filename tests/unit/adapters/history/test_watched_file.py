"""A watched file is read once, again when it changes, and nobody waits for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.history.watched_file import WatchedFile, run_in_thread
from domain.errors import DataSourceUnavailable, InvalidData


class Stage:
    """A file, a clock that moves by hand, a loader that counts, and background work that waits to be run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0.0
        self.loads = 0
        self.waiting: list[Callable[[], None]] = []
        self.file = WatchedFile(
            path,
            "CSV_SERVICES_PATH",
            self.load,
            monotonic=lambda: self.now,
            run_in_background=self.wait,
        )

    def wait(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def load(self, path: Path) -> str:
        self.loads += 1
        text = path.read_text()
        if text.startswith("bad"):
            raise InvalidData(text, line=1)
        return text

    def write(self, text: str) -> None:
        """Replace the file as a careful writer does, so that even an equal size and time shows by its inode."""
        beside = self.path.with_name("new")
        beside.write_text(text)
        beside.replace(self.path)

    def later(self, seconds: float = 60.0) -> None:
        self.now += seconds

    def run_background(self) -> None:
        work, self.waiting = self.waiting, []
        for step in work:
            step()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    path = tmp_path / "secret-folder.csv"
    path.write_text("one")
    return Stage(path)


def test_nothing_is_read_before_it_is_needed(stage: Stage) -> None:
    assert stage.loads == 0


def test_an_unchanged_file_is_read_once(stage: Stage) -> None:
    for _ in range(100):
        assert stage.file.content() == "one"
        stage.later()
    assert stage.loads == 1


def test_a_changed_file_is_read_in_the_background_while_readers_keep_the_former(stage: Stage) -> None:
    stage.file.content()
    stage.write("two")
    stage.later()
    assert [stage.file.content() for _ in range(3)] == ["one"] * 3
    assert len(stage.waiting) == 1
    stage.run_background()
    assert stage.file.content() == "two"
    assert stage.file.status().state == "ok"


def test_a_second_reading_is_not_started_while_one_runs(stage: Stage) -> None:
    stage.file.content()
    for text in ("two", "three"):
        stage.write(text)
        stage.later()
        stage.file.content()
    assert len(stage.waiting) == 1


def test_the_file_is_looked_at_once_a_second_at_most(stage: Stage) -> None:
    stage.file.content()
    stage.write("two")
    stage.later(0.5)
    stage.file.content()
    assert stage.waiting == []
    stage.later(0.6)
    stage.file.content()
    assert len(stage.waiting) == 1


def test_a_change_of_the_modification_time_alone_is_noticed(stage: Stage) -> None:
    stage.file.content()
    os.utime(stage.path, ns=(1, 1))
    stage.later()
    stage.file.content()
    assert len(stage.waiting) == 1


def test_a_bad_new_file_leaves_the_former_content_and_says_so_without_the_path(stage: Stage) -> None:
    stage.file.content()
    stage.write("bad header")
    stage.later()
    stage.file.content()
    stage.run_background()
    assert stage.file.content() == "one"
    status = stage.file.status()
    assert status.state == "degraded"
    assert status.reason == "CSV_SERVICES_PATH: line 1: bad header; the content read before is still used"


def test_a_bad_file_is_not_read_again_until_it_changes(stage: Stage) -> None:
    stage.file.content()
    stage.write("bad")
    for _ in range(5):
        stage.later()
        stage.file.content()
        stage.run_background()
    assert stage.loads == 2
    stage.write("good again")
    stage.later()
    stage.file.content()
    stage.run_background()
    assert stage.file.content() == "good again"
    assert stage.file.status().state == "ok"


def test_a_file_that_vanishes_is_degraded_and_recovers(stage: Stage) -> None:
    stage.file.content()
    stage.path.unlink()
    stage.later()
    assert stage.file.content() == "one"
    assert "No such file" in stage.file.status().reason
    stage.write("two")
    stage.later()
    stage.file.content()
    stage.run_background()
    assert stage.file.content() == "two"
    assert stage.file.status().state == "ok"


def test_a_first_bad_file_is_down_and_names_the_setting_but_not_the_path(stage: Stage) -> None:
    stage.write("bad header")
    with pytest.raises(DataSourceUnavailable, match=r"^CSV_SERVICES_PATH: line 1: bad header$"):
        stage.file.content()
    assert stage.file.status().state == "down"
    assert "secret-folder" not in stage.file.status().reason


def test_a_missing_first_file_is_found_when_it_appears(stage: Stage) -> None:
    stage.path.unlink()
    with pytest.raises(DataSourceUnavailable, match="No such file"):
        stage.file.content()
    stage.write("one")
    stage.later()
    assert stage.file.content() == "one"


def test_a_file_that_cannot_be_read_is_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> str:
        raise DataSourceUnavailable("the file cannot be read (Input/output error)")

    monkeypatch.setattr(stage.file, "_load", fail)
    with pytest.raises(DataSourceUnavailable, match="Input/output"):
        stage.file.content()
    monkeypatch.setattr(stage.file, "_load", stage.load)
    stage.later()
    assert stage.file.content() == "one"


def test_what_is_written_during_a_reading_is_read_next(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_while_written(path: Path) -> str:
        text = stage.load(path)
        if stage.loads == 1:
            stage.write("two")
        return text

    monkeypatch.setattr(stage.file, "_load", load_while_written)
    assert stage.file.content() == "one"
    stage.later()
    stage.file.content()
    stage.run_background()
    assert stage.file.content() == "two"


def test_a_file_that_is_always_changing_gets_a_rest_after_a_long_reading(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(path: Path) -> str:
        stage.later(2.0)
        return stage.load(path)

    monkeypatch.setattr(stage.file, "_load", slow)
    stage.file.content()
    stage.write("two")
    stage.later(9.0)
    stage.file.content()
    assert stage.waiting == []
    stage.later(2.0)
    stage.file.content()
    assert len(stage.waiting) == 1


def test_many_threads_share_the_first_reading(tmp_path: Path) -> None:
    path, loads, together = tmp_path / "f.csv", [], threading.Barrier(8)
    path.write_text("one")

    def load(found: Path) -> str:
        loads.append(found)
        return found.read_text()

    file = WatchedFile(path, "CSV_SERVICES_PATH", load)
    seen: list[str] = []

    def read() -> None:
        together.wait(timeout=10)
        seen.append(file.content())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert seen == ["one"] * 8
    assert len(loads) == 1


def test_background_work_runs_in_a_thread_of_its_own() -> None:
    done = threading.Event()
    names: list[str] = []

    def work() -> None:
        names.append(threading.current_thread().name)
        done.set()

    run_in_thread(work)
    assert done.wait(timeout=10)
    assert names == ["history-reload"]
