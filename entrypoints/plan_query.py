"""Reading what a list of plans or alerts is narrowed to; HTTP and command line take the same texts."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.alerts.outbox import AlertQuery, AlertState
from domain.errors import FieldError, InvalidRequest
from domain.plans.ids import is_id
from domain.plans.records import PlanQuery

DEFAULT_LIMIT = 50
MOST_AT_ONCE = 100


def read_plan_query(
    *,
    service: str | None = None,
    metric: str | None = None,
    since: str | None = None,
    until: str | None = None,
    cursor: str | None = None,
    limit: str | None = None,
) -> PlanQuery:
    """Read the query of a list.

    Raises:
        InvalidRequest: Naming every bad parameter.
    """
    errors: list[FieldError] = []
    query = PlanQuery(
        service_id=service, metric_name=metric, since=_time("since", since, errors),
        until=_time("until", until, errors), before_id=_cursor(cursor, errors), limit=_limit(limit, errors),
    )  # fmt: skip
    _refuse(errors)
    return query


def read_alert_query(
    *, state: str | None = None, service: str | None = None, cursor: str | None = None, limit: str | None = None
) -> AlertQuery:
    """Read the query of a list of alerts.

    Raises:
        InvalidRequest: Naming every bad parameter.
    """
    errors: list[FieldError] = []
    known = None
    if state is not None:
        known = next((item for item in AlertState if item.value == state), None)
        if known is None:
            expected = f"one of {', '.join(item.value for item in AlertState)}"
            errors.append(FieldError(pointer="?state", expected=expected, code="choice"))
    query = AlertQuery(state=known, service_id=service, before_id=_cursor(cursor, errors), limit=_limit(limit, errors))
    _refuse(errors)
    return query


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise InvalidRequest("; ".join(f"{item.pointer[1:]}: expected {item.expected}" for item in errors), errors)


def _time(name: str, text: str | None, errors: list[FieldError]) -> datetime | None:
    if text is None:
        return None
    try:
        # In an address a plus sign is a blank unless it is written %2B.
        read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).astimezone(UTC)
    except (ValueError, OverflowError):
        expected = "a time in ISO 8601, for example 2026-11-23T12:00:00Z"
        errors.append(FieldError(pointer=f"?{name}", expected=expected, code="type"))
        return None


def _cursor(text: str | None, errors: list[FieldError]) -> str | None:
    if text is not None and not is_id(text):
        errors.append(FieldError(pointer="?cursor", expected="the text of next in an earlier answer", code="format"))
        return None
    return text


def _limit(text: str | None, errors: list[FieldError]) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_AT_ONCE:
        return int(text)
    errors.append(FieldError(pointer="?limit", expected=f"a whole number from 1 to {MOST_AT_ONCE}", code="range"))
    return DEFAULT_LIMIT
