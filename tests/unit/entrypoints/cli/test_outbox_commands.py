"""`mcp-core alerts list|retry|flush|simulate`: an alert followed from a forecast raised on purpose to the channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from dependency_injector import providers

from domain.alerts.delivery import Delivery, Outcome
from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.world import World

BAD = Delivery(outcome=Outcome.REFUSED, status=400, detail="the message was refused (400 Bad Request)")
SIMULATE = ["alerts", "simulate", "--service", "shop", "--at", "2026-11-23T11:30:00Z"]


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(settings={"plan_spool_dir": tmp_path / "spool"})
    world.lives("shop", "avg_cpu", 336)
    return world


@pytest.fixture
def notifier() -> RecordingNotifier:
    return RecordingNotifier("log")


def call(world: World, notifier: RecordingNotifier, *arguments: str) -> int:
    container = world.container()
    container.notifiers.override(providers.Object((notifier,)))
    return run(list(arguments), state=CliState(container))


def test_a_simulated_alert_goes_the_whole_way(
    world: World, notifier: RecordingNotifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(world, notifier, *SIMULATE, "--scale", "9") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(".")[0] for line in said] == ["1", "2", "3"]
    assert "3. log: sent after 1 attempt(s), recorded" in said
    (message,) = notifier.delivered
    assert "simulation" in message.model_version


def test_simulations_hide_no_real_anomaly_and_no_other_simulation(world: World, notifier: RecordingNotifier) -> None:
    assert call(world, notifier, *SIMULATE, "--scale", "9") == 0
    world.clock.moment = world.clock.moment.replace(second=59)
    assert call(world, notifier, *SIMULATE, "--scale", "9") == 0
    assert call(world, notifier, "plan", "--service", "shop", "--metric", "avg_cpu", "--weight", "9") == 0
    assert call(world, notifier, "alerts", "flush") == 0
    assert len(notifier.delivered) == 3


def test_a_scale_that_makes_no_anomaly_tells_nothing(
    world: World, notifier: RecordingNotifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(world, notifier, *SIMULATE, "--scale", "1") == 1
    assert "raise --scale" in capsys.readouterr().err
    assert notifier.attempts == []


def test_what_was_refused_is_listed_and_can_be_taken_up_again(
    world: World, notifier: RecordingNotifier, capsys: pytest.CaptureFixture[str]
) -> None:
    notifier.will_answer(BAD)
    assert call(world, notifier, *SIMULATE, "--scale", "9") == 1
    assert "3. log: failed after 1 attempt(s), HTTP 400" in capsys.readouterr().out
    assert call(world, notifier, "alerts", "list", "--state", "failed", "-f", "json") == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert alert["deliveries"][0]["last_status"] == 400
    assert call(world, notifier, "alerts", "retry", alert["alert_id"]) == 0
    assert call(world, notifier, "alerts", "flush") == 0
    assert call(world, notifier, "alerts", "list") == 0
    shown = capsys.readouterr().out
    assert "1 alerts taken up again" in shown
    assert "the outbox is empty" in shown
    assert alert["alert_id"] in shown


def test_without_an_outbox_nothing_can_be_simulated(
    world: World, notifier: RecordingNotifier, capsys: pytest.CaptureFixture[str]
) -> None:
    world.settings["keep_plans"] = "none"
    assert call(world, notifier, *SIMULATE, "--scale", "9") == 2
    assert "KEEP_PLANS" in capsys.readouterr().err
