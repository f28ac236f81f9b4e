"""The MCP server over a container: tools, resources, and the two transports."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from domain.errors import ConfigurationError
from domain.plans.records import PlanQuery
from entrypoints.mcp.calls import read
from entrypoints.mcp.tools import add_tools
from entrypoints.stored_plan import stored_plan_body, summary_body
from entrypoints.wire import flavor_body

if TYPE_CHECKING:
    from entrypoints.container import Container

_RECENT = 20
_SAID = (
    "Plans the capacity of services: forecasts 24 hours, chooses the cheapest size that carries them at an accepted "
    "risk, and prices it. Prices are dated list prices. A plan says in its notes what it rests on; do not present a "
    "fallback or a plan from a profile alone as a measurement."
)


def build_server(container: Container, *, local_paths: bool) -> MCPServer[Any]:
    """The server; nothing is loaded before the first call.

    Args:
        container: Gives the use cases.
        local_paths: Whether an agent may name folders and archives of this machine.
    """
    level = container.settings().log_level
    server: MCPServer[Any] = MCPServer("mcp-core", version="0.1.0", instructions=_SAID, log_level=level)
    add_tools(server, container, local_paths=local_paths)
    _add_resources(server, container)
    return server


def _add_resources(server: MCPServer[Any], container: Container) -> None:
    @server.resource("plans://recent", mime_type="application/json", description="The newest plans that were kept.")
    def recent() -> str:
        return read(lambda: {"plans": [summary_body(item) for item in
                                       container.recall_plans().page(PlanQuery(limit=_RECENT))]})  # fmt: skip

    @server.resource("plans://{plan_id}", mime_type="application/json", description="One plan that was kept.")
    def plan(plan_id: str) -> str:
        return read(lambda: stored_plan_body(container.recall_plans().find(plan_id), None))

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


def serve_http(server: MCPServer[Any], host: str, port: int) -> None:
    """Serve streamable HTTP at ``/mcp`` until stopped; on a loopback address only, as nobody is asked who they are.

    Raises:
        ConfigurationError: The address is not of this machine alone.
    """
    if not _is_loopback(host):
        raise ConfigurationError(
            f"--host {host}: without accounts the MCP server listens on a loopback address only, 127.0.0.1 or ::1"
        )
    # Names a page of a browser could be rebound to are refused by the Host and Origin headers.
    names = [f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"]
    guard = TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )
    server.run("streamable-http", host=host, port=port, transport_security=guard)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
