"""Edits of YAML by position: only the characters of a value change, and lines are only added; comments and layout stay.

A round trip through a YAML library would keep comments but move indentation, quotes and folded lines. Here the library
(ruamel.yaml) only says where things stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_MOST_CHARACTERS = 2**20
_MERGE = "<<"
# Key → value, or what is below it.
Tree = Mapping[str, "Tree | str"]


class CannotEdit(Exception):
    """The file does not lend itself to an edit; the text says why."""


def compose_documents(text: str) -> list[Node]:
    """The documents' trees with positions.

    Raises:
        CannotEdit: It is no YAML, too large, too deep, or a template.
    """
    if len(text) > _MOST_CHARACTERS:
        raise CannotEdit("the file is larger than 1 MiB")
    if "{{" in text:
        raise CannotEdit("the file is a template")
    try:
        return [node for node in YAML(typ="safe", pure=True).compose_all(text) if node is not None]
    except YAMLError as error:
        raise CannotEdit("the file is no YAML that can be read") from error
    except RecursionError as error:
        raise CannotEdit("the file is nested too deeply") from error


def child(node: Node | None, key: str) -> Node | None:
    """The value under a key of a mapping, or None."""
    pair = _pair(node, key)
    return pair[1] if pair else None


def elements(node: Node | None) -> list[Node]:
    """Of a sequence; empty for anything else."""
    return list(node.value) if isinstance(node, SequenceNode) else []


def scalar(node: Node | None) -> str | None:
    """A scalar's text, or None."""
    return str(node.value) if isinstance(node, ScalarNode) else None


@dataclass(slots=True)
class Edits:
    """Changes to one text, by position in it.

    Attributes:
        text: As it was.
    """

    text: str
    _changes: list[tuple[int, int, str]] = field(default_factory=list)

    def put(self, node: Node, tree: Tree) -> None:
        """Set what the tree says below a mapping; what is missing is added.

        Raises:
            CannotEdit: Something on the way is shared, empty, or no mapping.
        """
        _refuse_shared(node)
        if not isinstance(node, MappingNode):
            raise CannotEdit("what is to be edited is no mapping")
        missing: dict[str, Tree | str] = {}
        for key, wanted in tree.items():
            pair = _pair(node, key)
            if pair is None:
                missing[key] = wanted
                continue
            if pair[1].start_mark.index < pair[0].start_mark.index:
                raise CannotEdit(f"{key} is shared through an anchor")
            if isinstance(wanted, str):
                self._replace(pair[1], wanted, key)
            else:
                self.put(pair[1], wanted)
        if missing:
            self._add(node, missing)

    def copy(self) -> Edits:
        """The same changes, to be added to on trial."""
        return Edits(self.text, list(self._changes))

    def result(self) -> str:
        """The text with all changes."""
        out = self.text
        # At one place the later addition comes after the earlier one.
        for _, (begin, end, new) in sorted(enumerate(self._changes), key=lambda item: (-item[1][0], -item[0])):
            out = out[:begin] + new + out[end:]
        return out

    def _replace(self, node: Node, value: str, key: str) -> None:
        _refuse_shared(node)
        begin, end = node.start_mark.index, node.end_mark.index
        if not isinstance(node, ScalarNode) or node.style in ("|", ">") or end <= begin:
            raise CannotEdit(f"{key} is no plain value")
        quote = node.style if node.style in ("'", '"') else ""
        self._changes.append((begin, end, f"{quote}{value}{quote}"))

    def _add(self, mapping: MappingNode, missing: Tree) -> None:
        if not mapping.value:
            raise CannotEdit("there is nothing to add to")
        if mapping.flow_style:
            at = _last(mapping.value[-1][1]).index
            self._changes.append((at, at, f", {_flow(missing)}"))
            return
        lines = _block(missing, mapping.value[0][0].start_mark.column)
        at = self._after(mapping)
        lead = "" if at == 0 or self.text[at - 1] == "\n" else "\n"
        self._changes.append((at, at, lead + "".join(f"{line}\n" for line in lines)))

    def _after(self, mapping: Node) -> int:
        """Where the line after the mapping's last one begins; comments that follow it stay below."""
        index = _last(mapping).index
        # A block scalar ends where the next line begins.
        if index > 0 and self.text[index - 1] == "\n":
            return int(index)
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1


def _flow(tree: Tree) -> str:
    return ", ".join(
        f"{key}: {below}" if isinstance(below, str) else f"{key}: {{{_flow(below)}}}" for key, below in tree.items()
    )


def _block(tree: Tree, column: int) -> list[str]:
    lines = []
    for key, below in tree.items():
        if isinstance(below, str):
            lines.append(f"{' ' * column}{key}: {below}")
        else:
            lines += [f"{' ' * column}{key}:", *_block(below, column + 2)]
    return lines


def _pair(node: Node | None, key: str) -> tuple[Node, Node] | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next(((name, value) for name, value in pairs if isinstance(name, ScalarNode) and name.value == key), None)


def _last(node: Node) -> Any:
    """Mark of the end of a node's last character: a block's own end mark lies beyond comments and blank lines."""
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, below = last if isinstance(node, MappingNode) else (None, last)
        if key is not None and below.start_mark.index < key.start_mark.index:
            raise CannotEdit("its last entry is shared through an anchor")
        node = below
    return node.end_mark


def _refuse_shared(node: Node) -> None:
    if getattr(node, "anchor", None):
        raise CannotEdit("it is shared through an anchor")
    if _pair(node, _MERGE) is not None:
        raise CannotEdit("it is merged from an anchor")
