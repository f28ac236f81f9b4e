"""`mcp-core doctor`: is everything there that plans need, and what to do where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.errors import ConfigurationError
from domain.ports.metric_history import SourceStatus
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.dependencies import DEGRADED, DOWN, OK, dependency_checks

_ADVICE = {
    "settings": "correct the setting named, in the environment or in .env (.env.example lists all)",
    "history": "correct what is named; `mcp-core data check FILE` and `mcp-core db check` tell more",
    "database": "check DATABASE_URL or the MYSQL_ settings; `mcp-core db check` compares the schema",
    "flavors": "check FLAVOR_CATALOG_PATH and FLAVOR_DISCOUNTS",
    "routes": "check ROUTES_PATH against the comments in the shipped models/routes.toml",
    "alerts": "correct the setting named and restart; `mcp-core alerts test` sends a message",
    "models": "check MODEL_DIR; plans are answered by the statistical baseline meanwhile and say so",
}
_STYLE = {OK: "green", DEGRADED: "yellow", DOWN: "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    name: str
    state: str
    reason: str
    advice: str


def doctor_command(
    ctx: typer.Context,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Check settings, data source, catalogue, routes and models; exit with 1 when a plan could not be answered."""
    findings = _findings(ctx)
    rows = [{"check": f.name, "state": f.state, "reason": f.reason, "what_to_do": f.advice} for f in findings]
    if output is OutputFormat.TABLE:
        _print(findings)
    else:
        write = {OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml, OutputFormat.CSV: as_csv}[output]
        typer.echo(write(rows))
    return ExitCode.ERROR if any(finding.state == DOWN for finding in findings) else ExitCode.OK


def _findings(ctx: typer.Context) -> list[_Finding]:
    try:
        container = container_of(ctx)
    except ConfigurationError as error:
        return [_Finding(name="settings", state=DOWN, reason=error.message, advice=_ADVICE["settings"])]
    findings = [_Finding(name="settings", state=OK, reason="", advice="")]
    return findings + [_finding(name, check()) for name, check in dependency_checks(container).items()]


def _finding(name: str, status: SourceStatus) -> _Finding:
    said = status.reason or ", ".join(status.detail)
    return _Finding(name=name, state=status.state, reason=said, advice="" if status.state == OK else _ADVICE[name])


def _print(findings: list[_Finding]) -> None:
    table = Table("check", "state", "what was found", "what to do")
    for finding in findings:
        style = _STYLE.get(finding.state, "dim")
        table.add_row(finding.name, f"[{style}]{finding.state}[/{style}]", finding.reason, finding.advice)
    Console().print(table)
