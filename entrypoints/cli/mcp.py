"""`mcp-core mcp`: the planner for agents, over standard input and output or HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from entrypoints.cli.context import container_of


class Transport(StrEnum):
    """How an agent reaches the server."""

    STDIO = "stdio"
    HTTP = "http"


def mcp_command(
    ctx: typer.Context,
    transport: Annotated[
        Transport, typer.Option(help="stdio: started by the agent's program; http: streamable HTTP.")
    ] = (Transport.STDIO),
    host: Annotated[
        str, typer.Option(help="Address to listen on (http); keys are needed beyond loopback.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on (http).")] = 8765,
) -> None:
    """Serve agents by the Model Context Protocol; tools plan, compare and explain, and change nothing."""
    from entrypoints.http.server import configure_logging
    from entrypoints.mcp.server import build_server, serve_http

    container = container_of(ctx)
    # Standard output belongs to the protocol.
    configure_logging(container.settings().log_level)
    # Over a socket whoever connects is not known to be the user whose files these are.
    server = build_server(container, http_host=host if transport is Transport.HTTP else None)
    jobs = container.background_jobs()
    jobs.start()
    try:
        if transport is Transport.STDIO:
            server.run("stdio")
        else:
            serve_http(server, host, port)
    finally:
        jobs.stop()
