"""Why a plan is what it is: stable codes for programs, sentences for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """Stable codes; callers may branch on them."""

    SIZED = "sized"
    SIZING_RULE = "sizing_rule"
    NO_HISTORY = "no_history"
    SHORT_HISTORY = "short_history"
    COLD_START = "cold_start"
    KIND_MAPPED = "kind_mapped"
    OLD_HISTORY = "old_history"
    HISTORY_GAP_BRIDGED = "history_gap_bridged"
    HISTORY_TOO_OLD = "history_too_old"
    CLUSTER_HISTORY = "cluster_history"
    SOURCE_UNAVAILABLE = "source_unavailable"
    SOURCE_WARNING = "source_warning"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_COMPARED = "model_compared"
    MODEL_STOOD_DOWN = "model_stood_down"
    MODEL_NOT_COMPARED = "model_not_compared"
    FORECAST_NOTE = "forecast_note"
    CAPACITY_ASSUMED = "capacity_assumed"
    COUNT_SHARE_OF_PEAK = "count_share_of_peak"
    HOURLY_MEAN_ONLY = "hourly_mean_only"
    MAX_TO_MEAN_RATIO = "max_to_mean_ratio"
    RESOURCE_UNKNOWN = "resource_unknown"
    SATURATED = "saturated"
    BEYOND_LARGEST = "beyond_largest"
    ANOMALY = "anomaly"
    PRICE_DATE = "price_date"
    PLAN_NOT_STORED_YET = "plan_not_stored_yet"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code and its sentence."""

    code: ReasonCode
    text: str


def as_notes(reasons: tuple[Reason, ...]) -> str:
    """All sentences, each said once, in order."""
    return "; ".join(dict.fromkeys(reason.text for reason in reasons))
