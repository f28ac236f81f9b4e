"""``mcp-core backtest sizing`` on a small file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from application.sizing_days import is_kept_apart
from entrypoints.cli.main import run

SERVICES = [f"<s{number}>" for number in range(4)]


@pytest.fixture
def past_csv(tmp_path: Path) -> Path:
    """Seventeen days of four services: three days to judge each."""
    path = tmp_path / "lab.csv"
    lines = ["service_id,metric_name,ts,value"]
    for number, service in enumerate(SERVICES):
        noise = np.random.default_rng(number).uniform(0, 0.1, 17 * 24)
        for hour, extra in enumerate(noise.tolist()):
            stamp = np.datetime64("2026-01-01T00") + np.timedelta64(hour, "h")
            mean = 0.3 + 0.1 * np.sin(hour * 2 * np.pi / 24)
            for metric, value in (
                ("cpu", mean),
                ("cpu_max", mean + extra),
                ("memory", mean),
                ("memory_max", mean + extra),
            ):
                lines.append(f"{service},{metric},{stamp}:00:00Z,{value:.6f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert run(["backtest", "sizing", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_json_holds_our_methods_at_the_asked_risks_and_the_peers(
    past_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.loads(
        report(capsys, "--source", past_csv, "--risk", "0.1,0.02", "--against", "max14,vpa", "-f", "json")
    )
    cpu = body["in_use"]["overall"]["cpu"]
    assert {"baseline@0.1", "baseline@0.02", "max14", "vpa"} <= set(cpu["rules"])
    assert (cpu["n_services"], cpu["n_days"], cpu["n_hours"]) == (4, 12, 288)
    assert cpu["rules"]["baseline@0.02"]["asked_risk"] == 0.02
    assert 1.2 < cpu["rules"]["baseline@0.02"]["allocation"] < cpu["rules"]["max14"]["allocation"]
    assert body["in_use"]["datasets"]["lab"]["memory"]["rules"]["vpa"]["asked_risk"] is None
    assert body["apart"]["overall"] == {}


def test_every_peer_is_there_unless_some_are_named(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.loads(report(capsys, "--source", past_csv, "--origins", 1, "-f", "json"))
    rules = set(body["in_use"]["overall"]["cpu"]["rules"])
    assert {"vpa", "krr", "compute-optimizer", "max14", "autopilot-window"} <= rules
    assert {"baseline@0.05", "baseline@0.01", "baseline@0.005"} <= rules
    assert body["in_use"]["overall"]["cpu"]["n_days"] == 4


def test_the_two_halves_of_the_services_make_the_whole(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apart = sum(is_kept_apart("lab", service) for service in SERVICES)
    assert 0 < apart < 4
    for half, expected in (("kept-apart", apart), ("fit", 4 - apart)):
        body = json.loads(report(capsys, "--source", past_csv, "--services", half, "--against", "krr", "-f", "json"))
        assert body["in_use"]["overall"]["cpu"]["n_services"] == expected


def test_only_services_the_model_never_saw_may_be_asked_for(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trained_on = past_csv.with_name("other.csv")
    trained_on.write_text(past_csv.read_text())
    asked = ("--source", past_csv, trained_on, "--against", "krr", "--origins", 1, "--unseen", "--leave-out", "lab")
    body = json.loads(report(capsys, *asked, "-f", "json"))
    # Of four services training keeps none for its figures; what it leaves out is unseen.
    assert set(body["in_use"]["datasets"]) == {"lab"}
    assert body["in_use"]["overall"]["cpu"]["n_services"] == 4


def test_two_workers_give_the_figures_of_one(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (
        report(capsys, "--source", past_csv, "--origins", 1, "--workers", workers, "-f", "json") for workers in (1, 2)
    )
    assert one == two


def test_csv_has_one_row_per_rule(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "--source", past_csv, "--metric", "cpu", "--against", "max14", "--risk", "0.05", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    found = {(row["dataset"], row["resource"], row["rule"]) for row in rows}
    assert {("overall", "cpu", "max14"), ("lab", "cpu", "baseline@0.05")} <= found
    assert {row["resource"] for row in rows} == {"cpu"}
    assert all(row["allocation_at_0.02"] for row in rows if row["rule"] == "max14")


def test_the_table_names_every_rule(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = report(capsys, "--source", past_csv)
    named = (
        "overall, cpu, in use: 4 services",
        "lab, memory",
        "baseline@0.005",
        "max14",
        "autopilot-window",
        "÷ asked",
    )
    assert all(name in text for name in named)


def test_the_page_is_self_contained(past_csv: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = report(capsys, "--source", past_csv, "--metric", "cpu", "-f", "html")
    assert "<!doctype html>" in page
    assert "max14" in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--risk", "0.05"), "--source"),
        (("--source", "{file}", "--risk", "0"), "above 0"),
        (("--source", "{file}", "--risk", "often"), "above 0"),
        (("--source", "{file}", "--risk", "0.6"), "0.5"),
        (("--source", "{file}", "--against", "oracle"), "autopilot-window"),
        (("--source", "{file}", "--metric", "disk"), "disk with disk_max"),
        (("--source", "{file}", "--dataset", "none"), "15 days"),
        (("--source", "{file}", "--services", "some"), "--services"),
    ],
)
def test_mistakes_are_told_in_one_line(
    past_csv: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert run(["backtest", "sizing", *(item.format(file=past_csv) for item in arguments)]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
