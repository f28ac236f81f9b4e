"""The tools: each a use case with typed arguments; docstrings and descriptions are what an agent reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import Field

from application.list_flavors import FlavorQuery, list_flavors
from domain.flavors import FlavorFilter
from domain.plan_request import read_plan_request
from domain.repository.address import looks_remote, parse_github_address
from domain.repository.profile import RepositoryProfile
from domain.repository.wishes import read_wishes
from domain.what_if import read_what_if_request
from entrypoints.mcp.calls import answered, request_body
from entrypoints.repository_wire import repository_plan_body
from entrypoints.wire import flavor_body, plan_body
from entrypoints.wire_what_if import what_if_body

if TYPE_CHECKING:
    from entrypoints.container import Container

# Nothing here changes anything; a plan asked for here is not kept.
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_FETCHES = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=True)

ServiceId = Annotated[str, Field(min_length=1, max_length=128, description="As history calls it; see list_services.")]
Metric = Annotated[str, Field(min_length=1, max_length=128, description="avg_cpu, avg_memory, cpu_cores, requests …")]
ServiceType = Annotated[Literal["web", "api", "db"], Field(description="Kind of service.")]
Env = Annotated[Literal["prod", "dev"], Field(description="Where it runs.")]
Slot = Annotated[Literal["peak", "normal", "low", "weekend"], Field(description="What is expected of the time ahead.")]
At = Annotated[str | None, Field(description="ISO 8601 time to plan from; now by default.")]
Users = Annotated[int | None, Field(ge=0, description="Expected users.")]
Provider = Annotated[
    str | None, Field(description="aws, azure, gcp, oracle, ibm; needs region. Generic sizes without.")
]
Region = Annotated[str | None, Field(description="The provider's region, for example us-east-1.")]
Replicas = Annotated[int | None, Field(ge=1, le=10_000, description="Replicas there are.")]
Vcpus = Annotated[float | None, Field(gt=0, description="vCPUs per replica today.")]
Gib = Annotated[float | None, Field(gt=0, description="GiB per replica today.")]
Flavor = Annotated[str | None, Field(description="Size it runs on today, in the catalogue.")]
Risk = Annotated[
    float | None, Field(gt=0, le=0.5, description="Accepted share of hours over capacity; 0.01 by default.")
]
Location = Annotated[str, Field(description="owner/name, owner/name@ref or https://github.com/owner/name.")]


def add_tools(
    server: MCPServer[Any], container: Container, viewer: Callable[[], str | None], *, local_paths: bool
) -> None:
    """Register every tool.

    Args:
        server: Where.
        container: Gives the use cases, asked at each call.
        viewer: Gives whose histories the caller may plan from; None for everybody's.
        local_paths: Whether plan_repository may read folders and archives of this machine.
    """
    _add_planning(server, container, viewer)
    _add_lists(server, container, viewer)

    @server.tool(annotations=_FETCHES)
    def plan_repository(
        location: Location, expected_users: Users = None, provider: Provider = None, region: Region = None,
        risk: Risk = None, prefix: str = "", at: At = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Find the services a repository runs and plan each; says which rest on history and which are a guess."""

        def work() -> Any:
            raw = {
                "timestamp": at, "expected_users": expected_users, "provider": provider, "region": region,
                "risk": risk, "prefix": prefix,
            }  # fmt: skip
            wishes = read_wishes(raw, container.clock().now())
            viewer_id = viewer()
            found = _analyzed(container, location, local_paths)
            made = container.plan_repository()(found, wishes, lambda name: _check(container, name, viewer_id))
            return repository_plan_body(made)

        return answered(work)


def _check(container: Container, service_id: str, viewer_id: str | None) -> None:
    """Let somebody plan a service; whoever may plan all of them opens no database for it."""
    if viewer_id is not None:
        container.known_grants().check_history(service_id, viewer_id)


def _analyzed(container: Container, location: str, local_paths: bool) -> RepositoryProfile:
    if local_paths and not looks_remote(location):
        return container.analyze_repository()(Path(location))
    if local_paths and "://" not in location and Path(location).exists():
        return container.analyze_repository()(Path(location))
    return container.analyze_remote_repository()(parse_github_address(location))


