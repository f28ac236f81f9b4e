"""`pip install .` into an empty environment gives a working `mcp-core` from any folder.

The environment needs no network: its third-party packages are links to those of the running environment, but only to
the ones that ``requirements/runtime.txt`` pins. Whatever serving or planning imports beyond them comes to light here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program with an environment of its own; returns what it printed, shows its errors when it fails."""
    bare = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=bare, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def runtime_packages() -> list[str]:
    """Names that the requirements of serving pin for this platform."""
    lines = (ROOT / "requirements/runtime.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line.rstrip("\\ ")) for line in lines if line[:1].isalnum()]
    return [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate()]


def link_packages(names: list[str], site_packages: Path) -> None:
    """Link every file or folder at the top of these installed packages into a site-packages folder."""
    for name in names:
        for file in distribution(name).files or ():
            top, place = file.parts[0], site_packages / file.parts[0]
            if top not in {"..", "__pycache__"} and not place.exists():
                place.symlink_to(Path(str(distribution(name).locate_file(top))))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder to work in, far from the checkout."""
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of a new environment that holds the wheel and the pinned runtime packages."""
    environment = tmp_path_factory.mktemp("installed") / "env"
    run(sys.executable, "-m", "venv", environment, cwd=environment.parent)
    # Its own pip: the running environment's (--prefix, --python) would see the editable install there and remove it.
    pip = (environment / "bin/python", "-I", "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=environment.parent)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    link_packages(runtime_packages(), site_packages)
    return environment / "bin"


def test_the_wheel_holds_all_code_and_all_assets_and_no_tests(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for path in run("git", "ls-files", "-z", cwd=ROOT).strip("\0").split("\0"):
        if path.startswith(("domain/", "application/", "adapters/", "entrypoints/")):
            assert path in inside
        elif path.startswith(("data/", "models/", "migrations/")):
            assert f"entrypoints/_assets/{path}" in inside
    assert not [path for path in inside if path.startswith(("tests/", "benchmarks/", "requirements/"))]


def test_the_wheel_runs_its_own_code_and_not_the_checkout(programs: Path, elsewhere: Path) -> None:
    ask = "import domain, entrypoints.assets as a; print(domain.__file__, a.asset_path('data/flavors.csv'))"
    code, data = run(programs / "python", "-c", ask, cwd=elsewhere).split()
    assert Path(code).is_relative_to(programs.parent)
    assert Path(data).is_relative_to(programs.parent)
    assert Path(data).read_bytes() == (ROOT / "data/flavors.csv").read_bytes()


def test_the_command_tells_the_version_of_the_project(programs: Path, elsewhere: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert run(programs / "mcp-core", "--version", cwd=elsewhere).strip() == declared


def test_a_plan_finds_models_data_and_catalogue_from_any_folder(programs: Path, elsewhere: Path) -> None:
    options = ["--service", "shop-web", "--metric", "avg_cpu", "--at", "2026-11-23T23:30:00Z"]
    priced = ["--provider", "aws", "--region", "us-east-1"]
    body = json.loads(run(programs / "mcp-core", "plan", *options, *priced, "-f", "json", "--detail", cwd=elsewhere))
    assert len(body["prediction"]["predictions"]) == 24
    assert body["detail"]["flavor"]["provider"] == "aws"
    assert body["detail"]["evidence"]["history"]["observed_hours"] >= 168


def test_the_doctor_finds_nothing_missing(programs: Path, elsewhere: Path) -> None:
    rows = json.loads(run(programs / "mcp-core", "doctor", "-f", "json", cwd=elsewhere))
    checks = {row["check"]: row["state"] for row in rows}
    assert checks["history"] == checks["flavors"] == checks["routes"] == "ok"


def test_the_migrations_are_found_from_any_folder(programs: Path, tmp_path: Path) -> None:
    # A folder of its own: a plan asked for in the common one has made the database there.
    assert "→" in run(programs / "mcp-core", "db", "upgrade", cwd=tmp_path)
    assert "as this version's tables" in run(programs / "mcp-core", "db", "check", cwd=tmp_path)
    assert (tmp_path / "var/mcp-core.sqlite3").is_file()


def test_the_http_interface_needs_the_runtime_packages_only(programs: Path, elsewhere: Path) -> None:
    ask = "import entrypoints.http.app, entrypoints.http.server; print('imported')"
    assert run(programs / "python", "-c", ask, cwd=elsewhere).strip() == "imported"
