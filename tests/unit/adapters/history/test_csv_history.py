"""The two files together: which one answers, what readers are told, and what is never shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from adapters.history.csv_history import CsvMetricHistory
from adapters.history.long_file import load_long_file
from domain.covariates import ALL_COLUMNS
from domain.errors import ConfigurationError, DataSourceUnavailable
from domain.ports.metric_history import HistoryScope, HistoryWindow
from domain.series import HOUR

REPOSITORY = Path(__file__).parents[4]
END = datetime(2026, 11, 23, 12, tzinfo=UTC)


def long_text(*lines: str) -> str:
    return "\n".join(["service_id,metric_name,ts,value", *lines, ""])


def wide_text(hours: int = 30) -> str:
    rows = [[hour % 24 if name == "hour_of_day" else hour for name in ALL_COLUMNS] for hour in range(hours)]
    lines = [",".join(str(cell) for cell in row) for row in rows]
    return "\n".join([",".join(ALL_COLUMNS), *lines, ""])


SHOP = "shop,avg_cpu,2026-11-23T10:00:00Z,0.25"


class Stage:
    """Both files, a clock that moves by hand, and reloads done at once."""

    def __init__(self, folder: Path) -> None:
        self.services, self.cluster = folder / "private-services.csv", folder / "private-cluster.csv"
        self.services.write_text(long_text(SHOP))
        self.cluster.write_text(wide_text())
        self.now = 0.0

    def history(self, *, services: bool = True, cluster: bool = True) -> CsvMetricHistory:
        def at_once(work: Callable[[], None]) -> None:
            work()

        return CsvMetricHistory(
            data_path=self.cluster if cluster else None,
            services_path=self.services if services else None,
            monotonic=lambda: self.now,
            run_in_background=at_once,
        )

    def replace(self, path: Path, text: str) -> None:
        beside = path.with_name("new")
        beside.write_text(text)
        beside.replace(path)
        self.now += 60


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def read(history: CsvMetricHistory, service: str = "shop", *names: str, end: datetime = END) -> HistoryWindow:
    return history.window(service, names or ("avg_cpu",), end=end, hours=24)


def test_neither_file_is_a_wrong_configuration() -> None:
    with pytest.raises(ConfigurationError, match="CSV_DATA_PATH and CSV_SERVICES_PATH are both empty"):
        CsvMetricHistory(data_path=None, services_path=None)


def test_a_service_of_the_long_file_is_answered_from_it(stage: Stage) -> None:
    window = read(stage.history())
    assert window.scope is HistoryScope.SERVICE
    assert window.series["avg_cpu"].values.tolist() == [0.25]


def test_any_other_service_is_answered_by_the_cluster(stage: Stage) -> None:
    window = read(stage.history(), "unknown")
    assert window.scope is HistoryScope.CLUSTER
    assert window.series["avg_cpu"].end == END


def test_a_metric_that_a_known_service_lacks_is_not_taken_from_the_cluster(stage: Stage) -> None:
    window = read(stage.history(), "shop", "total_events")
    assert window.scope is HistoryScope.SERVICE
    assert window.series == {}


def test_without_a_wide_file_an_unknown_service_has_no_series(stage: Stage) -> None:
    window = read(stage.history(cluster=False), "unknown")
    assert (window.series, window.scope) == ({}, HistoryScope.SERVICE)


def test_a_long_file_that_cannot_be_read_is_not_papered_over_with_the_cluster(stage: Stage) -> None:
    stage.services.unlink()
    history = stage.history()
    with pytest.raises(DataSourceUnavailable, match="CSV_SERVICES_PATH: the file cannot be read"):
        read(history)
    with pytest.raises(DataSourceUnavailable):
        history.services()
    assert history.status().state == "degraded"


def test_a_wide_file_that_cannot_be_read_leaves_the_long_one_working(stage: Stage) -> None:
    stage.cluster.write_text("nonsense\n")
    history = stage.history()
    assert read(history).series
    with pytest.raises(DataSourceUnavailable, match="CSV_DATA_PATH: line 1: wrong header"):
        read(history, "unknown")
    status = history.status()
    assert status.state == "degraded"
    assert status.detail == ("CSV_SERVICES_PATH: 1 lines, 1 services, 1 series",)


def test_both_files_bad_is_down(stage: Stage) -> None:
    stage.cluster.unlink()
    stage.services.unlink()
    status = stage.history().status()
    assert status.state == "down"
    assert "CSV_SERVICES_PATH" in status.reason
    assert "CSV_DATA_PATH" in status.reason
    assert "private" not in status.reason


def test_status_is_ok_and_tells_what_is_held(stage: Stage) -> None:
    status = stage.history().status()
    assert (status.state, status.reason) == ("ok", "")
    assert status.detail == ("CSV_SERVICES_PATH: 1 lines, 1 services, 1 series", "CSV_DATA_PATH: 30 lines")


def test_rejected_lines_are_told_in_the_status_and_to_their_service_only(stage: Stage) -> None:
    stage.services.write_text(long_text(SHOP, SHOP.replace("shop", "auth"), "shop,avg_cpu,2026-11-23T11:00:00Z,nan"))
    history = stage.history()
    status = history.status()
    assert status.state == "ok"
    assert "1 lines rejected, the first is line 4: value 'nan' is not finite" in status.detail[0]
    assert read(history).notes == ("CSV_SERVICES_PATH: 1 lines of shop were rejected",)
    assert read(history, "auth").notes == ()


def test_a_changed_long_file_is_noticed(stage: Stage) -> None:
    history = stage.history()
    before = read(history)
    stage.replace(stage.services, long_text(SHOP.replace("0.25", "0.75")))
    read(history)
    after = read(history)
    assert after.series["avg_cpu"].values.tolist() == [0.75]
    assert after.digest != before.digest


def test_a_bad_change_keeps_the_former_content_and_says_so(stage: Stage) -> None:
    history = stage.history()
    before = read(history)
    stage.replace(stage.services, "nonsense\n")
    read(history)
    after = read(history)
    assert after.digest == before.digest
    assert after.notes[0].startswith("CSV_SERVICES_PATH: line 1: wrong header")
    assert after.notes[0].endswith("the content read before is still used")
    assert history.status().state == "degraded"
    stage.replace(stage.services, long_text(SHOP))
    read(history)
    assert read(history).notes == ()
    assert history.status().state == "ok"


def test_a_window_asked_for_again_is_the_same_object(stage: Stage) -> None:
    history = stage.history()
    assert read(history) is read(history)
    assert read(history, "one") is read(history, "two")


def test_remembered_windows_are_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.history.csv_history._REMEMBERED_WINDOWS", 3)
    history = stage.history()
    first = read(history)
    for hour in range(1, 5):
        read(history, end=END + hour * HOUR)
    assert read(history) is not first
    assert read(history).digest == first.digest


def test_series_handed_out_cannot_be_changed(stage: Stage) -> None:
    series = read(stage.history()).series["avg_cpu"]
    with pytest.raises(ValueError, match="read-only"):
        series.values[0] = 9


@pytest.mark.parametrize("end", [END.replace(tzinfo=None), END + timedelta(minutes=1), END + timedelta(microseconds=1)])
def test_end_must_be_a_full_hour_with_a_zone(end: datetime, stage: Stage) -> None:
    with pytest.raises(ValueError, match="full hour"):
        read(stage.history(), end=end)


@pytest.mark.parametrize("zero", ["-0", "-0.000", "-0e0", " -0 "])
def test_minus_zero_is_zero_so_that_it_has_the_digest_of_zero(zero: str, stage: Stage) -> None:
    before = read(stage.history())
    stage.services.write_text(long_text(SHOP.replace("0.25", zero)))
    minus = read(stage.history())
    stage.services.write_text(long_text(SHOP.replace("0.25", "0")))
    assert minus.digest == read(stage.history()).digest != before.digest


def test_end_may_be_in_another_zone(stage: Stage) -> None:
    moved = END.astimezone(timezone(timedelta(hours=9)))
    assert read(stage.history(), end=moved).digest == read(stage.history()).digest


def test_a_window_needs_at_least_one_hour(stage: Stage) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        stage.history().window("shop", ("avg_cpu",), end=END, hours=0)


def test_far_apart_timestamps_take_no_memory_until_they_are_asked_for(stage: Stage) -> None:
    lines = [f"s{index},m,{year}-01-01T00:00:00Z,1" for index in range(2000) for year in (1970, 2199)]
    stage.services.write_text(long_text(*lines))
    table, _ = load_long_file(stage.services)
    assert table.hours.size == table.means.size == 4000
    history = stage.history(cluster=False)
    series = history.window("s7", ("m",), end=datetime(2199, 12, 1, tzinfo=UTC), hours=48).series["m"]
    assert np.count_nonzero(series.observed) == len(series) == 1


def test_the_shipped_sample_answers_for_its_eight_services() -> None:
    history = CsvMetricHistory(data_path=None, services_path=REPOSITORY / "data" / "sample_services.csv")
    assert len(history.services()) == 8
    window = history.window("shop-api", ("avg_cpu", "requests"), end=END, hours=168)
    assert {name: series.observed_hours for name, series in window.series.items()} == {"avg_cpu": 168, "requests": 168}


def test_serving_history_needs_neither_pandas_nor_pyarrow() -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from adapters.history.csv_history import CsvMetricHistory\n"
        "h = CsvMetricHistory(data_path=None, services_path=Path('data/sample_services.csv'))\n"
        "assert h.window('shop-api', ('avg_cpu',), end=datetime(2026, 11, 23, tzinfo=UTC), hours=24).series\n"
        "print([name for name in ('pandas', 'pyarrow', 'tensorflow', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
