"""`mcp-core analyze`: which services a repository runs, with the file and line of every fact, and a plan for each."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.context import DEFAULT_RISK
from domain.repository.address import looks_remote, parse_github_address
from domain.repository.facts import Finding
from domain.repository.planned import RepositoryPlan
from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from domain.repository.wishes import read_wishes
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import as_csv, as_json, as_yaml
from entrypoints.cli.keeping import keep
from entrypoints.cli.patches import print_patch
from entrypoints.cli.repository_reports import as_html, as_markdown
from entrypoints.cli.repository_rows import COLUMNS, cells, csv_row, total_line
from entrypoints.repository_wire import repository_body, repository_plan_body

if TYPE_CHECKING:
    from entrypoints.container import Container

_WIDTH = 150


class ReportFormat(StrEnum):
    """How the answer is printed; the last two need ``--plan``."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"


Users = Annotated[int | None, typer.Option("--expected-users", help="Users of the whole.")]
Provider = Annotated[str | None, typer.Option(help="Provider whose catalogue is used; needs --region.")]
Region = Annotated[str | None, typer.Option(help="The provider's region.")]
Risk = Annotated[float, typer.Option(help="Accepted share of hours over capacity.")]
Prefix = Annotated[str, typer.Option(help="What history calls a service: this and its name.")]
At = Annotated[str | None, typer.Option(help="Time of the request, ISO 8601; now by default.")]


def analyze_command(
    ctx: typer.Context,
    location: Annotated[str, typer.Argument(help="A folder, a .zip or .tar.gz archive of one, or owner/name\\[@ref].")],
    output: Annotated[ReportFormat, typer.Option("-f", "--format", help="Output format.")] = ReportFormat.TABLE,
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
    container = container_of(ctx)
    if not plan and output in (ReportFormat.HTML, ReportFormat.MARKDOWN):
        raise typer.BadParameter(f"-f {output} shows plans: add --plan")
    raw = {
        "timestamp": at, "risk": risk, "expected_users": expected_users, "provider": provider, "region": region,
        "prefix": prefix,
    }  # fmt: skip
    wishes = read_wishes(raw, container.clock().now())
    if write_patch and not Path(location).is_dir():
        raise typer.BadParameter("--write-patch is about the files of a folder")
    found = analyze_location(container, location)
    if write_patch:
        print_patch(container, Path(location), container.plan_repository()(found, wishes))
    elif plan:
        planned = container.plan_repository()(found, wishes)
        keep(container, [item.plan for item in planned.services if item.plan is not None])
        _show_plans(planned, output)
    else:
        _show_profiles(found, output)
    return ExitCode.OK


def analyze_location(container: Container, location: str) -> RepositoryProfile:
    """A folder or archive of this machine, else a repository on GitHub."""
    path = Path(location)
    if path.exists() or not looks_remote(location):
        return container.analyze_repository()(path)
    return container.analyze_remote_repository()(parse_github_address(location))


def _show_profiles(found: RepositoryProfile, output: ReportFormat) -> None:
    if output is ReportFormat.TABLE:
        _print(found)
    elif output is ReportFormat.CSV:
        typer.echo(as_csv([_row(service) for service in found.services]))
    else:
        body = repository_body(found)
        typer.echo(as_json(body) if output is ReportFormat.JSON else as_yaml(body))


def _show_plans(planned: RepositoryPlan, output: ReportFormat) -> None:
    if output is ReportFormat.TABLE:
        _print_plans(planned)
    elif output is ReportFormat.CSV:
        typer.echo(as_csv([csv_row(item) for item in planned.services]))
    elif output in (ReportFormat.HTML, ReportFormat.MARKDOWN):
        typer.echo(as_html(planned) if output is ReportFormat.HTML else as_markdown(planned))
    else:
        body = repository_plan_body(planned)
        typer.echo(as_json(body) if output is ReportFormat.JSON else as_yaml(body))


def _print_plans(planned: RepositoryPlan) -> None:
    console = Console(width=_WIDTH)
    table = Table(*COLUMNS)
    for item in planned.services:
        table.add_row(*cells(item))
    console.print(table if planned.services else "no service was found in its files")
    console.print(total_line(planned), highlight=False, markup=False)
    for item in planned.services:
        if item.refusal is not None:
            console.print(f"  {item.profile.name}: {item.refusal.message}", highlight=False, markup=False)
    _print_findings(console, planned.findings)


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
    _print_findings(console, found.findings)


def _print_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        where = f"{finding.file}:{finding.line}" if finding.line else finding.file
        console.print(f"  {finding.code}  {where}  {finding.text}", highlight=False, markup=False)


def _replicas(service: ServiceProfile) -> str:
    most = service.max_replicas
    return f"{service.min_replicas or service.replicas}–{most}" if most else str(service.replicas)


def _declared(amounts: Amounts) -> str:
    parts = [f"{amounts.vcpus:g} vCPUs"] if amounts.vcpus else []
    parts += [f"{amounts.memory_gib:.3g} GiB"] if amounts.memory_gib else []
    return ", ".join(parts) or "nothing"
