"""Running the application under granian: one worker process, slow clients cut, accepted requests finished on stop."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from domain.errors import ConfigurationError

if TYPE_CHECKING:
    from granian.log import LogLevels
    from litestar import Litestar

    from entrypoints.settings import Settings

# Connections taken at once; granian's default refuses some of ten thousand idle ones for a minute.
_BACKPRESSURE = 16_384
_BACKLOG = 4_096
_SWITCH_SECONDS = 0.001


def configure_logging(level: str) -> None:
    """JSON lines with UTC times on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def serve(app: Litestar, settings: Settings, *, announce: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT; accepted requests are finished first.

    The application is built before the worker is forked, so that a wrong setting is one line and not a restart loop.

    Args:
        app: The application.
        settings: Address, limits and times.
        announce: Called once the address is taken, before the first request is answered.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    _refuse_taken_address(settings.host, settings.port)
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server
    from litestar.concurrency import set_asyncio_executor

    server = Server(
        target="entrypoints.http.server",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        backlog=_BACKLOG,
        backpressure=_BACKPRESSURE,
        http1_settings=HTTP1Settings(header_read_timeout=round(settings.header_timeout_seconds * 1000)),
        workers_kill_timeout=max(1, round(settings.drain_seconds)),
        log_level=_granian_level(settings.log_level),
        log_access=False,
    )

    def load(*_args: object, **_kwargs: object) -> Litestar:
        # Runs in the worker, before its event loop: so many requests are planned at the same time, others wait.
        # Threads beside the requests, which store plans and send alerts, give way five times as soon as by default.
        sys.setswitchinterval(_SWITCH_SECONDS)
        set_asyncio_executor(ThreadPoolExecutor(settings.max_threads, thread_name_prefix="plan"))
        return app

    server.on_startup(announce)
    server.serve(target_loader=load, wrap_loader=False)


def _refuse_taken_address(host: str, port: int) -> None:
    """Fail on an address that cannot be had; granian would share a port with another granian without a word."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As a server does: connections of a process that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"cannot listen on {host}:{port} (HOST, PORT): {reason}") from error


def _granian_level(level: str) -> LogLevels:
    from granian.log import LogLevels

    # Granian's own start and stop lines are of no use to a reader of ours.
    return LogLevels.debug if level == "DEBUG" else LogLevels.warning
