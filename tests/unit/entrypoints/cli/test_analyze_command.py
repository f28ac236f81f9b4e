"""`mcp-core analyze` prints every service with its evidence, in every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dependency_injector import providers

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.fakes.repository_archives import FakeRepositoryArchives
from tests.fakes.world import World
from tests.servers.github import tar_gz


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    text = "services:\n  db:\n    image: postgres:16\n    mem_limit: 1g\n    cpus: lots\n"
    (tmp_path / "shop" / "compose.yml").write_text(text)
    return tmp_path / "shop"


def test_json_holds_services_with_evidence_and_findings(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", str(repository), "-f", "json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert list(body) == ["services", "findings"]
    (service,) = body["services"]
    assert (service["name"], service["kind"], service["declared"]["memory_limit_gib"]) == ("db", "db", 1.0)
    assert {"file": "compose.yml", "line": 4, "fact": "mem_limit: 1g"} in service["evidence"]
    assert (body["findings"][0]["code"], body["findings"][0]["line"]) == ("not_an_amount", 5)


@pytest.mark.parametrize("output", ["table", "yaml", "csv"])
def test_the_other_formats_name_the_service(repository: Path, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", str(repository), "-f", output]) == 0
    assert "postgres" in capsys.readouterr().out


def test_what_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", str(tmp_path / "absent")]) == 2
    assert capsys.readouterr().err == "mcp-core: there is nothing at 'absent'\n"


def test_a_repository_on_github_is_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    container = World().container()
    content = tar_gz({"compose.yml": "services:\n  db:\n    image: postgres:16\n"})
    container.repository_archives.override(providers.Object(FakeRepositoryArchives({"acme/shop@v1": content})))
    for location in ("acme/shop@v1", "https://github.com/acme/shop/tree/v1"):
        assert run(["analyze", location, "-f", "csv"], CliState(container)) == 0
        assert "db,db,postgres,16" in capsys.readouterr().out


@pytest.mark.parametrize("location", ["https://evil.example/acme/shop", "http://github.com/acme/shop"])
def test_no_other_address_is_asked(location: str, capsys: pytest.CaptureFixture[str]) -> None:
    container = World().container()
    container.repository_archives.override(providers.Object(FakeRepositoryArchives({})))
    assert run(["analyze", location], CliState(container)) == 2
    assert "owner/name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "named"), [(["--expected-users", "9"], "--expected-users"), (["--at", "2026-11-24"], "--at"),
                          (["--risk", "0.2"], "--risk"), (["--prefix", "p-"], "--prefix")]
)  # fmt: skip
def test_a_wish_for_plans_without_plans_is_not_passed_over(
    repository: Path, option: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(repository), *option]) == 2
    assert f"{named} is about plans: add --plan" in capsys.readouterr().err


def test_one_file_by_itself_is_read_and_named_after_its_folder(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["analyze", str(repository / "compose.yml"), "-f", "csv"]) == 0
    assert "db,db,postgres,16" in capsys.readouterr().out
    (repository / "Procfile").write_text("web: node server.js\n")
    assert run(["analyze", str(repository / "Procfile"), "-f", "csv"]) == 0
    assert "\nshop,web," in capsys.readouterr().out
    (repository / "notes.txt").write_text("nothing\n")
    assert run(["analyze", str(repository / "notes.txt")]) == 2
    assert "no file of a kind that is read" in capsys.readouterr().err
