"""``mcp-core backtest anomalies`` on a small file with one incident."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from entrypoints.cli.main import run


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A service with an incident in hours 400 to 403, and its label."""
    start = np.datetime64("2026-01-01T00")
    noise = np.random.default_rng(4).normal(0, 3, 480)
    values = 40 + 20 * np.sin(np.arange(480) * 2 * np.pi / 24) + noise
    values[400:403] = 400.0
    data, labels = tmp_path / "lab.csv", tmp_path / "labels.csv"
    rows = [f"web,requests,{start + np.timedelta64(hour, 'h')}:00:00Z,{value}" for hour, value in enumerate(values)]
    data.write_text("\n".join(["service_id,metric_name,ts,value", *rows]) + "\n")
    labels.write_text("service_id,start_ts,end_ts\nweb,2026-01-17T16:00:00Z,2026-01-17T19:00:00Z\n")
    return data, labels


def report(capsys: pytest.CaptureFixture[str], data: Path, labels: Path, *more: str) -> str:
    assert run(["backtest", "anomalies", "--source", str(data), "--labels", str(labels), *more]) == 0
    return capsys.readouterr().out


def test_json_has_a_row_per_detector_and_threshold(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(report(capsys, *files, "--threshold", "3", "--threshold", "6", "-f", "json"))
    observed = [row for row in rows if row["detector"] == "observed"]
    assert [(row["threshold"], row["is_best"]) for row in observed[:2]] == [(3.0, False), (6.0, False)]
    assert observed[2]["is_best"]
    assert all((row["dataset"], row["windows"], row["found"], row["recall"]) == ("lab", 1, 1, 1.0) for row in observed)
    ahead = next(row for row in rows if row["detector"] == "z_score_ahead")
    assert ahead["found"] == 0


def test_the_threshold_is_the_setting_s_unless_given(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_Z", "4.5")
    rows = list(csv.DictReader(io.StringIO(report(capsys, *files, "-f", "csv"))))
    assert {row["threshold"] for row in rows if row["is_best"] == "False"} == {"4.5"}


def test_the_table_names_every_detector_and_marks_the_best(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    text = report(capsys, *files)
    assert all(name in text for name in ("lab", "observed", "seasonal", "robust_ahead", "F1", "*"))


def test_without_a_model_it_says_that_the_baseline_forecast(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "forecasts by auto" in report(capsys, *files)
    monkeypatch.setenv("MODEL_DIR", str(tmp_path / "none"))
    assert "forecasts by baseline" in report(capsys, *files)
    assert json.loads(report(capsys, *files, "-f", "json"))[0]["forecasts_by"] == "baseline"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--source", "{data}"], "--labels"),
        (["--labels", "{labels}"], "--source"),
        (["--source", "{data}", "--labels", "{labels}", "--metric", "disk"], "no series matches"),
        (["--source", "{data}", "--labels", "{foreign}"], "no label is of a service in the data"),
        (["--source", "{data}", "--labels", "{labels}", "--threshold", "0"], "--threshold"),
    ],
)
def test_mistakes_are_told_in_one_line(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    data, labels = files
    foreign = labels.with_name("foreign.csv")
    foreign.write_text("dataset,service_id,start_ts,end_ts\nother,web,2026-01-17T16:00:00Z,2026-01-17T19:00:00Z\n")
    filled = [item.format(data=data, labels=labels, foreign=foreign) for item in arguments]
    assert run(["backtest", "anomalies", *filled]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
