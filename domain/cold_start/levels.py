"""The level to expect of a service: from what its profile says, with the sentence that says so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.cold_start.constants import (
    CEILING,
    HEAP_SHARE,
    LEAST_SHARE,
    MOST_SHARE,
    PRIORS,
    RESIDENT_GIB,
    USERS_DEVIATION,
    USERS_PER_VCPU,
    USERS_SHARE,
    WITHIN_DEVIATION,
)
from domain.metrics import Resource
from domain.repository.profile import ServiceProfile
from domain.series import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """What one replica is taken to have of a resource (vCPUs or GiB).

    Attributes:
        amount: Per replica, > 0.
        reach: What it may come to ask for, at least ``amount``: nobody has seen demand beyond what there was.
        why: Where it comes from, in words.
        assumed: Nobody declared it; it is the planner's assumption.
    """

    amount: float
    reach: float
    why: str
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The expected level before any hour was observed.

    Attributes:
        centre: Median in logit units of the share of capacity.
        width: Spread relative to that of a service of which nothing but the capacity is known, in (0, 1].
        why: Sentences on what it rests on.
    """

    centre: float
    width: float
    why: tuple[str, ...]


def to_logit(share: Floats | float) -> Floats:
    """Shares of capacity → logit units."""
    kept = np.clip(share, LEAST_SHARE, MOST_SHARE)
    return np.asarray(np.log(kept / (CEILING - kept)))


def from_logit(value: Floats) -> Floats:
    """Logit units → shares of capacity."""
    return np.asarray(CEILING / (1.0 + np.exp(-value)))


def provision_of(
    profile: ServiceProfile, resource: Resource, assumed_amount: float, *, expected_users: int | None = None
) -> Provision:
    """Declared, else read off workers or heap limits, else assumed; users and documented defaults reach further."""
    amount, why, assumed = _amount(profile, resource, assumed_amount)
    reach = amount
    users = _users_vcpus(profile, resource, expected_users)
    if users is not None:
        reach = max(reach, users / USERS_SHARE)
    held = RESIDENT_GIB.get(profile.runtime) if resource is Resource.MEMORY else None
    if held is not None:
        reach = max(reach, held[0] / HEAP_SHARE)
    return Provision(amount=amount, reach=reach, why=why, assumed=assumed)


def _users_vcpus(profile: ServiceProfile, resource: Resource, expected_users: int | None) -> float | None:
    """How many vCPUs per replica the users keep busy by the convention; None where it says nothing."""
    per_vcpu = USERS_PER_VCPU.get(profile.kind)
    if expected_users is None or resource is not Resource.CPU or per_vcpu is None:
        return None
    return expected_users / (per_vcpu * profile.replicas)


def _amount(profile: ServiceProfile, resource: Resource, assumed_amount: float) -> tuple[float, str, bool]:
    declared = profile.declared.vcpus if resource is Resource.CPU else profile.declared.memory_gib
    if declared is not None:
        return declared, f"{declared:.4g} {_unit(resource)} declared", False
    if resource is Resource.CPU and profile.workers:
        # Gunicorn advises (2 × cores) + 1 workers; Puma, uvicorn and pm2 one per core.
        vcpus = max(1.0, (profile.workers - 1) / 2) if profile.runtime == "python" else float(profile.workers)
        return vcpus, f"{vcpus:g} vCPUs guessed from {profile.workers} workers", True
    if resource is Resource.MEMORY and profile.memory_flag_gib:
        gib = profile.memory_flag_gib / HEAP_SHARE
        return gib, f"{gib:.3g} GiB guessed from a heap limit of {profile.memory_flag_gib:.3g} GiB", True
    return assumed_amount, f"nothing declared: {assumed_amount:g} {_unit(resource)} assumed", True


def level_of(
    profile: ServiceProfile,
    resource: Resource,
    provision: Provision,
    *,
    expected_users: int | None = None,
    siblings: Sequence[float] = (),
) -> Level:
    """Public traces, moved by siblings already known, expected users, and what the software holds by default.

    Args:
        profile: The service.
        resource: CPU or memory.
        provision: What one replica has, and may come to ask for; the level is a share of the latter.
        expected_users: Of the whole service.
        siblings: Mean share of capacity of each service of the same repository that has a history.
    """
    prior = PRIORS[resource]
    centre, variance = prior.median, prior.level_deviation**2
    why = [f"{provision.why}; use of it as in public traces"]
    if siblings:
        # Best linear prediction from exchangeable services of one surrounding.
        count, shared = len(siblings), prior.correlation
        weight = count * shared / (1 + (count - 1) * shared)
        centre += weight * (float(to_logit(np.array(siblings)).mean()) - centre)
        variance *= 1 - weight * shared
        why.append(f"moved {weight:.0%} of the way to {count} service(s) of the repository already known")
    users = _users_vcpus(profile, resource, expected_users)
    if users is not None:
        told = float(to_logit(users / provision.reach))
        weight = variance / (variance + USERS_DEVIATION**2)
        centre += weight * (told - centre)
        variance *= 1 - weight
        why.append(f"{expected_users} users at an assumed {USERS_PER_VCPU[profile.kind]:g} per vCPU")
    held = RESIDENT_GIB.get(profile.runtime) if resource is Resource.MEMORY else None
    if held is not None and (least := float(to_logit(held[0] / provision.reach))) > centre:
        centre = least
        why.append(held[1])
    # The fan's steps hold the spread over services and that within one; only the first has narrowed.
    within = WITHIN_DEVIATION**2
    width = math.sqrt((variance + within) / (prior.level_deviation**2 + within))
    return Level(centre=centre, width=width, why=tuple(why))


def _unit(resource: Resource) -> str:
    return "vCPUs" if resource is Resource.CPU else "GiB"
