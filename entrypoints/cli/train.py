"""``mcp-core train``: train the service model or the cluster model."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from domain.ports.model_store import ModelStore
from domain.ports.model_trainer import ModelTrainer, TrainedModel, TrainingOptions, TrainingProgress
from domain.training_set import TEST_SHARE, VALIDATION_SHARE
from entrypoints.cli.context import container_of
from entrypoints.cli.many_sources import ManySourcesGroup

train_app = typer.Typer(cls=ManySourcesGroup, help="Train the models on your own history.", no_args_is_help=True)

Epochs = Annotated[int, typer.Option(min=1, help="Train at most this long.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Windows per step.")]
LearningRate = Annotated[float, typer.Option(min=1e-6, max=1.0, help="Highest learning rate.")]
Patience = Annotated[int, typer.Option(min=0, help="Stop after this many epochs without improvement.")]
ValidationShare = Annotated[float, typer.Option(min=0.0, max=0.9, help="Share used to stop.")]
TestShare = Annotated[float, typer.Option(min=0.0, max=0.9, help="Share never learned from, for the figures.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same data, same machine: same artefacts.")]
WorkFolder = Annotated[Path | None, typer.Option(help="Keep checkpoints here, so that the same command resumes.")]
DataNotes = Annotated[Path | None, typer.Option(help="Markdown on sources and licences, for the model card.")]


@train_app.callback()
def train() -> None:
    """Train the models on your own history."""


@train_app.command()
def service(
    ctx: typer.Context,
    source: Annotated[
        list[Path] | None,
        typer.Option(
            help="Parquet or long CSV file, or a folder of them; repeatable. Without it: the configured data source."
        ),
    ] = None,
    dataset: Annotated[list[str] | None, typer.Option(help="Learn from these data sets only; repeatable.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(help="Never learn from this data set; repeatable.")] = None,
    epochs: Epochs = 60,
    batch_size: BatchSize = 256,
    learning_rate: LearningRate = 2e-3,
    patience: Patience = 20,
    validation_share: ValidationShare = VALIDATION_SHARE,
    test_share: TestShare = TEST_SHARE,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of the model.")] = Path("models/service"),
    work_folder: WorkFolder = None,
    data_notes: DataNotes = None,
) -> None:
    """Train the service model: one network for every metric of every service.

    It learns from files, or without --source from the history of all services that DATA_SOURCE_BACKEND gives.
    """
    container = container_of(ctx)
    options = TrainingOptions(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        patience=patience,
        validation_share=validation_share,
        test_share=test_share,
        seed=seed,
        work_folder=work_folder,
    )
    if not source and (dataset or leave_out):
        raise typer.BadParameter("data sets are chosen among files: name them with --source", param_hint="--dataset")
    trainer = container.service_trainer(datasets=dataset or (), leave_out=leave_out or ())
    _train(ctx, trainer, container.model_store(folder=out), source or [], options, data_notes)


@train_app.command()
def cluster(
    ctx: typer.Context,
    csv_path: Annotated[Path, typer.Option(help="The 84-column CSV file.")],
    sequence_length: Annotated[int, typer.Option(help="Hours the model reads, 24 to 336.")] = 24,
    target_col: Annotated[str, typer.Option(help="Column to forecast.")] = "total_events",
    smooth_auxiliary: Annotated[bool, typer.Option(help="Winsorize metrics around their moving average.")] = False,
    with_data: Annotated[
        bool, typer.Option("--with-data", help="Keep the prepared data beside the model, as one set with it.")
    ] = False,
    epochs: Epochs = 80,
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 1e-3,
    patience: Patience = 15,
    validation_share: ValidationShare = 0.15,
    test_share: TestShare = 0.15,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of the model.")] = Path("models"),
    work_folder: WorkFolder = None,
    data_notes: DataNotes = None,
) -> None:
    """Train the cluster model on the 84-column file."""
    container = container_of(ctx)
    options = TrainingOptions(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        patience=patience,
        validation_share=validation_share,
        test_share=test_share,
        seed=seed,
        work_folder=work_folder,
    )
    trainer = container.cluster_trainer(
        sequence_length=sequence_length,
        target_column=target_col,
        smooth_auxiliary=smooth_auxiliary,
        with_data=with_data,
    )
    _train(ctx, trainer, container.model_store(folder=out), [csv_path], options, data_notes)


def _train(
    ctx: typer.Context,
    trainer: ModelTrainer,
    store: ModelStore,
    sources: list[Path],
    options: TrainingOptions,
    data_notes: Path | None,
) -> None:
    notes = _read_notes(data_notes)
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]}  validation {task.fields[validation]}  {task.fields[left]} left"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("train", total=None, epoch="–", loss="–", validation="–", left="–")

        def show(progress: TrainingProgress) -> None:
            fields = {
                "epoch": f"{progress.epoch}/{progress.epochs}",
                "loss": f"{progress.loss:.4f}",
                "left": f"{progress.seconds_left / 60:.1f} min",
            }
            if progress.validation_loss is not None:
                fields["validation"] = f"{progress.validation_loss:.4f}"
            done = (progress.epoch - 1) * progress.steps + progress.step
            bar.update(task, completed=done, total=progress.epochs * progress.steps, **fields)  # type: ignore[arg-type]

        train_model = container_of(ctx).train_model(trainer=trainer, store=store)
        trained = train_model(sources, options, on_progress=show, command=_command(), data_notes=notes)
    _report(trained)


def _report(trained: TrainedModel) -> None:
    for name, content in sorted(trained.files.items()):
        typer.echo(f"{name}: {len(content)} bytes")
    for history, found in trained.figures.items():
        overall = found.get("overall", {}) if isinstance(found, dict) else {}
        mae, pinball = overall.get("mae_ratio"), overall.get("pinball_ratio")
        if mae is not None and pinball is not None:
            typer.echo(f"{history} of history: MAE {mae:.3f}, pinball loss {pinball:.3f} of the daily seasonal naive")


def _read_notes(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter("cannot be read as text", param_hint="--data-notes") from error


def _command() -> str:
    """What was typed, without the folders of this machine: only names of files matter to a reader."""
    words = [Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:]]
    return shlex.join(["mcp-core", *words])
