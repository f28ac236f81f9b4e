"""The MCP server through the SDK's own client, over both transports as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.conftest import ROOT
from tests.servers.ports import free_port, wait_for_port

Talk = Callable[[Callable[[Client], Awaitable[Any]]], Any]
AT = "2026-11-23T12:00:00Z"
DEADLINE_SECONDS = 60
TOOLS = {
    "plan_capacity", "plan_repository", "compare_flavors", "explain_plan", "list_services", "what_if",
}  # fmt: skip


def _surroundings(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{folder}/plans.sqlite3",
            "OMP_NUM_THREADS": "1"}  # fmt: skip


def _stdio(folder: Path) -> Iterator[Talk]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "entrypoints.cli", "mcp"], env=_surroundings(folder), cwd=str(folder)
    )
    yield lambda work: _run(server, work)


def _http(folder: Path) -> Iterator[Talk]:
    with _listening(folder) as url:
        yield lambda work: _run(url, work)


@contextmanager
def _listening(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "entrypoints.cli", "mcp", "--transport", "http", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=_surroundings(folder), cwd=folder, stdout=log, stderr=log)
        try:
            wait_for_port(port, process, DEADLINE_SECONDS)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE_SECONDS)


def _run(server: Any, work: Callable[[Client], Awaitable[Any]]) -> Any:
    async def talk() -> Any:
        with anyio.fail_after(DEADLINE_SECONDS):
            async with Client(server) as client:
                return await work(client)

    return anyio.run(talk)


@pytest.fixture(scope="module", params=[_stdio, _http], ids=["stdio", "http"])
def talk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    yield from request.param(tmp_path_factory.mktemp("mcp"))


def call(talk: Talk, tool: str, **arguments: Any) -> Any:
    result = talk(lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content[0].text
    return result.structured_content or json.loads(result.content[0].text)


def refused(talk: Talk, tool: str, **arguments: Any) -> str:
    result = talk(lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return str(result.content[0].text)


def test_every_tool_says_what_it_takes(talk: Talk) -> None:
    tools = {tool.name: tool for tool in talk(lambda client: client.list_tools()).tools}
    assert set(tools) == TOOLS
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
    assert tools["plan_capacity"].input_schema["required"] == ["service_id"]
    kinds = json.dumps(tools["plan_capacity"].input_schema["properties"]["service_type"])
    assert all(kind in kinds for kind in ("web", "api", "db"))


def test_a_plan_is_the_contract_s(talk: Talk) -> None:
    plan = call(talk, "plan_capacity", service_id="shop-api", service_type="api", at=AT)
    assert list(plan) == ["prediction", "recommended_flavor", "expected_cost_per_day", "generated_at", "notes"]
    assert len(plan["prediction"]["predictions"]) == 24
    assert plan["expected_cost_per_day"] > 0


def test_an_explanation_has_reasons_with_codes_and_the_curve(talk: Talk) -> None:
    why = call(talk, "explain_plan", service_id="shop-api", at=AT, provider="aws", region="us-east-1")
    assert {"sized", "price_date"} <= {reason["code"] for reason in why["reasons"]}
    assert why["alternatives"]
    assert why["evidence"]["history"]["observed_hours"] > 300


def test_what_if_tells_both_sides(talk: Talk) -> None:
    answer = call(talk, "what_if", service_id="shop-api", at=AT, users_factor=3)
    assert answer["load_factor"] == 3
    assert answer["after"]["need_vcpus"] > answer["before"]["need_vcpus"]


def test_flavors_and_services_are_listed_within_bounds(talk: Talk) -> None:
    flavors = call(talk, "compare_flavors", min_vcpus=2, min_memory_gib=8, limit=5)["flavors"]
    prices = [flavor["price_usd_per_hour"] for flavor in flavors]
    assert len(flavors) == 5
    assert prices == sorted(prices)
    services = call(talk, "list_services", contains="shop")
    assert {item["service_id"] for item in services["services"]} == {"shop-api", "shop-web"}


MISTAKES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("plan_capacity", {"service_id": "shop-api", "provider": "aws"}, "region_required"),
    ("plan_capacity", {"service_id": "shop-api", "at": "yesterday"}, "/context/timestamp"),
    ("plan_capacity", {"service_id": "shop-api", "service_type": "cache"}, "service_type"),
    ("plan_capacity", {}, "service_id"),
    ("plan_capacity", {"service_id": "shop-api", "metric_name": "no_such_metric"}, "metric_not_found"),
    ("what_if", {"service_id": "shop-api"}, "changes"),
    ("compare_flavors", {"provider": "nowhere"}, "flavor_not_found"),
    ("plan_repository", {"location": "https://evil.example/acme/shop"}, "invalid_request"),
)


def test_an_error_says_what_to_change(talk: Talk) -> None:
    async def ask_all(client: Client) -> list[Any]:
        return [await client.call_tool(tool, arguments) for tool, arguments, _ in MISTAKES]

    for result, (_, _, said) in zip(talk(ask_all), MISTAKES, strict=True):
        text = result.content[0].text
        assert result.is_error
        assert said in text
        assert "Traceback" not in text
        assert str(ROOT) not in text


def test_resources_are_the_catalogue_and_the_plans_kept(talk: Talk) -> None:
    def text(uri: str) -> Any:
        return json.loads(talk(lambda client: client.read_resource(uri)).contents[0].text)

    assert "generic" in text("flavors://providers")["providers"]
    assert text("flavors://aws/us-east-1")["flavors"]
    assert text("plans://recent") == {"plans": []}


def test_a_folder_is_read_for_the_user_who_started_it_and_for_nobody_over_http(
    talk: Talk, request: pytest.FixtureRequest
) -> None:
    location = str(ROOT / "examples" / "shop")
    if "http" in request.node.callspec.id:
        assert "owner/name" in refused(talk, "plan_repository", location=location)
        return
    answer = call(talk, "plan_repository", location=location, at="2026-11-24T00:00:00Z")
    basis = {service["name"]: service["basis"] for service in answer["services"]}
    assert (basis["shop-api"], basis["mailer"]) == ("history", "prior")


def test_beyond_loopback_keys_cannot_be_optional(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "entrypoints.cli", "mcp", "--transport", "http", "--host", "0.0.0.0"]  # noqa: S104
    done = subprocess.run(
        command, env=_surroundings(tmp_path) | {"AUTH": "optional"}, cwd=tmp_path, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "AUTH" in done.stderr


def test_pages_of_a_browser_are_refused(tmp_path: Path) -> None:
    import httpx

    accept = {"Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    with _listening(tmp_path) as url:
        for header in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            assert httpx.post(url, json=body, headers=header | accept).status_code in (400, 403)
