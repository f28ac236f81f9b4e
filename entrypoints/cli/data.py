"""``mcp-core data``: make and check data files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from application.simulate_data import DEFAULT_SEED, SimulatedFile, simulate_data
from entrypoints.cli.data_check import check_command

data_app = typer.Typer(help="Make and check data files.")
data_app.command("check")(check_command)


@data_app.callback()
def data() -> None:
    """Make and check data files."""


@data_app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="Folder to write to; made when it is not there.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = DEFAULT_SEED,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that hold something else.")] = False,
) -> None:
    """Write a simulated cluster (84 columns) and eight simulated services (long format) as CSV."""
    files = simulate_data(seed)
    in_the_way = [file.name for file in files if _holds_something_else(out / file.name, file)]
    if in_the_way and not overwrite:
        raise typer.BadParameter(f"{', '.join(in_the_way)} already there and different; add --overwrite to replace")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file in files:
            _replace(out / file.name, file.text)
            typer.echo(f"{out / file.name}: {file.text.count(chr(10)) - 1} rows, simulated, seed {seed}")
    except OSError as error:
        raise typer.BadParameter(f"cannot write to {out}: {error.strerror}", param_hint="--out") from error


def _holds_something_else(path: Path, file: SimulatedFile) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != file.text.encode())


def _replace(path: Path, text: str) -> None:
    """Write beside the file and rename, so that a reader never sees half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(text.encode())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
