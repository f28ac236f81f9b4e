"""Edits texts in memory, by the same rules as the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.manifests.yaml_editor import patch_texts
from adapters.manifests.yaml_edits import CannotEdit
from domain.ports.manifest_editor import ManifestEditor
from domain.repository.resources import Patch, WantedResources


class InMemoryManifestEditor(ManifestEditor):
    """Path → text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def patch(self, folder: Path, wanted: Sequence[WantedResources]) -> Patch:
        """See the port; the folder is whatever the texts are of."""
        return patch_texts(self._read, wanted)

    def _read(self, file: str) -> str:
        try:
            return self._texts[file]
        except KeyError:
            raise CannotEdit("the file is not there") from None
