"""kustomization.yaml: the replicas it sets; patches are read as the manifests they are."""

from __future__ import annotations

import posixpath

from adapters.manifests.facts_of import FileFacts
from adapters.manifests.kubernetes import overlay_of
from adapters.manifests.tree import Node, parse_documents
from domain.repository.facts import FactName, SourceKind, service

_EMPTY = Node(0, entries={})


def is_kustomization(file: str) -> bool:
    """Whether Kustomize takes the file by its name."""
    return posixpath.basename(file).lower() in ("kustomization.yaml", "kustomization.yml")


def read_kustomization(file: str, text: str) -> FileFacts:
    """Its ``replicas`` entries.

    Raises:
        Unparsable: It is not YAML.
    """
    facts = FileFacts(file=file, source=SourceKind.KUBERNETES, overlay=overlay_of(file))
    for root in parse_documents(text):
        for entry in (root.get("replicas") or _EMPTY).elements():
            name, count = entry.get("name"), entry.get("count")
            raw = (count.scalar if count else None) or ""
            if name is not None and name.scalar and raw.isascii() and raw.isdigit():
                line = entry.line_of("count")
                facts.add(service(name.scalar), FactName.REPLICAS, int(raw), line, f"replicas: {raw} by Kustomize")
    return facts
