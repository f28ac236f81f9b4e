"""Make the simulated sample data: the wide cluster file and the long services file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.covariates import build_covariates, learn_bin_edges
from domain.errors import InvalidRequest
from domain.simulation import (
    CLUSTER_ORIGIN,
    cluster_csv,
    services_csv,
    simulate_cluster,
    simulate_services,
)

DEFAULT_SEED: Final = 2026
CLUSTER_FILE: Final = "lstm_ready_cluster_data.csv"
SERVICES_FILE: Final = "sample_services.csv"
TRAINING_SHARE: Final = 0.7
"""Share of the cluster's hours that the bin edges written into the file are learned on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedFile:
    """Name and whole text (UTF-8, line feeds) of one file."""

    name: str
    text: str


def simulate_data(seed: int = DEFAULT_SEED) -> tuple[SimulatedFile, ...]:
    """Simulate both files; the same seed gives the same bytes.

    Raises:
        InvalidRequest: The seed is negative.
    """
    if seed < 0:
        raise InvalidRequest(f"the seed must be 0 or more, got {seed}")
    raw = simulate_cluster(seed)
    edges = learn_bin_edges(raw, round(len(raw) * TRAINING_SHARE))
    table = build_covariates(raw, origin=CLUSTER_ORIGIN, edges=edges)
    return (
        SimulatedFile(name=CLUSTER_FILE, text=cluster_csv(table)),
        SimulatedFile(name=SERVICES_FILE, text=services_csv(simulate_services(seed))),
    )
