"""The benchmark that holds readings of repositories against a careful reader's, and the example it is shown on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from benchmarks.repository_truth import Tally, measure
from tests.conftest import ROOT


def test_the_example_repository_is_read_as_a_careful_reader_would(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "examples+shop")
    truth = json.loads((ROOT / "examples" / "shop-truth.json").read_text())
    tallies = measure(truth, tmp_path)
    assert [miss for tally in tallies.values() for miss in tally.misses] == []
    assert tallies["services"].both == 6


def test_misses_and_inventions_are_both_counted(tmp_path: Path) -> None:
    (tmp_path / "a+b").mkdir()
    (tmp_path / "a+b" / "Procfile").write_text("web: node server.js\nworker: node worker.js\n")
    services = [{"name": "web", "kind": "api", "ports": [3000]}, {"name": "cron"}]
    tallies = measure({"repositories": [{"name": "a/b", "services": services}]}, tmp_path)
    assert (tallies["services"].both, tallies["services"].said, tallies["services"].true) == (1, 2, 2)
    assert "a/b web ports: missed 3000" in tallies["ports"].misses
    assert "a/b: made up worker" in tallies["services"].misses


def test_a_row_without_items_has_no_ratio() -> None:
    assert Tally().row == "– | – | 0 | 0 | 0"
