"""``mcp-core models``: which trained models are there, and what a model file is before it is put to use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from domain.errors import ConfigurationError
from domain.model_report import ModelReport, ModelSummary
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

models_app = typer.Typer(help="List the trained models; check one before it serves.")

_WIDTH = 200


@models_app.command("list")
def list_command(
    ctx: typer.Context,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show every model in MODEL_DIR; exit with 1 when one of them would be refused."""
    found = container_of(ctx).model_catalog().models()
    if output is OutputFormat.TABLE:
        _print_list(found)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([_row(summary) for summary in found]))
    else:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml}[output](list(found)))
    return ExitCode.ERROR if any(summary.problem for summary in found) else ExitCode.OK


@models_app.command("check")
def check_command(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="Folder of a model, or its .h5 or .pkl file; files of others, too.")],
    csv_path: Annotated[
        Path | None, typer.Option("--csv-path", help="Wide CSV file to forecast from; CSV_DATA_PATH by default.")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Load a model completely, say what it is, and make one forecast from the end of the data."""
    container = container_of(ctx)
    data = csv_path or container.settings().csv_data_path
    if data is None:
        raise ConfigurationError("CSV_DATA_PATH is empty; name the wide CSV file with --csv-path")
    report = container.model_catalog().check(path, data)
    if output is OutputFormat.TABLE:
        _print_report(report)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([{"hour": hour, "value": value} for hour, value in enumerate(_forecast(report))]))
    else:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml}[output](_body(report)))
    return ExitCode.OK


def _forecast(report: ModelReport) -> list[float]:
    return [float(value) for value in report.forecast.median]


def _body(report: ModelReport) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "trusted": report.trusted,
        "network": report.network,
        "trained_at": report.trained_at,
        "inputs": report.inputs,
        "forecast": _forecast(report),
        "notes": report.notes,
    }


def _row(summary: ModelSummary) -> dict[str, Any]:
    figures = " ".join(f"{name}={value:.4g}" for name, value in summary.figures.items())
    return {
        "name": summary.name,
        "kind": summary.kind,
        "trusted": "yes" if summary.trusted else "no",
        "trained_at": summary.trained_at,
        "figures": figures,
        "files": " ".join(summary.files),
        "problem": summary.problem,
    }


def _print_list(found: Sequence[ModelSummary]) -> None:
    console = Console(markup=False, highlight=False, width=_WIDTH)
    if not found:
        console.print("no model is installed; train one with `mcp-core train`")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for heading in _row(found[0]):
        table.add_column(heading, overflow="fold")
    for summary in found:
        table.add_row(*(str(value) for value in _row(summary).values()))
    console.print(table)


def _print_report(report: ModelReport) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    inputs = report.inputs
    names = ", ".join(inputs.feature_names[:4]) + (", …" if inputs.n_features > 4 else "")
    console.print(f"kind      {report.kind}")
    console.print(f"trusted   {'yes: a manifest vouches for every file' if report.trusted else 'no'}")
    console.print(f"network   {report.network or 'not opened'}")
    console.print(f"inputs    {inputs.sequence_length} steps of {inputs.n_features} features ({names})")
    console.print(f"predicts  {inputs.target}")
    if report.trained_at:
        console.print(f"trained   {report.trained_at}")
    values = _forecast(report)
    console.print("forecast  " + " ".join(f"{value:.4g}" for value in values[:12]))
    console.print("          " + " ".join(f"{value:.4g}" for value in values[12:]))
    for note in report.notes:
        console.print(f"note      {note}")
