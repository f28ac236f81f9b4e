"""Contract of the port BacktestSource: one suite over the fake, files, and what a training keeps apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from adapters.training.kept_apart import KeptApartSource
from domain.errors import InvalidData
from domain.metrics import MetricSpec, describe_metric
from domain.ports.backtest_source import BacktestSeries, BacktestSource
from domain.series import HOUR, LoadSeries
from tests.fakes.backtest_source import RememberedPast

START = datetime(2026, 1, 5, tzinfo=UTC)
COLUMNS = "dataset,service_id,metric_name,ts,value"
Row = tuple[str, str, str, int, float]
"""Data set, service, metric, hours since the start, value."""
Make = Callable[[Sequence[Row]], BacktestSource]
MakeOf = Callable[[str, str | None], BacktestSource]


def as_csv(rows: Sequence[Row]) -> str:
    lines = [
        f"{where},{service},{metric},{START + hour * HOUR},{value}" for where, service, metric, hour, value in rows
    ]
    return "\n".join([COLUMNS, *lines]) + "\n"


def remembered(rows: Sequence[Row]) -> RememberedPast:
    held: dict[tuple[str, str, str], dict[int, float]] = {}
    for where, service, metric, hour, value in rows:
        held.setdefault((where, service, metric), {})[hour] = value
    return RememberedPast(
        *(
            BacktestSeries(dataset=where, service_id=service, metric=named(metric), series=hourly(hours))
            for (where, service, metric), hours in held.items()
        )
    )


def named(metric: str) -> MetricSpec:
    """What is known of a metric, under the name that the source has for it."""
    return replace(describe_metric(metric), name=metric)


def hourly(hours: dict[int, float]) -> LoadSeries:
    """The series of these values by hour since the start; what is missing is the value before."""
    values: list[float] = []
    span = range(min(hours), max(hours) + 1)
    for hour in span:
        values.append(hours.get(hour, values[-1] if values else 0.0))
    return LoadSeries(START + span[0] * HOUR, np.array(values), np.array([hour in hours for hour in span]))


def kept_apart(path: Path) -> KeptApartSource:
    """All of the files is kept apart, as a training left their data sets out; nothing it learned from is asked for."""
    learned = path.with_name("learned.csv")
    learned.write_text(as_csv([("learned", "old", "cpu", hour, 1.0) for hour in range(30)]))
    return KeptApartSource([path, learned], leave_out=["lab", "mall"], datasets=["lab", "mall"])


FILES: dict[str, Callable[[Path], BacktestSource]] = {
    "files": lambda path: ArrowBacktestSource([path]),
    "kept-apart": kept_apart,
}
KINDS = ["fake", *sorted(FILES)]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, tmp_path: Path) -> Make:
    """Makes a source of these rows."""

    def of(rows: Sequence[Row]) -> BacktestSource:
        if kind == "fake":
            return remembered(rows)
        path = tmp_path / "past.csv"
        path.write_text(as_csv(rows))
        return FILES[kind](path)

    return of


@pytest.fixture
def make_of(kind: str, tmp_path: Path) -> MakeOf:
    """Makes a source of a file with this text; without a text, of one that is not there."""

    def of(name: str, text: str | None) -> BacktestSource:
        if kind == "fake":
            return RememberedPast(problem=f"{name}: it cannot be used, mend it")
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        return FILES[kind](path)

    return of


ROWS: list[Row] = [
    ("lab", "b", "cpu", 1, 0.5), ("lab", "a", "requests", 0, 7.0), ("lab", "b", "cpu", 4, 0.25),
    ("mall", "b", "cpu", 0, 3.0), ("lab", "b", "cpu", 2, 0.75), ("lab", "7", "memory", 0, 0.125),
]  # fmt: skip


def test_every_series_comes_once_and_is_named(make: Make) -> None:
    found = list(make(ROWS).read())
    assert sorted((one.dataset, one.service_id, one.metric.name) for one in found) == [
        ("lab", "7", "memory"), ("lab", "a", "requests"), ("lab", "b", "cpu"), ("mall", "b", "cpu"),
    ]  # fmt: skip
    labels = [one.label for one in found if one.dataset == "lab"]
    assert sorted(labels) == ["7/memory", "a/requests", "b/cpu"]


def test_a_series_is_hourly_from_its_first_hour_to_its_last_and_knows_its_gaps(make: Make) -> None:
    [cpu] = [one for one in make(ROWS).read() if (one.dataset, one.label) == ("lab", "b/cpu")]
    assert cpu.series.start == START + HOUR
    assert cpu.series.start.utcoffset() == 0 * HOUR
    assert cpu.series.observed.tolist() == [True, True, False, True]
    assert cpu.series.values[cpu.series.observed].tolist() == [0.5, 0.75, 0.25]


def test_the_order_is_the_same_each_time(make: Make) -> None:
    rows = [("lab", f"s{number * 7 % 20}", "cpu", 0, 1.0) for number in range(20)]
    source = make(rows)
    orders = [[one.label for one in each.read()] for each in (source, source, make(rows))]
    assert orders[0] == orders[1] == orders[2]
    assert len(set(orders[0])) == 20


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("absent.csv", None),
        ("absent.parquet", None),
        ("broken.parquet", "no Parquet"),
        ("empty.csv", ""),
        ("few.csv", "service_id,ts\na,2026-01-01T00:00:00Z\n"),
        ("word.csv", "service_id,metric_name,ts,value\na,cpu,2026-01-01T00:00:00Z,much\n"),
        ("when.csv", "service_id,metric_name,ts,value\na,cpu,yesterday,1\n"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_folder(
    make_of: MakeOf, tmp_path: Path, name: str, text: str | None
) -> None:
    source = make_of(name, text)
    with pytest.raises(InvalidData, match=f"^{name}: .+") as caught:
        list(source.read())
    assert str(tmp_path) not in str(caught.value)
