"""Contract of the port RepositoryReader: one suite over the fake and the isolated reader, folder and archives."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from domain.errors import NotFound
from domain.ports.repository_reader import RepositoryReader
from domain.repository.facts import FactName, RunInformation
from tests.fakes.repository_reader import InMemoryRepositoryReader

Texts = Mapping[str, str]
SHOP: Texts = {
    "docker-compose.yml": (
        "services:\n  api:\n    build: ./api\n    deploy:\n      resources:\n        limits: {memory: 512m}\n"
        "  db:\n    image: postgres:16\n"
    ),
    "api/Dockerfile": "FROM python:3.12-slim\nEXPOSE 8000\nCMD gunicorn -w 4 app:app\n",
    "notes.md": "not run information\n",
}


def fake(folder: Path, texts: Texts) -> tuple[RepositoryReader, Path]:
    return InMemoryRepositoryReader({folder / "shop": texts}), folder / "shop"


def from_folder(folder: Path, texts: Texts) -> tuple[RepositoryReader, Path]:
    for path, text in texts.items():
        whole = folder / "shop" / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text(text)
    return IsolatedRepositoryReader(), folder / "shop"


def from_zip(folder: Path, texts: Texts) -> tuple[RepositoryReader, Path]:
    with zipfile.ZipFile(folder / "shop.zip", "w") as archive:
        for path, text in texts.items():
            archive.writestr(f"shop-main/{path}", text)
    return IsolatedRepositoryReader(), folder / "shop.zip"


def from_tar(folder: Path, texts: Texts) -> tuple[RepositoryReader, Path]:
    with tarfile.open(folder / "shop.tar.gz", "w:gz") as archive:
        for path, text in texts.items():
            info = tarfile.TarInfo(f"shop-main/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return IsolatedRepositoryReader(), folder / "shop.tar.gz"


READERS: dict[str, Callable[[Path, Texts], tuple[RepositoryReader, Path]]] = {
    "fake": fake, "folder": from_folder, "zip": from_zip, "tar.gz": from_tar,
}  # fmt: skip
Read = Callable[[Texts], RunInformation]


@pytest.fixture(params=sorted(READERS))
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    def reading(texts: Texts) -> RunInformation:
        reader, location = READERS[request.param](tmp_path, texts)
        return reader.read(location, name="shop")

    return reading


def test_facts_carry_file_and_line_from_the_repository_s_root(read: Read) -> None:
    (limit,) = [fact for fact in read(SHOP).facts if fact.name is FactName.MEMORY_LIMIT]
    assert (limit.value, limit.file, limit.line) == (0.5, "docker-compose.yml", 6)


def test_only_files_with_run_information_are_read(read: Read) -> None:
    assert read(SHOP).files_read == ("docker-compose.yml", "api/Dockerfile")


def test_a_file_that_cannot_be_parsed_is_a_finding_with_its_line(read: Read) -> None:
    found = read({**SHOP, "compose.prod.yml": "services:\n  api: {image: [\n"})
    (finding,) = found.findings
    assert (finding.code, finding.file) == ("unparsable", "compose.prod.yml")
    assert finding.line >= 2
    assert found.facts == read(SHOP).facts


def test_a_repository_without_run_information_gives_nothing(read: Read) -> None:
    found = read({"notes.md": "nothing\n"})
    assert (found.facts, found.findings, found.files_read) == ((), (), ())


@pytest.mark.parametrize("reader", [InMemoryRepositoryReader({}), IsolatedRepositoryReader()], ids=["fake", "isolated"])
def test_nothing_at_the_location_is_said(reader: RepositoryReader, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="absent"):
        reader.read(tmp_path / "absent", name="shop")
