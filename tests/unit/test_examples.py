"""The documented examples do what they say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_planning_in_process_with_a_swapped_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "plan_in_process.py"), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("configured history: ")
    # 40 % of 4 vCPUs, almost certain, without memory: two vCPUs carry it.
    assert lines[2].startswith("own history: c6i.large")
    assert "USD per day" in lines[2]
    assert "CPU 1.6" in lines[3]
    assert "of 2 vCPUs" in lines[3]
