"""ConfigMaps: variables that containers take whole (``envFrom``) or one by one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.manifests.tree import Unparsable, parse_documents

_KIND = re.compile(r"^kind:\s*[\"']?ConfigMap\b", re.MULTILINE)
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class ConfigMaps:
    """Name of a ConfigMap → folder of its file → its entries."""

    named: Mapping[str, Mapping[str, Mapping[str, str]]]

    def content(self, name: str | None, file: str) -> Mapping[str, str]:
        """The map of that name which a manifest means: the one beside it, else the one whose folder is nearest."""
        found = self.named.get(name or "")
        if not found:
            return _NOTHING
        where = posixpath.dirname(file)
        nearest = max(found, key=lambda folder: (len(posixpath.commonpath([f"/{folder}", f"/{where}"])), -len(folder)))
        return found[nearest]


def read_config_maps(files: Mapping[str, str]) -> ConfigMaps:
    """All of a repository; a file that cannot be read is told where its own facts are read."""
    named: dict[str, dict[str, Mapping[str, str]]] = {}
    for path, text in files.items():
        if not path.lower().endswith((".yaml", ".yml")) or not _KIND.search(text) or "{{" in text:
            continue
        try:
            documents = parse_documents(text)
        except Unparsable:
            continue
        for document in documents:
            kind, name, data = document.get("kind"), document.get("metadata", "name"), document.get("data")
            if kind is not None and kind.text == "ConfigMap" and name is not None and name.scalar and data is not None:
                entries = {key: node.scalar for key, node in data.pairs() if node.scalar}
                named.setdefault(name.scalar, {}).setdefault(posixpath.dirname(path), entries)
    return ConfigMaps(named)
