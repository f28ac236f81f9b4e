"""``mcp-core backtest sizing``: how good the sizes would have been on a known past."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from application.sizing_days import ServicePast, companions_of, pair_series
from application.sizing_report import report_on_sizes
from domain.context import MAX_RISK
from domain.errors import ConfigurationError, InvalidData
from domain.metrics import MAX_SUFFIX
from domain.ports.backtest_source import BacktestSource
from domain.sizing_peers import PEERS
from entrypoints.cli.backtest_sizing_run import size_all
from entrypoints.cli.backtest_sizing_view import flat_rows, page, print_sizes
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import as_csv, as_json
from entrypoints.cli.report_format import ReportFormat

DEFAULT_AGAINST = "vpa,krr,compute-optimizer,max14,autopilot-window"
DEFAULT_METRICS = ("cpu", "memory", "avg_cpu", "avg_memory", "cpu_cores", "memory_gib")


class Services(StrEnum):
    """Which services are judged."""

    ALL = "all"
    KEPT_APART = "kept-apart"
    FIT = "fit"


def backtest_sizing(
    ctx: typer.Context,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="Parquet or long CSV file, or a folder of them; may be repeated or given several paths."),
    ] = None,
    risk: Annotated[str, typer.Option(help="Asked shares of hours over the size, by comma.")] = "0.05,0.01,0.005",
    against: Annotated[str, typer.Option(help="Peers, by comma; also compute-optimizer-share.")] = DEFAULT_AGAINST,
    dataset: Annotated[list[str] | None, typer.Option(help="Only this data set; may be repeated.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Hourly means to size, with <metric>_max. Default: CPU and memory."),
    ] = None,
    origins: Annotated[int, typer.Option(min=0, help="Days per service, newest ones; 0: all.")] = 0,
    services: Annotated[
        Services,
        typer.Option(help="All, those kept apart from the fit of the rule, or those it was fitted on."),
    ] = Services.ALL,
    unseen: Annotated[
        bool,
        typer.Option("--unseen", help="Of these, only what `train service` on the same files keeps apart."),
    ] = False,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="With --unseen: data sets that training left out; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    output: Annotated[ReportFormat, typer.Option("-f", "--format", help="Format of the report.")] = ReportFormat.TABLE,
) -> None:
    """Choose one size a day from two weeks of history, hold it against the next day's hourly maxima.

    Services whose CPU averages below 2 % in their first two weeks, or is not known, are reported apart.
    """
    if not source:
        raise typer.BadParameter("name at least one file or folder", param_hint="--source")
    risks, peers = _risks(risk), _peers(against)
    container = container_of(ctx)
    means = tuple(metric or DEFAULT_METRICS)
    # CPU tells which services are in use, whatever is sized.
    names = tuple(dict.fromkeys((*means, *(one for name in means for one in companions_of(name)), "cpu", "avg_cpu")))
    chosen = {"datasets": dataset or (), "metrics": names}
    reader: BacktestSource = container.backtest_source(source, **chosen)
    if unseen:
        reader = container.kept_apart_source(source, leave_out=leave_out or (), **chosen)
    wanted = [
        item
        for item in pair_series(list(reader.read()))
        if item.mean.metric.name in means and _is_wanted(item, services)
    ]
    outcomes = size_all(container, wanted, peers=peers, risks=risks, origins=origins, workers=workers)
    if not outcomes:
        named = " or ".join(f"{name} with {name}{MAX_SUFFIX}" for name in metric or ("cpu", "memory"))
        raise InvalidData(f"no service has 15 days of {named}: check --dataset, --metric, --services and --unseen")
    report = report_on_sizes(outcomes, risks)
    if output is ReportFormat.TABLE:
        print_sizes(report)
    elif output is ReportFormat.CSV:
        typer.echo(as_csv(flat_rows(report)))
    elif output is ReportFormat.JSON:
        typer.echo(as_json(report.as_json()))
    else:
        typer.echo(page(report))


def _risks(text: str) -> tuple[float, ...]:
    try:
        risks = tuple(dict.fromkeys(float(part) for part in text.split(",") if part.strip()))
    except ValueError:
        risks = ()
    if not risks or not all(0.0 < risk <= MAX_RISK for risk in risks):
        raise typer.BadParameter(f"expected numbers above 0 up to {MAX_RISK:g}, by comma", param_hint="--risk")
    return risks


def _peers(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in PEERS:
            raise ConfigurationError(f"--against {name}: there is no such peer; there are {', '.join(PEERS)}")
    return names


def _is_wanted(item: ServicePast, services: Services) -> bool:
    return services is Services.ALL or item.kept_apart is (services is Services.KEPT_APART)
