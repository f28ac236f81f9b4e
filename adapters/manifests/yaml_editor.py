"""Diffs of Compose and Kubernetes files with other amounts."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import Node

from adapters.manifests.yaml_edits import CannotEdit, Edits, child, compose_documents, elements, scalar
from domain.ports.manifest_editor import ManifestEditor
from domain.repository.quantities import docker_memory_gib, kubernetes_cpu, kubernetes_memory_gib, plain_cpu
from domain.repository.resources import Patch, WantedResources

_MOST_BYTES = 2**20
# An amount within a hundredth of what is there is left as it is.
_NEAR = 0.01


class YamlManifestEditor(ManifestEditor):
    """Reads files below a folder; links that lead out of it are not followed."""

    def patch(self, folder: Path, wanted: Sequence[WantedResources]) -> Patch:
        """See the port."""
        return patch_texts(lambda file: _read(folder, file), wanted)


def patch_texts(read: Callable[[str], str], wanted: Sequence[WantedResources]) -> Patch:
    """The same over whatever holds the files."""
    by_file: dict[str, list[WantedResources]] = defaultdict(list)
    for item in wanted:
        by_file[item.file].append(item)
    diffs, left = [], []
    for file, items in sorted(by_file.items()):
        try:
            text = read(file)
            documents = compose_documents(text)
        except CannotEdit as error:
            left += [(item.service, f"{file}: {error}") for item in items]
            continue
        edits = Edits(text)
        for item in items:
            trial = edits.copy()
            try:
                _edit(trial, documents, item)
            except CannotEdit as error:
                left.append((item.service, f"{file}: {error}"))
            else:
                edits = trial
        diffs.append(_diff(file, text, edits.result()))
    return Patch(diff="".join(diffs), left=tuple(left))


def _read(folder: Path, file: str) -> str:
    path = (folder / file).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise CannotEdit("the file is not there, or leads out of the folder")
    if path.stat().st_size > _MOST_BYTES:
        raise CannotEdit("the file is larger than 1 MiB")
    try:
        # As it is: universal newlines would change every line of a file of another system.
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CannotEdit("the file is not UTF-8 text") from error


def _edit(edits: Edits, documents: Sequence[Node], item: WantedResources) -> None:
    if "\r" in edits.text or "\t" in edits.text:
        raise CannotEdit("the file has tabs or carriage returns")
    if item.is_compose:
        _edit_compose(edits, documents, item)
    else:
        _edit_kubernetes(edits, documents, item)


def _edit_compose(edits: Edits, documents: Sequence[Node], item: WantedResources) -> None:
    service = next((found for document in documents if (found := child(child(document, "services"), item.name))), None)
    if service is None:
        raise CannotEdit("the service is not there")
    cpus = None if item.vcpus is None else f"{item.vcpus:g}"
    memory = None if item.memory_mib is None else f"{item.memory_mib}m"
    limits, held = ("deploy", "resources", "limits"), ("deploy", "resources", "reservations")
    wanted = _Wanted(service)
    # Compose takes text or a number here; a value in quotes keeps them.
    wanted.set(("cpus",) if child(service, "cpus") else (*limits, "cpus"), cpus, plain_cpu)
    wanted.set(("mem_limit",) if child(service, "mem_limit") else (*limits, "memory"), memory, docker_memory_gib)
    wanted.set_if_there((*held, "cpus"), cpus, plain_cpu)
    wanted.set_if_there((*held, "memory"), memory, docker_memory_gib)
    edits.put(service, wanted.tree)


def _edit_kubernetes(edits: Edits, documents: Sequence[Node], item: WantedResources) -> None:
    found = [document for document in documents if scalar(child(child(document, "metadata"), "name")) == item.name]
    specs = [spec for document in found if (spec := _pod_spec(child(document, "spec"))) is not None]
    if not specs:
        raise CannotEdit("the workload is not there")
    containers = elements(child(specs[0], "containers"))
    if len(containers) != 1:
        raise CannotEdit("it has several containers: which of them needs what is not known")
    cpu = None if item.vcpus is None else _millicores(item.vcpus)
    memory = None if item.memory_mib is None else f"{item.memory_mib}Mi"
    asked, limits = ("resources", "requests"), ("resources", "limits")
    wanted = _Wanted(containers[0])
    wanted.set((*asked, "cpu"), cpu, kubernetes_cpu)
    wanted.set((*asked, "memory"), memory, kubernetes_memory_gib)
    wanted.set_if_there((*limits, "cpu"), cpu, kubernetes_cpu)
    wanted.set((*limits, "memory"), memory, kubernetes_memory_gib)
    edits.put(containers[0], wanted.tree)


class _Wanted:
    """The values that differ from what is there, as a tree."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.tree: dict[str, Any] = {}

    def set(self, path: Sequence[str], value: str | None, read: Callable[[str], float | None]) -> None:
        """Take a value in unless it is known not, or there already within a hundredth."""
        present = read(scalar(_at(self._node, path)) or "")
        new = read(value) if value is not None else None
        if value is None or new is None or (present is not None and abs(new - present) <= _NEAR * present):
            return
        here = self.tree
        for key in path[:-1]:
            here = here.setdefault(key, {})
        here[path[-1]] = value

    def set_if_there(self, path: Sequence[str], value: str | None, read: Callable[[str], float | None]) -> None:
        """The same where the file has such a value."""
        if _at(self._node, path) is not None:
            self.set(path, value, read)


def _pod_spec(spec: Node | None) -> Node | None:
    job = child(child(spec, "jobTemplate"), "spec")
    return child(child(job or spec, "template"), "spec")


def _millicores(vcpus: float) -> str:
    return f"{vcpus:g}" if vcpus == int(vcpus) else f"{round(vcpus * 1000)}m"


def _at(node: Node | None, path: Sequence[str]) -> Node | None:
    for key in path:
        node = child(node, key)
    return node


def _diff(file: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{file}", f"b/{file}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
