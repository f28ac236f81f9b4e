"""YAML and JSON as trees that know their lines, read by one pass over events, so that no document can blow it up.

PyYAML's own composer calls itself once per level and copies nothing but shares everything: deep nesting kills the C
loader, and merges of aliases of aliases take for ever. Here the parser's events are counted as they come: depth,
nodes, and the weight that aliases would unfold to are bounded (OWASP: billion laughs).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 64
MAX_WEIGHT = 200_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unparsable(Exception):
    """A document cannot be read; ``line`` is 1-based, 0 when unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class Node:
    """A value and the line it starts on.

    Attributes:
        line: 1-based.
        text: Of a scalar; None for collections.
        plain: Whether a scalar stood without quotes, so that ``null`` and ``true`` mean what they say.
        entries: Of a mapping: key → value, merges resolved; None otherwise.
        items: Of a sequence; None otherwise.
        weight: Nodes it would unfold to.
        end: Last line, 1-based.
    """

    line: int
    text: str | None = None
    plain: bool = True
    entries: dict[str, Node] | None = None
    items: list[Node] | None = None
    weight: int = 1
    end: int = 0
    key_lines: dict[str, int] = field(default_factory=dict)

    def get(self, *path: str) -> Node | None:
        """The value under keys, one after the other; None where one is missing or null."""
        node: Node | None = self
        for key in path:
            node = node.entries.get(key) if node is not None and node.entries is not None else None
        return None if node is None or node.is_null else node

    def line_of(self, key: str) -> int:
        """The line a key stands on."""
        return self.key_lines.get(key, self.line)

    @property
    def is_null(self) -> bool:
        """Whether it is YAML's nothing."""
        return self.text is not None and self.plain and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def scalar(self) -> str | None:
        """The text of a scalar that is not null."""
        return None if self.is_null else self.text

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a mapping; nothing for other values."""
        yield from (self.entries or {}).items()

    def elements(self) -> list[Node]:
        """Elements of a sequence; nothing for other values."""
        return self.items or []


def parse_documents(text: str) -> list[Node]:
    """All documents of a YAML stream, empty ones left out.

    Raises:
        Unparsable: Not YAML, nested deeper than 64, or unfolding to more than 200,000 nodes.
    """
    try:
        return list(_Builder().documents(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = str(getattr(error, "problem", None) or "not YAML")
        raise Unparsable(reason, mark.line + 1 if mark else 0) from error
    except ValueError as error:  # an escape that names no character
        raise Unparsable("a character that cannot be read") from error


def parse_json(text: str) -> Node:
    """One JSON document, through the same bounded reader (JSON is YAML once tabs are blanks).

    Raises:
        Unparsable: As ``parse_documents``, or the file is empty.
    """
    documents = parse_documents(text.removeprefix("\ufeff").replace("\t", " "))
    if not documents:
        raise Unparsable("the file is empty")
    return documents[0]


class _Builder:
    """Turns events into nodes without recursion."""

    def __init__(self) -> None:
        self._anchors: dict[str, Node] = {}
        self._weight = 0

    def documents(self, text: str) -> Iterator[Node]:
        stack: list[tuple[Node, str | None]] = []
        anchors: list[str | None] = []
        for event in yaml.parse(text, Loader=_LOADER):
            mark = event.start_mark
            line = mark.line + 1 if mark is not None else 0
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
            elif isinstance(event, yaml.AliasEvent):
                done = self._anchors.get(event.anchor or "")
                if done is None:
                    raise Unparsable(f"the alias *{(event.anchor or '')[:40]} has no finished anchor before it", line)
                self._count(done.weight, line)
                yield from self._place(stack, done)
            elif isinstance(event, yaml.ScalarEvent):
                self._count(1, line)
                node = Node(line, text=event.value, plain=event.style is None and not event.tag, end=line)
                if event.anchor:
                    self._anchors[event.anchor] = node
                yield from self._place(stack, node)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._count(1, line)
                if len(stack) >= MAX_DEPTH:
                    raise Unparsable(f"nested deeper than {MAX_DEPTH}", line)
                node = Node(line, entries={}) if isinstance(event, yaml.MappingStartEvent) else Node(line, items=[])
                stack.append((node, None))
                anchors.append(event.anchor)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                node, _ = stack.pop()
                # Named only now: an alias inside its own anchor would make a tree without end.
                if anchor := anchors.pop():
                    self._anchors[anchor] = node
                # The end event of a block stands on the line after its last one.
                node.end = max(node.line, _last_line(node))
                yield from self._place(stack, node)

    def _count(self, weight: int, line: int) -> None:
        self._weight += weight
        if self._weight > MAX_WEIGHT:
            raise Unparsable(f"it unfolds to more than {MAX_WEIGHT} values", line)

    def _place(self, stack: list[tuple[Node, str | None]], node: Node) -> Iterator[Node]:
        """Put a finished node into what holds it; a document's root is yielded."""
        if not stack:
            if not node.is_null:
                yield node
            return
        holder, key = stack[-1]
        holder.weight += node.weight
        if holder.items is not None:
            holder.items.append(node)
        elif key is None:
            # A key that is no text (a list, say) cannot matter to us; its value is kept under its line.
            name = node.text if node.text is not None else f"?{node.line}"
            holder.key_lines[name] = node.line
            stack[-1] = (holder, name)
        else:
            _put(holder, key, node)
            stack[-1] = (holder, None)


def _put(holder: Node, key: str, node: Node) -> None:
    entries = holder.entries
    if entries is None:
        return
    if key == "<<" and (node.entries is not None or node.items is not None):
        for source in [node] if node.entries is not None else node.elements():
            for name, value in source.pairs():
                # What the mapping says itself wins over what it merges, wherever it stands.
                if name not in entries:
                    entries[name] = value
                    holder.key_lines.setdefault(name, source.line_of(name))
        return
    entries[key] = node


def _last_line(node: Node) -> int:
    ends = [value.end for value in (node.entries or {}).values()] + [item.end for item in node.elements()]
    return max(ends, default=node.line)
