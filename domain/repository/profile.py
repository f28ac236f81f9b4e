"""A service's profile: what will run, with the evidence for each fact."""

from __future__ import annotations

from dataclasses import dataclass

from domain.repository.facts import Finding
from domain.repository.known import ServiceKind


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact stands: file, 1-based line, and the fact in words."""

    file: str
    line: int
    fact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """CPU (vCPUs) and memory (GiB) per replica, as declared; None where nothing is."""

    cpu_request_vcpus: float | None = None
    cpu_limit_vcpus: float | None = None
    memory_request_gib: float | None = None
    memory_limit_gib: float | None = None

    @property
    def vcpus(self) -> float | None:
        """What one replica may use: its limit, else its request."""
        return self.cpu_limit_vcpus or self.cpu_request_vcpus

    @property
    def memory_gib(self) -> float | None:
        """What one replica may use: its limit, else its request."""
        return self.memory_limit_gib or self.memory_request_gib


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProfile:
    """What a repository says of one service.

    Attributes:
        name: As the deployment files name it.
        kind: web, api, db, worker or cache.
        runtime: Language or well-known software, "" when unknown.
        runtime_version: "" when unknown.
        framework: "" when unknown.
        framework_version: "" when unknown.
        image: Image it is run from, "" when it is built and not named.
        ports: Ascending.
        replicas: Declared, or 1.
        min_replicas: Of the autoscaler.
        max_replicas: Of the autoscaler.
        declared: CPU and memory per replica.
        memory_flag_gib: Limit of the JVM's or Node's heap.
        workers: Worker processes or threads of the application server.
        depends_on: Names of services of the same repository, ascending.
        schedule: Cron expression of a service that runs now and then, "" otherwise.
        profiles: Compose profiles it needs; empty: it always runs.
        evidence: One entry per fact, in the order of files and lines.
    """

    name: str
    kind: ServiceKind
    runtime: str = ""
    runtime_version: str = ""
    framework: str = ""
    framework_version: str = ""
    image: str = ""
    ports: tuple[int, ...] = ()
    replicas: int = 1
    min_replicas: int | None = None
    max_replicas: int | None = None
    declared: Amounts = Amounts()
    memory_flag_gib: float | None = None
    workers: int | None = None
    depends_on: tuple[str, ...] = ()
    schedule: str = ""
    profiles: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryProfile:
    """All services of a repository, by name, and what a reader should know."""

    services: tuple[ServiceProfile, ...]
    findings: tuple[Finding, ...]
