"""Docker Compose, v2 and v3 (https://github.com/compose-spec/compose-spec)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from adapters.manifests.commands import command_text, read_command, read_variable
from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node, Unparsable, parse_documents
from domain.repository.facts import FactName, SourceKind, Subject, service
from domain.repository.quantities import docker_memory_gib, plain_cpu

_NAME = re.compile(r"(docker-)?compose([._-](?P<overlay>[\w.-]+?))?\.ya?ml", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\$|\$(?:\{(?P<braced>\w+)(?:(?P<op>:?[-?+])(?P<text>[^{}]*))?\}|(?P<plain>\w+))")
_EXTENDS = re.compile(r"\bextends:(?:[^\n]*\n?){0,3}?[^\n]*?\bfile:\s*[\"']?([^\s,}\"']+)")
_MAX_EXTENDS = 16

ReadOther = Callable[[str], str | None]


def overlay_of(file: str) -> str | None:
    """The overlay a Compose file is (``prod`` of ``compose.prod.yml``), "" for the base, None for other files."""
    found = _NAME.fullmatch(posixpath.basename(file))
    return None if found is None else (found["overlay"] or "").lower()


def extended_files(files: Mapping[str, str]) -> set[str]:
    """Files from which Compose files take services over with ``extends``: nothing runs by what stands there alone."""
    return {
        posixpath.normpath(posixpath.join(posixpath.dirname(path), other))
        for path, text in files.items()
        if overlay_of(path) is not None
        for other in _EXTENDS.findall(text)
    }


def read_compose(file: str, text: str, read_other: ReadOther) -> FileFacts:
    """Facts of one Compose file.

    Args:
        file: Its path from the root.
        text: Its content.
        read_other: Path → content of another file of the repository (``extends``, ``env_file``, ``.env``), or None.

    Raises:
        Unparsable: It is not YAML, or too deep or large.
    """
    facts = FileFacts(file=file, source=SourceKind.COMPOSE, overlay=overlay_of(file) or "")
    documents = parse_documents(text)
    root = documents[0] if documents else None
    if root is None or root.entries is None:
        return facts
    services = root.get("services")
    if services is None:
        # Version 1 had the services at the top.
        services = root if all(node.entries for _, node in root.pairs()) else None
    if services is None:
        return facts
    reader = _Reader(facts, _variables(file, read_other), read_other)
    for name, node in services.pairs():
        if node.entries is not None and not name.startswith("x-"):
            reader.read(name, node, services)
    return facts


def _variables(file: str, read_other: ReadOther) -> Mapping[str, str]:
    return dict(env_lines(read_other(posixpath.join(posixpath.dirname(file), ".env")) or ""))


def env_lines(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of each line of a ``.env`` file."""
    for raw in text.splitlines():
        line = raw.strip().removeprefix("export ")
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#") and name.strip().isidentifier():
            yield name.strip(), value.strip().strip("'\"")


