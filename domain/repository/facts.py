"""Facts read from a repository's files, each with the line that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class FactName(StrEnum):
    """What a fact is about; the unit is in the name where there is one."""

    EXISTS = "service"
    KIND = "kind"
    IMAGE = "image"
    BUILD_FOLDER = "build_folder"
    DOCKERFILE = "dockerfile"
    RUNTIME = "runtime"
    RUNTIME_VERSION = "runtime_version"
    FRAMEWORK = "framework"
    FRAMEWORK_VERSION = "framework_version"
    PORT = "port"
    REPLICAS = "replicas"
    MIN_REPLICAS = "min_replicas"
    MAX_REPLICAS = "max_replicas"
    CPU_REQUEST = "cpu_request_vcpus"
    CPU_LIMIT = "cpu_limit_vcpus"
    MEMORY_REQUEST = "memory_request_gib"
    MEMORY_LIMIT = "memory_limit_gib"
    MEMORY_FLAG = "memory_flag_gib"
    WORKERS = "workers"
    DEPENDS_ON = "depends_on"
    COMMAND = "command"
    PROFILE = "profile"
    SCHEDULE = "schedule"


class SourceKind(StrEnum):
    """Kind of file a fact was read from, the one nearest to what really runs first."""

    KUBERNETES = "kubernetes"
    HELM = "helm"
    COMPOSE = "compose"
    PLATFORM = "platform"
    PROCFILE = "procfile"
    WORKFLOW = "workflow"
    DOCKERFILE = "dockerfile"
    PROCESS_CONFIG = "process_config"
    PACKAGE = "package"


PRECEDENCE: Sequence[SourceKind] = tuple(SourceKind)


class SubjectKind(StrEnum):
    """A fact speaks of a named service, or of whatever is built from a folder."""

    SERVICE = "service"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a fact is about: a service by its name, or a folder by its path from the repository's root ("" is it)."""

    kind: SubjectKind
    name: str


def service(name: str) -> Subject:
    """A service by name."""
    return Subject(SubjectKind.SERVICE, name)


def folder(path: str) -> Subject:
    """A folder by path."""
    return Subject(SubjectKind.FOLDER, path.strip("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing a line of a file says.

    Attributes:
        subject: Service or folder.
        name: What it is about.
        value: Text, or a number in the unit of the name.
        file: Path from the repository's root.
        line: 1-based.
        source: Kind of file.
        overlay: Environment an overlay is for (``prod``, ``staging`` …), "" for the base.
        words: The fact as a reader would say it.
    """

    subject: Subject
    name: FactName
    value: str | float | int
    file: str
    line: int
    source: SourceKind
    overlay: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a reader should know: a file that could not be read, sources that disagree, a limit that was hit.

    Attributes:
        code: Stable word such as ``unparsable``, ``conflict``, ``skipped``, ``unknown_variable``.
        file: Path from the repository's root; "" when it is about the whole.
        line: 1-based; 0 when unknown.
        text: What was found and what was done about it.
    """

    code: str
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInformation:
    """All that was read from a repository.

    Attributes:
        facts: In the order of the files.
        findings: In the order of the files.
        files_read: Paths of the files that were looked into.
    """

    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    files_read: tuple[str, ...] = ()
