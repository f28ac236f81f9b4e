"""Measurements that a collector sends, read from plain objects: all good, or every bad field named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from domain.errors import FieldError, InvalidRequest
from domain.sample_time import EXAMPLE_TIME, TimeRefused, parse_time
from domain.samples import FIRST_YEAR, LAST_YEAR, MAX_MAGNITUDE, MAX_NAME_CHARACTERS, SampleBatch, Series, name_fault

MOST_ERRORS: Final = 50
_NAME: Final = f"printable text of 1 to {MAX_NAME_CHARACTERS} characters, without blanks around it"
_TIME: Final = f"a time of the years {FIRST_YEAR} to {LAST_YEAR} like {EXAMPLE_TIME}; without a zone it is UTC"
_VALUE: Final = f"a finite number from {-MAX_MAGNITUDE:g} to {MAX_MAGNITUDE:g}"


def read_samples(items: Sequence[object], lines: Sequence[int] | None = None) -> SampleBatch:
    """Read samples ``{"service_id", "metric_name", "ts", "value"}``; other keys are ignored.

    Args:
        items: The samples.
        lines: The line each stood on, where they came as lines; told beside a bad field.

    Raises:
        InvalidRequest: There is none, or a field is bad; the first few dozen of them are named.
    """
    if not items:
        field = FieldError(pointer="", expected="at least one sample", code="missing")
        raise InvalidRequest("the body holds no samples", [field])
    reader = _Reader(lines)
    for index, item in enumerate(items):
        reader.read(index, item)
    if reader.bad:
        listed = "; ".join(f"{error.pointer}: {error.expected}" for error in reader.errors[:3])
        more = "" if reader.bad <= 3 else f"; and {reader.bad - 3} more"
        raise InvalidRequest(f"{reader.bad} field(s) are bad, nothing was stored: {listed}{more}", reader.errors)
    return reader.batch()


class _Reader:
    """Collects columns, and what is wrong with them."""

    def __init__(self, lines: Sequence[int] | None) -> None:
        self.errors: list[FieldError] = []
        self.bad = 0
        self._lines = lines
        self._code_of: dict[Series, int] = {}
        self._codes: list[int] = []
        self._seconds: list[int] = []
        self._values: list[float] = []

    def read(self, index: int, item: object) -> None:
        if not isinstance(item, Mapping):
            self._complain(index, "", "an object with service_id, metric_name, ts and value", "type")
            return
        series = (self._name(index, item, "service_id"), self._name(index, item, "metric_name"))
        second, value = self._second(index, item), self._value(index, item)
        self._codes.append(self._code_of.setdefault(series, len(self._code_of)))
        self._seconds.append(second)
        self._values.append(value)

    def batch(self) -> SampleBatch:
        return SampleBatch(
            names=list(self._code_of),
            codes=np.array(self._codes, dtype=np.int32),
            seconds=np.array(self._seconds, dtype=np.int64),
            values=np.array(self._values, dtype=np.float64),
        )

    def _name(self, index: int, item: Mapping[str, Any], key: str) -> str:
        value = item.get(key)
        if isinstance(value, str) and not name_fault(value) and value == value.strip():
            return value
        self._complain(index, key, _NAME, _code_of_fault(value, str))
        return ""

    def _second(self, index: int, item: Mapping[str, Any]) -> int:
        value = item.get("ts")
        if isinstance(value, str):
            try:
                return parse_time(value)[0] // 1_000_000
            except TimeRefused:
                pass
        self._complain(index, "ts", _TIME, _code_of_fault(value, str))
        return 0

    def _value(self, index: int, item: Mapping[str, Any]) -> float:
        value = item.get("value")
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_MAGNITUDE:
            number = float(value)
            if math.isfinite(number):
                return number
        self._complain(index, "value", _VALUE, _code_of_fault(value, (int, float)))
        return 0.0

    def _complain(self, index: int, key: str, expected: str, code: str) -> None:
        self.bad += 1
        if len(self.errors) < MOST_ERRORS:
            where = "" if self._lines is None else f" (line {self._lines[index]})"
            pointer = f"/{index}/{key}" if key else f"/{index}"
            self.errors.append(FieldError(pointer=pointer, expected=expected + where, code=code))


def _code_of_fault(value: object, kind: type | tuple[type, ...]) -> str:
    if value is None:
        return "missing"
    return "format" if isinstance(value, kind) and not isinstance(value, bool) else "type"
