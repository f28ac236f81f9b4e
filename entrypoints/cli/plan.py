"""`mcp-core plan`: one plan from options, a JSON file or standard input."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from domain.anomaly import AnomalyReport
from domain.plan import Plan
from domain.plan_request import read_multi_plan_request, read_plan_request
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.cli.keeping import keep
from entrypoints.cli.plan_view import csv_rows, print_plan
from entrypoints.cli.request_file import read_request_file
from entrypoints.wire import multi_plan_body, plan_body
from entrypoints.wire_schema import MultiPlanBody, PlanBody


def plan_command(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(help="JSON request body: a file, or - for standard input.")] = None,
    service: Annotated[str | None, typer.Option(help="Service to plan.")] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Metric; repeat for several.")] = None,
    service_type: Annotated[str, typer.Option(help="web, api or db.")] = "web",
    env: Annotated[str | None, typer.Option(help="prod or dev.")] = None,
    time_slot: Annotated[str | None, typer.Option(help="peak, normal, low or weekend.")] = None,
    at: Annotated[str | None, typer.Option(help="Time of the request, ISO 8601; now by default.")] = None,
    weight: Annotated[float | None, typer.Option(help="Factor on the forecast.")] = None,
    users: Annotated[int | None, typer.Option("--expected-users", help="Expected users.")] = None,
    cpu: Annotated[float | None, typer.Option(help="Present CPU use, share of capacity.")] = None,
    memory: Annotated[float | None, typer.Option(help="Present memory use, share of capacity.")] = None,
    provider: Annotated[str | None, typer.Option(help="Provider whose catalogue is used; needs --region.")] = None,
    region: Annotated[str | None, typer.Option(help="The provider's region.")] = None,
    current_flavor: Annotated[str | None, typer.Option(help="Flavor the service runs on.")] = None,
    replicas: Annotated[int | None, typer.Option(help="Replicas.")] = None,
    vcpus: Annotated[float | None, typer.Option(help="vCPUs per replica today.")] = None,
    memory_gib: Annotated[float | None, typer.Option(help="GiB per replica today.")] = None,
    risk: Annotated[float | None, typer.Option(help="Accepted share of hours over capacity.")] = None,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
    detail: Annotated[bool, typer.Option("--detail", help="Add the detail of ?detail=full (json, yaml).")] = False,
    fail_over_cost: Annotated[
        float | None, typer.Option(help="Exit with 3 when a plan costs more USD per day than this.")
    ] = None,
    fail_on_anomaly: Annotated[bool, typer.Option("--fail-on-anomaly", help="Exit with 4 on an anomaly.")] = False,
) -> int:
    """Forecast 24 hours, choose the cheapest flavor that carries them, and price it."""
    capacity = {"vcpus": vcpus, "memory_gib": memory_gib}
    context = {
        "context_id": "cli", "timestamp": at or datetime.now(UTC).isoformat(), "service_type": service_type,
        "runtime_env": env, "time_slot": time_slot, "weight": weight, "expected_users": users, "curr_cpu": cpu,
        "curr_mem": memory, "provider": provider, "region": region, "current_flavor": current_flavor,
        "replicas": replicas, "risk": risk, "capacity": capacity if vcpus or memory_gib else None,
    }  # fmt: skip
    raw = read_request_file(file) if file else _body(service, metric or [], context)
    plans = _plan(ctx, raw)
    kept = keep(container_of(ctx), plans.values())
    _print(ctx, plans, raw, output, detail)
    if output is OutputFormat.TABLE and kept:
        typer.echo(f"kept: mcp-core plans show {' '.join(kept)}")
    return _verdict(list(plans.values()), fail_over_cost, fail_on_anomaly)


def _body(service: str | None, metrics: list[str], context: dict[str, Any]) -> dict[str, Any]:
    if service is None:
        raise typer.BadParameter("name a service with --service, or give a JSON request body as a file or -")
    body: dict[str, Any] = {"service_id": service, "context": context}
    if len(metrics) > 1:
        return body | {"metric_names": metrics}
    return body | ({"metric_name": metrics[0]} if metrics else {})


def _is_multi(raw: object) -> bool:
    return isinstance(raw, dict) and "metric_names" in raw


def _plan(ctx: typer.Context, raw: object) -> dict[str, Plan]:
    if _is_multi(raw):
        several = read_multi_plan_request(raw)
        return container_of(ctx).plan_metrics()(several)
    request = read_plan_request(raw)
    return {request.metric_name: container_of(ctx).plan_capacity()(request)}


def _print(ctx: typer.Context, plans: dict[str, Plan], raw: object, output: OutputFormat, detail: bool) -> None:
    if output is OutputFormat.TABLE:
        for plan in plans.values():
            print_plan(plan)
        return
    if output is OutputFormat.CSV:
        typer.echo(as_csv([row for plan in plans.values() for row in csv_rows(plan)]))
        return
    found = _every_report(ctx, plans) if detail else {}
    body: MultiPlanBody | PlanBody
    if _is_multi(raw):
        body = multi_plan_body(plans, detail=detail, anomalies=found)
    else:
        ((name, plan),) = plans.items()
        body = plan_body(plan, detail=detail, anomalies=found.get(name, ()))
    typer.echo(as_json(body) if output is OutputFormat.JSON else as_yaml(body))


def _every_report(ctx: typer.Context, plans: dict[str, Plan]) -> dict[str, tuple[AnomalyReport, ...]]:
    detect = container_of(ctx).detect_anomalies()
    return {name: detect.every(plan) for name, plan in plans.items()}


def _verdict(plans: list[Plan], fail_over_cost: float | None, fail_on_anomaly: bool) -> int:
    """The exit code; a budget that is broken outranks an anomaly."""
    dearest = max(plan.cost_usd_per_day for plan in plans)
    if fail_over_cost is not None and dearest > Decimal(str(fail_over_cost)):
        typer.echo(f"mcp-core: {float(dearest):.2f} USD per day is over the limit of {fail_over_cost:g}", err=True)
        return ExitCode.OVER_COST
    if fail_on_anomaly and any(plan.anomaly.is_anomaly for plan in plans):
        typer.echo("mcp-core: there is an anomaly, see the notes", err=True)
        return ExitCode.ANOMALY
    return ExitCode.OK
