"""The fallback scenario: what to expect of a service nobody has measured yet.

It never looks like knowledge: intervals are wide, every assumption is a sentence in the notes, and the answer is
marked ``fallback``. Levels and spreads are rounded from public traces: the pooled hourly shares of capacity of
Bitbrains (GWA-T-12), Azure V1 and Google 2011 services, and the spread of an hour around its service's own mean.
``docs/baseline.md`` gives the figures. The daily shapes and per-user loads are conventions, not measurements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.context import Capacity, MCPContext, RuntimeEnv, ServiceType, TimeSlot
from domain.forecast import HORIZON_HOURS, Forecast
from domain.metrics import MetricKind, MetricSpec, Resource
from domain.series import hours_from

FALLBACK = "fallback"
Floats = NDArray[np.float64]

# Share of capacity in an hour's maximum, pooled over services, at QUANTILE_LEVELS.
_SHARE_PRIOR = {
    Resource.CPU: np.array([0.01, 0.03, 0.15, 0.40, 0.75, 0.90, 1.00]),
    Resource.MEMORY: np.array([0.03, 0.08, 0.20, 0.40, 0.65, 0.80, 0.95]),
}
# An hour over its service's own mean, at QUANTILE_LEVELS.
_SPREAD_KNOWN_LEVEL = np.array([0.45, 0.75, 1.0, 1.2, 1.7, 2.3, 4.0])
# The level itself is a guess (from users): the spread of both together.
_SPREAD_GUESSED_LEVEL = np.array([0.15, 0.4, 1.0, 1.8, 3.2, 4.5, 8.0])
# Conventions for the time when only a number of users is known.
_USERS_PER_VCPU = {ServiceType.WEB: 2000.0, ServiceType.API: 1500.0, ServiceType.DB: 1000.0}
_EVENTS_PER_USER_HOUR = {ServiceType.WEB: 10.0, ServiceType.API: 20.0, ServiceType.DB: 30.0}
_ASSUMED_USERS = {RuntimeEnv.PROD: 1000, RuntimeEnv.DEV: 50}
_SLOT_FACTOR = {TimeSlot.PEAK: 1.5, TimeSlot.NORMAL: 1.0, TimeSlot.LOW: 0.6, TimeSlot.WEEKEND: 0.75}
_ENV_FACTOR = {RuntimeEnv.PROD: 1.0, RuntimeEnv.DEV: 0.5}
# Amplitude of the daily swing and the hour (UTC) of its crest.
_DAILY_SWING = {ServiceType.WEB: (0.45, 14), ServiceType.API: (0.35, 13), ServiceType.DB: (0.25, 13)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A level with its spread, and the sentence that says where they come from."""

    quantiles: Floats
    why: str


@lru_cache(maxsize=256)
def _daily_shape(service_type: ServiceType) -> Floats:
    """Shape (24,): relative load per hour of the day (UTC), mean 1."""
    swing, crest = _DAILY_SWING[service_type]
    return np.array([1.0 + swing * math.cos(2 * math.pi * (hour - crest) / 24) for hour in range(24)])


def scenario_forecast(context: MCPContext, metric: MetricSpec, start: datetime, capacity: Capacity) -> Forecast:
    """A forecast out of the context alone.

    Args:
        context: What the caller says of the service.
        metric: What to forecast.
        start: First hour, UTC.
        capacity: Capacity per replica, declared or assumed, for metrics in absolute units.
    """
    if metric.kind is MetricKind.COUNT or metric.resource is None:
        level = _count_level(context)
    else:
        level = _share_level(context, metric.resource, capacity)
    # Memory does not breathe with the day as CPU does.
    shape = np.ones(24) if metric.resource is Resource.MEMORY else _daily_shape(context.service_type)
    hours = [moment.hour for moment in hours_from(start, HORIZON_HOURS)]
    quantiles = shape[hours][:, None] * level.quantiles[None, :]
    if metric.kind is MetricKind.ABSOLUTE:
        quantiles = quantiles * _total_capacity(metric.resource, capacity, context.replicas)
    note = f"no history of {metric.name}: fallback scenario for a {context.service_type} in {context.runtime_env}"
    return Forecast(start=start, quantiles=quantiles, source=FALLBACK, notes=(f"{note}, {level.why}",))


def _share_level(context: MCPContext, resource: Resource, capacity: Capacity) -> _Level:
    current = context.curr_cpu if resource is Resource.CPU else context.curr_mem
    if current is not None:
        now = 1.0 if resource is Resource.MEMORY else _daily_shape(context.service_type)[context.timestamp.hour]
        return _Level(quantiles=_SPREAD_KNOWN_LEVEL * (current / now), why=f"level from current use {current:g}")
    factor = _SLOT_FACTOR[context.time_slot] * _ENV_FACTOR[context.runtime_env]
    if context.expected_users is not None and resource is Resource.CPU and capacity.vcpus:
        per_vcpu = _USERS_PER_VCPU[context.service_type]
        share = context.expected_users / (per_vcpu * capacity.vcpus * context.replicas)
        why = f"level assumed at {per_vcpu:g} users per vCPU and time slot {context.time_slot}"
        return _Level(quantiles=_SPREAD_GUESSED_LEVEL * share * _SLOT_FACTOR[context.time_slot], why=why)
    why = f"level as in public traces, time slot {context.time_slot}"
    return _Level(quantiles=_SHARE_PRIOR[resource] * factor, why=why)


def _count_level(context: MCPContext) -> _Level:
    users = context.expected_users
    assumed = "" if users is not None else " assumed"
    if users is None:
        users = _ASSUMED_USERS[context.runtime_env]
    per_user = _EVENTS_PER_USER_HOUR[context.service_type]
    level = users * per_user * _SLOT_FACTOR[context.time_slot]
    why = f"level from {users:g}{assumed} users at an assumed {per_user:g} events per user and hour"
    return _Level(quantiles=_SPREAD_GUESSED_LEVEL * level, why=f"{why}, time slot {context.time_slot}")


def _total_capacity(resource: Resource | None, capacity: Capacity, replicas: int) -> float:
    per_replica = capacity.vcpus if resource is Resource.CPU else capacity.memory_gib
    return (per_replica or 0.0) * replicas
