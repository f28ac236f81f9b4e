"""What whoever asks says of all services of a repository, read from a raw mapping."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.context import extract_context, unknown_keys
from domain.errors import ContextValidationError, FieldError
from domain.repository.planned import PlanningWishes

KEYS = frozenset({"timestamp", "expected_users", "provider", "region", "risk", "prefix"})
_LONGEST_PREFIX = 64


def read_wishes(raw: object, now: datetime, pointer: str = "") -> PlanningWishes:
    """Read and check; an absent key takes its default, ``timestamp`` takes now.

    Raises:
        ContextValidationError: Naming every bad field; unknown keys are bad fields here, as nobody reads them.
    """
    if not isinstance(raw, Mapping):
        raise ContextValidationError([FieldError(pointer=pointer, expected="a JSON object", code="type")])
    given: dict[str, Any] = {key: value for key, value in raw.items() if value is not None}
    errors = [FieldError(pointer=key, expected="nothing of that name", code="unknown")
              for key in unknown_keys(given, KEYS, pointer)]  # fmt: skip
    prefix = given.pop("prefix", "")
    if not isinstance(prefix, str) or len(prefix) > _LONGEST_PREFIX:
        expected = f"text of at most {_LONGEST_PREFIX} characters"
        errors.append(FieldError(pointer=f"{pointer}/prefix", expected=expected, code="type"))
    filler = {"context_id": "wishes", "service_type": "web", "timestamp": now}
    try:
        context = extract_context(filler | {key: given[key] for key in KEYS & set(given)}, pointer)
    except ContextValidationError as error:
        raise ContextValidationError([*errors, *error.fields]) from None
    if errors:
        raise ContextValidationError(errors)
    return PlanningWishes(
        timestamp=context.timestamp, risk=context.risk, expected_users=context.expected_users,
        provider=context.provider, region=context.region, prefix=prefix,
    )  # fmt: skip
