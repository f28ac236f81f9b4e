"""Files of measurements, part by part: long CSV, wide CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.history.file_layout import layout_of
from adapters.history.long_parts import read_long_parts
from adapters.history.parquet_parts import MAGIC, read_parquet_parts
from adapters.history.wide_parts import read_wide_parts
from domain.errors import DataSourceUnavailable, FieldError, InvalidRequest
from domain.load_report import FileLayout
from domain.ports.history_file_reader import FilePart, HistoryFileReader, WideFileOwner

_NEEDS_OWNER: Final = (
    "the file is a wide one, which has no services and no dates: say whose hours it holds, from when on"
)
_HAS_OWNERS: Final = "the file names its services and times itself: it takes neither a service nor a start"


class HistoryFiles(HistoryFileReader):
    """CSV is read by the rules that serve it; Parquet through pyarrow, which comes with training."""

    def read(self, path: Path, *, owner: WideFileOwner | None = None) -> Iterator[FilePart]:
        """See the port."""
        if _is_parquet(path):
            _refuse_owner(owner)
            return read_parquet_parts(path)
        if layout_of(path) is FileLayout.LONG:
            _refuse_owner(owner)
            return read_long_parts(path)
        if owner is None:
            field = FieldError(pointer="/service", expected="the service, and the first hour as start", code="missing")
            raise InvalidRequest(_NEEDS_OWNER, [field])
        return read_wide_parts(path, owner)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not a valid path"
        raise DataSourceUnavailable(f"the file cannot be read ({reason})") from error


def _refuse_owner(owner: WideFileOwner | None) -> None:
    if owner is not None:
        field = FieldError(pointer="/service", expected="nothing, as the file names its services", code="extra")
        raise InvalidRequest(_HAS_OWNERS, [field])
