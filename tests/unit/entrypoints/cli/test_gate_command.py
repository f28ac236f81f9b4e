"""`mcp-core gate`: exit codes, the comment, the baseline file, the action's script."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.conftest import ROOT
from tests.fakes.world import World
from tests.golden_files import check_golden
from tests.servers.git import commit, need_git

AT = ("--at", "2026-11-23T11:30:00Z")
API = (
    "  api:\n    image: shop/api\n    deploy:\n      replicas: {replicas}\n"
    "      resources: {{limits: {{cpus: '{cpus}', memory: {memory}}}}}\n"
)
DB = "  db:\n    image: postgres:16\n    deploy: {resources: {limits: {cpus: '1', memory: 2g}}}\n"


def compose(cpus: str = "2", memory: str = "4g", replicas: int = 1, rest: str = DB) -> dict[str, str]:
    return {"compose.yml": "services:\n" + API.format(cpus=cpus, memory=memory, replicas=replicas) + rest}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    need_git()
    folder = tmp_path / "shop"
    folder.mkdir()
    commit(folder, compose(), "before")
    return folder


@pytest.fixture
def state() -> CliState:
    world = World()
    world.lives("api", "avg_cpu", 336, level=0.4, swing=0.1)
    world.lives("api", "avg_memory", 336, level=0.4, swing=0.01)
    return CliState(world.container())


def change(folder: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).write_text(text)


def gate(folder: Path, state: CliState, *options: str) -> int:
    return run(["gate", str(folder), "--base", "before", *AT, *options], state)


def test_nothing_changed_passes(shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(shop, state) == 0
    assert "2 service(s) unchanged" in capsys.readouterr().out


def test_a_file_that_the_change_breaks_is_an_error_and_no_saving(
    shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    change(shop, {"compose.yml": "services:\n  api: [\n"})
    assert gate(shop, state) == 1
    told = capsys.readouterr().out
    assert "Capacity gate: cannot be read" in told
    assert "compose.yml:3 cannot be read" in told


def test_a_file_that_says_nothing_any_more_is_an_error_too(shop: Path, state: CliState) -> None:
    (shop / "compose.yml").write_bytes(b"services:\n  api: {image: \xff}\n")
    assert gate(shop, state) == 1


def test_what_could_not_be_read_before_either_stops_nothing(shop: Path, state: CliState, tmp_path: Path) -> None:
    commit(shop, compose() | {"web/package.json": "{"}, "before2")
    change(shop, compose(memory="3g"))
    assert run(["gate", str(shop), "--base", "before2", *AT], state) == 0
    assert gate(shop, state) == 1, "the broken file is new against the first commit"


@pytest.mark.parametrize(("limit", "code"), [("10%", 2), ("200%", 0), ("1", 2), ("2.7", 0), ("2.69", 2)])
def test_a_dearer_change_is_held_against_the_budget(
    shop: Path, state: CliState, limit: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    change(shop, compose(cpus="4", memory="8g"))
    assert gate(shop, state, "--max-cost-increase", limit) == code
    assert "4.00 → **6.70 USD per day**" in capsys.readouterr().out


def test_less_than_is_needed_is_too_risky_even_when_it_saves_money(
    shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    change(shop, compose(cpus="0.5", memory="4g"))
    assert gate(shop, state) == 3
    assert "too risky" in capsys.readouterr().out


def test_the_demand_is_that_of_what_runs_now_however_the_limits_change(
    shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    """0.4 of 2 vCPUs stay 0.8 vCPUs when the limit is halved; taken as 0.4 of the new limit, nothing would be risky."""
    change(shop, compose(cpus="1", memory="4g"))
    gate(shop, state, "-f", "json")
    api = next(row for row in json.loads(capsys.readouterr().out)["services"] if row["name"] == "api")
    assert api["cpu_share_over"] > 0.01
    assert api["is_risky"]


def test_more_replicas_share_the_load(shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    change(shop, compose(cpus="1", memory="2g", replicas=3))
    assert gate(shop, state, "--max-cost-increase", "200%", "-f", "json") == 0
    api = next(row for row in json.loads(capsys.readouterr().out)["services"] if row["name"] == "api")
    assert api["cpu_share_over"] < 0.01
    # A third of the need, past peaks and margins included: 0.8 vCPUs in all.
    assert api["recommended_flavor"] == "small"


def test_fewer_replicas_need_larger_ones(shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    commit(shop, compose(replicas=4), "four")
    change(shop, compose(replicas=1))
    run(["gate", str(shop), "--base", "four", *AT, "-f", "json"], state)
    api = next(row for row in json.loads(capsys.readouterr().out)["services"] if row["name"] == "api")
    assert api["is_risky"]
    assert api["recommended_flavor"] == "large"


def test_a_service_that_never_ran_is_not_called_risky(shop: Path, state: CliState) -> None:
    change(shop, compose(rest=DB.replace("'1'", "'0.2'")))
    assert gate(shop, state) == 0


def test_what_cannot_be_priced_is_an_error(shop: Path, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    change(shop, compose(cpus="500", memory="4g"))
    assert gate(shop, state) == 1
    assert "cannot be priced" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["markdown", "json"])
def test_every_format_is_as_agreed(
    shop: Path, state: CliState, output: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = "  mail|er:\n    image: shop/mailer\n"
    change(shop, compose(cpus="4", memory="8g", replicas=2, rest=new))
    comment = tmp_path / "out.md"
    assert gate(shop, state, "-f", output, "--comment-file", str(comment)) == 2
    check_golden(f"gate.{output}", capsys.readouterr().out)
    check_golden("gate.markdown", comment.read_text())


def test_an_earlier_answer_is_as_good_as_a_revision(
    shop: Path, state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(shop), "-f", "json"], state) == 0
    baseline = tmp_path / "before.json"
    baseline.write_text(capsys.readouterr().out)
    change(shop, compose(cpus="4", memory="8g"))
    assert gate(shop, state, "-f", "json") == 2
    by_revision = capsys.readouterr().out
    assert run(["gate", str(shop), "--baseline", str(baseline), *AT, "-f", "json"], state) == 2
    assert capsys.readouterr().out == by_revision


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--base"), (["--base", "a", "--baseline", "b"], "--base"), (["--base", "nowhere"], "nowhere"),
        (["--base", "--output=x"], "revision"), (["--baseline", "absent.json"], "absent.json"),
        (["--base", "before", "--max-cost-increase", "lots"], "10%"), (["--base", "before", "--max-risk", "7"], "risk"),
        (["--base", "before", "--no-such-option"], "no-such-option"), (["--baseline", "compose.yml"], "no output of"),
        (["--base", "before", "--provider", "aws"], "region"),
    ],
)  # fmt: skip
def test_every_mistake_is_one_line_and_exit_code_1(
    shop: Path, state: CliState, options: list[str], said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(shop)
    assert run(["gate", str(shop), *options], state) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step.get("name", ""): step for step in ACTION["runs"]["steps"]}


def test_the_action_puts_nothing_from_outside_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_action_uses_every_input_and_only_options_there_are() -> None:
    used = re.findall(r"inputs\.([a-z-]+)", json.dumps(ACTION["runs"]))
    assert set(used) == set(ACTION["inputs"])
    script = STEPS["Gate"]["run"]
    from inspect import signature

    from entrypoints.cli.gate import gate_command

    known = {"--" + name.replace("_", "-") for name in signature(gate_command).parameters}
    asked = {option for option in re.findall(r"--[a-z-]+", script) if option in known or "cost" in option}
    assert asked >= {"--base", "--max-cost-increase", "--max-risk", "--comment-file", "--provider", "--region"}
    assert asked <= known


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_action_s_script_runs_and_fails_as_the_gate_does(shop: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    import sys

    (programs / "mcp-core").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m entrypoints.cli "$@"\n')
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    change(shop, compose(cpus="4", memory="8g"))
    given = {
        "FOLDER": str(shop), "BASE": "before", "MAX_COST_INCREASE": "10%", "MAX_RISK": "0.01", "EXPECTED_USERS": "",
        "PROVIDER": "", "REGION": "", "COMMENT": "true", "PULL_REQUEST": "", "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(
        [shutil.which("bash") or "", "-c", STEPS["Gate"]["run"]],
        env=given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert (tmp_path / "output").read_text() == "outcome=over_budget\n"
    assert "over budget" in (tmp_path / "summary").read_text()
