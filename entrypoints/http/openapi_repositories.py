"""What `GET /schema` says of `/repositories`, which Litestar cannot derive."""

from __future__ import annotations

from typing import Any

from domain.context import MAX_RISK

_UPLOAD = "/repositories"
_PLANS = "/repositories/{repository_id}/plans"
_WISHES: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "timestamp": {"type": "string", "format": "date-time", "description": "Now by default."},
        "expected_users": {"type": "integer", "minimum": 0, "maximum": 10**12, "description": "Users of the whole."},
        "provider": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Needs region."},
        "region": {"type": "string", "minLength": 1, "maxLength": 128},
        "risk": {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_RISK, "default": 0.01},
        "prefix": {"type": "string", "maxLength": 64, "description": "History calls a service this and its name."},
    },
}
_ARCHIVE: dict[str, Any] = {
    "type": "object",
    "required": ["archive"],
    "properties": {"archive": {"type": "string", "format": "binary", "description": "A .zip or .tar.gz."}},
}
_SAID = {
    _UPLOAD: {
        "400": "The form cannot be read.", "408": "The body did not arrive in time.",
        "413": "The archive is larger than allowed.", "415": "The body is not multipart/form-data.",
        "422": "It is no archive, or beyond a limit.",
    },
    _PLANS: {
        "400": "The body is not JSON, or too deeply nested.", "404": "No repository of that id is kept.",
        "415": "The body is not application/json.", "422": "A field is wrong, or a price is unknown.",
    },
}  # fmt: skip


def describe_repositories(document: dict[str, Any], problem: Any) -> None:
    """Lay request bodies and problems over the two operations.

    Args:
        document: The OpenAPI document.
        problem: Description → response object.
    """
    document["components"]["schemas"]["RepositoryWishes"] = _WISHES
    wishes = {
        "schema": {"$ref": "#/components/schemas/RepositoryWishes"},
        "examples": {"users": {"value": {"expected_users": 5000, "risk": 0.01}}},
    }
    bodies = {
        _UPLOAD: {"multipart/form-data": {"schema": _ARCHIVE}},
        _PLANS: {"application/json": wishes},
    }
    for path, content in bodies.items():
        operation = document["paths"][path]["post"]
        operation["requestBody"] = {"required": True, "content": content}
        operation["responses"] |= {status: problem(said) for status, said in _SAID[path].items()}
