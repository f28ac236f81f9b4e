"""Errors as RFC 9457 problem details: one table from domain errors to statuses, one shape for every failure."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET, Struct, UnsetType

from domain.errors import (
    ConfigurationError,
    Conflict,
    InvalidData,
    InvalidRequest,
    McpCoreError,
    ModelRefused,
    NoFlavorFits,
    NotEnoughHistory,
    NotFound,
    Unavailable,
)
from domain.identity.errors import Busy, Forbidden, NotAuthenticated, TooManyRequests

PROBLEM_MEDIA_TYPE = "application/problem+json"

# The nearest class in an error's ancestry decides; a test walks every subclass of McpCoreError.
STATUS_OF: dict[type[McpCoreError], int] = {
    InvalidRequest: 422,
    NotAuthenticated: 401,
    Forbidden: 403,
    TooManyRequests: 429,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    NotEnoughHistory: 500,
    InvalidData: 500,
    ModelRefused: 500,
    ConfigurationError: 500,
    McpCoreError: 500,
}
# Errors of these statuses are ours, not the caller's: their text stays in the log.
_PRIVATE_FROM = 500
_HTTP_CODES = {
    400: "bad_request", 404: "not_found", 405: "method_not_allowed", 408: "request_timeout", 413: "body_too_large",
    415: "unsupported_media_type", 422: "invalid_request", 429: "too_many_requests", 503: "unavailable",
}  # fmt: skip
_log = structlog.get_logger("http")


class ProblemField(Struct, frozen=True):
    """One bad field: JSON pointer, what was expected, and a short stable code."""

    pointer: str
    expected: str
    code: str


class NeedField(Struct, frozen=True):
    """What one replica needs, where no flavor fits; null where the resource is not known."""

    vcpus: float | None
    memory_gib: float | None


class Problem(Struct, frozen=True):
    """Problem details (RFC 9457); ``code`` is stable, ``errors`` names every bad field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField] | UnsetType = UNSET
    need: NeedField | UnsetType = UNSET


class BodyError(HTTPException):
    """A request body that cannot be read; ``code`` goes into the problem."""

    def __init__(self, status_code: int, code: str, detail: str) -> None:
        super().__init__(detail=detail, status_code=status_code)
        self.code = code


def status_of(error: McpCoreError) -> int:
    """The HTTP status of a domain error."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def problem_response(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The response that carries a problem."""
    return Response(
        content=msgspec.json.encode(problem), status_code=problem.status, media_type=PROBLEM_MEDIA_TYPE, headers=headers
    )


def problem_of(status: int, code: str, detail: str, **extra: Any) -> Problem:
    """A problem with its type and title."""
    return Problem(
        type=f"urn:mcp-core:problem:{code}", title=HTTPStatus(status).phrase, status=status, detail=detail, code=code,
        **extra,
    )  # fmt: skip


def on_domain_error(request: Request[Any, Any, Any], error: McpCoreError) -> Response[bytes]:
    """A domain error as a problem; what is our own fault is logged and not shown."""
    status = status_of(error)
    if isinstance(error, Busy):
        # Nothing failed, there is only too much at once: saying so helps nobody to attack.
        return problem_response(problem_of(status, error.code, error.message), _headers_of(error))
    if status >= _PRIVATE_FROM:
        _log.error("request failed", code=error.code, error=error.message, exc_info=error)
        text = "a dependency does not answer, try again later" if status == 503 else "the service failed, see its log"
        return problem_response(problem_of(status, error.code, text))
    extra: dict[str, Any] = {}
    if isinstance(error, InvalidRequest) and error.fields:
        extra["errors"] = [ProblemField(field.pointer, field.expected, field.code) for field in error.fields]
    if isinstance(error, NoFlavorFits):
        extra["need"] = NeedField(error.vcpus, error.memory_gib)
    return problem_response(problem_of(status, error.code, error.message, **extra), _headers_of(error))


def _headers_of(error: McpCoreError) -> dict[str, str]:
    """What the protocol wants beside a status: how to authenticate (RFC 9110, 11.6.1), when to come back."""
    if isinstance(error, NotAuthenticated):
        return {"WWW-Authenticate": 'Bearer realm="mcp-core"'}
    return {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TooManyRequests | Busy) else {}


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """A failure of the protocol as a problem; never Litestar's own text, which repeats the query."""
    status = error.status_code
    if isinstance(error, BodyError):
        return problem_response(problem_of(status, error.code, error.detail), {"Connection": "close"})
    code = _HTTP_CODES.get(status, "http_error")
    headers = {key: value for key, value in (error.headers or {}).items() if key.lower() == "allow"}
    detail = _SAID.get(status, HTTPStatus(status).phrase)
    return problem_response(problem_of(status, code, detail), headers)


def on_bad_parameters(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    """Query parameters of the wrong form: each is named with what was expected, none is repeated."""
    told = error.extra if isinstance(error.extra, list) else []
    fields = [
        # The decoder names types and bounds and nothing of the query.
        ProblemField(f"?{one['key']}", one["message"][:1].lower() + one["message"][1:], "type")
        for one in told
        if isinstance(one, dict) and one.get("source") == "query" and str(one.get("message")).startswith("Expected ")
    ]
    if not fields:
        return on_http_error(request, error)
    fields.sort(key=lambda field: field.pointer)
    listed = "; ".join(f"{field.pointer}: {field.expected}" for field in fields)
    return problem_response(problem_of(422, InvalidRequest.code, listed, errors=fields))


_SAID = {
    400: "the request's query or body does not have the documented form",
    404: "there is nothing at this address; GET /schema lists what there is",
    405: "this address does not take that method",
    413: "the request body is larger than allowed",
}


def on_unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A defect: logged with its traceback, told without it."""
    _log.error("unexpected error", error_type=type(error).__name__, exc_info=error)
    return problem_response(problem_of(500, "internal_error", "the service failed, see its log"))


EXCEPTION_HANDLERS: dict[Any, Any] = {
    McpCoreError: on_domain_error,
    ValidationException: on_bad_parameters,
    HTTPException: on_http_error,
    Exception: on_unexpected_error,
}
