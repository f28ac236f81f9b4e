"""`pip install .` into an empty environment gives a working `mcp-core` from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program with an environment of its own; returns what it printed, shows its errors when it fails."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd)}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder to work in, far from the checkout."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, elsewhere: Path) -> Path:
    """The installed `mcp-core`: our wheel alone in a new environment, its dependencies lent by this one."""
    home = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", home / "dist", cwd=ROOT)
    (wheel,) = (home / "dist").glob("*.whl")
    venv.create(home / "env", with_pip=False, symlinks=True)
    python = home / "env" / "bin" / "python"
    ours = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=elsewhere).strip())
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, "--prefix", home / "env", wheel, cwd=elsewhere)
    # Site-packages named in a .pth file come after the wheel's own; .pth files inside them are not followed, so the
    # editable install of this checkout stays out of sight.
    (ours / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    script = home / "env" / "bin" / "mcp-core"
    body = script.read_text(encoding="utf-8").split("\n", 1)[1]
    script.write_text(f"#!{python}\n{body}", encoding="utf-8")
    return script


def test_the_wheel_runs_its_own_code_and_not_the_checkout(command: Path, elsewhere: Path) -> None:
    where = run(command.parent / "python", "-c", "import domain, entrypoints.assets as a; print(domain.__file__, a.asset_path('data'))", cwd=elsewhere)
    code, data = where.split()
    assert not Path(code).is_relative_to(ROOT)
    assert not Path(data).is_relative_to(ROOT)


def test_the_version_is_the_distribution_s(command: Path, elsewhere: Path) -> None:
    assert run(command, "--version", cwd=elsewhere).strip() == "0.1.0"


def test_a_plan_finds_models_data_and_catalogue_from_any_folder(command: Path, elsewhere: Path) -> None:
    options = ["--service", "shop-web", "--metric", "avg_cpu", "--at", "2026-11-23T23:30:00Z"]
    priced = ["--provider", "aws", "--region", "us-east-1"]
    body = json.loads(run(command, "plan", *options, *priced, "-f", "json", "--detail", cwd=elsewhere))
    assert len(body["prediction"]["predictions"]) == 24
    assert body["detail"]["flavor"]["provider"] == "aws"
    assert body["detail"]["evidence"]["history"]["observed_hours"] >= 168


def test_the_doctor_finds_nothing_missing(command: Path, elsewhere: Path) -> None:
    checks = {row["check"]: row["state"] for row in json.loads(run(command, "doctor", "-f", "json", cwd=elsewhere))}
    assert checks["history"] == checks["flavors"] == checks["routes"] == "ok"
