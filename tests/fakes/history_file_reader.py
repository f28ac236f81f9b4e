"""Files of measurements held in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from domain.errors import DataSourceUnavailable, FieldError, InvalidData, InvalidRequest
from domain.load_report import Rejection
from domain.ports.history_file_reader import FilePart, HistoryFileReader, WideFileOwner
from domain.samples import MAX_MAGNITUDE, SampleBatch, name_fault
from domain.series import HOUR

Sample = tuple[str, str, datetime, float]
"""Service, metric, time, value."""
Line = Sequence[Sample]
FIRST_LINE: Final = 2
"""The header is line 1."""


class InMemoryHistoryFiles(HistoryFileReader):
    """Holds files by path.

    Args:
        lines_per_part: How many lines are read at a time.

    Attributes:
        long_files: Path → its lines.
        wide_files: Path → for each line the hour's offset and the value of each metric.
        unusable: Path → why nothing can be made of the file.
    """

    def __init__(self, *, lines_per_part: int = 3) -> None:
        self._lines_per_part = lines_per_part
        self.long_files: dict[Path, list[Sample]] = {}
        self.wide_files: dict[Path, list[tuple[int, Mapping[str, float]]]] = {}
        self.unusable: dict[Path, str] = {}

    def read(self, path: Path, *, owner: WideFileOwner | None = None) -> Iterator[FilePart]:
        """See the port."""
        if path in self.unusable:
            raise InvalidData(self.unusable[path])
        if path in self.wide_files:
            if owner is None:
                raise InvalidRequest("whose?", [FieldError(pointer="/service", expected="a service", code="missing")])
            lines = [_hour(owner, offset, values) for offset, values in self.wide_files[path]]
        elif path in self.long_files:
            if owner is not None:
                raise InvalidRequest("named", [FieldError(pointer="/service", expected="nothing", code="extra")])
            lines = [[sample] for sample in self.long_files[path]]
        else:
            raise DataSourceUnavailable("there is no such file")
        return self._parts(lines)

    def _parts(self, lines: Sequence[Line]) -> Iterator[FilePart]:
        for begin in range(0, len(lines), self._lines_per_part):
            some = lines[begin : begin + self._lines_per_part]
            faults = [_fault(line) for line in some]
            yield FilePart(
                batch=_batch(
                    [sample for line, fault in zip(some, faults, strict=True) if not fault for sample in line]
                ),
                lines_read=len(some),
                rejections=tuple(
                    Rejection(line=FIRST_LINE + begin + place, reason=fault)
                    for place, fault in enumerate(faults)
                    if fault
                ),
                done=(begin + len(some)) / len(lines),
            )


def _hour(owner: WideFileOwner, offset: int, values: Mapping[str, float]) -> Line:
    return [(owner.service_id, metric, owner.start + offset * HOUR, value) for metric, value in values.items()]


def _fault(line: Line) -> str:
    for service, metric, _, value in line:
        fault = name_fault(service) or name_fault(metric)
        if fault or not math.isfinite(value) or abs(value) > MAX_MAGNITUDE:
            return fault or "the value is not usable"
    return ""


def _batch(samples: Sequence[Sample]) -> SampleBatch:
    names = list(dict.fromkeys((service, metric) for service, metric, _, _ in samples))
    return SampleBatch(
        names=names,
        codes=np.array([names.index((service, metric)) for service, metric, _, _ in samples], dtype=np.int32),
        seconds=np.array([int(time.timestamp()) for _, _, time, _ in samples], dtype=np.int64),
        values=np.array([value for _, _, _, value in samples], dtype=np.float64),
    )
