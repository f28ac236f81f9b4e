"""Keys and scopes of the MCP server over HTTP, through the SDK's own client, against a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from domain.identity.errors import ScopeMissing
from domain.identity.principal import LOCAL_ANYBODY
from entrypoints.mcp.access import check_tool
from tests.canaries import PASSWORD
from tests.conftest import ROOT
from tests.servers.ports import free_port, wait_for_port

SECONDS = 60
PLAN = {"service_id": "shop-api", "at": "2026-11-23T12:00:00Z"}
WRONG = "cap_live_" + "A" * 49


@dataclass(frozen=True)
class Place:
    """A server that asks for keys, and the command line beside it."""

    folder: Path
    url: str

    def run(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "entrypoints.cli", *arguments], env=surroundings(self.folder), cwd=self.folder,
            input=given, capture_output=True, text=True, timeout=SECONDS, check=True,
        )  # fmt: skip
        return done.stdout

    def key(self, *scopes: str, user: str = "ada") -> str:
        named = [part for scope in scopes for part in ("--scope", scope)]
        return self.run("api-keys", "create", "--user", user, *named).strip()

    def talk(self, key: str, work: Callable[[Client], Awaitable[Any]]) -> Any:
        async def talking() -> Any:
            with anyio.fail_after(SECONDS):
                http = create_mcp_http_client(headers={"Authorization": f"Bearer {key}"})
                async with http, Client(streamable_http_client(self.url, http_client=http)) as client:
                    return await work(client)

        return anyio.run(talking)

    def call(self, key: str, tool: str, arguments: dict[str, Any]) -> Any:
        return self.talk(key, lambda client: client.call_tool(tool, arguments))

    def post(self, key: str | None) -> httpx.Response:
        headers = {"Accept": "application/json, text/event-stream"} | (
            {"Authorization": f"Bearer {key}"} if key else {}
        )
        return httpx.post(self.url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)


def surroundings(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{folder}/a.sqlite3",
            "OMP_NUM_THREADS": "1"}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("mcp")
    port = free_port()
    # Beyond loopback: nothing but the address says that keys are needed.
    command = [sys.executable, "-m", "entrypoints.cli", "mcp", "--transport", "http", "--host", "0.0.0.0"]  # noqa: S104
    there = Place(folder, f"http://127.0.0.1:{port}/mcp")
    there.run("users", "create", "ada", "--email", "ada@example.org", "--password-stdin", given=f"{PASSWORD}\n")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=surroundings(folder), cwd=folder, stdout=log, stderr=log
        )
        try:
            wait_for_port(port, process, SECONDS)
            yield there
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


@pytest.mark.parametrize("key", [None, WRONG, "nonsense"])
def test_no_key_or_a_wrong_one_is_401_and_says_what_to_send(place: Place, key: str | None) -> None:
    answer = place.post(key)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"
    assert key is not None or "Authorization: Bearer" in answer.json()["detail"]


def test_a_key_opens_its_scope_and_names_the_one_it_lacks(place: Place) -> None:
    reader, writer = place.key("plans:read"), place.key("plans:write")
    refused = place.call(reader, "plan_capacity", PLAN)
    assert refused.is_error
    assert refused.content[0].text.startswith("scope_missing: this needs the scope plans:write")
    assert not place.call(writer, "plan_capacity", PLAN).is_error
    assert not place.call(reader, "list_services", {}).is_error
    assert place.call(writer, "list_services", {}).is_error

    async def read_recent(client: Client) -> None:
        # Inside, as the client's tasks wrap what leaves it.
        with pytest.raises(MCPError, match="plans:read"):
            await client.read_resource("plans://recent")

    place.talk(writer, read_recent)


def test_kept_plans_are_their_maker_s(place: Place) -> None:
    place.run("plan", "--service", "shop-api")
    key = place.key("plans:read")
    told = place.talk(key, lambda client: client.read_resource("plans://recent")).contents[0].text
    assert json.loads(told) == {"plans": []}


@contextmanager
def http_interface(place: Place) -> Iterator[str]:
    """The service beside the agents' server, over the same database: there plans are made and kept."""
    port = free_port()
    command = [sys.executable, "-m", "entrypoints.cli", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with (place.folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**surroundings(place.folder), "AUTH": "required"}, cwd=place.folder, stdout=log, stderr=log
        )
        try:
            wait_for_port(port, process, SECONDS)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=SECONDS)


def test_two_makers_do_not_see_each_other_s_plans(place: Place) -> None:
    place.run("users", "create", "bob", "--email", "bob@example.org", "--password-stdin", given=f"{PASSWORD}\n")
    keys = {user: place.key("plans:read", "plans:write", user=user) for user in ("ada", "bob")}
    made = {}
    with http_interface(place) as url:
        for user, key in keys.items():
            context = {"context_id": user, "timestamp": "2026-11-23T12:00:00Z", "service_type": "api"}
            answer = httpx.post(
                f"{url}/plans", json={"service_id": f"{user}-only", "context": context},
                headers={"Authorization": f"Bearer {key}"},
            )  # fmt: skip
            assert answer.status_code == 200
            made[user] = answer.headers["content-location"].rsplit("/", 1)[-1]
    # The service has stopped, so both are in the database.
    for user, other in (("ada", "bob"), ("bob", "ada")):
        told = place.talk(keys[user], lambda client: client.read_resource("plans://recent")).contents[0].text
        assert [plan["service_id"] for plan in json.loads(told)["plans"]] == [f"{user}-only"]
        own = place.talk(keys[user], partial(_read_plan, made[user])).contents[0].text
        assert json.loads(own)["plan_id"] == made[user]
        place.talk(keys[user], partial(_miss_plan, made[other]))
        services = place.call(keys[user], "list_services", {}).structured_content["services"]
        assert not {item["service_id"] for item in services} & {"ada-only", "bob-only"}, "no history, no service"


async def _read_plan(plan_id: str, client: Client) -> Any:
    return await client.read_resource(f"plans://{plan_id}")


async def _miss_plan(plan_id: str, client: Client) -> None:
    # Inside, as the client's tasks wrap what leaves it; another's is answered as one that never was.
    with pytest.raises(MCPError, match="plan_not_found") as refused:
        await client.read_resource(f"plans://{plan_id}")
    with pytest.raises(MCPError, match="plan_not_found") as absent:
        await client.read_resource(f"plans://{plan_id[::-1]}")
    assert str(refused.value).replace(plan_id, "") == str(absent.value).replace(plan_id[::-1], "")


def test_a_key_taken_back_counts_no_more(place: Place) -> None:
    key = place.key("plans:read")
    assert place.post(key).status_code == 200
    rows = json.loads(place.run("api-keys", "list", "--user", "ada", "-f", "json"))
    for row in rows:
        if not row.get("revoked_at"):
            place.run("api-keys", "revoke", row["id"], "--user", "ada")
    for _ in range(SECONDS):
        if place.post(key).status_code == 401:
            return
        time.sleep(0.5)
    pytest.fail("the key still opens")


def test_a_tool_in_no_table_is_for_administrators() -> None:
    with pytest.raises(ScopeMissing, match="admin"):
        check_tool(LOCAL_ANYBODY.__class__(user_id="u", scopes=LOCAL_ANYBODY.scopes), "new_tool")
