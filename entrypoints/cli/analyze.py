"""`mcp-core analyze`: which services a repository runs, with the file and line of every fact, and a plan for each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.context import DEFAULT_RISK
from domain.repository.address import looks_remote, parse_github_address
from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.findings import WIDTH, print_findings
from entrypoints.cli.formats import RepositoryFormat, as_csv, as_json, as_yaml
from entrypoints.profile_wire import repository_body

if TYPE_CHECKING:
    from entrypoints.container import Container

Users = Annotated[int | None, typer.Option("--expected-users", help="Users of the whole.")]
Provider = Annotated[str | None, typer.Option(help="Provider whose catalogue is used; needs --region.")]
Region = Annotated[str | None, typer.Option(help="The provider's region.")]
Risk = Annotated[float, typer.Option(help="Accepted share of hours over capacity.")]
Prefix = Annotated[str, typer.Option(help="What history calls a service: this and its name.")]
At = Annotated[str | None, typer.Option(help="Time of the request, ISO 8601; now by default.")]


def analyze_command(
    ctx: typer.Context,
    location: Annotated[
        str, typer.Argument(help="A folder, a .zip or .tar.gz archive, one file, or owner/name\\[@ref].")
    ],
    output: Annotated[RepositoryFormat, typer.Option("-f", "--format", help="Output format.")] = RepositoryFormat.TABLE,
    plan: Annotated[bool, typer.Option("--plan", help="Plan each service.")] = False,
    write_patch: Annotated[
        bool, typer.Option("--write-patch", help="Print a diff that puts what is needed into the folder's files.")
    ] = False,
    expected_users: Users = None,
    provider: Provider = None,
    region: Region = None,
    risk: Risk = DEFAULT_RISK,
    prefix: Prefix = "",
    at: At = None,
) -> int:
    """Read Compose, Kubernetes, Helm, Docker and package files into a profile per service. Nothing is executed."""
    if not plan and output in (RepositoryFormat.HTML, RepositoryFormat.MARKDOWN):
        raise typer.BadParameter(f"-f {output} shows plans: add --plan")
    if write_patch and not Path(location).is_dir():
        raise typer.BadParameter("--write-patch is about the files of a folder")
    asked = {
        "timestamp": at, "risk": risk, "expected_users": expected_users, "provider": provider, "region": region,
        "prefix": prefix,
    }  # fmt: skip
    if plan or write_patch:
        _plan(ctx, location, asked, output, write_patch=write_patch)
    else:
        _refuse_unused(asked)
        _show_profiles(analyze_location(container_of(ctx), location), output)
    return ExitCode.OK


def _refuse_unused(asked: dict[str, Any]) -> None:
    """Wishes for plans while no plan is asked for: whoever gave them expects to see them counted."""
    ignored = [key for key, value in asked.items() if value not in (None, "", DEFAULT_RISK)]
    if ignored:
        option = {"timestamp": "at"}.get(ignored[0], ignored[0]).replace("_", "-")
        raise typer.BadParameter(f"--{option} is about plans: add --plan")


def _plan(
    ctx: typer.Context, location: str, asked: dict[str, Any], output: RepositoryFormat, *, write_patch: bool
) -> None:
    # Imported here, as reading alone needs none of it.
    from domain.repository.wishes import read_wishes
    from entrypoints.cli.analyze_plans import plan_and_patch, plan_and_show

    container = container_of(ctx)
    wishes = read_wishes(asked, container.clock().now())
    found = analyze_location(container, location)
    if write_patch:
        plan_and_patch(container, found, wishes, Path(location))
    else:
        plan_and_show(container, found, wishes, output)


def analyze_location(container: Container, location: str) -> RepositoryProfile:
    """A folder or archive of this machine, else a repository on GitHub."""
    path = Path(location)
    if path.exists() or not looks_remote(location):
        return container.analyze_repository()(path)
    return container.analyze_remote_repository()(parse_github_address(location))


def _show_profiles(found: RepositoryProfile, output: RepositoryFormat) -> None:
    if output is RepositoryFormat.TABLE:
        _print(found)
    elif output is RepositoryFormat.CSV:
        typer.echo(as_csv([_row(service) for service in found.services]))
    else:
        body = repository_body(found)
        typer.echo(as_json(body) if output is RepositoryFormat.JSON else as_yaml(body))


def _row(service: ServiceProfile) -> dict[str, Any]:
    declared = asdict(service.declared)
    return {
        "name": service.name, "kind": service.kind, "runtime": service.runtime,
        "runtime_version": service.runtime_version, "framework": service.framework, "image": service.image,
        "ports": " ".join(map(str, service.ports)), "replicas": service.replicas, **declared,
        "workers": service.workers, "depends_on": " ".join(service.depends_on),
    }  # fmt: skip


def _print(found: RepositoryProfile) -> None:
    console = Console(width=WIDTH)
    table = Table("service", "kind", "runtime", "framework", "ports", "replicas", "declared", "depends on", "seen in")
    for service in found.services:
        table.add_row(
            service.name, service.kind, f"{service.runtime} {service.runtime_version}".strip(),
            f"{service.framework} {service.framework_version}".strip(), " ".join(map(str, service.ports)),
            _replicas(service), _declared(service.declared), ", ".join(service.depends_on),
            f"{service.evidence[0].file}:{service.evidence[0].line}" if service.evidence else "",
        )  # fmt: skip
    console.print(table if found.services else "no service was found in its files")
    print_findings(console, found.findings)


def _replicas(service: ServiceProfile) -> str:
    most = service.max_replicas
    return f"{service.min_replicas or service.replicas}–{most}" if most else str(service.replicas)


def _declared(amounts: Amounts) -> str:
    parts = [f"{amounts.vcpus:g} vCPUs"] if amounts.vcpus else []
    parts += [f"{amounts.memory_gib:.3g} GiB"] if amounts.memory_gib else []
    return ", ".join(parts) or "nothing"
