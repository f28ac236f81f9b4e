"""Uploading a repository and planning it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from tests.fakes.world import World
from tests.servers.github import tar_gz

COMPOSE = (
    "services:\n  shop:\n    build: .\n    ports: ['80:80']\n"
    "    deploy: {resources: {limits: {cpus: '4', memory: 8g}}}\n"
)
TEXTS = {"compose.yml": COMPOSE, "Dockerfile": "FROM python:3.12\nCMD python app.py\n"}
AT = {"timestamp": "2026-11-23T11:30:00Z"}


def upload(client: TestClient[Litestar], content: bytes, name: str = "shop.tar.gz", field: str = "archive"):  # type: ignore[no-untyped-def]
    return client.post("/repositories", files={field: (name, content, "application/octet-stream")})


def test_an_upload_is_profiled_and_planned_by_its_id(client: TestClient[Litestar]) -> None:
    answer = upload(client, tar_gz(TEXTS))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert list(body) == ["id", "services", "findings"]
    assert [service["name"] for service in body["services"]] == ["shop"]
    assert answer.headers["location"] == f"/repositories/{body['id']}"
    planned = client.post(f"/repositories/{body['id']}/plans", json=AT)
    assert planned.status_code == 200, planned.text
    assert list(planned.json()) == ["services", "findings"]
    (shop,) = planned.json()["services"]
    assert (shop["basis"], shop["comparison"]["verdict"]) == ("history", "over")
    assert len(shop["plan"]["prediction"]["predictions"]) == 24
    assert any(entry["file"] == "compose.yml" for entry in shop["evidence"])


def test_each_service_s_plan_is_kept_with_its_reasons(client: TestClient[Litestar]) -> None:
    """The pipeline's own plan of the same past has fewer reasons, and is another document."""
    same = {
        "service_id": "shop", "metric_name": "avg_cpu",
        "context": AT | {"context_id": "c", "service_type": "web", "replicas": 1},
    }  # fmt: skip
    plain = client.get(client.post("/plans", json=same).headers["content-location"]).json()
    repository_id = upload(client, tar_gz(TEXTS)).json()["id"]
    planned = client.post(f"/repositories/{repository_id}/plans", json=AT)
    kept = client.get(planned.headers["link"].partition(">")[0].lstrip("<")).json()
    assert kept["plan"]["notes"] == planned.json()["services"][0]["plan"]["notes"]
    assert kept["plan"]["notes"] != plain["plan"]["notes"]


def test_a_zip_is_read_as_well_and_names_a_lone_service(client: TestClient[Litestar]) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("repo-main/Dockerfile", TEXTS["Dockerfile"])
    body = upload(client, target.getvalue(), name="../../my repo.zip").json()
    assert [service["name"] for service in body["services"]] == ["my-repo"]


def test_plans_know_users_prices_and_risk(client: TestClient[Litestar]) -> None:
    repository_id = upload(client, tar_gz({"compose.yml": COMPOSE.replace("shop", "new")})).json()["id"]
    few, many = (
        client.post(f"/repositories/{repository_id}/plans", json=AT | {"expected_users": users}).json()["services"][0]
        for users in (10, 5_000_000)
    )
    assert few["basis"] == "prior"
    assert few["plan"]["prediction"]["model_version"].endswith("_fallback")
    assert many["need"]["vcpus"] > few["need"]["vcpus"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "archive"), (b"not an archive at all", "archive"), (b"PK\x03\x04broken", "archive")],
)
def test_what_is_no_archive_is_the_caller_s_to_mend(client: TestClient[Litestar], content: bytes, said: str) -> None:
    answer = upload(client, content)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "invalid_request"
    assert said in problem["detail"]
    assert problem["errors"][0]["pointer"] == "/archive"


def test_another_field_or_a_json_body_is_refused(client: TestClient[Litestar]) -> None:
    assert upload(client, tar_gz(TEXTS), field="file").status_code == 422
    answer = client.post("/repositories", json={"archive": "x"})
    assert answer.status_code in (400, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    text = client.post("/repositories", data={"archive": "just text"}, files={"x": b"y"})
    assert text.status_code in (400, 422)


def test_an_upload_beyond_the_limit_is_413() -> None:
    world = World(settings={"max_upload_bytes": 1024})
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        assert upload(client, b"x" * 2000).status_code == 413
        assert upload(client, b"x" * 200_000).status_code == 413


def test_an_unknown_id_is_404_and_says_what_to_do(client: TestClient[Litestar]) -> None:
    answer = client.post("/repositories/nowhere/plans", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "upload it again" in answer.json()["detail"]


def test_every_bad_wish_is_named(client: TestClient[Litestar]) -> None:
    repository_id = upload(client, tar_gz(TEXTS)).json()["id"]
    answer = client.post(f"/repositories/{repository_id}/plans", json={"risk": 2, "userz": 5, "prefix": 7})
    assert answer.status_code == 422
    assert {field["pointer"] for field in answer.json()["errors"]} == {"/risk", "/userz", "/prefix"}


def test_the_schema_describes_both(client: TestClient[Litestar]) -> None:
    paths = client.get("/schema").json()["paths"]
    wishes = paths["/repositories/{repository_id}/plans"]["post"]
    assert "application/json" in wishes["requestBody"]["content"]
    upload_body = paths["/repositories"]["post"]["requestBody"]["content"]
    assert json.dumps(upload_body["multipart/form-data"]["schema"]).count('"archive"') >= 1
    assert "422" in paths["/repositories"]["post"]["responses"]
