"""The pinned requirements keep up with ``pyproject.toml`` and say nothing about where packages come from."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RUNTIME = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
ALL = [*RUNTIME, *EXTRAS["train"], *EXTRAS["bench"], *PROJECT["dependency-groups"]["dev"]]
BUILD = [*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"]]
FILES = sorted((ROOT / "requirements").glob("*.txt"))


def _entries(file: Path) -> list[str]:
    """One text per pinned package: the pin and its hashes."""
    lines = [line for line in file.read_text("utf-8").splitlines() if line.split("#")[0].strip()]
    return [entry.strip() for entry in "\n".join(lines).replace("\\\n", " ").splitlines()]


def _pins(file: Path) -> dict[str, list[str]]:
    """Versions pinned per package: a package may have one for each Python version."""
    pins: dict[str, list[str]] = {}
    for entry in _entries(file):
        pin = Requirement(entry.split(" --hash")[0])
        pins.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    return pins


@pytest.mark.parametrize(("name", "wanted"), [("runtime", RUNTIME), ("all", ALL), ("build", BUILD)])
def test_every_declared_dependency_is_pinned_within_its_bounds(name: str, wanted: list[str]) -> None:
    pins = _pins(ROOT / f"requirements/{name}.txt")
    for requirement in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not pinned in requirements/{name}.txt: run make lock"
        assert all(requirement.specifier.contains(version) for version in versions)


def test_serving_and_testing_use_the_same_versions() -> None:
    everything = _pins(ROOT / "requirements/all.txt")
    assert {name: everything[name] for name in _pins(ROOT / "requirements/runtime.txt")} == _pins(
        ROOT / "requirements/runtime.txt"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_pin_carries_hashes_and_no_line_names_a_source(file: Path) -> None:
    for entry in _entries(file):
        assert " --hash=sha256:" in entry
        assert "==" in entry
    text = file.read_text("utf-8")
    assert not [word for word in ("--index", "--extra-index", "--find-links", "://", str(Path.home())) if word in text]
