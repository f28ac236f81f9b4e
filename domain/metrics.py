"""What the planner knows of each metric: kind, unit, aliases and the companion that holds hourly maxima."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_SUFFIX = "_max"


class MetricKind(StrEnum):
    """How a metric's values are to be read, clamped and sized.

    RATIO: share of the service's current capacity, 0 to 1.
    ABSOLUTE: an amount in the metric's own unit (vCPUs, GiB), at least 0.
    COUNT: events in the hour, at least 0.
    """

    RATIO = "ratio"
    ABSOLUTE = "absolute"
    COUNT = "count"


class Resource(StrEnum):
    """The dimension of a flavor that a metric measures."""

    CPU = "cpu"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One metric of the catalogue.

    Attributes:
        name: Name as it appears in history and answers.
        kind: How values are read and clamped.
        unit: Unit of the values: ``share of capacity``, ``vCPU``, ``GiB`` or ``events per hour``.
        resource: The flavor dimension it measures, or None for counts.
        max_companion: Name of the metric holding the maximum within each hour, or None.
        aliases: Other names under which history may hold it.
    """

    name: str
    kind: MetricKind
    unit: str
    resource: Resource | None = None
    max_companion: str | None = None
    aliases: tuple[str, ...] = ()


_CATALOGUE = (
    MetricSpec(
        name="avg_cpu", kind=MetricKind.RATIO, unit="share of capacity", resource=Resource.CPU,
        max_companion="cpu_max", aliases=("cpu",),
    ),
    MetricSpec(
        name="avg_memory", kind=MetricKind.RATIO, unit="share of capacity", resource=Resource.MEMORY,
        max_companion="memory_max", aliases=("memory",),
    ),
    MetricSpec(name="cpu_max", kind=MetricKind.RATIO, unit="share of capacity", resource=Resource.CPU),
    MetricSpec(name="memory_max", kind=MetricKind.RATIO, unit="share of capacity", resource=Resource.MEMORY),
    MetricSpec(
        name="cpu_cores", kind=MetricKind.ABSOLUTE, unit="vCPU", resource=Resource.CPU,
        max_companion="cpu_cores_max",
    ),
    MetricSpec(
        name="memory_gib", kind=MetricKind.ABSOLUTE, unit="GiB", resource=Resource.MEMORY,
        max_companion="memory_gib_max",
    ),
    MetricSpec(name="cpu_cores_max", kind=MetricKind.ABSOLUTE, unit="vCPU", resource=Resource.CPU),
    MetricSpec(name="memory_gib_max", kind=MetricKind.ABSOLUTE, unit="GiB", resource=Resource.MEMORY),
    MetricSpec(name="total_events", kind=MetricKind.COUNT, unit="events per hour"),
    MetricSpec(name="requests", kind=MetricKind.COUNT, unit="events per hour"),
    MetricSpec(name="events", kind=MetricKind.COUNT, unit="events per hour"),
)  # fmt: skip

_BY_NAME = {spec.name: spec for spec in _CATALOGUE} | {alias: spec for spec in _CATALOGUE for alias in spec.aliases}

# Sizing looks at these, the absolute one first because it needs no assumption about capacity.
SIZING_METRICS: dict[Resource, tuple[MetricSpec, ...]] = {
    Resource.CPU: (_BY_NAME["cpu_cores"], _BY_NAME["avg_cpu"]),
    Resource.MEMORY: (_BY_NAME["memory_gib"], _BY_NAME["avg_memory"]),
}


def known_metrics() -> tuple[MetricSpec, ...]:
    """The whole catalogue, in a fixed order."""
    return _CATALOGUE


def find_metric(name: str) -> MetricSpec | None:
    """The catalogue's entry for a name or alias, or None when it has none."""
    return _BY_NAME.get(name)


def describe_metric(name: str) -> MetricSpec:
    """The catalogue's entry, or for an unknown name a count of that name (DESIGN §4, Metrics)."""
    return _BY_NAME.get(name) or MetricSpec(
        name=name, kind=MetricKind.COUNT, unit="events per hour", max_companion=name + MAX_SUFFIX
    )


def names_in_history(spec: MetricSpec) -> tuple[str, ...]:
    """Every name under which a history may hold the metric, the proper one first."""
    return (spec.name, *spec.aliases)


def bases_of_companion(name: str) -> tuple[str, ...]:
    """The metrics whose hourly maxima go by ``name``, as history may hold them; empty when it is no companion's name.

    ``cpu_max`` → ``avg_cpu``, ``cpu``; ``latency_max`` → ``latency``.
    """
    for spec in _CATALOGUE:
        if spec.max_companion == name:
            return names_in_history(spec)
    base = name.removesuffix(MAX_SUFFIX)
    return (base,) if base not in ("", name) and describe_metric(base).max_companion == name else ()
