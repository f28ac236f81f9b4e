"""The manifest of a set of model artefacts: which files belong together, and the SHA-256 of each.

A folder holds one set. The manifest is read first; a file's bytes are used only after their digest matched, and they
are the same bytes that were hashed (no second opening in between). The manifest is not signed: it makes a damaged,
mixed or swapped file detectable, not one made by somebody who may write to the folder.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from domain.errors import ModelRefused

MANIFEST_NAME = "manifest.json"
FORMAT = 1
MAX_MANIFEST_BYTES = 2**20
MAX_FILE_BYTES = 512 * 2**20
MAX_FILES = 64
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """Digest and size of one artefact."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Which files make up a model.

    Attributes:
        model: Its name, for example ``cluster``.
        created_at: When the set was written, ISO 8601.
        files: File name → digest and size.
    """

    model: str
    created_at: str
    files: Mapping[str, FileEntry]

    @property
    def digest(self) -> str:
        """SHA-256 over names and digests: the identity of the whole set."""
        lines = "".join(f"{name} {entry.sha256}\n" for name, entry in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def as_json(self) -> bytes:
        """The file's content, the same bytes for the same manifest."""
        files = {name: {"sha256": entry.sha256, "bytes": entry.size_bytes} for name, entry in self.files.items()}
        content = {"format": FORMAT, "model": self.model, "created_at": self.created_at, "files": files}
        return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def make_manifest(model: str, files: Mapping[str, bytes], created_at: datetime) -> Manifest:
    """The manifest of these files.

    Raises:
        ModelRefused: A name that could leave the folder, or a file larger than a reader would accept.
    """
    for name, content in files.items():
        if not is_artefact_name(name):
            raise ModelRefused(name[:64], "this name cannot be used for an artefact: letters, digits, '.', '_' and '-'")
        if len(content) > MAX_FILE_BYTES:
            raise ModelRefused(name, f"it has {len(content)} bytes, {MAX_FILE_BYTES} are allowed")
    entries = {
        name: FileEntry(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
        for name, content in sorted(files.items())
    }
    return Manifest(model=model, created_at=created_at.isoformat(), files=MappingProxyType(entries))


def is_artefact_name(name: str) -> bool:
    """Whether a name can be an artefact's: plain, no folder, not the manifest itself."""
    return bool(_NAME.fullmatch(name)) and ".." not in name and name != MANIFEST_NAME


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ModelRefused: It is too large, not JSON, of another format, or an entry is not a plain name with a digest.
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise ModelRefused(MANIFEST_NAME, f"it has {len(data)} bytes, {MAX_MANIFEST_BYTES} are allowed")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelRefused(MANIFEST_NAME, "it is not JSON; write the artefacts again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelRefused(MANIFEST_NAME, f"it is not a manifest of format {FORMAT}; write the artefacts again")
    model, created_at, files = content.get("model"), content.get("created_at"), content.get("files")
    if not (isinstance(model, str) and isinstance(created_at, str) and isinstance(files, dict)):
        raise ModelRefused(MANIFEST_NAME, "model, created_at and files are needed")
    if not 0 < len(files) <= MAX_FILES:
        raise ModelRefused(MANIFEST_NAME, f"it names {len(files)} files, 1 to {MAX_FILES} are allowed")
    entries = {name: _entry(name, entry) for name, entry in files.items()}
    return Manifest(model=model, created_at=created_at, files=MappingProxyType(entries))


def _entry(name: str, entry: object) -> FileEntry:
    if not is_artefact_name(name):
        raise ModelRefused(MANIFEST_NAME, f"{name[:64]!r} is not the plain name of a file")
    digest, size = (entry.get("sha256"), entry.get("bytes")) if isinstance(entry, dict) else (None, None)
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise ModelRefused(MANIFEST_NAME, f"files.{name}.sha256 must be 64 hexadecimal digits")
    if type(size) is not int or not 0 <= size <= MAX_FILE_BYTES:
        raise ModelRefused(MANIFEST_NAME, f"files.{name}.bytes must be 0 to {MAX_FILE_BYTES}")
    return FileEntry(sha256=digest, size_bytes=size)


def verify(name: str, content: bytes, manifest: Manifest) -> bytes:
    """The same bytes, if they are those the manifest names.

    Raises:
        ModelRefused: The manifest does not name the file, or size or digest differ.
    """
    entry = manifest.files.get(name)
    if entry is None:
        raise ModelRefused(name, f"{MANIFEST_NAME} does not name it, so nothing vouches for its content")
    if len(content) != entry.size_bytes:
        raise ModelRefused(name, f"it has {len(content)} bytes, {MANIFEST_NAME} says {entry.size_bytes}")
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelRefused(name, f"its SHA-256 is not the one in {MANIFEST_NAME}; it was altered or replaced")
    return content


def read_bounded(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """A regular file's content, never more than ``limit`` bytes.

    Raises:
        ModelRefused: It is missing, not a regular file, unreadable or larger.
    """
    try:
        if not path.is_file():
            raise ModelRefused(path.name, "there is no such file")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise ModelRefused(path.name, f"it cannot be read ({error.strerror})") from error
    if len(content) > limit:
        raise ModelRefused(path.name, f"it is larger than the {limit} bytes allowed")
    return content
