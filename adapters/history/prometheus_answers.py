"""What Prometheus answers, and what its refusals mean."""

from __future__ import annotations

from typing import Final

import msgspec

from domain.errors import DataSourceUnavailable

_TELLS_WHY: Final = (400, 422)
_NO_ENTRY: Final = (401, 403)


class QueryRefused(Exception):
    """Prometheus answers, but not to this query: it is wrong, or asks for too much.

    Attributes:
        kind: A short word or sentence that is safe to show.
        text: What Prometheus says of it, for the operator.
    """

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(kind, text)
        self.kind = kind
        self.text = text


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: its labels, and (epoch seconds, number as text)."""

    metric: dict[str, str]
    values: list[tuple[float, str]] = []


class Matrix(msgspec.Struct, frozen=True):
    """All series of an answer."""

    result: list[Series]


class RangeAnswer(msgspec.Struct, frozen=True):
    """The answer to a range query, with what Prometheus warns of: partial data, for example."""

    data: Matrix
    warnings: list[str] = []


class LabelValues(msgspec.Struct, frozen=True):
    """The values of one label."""

    data: list[str]


class _Failure(msgspec.Struct, frozen=True):
    errorType: str = ""  # noqa: N815  # as Prometheus spells it
    error: str = ""


def refusal(status: int, body: bytes) -> QueryRefused | DataSourceUnavailable:
    """What an answer other than 200 means for the operator."""
    if status in _NO_ENTRY:
        text = "check PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD"
        return DataSourceUnavailable(f"Prometheus refuses the credentials ({status}): {text}")
    if 300 <= status < 400:
        text = "which is not followed: set PROMETHEUS_URL to where it leads"
        return DataSourceUnavailable(f"Prometheus answers with a redirect ({status}), {text}")
    if status in _TELLS_WHY:
        failure = _failure(body)
        return QueryRefused(one_line(failure.errorType) or f"status {status}", one_line(failure.error))
    if status == 404:
        text = "check PROMETHEUS_URL, the path included"
        return DataSourceUnavailable(f"Prometheus' API is not where it is looked for ({status}): {text}")
    return DataSourceUnavailable(f"Prometheus answers with status {status}: see its own log")


def _failure(body: bytes) -> _Failure:
    try:
        return msgspec.json.decode(body, type=_Failure)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Failure()


def one_line(text: str, most: int = 200) -> str:
    """Foreign text for a note: printable, on one line, not longer than ``most``."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"
