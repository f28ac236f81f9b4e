"""Agents over HTTP see and plan the histories of their key's owner, the operator's, and those shared with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from domain.identity.sharing import HistoryOwner
from entrypoints.mcp.server import build_server
from tests.fakes.people import NOW as MADE
from tests.fakes.people import a_share, a_user, named
from tests.fakes.world import World
from tests.http.test_own_plans import key

Header = dict[str, str]
SCOPES = ("plans:read", "plans:write", "repositories:write")
AT = "2026-11-23T12:00:00Z"
CALLS: dict[str, dict[str, Any]] = {
    "plan_capacity": {"service_id": "mine", "at": AT},
    "explain_plan": {"service_id": "mine", "at": AT},
    "what_if": {"service_id": "mine", "at": AT, "users_factor": 2.0},
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ada owns the history of "mine"; that of "operators" is the operator's."""
    database = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    world = World(settings={"auth": "required", "data_source_backend": "database", "database_url": database})
    world.settings["rate_plans_per_minute"] = 3
    for service in ("mine", "operators"):
        world.lives(service, "avg_cpu", 48)
    with world.accounts.transaction() as records:
        for name in ("ada", "bob"):
            records.users.add(a_user(name))
        records.shares.claim(HistoryOwner(service_id="mine", owner_id=named("ada"), since=MADE))
    return world


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    app = build_server(world.container(), http_host="127.0.0.1").streamable_http_app(
        stateless_http=True, json_response=True
    )
    with TestClient(app, base_url="http://127.0.0.1:8001") as client:
        yield client


def call(client: TestClient, shown: Header, tool: str, arguments: dict[str, Any]) -> tuple[bool, str]:
    """Whether a tool answered, and what."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = shown | {"Accept": "application/json, text/event-stream"}
    result = client.post("/mcp", json=asked, headers=headers).json()["result"]
    return not result.get("isError", False), result["content"][0]["text"]


@pytest.mark.parametrize("tool", CALLS)
def test_a_history_of_somebody_elses_is_planned_once_it_is_shared(client: TestClient, world: World, tool: str) -> None:
    ada, bob = key(world, "ada", *SCOPES), key(world, "bob", *SCOPES)
    answered, told = call(client, bob, tool, CALLS[tool])
    assert not answered
    assert "service_not_found: " in told
    assert call(client, bob, tool, CALLS[tool] | {"service_id": "operators"})[0]
    assert call(client, ada, tool, CALLS[tool])[0]
    with world.accounts.transaction() as records:
        records.shares.add(a_share(subject="mine"))
    world.clock.moment = world.clock.moment.replace(minute=world.clock.moment.minute + 1)
    assert call(client, bob, tool, CALLS[tool])[0]


def test_services_are_listed_to_those_who_may_plan_them(client: TestClient, world: World) -> None:
    def listed(name: str) -> list[str]:
        _, told = call(client, key(world, name, *SCOPES), "list_services", {})
        answer = json.loads(told)
        assert answer["total"] == len(answer["services"])
        return [service["service_id"] for service in answer["services"]]

    assert listed("ada") == ["mine", "operators"]
    assert listed("bob") == ["operators"]


def test_agents_plans_count_with_those_of_the_account(client: TestClient, world: World) -> None:
    bob = key(world, "bob", *SCOPES)
    asked = CALLS["plan_capacity"] | {"service_id": "operators"}
    assert [call(client, bob, "plan_capacity", asked)[0] for _ in range(4)] == [True, True, True, False]
    assert call(client, bob, "what_if", asked | {"users_factor": 2.0})[1].endswith("try again in 30 seconds")
    assert call(client, bob, "list_services", {})[0]
    assert call(client, key(world, "ada", *SCOPES), "plan_capacity", asked)[0]


def test_no_tool_takes_the_id_of_an_uploaded_repository(client: TestClient, world: World) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = key(world, "bob", *SCOPES) | {"Accept": "application/json, text/event-stream"}
    tools = client.post("/mcp", json=asked, headers=headers).json()["result"]["tools"]
    assert {tool["name"] for tool in tools if "repository_id" in tool["inputSchema"]["properties"]} == set()
