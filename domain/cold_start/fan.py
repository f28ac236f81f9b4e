"""Quantiles of the next 24 hours from a level and the hours observed so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.cold_start.constants import CREST_HOUR_UTC, HOURS, PRIORS, SWING, ResourcePrior
from domain.cold_start.levels import Level, from_logit, to_logit
from domain.forecast import HORIZON_HOURS
from domain.metrics import Resource
from domain.repository.known import ServiceKind
from domain.series import Floats, LoadSeries, hours_from


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Fan:
    """Quantiles of the 24 hours, shape (24, 7), shares of capacity.

    Attributes:
        mean: Of each hour's mean.
        peak: Of each hour's maximum.
    """

    mean: Floats
    peak: Floats


def fan(resource: Resource, level: Level, observed: LoadSeries, kind: ServiceKind, start: datetime) -> Fan:
    """What an hour's mean and its maximum will be, as shares of capacity.

    Each observed hour moves the centre from the prior to the service's own mean and narrows the interval.

    Args:
        resource: CPU or memory.
        level: The prior level.
        observed: Hourly means so far, shares of capacity; may be empty.
        kind: Gives CPU its daily shape.
        start: First hour, UTC.
    """
    prior = PRIORS[resource]
    seen = observed.observed_values
    centre = level.centre
    if seen.size:
        learned = _between(prior.learned[:, None], seen.size)[0]
        centre += learned * (float(to_logit(seen).mean()) - centre)
    shape = _shape(resource, kind, observed, start)
    mean, peak = (_quantiles(prior, level, centre, seen.size, steps) for steps in (prior.mean_steps, prior.peak_steps))
    # Fitted apart, so in the far tail the two may come to lie a hair the wrong way round.
    both = (shape[:, None] * mean, shape[:, None] * np.maximum(mean, peak))
    return Fan(mean=_bounded(both[0]), peak=_bounded(both[1]))


def _quantiles(prior: ResourcePrior, level: Level, centre: float, hours: int, steps: Floats) -> Floats:
    # Without an hour observed the steps are mostly the spread over services, which the profile may have narrowed.
    narrowed = level.width if hours == 0 else 1.0
    return from_logit(centre + narrowed * _between(steps, hours))


def _bounded(quantiles: Floats) -> Floats:
    """No more than all there is, and the tail that sizing extends beyond p99 (to p99.9) ends there as well.

    What the traces show was bounded by the capacities there were: of more they can tell nothing. Only p95 is moved,
    upward.
    """
    kept = np.minimum(quantiles, 1.0)
    last = kept[:, -1]
    kept[:, -2] = np.maximum(kept[:, -2], last - math.log(5.0) * (1.0 - last) / math.log(10.0))
    return kept


def _between(rows: Floats, hours: int) -> Floats:
    """The row for a number of hours, linear in log(1 + hours)."""
    at = np.log1p(np.array(HOURS, dtype=np.float64))
    return np.array([np.interp(math.log1p(hours), at, column) for column in rows.T])


def _shape(resource: Resource, kind: ServiceKind, observed: LoadSeries, start: datetime) -> Floats:
    """Load per hour relative to the hours observed, or to the day's mean. Memory does not breathe with the day."""
    if resource is Resource.MEMORY:
        return np.ones(HORIZON_HOURS)
    day = np.array([1.0 + SWING[kind] * math.cos(2 * math.pi * (hour - CREST_HOUR_UTC) / 24) for hour in range(24)])
    told = [moment.hour for moment in hours_from(observed.start, len(observed))]
    relative_to = float(day[told].mean()) if told else 1.0
    return day[[moment.hour for moment in hours_from(start, HORIZON_HOURS)]] / relative_to
