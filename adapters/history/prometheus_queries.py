"""The map from metric names to PromQL, and a service id that cannot change a query."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.errors import ConfigurationError

SETTING: Final = "PROMETHEUS_QUERIES_PATH"
PLACEHOLDER: Final = "{service_id}"
HOUR: Final = "{hour}"
WHOLE_HOUR: Final = "1h"

_MAX_NAME: Final = 128
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Strings, comments, and every other character by itself: enough of PromQL to know what is inside quotes.
_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"' r"|'(?:[^'\\\n]|\\.)*'" r"|`[^`]*`|#[^\n]*|.", re.DOTALL)
_WRITE_IT: Final = f'write it as a whole label value compared with =, for example container="{PLACEHOLDER}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """How one metric is asked for.

    Attributes:
        name: Name of the metric.
        parts: The PromQL around each quoted service id, at least two; with ``{hour}`` where a range is the hour's.
        where: Where the operator finds its entry: setting, line, table.
        services: Selector of the series from which services with this metric are listed, or None.
    """

    name: str
    parts: tuple[str, ...]
    where: str
    services: str | None = None

    @property
    def knows_part_of_an_hour(self) -> bool:
        """Whether it can be asked for the hour in progress alone."""
        return any(HOUR in part for part in self.parts)

    def promql(self, service_id: str, hour: str = WHOLE_HOUR) -> str:
        """The query for one service, over a whole hour or what is over of it."""
        return quoted(service_id).join(part.replace(HOUR, hour) for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryMap:
    """All metrics that can be asked for, and the label whose values are the service ids."""

    service_label: str
    metrics: Mapping[str, MetricQuery]


def quoted(value: str) -> str:
    """A PromQL string literal that holds exactly ``value``: printable ASCII as it is, all else escaped."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if " " <= character <= "~":
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"


def load_queries(path: Path) -> QueryMap:
    """Read and check the map once.

    Raises:
        ConfigurationError: The file cannot be read, is not TOML, or an entry is wrong (which one, and how).
    """
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ConfigurationError(f"{SETTING}: the query map cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{SETTING}: the query map is not UTF-8") from error
    return parse_queries(text)


def parse_queries(text: str) -> QueryMap:
    """Read and check a map in TOML.

    Raises:
        ConfigurationError: It is not TOML, or an entry is wrong (which one, and how).
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{SETTING}: not valid TOML ({error})") from error
    _refuse_unknown(document, {"service_label", "metrics"}, SETTING)
    label, metrics = document.get("service_label"), document.get("metrics")
    if not isinstance(label, str) or not _LABEL.fullmatch(label):
        raise _wrong(f"{SETTING}: service_label", "must be the name of the label whose values are the service ids")
    if not isinstance(metrics, Mapping) or not metrics:
        raise _wrong(f"{SETTING}: metrics", "at least one table [metrics.NAME] is needed")
    return QueryMap(
        service_label=label, metrics={name: _metric(name, entry, _where(name, text)) for name, entry in metrics.items()}
    )


def _where(name: str, text: str) -> str:
    """The entry as its owner finds it; the line where the table is written with a header of its own."""
    header = re.compile(rf"\s*\[\s*metrics\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]")
    lines = (number for number, line in enumerate(text.splitlines(), start=1) if header.match(line))
    line = next(lines, None)
    return f"{SETTING}: [metrics.{name}]" + ("" if line is None else f" in line {line}")


def _metric(name: str, entry: object, where: str) -> MetricQuery:
    if not 1 <= len(name) <= _MAX_NAME:
        raise _wrong(where, f"a metric's name has 1 to {_MAX_NAME} characters")
    if not isinstance(entry, Mapping):
        raise _wrong(where, "must be a table with a query")
    _refuse_unknown(entry, {"query", "services"}, where)
    query, services = entry.get("query"), entry.get("services")
    if not isinstance(query, str) or not query.strip():
        raise _wrong(where, "query must be a PromQL text")
    if services is not None and (not isinstance(services, str) or not services.strip() or PLACEHOLDER in services):
        raise _wrong(where, f"services must be a series selector without {PLACEHOLDER}")
    return MetricQuery(name=name, parts=_split(query, where), where=where, services=services)


def _split(query: str, where: str) -> tuple[str, ...]:
    """The text around each placeholder, comments left out."""
    parts, part = [], ""
    for token in _TOKEN.findall(query):
        if token in (f'"{PLACEHOLDER}"', f"'{PLACEHOLDER}'"):
            if not re.search(r'[\w\s"]=\s*$', part):
                raise _wrong(where, f"{PLACEHOLDER} {_WRITE_IT}; a regular expression is refused")
            parts.append(part)
            part = ""
        elif token in ('"', "'", "`"):
            raise _wrong(where, "a quoted string is not closed")
        elif len(token) > 1 and token[0] != "#" and PLACEHOLDER in token:
            raise _wrong(where, f"{PLACEHOLDER} is part of a longer string: {_WRITE_IT}")
        elif len(token) > 1 and token[0] != "#" and HOUR in token:
            raise _wrong(where, f"{HOUR} stands in quotes: write it as a range, as in rate(…[{HOUR}])")
        elif token[0] != "#":
            part += token
    parts.append(part)
    if any(PLACEHOLDER in piece for piece in parts):
        raise _wrong(where, f"{PLACEHOLDER} stands without quotes: {_WRITE_IT}")
    if len(parts) < 2:
        raise _wrong(where, f"{PLACEHOLDER} is missing, so every service would get the same: {_WRITE_IT}")
    return tuple(parts)


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise _wrong(where, f"{', '.join(unknown)} is not known here; known are {', '.join(sorted(known))}")


def _wrong(where: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{where}: {what}")
