"""`mcp-core doctor` says of Prometheus what is wrong and what to do, in one line, without a secret."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from entrypoints.container import Container, build_container
from entrypoints.settings import Settings
from tests.canaries import PROMETHEUS_SECRET
from tests.servers.hook_server import answering, hook_server
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus


@pytest.fixture
def built() -> Iterator[list[Container]]:
    """Containers whose threads end with the test."""
    made: list[Container] = []
    yield made
    for container in made:
        container.remote_history().close()


def history_of(built: list[Container], capsys: pytest.CaptureFixture[str], **settings: object) -> dict[str, str]:
    """Doctor's row on the history."""
    own: dict[str, object] = {"data_source_backend": "prometheus", "history_patience_seconds": 10, "keep_plans": "none"}
    container = build_container(Settings(_env_file=None, **own | settings))  # type: ignore[arg-type]
    built.append(container)
    run(["doctor", "-f", "csv"], state=CliState(container))
    shown = capsys.readouterr().out
    assert PROMETHEUS_SECRET not in shown
    return next(row for row in csv.DictReader(io.StringIO(shown)) if row["check"] == "history")


def test_nobody_there(built: list[Container], capsys: pytest.CaptureFixture[str]) -> None:
    row = history_of(built, capsys, prometheus_url=f"http://127.0.0.1:{free_port()}")
    assert row["state"] == "down"
    assert row["reason"].startswith("Prometheus cannot be reached: check that it runs, PROMETHEUS_URL")
    assert row["what_to_do"].startswith("correct what is named")


def test_wrong_credentials(built: list[Container], capsys: pytest.CaptureFixture[str]) -> None:
    with hook_server(*[answering(401)] * 3) as server:
        row = history_of(built, capsys, prometheus_url=server.origin, prometheus_token=SecretStr(PROMETHEUS_SECRET))
    assert row["reason"].startswith("Prometheus refuses the credentials (401): check PROMETHEUS_TOKEN")


def test_a_wrong_query_by_its_line(
    built: list[Container], capsys: pytest.CaptureFixture[str], prometheus: Prometheus, tmp_path: Path
) -> None:
    path = tmp_path / "map.toml"
    path.write_text('service_label = "a"\n[metrics.orders]\nquery = \'sum(orders{a="{service_id}"}\'\n')
    row = history_of(built, capsys, prometheus_url=prometheus.url, prometheus_queries_path=path)
    assert row["state"] == "degraded"
    assert row["reason"].startswith("PROMETHEUS_QUERIES_PATH: [metrics.orders] in line 2: the query is refused: ")


def test_all_is_well(built: list[Container], capsys: pytest.CaptureFixture[str], prometheus: Prometheus) -> None:
    row = history_of(built, capsys, prometheus_url=prometheus.url)
    assert (row["state"], row["what_to_do"]) == ("ok", "")
    assert "8 metrics are mapped" in row["reason"]
