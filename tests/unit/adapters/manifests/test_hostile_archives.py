"""Archives and documents made to harm are refused or passed over, with a reason, within the reader's limits."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from adapters.manifests.read_files import read_files
from adapters.manifests.tree import Unparsable, parse_documents
from domain.errors import InvalidData
from domain.repository.facts import RunInformation

COMPOSE = b"services:\n  db:\n    image: postgres:16\n"


def read(location: Path) -> RunInformation:
    return IsolatedRepositoryReader().read(location, name="shop")


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("name", ["../compose.yml", "a/../../compose.yml", "/etc/compose.yml", "C:/compose.yml"])
def test_a_path_that_leads_out_is_passed_over(tmp_path: Path, name: str) -> None:
    found = read(zipped(tmp_path / "a.zip", {name: COMPOSE, "b/compose.yml": COMPOSE}))
    assert found.files_read == ("b/compose.yml",)
    assert [finding.code for finding in found.findings] == ["skipped"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_passed_over(tmp_path: Path, kind: bytes) -> None:
    members = [(special("r/compose.yml", kind, "/etc/passwd"), b""), (tarfile.TarInfo("r/b/compose.yml"), COMPOSE)]
    found = read(tarred(tmp_path / "a.tar.gz", members))
    assert found.files_read == ("b/compose.yml",)
    assert "link or a device" in found.findings[0].text


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_bytes(COMPOSE)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "compose.yml").symlink_to(tmp_path / "secret.yml")
    found = read(tmp_path / "shop")
    assert found.facts == ()
    assert "link" in found.findings[0].text


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="20000 members"):
        read(zipped(tmp_path / "a.zip", {f"f{n}": b"" for n in range(20_001)}))


def test_a_member_that_swells_is_passed_over(tmp_path: Path) -> None:
    found = read(zipped(tmp_path / "a.zip", {"compose.yml": b" " * (80 * 2**20)}))
    assert "larger than 1 MiB" in found.findings[0].text


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    members = [(tarfile.TarInfo(f"big{n}"), bytes(64 * 2**20)) for n in range(5)]
    with pytest.raises(InvalidData, match="250 MiB"):
        read(tarred(tmp_path / "a.tar.gz", members))


def test_a_header_that_swells_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("compose.yml")
    info.pax_headers = {"comment": "x" * (300 * 2**20)}
    with pytest.raises(InvalidData, match=r"MiB|limits"):
        read(tarred(tmp_path / "a.tar.gz", [(info, COMPOSE)]))


@pytest.mark.parametrize(
    "content", [b"PK", b"PK\x03\x04" + bytes(50), b"\x1f\x8b\x08", b"hello", b"\x1f\x8b" + bytes(99)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(InvalidData, match="archive"):
        read(path)


BOMBS = {
    "depth of lists": "[" * 100_000,
    "depth of maps": "".join(f"{' ' * n}a:\n" for n in range(200)),
    "billion laughs": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
    "merge bomb": "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], k{n}: *a{n - 1}}}\n" for n in range(1, 60)
    ),
    "itself": "a: &a\n  b: *a\n",
    "no anchor": "a: *b\n",
    "many values": "a: [" + "1," * 250_000 + "]",
    "wide keys": "".join(f"k{n}: 1\n" for n in range(150_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_of_yaml_are_unparsable(name: str) -> None:
    with pytest.raises(Unparsable):
        parse_documents(BOMBS[name])


NAMES = [
    "compose.yml", "k8s/a.yaml", "Dockerfile", "package.json", "pyproject.toml", "Procfile", "fly.toml", "render.yaml",
    "app.yaml", "serverless.yml", ".github/workflows/a.yml", "go.mod", "pom.xml", "Cargo.toml", "Gemfile",
    "composer.json", "a.csproj", "requirements.txt", "chart/values.yaml", "gunicorn.conf.py",
]  # fmt: skip
PIECES = st.sampled_from([
    "services:\n", "  web:\n", "    image: a:1\n", "    build: .\n", "apiVersion: v1\n", "kind: Deployment\n",
    "metadata:\n", "  name: x\n", "spec:\n", "  replicas: -1\n", "FROM a AS b\n", "EXPOSE $X 70000\n",
    'CMD ["a", 1]\n', "web: run -w x\n", "{", "}", "[", "]", ":", "&a ", "*a", "<<: *a\n", "\t", "\r\n", "- ", "? ",
    "!!python/object:os.system x\n", "null\n", "\u2028", "'", '"', "runtime: python311\n", "functions:\n", "jobs:\n",
    "image:\n", "resources: {limits: {cpu: 1e400}}\n",
])  # fmt: skip


@given(st.sampled_from(NAMES), st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_no_document_crashes_a_reader(name: str, text: str) -> None:
    found = read_files({name: text, "chart/Chart.yaml": "name: c\n"}, "shop")
    assert all(fact.line >= 1 for fact in found.facts)
