"""The 84-column file: strict header, finite numbers, windows by hour of day."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.history.csv_history import CsvMetricHistory
from adapters.history.file_check import check_history_file
from adapters.history.load_tally import FileRefused
from adapters.history.wide_file import load_wide_file
from domain.covariates import ALL_COLUMNS
from domain.load_report import FileLayout, LoadReport, WarningKind
from domain.ports.metric_history import HistoryScope, HistoryWindow
from domain.series import HOUR

REPOSITORY = Path(__file__).parents[4]
SHARED_DATA = Path(os.environ.get("MCP_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
HEADER = ",".join(ALL_COLUMNS)
END = datetime(2026, 11, 23, 12, tzinfo=UTC)


def row(offset: float, **changes: object) -> str:
    """One good line: every number is the offset, but for the hour of day and what is changed."""
    cells: dict[str, object] = dict.fromkeys(ALL_COLUMNS, offset) | {"hour_of_day": int(offset) % 24} | changes
    return ",".join(str(cell) for cell in cells.values())


def write(tmp_path: Path, lines: Sequence[str]) -> Path:
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(lines))
    return path


def load(tmp_path: Path, *lines: str) -> LoadReport:
    return load_wide_file(write(tmp_path, [HEADER, *lines]))[1]


def window(tmp_path: Path, lines: Sequence[str], *names: str, end: datetime = END, hours: int = 24) -> HistoryWindow:
    history = CsvMetricHistory(data_path=write(tmp_path, [HEADER, *lines]), services_path=None)
    return history.window("anything", names, end=end, hours=hours)


def change(column: str, text: str) -> Callable[[], str]:
    return lambda: row(1, **{column: text})


BAD = {
    "text": (change("avg_cpu", "high"), "avg_cpu 'high' is not a number"),
    "empty": (change("lag1_cpu", ""), "lag1_cpu is empty"),
    "NaN": (change("total_events", "nan"), "total_events 'nan' is not finite"),
    "infinite": (change("std_cpu", "inf"), "std_cpu 'inf' is not finite"),
    "overflow": (change("std_cpu", "1e999"), "std_cpu '1e999' is beyond"),
    "underscore": (change("total_events", "1_000"), "total_events '1_000' is not a number"),
    "Arabic digit": (change("total_events", "٣"), "total_events '\\u0663' is not a number"),
    "too few": (lambda: row(1).rsplit(",", 1)[0], "the line has 83 fields, 84 are expected"),
    "too many": (lambda: row(1) + ",1", "the line has 85 fields, 84 are expected"),
    "NUL": (change("avg_cpu", "0\0"), "NUL byte"),
    "byte order mark": (lambda: "\ufeff" + row(1), "byte order mark"),
    "hour 24": (change("hour_of_day", "24"), "hour_of_day must be a whole number from 0 to 23"),
    "half an hour of day": (change("hour_of_day", "1.5"), "hour_of_day must be a whole number from 0 to 23"),
    "negative offset": (change("hour_offset", "-1"), "hour_offset must be from 0"),
    "absurd offset": (change("hour_offset", "1e9"), "hour_offset must be from 0"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_rejected_with_line_and_reason(line: Callable[[], str], reason: str, tmp_path: Path) -> None:
    report = load(tmp_path, row(0), line(), row(2))
    assert [rejection.line for rejection in report.rejections] == [3]
    assert reason in report.rejections[0].reason
    assert (report.lines_read, report.accepted, report.rejected) == (3, 2, 1)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("lag6_cpu,", ""), "missing column lag6_cpu"),
        (HEADER + ",extra", "unknown name in column 85"),
        (HEADER.replace("avg_cpu,avg_memory", "avg_memory,avg_cpu"), "column 7 must be avg_cpu"),
        (HEADER.replace("total_events", "events"), "missing column total_events; unknown name in column 2"),
        ("", "missing column hour_offset"),
    ],
)
def test_any_other_header_is_refused(header: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        load_wide_file(write(tmp_path, [header, row(0)]))
    assert message in refused.value.message
    assert refused.value.line == 1


def test_a_file_without_a_good_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no data lines"):
        load(tmp_path)
    with pytest.raises(FileRefused, match="line 2: none of 1 data lines is good"):
        load(tmp_path, row(0, avg_cpu="x"))


def test_unsorted_duplicate_and_negative_rows_are_taken_and_counted(tmp_path: Path) -> None:
    report = load(tmp_path, row(1), row(0), row(1), row(2, avg_cpu=-1), row(3, lag1_cpu=" 1 "), "")
    assert [(warning.kind, warning.count, warning.first_lines) for warning in report.warnings] == [
        (WarningKind.BLANKS_TRIMMED, 1, (6,)),
        (WarningKind.UNSORTED, 1, (3,)),
        (WarningKind.DUPLICATE_TIMESTAMP, 1, (2,)),
        (WarningKind.NEGATIVE_VALUE, 1, (5,)),
    ]
    assert report.accepted == report.lines_read == 5


def test_of_equal_offsets_the_last_row_wins(tmp_path: Path) -> None:
    lines = [row(10), row(11, avg_cpu=0.1), row(11, avg_cpu=0.7)]
    assert window(tmp_path, lines, "avg_cpu").series["avg_cpu"].values.tolist() == [10, 0.7]
    many = [row(offset, avg_cpu=turn) for turn in range(50) for offset in (11, 10)]
    assert window(tmp_path, many, "avg_cpu").series["avg_cpu"].values.tolist() == [49, 49]


def test_the_window_ends_at_the_last_row_of_the_hour_before_end_and_is_stamped_with_it(tmp_path: Path) -> None:
    found = window(tmp_path, [row(hour) for hour in range(100)], "total_events", hours=48)
    series = found.series["total_events"]
    # The last row of hour_of_day 11 is that of offset 83.
    assert series.values.tolist() == list(range(36, 84))
    assert series.end == END
    assert found.scope is HistoryScope.CLUSTER


def test_a_file_without_that_hour_of_day_ends_at_its_last_row_at_the_right_hour(tmp_path: Path) -> None:
    series = window(tmp_path, [row(hour) for hour in range(5)], "total_events").series["total_events"]
    assert series.values.tolist() == [0, 1, 2, 3, 4]
    assert series.end == datetime(2026, 11, 23, 5, tzinfo=UTC)
    late = window(tmp_path, [row(hour) for hour in range(18, 21)], "total_events").series["total_events"]
    assert late.end == datetime(2026, 11, 22, 21, tzinfo=UTC)


def test_a_rejected_row_is_a_gap_that_the_window_notes(tmp_path: Path) -> None:
    found = window(tmp_path, [row(9), row(10, avg_cpu="x"), row(11)], "avg_cpu")
    assert found.series["avg_cpu"].observed.tolist() == [True, False, True]
    assert found.notes == ("CSV_DATA_PATH: 1 of 3 lines were rejected",)


def test_rows_of_the_same_hour_are_averaged(tmp_path: Path) -> None:
    lines = [row(10), row(10.5, avg_cpu=20), row(11), row(11.5)]
    series = window(tmp_path, lines, "avg_cpu", "cpu_max").series
    assert series["avg_cpu"].values.tolist() == [15, 11.25]
    assert series["cpu_max"].values.tolist() == [20, 11.5]


def test_the_busiest_machine_is_no_maximum_within_the_hour(tmp_path: Path) -> None:
    series = window(tmp_path, [row(hour, max_cpu=1) for hour in range(12)], "max_cpu", "cpu_max", "hour_offset").series
    assert set(series) == {"max_cpu"}


def test_every_service_gets_the_cluster_and_none_is_listed(tmp_path: Path) -> None:
    history = CsvMetricHistory(data_path=write(tmp_path, [HEADER, row(11)]), services_path=None)
    one, two = (history.window(name, ("avg_cpu",), end=END, hours=5) for name in ("a", "b"))
    assert one.digest == two.digest
    assert one.series["avg_cpu"].values.tolist() == [11]
    assert history.services() == {}


def test_the_shipped_file_is_whole() -> None:
    report = check_history_file(REPOSITORY / "data" / "lstm_ready_cluster_data.csv")
    assert (report.layout, report.lines_read, report.accepted) == (FileLayout.WIDE, 1439, 1439)
    assert report.is_clean
    assert report.warnings == ()


def test_a_half_hourly_file_holds_720_hours() -> None:
    path = SHARED_DATA / "lstm_ready_cluster_data.csv"
    if not path.exists():
        pytest.skip("the half-hourly original is not on this machine (MCP_SHARED_DATA)")
    table, report = load_wide_file(path)
    assert (report.lines_read, report.accepted, table.hours.size) == (1439, 1439, 720)
    history = CsvMetricHistory(data_path=path, services_path=None)
    series = history.window("any", ("total_events",), end=END, hours=1000).series["total_events"]
    # 719 ends at 23 o'clock; the last hour before noon is offset 707, and all before it is there.
    assert len(series) == series.observed_hours == 708
    assert series.end == END
    assert series.values[0] == pytest.approx((9539.0 + 4983.272521264176) / 2)
    assert series.end - len(series) * HOUR == series.start
