"""Files of hosting platforms: Procfile, fly.toml, render.yaml, app.yaml, serverless.yml."""

from __future__ import annotations

import posixpath
import re
import tomllib
from typing import Any

from adapters.manifests.commands import read_command, read_variable
from adapters.manifests.facts_of import FileFacts
from adapters.manifests.tree import Node, Unparsable, parse_documents
from domain.repository.facts import FactName, SourceKind, service
from domain.repository.quantities import docker_memory_gib, megabytes_gib, plain_cpu

_EMPTY = Node(0, entries={})
_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$")
# Not services: Heroku runs them once per release, or never.
_NOT_SERVICES = {"release", "postdeploy"}
_WORKER_WORDS = ("worker", "clock", "beat", "scheduler", "cron", "jobs", "queue", "sidekiq", "celery")
# App Engine's standard instance classes: memory in MiB (cloud.google.com/appengine/docs/standard, 2026).
_APP_ENGINE_MIB = {"F1": 384, "F2": 768, "F4": 1536, "F4_1G": 3072, "B1": 384, "B2": 768, "B4": 1536, "B8": 3072}


def read_procfile(file: str, text: str, repository: str) -> FileFacts:
    """Each process type is a service; ``web`` alone is the repository's own."""
    facts = FileFacts(file=file, source=SourceKind.PROCFILE)
    where = posixpath.dirname(file)
    base = posixpath.basename(where) or repository
    found = [
        (number, match[1], match[2])
        for number, line in enumerate(text.splitlines(), start=1)
        if (match := _PROCESS.match(line.strip())) and match[1].lower() not in _NOT_SERVICES
    ]
    for number, process, command in found:
        name = process if len(found) > 1 else base
        subject = service(name)
        facts.add(subject, FactName.EXISTS, name, number, f"process type {process}")
        facts.add(subject, FactName.BUILD_FOLDER, where, number, "runs the code beside the Procfile")
        if any(word in process.lower() for word in _WORKER_WORDS):
            facts.add(subject, FactName.KIND, "worker", number, f"process type {process}")
        elif process == "web":
            facts.add(subject, FactName.KIND, "web", number, "process type web receives requests")
        read_command(facts, subject, command, number)
    return facts


def read_fly(file: str, text: str, repository: str) -> FileFacts:
    """fly.toml (https://fly.io/docs/reference/configuration).

    Raises:
        Unparsable: It is not TOML.
    """
    facts = FileFacts(file=file, source=SourceKind.PLATFORM)
    parsed = parse_toml(text)
    name = str(parsed.get("app") or repository)
    subject = service(name)
    facts.add(subject, FactName.EXISTS, name, line_with(text, "app"), f"Fly app {name}")
    facts.add(subject, FactName.BUILD_FOLDER, posixpath.dirname(file), line_with(text, "app"), "built beside fly.toml")
    image = _table(parsed, "build").get("image")
    if isinstance(image, str):
        facts.add(subject, FactName.IMAGE, image, line_with(text, "image"), f"image {image}")
    port = _table(parsed, "http_service").get("internal_port")
    services = parsed.get("services")
    if not isinstance(port, int) and isinstance(services, list) and services and isinstance(services[0], dict):
        port = services[0].get("internal_port")
    if isinstance(port, int) and 0 < port < 65536:
        facts.add(subject, FactName.PORT, port, line_with(text, "internal_port"), f"internal_port {port}")
    least = _table(parsed, "http_service").get("min_machines_running")
    if isinstance(least, int) and least > 0:
        facts.add(
            subject, FactName.MIN_REPLICAS, least, line_with(text, "min_machines_running"), f"at least {least} machines"
        )
    machines = parsed.get("vm")
    for machine in machines if isinstance(machines, list) else [machines] if isinstance(machines, dict) else []:
        _fly_machine(facts, subject.name, machine, text)
        break
    for key, value in _table(parsed, "env").items():
        read_variable(facts, subject, key, str(value), line_with(text, key))
    _fly_processes(facts, subject.name, _table(parsed, "processes"), text)
    return facts


