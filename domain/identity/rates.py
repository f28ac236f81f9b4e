"""Limits on requests per minute: what one caller may ask before being told to wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MINUTE_SECONDS = 60
HOUR_SECONDS = 3600


class Costly(Enum):
    """Work that is limited for itself, over all keys and sessions of an account."""

    PLAN = "plan"
    ANALYSIS = "analysis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests in a window of the clock.

    Attributes:
        name: Part of the counter's key.
        allowed: Requests in one window.
        window_seconds: Length of the window; windows begin at multiples of it, in every process alike.
    """

    name: str
    allowed: int
    window_seconds: int

    def window_of(self, now_seconds: float) -> int:
        """Start of the window a moment lies in, whole seconds."""
        return int(now_seconds // self.window_seconds) * self.window_seconds

    def retry_after(self, now_seconds: float) -> float:
        """Seconds until the next window."""
        return self.window_seconds - now_seconds % self.window_seconds
