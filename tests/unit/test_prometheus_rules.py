"""The alert rules the documentation gives are rules Prometheus takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from entrypoints.http.metrics import Metrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def rules() -> str:
    found = re.search(r"```yaml\n(groups:.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is not installed: `make servers`")
        pytest.skip("promtool is not installed: `make servers`")
    file = tmp_path / "rules.yaml"
    file.write_text(rules(), encoding="utf-8")
    done = subprocess.run([promtool, "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_name_metrics_the_service_has() -> None:
    text = Metrics().text().decode()
    for rule in yaml.safe_load(rules())["groups"][0]["rules"]:
        for name in re.findall(r"mcp_\w+", rule["expr"]):
            assert f"# HELP {name} " in text
