"""The request for a plan, read from a raw mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.context import CONTEXT_KEYS, MCPContext, extract_context, unknown_keys
from domain.errors import ContextValidationError, FieldError, InvalidRequest

DEFAULT_METRIC = "total_events"
MAX_NAME_LENGTH = 128
MAX_METRICS = 32
_KEYS = frozenset({"service_id", "metric_name", "context"})
_MULTI_KEYS = frozenset({"service_id", "metric_names", "context"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """One metric of one service, in its context.

    Attributes:
        service_id: 1 to 128 characters.
        metric_name: 1 to 128 characters.
        context: The valid context.
        ignored: JSON pointers of keys nobody read.
    """

    service_id: str
    context: MCPContext
    metric_name: str = DEFAULT_METRIC
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiPlanRequest:
    """Several metrics of one service; the attributes are those of ``PlanRequest``."""

    service_id: str
    metric_names: tuple[str, ...]
    context: MCPContext
    ignored: tuple[str, ...] = ()


def read_plan_request(raw: object) -> PlanRequest:
    """Read a request body.

    Raises:
        ContextValidationError: Naming every bad field of the whole body.
    """
    body = _mapping(raw)
    errors: list[FieldError] = []
    service_id = _name(body, "service_id", None, errors)
    metric_name = _name(body, "metric_name", DEFAULT_METRIC, errors)
    context = _context(body, errors)
    return PlanRequest(service_id=service_id, metric_name=metric_name, context=context, ignored=_ignored(body, _KEYS))


def read_multi_plan_request(raw: object) -> MultiPlanRequest:
    """Read a request body with ``metric_names``, a list of 1 to 32 names.

    Raises:
        ContextValidationError: Naming every bad field of the whole body.
    """
    body = _mapping(raw)
    errors: list[FieldError] = []
    service_id = _name(body, "service_id", None, errors)
    names = _names(body.get("metric_names"), errors)
    context = _context(body, errors)
    return MultiPlanRequest(
        service_id=service_id, metric_names=names, context=context, ignored=_ignored(body, _MULTI_KEYS)
    )


def _mapping(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        field = FieldError(pointer="", expected="a JSON object", code="type")
        raise InvalidRequest("the body must be a JSON object", [field])
    return raw


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_NAME_LENGTH


def _name(body: Mapping[str, Any], key: str, default: str | None, errors: list[FieldError]) -> str:
    value = body.get(key)
    value = default if value is None else value
    if isinstance(value, str) and _is_name(value):
        return value
    code = "missing" if value is None else "length" if isinstance(value, str) else "type"
    errors.append(FieldError(pointer=f"/{key}", expected=f"text of 1 to {MAX_NAME_LENGTH} characters", code=code))
    return ""


def _names(value: object, errors: list[FieldError]) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and 1 <= len(value) <= MAX_METRICS:
        bad = [index for index, name in enumerate(value) if not _is_name(name)]
        expected = f"text of 1 to {MAX_NAME_LENGTH} characters"
        errors += [FieldError(pointer=f"/metric_names/{index}", expected=expected, code="type") for index in bad]
        return () if bad else tuple(dict.fromkeys(value))
    code = "missing" if value is None else "type"
    errors.append(FieldError(pointer="/metric_names", expected=f"a list of 1 to {MAX_METRICS} names", code=code))
    return ()


def _context(body: Mapping[str, Any], errors: list[FieldError]) -> MCPContext:
    """The context; raises with the errors of the whole body when anything in it is wrong."""
    if body.get("context") is None:
        errors.append(FieldError(pointer="/context", expected="a JSON object", code="missing"))
        raise ContextValidationError(errors)
    try:
        context = extract_context(body["context"])
    except ContextValidationError as error:
        raise ContextValidationError([*errors, *error.fields]) from None
    if errors:
        raise ContextValidationError(errors)
    return context


def _ignored(body: Mapping[str, Any], known: frozenset[str]) -> tuple[str, ...]:
    return unknown_keys(body, known) + unknown_keys(body["context"], CONTEXT_KEYS, "/context")