def _fly_processes(facts: FileFacts, app: str, processes: dict[str, Any], text: str) -> None:
    """The process that serves is the app itself; the others run on machines of their own."""
    serving = next((name for name in ("app", "web", *processes) if name in processes), None)
    for name, command in processes.items():
        line, subject = line_with(text, name), service(app if name == serving else f"{app}-{name}")
        if name != serving:
            facts.add(subject, FactName.EXISTS, subject.name, line, f"process group {name}")
            facts.add(subject, FactName.BUILD_FOLDER, posixpath.dirname(facts.file), line, "built beside fly.toml")
        read_command(facts, subject, str(command), line)


def _fly_machine(facts: FileFacts, name: str, machine: dict[str, Any], text: str) -> None:
    subject = service(name)
    size = re.fullmatch(r"(shared|performance)-(?:cpu-)?(\d+)x", str(machine.get("size", "")))
    vcpus = plain_cpu(str(machine.get("cpus", size[2] if size else "")))
    if vcpus:
        key = "cpus" if "cpus" in machine else "size"
        facts.add(subject, FactName.CPU_LIMIT, vcpus, line_with(text, key), f"{key}: {vcpus:g} CPUs")
    raw = machine.get("memory", machine.get("memory_mb", ""))
    amount = megabytes_gib(str(raw)) if isinstance(raw, int) else docker_memory_gib(str(raw))
    if amount:
        facts.add(subject, FactName.MEMORY_LIMIT, amount, line_with(text, "memory"), f"memory {raw}")


def read_render(file: str, text: str) -> FileFacts:
    """render.yaml (https://render.com/docs/blueprint-spec).

    Raises:
        Unparsable: It is not YAML.
    """
    facts = FileFacts(file=file, source=SourceKind.PLATFORM)
    kinds = {"web": "web", "pserv": "api", "worker": "worker", "cron": "worker", "redis": "cache", "keyvalue": "cache"}
    for root in parse_documents(text):
        for node in (root.get("services") or _EMPTY).elements():
            name, kind = _scalar(node.get("name")), _scalar(node.get("type")) or ""
            if not name:
                continue
            subject = service(name)
            facts.add(subject, FactName.EXISTS, name, node.line_of("name"), f"Render {kind or 'service'} {name}")
            if kind in kinds:
                facts.add(subject, FactName.KIND, kinds[kind], node.line_of("type"), f"type: {kind}")
            where = _scalar(node.get("rootDir")) or posixpath.dirname(file)
            facts.add(subject, FactName.BUILD_FOLDER, posixpath.normpath(where).strip("./"), node.line, "built here")
            runtime = _scalar(node.get("runtime")) or _scalar(node.get("env"))
            if runtime and runtime not in ("docker", "image", "static"):
                facts.add(subject, FactName.RUNTIME, runtime, node.line, f"runtime: {runtime}")
            instances = _scalar(node.get("numInstances")) or ""
            if instances.isascii() and instances.isdigit():
                facts.add(
                    subject,
                    FactName.REPLICAS,
                    int(instances),
                    node.line_of("numInstances"),
                    f"numInstances: {instances}",
                )
            read_command(facts, subject, _scalar(node.get("startCommand")) or "", node.line_of("startCommand"))
        for node in (root.get("databases") or _EMPTY).elements():
            if name := _scalar(node.get("name")):
                facts.add(service(name), FactName.EXISTS, name, node.line_of("name"), f"Render database {name}")
                facts.add(service(name), FactName.KIND, "db", node.line, "under databases:")
                facts.add(service(name), FactName.RUNTIME, "postgres", node.line, "Render's databases are PostgreSQL")
    return facts


