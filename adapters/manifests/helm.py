"""Helm charts: their values; templates are not rendered."""

from __future__ import annotations

import posixpath
import re

from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node, parse_documents
from domain.repository.facts import FactName, SourceKind, Subject, service
from domain.repository.quantities import kubernetes_cpu, kubernetes_memory_gib

_EMPTY = Node(0, entries={})


def read_helm_values(file: str, text: str, chart: str) -> FileFacts:
    """Facts of a chart's ``values.yaml``: replicas, image, resources, autoscaling, of the chart and of its parts.

    Args:
        file: Its path from the root.
        text: Its content.
        chart: The chart's name: what its own values are about.

    Raises:
        Unparsable: It is not YAML, or too deep or large.
    """
    name = posixpath.basename(file).lower()
    found = re.fullmatch(r"values[._-](.+)\.ya?ml", name)
    facts = FileFacts(file=file, source=SourceKind.HELM, overlay=found[1] if found else "")
    for root in parse_documents(text):
        if _has_workload(root):
            _read_values(facts, chart, root, root.line)
            continue
        for part, values in root.pairs():
            if values.entries is not None and _has_workload(values):
                _read_values(facts, part, values, root.line_of(part))
    return facts


def _has_workload(values: Node) -> bool:
    return values.get("image") is not None and any(
        values.get(key) is not None for key in ("resources", "replicaCount", "replicas", "service", "autoscaling")
    )


def _read_values(facts: FileFacts, name: str, values: Node, line: int) -> None:
    subject = service(name)
    facts.add(subject, FactName.EXISTS, name, line, f"values of the chart's {name}")
    image = values.get("image")
    if image is not None:
        repository = _scalar(image) or _scalar(image.get("repository")) or _scalar(image.get("name"))
        tag = _scalar(image.get("tag"))
        if repository:
            facts.add(
                subject, FactName.IMAGE, f"{repository}:{tag}" if tag else repository, image.line, f"image {repository}"
            )
    for key in ("replicaCount", "replicas"):
        raw = _scalar(values.get(key)) or ""
        if raw.isascii() and raw.isdigit():
            facts.add(subject, FactName.REPLICAS, int(raw), values.line_of(key), f"{key}: {raw}")
    _read_values_amounts(facts, subject, values.get("resources") or _EMPTY)
    scaling = values.get("autoscaling") or _EMPTY
    if (_scalar(scaling.get("enabled")) or "").lower() == "true":
        for key, fact in (("minReplicas", FactName.MIN_REPLICAS), ("maxReplicas", FactName.MAX_REPLICAS)):
            raw = _scalar(scaling.get(key)) or ""
            if raw.isascii() and raw.isdigit():
                facts.add(subject, fact, int(raw), scaling.line_of(key), f"autoscaling {key}: {raw}")
    for path in (("service", "targetPort"), ("containerPort",), ("service", "port")):
        raw = _scalar(values.get(*path)) or ""
        if raw.isascii() and raw.isdigit():
            facts.add(subject, FactName.PORT, int(raw), values.get(*path).line, f"port {raw}")  # type: ignore[union-attr]
            break


def _read_values_amounts(facts: FileFacts, subject: Subject, resources: Node) -> None:
    for part, key, fact in (
        ("requests", "cpu", FactName.CPU_REQUEST), ("limits", "cpu", FactName.CPU_LIMIT),
        ("requests", "memory", FactName.MEMORY_REQUEST), ("limits", "memory", FactName.MEMORY_LIMIT),
    ):  # fmt: skip
        holder = resources.get(part) or _EMPTY
        raw = _scalar(holder.get(key))
        amount = (kubernetes_cpu(raw) if key == "cpu" else kubernetes_memory_gib(raw)) if raw else None
        if amount is not None:
            facts.add(subject, fact, amount, holder.line_of(key), f"resources.{part}.{key}: {raw}")


def _scalar(node: Node | None) -> str | None:
    return node.scalar if node is not None else None
