"""`mcp-core analyze --write-patch`: the diff on standard output, what was left alone and why on standard error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from domain.repository.planned import RepositoryPlan
from domain.repository.resources import WantedResources, wanted_resources

if TYPE_CHECKING:
    from entrypoints.container import Container


def print_patch(container: Container, folder: Path, planned: RepositoryPlan) -> None:
    """Print what `patch -p1` or `git apply` takes; no file is written."""
    found = [(item.profile.name, wanted_resources(item)) for item in planned.services]
    patch = container.manifest_editor().patch(folder, [item for _, item in found if isinstance(item, WantedResources)])
    typer.echo(patch.diff, nl=False)
    for service, why in [*((name, item) for name, item in found if isinstance(item, str)), *patch.left]:
        typer.echo(f"mcp-core: {service} is left alone: {why}", err=True)
