"""Which model answers, and why: a table of rules, first match wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from domain.context import MCPContext, RuntimeEnv, ServiceType, TimeSlot
from domain.errors import ConfigurationError

_UNCONDITIONAL = "no other rule matched"


class Engine(StrEnum):
    """What computes the forecast."""

    LSTM = "lstm"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The routing table's answer."""

    model_version: str
    engine: Engine
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """One rule; an attribute left empty (or 0) matches everything.

    Attributes:
        model_version: Template; ``{service_type}`` and ``{time_slot}`` are filled in from the context.
        engine: What computes the forecast.
        runtime_env, time_slot, service_type: Accepted values.
        min_expected_users: Least number of expected users; a context without the figure does not match.
        min_observed_hours: Least number of really observed hours of the metric asked for.
    """

    model_version: str
    engine: Engine
    runtime_env: frozenset[RuntimeEnv] = frozenset()
    time_slot: frozenset[TimeSlot] = frozenset()
    service_type: frozenset[ServiceType] = frozenset()
    min_expected_users: int = 0
    min_observed_hours: int = 0

    def matches(self, context: MCPContext, observed_hours: int) -> bool:
        """Whether every condition of the rule holds."""
        return (
            (not self.runtime_env or context.runtime_env in self.runtime_env)
            and (not self.time_slot or context.time_slot in self.time_slot)
            and (not self.service_type or context.service_type in self.service_type)
            and (context.expected_users or 0) >= self.min_expected_users
            and observed_hours >= self.min_observed_hours
        )

    @property
    def conditions(self) -> str:
        """The rule in words."""
        parts = [
            f"{label} is {' or '.join(sorted(accepted))}"
            for label, accepted in (
                ("runtime_env", self.runtime_env),
                ("time_slot", self.time_slot),
                ("service_type", self.service_type),
            )
            if accepted
        ]
        if self.min_expected_users:
            parts.append(f"expected_users >= {self.min_expected_users}")
        if self.min_observed_hours:
            parts.append(f"observed hours >= {self.min_observed_hours}")
        return " and ".join(parts) or _UNCONDITIONAL


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """Rules in order; the last one matches everything, so that a route is always found."""

    rules: tuple[RouteRule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise ConfigurationError("routes: at least one rule is needed")
        last = self.rules[-1]
        if last.conditions != _UNCONDITIONAL:
            raise ConfigurationError("routes: the last rule must be without conditions, so that every request matches")

    def choose(self, context: MCPContext, observed_hours: int) -> Route:
        """The first rule that matches, with its reason."""
        rule = next(rule for rule in self.rules if rule.matches(context, observed_hours))
        version = rule.model_version.format(service_type=context.service_type.value, time_slot=context.time_slot.value)
        return Route(
            model_version=version, engine=rule.engine, reason=f"{rule.conditions} ({observed_hours} hours observed)"
        )


Choice = TypeVar("Choice", bound=StrEnum)
_RULE_KEYS = frozenset(RouteRule.__dataclass_fields__)


def parse_routes(document: Mapping[str, object]) -> RoutingTable:
    """The routing table out of a decoded ``routes.toml`` (``[[route]]`` tables).

    Raises:
        ConfigurationError: Naming the rule (1-based) and the key that is wrong.
    """
    rules = document.get("route")
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not rules:
        raise ConfigurationError("routes: at least one [[route]] table is needed")
    return RoutingTable(tuple(_parse_rule(number, raw) for number, raw in enumerate(rules, start=1)))


def _parse_rule(number: int, raw: object) -> RouteRule:
    if not isinstance(raw, Mapping):
        raise ConfigurationError(f"routes: rule {number} must be a table")
    unknown = sorted(set(raw) - _RULE_KEYS)
    if unknown:
        raise ConfigurationError(f"routes: rule {number} has unknown keys: {', '.join(unknown)}")
    return RouteRule(
        model_version=_template(number, raw.get("model_version")),
        engine=_choices(number, "engine", Engine, [raw.get("engine")])[0],
        runtime_env=frozenset(_choices(number, "runtime_env", RuntimeEnv, raw.get("runtime_env", []))),
        time_slot=frozenset(_choices(number, "time_slot", TimeSlot, raw.get("time_slot", []))),
        service_type=frozenset(_choices(number, "service_type", ServiceType, raw.get("service_type", []))),
        min_expected_users=_count(number, "min_expected_users", raw.get("min_expected_users", 0)),
        min_observed_hours=_count(number, "min_observed_hours", raw.get("min_observed_hours", 0)),
    )


def _choices(number: int, key: str, kind: type[Choice], raw: object) -> list[Choice]:
    listed = [raw] if isinstance(raw, str) else raw
    accepted = [member.value for member in kind]
    if not isinstance(listed, Sequence) or any(item not in accepted for item in listed):
        raise ConfigurationError(f"routes: rule {number}: {key} must be of {', '.join(accepted)}, got {raw!r}")
    return [kind(item) for item in listed]


def _count(number: int, key: str, raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool) or raw < 0:
        raise ConfigurationError(f"routes: rule {number}: {key} must be a whole number of at least 0, got {raw!r}")
    return raw


def _template(number: int, raw: object) -> str:
    try:
        if isinstance(raw, str) and raw.format(service_type="web", time_slot="peak"):
            return raw
    except (KeyError, IndexError, ValueError):
        pass
    raise ConfigurationError(
        f"routes: rule {number}: model_version must be text, with no other placeholder than "
        f"{{service_type}} and {{time_slot}}, got {raw!r}"
    )
