"""Contract of the port ManifestEditor: one suite over the fake and the editor of files; layout is what it is about."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters.manifests.yaml_editor import YamlManifestEditor, patch_texts
from domain.ports.manifest_editor import ManifestEditor
from domain.repository.resources import Patch, WantedResources
from tests.fakes.manifest_editor import InMemoryManifestEditor

COMPOSE = """\
# The shop.
services:
    api:            # ours
        image: "shop/api"   # pinned elsewhere
        deploy:
            resources:
                limits:
                    cpus: "4"     # since the campaign
                    memory: 8g
        environment: [A=1,
                      B=2]

    # The database follows.
    db:
        image: postgres:16

volumes: {}
"""
MANIFEST = """\
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
      - name: api          # the only one
        image: shop/api
        resources: {requests: {cpu: 100m}, limits: {cpu: 2, memory: 4Gi}}
        args:
        - |
          --long
          --text
"""


def api(**more: Any) -> WantedResources:
    given = {
        "service": "api",
        "file": "compose.yml",
        "name": "api",
        "is_compose": True,
        "vcpus": 1.25,
        "memory_mib": 1024,
    }
    return WantedResources(**given | more)  # type: ignore[arg-type]


Make = Callable[[Path, Mapping[str, str]], ManifestEditor]


def _fake(_folder: Path, texts: Mapping[str, str]) -> ManifestEditor:
    return InMemoryManifestEditor(texts)


def _files(folder: Path, texts: Mapping[str, str]) -> ManifestEditor:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return YamlManifestEditor()


@pytest.fixture(params=[_fake, _files], ids=["fake", "files"])
def make(request: pytest.FixtureRequest) -> Make:
    return request.param  # type: ignore[no-any-return]


def changed(patch: Patch) -> list[str]:
    return [line for line in patch.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_only_the_lines_of_the_amounts_change(make: Make, tmp_path: Path) -> None:
    patch = make(tmp_path, {"compose.yml": COMPOSE}).patch(tmp_path, [api()])
    assert changed(patch) == [
        '-                    cpus: "4"     # since the campaign',
        "-                    memory: 8g",
        '+                    cpus: "1.25"     # since the campaign',
        "+                    memory: 1024m",
    ]
    assert patch.left == ()


def test_what_is_missing_is_added_below_the_service(make: Make, tmp_path: Path) -> None:
    patch = make(tmp_path, {"compose.yml": COMPOSE}).patch(tmp_path, [api(service="db", name="db")])
    assert changed(patch) == [
        "+        deploy:", "+          resources:", "+            limits:", "+              cpus: 1.25",
        "+              memory: 1024m",
    ]  # fmt: skip


def test_kubernetes_requests_and_limits_in_flow_style(make: Make, tmp_path: Path) -> None:
    wanted = api(file="k8s/api.yaml", is_compose=False)
    patch = make(tmp_path, {"k8s/api.yaml": MANIFEST}).patch(tmp_path, [wanted])
    assert changed(patch) == [
        "-        resources: {requests: {cpu: 100m}, limits: {cpu: 2, memory: 4Gi}}",
        "+        resources: {requests: {cpu: 1250m, memory: 1024Mi}, limits: {cpu: 1250m, memory: 1024Mi}}",
    ]


def test_kubernetes_without_resources_gets_them_after_a_block_of_text(make: Make, tmp_path: Path) -> None:
    bare = MANIFEST.replace("        resources: {requests: {cpu: 100m}, limits: {cpu: 2, memory: 4Gi}}\n", "")
    patch = make(tmp_path, {"k8s/api.yaml": bare}).patch(tmp_path, [api(file="k8s/api.yaml", is_compose=False)])
    assert changed(patch) == [
        "+        resources:", "+          requests:", "+            cpu: 1250m", "+            memory: 1024Mi",
        "+          limits:", "+            memory: 1024Mi",
    ]  # fmt: skip


def test_old_keys_of_compose_are_used_where_they_are(make: Make, tmp_path: Path) -> None:
    text = "services:\n  api:\n    cpus: 4\n    mem_limit: 8g\n"
    patch = make(tmp_path, {"compose.yml": text}).patch(tmp_path, [api()])
    assert changed(patch) == ["-    cpus: 4", "-    mem_limit: 8g", "+    cpus: 1.25", "+    mem_limit: 1024m"]


def test_what_is_there_already_is_no_change(make: Make, tmp_path: Path) -> None:
    text = "services:\n  api: {deploy: {resources: {limits: {cpus: '1.25', memory: 1g}}}}\n"
    assert make(tmp_path, {"compose.yml": text}).patch(tmp_path, [api()]).diff == ""


def test_nothing_is_written(make: Make, tmp_path: Path) -> None:
    editor = make(tmp_path, {"compose.yml": COMPOSE})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    editor.patch(tmp_path, [api()])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("services:\n  api: &a {image: x}\n  b: *a\n", "anchor"),
        ("x: &l {cpus: 1}\nservices:\n  api: {deploy: {resources: {limits: *l}}}\n", "anchor"),
        ("x: &l {image: y}\nservices:\n  api:\n    <<: *l\n    cpus: 1\n", "anchor"),
        ("services:\n  other: {image: x}\n", "not there"),
        ("services:\n  api:\n", "no mapping"),
        ("services:\n  api: {}\n", "nothing to add"),
        ("services:\n  api:\n    deploy: none\n", "no mapping"),
        ("services:\n  api: {image: '{{ x }}'}\n", "template"),
        ("services: [\n", "no YAML"),
        ("services:\r\n  api:\r\n    image: x\r\n", "carriage"),
        ("[" * 5000, "deeply"),
    ],
)
def test_what_cannot_be_edited_is_left_alone_with_the_reason(make: Make, tmp_path: Path, text: str, why: str) -> None:
    patch = make(tmp_path, {"compose.yml": text}).patch(tmp_path, [api()])
    assert patch.diff == ""
    ((service, reason),) = patch.left
    assert service == "api"
    assert why in reason


def test_several_containers_are_left_alone(make: Make, tmp_path: Path) -> None:
    text = MANIFEST.replace(
        "        args:\n", "      - {name: proxy, image: envoy}\n      - name: third\n        args:\n"
    )
    patch = make(tmp_path, {"k.yaml": text}).patch(tmp_path, [api(file="k.yaml", is_compose=False)])
    assert (patch.diff, "several containers" in patch.left[0][1]) == ("", True)


@pytest.mark.parametrize("file", ["../outside.yml", "/etc/passwd", "absent.yml"])
def test_files_beyond_the_folder_are_not_read(tmp_path: Path, file: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "outside.yml").write_text(COMPOSE)
    patch = YamlManifestEditor().patch(tmp_path / "in", [api(file=file)])
    assert (patch.diff, len(patch.left)) == ("", 1)


def test_the_diff_applies(tmp_path: Path) -> None:
    import shutil

    program = shutil.which("patch")
    if program is None:
        pytest.skip("the program patch is not installed")
    editor = _files(tmp_path, {"compose.yml": COMPOSE})
    diff = editor.patch(tmp_path, [api(), api(service="db", name="db")]).diff
    subprocess.run([program, "-p1"], input=diff.encode(), cwd=tmp_path, check=True, capture_output=True)
    data = yaml.safe_load((tmp_path / "compose.yml").read_text())["services"]
    assert data["api"]["deploy"]["resources"]["limits"] == {"cpus": "1.25", "memory": "1024m"}
    assert data["db"]["deploy"]["resources"]["limits"] == {"cpus": 1.25, "memory": "1024m"}


VALUES = st.recursive(
    st.sampled_from(["x", "'q'", '"d"', "7", "", "~"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["image", "deploy", "cpus", "z"]), VALUES, min_size=1), st.integers(1, 4),
    st.sampled_from([None, False, True]),
)  # fmt: skip
def test_whatever_surrounds_the_amounts_means_the_same_afterwards(
    service: dict[str, Any], indent: int, flow: bool | None
) -> None:
    text = yaml.safe_dump(
        {"services": {"api": service, "b": {"image": "y"}}}, indent=max(2, indent), default_flow_style=flow
    )
    patch = patch_texts(lambda _: text, [api()])
    if patch.left or not patch.diff:
        return
    after = _applied(text, patch.diff)
    before, now = yaml.safe_load(text), yaml.safe_load(after)
    for data in (before, now):
        own = data["services"]["api"]
        own.pop("cpus", None)
        _without(own, ["deploy", "resources", "limits", "cpus"])
        _without(own, ["deploy", "resources", "limits", "memory"])
    assert before == now


def _without(data: Any, path: list[str]) -> None:
    """Drop the value at a path, and what is empty then."""
    if isinstance(data, dict) and path[0] in data:
        if len(path) == 1:
            del data[path[0]]
            return
        _without(data[path[0]], path[1:])
        if data[path[0]] == {}:
            del data[path[0]]


def _applied(text: str, diff: str) -> str:
    """The text after a diff of one file, by hand: hunks in order."""
    lines, out, at = text.splitlines(keepends=True), [], 0
    for line in diff.splitlines(keepends=True)[2:]:
        if line.startswith("@@"):
            begin = int(line.split()[1].split(",")[0][1:]) - 1
            begin += line.split()[1].endswith(",0")
            out += lines[at:begin]
            at = begin
        elif line.startswith("+"):
            out.append(line[1:])
        elif line.startswith("-"):
            at += 1
        elif line.startswith(" "):
            out.append(line[1:])
            at += 1
    return "".join(out + lines[at:])
