"""``mcp-core history import``: files into the table of metric history."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from application.import_history import ImportHistory, ImportReport
from domain.errors import DataSourceUnavailable, InvalidData, InvalidRequest
from domain.load_report import Rejection
from domain.ports.history_file_reader import WideFileOwner
from domain.samples import FIRST_YEAR, LAST_YEAR, name_fault
from domain.series import floor_hour
from entrypoints.cli.context import ExitCode, container_of

DEFAULT_REPORT = Path("history-rejected.csv")
_SHOWN = 5


def import_command(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Long CSV, Parquet with the same columns, or the wide CSV.")],
    service: Annotated[str | None, typer.Option(help="For a wide file: the service its hours are stored for.")] = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M"],
            help="For a wide file: the hour, UTC, that hour_offset counts from.",
        ),
    ] = None,
    report: Annotated[Path, typer.Option(help="Where rejected lines are listed, when there are any.")] = DEFAULT_REPORT,
) -> int:
    """Store files in the table of metric history; exit with 1 when a line was rejected.

    An import that was broken off is simply run again: the same samples are stored once more, to no effect.
    """
    container = container_of(ctx)
    owner = _owner(service, start)
    use_case = container.import_history()
    with _RejectionFile(report) as rejected:
        for file in files:
            began = time.monotonic()
            _tell(file, _import(use_case, file, owner, rejected), time.monotonic() - began)
    if rejected.count:
        typer.echo(f"{rejected.count:,} rejected lines are listed in {report}", err=True)
    backend = container.settings().data_source_backend
    if backend not in ("database", "mysql"):
        typer.echo(f"plans are made from {backend}: set DATA_SOURCE_BACKEND=database to plan from what was imported")
    return ExitCode.ERROR if rejected.count else ExitCode.OK


def _owner(service: str | None, start: datetime | None) -> WideFileOwner | None:
    if service is None and start is None:
        return None
    if service is None or start is None:
        raise typer.BadParameter("a wide file needs both --service and --start")
    fault = name_fault(service.strip())
    if fault:
        raise typer.BadParameter(f"the service {fault}", param_hint="--service")
    moment = start.replace(tzinfo=UTC)
    if moment != floor_hour(moment) or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise typer.BadParameter("must be a full hour such as 2026-11-01T00:00:00Z", param_hint="--start")
    return WideFileOwner(service_id=service.strip(), start=moment)


def _import(use_case: ImportHistory, file: Path, owner: WideFileOwner | None, rejected: _RejectionFile) -> ImportReport:
    def note(rejection: Rejection) -> None:
        rejected.add(file, rejection)

    with _progress(file.name) as show:
        try:
            return use_case(file, owner=owner, on_rejected=note, on_progress=show)
        except InvalidRequest as error:
            raise typer.BadParameter(f"{file}: {error.message} (--service and --start)") from error
        except InvalidData as error:
            raise InvalidData(f"{file}: {error.message}") from error
        except DataSourceUnavailable as error:
            raise DataSourceUnavailable(f"{file}: {error.message}") from error


class _Bar:
    """Shows how far a file is stored."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=1.0)

    def __call__(self, done: float) -> None:
        self._progress.update(self._task, completed=done)


@contextmanager
def _progress(name: str) -> Iterator[_Bar]:
    """A bar on standard error where somebody watches it; nothing in a log."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Bar(progress, name)


class _RejectionFile:
    """``file,line,reason``, begun when the first line is rejected."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> _RejectionFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, file: Path, rejection: Rejection) -> None:
        """Write one line, and show the first few."""
        if self._file is None:
            self._file = self._open()
        csv.writer(self._file, lineterminator="\n").writerow([_harmless(str(file)), rejection.line, rejection.reason])
        self.count += 1
        if self.count <= _SHOWN:
            typer.echo(f"{file}, line {rejection.line}: {rejection.reason}", err=True)

    def _open(self) -> TextIO:
        try:
            file = self._path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise typer.BadParameter(f"cannot write {self._path}: {error.strerror}", param_hint="--report") from error
        file.write("file,line,reason\n")
        return file


def _harmless(text: str) -> str:
    """A cell that a spreadsheet would run as a formula is marked as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _tell(file: Path, report: ImportReport, seconds: float) -> None:
    speed = f"{report.samples / seconds:,.0f} samples/s" if seconds > 0 else "at once"
    typer.echo(
        f"{file}: {report.lines_read:,} lines = {report.accepted:,} accepted + {report.rejected:,} rejected; "
        f"{report.samples:,} samples of {report.series:,} series stored in {seconds:.1f} s ({speed})"
    )
