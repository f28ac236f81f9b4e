"""`mcp-core gate`: does a change to a repository stay within a budget and an accepted risk?"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from domain.context import DEFAULT_RISK
from domain.errors import InvalidData
from domain.repository.change import Outcome, parse_cost_limit
from domain.repository.facts import Finding
from domain.repository.profile import RepositoryProfile, ServiceProfile
from domain.repository.wishes import read_wishes
from entrypoints.cli.analyze import At, Prefix, Provider, Region, Users
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import as_json
from entrypoints.cli.gate_report import gate_body, gate_markdown

if TYPE_CHECKING:
    from entrypoints.container import Container

_MOST_BASELINE_BYTES = 50 * 2**20


class GateExit(IntEnum):
    """What a pipeline branches on; every error of the gate itself is 1."""

    PASSED = 0
    ERROR = 1
    OVER_BUDGET = 2
    TOO_RISKY = 3


class GateFormat(StrEnum):
    """How the report is printed."""

    MARKDOWN = "markdown"
    JSON = "json"


_EXITS = {
    Outcome.PASSED: GateExit.PASSED, Outcome.OVER_BUDGET: GateExit.OVER_BUDGET,
    Outcome.TOO_RISKY: GateExit.TOO_RISKY, Outcome.NOT_PRICED: GateExit.ERROR, Outcome.NOT_READ: GateExit.ERROR,
}  # fmt: skip


class _Baseline(msgspec.Struct):
    """What is read of an earlier ``mcp-core analyze -f json``."""

    services: tuple[ServiceProfile, ...]
    findings: tuple[Finding, ...] = ()


def gate_command(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="The repository's folder, as changed.")],
    base: Annotated[str | None, typer.Option(help="Git revision to compare with.")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Or an earlier mcp-core analyze -f json.")] = None,
    max_cost_increase: Annotated[str, typer.Option(help="10%, or 2.5 for USD per day.")] = "10%",
    max_risk: Annotated[float, typer.Option(help="Accepted share of hours over what is declared.")] = DEFAULT_RISK,
    comment_file: Annotated[Path | None, typer.Option(help="Write the Markdown comment here.")] = None,
    output: Annotated[GateFormat, typer.Option("-f", "--format", help="Output format.")] = GateFormat.MARKDOWN,
    expected_users: Users = None,
    provider: Provider = None,
    region: Region = None,
    prefix: Prefix = "",
    at: At = None,
) -> int:
    """Compare plans before and after a change. Exits 0 passed, 2 over budget, 3 too risky, 1 on any error."""
    if (base is None) == (baseline is None):
        raise typer.BadParameter("name what to compare with: --base REVISION or --baseline FILE")
    container = container_of(ctx)
    limit = parse_cost_limit(max_cost_increase)
    raw = {
        "timestamp": at, "risk": max_risk, "expected_users": expected_users, "provider": provider, "region": region,
        "prefix": prefix,
    }  # fmt: skip
    wishes = read_wishes(raw, container.clock().now())
    before = _at_revision(container, path, base) if base is not None else read_baseline(baseline or Path())
    report = container.gate_change()(before, container.analyze_repository()(path), wishes, limit)
    comment = gate_markdown(report)
    if comment_file is not None:
        try:
            comment_file.write_text(comment + "\n", encoding="utf-8")
        except OSError as error:
            raise InvalidData(f"the comment cannot be written to {comment_file.name!r}: {error.strerror}") from error
    typer.echo(comment if output is GateFormat.MARKDOWN else as_json(gate_body(report)))
    return _EXITS[report.outcome]


def _at_revision(container: Container, path: Path, ref: str) -> RepositoryProfile:
    with container.repository_revisions().archived(path, ref) as archive:
        # Of the same name, so that a lone, nameless service is the same before and after.
        return container.analyze_repository()(archive, name=path.absolute().name)


def read_baseline(path: Path) -> RepositoryProfile:
    """The profiles of an earlier answer; plans in it are not looked at, as prices and histories have moved on.

    Raises:
        InvalidData: It cannot be read, or is something else.
    """
    try:
        if path.stat().st_size > _MOST_BASELINE_BYTES:
            raise InvalidData(f"the baseline {path.name!r} has more than {_MOST_BASELINE_BYTES // 2**20} MiB")
        found = msgspec.json.decode(path.read_bytes(), type=_Baseline)
    except OSError as error:
        raise InvalidData(f"the baseline {path.name!r} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        text = f"the baseline {path.name!r} is no output of mcp-core analyze -f json: {error}"
        raise InvalidData(text) from None
    return RepositoryProfile(services=found.services, findings=found.findings)
