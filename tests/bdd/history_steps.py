"""Steps of bringing a service's past in: files, collectors, forgetting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when

from adapters.history.history_files import HistoryFiles
from application.import_history import ImportHistory
from application.prune_history import PruneHistory
from application.record_history import RecordHistory
from domain.errors import InvalidRequest
from domain.load_report import Rejection
from domain.sample_upload import read_samples
from domain.series import HOUR, floor_hour
from tests.bdd.conftest import Planning
from tests.fakes.history_store import InMemoryHistoryStore
from tests.fakes.world import NOW


@dataclass
class Bringing:
    """What is kept, what was brought, and what was refused of it."""

    store: InMemoryHistoryStore = field(default_factory=InMemoryHistoryStore)
    file: Path = field(default_factory=Path)
    rejections: list[Rejection] = field(default_factory=list)
    error: InvalidRequest | None = None

    def send(self, values: Sequence[object], metric: str, service: str, moment: str) -> None:
        items = [{"service_id": service, "metric_name": metric, "ts": moment, "value": value} for value in values]
        try:
            RecordHistory(store=self.store, announce=lambda _services: None)(read_samples(items))
        except InvalidRequest as error:
            self.error = error


@pytest.fixture
def bringing() -> Bringing:
    """Nothing yet."""
    return Bringing()


def _write(folder: Path, hours: int, metric: str, service: str, instead: dict[int, str]) -> Path:
    start = NOW - hours * HOUR
    lines = ["service_id,metric_name,ts,value"]
    for step in range(hours):
        value = instead.get(step, f"0.{20 + step % 10}")
        lines.append(f"{service},{metric},{start + step * HOUR:%Y-%m-%dT%H:%M:%SZ},{value}")
    path = folder / "measurements.csv"
    path.write_text("\n".join([*lines, ""]))
    return path


@given(parsers.parse('a file with {hours:d} hours of "{metric}" of "{service}"'))
def _file(bringing: Bringing, tmp_path: Path, hours: int, metric: str, service: str) -> None:
    bringing.file = _write(tmp_path, hours, metric, service, {})


@given(
    parsers.parse(
        'a file with {hours:d} hours of "{metric}" of "{service}", and "{text}" in place of the value of hour {hour:d}'
    )
)
def _bad_file(bringing: Bringing, tmp_path: Path, hours: int, metric: str, service: str, text: str, hour: int) -> None:
    bringing.file = _write(tmp_path, hours, metric, service, {hour: text})


@when("the operator imports the file")
def _import(bringing: Bringing) -> None:
    use_case = ImportHistory(reader=HistoryFiles(), store=bringing.store)
    use_case(bringing.file, on_rejected=bringing.rejections.append, on_progress=lambda _done: None)


@when(parsers.parse('a collector sends {value:g} for "{metric}" of "{service}" at "{moment}"'))
def _send(bringing: Bringing, value: float, metric: str, service: str, moment: str) -> None:
    bringing.send([value], metric, service, moment)


@when(parsers.parse('a collector sends {first} and {second} together for "{metric}" of "{service}"'))
def _send_two(bringing: Bringing, first: str, second: str, metric: str, service: str) -> None:
    bringing.send([json.loads(first), json.loads(second)], metric, service, "2026-11-23T00:00:00Z")


@when(parsers.parse("the operator forgets all but the newest {hours:d} hours"))
def _forget(bringing: Bringing, hours: int) -> None:
    list(PruneHistory(store=bringing.store)(NOW - hours * HOUR))


@when(parsers.parse('the planner asks for "{metric}" of "{service}" after the last of them'))
def _ask(bringing: Bringing, planning: Planning, metric: str, service: str) -> None:
    for time, value in sorted(bringing.store.samples[service, metric].items()):
        planning.world.history.add(service, metric, time, [value])
    planning.ask(metric, service)


@then(parsers.parse('line {line:d} was refused, because "{reason}"'))
def _refused(bringing: Bringing, line: int, reason: str) -> None:
    assert [rejection.line for rejection in bringing.rejections] == [line]
    assert reason in bringing.rejections[0].reason


@then(parsers.re(r'(?P<hours>\d+) hours? of "(?P<metric>.+)" of "(?P<service>.+)" (are|is) kept'))
def _kept(bringing: Bringing, hours: str, metric: str, service: str) -> None:
    found = {series.metric_name: series.hours for series in bringing.store.coverage(service)}
    assert found.get(metric, 0) == int(hours)


@then(parsers.parse('"{metric}" of "{service}" was {value:g} in the hour of "{moment}"'))
def _was(bringing: Bringing, metric: str, service: str, value: float, moment: str) -> None:
    hour = datetime.fromisoformat(moment).astimezone(UTC)
    held = bringing.store.samples[service, metric]
    assert [kept for time, kept in held.items() if floor_hour(time) == hour] == [value]


@then("the collector is told that the value of its second measurement is wrong")
def _told(bringing: Bringing) -> None:
    assert bringing.error is not None
    assert [field.pointer for field in bringing.error.fields] == ["/1/value"]
