"""`mcp-core alerts simulate`: an alert goes the whole way, from a forecast raised on purpose to the channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from domain.alerts.outbox import AlertEntry, AlertQuery, AlertState
from domain.alerts.restraint import dedup_key
from domain.errors import ConfigurationError
from domain.plan import HourlyPlan, Plan
from domain.plan_request import read_plan_request
from domain.plans.records import PlanDocument
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.delivering import deliver_now

if TYPE_CHECKING:
    from entrypoints.container import Container

_LONGEST_STORE_SECONDS = 15.0


def simulate(
    ctx: typer.Context,
    service: Annotated[str, typer.Option(help="Service to pretend with.")],
    metric: Annotated[str, typer.Option(help="Its metric.")] = "avg_cpu",
    scale: Annotated[float, typer.Option(min=1.0, max=1e6, help="Factor on the forecast.")] = 5.0,
    service_type: Annotated[str, typer.Option(help="web, api or db.")] = "web",
    at: Annotated[str | None, typer.Option(help="Time of the plan, ISO 8601; now by default.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=3600, help="Longest wait for the delivery, seconds.")] = 30.0,
) -> int:
    """Plan with a forecast raised by a factor, and follow its alert through the outbox to every channel."""
    from entrypoints.http.server import configure_logging

    container = container_of(ctx)
    configure_logging(container.settings().log_level)
    context = {
        "context_id": "simulation", "timestamp": at or datetime.now(UTC).isoformat(), "service_type": service_type,
        "weight": scale,
    }  # fmt: skip
    plan = container.plan_capacity()(
        read_plan_request({"service_id": service, "metric_name": metric, "context": context})
    )
    report = plan.anomaly
    score = "none" if report.score is None else f"{report.score:.2f}"
    typer.echo(f"1. planned: peak {report.peak:.4g} at {report.peak_at:%Y-%m-%d %H:%M}Z, score {score}, "
               f"threshold {report.threshold:g}")  # fmt: skip
    if not report.is_anomaly:
        typer.echo("this is no anomaly, so nothing is told: raise --scale, or give the service some history", err=True)
        return ExitCode.ERROR
    return _follow(container, _kept(container, plan, scale), timeout)


def _kept(container: Container, plan: Plan, scale: float) -> str:
    """Keep the plan with an alert that says what it is, and that hides none of the real ones as duplicates."""
    keep_plan, journal = container.keep_plan(), container.plan_journal()
    if journal is None:
        raise ConfigurationError("setting KEEP_PLANS: none keeps no alerts either; write alerts or all")
    stored: list[str] = []

    def describe(
        made: Plan | HourlyPlan, usual: Callable[[Plan | HourlyPlan], PlanDocument], name: str
    ) -> PlanDocument:
        document = usual(made)
        if document.message is None:
            return document
        message = replace(document.message, model_version=f"{document.model_version} (simulation {name}, × {scale:g})")
        return replace(document, message=message, alert_key=dedup_key(message))

    name = f"{plan.generated_at:%H:%M:%S}"
    kept = replace(keep_plan, describe=partial(describe, usual=keep_plan.describe, name=name), keeps_plans=True)(plan)
    stored.append(str(kept.plan_id))
    journal.stop(_LONGEST_STORE_SECONDS)
    status = journal.status()
    if status.problem:
        typer.echo(f"2. the outbox is away ({status.problem}): the alert waits on disk", err=True)
    else:
        typer.echo(f"2. stored: alert {kept.plan_id} is in the outbox")
    return str(kept.plan_id)


def _follow(container: Container, alert_id: str, timeout: float) -> int:
    deliver_now(container, timeout)
    entry = _find(container, alert_id)
    if entry is None:
        typer.echo("3. the alert is not in the outbox", err=True)
        return ExitCode.ERROR
    for item in entry.deliveries:
        status = "" if item.last_status is None else f"HTTP {item.last_status}, "
        typer.echo(
            f"3. {item.channel}: {item.state.value} after {item.attempts} attempt(s), {status}{item.last_detail}"
        )
    return ExitCode.OK if entry.state is AlertState.SENT else ExitCode.ERROR


def _find(container: Container, alert_id: str) -> AlertEntry | None:
    return next(
        (item for item in container.alert_log().alerts(AlertQuery(limit=200)) if item.alert_id == alert_id), None
    )
