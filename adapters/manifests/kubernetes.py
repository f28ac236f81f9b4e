"""Kubernetes manifests: workloads, autoscalers, services; Kustomize overlays by their folder."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.manifests.commands import command_text, read_command, read_variable
from adapters.manifests.config_maps import ConfigMaps
from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node, parse_documents
from domain.repository.facts import FactName, SourceKind, Subject, service
from domain.repository.quantities import kubernetes_cpu, kubernetes_memory_gib

WORKLOADS = {
    "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "ReplicationController", "Pod",
    "DeploymentConfig", "Rollout",
}  # fmt: skip
_EMPTY = Node(0, entries={})
_MANIFEST = re.compile(r"^\s*[\"']?apiVersion[\"']?\s*:", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{.*?\}\}")


def looks_like_manifest(text: str) -> bool:
    """Whether a YAML file holds Kubernetes objects."""
    return _MANIFEST.search(text) is not None


def overlay_of(file: str) -> str:
    """``prod`` of ``…/overlays/prod/…`` (Kustomize's convention), "" elsewhere."""
    parts = file.lower().split("/")[:-1]
    if "overlays" in parts[:-1]:
        return parts[parts.index("overlays") + 1]
    return ""


def read_kubernetes(file: str, text: str, maps: ConfigMaps) -> FileFacts:
    """Facts of one manifest file, all its documents.

    Args:
        file: Its path from the root.
        text: Its content.
        maps: What containers may take their environment from.

    Raises:
        Unparsable: It is not YAML, or too deep or large.
    """
    facts = FileFacts(file=file, source=SourceKind.KUBERNETES, overlay=overlay_of(file))
    if _TEMPLATE.search(text):
        facts.find("templated", 0, "a template: only what stands outside of {{ … }} was read")
        text = _without_templates(text)
    for document in parse_documents(text):
        for entry in _objects(document):
            _read_object(facts, entry, maps)
    return facts


def _without_templates(text: str) -> str:
    """Lines that are only control flow are emptied, so that line numbers stay; values become a word of no meaning."""
    kept = []
    for line in text.splitlines():
        bare = _TEMPLATE.sub("", line).strip()
        kept.append("" if "{{" in line and not bare.strip("-") else _TEMPLATE.sub("TEMPLATED", line))
    return "\n".join(kept)


def _objects(document: Node) -> Iterator[Node]:
    """A document, or the members of a List."""
    if (_scalar(document.get("kind")) or "").endswith("List"):
        yield from (document.get("items") or _EMPTY).elements()
    else:
        yield document


def _read_object(facts: FileFacts, entry: Node, maps: ConfigMaps) -> None:
    kind = _scalar(entry.get("kind")) or ""
    name = _scalar(entry.get("metadata", "name"))
    if not name or name == "TEMPLATED":
        return
    if kind in WORKLOADS:
        _read_workload(facts, kind, name, entry, maps)
    elif kind == "HorizontalPodAutoscaler":
        _read_autoscaler(facts, entry)
    elif kind == "Service" and entry.get("apiVersion") is not None and _scalar(entry.get("apiVersion")) != "v1":
        _read_knative(facts, name, entry, maps)


def _read_workload(facts: FileFacts, kind: str, name: str, entry: Node, maps: ConfigMaps) -> None:
    subject = service(name)
    facts.add(subject, FactName.EXISTS, name, entry.get("metadata", "name").line, f"{kind} {name}")  # type: ignore[union-attr]
    if kind in ("Job", "CronJob"):
        facts.add(subject, FactName.KIND, "worker", entry.line_of("kind"), f"a {kind} runs to its end")
    spec = entry.get("spec") or _EMPTY
    if schedule := _scalar(spec.get("schedule")):
        facts.add(subject, FactName.SCHEDULE, schedule, spec.line_of("schedule"), f"runs at {schedule}")
    replicas = _scalar(spec.get("replicas")) or ""
    if replicas.isascii() and replicas.isdigit():
        facts.add(subject, FactName.REPLICAS, int(replicas), spec.line_of("replicas"), f"replicas: {replicas}")
    _read_pod(facts, subject, name, _pod_spec(kind, spec), maps)


def _pod_spec(kind: str, spec: Node) -> Node:
    if kind == "Pod":
        return spec
    if kind == "CronJob":
        return spec.get("jobTemplate", "spec", "template", "spec") or _EMPTY
    return spec.get("template", "spec") or _EMPTY


def _read_knative(facts: FileFacts, name: str, entry: Node, maps: ConfigMaps) -> None:
    facts.add(service(name), FactName.EXISTS, name, entry.line, f"Knative service {name}")
    _read_pod(facts, service(name), name, entry.get("spec", "template", "spec") or _EMPTY, maps)


def _read_pod(facts: FileFacts, subject: Subject, name: str, pod: Node, maps: ConfigMaps) -> None:
    """Containers of a pod run side by side: amounts add up; the first, or the pod's namesake, says what it is."""
    containers = [node for node in (pod.get("containers") or _EMPTY).elements() if node.entries is not None]
    main = next(
        (node for node in containers if _scalar(node.get("name")) == name), containers[0] if containers else None
    )
    for node in containers:
        if node is main:
            _read_container(facts, subject, node, maps)
        elif image := _scalar(node.get("image")):
            facts.find(
                "sidecar", node.line, f"{name} has a side container with the image {image[:120]}; its amounts are added"
            )
    for path, fact, parse in (
        (("requests", "cpu"), FactName.CPU_REQUEST, kubernetes_cpu),
        (("limits", "cpu"), FactName.CPU_LIMIT, kubernetes_cpu),
        (("requests", "memory"), FactName.MEMORY_REQUEST, kubernetes_memory_gib),
        (("limits", "memory"), FactName.MEMORY_LIMIT, kubernetes_memory_gib),
    ):
        raws: list[str] = []
        total, line = 0.0, 0
        for node in containers:
            holder = node.get("resources", path[0]) or _EMPTY
            raw = _scalar(holder.get(path[1]))
            if raw is None or raw == "TEMPLATED":
                continue
            amount = parse(raw)
            if amount is None:
                text = f"resources.{'.'.join(path)} of {name} is {raw!r}, which is not an amount"
                facts.find("not_an_amount", holder.line_of(path[1]), text)
                continue
            total, line = total + amount, line or holder.line_of(path[1])
            raws.append(raw)
        if total:
            facts.add(subject, fact, total, line, f"resources.{'.'.join(path)}: {' + '.join(raws)}")


def _read_container(facts: FileFacts, subject: Subject, node: Node, maps: ConfigMaps) -> None:
    image = _scalar(node.get("image"))
    if image and image != "TEMPLATED":
        facts.add(subject, FactName.IMAGE, image, node.line_of("image"), f"image {image}")
    for port in (node.get("ports") or _EMPTY).elements():
        number = _scalar(port.get("containerPort")) or ""
        if number.isascii() and number.isdigit():
            facts.add(subject, FactName.PORT, int(number), port.line_of("containerPort"), f"port {number}")
    command = " ".join(filter(None, (command_text(node.get("command")), command_text(node.get("args")))))
    line = node.line_of("command") if node.get("command") else node.line_of("args")
    read_command(facts, subject, command, line)
    for variable in (node.get("env") or _EMPTY).elements():
        name, value = _scalar(variable.get("name")), _scalar(variable.get("value"))
        if name and value:
            read_variable(facts, subject, name, value, variable.line_of("value"))
        taken = variable.get("valueFrom", "configMapKeyRef") or _EMPTY
        content = maps.content(_scalar(taken.get("name")), facts.file)
        if name and (value := content.get(_scalar(taken.get("key")) or "")):
            read_variable(facts, subject, name, value, variable.line)
    for source in (node.get("envFrom") or _EMPTY).elements():
        for name, value in maps.content(_scalar(source.get("configMapRef", "name")), facts.file).items():
            read_variable(facts, subject, name, value, source.line)


def _read_autoscaler(facts: FileFacts, entry: Node) -> None:
    target = _scalar(entry.get("spec", "scaleTargetRef", "name"))
    if not target or target == "TEMPLATED":
        return
    spec = entry.get("spec") or _EMPTY
    for key, fact in (("minReplicas", FactName.MIN_REPLICAS), ("maxReplicas", FactName.MAX_REPLICAS)):
        raw = _scalar(spec.get(key)) or ""
        if raw.isascii() and raw.isdigit():
            facts.add(service(target), fact, int(raw), spec.line_of(key), f"autoscaling {key}: {raw}")


def _scalar(node: Node | None) -> str | None:
    return node.scalar if node is not None else None
