"""The MCP server over a container: tools, resources, and the two transports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.transport_security import TransportSecuritySettings

from domain.errors import ConfigurationError, McpCoreError
from domain.identity.principal import LOCAL_ANYBODY, Principal
from domain.identity.scopes import Scope
from domain.plans.records import PlanQuery
from entrypoints.http.auth.desk import hosts_answered, make_desk
from entrypoints.http.auth.owners import owner_seen
from entrypoints.mcp.access import Door, asking, check_reading, check_tool, costs_of
from entrypoints.mcp.calls import read, told
from entrypoints.mcp.tools import add_tools
from entrypoints.stored_plan import stored_plan_body, summary_body
from entrypoints.wire import flavor_body

if TYPE_CHECKING:
    from entrypoints.container import Container

_RECENT = 20
# Over standard input the agent is whoever started it, and could read the database as well.
_USER = replace(LOCAL_ANYBODY, scopes=frozenset(Scope))
_log = structlog.get_logger("mcp")
_SAID = (
    "Plans the capacity of services: forecasts 24 hours, chooses the cheapest size that carries them at an accepted "
    "risk, and prices it. Prices are dated list prices. A plan says in its notes what it rests on; do not present a "
    "fallback or a plan from a profile alone as a measurement."
)


class PlannerServer(MCPServer[Any]):
    """The SDK's server behind our door: every call and every resource asks for its scope.

    Args:
        level: Least level of log lines.
        gives_principal: Gives who asks.
        door: What stands before HTTP; None over standard input, where whoever started it is the user.
    """

    def __init__(self, level: Any, gives_principal: Callable[[], Principal], door: dict[str, Any] | None) -> None:
        super().__init__("mcp-core", version="0.1.0", instructions=_SAID, log_level=level)
        self._gives_principal = gives_principal
        self._door = door

    def owner_seen(self) -> str | None:
        """Whose kept plans the caller sees; None for everybody's."""
        return owner_seen(self._gives_principal())

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """See the SDK; a missing scope is told like any other error of a tool."""
        try:
            principal = self._gives_principal()
            check_tool(principal, name)
            if self._door is not None:
                for kind in costs_of(name):
                    # Where limits hold, somebody is known.
                    self._door["desk"].count_costly(principal, "", kind)
        except McpCoreError as error:
            raise ToolError(told(error)) from None
        return await super().call_tool(name, arguments, context)

    async def read_resource(self, uri: Any, context: Any = None) -> Any:
        """See the SDK; a missing scope is told like any other error of a resource."""
        try:
            check_reading(self._gives_principal())
        except McpCoreError as error:
            raise ResourceError(told(error)) from None
        return await super().read_resource(uri, context)

    def streamable_http_app(self, **options: Any) -> Any:
        """See the SDK; without a door there is none."""
        if self._door is None:
            raise ConfigurationError("this server was built for standard input and output")
        app = super().streamable_http_app(**options)
        app.add_middleware(Door, **self._door)
        return app


def build_server(container: Container, *, http_host: str | None) -> PlannerServer:
    """The server; nothing is loaded before the first call.

    Args:
        container: Gives the use cases.
        http_host: Address it will listen on; None over standard input and output, where the agent is the user who
            started it, and may name folders and archives of this machine.

    Raises:
        ConfigurationError: AUTH=optional on an address that others can reach.
    """
    settings = container.settings()
    if http_host is None:
        server = PlannerServer(settings.log_level, lambda: _USER, None)
    else:
        heard = settings.model_copy(update={"host": http_host})
        desk = make_desk(heard, container.accounts, container.request_rates)
        server = PlannerServer(settings.log_level, asking, {"desk": desk, "hosts": hosts_answered(heard)})
        _log.info("authentication", auth="required" if desk.is_required else "optional")
    add_tools(server, container, server.owner_seen, local_paths=http_host is None)
    _add_resources(server, container, server.owner_seen)
    return server


def _add_resources(server: MCPServer[Any], container: Container, owner: Callable[[], str | None]) -> None:
    @server.resource("plans://recent", mime_type="application/json", description="The newest plans that were kept.")
    def recent() -> str:
        def work() -> Any:
            query = PlanQuery(limit=_RECENT, owner_id=owner())
            return {"plans": [summary_body(item) for item in container.recall_plans().page(query)]}

        return read(work)

    @server.resource("plans://{plan_id}", mime_type="application/json", description="One plan that was kept.")
    def plan(plan_id: str) -> str:
        return read(lambda: stored_plan_body(container.recall_plans().find(plan_id, owner()), None))

    @server.resource("flavors://providers", mime_type="application/json", description="Providers of the catalogue.")
    def providers() -> str:
        return read(lambda: {"providers": list(container.flavor_catalog().providers())})

    @server.resource(
        "flavors://{provider}/{region}", mime_type="application/json", description="A provider's sizes in a region."
    )
    def flavors(provider: str, region: str) -> str:
        return read(
            lambda: {"flavors": [flavor_body(item) for item in container.flavor_catalog().flavors(provider, region)]}
        )


def serve_http(server: PlannerServer, host: str, port: int) -> None:
    """Serve streamable HTTP at ``/mcp`` until stopped.

    No message relies on one before it: each is asked for its key, and a key taken back ends nothing but counts no more.
    """
    # The door checks Host and Origin by the same settings as the HTTP interface.
    ours = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.run("streamable-http", host=host, port=port, stateless_http=True, transport_security=ours)
