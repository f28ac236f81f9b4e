"""Port: what deployment files would look like with other amounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from domain.repository.resources import Patch, WantedResources


class ManifestEditor(Protocol):
    """Makes diffs of Compose and Kubernetes files; writes nothing."""

    def patch(self, folder: Path, wanted: Sequence[WantedResources]) -> Patch:
        """A unified diff that touches the lines of the amounts and no others.

        Compose: ``deploy.resources.limits`` (``cpus`` and ``mem_limit`` where a service has these), and reservations
        that are there. Kubernetes: requests of CPU and memory, the memory limit, and a CPU limit that is there.
        Replicas are never changed. A service whose file cannot be edited so (shared through an anchor, several
        containers, a template, no YAML, gone) is left alone with the reason.
        """
        ...
