"""`mcp-core alerts test`, as an operator runs it on a fresh machine and with Discord set up."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from entrypoints.container import Container
from entrypoints.dependencies import dependency_checks
from tests.fakes.world import World
from tests.servers.hook_server import HookServer, answering, hook_server


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with hook_server() as running:
        yield running


def with_discord(hooks: HookServer) -> Container:
    here = f"127.0.0.1:{hooks.port}"
    return World(settings={"discord_webhook_url": hooks.discord_url, "discord_allowed_hosts": here}).container()


@pytest.mark.parametrize("level", ["INFO", "ERROR"])
def test_without_any_set_up_the_message_is_in_the_log(level: str, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(settings={"log_level": level})
    assert run(["alerts", "test", "-f", "json"], state=CliState(world.container())) == 0
    told = capsys.readouterr()
    (answer,) = json.loads(told.out)
    assert (answer["channel"], answer["outcome"]) == ("log", "delivered")
    line = json.loads(told.err)
    assert (line["event"], line["kind"]) == ("alert", "test")


def test_discord_is_sent_one_message_and_its_answer_reported(
    hooks: HookServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["alerts", "test"], state=CliState(with_discord(hooks))) == 0
    assert "200 OK" in capsys.readouterr().out
    (request,) = hooks.received
    assert request.json["embeds"][0]["title"].startswith("Test")


def test_a_deleted_webhook_is_an_error_that_never_shows_its_address(
    hooks: HookServer, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks.will_answer(answering(404, {"message": "Unknown Webhook", "code": 10015}))
    container = with_discord(hooks)
    assert run(["alerts", "test", "-f", "csv"], state=CliState(container)) == 1
    told = capsys.readouterr()
    assert "disabled" in told.out
    assert "canary" not in told.out + told.err
    status = dependency_checks(container)["alerts"]()
    assert status.state == "degraded"
    assert "DISCORD_WEBHOOK_URL" in status.reason
