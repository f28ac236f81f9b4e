"""What every tool shares: errors an agent can act on, answers of bounded size, the request's context."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import structlog
from mcp.server.mcpserver.exceptions import ResourceError, ToolError

from domain.errors import InvalidRequest, McpCoreError

Answer = TypeVar("Answer")

MOST_CHARACTERS = 100_000
_MOST_ROWS = 200
_log = structlog.get_logger("mcp")


def answered(work: Callable[[], Answer]) -> dict[str, Any]:
    """The answer as plain JSON values, or an error that says what to change.

    Raises:
        ToolError: With the error's code and message; of a defect only that there was one.
    """
    try:
        plain = msgspec.to_builtins(work(), str_keys=True)
    except McpCoreError as error:
        raise ToolError(told(error)) from None
    except Exception as error:
        # Whatever it says may hold paths or secrets, and an agent can do nothing about it.
        _log.error("unexpected error", error_type=type(error).__name__, exc_info=error)
        raise ToolError("internal_error: the planner failed, see its log") from None
    return _bounded(plain)


def read(work: Callable[[], Any]) -> str:
    """The same for a resource, as JSON text.

    Raises:
        ResourceError: As above.
    """
    try:
        return msgspec.json.encode(answered(work)).decode()
    except ToolError as error:
        raise ResourceError(str(error)) from None


def told(error: McpCoreError) -> str:
    """``code: message``, and each bad field."""
    fields = error.fields if isinstance(error, InvalidRequest) else ()
    listed = [f"{field.pointer}: expected {field.expected}" for field in fields]
    # A context's message lists its fields already.
    more = [line for line in listed if line.split(": ", 1)[0] not in error.message]
    return "\n".join([f"{error.code}: {error.message}", *more])


def _bounded(plain: Any) -> dict[str, Any]:
    """Cut the longest lists until the whole fits; what was cut is counted under ``cut``."""
    size = len(msgspec.json.encode(plain))
    if size <= MOST_CHARACTERS:
        return dict(plain)
    lists = {key: value for key, value in plain.items() if isinstance(value, list)}
    if not lists:
        raise ToolError("answer_too_large: ask for less at once")
    key = max(lists, key=lambda name: len(msgspec.json.encode(lists[name])))
    kept = list(lists[key])
    while kept and len(msgspec.json.encode(plain | {key: kept})) > MOST_CHARACTERS:
        kept = kept[: len(kept) * 3 // 4]
    return dict(plain) | {key: kept, "cut": {key: len(lists[key]) - len(kept)}}


def request_body(
    service_id: str, metric_name: str, now: datetime, given: dict[str, Any], *, vcpus: float | None = None,
    memory_gib: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The body of ``POST /plans`` from a tool's arguments; absent ones take the contract's defaults."""
    capacity = {"vcpus": vcpus, "memory_gib": memory_gib} if vcpus or memory_gib else None
    context = {"context_id": "agent", "timestamp": now.isoformat(), "capacity": capacity} | {
        key: value for key, value in given.items() if value is not None
    }
    return {"service_id": service_id, "metric_name": metric_name, "context": context}
