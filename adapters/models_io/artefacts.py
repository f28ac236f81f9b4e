"""Reading and writing a whole set of artefacts, so that a reader sees the old set or the new one, never a mix.

Writing. All files and their manifest go to a hidden folder beside the final place and are flushed to disk; renaming
that folder to ``.next-set`` is the single step that makes the new set valid. Only then are the files moved into place
one by one, the manifest last. A process that dies before the rename leaves the old set; after it, the new one.

Reading. While ``.next-set`` exists its manifest counts, and each file is taken from there or, once moved, from its
final place; digests tell which. A reader that is overtaken by a writer finds a digest that does not match and starts
again. The next writer finishes what an interrupted one left.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.models_io.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Manifest,
    make_manifest,
    parse_manifest,
    read_bounded,
    verify,
)
from domain.errors import ModelRefused

NEXT_SET = ".next-set"
_WRITING_PREFIX = ".writing-"
_READ_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtefactSet:
    """A verified set: every file's bytes matched the manifest when it was read.

    Attributes:
        manifest: The manifest they matched.
        files: File name → content.
    """

    manifest: Manifest
    files: Mapping[str, bytes]

    def file(self, name: str) -> bytes:
        """Content of one file.

        Raises:
            ModelRefused: The set has no such file.
        """
        if name not in self.files:
            raise ModelRefused(name, f"the model {self.manifest.model!r} has no such file")
        return self.files[name]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the set that counts at the moment.

    Raises:
        ModelRefused: There is none, or it is damaged.
    """
    waiting = folder / NEXT_SET / MANIFEST_NAME
    source = waiting if waiting.is_file() else folder / MANIFEST_NAME
    return parse_manifest(read_bounded(source, MAX_MANIFEST_BYTES))


def read_artefacts(folder: Path, names: tuple[str, ...] | None = None) -> ArtefactSet:
    """Read and verify a set.

    Args:
        folder: Where the set lies.
        names: The files wanted; all that the manifest names by default.

    Raises:
        ModelRefused: The manifest is missing or damaged, or a file is missing or not the one it names.
    """
    for _ in range(_READ_ATTEMPTS - 1):
        before = _state(folder)
        try:
            return _read_once(folder, names)
        except ModelRefused:
            if before == _state(folder) and not (folder / NEXT_SET).exists():
                raise  # no writer passed by: the files themselves are wrong
    return _read_once(folder, names)


def _state(folder: Path) -> tuple[tuple[int, int], ...]:
    """Changes whenever a writer commits or finishes."""
    found = []
    for path in (folder / NEXT_SET, folder / MANIFEST_NAME):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((status.st_ino, status.st_mtime_ns))
    return tuple(found)


def _read_once(folder: Path, names: tuple[str, ...] | None) -> ArtefactSet:
    manifest = read_manifest(folder)
    wanted = tuple(manifest.files) if names is None else names
    return ArtefactSet(manifest=manifest, files={name: _verified(folder, name, manifest) for name in wanted})


def _verified(folder: Path, name: str, manifest: Manifest) -> bytes:
    if name not in manifest.files:
        raise ModelRefused(name, f"{MANIFEST_NAME} does not name it, so nothing vouches for its content")
    limit = manifest.files[name].size_bytes
    waiting = folder / NEXT_SET / name
    if waiting.is_file():
        try:
            return verify(name, read_bounded(waiting, limit), manifest)
        except ModelRefused:  # moved away in between, or left by somebody else: the final place decides
            pass
    return verify(name, read_bounded(folder / name, limit), manifest)


def write_artefacts(folder: Path, model: str, files: Mapping[str, bytes], created_at: datetime) -> Manifest:
    """Replace the set in ``folder`` by these files, all or nothing.

    Files of an older set that the new one does not name are left where they are; without an entry in the manifest
    no reader opens them.

    Args:
        folder: Created when missing.
        model: Name of the model.
        files: File name → content.
        created_at: Kept in the manifest.

    Raises:
        ModelRefused: A name cannot be used, or the folder holds another model.
        OSError: The disk is full or the folder cannot be written; the old set still counts.
    """
    manifest = make_manifest(model, files, created_at)
    folder.mkdir(parents=True, exist_ok=True)
    with _only_writer(folder):
        _move_into_place(folder)
        _refuse_another_model(folder, model)
        staging = Path(tempfile.mkdtemp(prefix=_WRITING_PREFIX, dir=folder))
        try:
            for name, content in {**files, MANIFEST_NAME: manifest.as_json()}.items():
                _write_durably(staging / name, content)
            staging.chmod(0o755)
            _flush_folder(staging)
            staging.rename(folder / NEXT_SET)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        _flush_folder(folder)
        _move_into_place(folder)
    return manifest


def _refuse_another_model(folder: Path, model: str) -> None:
    """One folder, one set: a second model's manifest would leave the first one's files without any."""
    if not (folder / MANIFEST_NAME).is_file():
        return
    try:
        present = read_manifest(folder).model
    except ModelRefused:  # a damaged manifest vouches for nothing and may be replaced
        return
    if present != model:
        raise ModelRefused(MANIFEST_NAME, f"this folder holds the model {present!r}; write {model!r} to one of its own")


def finish_interrupted_write(folder: Path) -> None:
    """Move a waiting set into place, and drop what a writer left that died before its commit."""
    with _only_writer(folder):
        _move_into_place(folder)


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Held by one process at a time; the operating system lets go when the process dies."""
    if os.name != "posix":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _move_into_place(folder: Path) -> None:
    """The manifest goes last, so that until then ``.next-set`` counts."""
    waiting = folder / NEXT_SET
    if (waiting / MANIFEST_NAME).is_file():
        for name in parse_manifest(read_bounded(waiting / MANIFEST_NAME, MAX_MANIFEST_BYTES)).files:
            if (waiting / name).is_file():
                (waiting / name).replace(folder / name)
        _flush_folder(folder)
        (waiting / MANIFEST_NAME).replace(folder / MANIFEST_NAME)
        _flush_folder(folder)
    if waiting.is_dir():
        shutil.rmtree(waiting)
    for stale in folder.glob(f"{_WRITING_PREFIX}*"):
        shutil.rmtree(stale, ignore_errors=True)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder for flushing
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
