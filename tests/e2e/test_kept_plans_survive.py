"""Kept plans survive a stop under load, a killed process, and a database that is away."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from dependency_injector import providers
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from tests.contracts.test_plan_journal import eventually
from tests.e2e.test_server import PATIENCE_SECONDS, command, environment, get, post_plan, serving
from tests.fakes.world import World, body
from tests.servers.databases import migrator_of
from tests.servers.mariadb import require_mariadb, running_mariadb


def kept(file: Path) -> int:
    """Plans in an SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        found: int = connection.execute("SELECT count(*) FROM plans").fetchone()[0]
        return found


def test_a_stop_under_load_keeps_every_plan_it_answered(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port):
        with ThreadPoolExecutor(4) as pool:
            answered = list(pool.map(lambda _: post_plan(port, body("shop-web"))[0], range(60)))
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)
    assert answered == [200] * 60
    spooled = list((tmp_path / "var" / "spool").glob("*")) if (tmp_path / "var" / "spool").exists() else []
    assert (kept(tmp_path / "var" / "mcp-core.sqlite3"), spooled) == (60, [])


def test_two_services_share_one_sqlite_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    shared = {"DATABASE_URL": f"sqlite:///{tmp_path}/shared.sqlite3"}
    with serving(tmp_path / "a", **shared) as (_, first), serving(tmp_path / "b", **shared) as (_, second):
        with ThreadPoolExecutor(4) as pool:
            ports = [first, second] * 20
            assert set(pool.map(lambda port: post_plan(port, body("shop-web"))[0], ports)) == {200}
        assert eventually(lambda: len(json.loads(get(first, "/plans?limit=100")[1])["plans"]) == 40)
        assert json.loads(get(second, "/plans?limit=100")[1]) == json.loads(get(first, "/plans?limit=100")[1])


def test_the_command_line_and_the_service_see_the_same_plans(tmp_path: Path) -> None:
    plan = ["plan", "--service", "shop-web", "--metric", "avg_cpu", "-f", "json"]
    with serving(tmp_path) as (_, port):
        subprocess.run(command(*plan), cwd=tmp_path, env=environment(), check=True, capture_output=True, timeout=60)
        (found,) = json.loads(get(port, "/plans")[1])["plans"]
    assert found["service_id"] == "shop-web"
    assert sys.executable in command("plans")


def test_a_database_that_is_away_fails_no_plan_and_loses_none(tmp_path: Path) -> None:
    require_mariadb()
    with running_mariadb() as server:
        server.execute("CREATE DATABASE kept CHARACTER SET utf8mb4")
        world = World(settings={"database_url": server.url("kept"), "plan_spool_dir": tmp_path / "spool"})
        world.lives("shop", "avg_cpu", 336)
        container = world.container()
        for provider in (container.plan_store, container.alert_outbox, container.alert_log):
            provider.reset_override()
        container.clock.override(providers.Object(world.clock))
        migrator_of(container.migrator().database).upgrade()
        with TestClient(create_app(container), raise_server_exceptions=False) as client:
            assert client.post("/plans", json=body()).status_code == 200
            assert len(client.get("/plans").json()["plans"]) == 1
            server.stop()
            for _ in range(3):
                # The anomaly's alert waits in the same file as its plan.
                assert client.post("/plans", json=body(weight=9.0)).status_code == 200
            assert client.get("/plans").status_code == 503
            assert "not stored yet" in client.post("/plans", json=body()).json()["notes"]
            ready = client.get("/health/ready")
            assert (ready.status_code, ready.json()["dependencies"]["database"]["state"]) == (200, "down")
            server.start()
            assert eventually(lambda: _listed(client) == 5, seconds=30.0)
            told = [alert["state"] for alert in client.get("/alerts").json()["alerts"]]
            assert sorted(state for state in told if state == "suppressed") == ["suppressed"] * 2
            assert "not stored yet" not in client.post("/plans", json=body()).json()["notes"]
        container.database().close()


def _listed(client: TestClient) -> int:
    response = client.get("/plans")
    return len(response.json()["plans"]) if response.status_code == 200 else 0
