"""Files of a folder or an archive, one after the other, within limits. Nothing is ever extracted to disk."""

from __future__ import annotations

import gzip
import os
import posixpath
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from adapters.manifests.read_files import SKIPPED_FOLDERS, is_wanted
from domain.repository.facts import Finding

MAX_ARCHIVE_BYTES: Final = 50 * 2**20
MAX_UNPACKED_BYTES: Final = 250 * 2**20
MAX_MEMBERS: Final = 20_000
MAX_FILE_BYTES: Final = 2**20
_MOST_FINDINGS: Final = 50
_MAX_PATH: Final = 1024


class TooMuch(Exception):
    """A limit was hit; the text says which."""


@dataclass(slots=True)
class Members:
    """Wanted files as text, and what was passed over.

    Attributes:
        texts: Path from the repository's root → content.
        findings: Files that were skipped although they are of a wanted kind.
    """

    texts: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def skip(self, path: str, why: str) -> None:
        """Note a file that was passed over; after 50 only silence."""
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(Finding(code="skipped", file=path[:200], line=0, text=f"not read: {why}"))

    def take(self, path: str, content: bytes) -> None:
        """Keep a file's text; one that is not UTF-8 is skipped."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.skip(path, "it is not UTF-8 text")
            return
        if "\0" in text:
            self.skip(path, "it is not text")
            return
        self.texts[path] = text


def read_members(location: Path) -> Members:
    """The wanted files.

    Raises:
        TooMuch: A limit was hit.
        FileNotFoundError: There is nothing there.
        OSError: It cannot be read.
        ValueError: It is neither a folder, nor an archive of a known kind, nor a file that would be read in one.
    """
    if location.is_dir():
        return _folder(location)
    if location.stat().st_size > MAX_ARCHIVE_BYTES:
        raise TooMuch(f"the archive has more than {MAX_ARCHIVE_BYTES // 2**20} MiB")
    try:
        with location.open("rb") as file:
            start = file.read(4)
            file.seek(0)
            if start.startswith(b"PK"):
                return _zip(file)
            if is_wanted(location.name):
                return _lone(location.name, file)
            return _tar(file, packed=start.startswith(b"\x1f\x8b"))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, NotImplementedError) as error:
        raise ValueError(
            "it is no folder, no complete .zip or .tar.gz archive and no file of a kind that is read"
        ) from error


def _folder(root: Path) -> Members:
    found = Members()
    count = 0
    for where, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(part for part in folders if part.lower() not in SKIPPED_FOLDERS)
        for name in sorted(names):
            count += 1
            if count > MAX_MEMBERS:
                raise TooMuch(f"the folder has more than {MAX_MEMBERS} files")
            whole = Path(where) / name
            path = whole.relative_to(root).as_posix()
            if not is_wanted(path):
                continue
            facts = whole.lstat()
            if not stat.S_ISREG(facts.st_mode):
                found.skip(path, "it is a link or a device")
            elif facts.st_size > MAX_FILE_BYTES:
                found.skip(path, f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")
            else:
                found.take(path, whole.read_bytes())
    return found


def _lone(name: str, file: IO[bytes]) -> Members:
    """One file by itself: what it refers to is not looked at, as nobody named it."""
    found = Members()
    _keep(found, name, file.read(MAX_FILE_BYTES + 1))
    return found


def _zip(file: IO[bytes]) -> Members:
    found = Members()
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_MEMBERS:
            raise TooMuch(f"the archive has more than {MAX_MEMBERS} members")
        prefix = _common_prefix([info.filename for info in infos])
        total = 0
        for info in infos:
            path = _inside(info.filename, prefix)
            if info.is_dir():
                continue
            if path is None:
                found.skip(info.filename, "its path leads out of the archive")
                continue
            if not is_wanted(path):
                continue
            mode = info.external_attr >> 16
            if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
                found.skip(path, "it is a link or a device")
            elif info.flag_bits & 1:
                found.skip(path, "it is encrypted")
            else:
                content = _some(archive.open(info))
                total += len(content)
                if total > MAX_UNPACKED_BYTES:
                    raise TooMuch(f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
                _keep(found, path, content)
    return found


class _Limited:
    """Counts what a decompressor gives out, so that a member or a PAX header that swells is stopped here."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._left = MAX_UNPACKED_BYTES

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        content = self._source.read(wanted)
        self._left -= len(content)
        if self._left < 0:
            raise TooMuch(f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
        return content


def _tar(file: IO[bytes], *, packed: bool) -> Members:
    found = Members()
    source = cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file
    pending: dict[str, bytes] = {}
    names: list[str] = []
    with tarfile.open(fileobj=cast(IO[bytes], _Limited(source)), mode="r|") as archive:
        for info in archive:
            names.append(info.name)
            if len(names) > MAX_MEMBERS:
                raise TooMuch(f"the archive has more than {MAX_MEMBERS} members")
            # The prefix is not known before the end, so a file is judged with and without its first folder.
            bare = info.name.split("/", 1)[-1]
            if info.isdir() or not (is_wanted(info.name) or is_wanted(bare)):
                continue
            if not info.isreg():
                found.skip(info.name, "it is a link or a device")
                continue
            member = archive.extractfile(info)
            if member is not None:
                pending[info.name] = _some(member)
            archive.members = []  # type: ignore[attr-defined]
    prefix = _common_prefix(names)
    for name, content in pending.items():
        path = _inside(name, prefix)
        if path is None:
            found.skip(name, "its path leads out of the archive")
        elif is_wanted(path):
            _keep(found, path, content)
    return found


def _some(member: IO[bytes]) -> bytes:
    """One byte more than is allowed, so that a longer file is known to be."""
    with member:
        return member.read(MAX_FILE_BYTES + 1)


def _keep(found: Members, path: str, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        found.skip(path, f"it is larger than {MAX_FILE_BYTES // 2**20} MiB")
    else:
        found.take(path, content)


def _common_prefix(names: list[str]) -> str:
    """The folder that holds everything, as GitHub's archives have it; "" when there is none."""
    firsts = {name.split("/", 1)[0] for name in names if name.strip("/") and name != "pax_global_header"}
    only = next(iter(firsts)) if len(firsts) == 1 else ""
    inside = any("/" in name.strip("/") for name in names)
    return f"{only}/" if only and inside and only not in (".", "..") else ""


def _inside(name: str, prefix: str) -> str | None:
    """The path within the repository, or None when it leads out, is absolute or unreasonable."""
    if (
        len(name) > _MAX_PATH
        or "\\" in name
        or "\0" in name
        or name.startswith("/")
        or ":" in name.split("/", maxsplit=1)[0]
    ):
        return None
    path = posixpath.normpath(name.removeprefix(prefix))
    return None if path.startswith("../") or path in ("..", ".") or ".." in name.split("/") else path
