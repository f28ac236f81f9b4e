"""What every test shares: quick property tests, step functions that really run, and the shared traces if there."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Deadlines measure the machine, not the code; the number of examples keeps the whole suite within minutes.
settings.register_profile("default", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parents[1]


def pytest_bdd_before_step_call(step_func: Callable[..., Any]) -> None:
    """Refuse coroutine steps: pytest-bdd never awaits them, so their scenario would pass without running."""
    if inspect.iscoroutinefunction(step_func):
        raise TypeError(f"step {step_func.__name__} is a coroutine and would never run: make it a plain function")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real traces; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("MCP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared traces are not on this machine (MCP_SHARED_DATA names their folder)")
    return folder
