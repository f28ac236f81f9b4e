"""``mcp-core backtest anomalies``: which detector would have seen what people labelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from application.score_detectors import DetectionScore, ScoreDetectors, ServiceKey, score_looks
from domain.anomaly.scoring import Label, Look
from domain.errors import InvalidData
from domain.ports.backtest_source import BacktestSeries
from entrypoints.cli.backtest_run import METHOD_PREFERENCE, backtest_of
from entrypoints.cli.context import container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.cli.progress import with_progress

_WIDTH = 120
_SERVICES_AT_ONCE = 4

Row = dict[str, str | int | float | bool | None]


def backtest_anomalies(
    ctx: typer.Context,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="Parquet or long CSV file, or a folder of them; may be repeated or given several paths."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Parquet or CSV file: service_id,start_ts,end_ts and, if need be, dataset.")
    ] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="Only this data set; may be repeated.")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; may be repeated. Default: all but hourly maxima (_max).")
    ] = None,
    newest_days: Annotated[
        int, typer.Option(min=0, help="Judge only so many days at the end, where only these are labelled; 0: all.")
    ] = 0,
    threshold: Annotated[
        list[float] | None, typer.Option(min=0.01, help="Score from which on it is an alarm; default: ANOMALY_Z.")
    ] = None,
    false_alarms: Annotated[
        float, typer.Option(min=0.0, help="Also look for the best threshold with at most so many per service-week.")
    ] = 1.0,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Format of the report.")] = OutputFormat.TABLE,
) -> None:
    """Judge every six hours of a labelled past by every detector, without a look ahead.

    The detectors whose name ends in _ahead judge the forecast of the next 24 hours, as plans do; the others the newest
    6 hours, above and below. The threshold marked * is the best one, found by looking at the labels. Forecasts are
    those of a plan: by auto, or by baseline where no model can be used (mcp-core doctor says why).
    """
    if not source:
        raise typer.BadParameter("name at least one file or folder", param_hint="--source")
    if labels is None:
        raise typer.BadParameter("name the file of labels", param_hint="--labels")
    container = container_of(ctx)
    marked = container.labels(labels)
    subjects = list(container.backtest_source(source, datasets=dataset or (), metrics=metric or ()).read())
    _check(subjects, marked, labels.name)
    run = backtest_of(container, (), 0)
    method = next(name for name in METHOD_PREFERENCE if name in run.names)
    looks = _looks(ScoreDetectors(backtest=run, method=method, newest_days=newest_days), subjects)
    scores = score_looks(looks, marked, threshold or [container.settings().anomaly_z], false_alarms)
    rows = [_row(score, method) for score in scores]
    if output is OutputFormat.TABLE:
        _print_table(rows)
    else:
        typer.echo({OutputFormat.CSV: as_csv, OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml}[output](rows))


def _check(subjects: Sequence[BacktestSeries], marked: Sequence[Label], name: str) -> None:
    if not subjects:
        raise InvalidData("no series matches: check --dataset and --metric against what the files hold")
    known = {(subject.dataset, subject.service_id) for subject in subjects}
    services = {service for _, service in known}
    named = {(label.dataset, label.service_id) for label in marked}
    if not named & known and not {service for dataset, service in named if dataset is None} & services:
        raise InvalidData(f"{name}: no label is of a service in the data: check service_id and dataset")


def _looks(score: ScoreDetectors, subjects: Sequence[BacktestSeries]) -> dict[ServiceKey, list[Look]]:
    """A few services at a time; all metrics of a service together."""
    ordered = sorted(subjects, key=lambda subject: (subject.dataset, subject.service_id))
    services = [list(group) for _, group in groupby(ordered, key=lambda subject: (subject.dataset, subject.service_id))]
    batches = [
        [subject for service in services[first : first + _SERVICES_AT_ONCE] for subject in service]
        for first in range(0, len(services), _SERVICES_AT_ONCE)
    ]
    found: dict[ServiceKey, list[Look]] = {}
    made: Iterator[dict[ServiceKey, list[Look]]] = map(score.looks, batches)
    for looks in with_progress(made, len(batches), "backtest"):
        found |= looks
    return found


def _row(score: DetectionScore, method: str) -> Row:
    tally = score.tally
    return {
        "dataset": score.dataset, "detector": score.detector, "threshold": score.threshold, "is_best": score.is_best,
        "windows": tally.windows, "found": tally.found, "precision": tally.precision, "recall": tally.recall,
        "f1": tally.f1, "false_alarms": tally.false_alarms, "false_alarms_per_service_week": tally.false_per_week,
        "service_weeks": round(tally.weeks, 3), "forecasts_by": method,
    }  # fmt: skip


def _print_table(rows: Sequence[Row]) -> None:
    # A model that is missing or refused leaves the baseline: that makes other figures, so it is said.
    title = f"forecasts by {rows[0]['forecasts_by']}" if rows else None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title)
    for heading in ("data set", "detector"):
        table.add_column(heading, no_wrap=True)
    for heading in ("threshold", "windows", "found", "precision", "recall", "F1", "false alarms/week"):
        table.add_column(heading, justify="right", no_wrap=True)
    for dataset, group in groupby(rows, key=lambda row: row["dataset"]):
        table.add_section()
        for row in group:
            threshold = f"{row['threshold']:.4g}{'*' if row['is_best'] else ' '}"
            figures = (row["precision"], row["recall"], row["f1"], row["false_alarms_per_service_week"])
            table.add_row(
                str(dataset), str(row["detector"]), threshold, str(row["windows"]), str(row["found"]),
                *("–" if figure is None else f"{figure:.2f}" for figure in figures),
            )  # fmt: skip
    Console(width=_WIDTH).print(table)
