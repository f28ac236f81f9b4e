"""From profiles to the shape that leaves the service; plans, which import far more, are elsewhere."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.repository.profile import RepositoryProfile


def repository_body(found: RepositoryProfile) -> dict[str, Any]:
    """``services`` with their evidence, and ``findings``."""
    return {
        "services": [asdict(service) for service in found.services],
        "findings": [asdict(finding) for finding in found.findings],
    }
