"""What a deployment file should ask for, from a plan, and how each kind of file writes it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from domain.repository.planned import Basis, ServicePlan
from domain.repository.profile import Evidence

_COMPOSE = re.compile(r"Compose service (.+)")
_WORKLOAD = re.compile(r"(Deployment|StatefulSet|DaemonSet|Job|CronJob) (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedResources:
    """Amounts per replica for one service of one file.

    Attributes:
        service: Its name in the answer.
        file: Path from the repository's root.
        name: Its name in that file.
        is_compose: Compose, else Kubernetes.
        vcpus: Rounded up to a hundredth; None where CPU is not known.
        memory_mib: Rounded up to 16 MiB; None where memory is not known.
    """

    service: str
    file: str
    name: str
    is_compose: bool
    vcpus: float | None
    memory_mib: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A unified diff over all files, and the services it leaves alone with the reason.

    Attributes:
        diff: Empty where nothing is to be changed.
        left: Service and reason.
    """

    diff: str
    left: tuple[tuple[str, str], ...]


def wanted_resources(item: ServicePlan) -> WantedResources | str:
    """What its file should ask for, or why nothing is to be written.

    A plan without one observed hour is a guess: nobody's file is changed for it.
    """
    if item.plan is None:
        return "it has no plan"
    if item.basis is Basis.PRIOR:
        return "not one hour of it was observed: a guess is no reason to change a file"
    found = next((place for place in map(_place, item.profile.evidence) if place is not None), None)
    if found is None:
        return "no Compose or Kubernetes file declares it"
    file, name, is_compose = found
    need = item.plan.choice.need
    return WantedResources(
        service=item.profile.name, file=file, name=name, is_compose=is_compose,
        vcpus=None if need.vcpus is None else max(0.01, math.ceil(need.vcpus * 100 - 1e-6) / 100),
        memory_mib=None if need.memory_gib is None else max(16, math.ceil(need.memory_gib * 64 - 1e-6) * 16),
    )  # fmt: skip


def _place(evidence: Evidence) -> tuple[str, str, bool] | None:
    if found := _COMPOSE.fullmatch(evidence.fact):
        return evidence.file, found[1], True
    if found := _WORKLOAD.fullmatch(evidence.fact):
        return evidence.file, found[2], False
    return None