def _add_planning(server: MCPServer[Any], container: Container, viewer: Callable[[], str | None]) -> None:
    @server.tool(annotations=_READS)
    def plan_capacity(
        service_id: ServiceId, metric_name: Metric = "avg_cpu", service_type: ServiceType = "web",
        runtime_env: Env = "prod", time_slot: Slot = "normal", at: At = None, expected_users: Users = None,
        provider: Provider = None, region: Region = None, current_flavor: Flavor = None, replicas: Replicas = None,
        vcpus: Vcpus = None, memory_gib: Gib = None, risk: Risk = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Forecast a service's next 24 hours, choose the cheapest size that carries them, and price it.

        Read the notes: they say what it rests on. A model_version ending in _fallback means nothing was measured.
        """
        given = _context(service_type, runtime_env, time_slot, at, expected_users, provider, region, current_flavor,
                         replicas, risk)  # fmt: skip
        body = request_body(service_id, metric_name, container.clock().now(), given, vcpus=vcpus, memory_gib=memory_gib)

        def work() -> Any:
            asked = read_plan_request(body)
            _check(container, asked.service_id, viewer())
            return plan_body(container.plan_capacity()(asked))

        return answered(work)

    @server.tool(annotations=_READS)
    def explain_plan(
        service_id: ServiceId, metric_name: Metric = "avg_cpu", service_type: ServiceType = "web",
        runtime_env: Env = "prod", time_slot: Slot = "normal", at: At = None, expected_users: Users = None,
        provider: Provider = None, region: Region = None, current_flavor: Flavor = None, replicas: Replicas = None,
        vcpus: Vcpus = None, memory_gib: Gib = None, risk: Risk = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Why plan_capacity answers as it does: reasons with codes, need, the cost–risk curve, anomaly, evidence."""
        given = _context(service_type, runtime_env, time_slot, at, expected_users, provider, region, current_flavor,
                         replicas, risk)  # fmt: skip
        body = request_body(service_id, metric_name, container.clock().now(), given, vcpus=vcpus, memory_gib=memory_gib)

        def work() -> Any:
            asked = read_plan_request(body)
            _check(container, asked.service_id, viewer())
            whole = plan_body(container.plan_capacity()(asked), detail=True)
            plain = msgspec.to_builtins(whole)
            return {"recommended_flavor": plain["recommended_flavor"],
                    "expected_cost_per_day": plain["expected_cost_per_day"], **plain["detail"]}  # fmt: skip

        return answered(work)

    @server.tool(annotations=_READS)
    def what_if(
        service_id: ServiceId, metric_name: Metric = "avg_cpu", service_type: ServiceType = "web", at: At = None,
        expected_users: Users = None, provider: Provider = None, region: Region = None, replicas: Replicas = None,
        vcpus: Vcpus = None, memory_gib: Gib = None, risk: Risk = None,
        users_factor: Annotated[float | None, Field(gt=0, description="So many times the users.")] = None,
        to_users: Users = None, to_replicas: Replicas = None, to_provider: Provider = None, to_region: Region = None,
        to_risk: Risk = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Cost and risk before and after a change of users, replicas, provider, region or risk, and if nothing is done.

        The first arguments say how things are, users_factor and to_… what would change; name one at least.
        """
        given = _context(service_type, None, None, at, expected_users, provider, region, None, replicas, risk)
        body = request_body(service_id, metric_name, container.clock().now(), given, vcpus=vcpus, memory_gib=memory_gib)
        changes = {
            "users_factor": users_factor, "expected_users": to_users, "replicas": to_replicas,
            "provider": to_provider, "region": to_region, "risk": to_risk,
        }  # fmt: skip
        whole = body | {"changes": changes}

        def work() -> Any:
            asked = read_what_if_request(whole)
            _check(container, asked.plan.service_id, viewer())
            return what_if_body(container.what_if()(asked))

        return answered(work)


def _context(
    service_type: str, runtime_env: str | None, time_slot: str | None, at: str | None, expected_users: int | None,
    provider: str | None, region: str | None, current_flavor: str | None, replicas: int | None, risk: float | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "service_type": service_type, "runtime_env": runtime_env, "time_slot": time_slot, "timestamp": at,
        "expected_users": expected_users, "provider": provider, "region": region, "current_flavor": current_flavor,
        "replicas": replicas, "risk": risk,
    }  # fmt: skip


def _add_lists(server: MCPServer[Any], container: Container, viewer: Callable[[], str | None]) -> None:
    @server.tool(annotations=_READS)
    def compare_flavors(
        min_vcpus: Annotated[float, Field(ge=0, description="At least so many vCPUs.")] = 0,
        min_memory_gib: Annotated[float, Field(ge=0, description="At least so many GiB.")] = 0,
        provider: Provider = None, region: Region = None,
        limit: Annotated[int, Field(ge=1, le=100, description="Cheapest so many.")] = 10,
    ) -> dict[str, Any]:  # fmt: skip
        """Sizes that have at least so much, cheapest first, of all providers or one; prices are dated list prices."""

        def work() -> Any:
            wanted = FlavorFilter(min_vcpus=min_vcpus, min_memory_gib=min_memory_gib)
            query = FlavorQuery(provider=provider, region=region, wanted=wanted, limit=limit)
            found = list_flavors(container.flavor_catalog(), query)
            return {"flavors": [flavor_body(flavor) for flavor in found.flavors]}

        return answered(work)

    @server.tool(annotations=_READS)
    def list_services(
        contains: Annotated[str, Field(max_length=128, description="Only names with this in them.")] = "",
        limit: Annotated[int, Field(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Services that have a history, with their metrics."""

        def work() -> Any:
            known = container.history().services()
            named = {name: metrics for name, metrics in known.items() if contains.lower() in name.lower()}
            viewer_id, grants = viewer(), container.known_grants
            fits = (
                named
                if viewer_id is None
                else {name: named[name] for name in named if grants().shows_history(name, viewer_id)}
            )
            shown = [{"service_id": name, "metrics": list(metrics)} for name, metrics in sorted(fits.items())[:limit]]
            return {"services": shown, "total": len(fits)}

        return answered(work)
