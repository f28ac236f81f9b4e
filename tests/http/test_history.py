"""`POST /history`: stored whole, refused whole, and planned from at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient
from pydantic import SecretStr

from domain.series import HOUR
from entrypoints.container import Container, build_container
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.fakes.world import NOW, World, body, no_model
from tests.http.test_problems import problem

Client = TestClient[Litestar]
LINES = {"content-type": "application/x-ndjson"}


def sample(step: int = 1, **changed: object) -> dict[str, object]:
    ts = (NOW - step * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"service_id": "shop", "metric_name": "avg_cpu", "ts": ts, "value": 0.3} | changed


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    url = SecretStr(f"sqlite:///{tmp_path / 'history.sqlite3'}")
    container = build_container(Settings(_env_file=None, data_source_backend="database", database_url=url))
    container.lstm_forecaster.override(providers.Callable(no_model))
    yield container
    container.migrator().database.close()


@pytest.fixture
def client(container: Container) -> Iterator[Client]:
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        yield client


def held(container: Container) -> int:
    store = container.history_store()
    return sum(series.samples for service in store.service_ids() for series in store.coverage(service))


def test_what_is_sent_is_planned_from_at_once(client: Client) -> None:
    assert "_fallback" in client.post("/plans", json=body()).json()["prediction"]["model_version"]
    response = client.post("/history", json=[sample(step) for step in range(1, 49)])
    assert (response.status_code, response.json()) == (200, {"samples": 48, "series": 1})
    assert "_statistical" in client.post("/plans", json=body()).json()["prediction"]["model_version"]


def test_lines_are_taken_as_an_array_is_and_empty_ones_skipped(client: Client, container: Container) -> None:
    text = "\n".join([json.dumps(sample(1)), "", json.dumps(sample(2)) + "\r", ""])
    assert client.post("/history", content=text, headers=LINES).json() == {"samples": 2, "series": 1}
    assert held(container) == 2


def test_sending_again_changes_nothing(client: Client, container: Container) -> None:
    for _ in range(2):
        assert client.post("/history", json=[sample(1), sample(2, value=0.9)]).status_code == 200
    assert held(container) == 2


def test_one_bad_field_and_nothing_is_stored(client: Client, container: Container) -> None:
    found = problem(client.post("/history", json=[sample(1), sample(2, value="0.3")]), 422, "invalid_request")
    assert found["errors"] == [
        {"pointer": "/1/value", "expected": "a finite number from -1e+18 to 1e+18", "code": "type"}
    ]
    text = "\n".join(["", json.dumps(sample(1)), json.dumps(sample(2, ts="soon"))])
    found = problem(client.post("/history", content=text, headers=LINES), 422, "invalid_request")
    assert found["errors"][0]["pointer"] == "/1/ts"
    assert found["errors"][0]["expected"].endswith("(line 3)")
    assert held(container) == 0


@pytest.mark.parametrize(
    ("sent", "headers", "status", "code"),
    [
        (b"{}", {}, 422, "invalid_request"),
        (b"[]", {}, 422, "invalid_request"),
        (b"[1]", {}, 422, "invalid_request"),
        (b"[", {}, 400, "malformed_json"),
        (b"\n{}\n{", LINES, 400, "malformed_json"),
        (b'{"a": NaN}', LINES, 400, "malformed_json"),
        (b"[" * 65 + b"]" * 65, LINES, 400, "json_too_deep"),
        (b"", LINES, 422, "invalid_request"),
        (b"[]", {"content-type": "text/csv"}, 415, "unsupported_media_type"),
        (b"[]", {"content-type": "application/x-ndjson; charset=latin-1"}, 415, "unsupported_media_type"),
        (b'[{"service_id": "' + b"x" * 1_048_576 + b'"}]', {}, 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bodies_that_cannot_be_read(
    client: Client, container: Container, sent: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    problem(client.post("/history", content=sent, headers={"content-type": "application/json"} | headers), status, code)
    assert held(container) == 0


def test_a_line_that_is_no_json_is_named(client: Client) -> None:
    response = client.post("/history", content=json.dumps(sample()) + "\n{oops", headers=LINES)
    assert problem(response, 400, "malformed_json")["detail"].startswith("line 2 of the body")


def test_a_source_that_is_not_ours_is_not_written_to() -> None:
    with TestClient(create_app(World().container())) as client:
        found = problem(client.post("/history", json=[sample()]), 409, "history_read_only")
    assert "comes from csv" in found["detail"]
    assert "DATA_SOURCE_BACKEND" in found["detail"]


def test_a_database_that_is_away_stores_nothing_and_says_so(
    client: Client, tmp_path: Path, container: Container
) -> None:
    container.migrator().database.close()
    (tmp_path / "history.sqlite3").unlink(missing_ok=True)
    (tmp_path / "history.sqlite3").mkdir()
    problem(client.post("/history", json=[sample()]), 503, "database_unavailable")


def test_whoever_remembers_windows_is_told_whose_past_changed(container: Container) -> None:
    told: list[Collection[str]] = []
    container.history_changed.override(providers.Object(told.append))
    with TestClient(create_app(container)) as client:
        client.post("/history", json=[sample(1), sample(1, service_id="auth")])
        client.post("/history", json=[sample(1, value=None)])
    assert told == [{"shop", "auth"}]


def test_the_document_describes_it(client: Client) -> None:
    operation = client.get("/schema").json()["paths"]["/history"]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert {"200", "400", "409", "413", "415", "422", "503"} <= set(operation["responses"])
