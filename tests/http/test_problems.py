"""Whatever goes wrong, the answer is one shape, names what to change, and tells nothing private."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from dependency_injector import providers
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

import domain.errors
import domain.identity.errors
from domain.errors import McpCoreError
from entrypoints.http.app import create_app
from entrypoints.http.problems import STATUS_OF, status_of
from tests.fakes.flavor_rows import a_flavor
from tests.fakes.world import World, body

Client = TestClient[Litestar]
JSON = {"content-type": "application/json"}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The decoded problem, after checking its shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert list(found)[:5] == ["type", "title", "status", "detail", "code"]
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:mcp-core:problem:{code}"
    assert "Traceback" not in response.text
    return found


def test_every_bad_field_is_named_with_its_pointer(client: Client) -> None:
    request = {"service_id": "", "context": {"service_type": "x", "weight": -1, "timestamp": "soon", "context_id": "c"}}
    found = problem(client.post("/plans", json=request), 422, "context_invalid")
    assert [error["pointer"] for error in found["errors"]] == [
        "/service_id", "/context/timestamp", "/context/service_type", "/context/weight",
    ]  # fmt: skip
    assert all(error["expected"] and error["code"] for error in found["errors"])


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b'{"a": NaN}', 400, "malformed_json"),
        (b'{"a": Infinity}', 400, "malformed_json"),
        (b'{"a": 1e999}', 400, "malformed_json"),
        (b'{"a": "\xff\xfe"}', 400, "malformed_json"),
        (b"[" * 65 + b"]" * 65, 400, "json_too_deep"),
        (b"[" * 200_000, 400, "json_too_deep"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 400, "json_too_deep"),
        (b"[]", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b'{"service_id": "s"}', 422, "context_invalid"),
        (b'{"a": "' + b"x" * 1_048_576 + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_bodies_that_cannot_be_read(client: Client, sent: bytes, status: int, code: str) -> None:
    problem(client.post("/plans", content=sent, headers=JSON), status, code)


def test_brackets_inside_text_are_not_nesting(client: Client) -> None:
    response = client.post("/plans", json=body(service="[" * 100 + '\\"{{'))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "application/json; charset=latin-1"],
)
def test_only_json_is_read(client: Client, content_type: str) -> None:
    response = client.post("/plans", content=json.dumps(body()), headers={"content-type": content_type})
    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=UTF-8"])
def test_json_is_read_however_it_is_written(client: Client, content_type: str) -> None:
    response = client.post("/plans", content=json.dumps(body()), headers={"content-type": content_type})
    assert response.status_code == 200


def test_addresses_and_methods_that_do_not_exist(client: Client) -> None:
    found = problem(client.get("/secret?token=hunter2"), 404, "not_found")
    assert "hunter2" not in json.dumps(found)
    response = client.put("/plans", json={})
    problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


def test_an_unknown_metric_is_not_found(client: Client) -> None:
    found = problem(client.post("/plans", json=body(metric="latency")), 404, "metric_not_found")
    assert "latency" in found["detail"]


def test_a_provider_needs_a_region(client: Client) -> None:
    found = problem(client.post("/plans", json=body(provider="aws")), 422, "region_required")
    assert found["errors"][0]["pointer"] == "/context/region"


def test_an_unknown_provider_or_region_names_what_exists(world: World) -> None:
    world.flavors = [a_flavor(provider="acme", name="a1", region="north")]
    with TestClient(create_app(world.container())) as client:
        found = problem(client.post("/plans", json=body(provider="nope", region="x")), 422, "invalid_request")
        assert "acme" in found["detail"]
        assert found["errors"][0]["pointer"] == "/context/provider"
        found = problem(client.post("/plans", json=body(provider="acme", region="x")), 422, "invalid_request")
        assert "north" in found["detail"]
        assert found["errors"][0]["pointer"] == "/context/region"


def test_a_need_that_nothing_carries_is_told_in_numbers(world: World) -> None:
    world.flavors = [a_flavor(provider="acme", name="a1", region="north", vcpus=1, memory_gib=1)]
    with TestClient(create_app(world.container())) as client:
        response = client.post(
            "/plans", json=body(provider="acme", region="north", capacity={"vcpus": 64, "memory_gib": 64})
        )
        found = problem(response, 422, "no_flavor_fits")
        assert found["need"]["vcpus"] > 1
        assert found["need"]["memory_gib"] > 1


def test_unknown_prices_are_refused_with_the_setting_that_supplies_them(world: World) -> None:
    world.flavors = [a_flavor(provider="acme", name="a1", region="north", usd_per_hour=None)]
    with TestClient(create_app(world.container())) as client:
        found = problem(client.post("/plans", json=body(provider="acme", region="north")), 422, "price_unknown")
        assert "FLAVOR_CATALOG_PATH" in found["detail"]


def test_a_defect_tells_nothing_private(world: World) -> None:
    def broken() -> None:
        raise RuntimeError("secret /etc/passwd")

    container = world.container()
    container.plan_capacity.override(providers.Callable(lambda: lambda _request: broken()))
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        found = problem(client.post("/plans", json=body()), 500, "internal_error")
    assert "secret" not in json.dumps(found)


_TREES = {module.__name__: module.__doc__ or "" for module in (domain.errors, domain.identity.errors)}


def _subclasses(kind: type[McpCoreError]) -> list[type[McpCoreError]]:
    """The error and all below it that the domain defines; adapters may refine one for themselves."""
    own = [child for child in kind.__subclasses__() if child.__module__ in _TREES]
    return [kind] + [deeper for child in own for deeper in _subclasses(child)]


@pytest.mark.parametrize("kind", _subclasses(McpCoreError), ids=lambda kind: kind.__name__)
def test_every_domain_error_has_a_status_and_a_code_of_its_own(kind: type[McpCoreError]) -> None:
    error = kind.__new__(kind)
    assert 400 <= status_of(error) < 600
    assert any(ancestor in STATUS_OF for ancestor in kind.__mro__[:-3])
    codes = [other.code for other in _subclasses(McpCoreError)]
    assert codes.count(kind.code) == 1
    assert kind.__name__ in _TREES[kind.__module__]


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
_CONTEXT_KEYS = st.sampled_from(
    ["context_id", "timestamp", "service_type", "weight", "region", "provider", "capacity", "risk", "replicas", "cpu",
     "expected_users", "current_flavor", "runtime_env", "time_slot"]
)  # fmt: skip


@given(overrides=st.dictionaries(_CONTEXT_KEYS, _VALUES, max_size=4), service=st.text(max_size=140), whole=_VALUES)
@settings(max_examples=60)
def test_wild_bodies_never_break_the_service(overrides: dict[str, Any], service: str, whole: Any) -> None:
    world = World()
    world.lives("shop", "avg_cpu", 30)
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        good = body(service="shop")
        for sent in (good | {"context": good["context"] | overrides}, good | {"service_id": service}, whole):  # type: ignore[operator]
            try:
                content = json.dumps(sent).encode()
            except ValueError:
                continue
            response = client.post("/plans?detail=full", content=content, headers=JSON)
            assert response.status_code in (200, 400, 404, 413, 422), response.text
            msgspec.json.decode(response.content)
            if response.status_code != 200:
                assert response.headers["content-type"] == "application/problem+json"
