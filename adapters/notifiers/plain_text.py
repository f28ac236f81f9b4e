"""An alert in one line of plain text, shared by the channels."""

from __future__ import annotations

import unicodedata

from domain.alerts.message import AlertKind, AlertMessage
from domain.anomaly import DetectorName

_HEADINGS = {
    AlertKind.ANOMALY: "Anomaly ahead",
    AlertKind.RECOVERY: "Back to normal",
    AlertKind.SUMMARY: "Several anomalies",
    AlertKind.TEST: "Test",
}
# Level and spread, where they are not mean and standard deviation.
_COMPARED: dict[str, tuple[str, str]] = {
    DetectorName.ROBUST: ("median", "spread"),
    DetectorName.SEASONAL: ("median of the same hour", "spread"),
    DetectorName.OBSERVED: ("median", "spread"),
}
# One forecast stands behind neither: what such a message tells is its suggested action.
NO_SINGLE_FORECAST = frozenset({AlertKind.SUMMARY, AlertKind.TEST})


def one_line(message: AlertMessage) -> str:
    """What, where, how far out, and what to do."""
    if message.kind in NO_SINGLE_FORECAST:
        return f"{heading(message)}: {message.suggested_action}"
    head = f"{heading(message)}: {message.metric_name} of {message.service_id}"
    verb = "was seen at" if message.detector == DetectorName.OBSERVED else "peaks at"
    return f"{head} {verb} {peak(message)}, {message.peak_at:%Y-%m-%d %H:%M} UTC ({score(message)})."


def heading(message: AlertMessage) -> str:
    """What kind of news it is."""
    if message.kind is AlertKind.ANOMALY and message.detector == DetectorName.OBSERVED:
        return "Anomaly seen"
    return _HEADINGS[message.kind]


def peak(message: AlertMessage) -> str:
    """The peak with its unit."""
    return f"{message.peak:.4g} {message.unit}".rstrip()


def score(message: AlertMessage) -> str:
    """The score against its threshold; without spread there is none."""
    if message.score is None:
        return f"no score: the past has no spread; threshold {message.threshold:g}"
    return f"score {message.score:.2f}, threshold {message.threshold:g}"


def history(message: AlertMessage) -> str:
    """What the value was held against, in the detector's own words."""
    if message.mean is None or message.std is None:
        return "no history"
    level, spread = _COMPARED.get(message.detector, ("mean", "standard deviation"))
    return f"{level} {message.mean:.4g}, {spread} {message.std:.3g}"


def tidy(text: str) -> str:
    """Without what does not print: control characters, direction marks and zero-width ones; blanks become one."""
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _is_unseen(char))
    return " ".join(kept.split())


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")