class _Reader:
    """One service after the other into facts."""

    def __init__(self, facts: FileFacts, variables: Mapping[str, str], read_other: ReadOther) -> None:
        self._facts = facts
        self._variables = variables
        self._read_other = read_other
        self._folder = posixpath.dirname(facts.file)

    def read(self, name: str, node: Node, services: Node) -> None:
        subject = service(name)
        self._facts.add(subject, FactName.EXISTS, name, services.line_of(name), f"Compose service {name}")
        for source, parent in self._with_parents(node, services):
            line_in_file = source == self._facts.file
            self._read_one(subject, parent, services.line_of(name) if not line_in_file else 0)

    def _with_parents(self, node: Node, services: Node) -> Iterator[tuple[str, Node]]:
        """What a service extends, furthest first, then itself: later facts win."""
        chain = [(self._facts.file, node)]
        here, file = services, self._facts.file
        for _ in range(_MAX_EXTENDS):
            extends = chain[-1][1].get("extends")
            if extends is None:
                break
            wanted = extends.scalar or self._text(extends.get("service"))
            other = self._text(extends.get("file"))
            if other:
                file = posixpath.normpath(posixpath.join(posixpath.dirname(file), other))
                here = self._services_of(file, extends.line) or Node(0, entries={})
            parent = here.get(wanted) if wanted else None
            if parent is None or any(parent is seen for _, seen in chain):
                self._facts.find(
                    "unresolved", extends.line, f"extends {wanted!r} of {other or 'this file'}, which is not there"
                )
                break
            chain.append((file, parent))
        yield from reversed(chain)

    def _services_of(self, file: str, line: int) -> Node | None:
        content = self._read_other(file)
        if content is None:
            return None
        try:
            documents = parse_documents(content)
        except Unparsable as error:
            self._facts.find("unparsable", line, f"{file}, which is extended here, cannot be read: {error.reason}")
            return None
        return documents[0].get("services") if documents else None

    def _read_one(self, subject: Subject, node: Node, line_instead: int) -> None:
        """The facts of one mapping; ``line_instead`` stands in for lines of another file."""

        def at(key_of: Node, key: str) -> int:
            return line_instead or key_of.line_of(key)

        if image := self._text(node.get("image")):
            self._facts.add(subject, FactName.IMAGE, image, at(node, "image"), f"image {image}")
        self._build(subject, node, at)
        self._ports(subject, node, line_instead)
        self._amounts(subject, node, at)
        for key in ("command", "entrypoint"):
            read_command(self._facts, subject, self._fill(command_text(node.get(key))), at(node, key))
        self._depends(subject, node, line_instead)
        self._environment(subject, node, line_instead)
        for profile in (node.get("profiles") or Node(0)).elements():
            if profile.scalar:
                self._facts.add(subject, FactName.PROFILE, profile.scalar, line_instead or profile.line,
                                f"only with the profile {profile.scalar}")  # fmt: skip

    def _build(self, subject: Subject, node: Node, at: Callable[[Node, str], int]) -> None:
        build = node.get("build")
        if build is None:
            return
        context = self._text(build) if build.entries is None else (self._text(build.get("context")) or ".")
        if context and "://" not in context and not context.startswith("git@"):
            path = posixpath.normpath(posixpath.join(self._folder, context))
            inside = "" if path == "." else path
            if not inside.startswith(".."):
                self._facts.add(subject, FactName.BUILD_FOLDER, inside, at(node, "build"), f"built from {context}")
        dockerfile = self._text(build.get("dockerfile"))
        if dockerfile:
            path = posixpath.normpath(posixpath.join(self._folder, context or ".", dockerfile))
            self._facts.add(subject, FactName.DOCKERFILE, path, at(build, "dockerfile"), f"built by {dockerfile}")

    def _ports(self, subject: Subject, node: Node, line_instead: int) -> None:
        for key in ("ports", "expose"):
            for item in (node.get(key) or Node(0)).elements():
                raw = self._text(item) or self._text(item.get("target")) or ""
                # host:container/protocol; the last part is the container's, a range counts by its first.
                inside = raw.split("/")[0].rsplit(":", 1)[-1].split("-")[0]
                if inside.isascii() and inside.isdigit() and 0 < int(inside) < 65536:
                    self._facts.add(subject, FactName.PORT, int(inside), line_instead or item.line, f"port {inside}")

    def _amounts(self, subject: Subject, node: Node, at: Callable[[Node, str], int]) -> None:
        deploy = node.get("deploy") or Node(0, entries={})
        resources = deploy.get("resources") or Node(0, entries={})
        limits, reserved = resources.get("limits") or Node(0), resources.get("reservations") or Node(0)
        sources = (
            (limits, "cpus", FactName.CPU_LIMIT), (limits, "memory", FactName.MEMORY_LIMIT),
            (reserved, "cpus", FactName.CPU_REQUEST), (reserved, "memory", FactName.MEMORY_REQUEST),
            (node, "cpus", FactName.CPU_LIMIT), (node, "mem_limit", FactName.MEMORY_LIMIT),
            (node, "mem_reservation", FactName.MEMORY_REQUEST),
            (deploy, "replicas", FactName.REPLICAS), (node, "scale", FactName.REPLICAS),
        )  # fmt: skip
        for holder, key, name in sources:
            raw = self._text(holder.get(key))
            if not raw:
                continue
            amount = _amount(name, raw)
            if amount is None:
                self._facts.find(
                    "not_an_amount", at(holder, key), f"{key} of {subject.name} is {raw!r}, which is not an amount"
                )
            else:
                self._facts.add(subject, name, amount, at(holder, key), f"{key}: {raw}")

    def _depends(self, subject: Subject, node: Node, line_instead: int) -> None:
        for key in ("depends_on", "links"):
            needs = node.get(key) or Node(0)
            named = [(item.scalar or "", item.line) for item in needs.elements()]
            named += [(name, needs.line_of(name)) for name, _ in needs.pairs()]
            for name, line in named:
                if other := name.split(":")[0]:
                    self._facts.add(subject, FactName.DEPENDS_ON, other, line_instead or line, f"depends on {other}")

    def _environment(self, subject: Subject, node: Node, line_instead: int) -> None:
        given = node.get("environment") or Node(0)
        for name, value in given.pairs():
            read_variable(self._facts, subject, name, self._text(value) or "", line_instead or given.line_of(name))
        for item in given.elements():
            name, _, text = (item.scalar or "").partition("=")
            read_variable(self._facts, subject, name, self._fill(text), line_instead or item.line)
        files = node.get("env_file") or Node(0)
        for item in [files, *files.elements()]:
            path = item.scalar or self._text(item.get("path"))
            content = self._read_other(posixpath.normpath(posixpath.join(self._folder, path))) if path else None
            for name, text in env_lines(content or ""):
                read_variable(self._facts, subject, name, text, line_instead or item.line)

    def _text(self, node: Node | None) -> str | None:
        raw = node.scalar if node is not None else None
        return None if raw is None else self._fill(raw)

    def _fill(self, text: str) -> str:
        """Variables from ``.env``, else their default; one without either stays empty, as Compose does."""

        def value(found: re.Match[str]) -> str:
            if found[0] == "$$":
                return "$"
            known = self._variables.get(found["braced"] or found["plain"])
            operator = found["op"] or ""
            if operator.endswith("+"):
                return found["text"] if known else ""
            if operator.endswith("-") and not known:
                return found["text"]
            return known or ""

        return _VARIABLE.sub(value, text) if "$" in text else text


def _amount(name: FactName, raw: str) -> float | int | None:
    if name is FactName.REPLICAS:
        return int(raw) if raw.isascii() and raw.isdigit() and int(raw) <= 10_000 else None
    if name in (FactName.CPU_LIMIT, FactName.CPU_REQUEST):
        return plain_cpu(raw)
    return docker_memory_gib(raw)