def read_app_engine(file: str, text: str, repository: str) -> FileFacts:
    """app.yaml of Google App Engine.

    Raises:
        Unparsable: It is not YAML.
    """
    facts = FileFacts(file=file, source=SourceKind.PLATFORM)
    for root in parse_documents(text)[:1]:
        runtime = _scalar(root.get("runtime"))
        if not runtime:
            return facts
        name = _scalar(root.get("service")) or repository
        subject = service(name)
        facts.add(subject, FactName.EXISTS, name, root.line, f"App Engine service {name}")
        facts.add(subject, FactName.BUILD_FOLDER, posixpath.dirname(file), root.line, "runs the code beside app.yaml")
        found = re.fullmatch(r"([a-z]+)(\d*)", runtime)
        facts.add(
            subject, FactName.RUNTIME, found[1] if found else runtime, root.line_of("runtime"), f"runtime: {runtime}"
        )
        if found and found[2]:
            version = found[2] if len(found[2]) < 3 or found[1] != "python" else f"{found[2][0]}.{found[2][1:]}"
            facts.add(subject, FactName.RUNTIME_VERSION, version, root.line_of("runtime"), f"runtime: {runtime}")
        if memory := _APP_ENGINE_MIB.get((_scalar(root.get("instance_class")) or "").upper()):
            facts.add(
                subject, FactName.MEMORY_LIMIT, memory / 1024, root.line_of("instance_class"), "by its instance class"
            )
        resources = root.get("resources") or _EMPTY
        for key, fact in (("cpu", FactName.CPU_LIMIT), ("memory_gb", FactName.MEMORY_LIMIT)):
            if amount := plain_cpu(_scalar(resources.get(key)) or ""):
                facts.add(subject, fact, amount, resources.line_of(key), f"{key}: {amount:g}")
        scaling = root.get("automatic_scaling") or _EMPTY
        for key, fact in (
            ("min_instances", FactName.MIN_REPLICAS), ("max_instances", FactName.MAX_REPLICAS),
            ("min_num_instances", FactName.MIN_REPLICAS), ("max_num_instances", FactName.MAX_REPLICAS),
        ):  # fmt: skip
            raw = _scalar(scaling.get(key)) or ""
            if raw.isascii() and raw.isdigit():
                facts.add(subject, fact, int(raw), scaling.line_of(key), f"{key}: {raw}")
        read_command(facts, subject, _scalar(root.get("entrypoint")) or "", root.line_of("entrypoint"))
    return facts


def read_serverless(file: str, text: str) -> FileFacts:
    """serverless.yml: each function is a service.

    Raises:
        Unparsable: It is not YAML.
    """
    facts = FileFacts(file=file, source=SourceKind.PLATFORM)
    for root in parse_documents(text)[:1]:
        provider = root.get("provider") or _EMPTY
        for name, node in (root.get("functions") or _EMPTY).pairs():
            subject = service(name)
            line = (root.get("functions") or _EMPTY).line_of(name)
            facts.add(subject, FactName.EXISTS, name, line, f"function {name}")
            facts.add(
                subject, FactName.BUILD_FOLDER, posixpath.dirname(file), line, "its code is beside serverless.yml"
            )
            runtime = _scalar(node.get("runtime")) or _scalar(provider.get("runtime")) or ""
            if found := re.fullmatch(r"(nodejs|python|java|ruby|go|dotnet)(\d+(?:\.\d+)*)?.*", runtime):
                spoken = "node" if found[1] == "nodejs" else found[1]
                facts.add(subject, FactName.RUNTIME, spoken, provider.line, f"runtime: {runtime}")
                if found[2]:
                    facts.add(subject, FactName.RUNTIME_VERSION, found[2], provider.line, f"runtime: {runtime}")
            # Without a figure the framework gives 1,024 MiB.
            raw = _scalar(node.get("memorySize")) or _scalar(provider.get("memorySize"))
            if raw and (amount := megabytes_gib(raw)):
                facts.add(subject, FactName.MEMORY_LIMIT, amount, node.line, f"memorySize: {raw}")
            events = [key for event in (node.get("events") or _EMPTY).elements() for key, _ in event.pairs()]
            kind = "api" if any(key in ("http", "httpApi", "websocket", "alb") for key in events) else "worker"
            facts.add(subject, FactName.KIND, kind, node.line, f"called by {', '.join(events) or 'nothing named'}")
    return facts


def parse_toml(text: str) -> dict[str, Any]:
    """A TOML document.

    Raises:
        Unparsable: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line (\d+)", str(error))
        raise Unparsable("not TOML", int(found[1]) if found else 0) from error


def line_with(text: str, key: str) -> int:
    """The first line that sets a key, 1 when none does."""
    found = re.search(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[=:]", text, re.MULTILINE)
    return (
        text.count("\n", 0, found.start()) + 1 + found[0].count("\n", 0, len(found[0]) - len(found[0].lstrip()))
        if found
        else 1
    )


def _table(parsed: dict[str, Any], key: str) -> dict[str, Any]:
    value = parsed.get(key)
    return value if isinstance(value, dict) else {}


def _scalar(node: Node | None) -> str | None:
    return node.scalar if node is not None else None
