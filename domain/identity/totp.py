"""Time-based one-time codes (RFC 6238): 30 seconds, six ASCII digits, each step accepted once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

STEP_SECONDS = 30
SEED_BYTES = 20
# One step either way: clocks differ. A code is therefore good for 90 seconds at most; ASVS counts its lifetime as 30.
DRIFT_STEPS = 1
_CODE = re.compile(r"[0-9]{6}")

CodeAt = Callable[[bytes, int], str]


def step_at(moment: datetime) -> int:
    """The time step a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def is_code(text: str) -> bool:
    """Six ASCII digits and nothing else: no other script's digits, no sign, no space."""
    return _CODE.fullmatch(text) is not None


def accepted_step(typed: str, *, seed: bytes, now: datetime, last_step: int | None, code_at: CodeAt) -> int | None:
    """The step a code is accepted for; None when it is wrong or its step was used.

    Args:
        typed: What the user typed.
        seed: The shared secret.
        now: Present moment.
        last_step: Newest step accepted before; it and all older ones are used up.
        code_at: The code of a seed at a step.
    """
    if not is_code(typed):
        return None
    present = step_at(now)
    steps = range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)
    # All are computed, so that the time taken does not tell which one matched.
    matching = [step for step in steps if code_at(seed, step) == typed]
    return next((step for step in matching if last_step is None or step > last_step), None)
