"""`mcp-core analyze`: which services a repository runs, with the file and line of every fact."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

_WIDTH = 140


def analyze_command(
    ctx: typer.Context,
    location: Annotated[Path, typer.Argument(help="A folder, or a .zip or .tar.gz archive of one.")],
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Read Compose, Kubernetes, Helm, Docker and package files into a profile per service. Nothing is executed."""
    found = container_of(ctx).analyze_repository()(location)
    if output is OutputFormat.TABLE:
        _print(found)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([_row(service) for service in found.services]))
    else:
        body = repository_body(found)
        typer.echo(as_json(body) if output is OutputFormat.JSON else as_yaml(body))
    return ExitCode.OK


def repository_body(found: RepositoryProfile) -> dict[str, Any]:
    """``services`` with their evidence, and ``findings``; what json and yaml print."""
    return {
        "services": [asdict(service) for service in found.services],
        "findings": [asdict(finding) for finding in found.findings],
    }


def _row(service: ServiceProfile) -> dict[str, Any]:
    declared = asdict(service.declared)
    return {
        "name": service.name, "kind": service.kind, "runtime": service.runtime,
        "runtime_version": service.runtime_version, "framework": service.framework, "image": service.image,
        "ports": " ".join(map(str, service.ports)), "replicas": service.replicas, **declared,
        "workers": service.workers, "depends_on": " ".join(service.depends_on),
    }  # fmt: skip


def _print(found: RepositoryProfile) -> None:
    console = Console(width=_WIDTH)
    table = Table("service", "kind", "runtime", "framework", "ports", "replicas", "declared", "depends on", "seen in")
    for service in found.services:
        table.add_row(
            service.name, service.kind, f"{service.runtime} {service.runtime_version}".strip(),
            f"{service.framework} {service.framework_version}".strip(), " ".join(map(str, service.ports)),
            _replicas(service), _declared(service.declared), ", ".join(service.depends_on),
            f"{service.evidence[0].file}:{service.evidence[0].line}" if service.evidence else "",
        )  # fmt: skip
    console.print(table if found.services else "no service was found in its files")
    for finding in found.findings:
        where = f"{finding.file}:{finding.line}" if finding.line else finding.file
        console.print(f"  {finding.code}  {where}  {finding.text}", highlight=False, markup=False)


def _replicas(service: ServiceProfile) -> str:
    most = service.max_replicas
    return f"{service.min_replicas or service.replicas}–{most}" if most else str(service.replicas)


def _declared(amounts: Amounts) -> str:
    parts = [f"{amounts.vcpus:g} vCPUs"] if amounts.vcpus else []
    parts += [f"{amounts.memory_gib:.3g} GiB"] if amounts.memory_gib else []
    return ", ".join(parts) or "nothing"
