"""``mcp-core plans``: plans that were kept, and how they did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from application.score_plans import PlanScores
from domain.metrics import Resource
from domain.plans.review import LEVELS, PlanReview, claims_of
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.plan_query import read_plan_query
from entrypoints.stored_plan import stored_plan_body, summary_body
from entrypoints.wire_stored import StoredPlanBody, SummaryBody

plans_app = typer.Typer(help="List and read kept plans, and see how they did.", no_args_is_help=True)
_LEAST_WIDTH = 130
_SHORT = {
    "service_id": "service", "metric_name": "metric", "model_version": "answered by", "mean_absolute_error": "error",
    "cpu_over_capacity": "CPU over", "memory_over_capacity": "memory over",
} | {f"at_most_{level}": f"≤ {level}" for level in LEVELS}  # fmt: skip
Service = Annotated[str | None, typer.Option(help="Only this service.")]
Metric = Annotated[str | None, typer.Option(help="Only this metric.")]
Since = Annotated[str | None, typer.Option(help="Made at or after, ISO 8601.")]
Until = Annotated[str | None, typer.Option(help="Made before, ISO 8601.")]
Format = Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")]


@plans_app.command("list")
def list_plans(
    ctx: typer.Context,
    service: Service = None,
    metric: Metric = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[str, typer.Option(help="At most so many, 1 to 100.")] = "50",
    cursor: Annotated[str | None, typer.Option(help="Id of the last plan of the page before.")] = None,
    output: Format = OutputFormat.TABLE,
) -> int:
    """Kept plans, newest first."""
    query = read_plan_query(service=service, metric=metric, since=since, until=until, cursor=cursor, limit=limit)
    found = [summary_body(item) for item in container_of(ctx).recall_plans().page(query)]
    rows: list[dict[str, Any]] = [msgspec.to_builtins(item) for item in found]
    if output is OutputFormat.TABLE:
        _print_list(found)
    else:
        typer.echo(_written(rows, output))
    return ExitCode.OK


@plans_app.command()
def show(
    ctx: typer.Context,
    plan_id: Annotated[list[str], typer.Argument(help="Ids, as the list and the answer's Content-Location name them.")],
    output: Format = OutputFormat.TABLE,
) -> int:
    """Kept plans with what really happened in the hours observed since."""
    container = container_of(ctx)
    recall, review_plan = container.recall_plans(), container.review_plan()
    for one in plan_id:
        plan = recall.find(one)
        review = review_plan.if_known(plan)
        body = stored_plan_body(plan, review)
        hours = {hour.time: hour for hour in review.hours} if review else {}
        rows = [
            {"time": f"{hour.time:%Y-%m-%dT%H:%M:%SZ}", **dict(zip(LEVELS, hour.quantiles, strict=True))}
            | {"actual": hours[hour.time].actual if hour.time in hours else None}
            for hour in claims_of(plan).hours
        ]
        if output is OutputFormat.TABLE:
            _print_plan(body, rows, review)
        else:
            typer.echo(as_csv(rows) if output is OutputFormat.CSV else _written(body, output))
    return ExitCode.OK


@plans_app.command()
def accuracy(
    ctx: typer.Context,
    service: Service = None,
    metric: Metric = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, typer.Option(min=1, max=1_000_000, help="Look at the newest so many plans.")] = 10_000,
    output: Format = OutputFormat.TABLE,
) -> int:
    """How past plans did against what was observed since, per service, metric and model."""
    query = read_plan_query(service=service, metric=metric, since=since, until=until)
    scores = container_of(ctx).score_plans()(query, most)
    rows = _accuracy_rows(scores)
    if output is not OutputFormat.TABLE:
        typer.echo(_written(rows, output))
        return ExitCode.OK
    _print_rows([{_SHORT.get(name, name): value for name, value in row.items()} for row in rows])
    left_out = f"{scores.repeated} repeat another, {scores.weighted} are weighted, {scores.open} have no hour observed"
    typer.echo(f"{scores.plans} plans looked at; of them {left_out}")
    return ExitCode.OK


@plans_app.command()
def prune(
    ctx: typer.Context,
    older_than: Annotated[int | None, typer.Option(min=1, help="Days; PLAN_RETENTION_DAYS by default.")] = None,
) -> int:
    """Forget old plans, and old alerts that are done; the service does so every hour."""
    forgotten = container_of(ctx).forget_plans()(10**9, older_than)
    typer.echo(f"{forgotten} plans forgotten")
    return ExitCode.OK


def _written(body: object, output: OutputFormat) -> str:
    if output is OutputFormat.CSV and isinstance(body, list):
        return as_csv(body)
    return as_yaml(body) if output is OutputFormat.YAML else as_json(body)


def _print_list(found: Sequence[SummaryBody]) -> None:
    table = Table("plan", "made (UTC)", "service", "metric", "flavor", "USD/day", "anomaly")
    for item in found:
        flavor = item.recommended_flavor or "by the hour"
        table.add_row(
            item.plan_id, f"{item.generated_at:%Y-%m-%d %H:%M:%S}", item.service_id, item.metric_name,
            flavor, f"{item.expected_cost_per_day:.2f}", "yes" if item.is_anomaly else "",
        )  # fmt: skip
    _wide().print(table)


def _print_plan(body: StoredPlanBody, rows: list[dict[str, Any]], review: PlanReview | None) -> None:
    request = body.request
    typer.echo(f"{request.service_id} · {request.metric_name} · {body.kind} plan {body.plan_id}")
    flavor, cost = body.plan.get("recommended_flavor"), body.plan.get("expected_cost_per_day")
    if flavor is not None:
        typer.echo(f"{flavor}, {cost:.2f} USD per day; made {body.generated_at:%Y-%m-%d %H:%M:%S} UTC")
    else:
        total = body.plan["total_expected_cost_24h"]
        typer.echo(f"a flavor by the hour, {total:.2f} USD in 24 hours; made {body.generated_at:%Y-%m-%d %H:%M:%S} UTC")
    _print_rows(rows)
    if review is None or review.mean_absolute_error is None:
        typer.echo("none of its hours has been observed yet")
        return
    within = ", ".join(f"{share:.0%} at most {level}" for level, share in review.coverage.items())
    typer.echo(f"{len(review.hours)} hours observed: mean error {review.mean_absolute_error:.4g}; {within}")
    for item in review.capacity:
        typer.echo(f"{item.resource.value}: {item.hours_over} of {item.hours} hours asked more than the flavor has")


def _accuracy_rows(scores: PlanScores) -> list[dict[str, Any]]:
    return [
        {
            "service_id": item.key.service_id, "metric_name": item.key.metric_name,
            "model_version": item.key.model_version, "plans": item.plans, "hours": item.hours,
            "mean_absolute_error": item.mean_absolute_error, "wape": item.wape, "bias": item.bias,
            **{f"at_most_{level}": item.coverage[level] for level in LEVELS},
            **{f"{resource.value}_over_capacity": item.over_capacity.get(resource) for resource in Resource},
        }
        for item in scores.accuracies
    ]  # fmt: skip


def _print_rows(rows: list[dict[str, Any]]) -> None:
    if not rows:
        typer.echo("nothing has been observed of any of these plans yet")
        return
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    _wide().print(table)


def _wide() -> Console:
    """An id that is cut cannot be copied: narrow terminals break the line instead."""
    found = Console()
    return found if found.width >= _LEAST_WIDTH else Console(width=_LEAST_WIDTH)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
