"""Dockerfiles, several stages included: what the last stage (or the one asked for) runs on and starts."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field

from adapters.manifests.commands import read_command, read_variable
from adapters.manifests.facts_of import FileFacts
from domain.repository.facts import FactName, SourceKind, folder

_NAME = re.compile(r"(dockerfile|containerfile)(\.[\w.-]+)?|[\w.-]+\.dockerfile", re.IGNORECASE)
_ARGUMENT = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_MOST_LINES = 20_000


def is_dockerfile(file: str) -> bool:
    """Whether the name is one Docker would take."""
    name = posixpath.basename(file)
    return _NAME.fullmatch(name) is not None and not name.lower().endswith((".dockerignore", ".md", ".j2", ".tmpl"))


@dataclass(slots=True)
class _Stage:
    base: str
    line: int
    name: str = ""
    ports: list[tuple[int, int]] = field(default_factory=list)
    variables: list[tuple[str, str, int]] = field(default_factory=list)
    command: tuple[str, int] | None = None
    entrypoint: tuple[str, int] | None = None


def read_dockerfile(file: str, text: str) -> FileFacts:
    """Facts of a Dockerfile, about the folder it lies in."""
    facts = FileFacts(file=file, source=SourceKind.DOCKERFILE)
    subject = folder(posixpath.dirname(file))
    stages = _stages(text)
    if not stages:
        return facts
    last = stages[-1]
    named = {stage.name: stage for stage in stages if stage.name}
    # A stage built on another inherits what that one exposes and starts.
    lineage = [last]
    while (below := named.get(lineage[-1].base.lower())) is not None and below not in lineage:
        lineage.append(below)
    base = lineage[-1]
    facts.add(subject, FactName.DOCKERFILE, file, last.line, "has a Dockerfile")
    if base.base.lower() != "scratch":
        facts.add(subject, FactName.IMAGE, base.base, base.line, f"runs on {base.base}")
    for stage in stages[:-1]:
        if stage not in lineage and stage.base.lower() not in named:
            facts.add(subject, FactName.RUNTIME, f"build:{stage.base}", stage.line, f"built on {stage.base}")
    for stage in reversed(lineage):
        for number, line in stage.ports:
            facts.add(subject, FactName.PORT, number, line, f"EXPOSE {number}")
        for name, value, line in stage.variables:
            read_variable(facts, subject, name, value, line)
    entrypoint = next((stage.entrypoint for stage in lineage if stage.entrypoint), None)
    command = next((stage.command for stage in lineage if stage.command), None)
    words = " ".join(part[0] for part in (entrypoint, command) if part)
    line = (command or entrypoint or ("", last.line))[1]
    read_command(facts, subject, words, line)
    return facts


def _stages(text: str) -> list[_Stage]:
    stages: list[_Stage] = []
    arguments: dict[str, str] = {}
    for line, keyword, rest in _instructions(text):
        if keyword == "ARG":
            name, sign, value = rest.partition("=")
            if sign:
                arguments[name.strip()] = value.strip().strip("'\"")
        elif keyword == "FROM":
            words = [word for word in rest.split() if not word.startswith("--")]
            if words:
                name = words[2].lower() if len(words) > 2 and words[1].upper() == "AS" else ""
                stages.append(_Stage(_fill(words[0], arguments), line, name))
        elif stages:
            _read_instruction(stages[-1], line, keyword, rest, arguments)
    return stages


def _read_instruction(stage: _Stage, line: int, keyword: str, rest: str, arguments: dict[str, str]) -> None:
    if keyword == "EXPOSE":
        for word in _fill(rest, arguments).split():
            number = word.split("/")[0].split("-")[0]
            if number.isascii() and number.isdigit() and 0 < int(number) < 65536:
                stage.ports.append((int(number), line))
    elif keyword == "ENV":
        pairs = re.findall(r"(\w+)=(\"[^\"]*\"|'[^']*'|\S+)", rest)
        if not pairs and len(words := rest.split(None, 1)) == 2:
            pairs = [(words[0], words[1])]
        for name, value in pairs:
            bare = value.strip("'\"")
            arguments[name] = bare
            stage.variables.append((name, bare, line))
    elif keyword == "CMD":
        stage.command = (_words(rest), line)
    elif keyword == "ENTRYPOINT":
        stage.entrypoint = (_words(rest), line)


def _words(rest: str) -> str:
    if rest.startswith("["):
        try:
            parsed = json.loads(rest)
        except (ValueError, RecursionError):
            return rest
        return " ".join(word for word in parsed if isinstance(word, str)) if isinstance(parsed, list) else rest
    return rest


def _fill(text: str, arguments: dict[str, str]) -> str:
    return _ARGUMENT.sub(lambda found: arguments.get(found[1], found[2] or ""), text) if "$" in text else text


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """(line, KEYWORD, rest), continued lines joined, comments and heredoc bodies left out."""
    found: list[tuple[int, str, str]] = []
    pending, started, heredoc = "", 0, ""
    for number, raw in enumerate(text.splitlines()[:_MOST_LINES], start=1):
        if heredoc:
            heredoc = "" if raw.strip() == heredoc else heredoc
            continue
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not pending:
            started = number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        keyword, _, rest = (pending + line).partition(" ")
        pending = ""
        found.append((started, keyword.upper(), rest.strip()))
        opened = re.search(r"<<-?[\"']?(\w+)[\"']?", rest) if keyword.upper() in ("RUN", "COPY") else None
        heredoc = opened[1] if opened else ""
    return found
