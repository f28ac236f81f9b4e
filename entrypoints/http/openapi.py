"""`GET /schema`: OpenAPI 3.1 with request bodies, problems and examples.

Request bodies are read by hand, so that every bad field is named at once; their schema is therefore written here and
laid over what Litestar derives from the handlers. A test holds it against the fields the planner reads.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from domain.context import MAX_RISK, RuntimeEnv, ServiceType, TimeSlot
from domain.plan_request import DEFAULT_METRIC, MAX_METRICS, MAX_NAME_LENGTH
from domain.samples import MAX_MAGNITUDE
from domain.what_if import MOST_USERS_FACTOR, REPLACED
from entrypoints.http.auth.documented import document_access
from entrypoints.http.openapi_repositories import describe_repositories
from entrypoints.http.problems import PROBLEM_MEDIA_TYPE, Problem

_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH}
_AMOUNT = {"type": "number", "minimum": 0, "maximum": 1e9}
_POSITIVE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}


def _values(kind: type[ServiceType] | type[RuntimeEnv] | type[TimeSlot], default: str | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "enum": [member.value for member in kind]}
    return schema | ({"default": default} if default else {})


_CONTEXT: dict[str, Any] = {
    "type": "object",
    "required": ["context_id", "timestamp", "service_type"],
    "properties": {
        "context_id": {"type": "string", "minLength": 1, "maxLength": 256},
        "timestamp": {"type": "string", "format": "date-time", "description": "A time without zone is read as UTC."},
        "service_type": _values(ServiceType),
        "runtime_env": _values(RuntimeEnv, "prod"),
        "time_slot": _values(TimeSlot, "normal"),
        "weight": _AMOUNT | {"default": 1.0, "description": "Factor on the forecast."},
        "region": _NAME,
        "expected_users": {"type": "integer", "minimum": 0, "maximum": 10**12, "description": "Or current_users."},
        "curr_cpu": _AMOUNT | {"description": "Present CPU use, share of capacity. Or cpu."},
        "curr_mem": _AMOUNT | {"description": "Present memory use, share of capacity. Or memory."},
        "provider": _NAME | {"description": "Whose catalogue is used; needs region."},
        "current_flavor": _NAME | {"description": "Flavor the service runs on, in the catalogue."},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1},
        "capacity": {
            "type": "object",
            "properties": {"vcpus": _POSITIVE, "memory_gib": _POSITIVE},
            "description": "What one replica has today.",
        },
        "risk": {
            "type": "number", "exclusiveMinimum": 0, "maximum": MAX_RISK, "default": 0.01,
            "description": "Accepted share of hours over capacity; memory is held to a tenth of it.",
        },
    },
}  # fmt: skip
_PLAN_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["service_id", "context"],
    "properties": {
        "service_id": _NAME,
        "metric_name": _NAME | {"default": DEFAULT_METRIC},
        "context": {"$ref": "#/components/schemas/MCPContext"},
    },
}
_MULTI_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["service_id", "metric_names", "context"],
    "properties": {
        "service_id": _NAME,
        "metric_names": {"type": "array", "items": _NAME, "minItems": 1, "maxItems": MAX_METRICS},
        "context": {"$ref": "#/components/schemas/MCPContext"},
    },
}
_WHAT_IF_REQUEST: dict[str, Any] = {
    "type": "object",
    "required": ["service_id", "context", "changes"],
    "properties": _PLAN_REQUEST["properties"]
    | {
        "changes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "description": "What is to be different; everything else stays.",
            "properties": {
                "users_factor": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_USERS_FACTOR},
                **{name: _CONTEXT["properties"][name] for name in REPLACED},
            },
        }
    },
}
EXAMPLE_CONTEXT = {
    "context_id": "ctx-1", "timestamp": "2026-11-23T12:00:00Z", "service_type": "web", "runtime_env": "prod",
    "time_slot": "peak", "weight": 1.0, "region": "ap-northeast-2", "expected_users": 5000, "curr_cpu": 0.25,
    "curr_mem": 0.35,
}  # fmt: skip
EXAMPLE_PLAN = {"service_id": "shop-api", "metric_name": "avg_cpu", "context": EXAMPLE_CONTEXT}
_EXAMPLE_MULTI = {"service_id": "shop-api", "metric_names": ["avg_cpu", "requests"], "context": EXAMPLE_CONTEXT}
_EXAMPLE_REAL = {
    "service_id": "shop-api",
    "metric_name": "avg_memory",
    "context": EXAMPLE_CONTEXT | {"provider": "aws", "current_flavor": "m5.large", "replicas": 2, "risk": 0.005},
}
_EXAMPLE_WHAT_IF = EXAMPLE_PLAN | {"changes": {"users_factor": 3, "replicas": 2}}
_REQUESTS = {
    "/plans": ("PlanRequest", {"generic": EXAMPLE_PLAN, "priced": _EXAMPLE_REAL}),
    "/plans/multi": ("MultiPlanRequest", {"two metrics": _EXAMPLE_MULTI}),
    "/plans/hourly": ("PlanRequest", {"generic": EXAMPLE_PLAN}),
    "/what-if": ("WhatIfRequest", {"three times the users": _EXAMPLE_WHAT_IF}),
}
_SAMPLE: dict[str, Any] = {
    "type": "object",
    "required": ["service_id", "metric_name", "ts", "value"],
    "properties": {
        "service_id": _NAME,
        "metric_name": _NAME,
        "ts": {"type": "string", "format": "date-time", "description": "A time without zone is read as UTC."},
        "value": {"type": "number", "minimum": -MAX_MAGNITUDE, "maximum": MAX_MAGNITUDE},
    },
}
_EXAMPLE_SAMPLES = [
    {"service_id": "shop-api", "metric_name": "avg_cpu", "ts": "2026-11-23T12:00:00Z", "value": 0.31},
    {"service_id": "shop-api", "metric_name": "cpu_max", "ts": "2026-11-23T12:00:00Z", "value": 0.58},
]
_SAMPLE_REFERENCE = {"$ref": "#/components/schemas/Sample"}
_SAMPLES_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": _SAMPLE_REFERENCE, "minItems": 1},
            "examples": {"array": {"value": _EXAMPLE_SAMPLES}},
        },
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "One sample a line, as JSON."},
            "examples": {"lines": {"value": "".join(f"{json.dumps(sample)}\n" for sample in _EXAMPLE_SAMPLES)}},
        },
    },
}
_PROBLEMS = {
    "400": "The body is not JSON, or too deeply nested.",
    "404": "The metric is neither in the catalogue nor in the history, or the history is somebody else's.",
    "408": "The body did not arrive in time.",
    "413": "The body is larger than allowed.",
    "415": "The body is not application/json.",
    "422": "A field is wrong, a price is unknown, or no flavor fits; every bad field is named.",
    "503": "A dependency does not answer.",
}
_HISTORY_PROBLEMS = _PROBLEMS | {
    "404": "A service is somebody else's.",
    "409": "History comes from a source that is not ours to write to.",
    "415": "The body is neither application/json nor application/x-ndjson.",
    "422": "A sample is wrong; the bad fields are named, and nothing was stored.",
}


class OpenApiDocument(JsonRenderPlugin):
    """Serves the document as JSON, with request bodies and problems laid over it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document's bytes."""
        return msgspec.json.encode(complete(openapi_schema))


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what Litestar cannot derive."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {
        "MCPContext": _CONTEXT,
        "PlanRequest": _PLAN_REQUEST,
        "MultiPlanRequest": _MULTI_REQUEST,
        "Sample": _SAMPLE,
        "WhatIfRequest": _WHAT_IF_REQUEST,
    }
    problem = msgspec.json.schema(Problem, ref_template="#/components/schemas/{name}")
    schemas |= problem["$defs"]
    for path, (name, examples) in _REQUESTS.items():
        operation = document["paths"][path]["post"]
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{name}"},
                    "examples": {title: {"value": value} for title, value in examples.items()},
                }
            },
        }
        # Litestar announces its own shape for 400; ours is the problem document.
        operation["responses"] |= {status: _problem_response(said) for status, said in _PROBLEMS.items()}
    history = document["paths"]["/history"]["post"]
    history["requestBody"] = _SAMPLES_BODY
    history["responses"] |= {status: _problem_response(said) for status, said in _HISTORY_PROBLEMS.items()}
    describe_repositories(document, _problem_response)
    document_access(document)
    return document


def _problem_response(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


def openapi_config() -> OpenAPIConfig:
    """Litestar's settings for the document: JSON only, as documentation pages would load scripts from elsewhere."""
    return OpenAPIConfig(
        title="MCP Core Orchestrator",
        version="0.1.0",
        description="Forecasts a service's load for 24 hours, chooses the VM size that carries it, and prices it.",
        path="/schema",
        render_plugins=[OpenApiDocument(path=["/", "/openapi.json"])],
    )
