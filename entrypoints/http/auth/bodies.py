"""Request bodies of accounts: every bad field is named at once, no value is ever repeated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_type_hints

import msgspec
from litestar import Request
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.errors import FieldError, InvalidRequest
from domain.identity.cloud import Provider
from entrypoints.http.bodies import read_json

Short = Annotated[str, Meta(max_length=100)]
Name = Annotated[str, Meta(max_length=254)]
Id = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=200)]
Password = Annotated[str, Meta(max_length=1024, description="15 to 128 characters.")]
Token = Annotated[str, Meta(max_length=200)]
Code = Annotated[str, Meta(max_length=64, description="Six digits, or a backup code.")]
Secret = Annotated[str, Meta(max_length=4096)]

_Body = TypeVar("_Body", bound=Struct)
_AT = re.compile(r" - at `\$(?P<path>[^`]*)`$")


class RegisterBody(Struct, frozen=True):
    """To ask for an account."""

    username: Name
    email: Name
    password: Password
    full_name: Text = ""
    organisation: Text = ""


class TokenBody(Struct, frozen=True):
    """A token that was mailed."""

    token: Token


class LoginBody(Struct, frozen=True):
    """Name or address, and the password."""

    login: Name
    password: Password


class CodeBody(Struct, frozen=True):
    """A code of the authenticator, or a backup code."""

    code: Code


class ForgotBody(Struct, frozen=True):
    """Name or address of an account."""

    login: Name


class ResetBody(Struct, frozen=True):
    """A mailed token, the new password, and the code where log-ins ask for one."""

    token: Token
    password: Password
    code: Code = ""


class StepUpBody(Struct, frozen=True):
    """The password, and the code where log-ins ask for one."""

    password: Password
    code: Code = ""


class PasswordBody(Struct, frozen=True):
    """A new password."""

    password: Password


class ProfileBody(Struct, frozen=True):
    """What is given is written, what is not stays."""

    full_name: Text | UnsetType = UNSET
    organisation: Text | UnsetType = UNSET


class ApiKeyBody(Struct, frozen=True):
    """A key to make."""

    name: Short
    scopes: Annotated[Sequence[Short], Meta(min_length=1, max_length=20)]
    expires_in_days: Annotated[int, Meta(ge=1, le=365)] | UnsetType = UNSET


class CloudAccountBody(Struct, frozen=True):
    """A cloud account; secrets are written and never shown. An empty secret removes it."""

    provider: Provider | UnsetType = UNSET
    name: Short | UnsetType = UNSET
    account_id: Text | UnsetType = UNSET
    region: Short | UnsetType = UNSET
    tenant_id: Text | UnsetType = UNSET
    project_id: Text | UnsetType = UNSET
    access_key: Secret | UnsetType = UNSET
    secret_key: Secret | UnsetType = UNSET
    extra: dict[str, Any] | UnsetType = UNSET


class ShareBody(Struct, frozen=True):
    """One plan or the history of one service, with the account of one name or everybody who has an account."""

    plan_id: Id | UnsetType = UNSET
    service_id: Id | UnsetType = UNSET
    username: Name | UnsetType = UNSET
    everybody: bool = False


def read_body(request: Request[Any, Any, Any], body: bytes, kind: type[_Body], *, max_depth: int) -> _Body:
    """A body of one kind; unknown keys are ignored, null counts as absent.

    Raises:
        BodyError: It is not JSON.
        InvalidRequest: Fields are missing or wrong; each is named.
    """
    raw = read_json(request.headers.get("content-type"), body, max_depth=max_depth)
    if not isinstance(raw, dict):
        raise InvalidRequest("the body must be a JSON object", [FieldError(pointer="", expected="object", code="type")])
    given = {key: value for key, value in raw.items() if value is not None}
    kinds = get_type_hints(kind, include_extras=True)
    faults: list[FieldError] = []
    read: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.name in given:
            try:
                read[field.name] = msgspec.convert(given[field.name], kinds[field.name])
            except msgspec.ValidationError as error:
                faults.append(_fault(field.name, error))
        elif field.required:
            faults.append(FieldError(pointer=f"/{field.name}", expected="a value", code="missing"))
    if faults:
        listed = "; ".join(f"{fault.pointer}: {fault.expected}" for fault in faults)
        raise InvalidRequest(f"the request has {len(faults)} bad field(s): {listed}", faults)
    return kind(**read)


def _fault(name: str, error: msgspec.ValidationError) -> FieldError:
    """The decoder's complaint; it names types and bounds and, but for an enum's value, nothing of the body."""
    text = str(error)
    found = _AT.search(text)
    path = found["path"].replace("[...]", "").replace("[", "/").replace("]", "").replace(".", "/") if found else ""
    said = text[: found.start()] if found else text
    if said.startswith("Invalid enum value"):
        said = "one of the documented values"
    return FieldError(pointer=f"/{name}{path}", expected=said[:1].lower() + said[1:], code="type")
