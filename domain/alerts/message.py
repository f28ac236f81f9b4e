"""The message of an alert: plain facts, no text of a channel; and the JSON the outbox keeps it in."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from domain.errors import InvalidData


class AlertKind(StrEnum):
    """What an alert tells: a day out of the ordinary, its end, many alerts in one, or that the channel works."""

    ANOMALY = "anomaly"
    RECOVERY = "recovery"
    SUMMARY = "summary"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """What a channel is told. Amounts are in the metric's unit, times aware and in UTC.

    Attributes:
        alert_id: Stable over every attempt, so that a receiver can drop a second copy.
        kind: What it tells.
        service_id: The service.
        metric_name: The metric.
        model_version: Who forecast it, as in the plan.
        time_slot: The context's time slot.
        detector: Name of the detector.
        score: Distance of the peak from the past; None where there is no spread to measure it in.
        threshold: Score from which on it is an anomaly.
        peak: Highest weighted, unclamped forecast value.
        peak_at: The hour it is forecast for.
        mean: Mean of the hours compared with; None without history.
        std: Their standard deviation; None without history.
        unit: Unit of peak, mean and std, as a reader wants it; empty for a count.
        recommended_flavor: The plan's flavor.
        expected_cost_per_day: The plan's cost, USD.
        plan_id: The stored plan; None when it is not kept.
        plan_url: Where a person can read it; None when the service does not know its own address.
        created_at: When the alert came to be.
        suppressed: How many alerts of the same kind this one stands for besides itself.
        suggested_action: One sentence that says what to do.

    Raises:
        ValueError: A number is not finite, a time has no zone, or ``suppressed`` is negative.
    """

    alert_id: str
    kind: AlertKind
    service_id: str
    metric_name: str
    model_version: str
    time_slot: str
    detector: str
    score: float | None
    threshold: float
    peak: float
    peak_at: datetime
    mean: float | None
    std: float | None
    unit: str
    recommended_flavor: str
    expected_cost_per_day: Decimal
    plan_id: str | None
    plan_url: str | None
    created_at: datetime
    suppressed: int = 0
    suggested_action: str

    def __post_init__(self) -> None:
        numbers = (self.score, self.threshold, self.peak, self.mean, self.std, self.expected_cost_per_day)
        if not all(number is None or math.isfinite(number) for number in numbers):
            raise ValueError("every number of an alert must be finite")
        if self.peak_at.tzinfo is None or self.created_at.tzinfo is None:
            raise ValueError("peak_at and created_at must say their zone")
        if self.suppressed < 0:
            raise ValueError(f"suppressed must be at least 0, got {self.suppressed}")


_TIMES = ("peak_at", "created_at")
_NAMES = frozenset(field.name for field in fields(AlertMessage))
_TEXTS = (
    "alert_id", "kind", "service_id", "metric_name", "model_version", "time_slot", "detector", "unit",
    "recommended_flavor", "expected_cost_per_day", "suggested_action", *_TIMES,
)  # fmt: skip
_OPTIONAL_TEXTS = ("plan_id", "plan_url")
_NUMBERS = ("threshold", "peak")
_OPTIONAL_NUMBERS = ("score", "mean", "std")


def message_to_json(message: AlertMessage) -> str:
    """Compact ASCII JSON, keys in the order of the attributes; money as text, times in UTC with ``Z``."""
    plain: dict[str, object] = {name.name: getattr(message, name.name) for name in fields(AlertMessage)}
    plain["kind"] = message.kind.value
    plain["expected_cost_per_day"] = str(message.expected_cost_per_day)
    for name in _TIMES:
        plain[name] = getattr(message, name).astimezone(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps(plain, allow_nan=False, separators=(",", ":"))


def message_from_json(text: str) -> AlertMessage:
    """The message that ``message_to_json`` wrote.

    Keys that a later version added are ignored, so that an older one can still drain the outbox.

    Raises:
        InvalidData: It is not such a message; the text names the first key that is wrong.
    """
    try:
        raw = json.loads(text)
    except ValueError:
        raise InvalidData("an alert must be a JSON object: it is no JSON") from None
    if not isinstance(raw, dict):
        raise InvalidData("an alert must be a JSON object")
    known: dict[str, object] = {name: value for name, value in raw.items() if name in _NAMES}
    _check_kinds(known)
    try:
        known |= {
            "kind": AlertKind(str(known["kind"])),
            "expected_cost_per_day": Decimal(str(known["expected_cost_per_day"])),
            **{name: datetime.fromisoformat(str(known[name])).astimezone(UTC) for name in _TIMES},
            **{name: _float(known[name]) for name in (*_NUMBERS, *_OPTIONAL_NUMBERS)},
        }
        return AlertMessage(**known)  # type: ignore[arg-type]  # checked key by key above
    except (InvalidOperation, OverflowError, ValueError) as error:
        raise InvalidData(f"an alert does not hold together: {error}") from None


def _check_kinds(raw: dict[str, object]) -> None:
    for names, kinds, expected in (
        (_TEXTS, (str,), "text"),
        (_OPTIONAL_TEXTS, (str, type(None)), "text or null"),
        (_NUMBERS, (int, float), "a number"),
        (_OPTIONAL_NUMBERS, (int, float, type(None)), "a number or null"),
        (("suppressed",), (int,), "a whole number"),
    ):
        for name in names:
            if name not in raw or not isinstance(raw[name], kinds) or isinstance(raw[name], bool):
                raise InvalidData(f"an alert's {name!r} must be {expected}")


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
