"""``mcp-core backtest``: how good the forecasts would have been on a known past."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from application.backtest_report import report_on, windows_to_show
from domain.errors import InvalidData
from domain.ports.backtest_source import BacktestSource
from entrypoints.cli.backtest_anomalies import backtest_anomalies
from entrypoints.cli.backtest_html import as_html
from entrypoints.cli.backtest_run import METHOD_PREFERENCE, backtest_of, evenly_picked, score_all
from entrypoints.cli.backtest_sizing import backtest_sizing
from entrypoints.cli.backtest_view import flat_rows, print_table
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import as_csv, as_json
from entrypoints.cli.many_sources import ManySourcesGroup
from entrypoints.cli.report_format import ReportFormat

DEFAULT_AGAINST = "seasonal-naive,last,mean24,profile"

backtest_app = typer.Typer(
    cls=ManySourcesGroup, help="Forecast a known past and score it.", invoke_without_command=True, no_args_is_help=True
)
backtest_app.command("sizing")(backtest_sizing)
backtest_app.command("anomalies")(backtest_anomalies)


@backtest_app.callback()
def backtest(
    ctx: typer.Context,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="Parquet or long CSV file, or a folder of them; may be repeated or given several paths."),
    ] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="Only this data set; may be repeated.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; may be repeated. Default: all but hourly maxima (_max).")
    ] = None,
    kept_apart: Annotated[
        bool, typer.Option("--kept-apart", help="Only services that `train service` on the same files keeps apart.")
    ] = False,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="With --kept-apart: data sets that training left out; may be repeated.")
    ] = None,
    origins: Annotated[int, typer.Option(min=0, help="Forecasts per series, one a day, newest ones; 0: all.")] = 7,
    against: Annotated[str, typer.Option(help="Peers, by comma; also theta, ets, mstl.")] = DEFAULT_AGAINST,
    sample: Annotated[int, typer.Option(min=0, help="At most so many series per data set, evenly picked; 0: all.")] = 0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    output: Annotated[ReportFormat, typer.Option("-f", "--format", help="Format of the report.")] = ReportFormat.TABLE,
) -> None:
    """Roll over the past one day at a time and score 24-hour forecasts, without a look ahead.

    MAE and pinball ratios are relative to the daily seasonal naive (below 1 is better), averaged geometrically over
    series; coverage is the share of hours at or below a quantile.
    """
    if ctx.invoked_subcommand is not None:
        return
    if not source:
        raise typer.BadParameter("name at least one file or folder", param_hint="--source")
    container = container_of(ctx)
    chosen = {"datasets": dataset or (), "metrics": metric or ()}
    reader: BacktestSource = container.backtest_source(source, **chosen)
    if kept_apart:
        reader = container.kept_apart_source(source, leave_out=leave_out or (), **chosen)
    subjects = evenly_picked(list(reader.read()), sample)
    if not subjects:
        raise InvalidData("no series matches: check --dataset and --metric against what the files hold")
    peers = tuple(dict.fromkeys(name.strip() for name in against.split(",") if name.strip()))
    run = backtest_of(container, peers, origins)
    scores = score_all(run, subjects, workers=workers, peers=peers)
    report = report_on(scores)
    if output is ReportFormat.TABLE:
        print_table(report)
    elif output is ReportFormat.CSV:
        typer.echo(as_csv(flat_rows(report)))
    elif output is ReportFormat.JSON:
        typer.echo(as_json(report.as_json()))
    else:
        shown = next(name for name in METHOD_PREFERENCE if name in run.names)
        typer.echo(as_html(flat_rows(report), windows_to_show(subjects, scores[shown], run, shown), shown))
