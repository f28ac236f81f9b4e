"""Plans on disk while the store is away: JSON lines, one file a batch, written whole or not at all, bounded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from domain.errors import InvalidData
from domain.plans.records import PlanDocument, PlanRecord

_PATTERN: Final = "plans-*.jsonl"
_UNFINISHED: Final = ".tmp"
_SET_ASIDE: Final = ".unreadable"
# What a process that was killed left unfinished is of no use to anyone after this.
_UNFINISHED_SECONDS: Final = 3600.0


class _Line(msgspec.Struct, omit_defaults=True):
    """Either a document, or a plan that refers to one before it in the same file."""

    document: PlanDocument | None = None
    plan_id: str = ""
    owner_id: str | None = None
    generated_at: datetime | None = None
    request: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One file of the spool: its name, and how many plans it holds."""

    name: str
    plans: int


class PlanSpool:
    """A folder of segments, shared by the processes of one machine; oldest first out.

    Args:
        folder: Made when first needed, readable by its owner only.
        max_bytes: Of all segments together; to make room the oldest are dropped.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._serial = count()

    def append(self, records: Sequence[PlanRecord]) -> int:
        """Put plans on disk for good; returns how many older ones had to be dropped for them.

        Raises:
            OSError: The folder cannot be written.
        """
        content = b"".join(_lines(records))
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        dropped = self._make_room(len(content))
        name = f"plans-{time.time_ns():020d}-{os.getpid()}-{next(self._serial)}-{len(records)}.jsonl"
        unfinished = self._folder / (name + _UNFINISHED)
        with open(unfinished, "xb", opener=_owner_only) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / name)
        self._sync_folder()
        return dropped

    def segments(self) -> list[Segment]:
        """What is there, oldest first."""
        names = sorted(path.name for path in self._folder.glob(_PATTERN)) if self._folder.is_dir() else []
        return [Segment(name=name, plans=_plans_in(name)) for name in names]

    def read(self, segment: Segment) -> list[PlanRecord]:
        """The plans of a segment; none when another process has taken it.

        Raises:
            InvalidData: It cannot be understood.
            OSError: It cannot be read.
        """
        try:
            content = (self._folder / segment.name).read_bytes()
        except FileNotFoundError:
            return []
        try:
            return list(_records(content))
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            raise InvalidData("a spooled file of plans is damaged") from error

    def remove(self, segment: Segment) -> None:
        """Forget a segment that is stored."""
        (self._folder / segment.name).unlink(missing_ok=True)

    def set_aside(self, segment: Segment) -> None:
        """Keep a segment that cannot be understood for a person to look at, out of the way."""
        path = self._folder / segment.name
        if path.exists():
            path.rename(path.with_name(path.name + _SET_ASIDE))

    def tidy(self) -> None:
        """Remove what killed processes left unfinished."""
        if self._folder.is_dir():
            for path in self._folder.glob(f"*{_UNFINISHED}"):
                with suppress(FileNotFoundError):  # another process tidies up too
                    if time.time() - path.stat().st_mtime > _UNFINISHED_SECONDS:
                        path.unlink()

    def _make_room(self, needed: int) -> int:
        segments = self.segments()
        sizes = {segment.name: self._size(segment) for segment in segments}
        total, dropped = sum(sizes.values()), 0
        for segment in segments:
            if total + needed <= self._max_bytes:
                break
            self.remove(segment)
            total -= sizes[segment.name]
            dropped += segment.plans
        return dropped

    def _size(self, segment: Segment) -> int:
        try:
            return (self._folder / segment.name).stat().st_size
        except FileNotFoundError:
            return 0

    def _sync_folder(self) -> None:
        """A rename is safe only once the folder itself is on disk."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _plans_in(name: str) -> int:
    number = name.removesuffix(".jsonl").rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _lines(records: Sequence[PlanRecord]) -> Iterator[bytes]:
    written: set[str] = set()
    for record in records:
        digest = record.document.digest
        if digest not in written:
            written.add(digest)
            yield msgspec.json.encode(_Line(document=record.document)) + b"\n"
        line = _Line(
            plan_id=record.plan_id, owner_id=record.owner_id, generated_at=record.generated_at,
            request=record.request, digest=digest,
        )  # fmt: skip
        yield msgspec.json.encode(line) + b"\n"


def _records(content: bytes) -> Iterator[PlanRecord]:
    documents: dict[str, PlanDocument] = {}
    decoder = msgspec.json.Decoder(_Line)
    for raw in content.splitlines():
        line = decoder.decode(raw)
        if line.document is not None:
            documents[line.document.digest] = line.document
        elif line.generated_at is None:
            raise ValueError("neither a document nor a plan")
        else:
            yield PlanRecord(
                plan_id=line.plan_id, owner_id=line.owner_id, generated_at=line.generated_at,
                request=line.request, document=documents[line.digest],
            )  # fmt: skip
