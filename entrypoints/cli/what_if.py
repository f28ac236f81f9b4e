"""`mcp-core what-if`: before and after a change, with cost and risk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from application.what_if import WhatIfAnswer
from domain.flavors import GENERIC_PROVIDER
from domain.what_if import read_what_if_request
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.cli.request_file import read_request_file
from entrypoints.wire_what_if import OutcomeBody, WhatIfBody, what_if_body

_SIDES = {"before": "before", "after": "after", "unchanged": "kept as before"}
_ROWS = (
    "size", "each has", "where", "USD per day", "vCPUs needed", "GiB needed", "accepted risk", "hours over CPU",
    "hours over memory",
)  # fmt: skip


def what_if_command(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(help="JSON request body: a file, or - for standard input.")] = None,
    service: Annotated[str | None, typer.Option(help="Service.")] = None,
    metric: Annotated[str | None, typer.Option(help="Metric.")] = None,
    service_type: Annotated[str, typer.Option(help="web, api or db.")] = "web",
    env: Annotated[str | None, typer.Option(help="prod or dev.")] = None,
    at: Annotated[str | None, typer.Option(help="Time of the request, ISO 8601; now by default.")] = None,
    users: Annotated[int | None, typer.Option("--expected-users", help="Users as things are.")] = None,
    provider: Annotated[str | None, typer.Option(help="Provider as things are; needs --region.")] = None,
    region: Annotated[str | None, typer.Option(help="Its region.")] = None,
    current_flavor: Annotated[str | None, typer.Option(help="Flavor the service runs on.")] = None,
    replicas: Annotated[int | None, typer.Option(help="Replicas as things are.")] = None,
    vcpus: Annotated[float | None, typer.Option(help="vCPUs per replica today.")] = None,
    memory_gib: Annotated[float | None, typer.Option(help="GiB per replica today.")] = None,
    risk: Annotated[float | None, typer.Option(help="Accepted share of hours over capacity, as things are.")] = None,
    users_factor: Annotated[float | None, typer.Option(help="What if there were so many times the users?")] = None,
    to_users: Annotated[int | None, typer.Option(help="What if there were so many users?")] = None,
    to_replicas: Annotated[int | None, typer.Option(help="What if there were so many replicas?")] = None,
    to_provider: Annotated[str | None, typer.Option(help="What if it ran there? Needs --to-region.")] = None,
    to_region: Annotated[str | None, typer.Option(help="What if it ran in this region?")] = None,
    to_risk: Annotated[float | None, typer.Option(help="What if so many hours over capacity were accepted?")] = None,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> None:
    """Plan a service as things are and as they would be, and show what keeping today's size would risk."""
    if file is None and service is None:
        raise typer.BadParameter("name a service with --service, or give a JSON request body as a file or -")
    context = {
        "context_id": "cli", "timestamp": at or datetime.now(UTC).isoformat(), "service_type": service_type,
        "runtime_env": env, "expected_users": users, "provider": provider, "region": region,
        "current_flavor": current_flavor, "replicas": replicas, "risk": risk,
        "capacity": {"vcpus": vcpus, "memory_gib": memory_gib} if vcpus or memory_gib else None,
    }  # fmt: skip
    changes = {
        "users_factor": users_factor, "expected_users": to_users, "replicas": to_replicas, "provider": to_provider,
        "region": to_region, "risk": to_risk,
    }  # fmt: skip
    raw: Any = {"service_id": service, "metric_name": metric, "context": context, "changes": changes}
    request = read_what_if_request(read_request_file(file) if file else raw)
    answer = container_of(ctx).what_if()(request)
    body = what_if_body(answer)
    if output is OutputFormat.TABLE:
        _print(body, answer)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([{"case": side, **msgspec.structs.asdict(getattr(body, side))} for side in _SIDES]))
    else:
        typer.echo(as_json(body) if output is OutputFormat.JSON else as_yaml(body))


def _print(body: WhatIfBody, answer: WhatIfAnswer) -> None:
    table = Table("", *_SIDES.values(), title=f"{body.service_id} · {body.metric_name}")
    columns = [_cells(getattr(body, side)) for side in _SIDES]
    for heading, *row in zip(_ROWS, *columns, strict=True):
        table.add_row(heading, *row)
    out = Console()
    out.print(table)
    out.print(f"[bold]{body.cost_difference_usd_per_day:+.2f} USD per day[/bold]")
    for assumption in body.assumptions:
        out.print(Text(f"  assumed: {assumption}", style="yellow"), soft_wrap=True)
    for reason in dict.fromkeys(answer.after.reasons):
        out.print(Text(f"  {reason.text}"), soft_wrap=True)


def _cells(side: OutcomeBody) -> tuple[str, ...]:
    return (
        f"{side.replicas} × {side.flavor}", f"{side.vcpus:g} vCPUs, {side.memory_gib:g} GiB",
        "generic" if side.provider == GENERIC_PROVIDER else f"{side.provider} {side.region}",
        f"{side.cost_usd_per_day:.2f}", _amount(side.need_vcpus), _amount(side.need_memory_gib),
        f"{side.accepted_risk:.2%}", _share(side.cpu_share_over), _share(side.memory_share_over),
    )  # fmt: skip


def _amount(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2%}"
