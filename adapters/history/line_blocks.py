"""Reading a file as blocks of whole lines in bounded memory."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from adapters.history.row_fields import MAX_LINE_BYTES
from domain.errors import DataSourceUnavailable

BLOCK_BYTES: Final = 2 * 1024 * 1024
UTF8_MARK: Final = b"\xef\xbb\xbf"
_LONGEST_KEPT = 2 * MAX_LINE_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBlock:
    """Whole lines, each ending in a line feed.

    Attributes:
        text: The bytes; a line that is far too long is cut, but still longer than ``MAX_LINE_BYTES``.
        first_line: Number of the first line, 1-based.
    """

    text: bytes
    first_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIdentity:
    """What changes when a file is replaced or written to."""

    modified_ns: int
    size: int
    inode: int


def identify(path: Path) -> FileIdentity:
    """The identity of the file now at ``path``.

    Raises:
        DataSourceUnavailable: There is none, it may not be looked at, or it is no regular file.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise DataSourceUnavailable(_unreadable(error)) from error
    if not stat.S_ISREG(found.st_mode):
        raise DataSourceUnavailable("the file cannot be read (it is not a regular file)")
    return FileIdentity(modified_ns=found.st_mtime_ns, size=found.st_size, inode=found.st_ino)


def read_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[LineBlock]:
    """The file's lines in blocks of about ``block_bytes``; nothing for an empty file.

    Raises:
        DataSourceUnavailable: The file cannot be opened or read.
    """
    identify(path)
    try:
        with path.open("rb", buffering=0) as source:
            yield from _blocks(source, block_bytes)
    except (OSError, ValueError) as error:
        raise DataSourceUnavailable(_unreadable(error)) from error


def _unreadable(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else "its name is not a valid path"
    return f"the file cannot be read ({reason or 'input/output error'})"


def _blocks(source: BinaryIO, block_bytes: int) -> Iterator[LineBlock]:
    line, rest = 1, b""
    while piece := source.read(block_bytes):
        cut = piece.rfind(b"\n") + 1
        if not cut:
            # No line ends here: keep no more of it than is needed to see that it is too long.
            rest = (rest + piece)[:_LONGEST_KEPT] if len(rest) < _LONGEST_KEPT else rest
            continue
        block = rest + piece[:cut]
        yield LineBlock(text=block, first_line=line)
        line += block.count(b"\n")
        rest = piece[cut:]
    if rest:
        yield LineBlock(text=rest + b"\n", first_line=line)


def split_header(block: LineBlock) -> tuple[bytes, bool, LineBlock]:
    """The header line without its line end, whether a byte order mark stood before it, and the rest of the block."""
    cut = block.text.index(b"\n") + 1
    header = block.text[: cut - 1].removesuffix(b"\r")
    rest = LineBlock(text=block.text[cut:], first_line=block.first_line + 1)
    return header.removeprefix(UTF8_MARK), header.startswith(UTF8_MARK), rest
