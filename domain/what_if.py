"""What if there were three times the users, other replicas, another provider or risk? The question, and its load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from domain.context import MCPContext, extract_context
from domain.errors import ContextValidationError, FieldError, InvalidRequest, RegionRequired
from domain.metrics import MetricKind
from domain.plan import Outlook
from domain.plan_request import PlanRequest, read_plan_request
from domain.policy import clamp
from domain.sizing import Demand

MOST_USERS_FACTOR = 1000.0
USERS_FACTOR = "users_factor"
# Changes that take the place of the context's own value.
REPLACED = ("expected_users", "replicas", "risk", "provider", "region")
CHANGES = (USERS_FACTOR, *REPLACED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRequest:
    """A plan, and what is to be different.

    Attributes:
        plan: As things are.
        context: As they would be, but for the load.
        load_factor: How many times the load there would be, > 0.
    """

    plan: PlanRequest
    context: MCPContext
    load_factor: float

    @property
    def per_replica_factor(self) -> float:
        """How many times its present load each replica would carry, the total being spread evenly."""
        return self.load_factor * self.plan.context.replicas / self.context.replicas

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What was taken for granted, one sentence each."""
        now, then = self.plan.context, self.context
        found = []
        if self.load_factor != 1:
            found.append(
                f"the load is {self.load_factor:g} times as high in every hour, memory included, which often grows less"
            )
        if now.replicas != then.replicas:
            found.append("the total is spread evenly over the replicas; what each needs for itself alone is not known")
        if now.provider != then.provider:
            found.append("a vCPU of one provider does the work of a vCPU of the other")
        return tuple(found)


def read_what_if_request(raw: object) -> WhatIfRequest:
    """Read a request body: that of a plan, with ``changes``.

    Raises:
        ContextValidationError: Naming every bad field of the whole body.
        RegionRequired: Another provider without one of its regions.
        InvalidRequest: Nothing is changed, or what is changed does not fit what is there.
    """
    body = dict(raw) if isinstance(raw, Mapping) else raw
    given = body.pop("changes", None) if isinstance(body, dict) else None
    errors: list[FieldError] = []
    try:
        plan = read_plan_request(body)
    except ContextValidationError as error:
        raise ContextValidationError([*error.fields, *_check_changes(given)]) from None
    errors += _check_changes(given)
    context = _changed(plan.context, given, errors) if isinstance(given, Mapping) else plan.context
    if errors:
        raise ContextValidationError(errors)
    changes = {key: value for key, value in given.items() if value is not None} if isinstance(given, Mapping) else {}
    _check_fit(plan.context, context, changes)
    return WhatIfRequest(plan=plan, context=context, load_factor=_load_factor(plan.context, context, changes))


def scaled(outlook: Outlook, load_factor: float, per_replica_factor: float) -> Outlook:
    """The outlook of so many times the load, spread over so many more or fewer replicas.

    Args:
        outlook: As things are.
        load_factor: Of the service's total.
        per_replica_factor: Of what one replica carries.
    """
    is_share = outlook.metric.kind is MetricKind.RATIO
    weighted = outlook.weighted * (per_replica_factor if is_share else load_factor)
    demands = {resource: _scaled_demand(demand, per_replica_factor) for resource, demand in outlook.demands.items()}
    return replace(outlook, weighted=weighted, shown=clamp(weighted, outlook.metric.kind), demands=demands)


def _scaled_demand(demand: Demand, factor: float) -> Demand:
    # What was cut off at the capacity grows with the rest.
    beyond = None if demand.saturated_at is None else demand.saturated_at * factor
    # A past under that load would have been that much higher too.
    past = None if demand.past is None else np.array(demand.past * factor)
    return replace(demand, quantiles=np.array(demand.quantiles * factor), past=past, saturated_at=beyond)


def _check_changes(given: object) -> list[FieldError]:
    if not isinstance(given, Mapping) or not any(value is not None for value in given.values()):
        expected = f"an object with at least one of {', '.join(CHANGES)}"
        return [FieldError(pointer="/changes", expected=expected, code="missing" if given is None else "type")]
    # Unlike elsewhere an unknown key is refused: a change that nobody made would look like one without effect.
    errors = [
        FieldError(pointer=f"/changes/{key}", expected=f"one of {', '.join(CHANGES)}", code="choice")
        for key in given
        if key not in CHANGES
    ]
    factor = given.get(USERS_FACTOR)
    if factor is not None and not _is_factor(factor):
        expected = f"a number above 0 and at most {MOST_USERS_FACTOR:g}"
        errors.append(FieldError(pointer=f"/changes/{USERS_FACTOR}", expected=expected, code="range"))
    if factor is not None and given.get("expected_users") is not None:
        expected = f"only one of {USERS_FACTOR} and expected_users"
        errors.append(FieldError(pointer="/changes/expected_users", expected=expected, code="choice"))
    return errors


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MOST_USERS_FACTOR


def _changed(context: MCPContext, given: Mapping[str, Any], errors: list[FieldError]) -> MCPContext:
    replaced = {key: given[key] for key in REPLACED if given.get(key) is not None}
    try:
        return extract_context(context.model_dump() | replaced, pointer="/changes")
    except ContextValidationError as error:
        errors += error.fields
        return context


def _check_fit(now: MCPContext, then: MCPContext, changes: Mapping[str, Any]) -> None:
    if "provider" in changes and "region" not in changes:
        field = FieldError(pointer="/changes/region", expected="one of the provider's regions", code="missing")
        raise RegionRequired(f"provider {then.provider!r} needs a region: prices depend on it", [field])
    if "region" in changes and then.provider is None:
        field = FieldError(pointer="/changes/provider", expected="whose region it is", code="missing")
        raise InvalidRequest("another region means nothing without a provider, as the generic sizes have none", [field])
    if "expected_users" in changes and not now.expected_users:
        field = FieldError(pointer="/context/expected_users", expected="a whole number above 0", code="missing")
        message = f"how many times the load {then.expected_users} users are is not known: give users_factor instead"
        raise InvalidRequest(message, [field])
    if then.expected_users == 0 and "expected_users" in changes:
        field = FieldError(pointer="/changes/expected_users", expected="a whole number above 0", code="range")
        raise InvalidRequest("without users there is nothing to plan", [field])


def _load_factor(now: MCPContext, then: MCPContext, changes: Mapping[str, Any]) -> float:
    if "expected_users" in changes and now.expected_users and then.expected_users:
        return then.expected_users / now.expected_users
    return float(changes.get(USERS_FACTOR, 1.0))
