"""What a start command says: workers, memory flags, framework, port."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node
from domain.repository.facts import FactName, Subject
from domain.repository.quantities import docker_memory_gib, megabytes_gib

# Program → framework a reader would name for it.
SERVERS = {
    "gunicorn": "gunicorn", "uvicorn": "uvicorn", "hypercorn": "hypercorn", "daphne": "daphne", "celery": "celery",
    "rq": "rq", "dramatiq": "dramatiq", "puma": "puma", "sidekiq": "sidekiq", "resque": "resque", "unicorn": "unicorn",
    "pm2": "pm2", "pm2-runtime": "pm2", "next": "next", "flask": "flask",
    "fastapi": "fastapi", "streamlit": "streamlit",
    "granian": "granian", "waitress-serve": "waitress", "thin": "thin", "rails": "rails",
}  # fmt: skip
# Program → the words that carry its number of workers.
_WORKER_FLAGS = {
    "gunicorn": ("-w", "--workers"), "uvicorn": ("--workers",), "hypercorn": ("-w", "--workers"),
    "granian": ("--workers",), "celery": ("-c", "--concurrency"), "puma": ("-w", "--workers"),
    "dramatiq": ("-p", "--processes"), "pm2": ("-i", "--instances"), "pm2-runtime": ("-i", "--instances"),
    "sidekiq": ("-c", "--concurrency"), "unicorn": ("-w", "--workers"), "fastapi": ("--workers",),
}  # fmt: skip
_HEAP = re.compile(r"-Xmx(\d+[kKmMgG]?)\b")
_OLD_SPACE = re.compile(r"--max[-_]old[-_]space[-_]size[= ](\d+)")
_WORKER_VARIABLES = {"WEB_CONCURRENCY", "GUNICORN_WORKERS", "UVICORN_WORKERS", "WORKERS", "MAX_WORKERS", "PUMA_WORKERS"}
_FLAG_VARIABLES = {"JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JVM_OPTS", "_JAVA_OPTIONS", "CATALINA_OPTS", "ES_JAVA_OPTS",
                   "NODE_OPTIONS", "KAFKA_HEAP_OPTS", "JDK_JAVA_OPTIONS"}  # fmt: skip
# A host with a port or behind a scheme, anywhere in a value; a bare host only where the variable's name asks for one.
_ADDRESS = re.compile(r"(?:://(?:[^@/\s]*@)?|^|[,@\s])([A-Za-z][\w-]*)(?:\.[\w.-]+)?(?::\d{2,5}\b|(?<=\w)(?=/|$))")
_ASKS_FOR_HOST = re.compile(
    r"(^|_)(HOST|HOSTNAME|SERVER|SERVERS|ADDR|ADDRESS|ENDPOINT|URL|URI|BROKERS?)S?$", re.IGNORECASE
)
_WORDS = re.compile(r"[^\s;|&()]+")
_MAX_COMMAND = 4_000
MAX_WORKERS = 4_096


def command_text(node: Node | None) -> str:
    """A command given as text or as a list of words."""
    if node is None:
        return ""
    return node.scalar or " ".join(item.scalar or "" for item in node.elements())


def read_command(facts: FileFacts, subject: Subject, command: str, line: int) -> None:
    """Note what a start command says."""
    command = command[:_MAX_COMMAND].strip()
    if not command:
        return
    facts.add(subject, FactName.COMMAND, command, line, f"starts with {command[:80]!r}")
    words = _split(command)
    for position, word in enumerate(words):
        program = word.rsplit("/", 1)[-1]
        if program in SERVERS and (
            position == 0 or not words[position - 1].startswith("-") or words[position - 1] == "-m"
        ):
            facts.add(subject, FactName.FRAMEWORK, SERVERS[program], line, f"runs {program}")
            count = _workers(program, words[position + 1 :])
            if count:
                facts.add(subject, FactName.WORKERS, count, line, f"{count} workers of {program}")
    read_memory_flags(facts, subject, command, line)


def read_memory_flags(facts: FileFacts, subject: Subject, text: str, line: int) -> None:
    """JVM heap and Node old-space limits in any text."""
    found = _HEAP.search(text)
    amount = docker_memory_gib(found[1]) if found else None
    if found and amount:
        facts.add(subject, FactName.MEMORY_FLAG, amount, line, f"JVM heap limited by {found[0]}")
    found = _OLD_SPACE.search(text)
    amount = megabytes_gib(found[1]) if found else None
    if found and amount:
        facts.add(subject, FactName.MEMORY_FLAG, amount, line, f"Node heap limited by {found[0]}")


def read_variable(facts: FileFacts, subject: Subject, name: str, value: str, line: int) -> None:
    """Environment variables that set workers or memory, or name another service."""
    if name in _WORKER_VARIABLES and (count := _count(value)):
        facts.add(subject, FactName.WORKERS, count, line, f"{name}={count}")
    if name in _FLAG_VARIABLES:
        read_memory_flags(facts, subject, value, line)
    if name == "PORT" and value.isascii() and value.isdigit() and 0 < int(value[:6]) < 65536:
        facts.add(subject, FactName.PORT, int(value[:6]), line, f"{name}={value[:6]}")
    for host in _hosts(name, value[:_MAX_COMMAND]):
        facts.add(subject, FactName.DEPENDS_ON, host, line, f"{name} names {host}")


def _hosts(name: str, value: str) -> list[str]:
    """Hosts in a variable; which of them are services of the repository is found later."""
    asked = _ASKS_FOR_HOST.search(name) is not None
    found = [host[1] for host in _ADDRESS.finditer(value) if asked or ":" in host[0]]
    return list(dict.fromkeys(found))[:20]


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command, comments=False)
    except ValueError:  # an open quote: words as they stand
        words = command.split()
    # sh -c "exec gunicorn …" hides the program inside one word.
    inner: list[str] = []
    for word in words:
        inner += _WORDS.findall(word) if any(mark in word for mark in " ;|&") else [word]
    return inner


def _workers(program: str, arguments: Sequence[str]) -> int | None:
    flags = _WORKER_FLAGS.get(program, ())
    for position, word in enumerate(arguments):
        name, _, joined = word.partition("=")
        if name in flags:
            following = arguments[position + 1] if position + 1 < len(arguments) else ""
            return _count(joined or following)
        short = next((flag for flag in flags if len(flag) == 2 and word.startswith(flag) and word != flag), None)
        if short and not word.startswith("--"):
            return _count(word[2:])
    return None


def _count(text: str) -> int | None:
    """A number of workers, also as the default of a variable: ``${WEB_CONCURRENCY:-4}``."""
    found = re.fullmatch(r"(?:\$\{\w+:?-)?([0-9]{1,4})\}?", text.strip())
    return int(found[1]) if found and 0 < int(found[1]) <= MAX_WORKERS else None
