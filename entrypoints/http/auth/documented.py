"""What the OpenAPI document says of access: bodies of accounts' routes, credentials, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from entrypoints.http.auth import bodies
from entrypoints.http.auth.rules import ADMIN_ONLY, RULES, Access, Rule, rule_key

_REF: Final = "#/components/schemas/{name}"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
BODIES: Final[dict[str, type[Struct]]] = {
    "register": bodies.RegisterBody,
    "verify_email": bodies.TokenBody,
    "forgot_password": bodies.ForgotBody,
    "reset_password": bodies.ResetBody,
    "log_in": bodies.LoginBody,
    "log_in_code": bodies.CodeBody,
    "step_up": bodies.StepUpBody,
    "change_account": bodies.ProfileBody,
    "change_password": bodies.PasswordBody,
    "confirm_totp": bodies.CodeBody,
    "create_api_key": bodies.ApiKeyBody,
    "add_cloud_account": bodies.CloudAccountBody,
    "change_cloud_account": bodies.CloudAccountBody,
    "share": bodies.ShareBody,
}
_SCHEMES: Final = {
    "api_key": {"type": "http", "scheme": "bearer", "description": "An API key, cap_live_…"},
    "session": {
        "type": "apiKey", "in": "cookie", "name": "mcp_session",
        "description": "__Host-mcp_session over TLS; what changes something also needs X-CSRF-Token.",
    },
}  # fmt: skip
_OFTEN: Final = {
    "400": "The query or body does not have the documented form, or the Host is not answered.",
    "422": "A field or query parameter is wrong; every bad one is named.",
    "429": "Too many requests; Retry-After says when to come back.",
    "503": "A dependency does not answer.",
}
_CLOSED: Final = {"401": "Credentials are needed, or those shown do not count."}
_BODY: Final = {
    "408": "The body did not arrive in time.",
    "413": "The body is larger than allowed.",
    "415": "The body is not application/json.",
    "422": "A field is wrong; every bad field is named.",
    "503": "A dependency does not answer, or too many passwords are being checked.",
}
_ACCOUNTS: Final = {
    "401": "Credentials are wrong or needed.",
    "403": "Not allowed, or the password has to be confirmed first.",
    "404": "There is no such thing, or it is somebody else's.",
    "409": "It is there already, or the last administrator would go.",
    "422": "Something is wrong; every bad field is named.",
    "503": "The database or a key does not answer, or too many passwords are being checked.",
}


def document_access(document: dict[str, Any]) -> None:
    """Lay bodies, credentials and refusals over a document."""
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    _, schemas = msgspec.json.schema_components(set(BODIES.values()), ref_template=_REF)
    components.setdefault("schemas", {}).update(schemas)
    for key, operation in operations(document):
        rule = RULES.get(key, ADMIN_ONLY)
        responses = operation.setdefault("responses", {})
        said = _OFTEN | _refusals(rule)
        if "accounts" in operation.get("tags", []) or "administration" in operation.get("tags", []):
            said |= _ACCOUNTS
        kind = BODIES.get(operation.get("operationId", ""))
        if kind is not None:
            said = _BODY | said
            schema = {"$ref": _REF.format(name=kind.__name__)}
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        for status, description in said.items():
            if status == "400" or status not in responses:
                responses[status] = _problem(description)
        operation["security"] = _security(rule)


def operations(document: dict[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every operation, with the key of its rule."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield rule_key(method.upper(), path), item[method]


def _refusals(rule: Rule) -> dict[str, str]:
    if rule.access is Access.OPEN:
        return {}
    needed = f"The scope {rule.scope} is missing." if rule.scope else "Not allowed."
    return _CLOSED | {"403": needed}


def _security(rule: Rule) -> list[dict[str, list[str]]]:
    if rule.access is Access.OPEN:
        return []
    people: dict[str, list[str]] = {"session": []}
    if rule.access in (Access.PERSON, Access.FRESH):
        return [people]
    return [{"api_key": [rule.scope.value] if rule.scope else []}, people]


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {"description": description, "content": content}
