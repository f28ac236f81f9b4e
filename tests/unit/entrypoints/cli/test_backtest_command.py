"""``mcp-core backtest`` on a small file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from entrypoints.cli.main import run
from entrypoints.cli.many_sources import spread_sources


@pytest.fixture
def past_csv(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    lines = ["service_id,metric_name,ts,value"]
    for service in range(6):
        noise = np.random.default_rng(service).normal(0, 3, 400)
        for hour in range(400):
            value = 40 + 20 * np.sin(hour * 2 * np.pi / 24) + noise[hour]
            stamp = np.datetime64("2026-01-01T00") + np.timedelta64(hour, "h")
            lines.append(f"<s{service}>,cpu,{stamp}:00:00Z,{value}")
    path.write_text("\n".join(lines) + "\n")
    return path


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert run(["backtest", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_json_holds_our_baseline_and_the_peers_asked_for(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.loads(report(capsys, "--source", past_csv, "--against", "seasonal-naive,last", "-f", "json"))
    methods = body["overall"]["methods"]
    assert {"baseline", "seasonal-naive", "last"} <= set(methods)
    assert methods["seasonal-naive"]["mae_ratio"] == 1.0
    assert methods["baseline"]["mae_ratio"] < 0.9
    assert methods["baseline"]["n_windows"] == 42
    assert body["datasets"]["lab"]["methods"] == body["overall"]["methods"]


def test_two_workers_give_the_figures_of_one(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (
        json.loads(report(capsys, "--source", past_csv, "--origins", 1, "--workers", workers, "-f", "json"))
        for workers in (1, 2)
    )
    for body in (one, two):
        for method in body["overall"]["methods"].values():
            del method["ms_per_forecast"]
    assert one["overall"] == two["overall"]


def test_csv_has_one_row_per_data_set_and_method(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "--source", past_csv, "--sample", 2, "--against", "last", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["dataset"], row["method"]) for row in rows} >= {("overall", "baseline"), ("lab", "last")}
    assert all(row["n_series"] == "2" for row in rows)


def test_the_table_names_every_method(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "--source", past_csv)
    assert all(name in text for name in ("overall", "lab", "baseline", "seasonal-naive", "mean24", "profile"))


def test_the_page_is_self_contained_and_draws_windows(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = report(capsys, "--source", past_csv, "-f", "html")
    drawings = [part.split("</svg>")[0] + "</svg>" for part in page.split("<figure>")[1:]]
    assert len(drawings) == 2
    assert all(ElementTree.fromstring(drawing).tag == "svg" for drawing in drawings)  # noqa: S314  our own page
    assert "&lt;s" in page
    assert "<s0>" not in page
    assert "http" not in page


def test_services_kept_apart_from_a_training_are_fewer(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "--source", past_csv, "--kept-apart", "--against", "last", "-f", "json")
    assert json.loads(text)["overall"]["methods"]["last"]["n_series"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--origins", "3"), "--source"),
        (("--source", "{file}", "--metric", "disk"), "no series matches"),
        (("--source", "{file}", "--against", "oracle"), "oracle"),
        (("--source", "{folder}/none.csv"), "there is no such file"),
    ],
)
def test_mistakes_are_told_in_one_line(
    past_csv: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    filled = [item.format(file=past_csv, folder=past_csv.parent) for item in arguments]
    assert run(["backtest", *filled]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_a_wildcard_may_follow_source() -> None:
    spread = spread_sources(["--source", "a", "b", "-f", "json", "--source", "c"])
    assert spread == ["--source", "a", "--source", "b", "-f", "json", "--source", "c"]
