"""What a caller says about the service to be planned, and the one function that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from domain.errors import ContextValidationError, FieldError

DEFAULT_RISK = 0.01
MAX_RISK = 0.5
# Bounds far beyond any real service; they keep every product in the pipeline finite.
_MAX_AMOUNT = 1e9
_MAX_USERS = 10**12
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class ServiceType(StrEnum):
    """Kind of service."""

    WEB = "web"
    API = "api"
    DB = "db"


class RuntimeEnv(StrEnum):
    """Where the service runs."""

    PROD = "prod"
    DEV = "dev"


class TimeSlot(StrEnum):
    """The caller's expectation of the time ahead."""

    PEAK = "peak"
    NORMAL = "normal"
    LOW = "low"
    WEEKEND = "weekend"


def _to_utc(raw: object) -> datetime:
    """ISO 8601 text or a datetime → aware UTC; naive times are read as UTC."""
    moment = raw
    if isinstance(raw, str):
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime):
        raise PydanticCustomError("timestamp", "not a timestamp")
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:
        raise PydanticCustomError("timestamp", "year out of range")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _only_numbers(raw: object) -> object:
    """Text and booleans are not numbers, even when they look like some."""
    if isinstance(raw, str | bytes | bool):
        raise PydanticCustomError("number", "not a number")
    return raw


Amount = Annotated[float, BeforeValidator(_only_numbers), Field(ge=0, le=_MAX_AMOUNT, allow_inf_nan=False)]
Positive = Annotated[float, BeforeValidator(_only_numbers), Field(gt=0, le=_MAX_AMOUNT, allow_inf_nan=False)]
Risk = Annotated[float, BeforeValidator(_only_numbers), Field(gt=0, le=MAX_RISK, allow_inf_nan=False)]
Users = Annotated[int, BeforeValidator(_only_numbers), Field(ge=0, le=_MAX_USERS)]
Name = Annotated[str, Field(min_length=1, max_length=128, strict=True)]


class Capacity(BaseModel):
    """What one replica of the service has today; either part may be unknown.

    Attributes:
        vcpus: vCPUs per replica, > 0.
        memory_gib: GiB per replica, > 0.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    vcpus: Positive | None = None
    memory_gib: Positive | None = None


class MCPContext(BaseModel):
    """The context of one plan, valid and with defaults filled in (DESIGN §3)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    context_id: Annotated[str, Field(min_length=1, max_length=256, strict=True)]
    timestamp: Annotated[datetime, BeforeValidator(_to_utc)]
    service_type: ServiceType
    runtime_env: RuntimeEnv = RuntimeEnv.PROD
    time_slot: TimeSlot = TimeSlot.NORMAL
    weight: Amount = 1.0
    region: Name | None = None
    expected_users: Annotated[Users | None, Field(validation_alias=AliasChoices("expected_users", "current_users"))] = (
        None
    )
    curr_cpu: Annotated[Amount | None, Field(validation_alias=AliasChoices("curr_cpu", "cpu"))] = None
    curr_mem: Annotated[Amount | None, Field(validation_alias=AliasChoices("curr_mem", "memory"))] = None
    provider: Name | None = None
    current_flavor: Name | None = None
    replicas: Annotated[int, BeforeValidator(_only_numbers), Field(ge=1, le=10_000)] = 1
    capacity: Capacity | None = None
    risk: Risk = DEFAULT_RISK


_ALIASES = {"current_users": "expected_users", "cpu": "curr_cpu", "memory": "curr_mem"}
CONTEXT_KEYS = frozenset(MCPContext.model_fields) | frozenset(_ALIASES)

_EXPECTED = {
    "context_id": "text of 1 to 256 characters",
    "timestamp": "an ISO 8601 time such as 2026-11-23T12:00:00Z, between 1971 and 2198",
    "service_type": "one of web, api, db",
    "runtime_env": "one of prod, dev",
    "time_slot": "one of peak, normal, low, weekend",
    "weight": "a number from 0 to 1e9",
    "region": "text of 1 to 128 characters",
    "expected_users": "a whole number from 0 to 1e12",
    "curr_cpu": "a number from 0 to 1e9 (1 is all of the capacity)",
    "curr_mem": "a number from 0 to 1e9 (1 is all of the capacity)",
    "provider": "text of 1 to 128 characters",
    "current_flavor": "text of 1 to 128 characters",
    "replicas": "a whole number from 1 to 10000",
    "capacity": "an object with vcpus and/or memory_gib",
    "vcpus": "a number above 0",
    "memory_gib": "a number above 0",
    "risk": f"a number above 0 and at most {MAX_RISK} (accepted share of hours over capacity)",
}

_CODES = {
    "missing": "missing",
    "enum": "choice",
    "greater_than": "range",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "finite_number": "range",
    "string_too_short": "length",
    "string_too_long": "length",
}


def _field_error(error: ErrorDetails, pointer: str) -> FieldError:
    path = [str(part) for part in error["loc"]]
    known = next((_ALIASES.get(part, part) for part in reversed(path) if _ALIASES.get(part, part) in _EXPECTED), "")
    return FieldError(
        pointer="/".join([pointer, *path]),
        expected=_EXPECTED.get(known, "a valid value"),
        code=_CODES.get(error["type"], "type"),
    )


def extract_context(raw: object, pointer: str = "/context") -> MCPContext:
    """Turn a raw mapping into a context. Unknown keys are ignored (``unknown_keys`` lists them).

    Args:
        raw: The decoded ``context`` object of a request.
        pointer: Where it stands in the request, for the error's JSON pointers.

    Raises:
        ContextValidationError: Naming every bad field.
    """
    if not isinstance(raw, Mapping):
        raise ContextValidationError([FieldError(pointer=pointer, expected="a JSON object", code="type")])
    # A key that is present but null counts as absent, as callers that serialize optional fields send it.
    present = {key: value for key, value in raw.items() if value is not None}
    try:
        context = MCPContext.model_validate(present)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise ContextValidationError([_field_error(item, pointer) for item in found]) from None
    return context


def unknown_keys(raw: Mapping[str, Any], known: frozenset[str], pointer: str = "") -> tuple[str, ...]:
    """JSON pointers of the keys nobody reads, sorted."""
    return tuple(sorted(f"{pointer}/{key}" for key in raw if key not in known))
