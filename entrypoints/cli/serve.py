"""`mcp-core serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from entrypoints.cli.context import container_of


def serve_command(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on [HOST].")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on [PORT].")] = None,
) -> None:
    """Start the HTTP service; SIGTERM and Ctrl-C finish what was accepted and stop."""
    from dependency_injector import providers

    from entrypoints.http.app import create_app
    from entrypoints.http.server import configure_logging, serve

    container = container_of(ctx)
    given = {"host": host, "port": port}
    settings = container.settings().model_copy(update={key: value for key, value in given.items() if value is not None})
    container.settings.override(providers.Object(settings))
    configure_logging(settings.log_level)
    app = create_app(container)
    line = f"mcp-core: http://{settings.host}:{settings.port} (POST /plans, GET /schema, GET /health/ready)"
    serve(app, settings, announce=lambda: typer.echo(line, err=True))
