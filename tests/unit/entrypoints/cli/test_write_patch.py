"""`mcp-core analyze --write-patch`: a diff on standard output, reasons on standard error, no file touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.conftest import ROOT
from tests.fakes.world import World
from tests.golden_files import check_golden

AT = ("--at", "2026-11-23T11:30:00Z")


@pytest.fixture
def state() -> CliState:
    world = World()
    for metric in ("avg_cpu", "avg_memory"):
        world.lives("shop-api", metric, 336, level=0.2, swing=0.05)
    return CliState(world.container())


def test_the_diff_is_as_agreed_and_the_files_stay(
    tmp_path: Path, state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "shop")
    assert run(["analyze", str(tmp_path / "shop"), "--write-patch", *AT], state) == 0
    said = capsys.readouterr()
    check_golden("plans.patch", said.out)
    assert "mailer is left alone: not one hour of it was observed" in said.err
    for path in (ROOT / "examples" / "shop").rglob("*"):
        if path.is_file():
            assert (tmp_path / "shop" / path.relative_to(ROOT / "examples" / "shop")).read_bytes() == path.read_bytes()


def test_an_archive_has_no_files_to_patch(tmp_path: Path, state: CliState, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.make_archive(str(tmp_path / "shop"), "gztar", ROOT / "examples" / "shop")
    assert run(["analyze", str(tmp_path / "shop.tar.gz"), "--write-patch", *AT], state) == 2
    assert "a folder" in capsys.readouterr().err
