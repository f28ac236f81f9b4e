"""Running the application under granian: one worker process, slow clients cut, accepted requests finished on stop."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from litestar import Litestar

    from entrypoints.settings import Settings

# Time for a client to send its headers, milliseconds (granian's own default is 30 s).
_HEADER_TIMEOUT_MS = 5_000
# Connections taken at once; granian's default refuses some of ten thousand idle ones for a minute.
_BACKPRESSURE = 16_384
_BACKLOG = 4_096


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


def serve(app: Litestar, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; accepted requests are finished first.

    The application is built before the worker is forked, so that a wrong setting is one line and not a restart loop.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

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
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS),
        workers_kill_timeout=max(1, round(settings.drain_seconds)),
        log_level=_granian_level(settings.log_level),
        log_access=False,
    )
    server.serve(target_loader=lambda *_args, **_kwargs: app, wrap_loader=False)


def _granian_level(level: str) -> object:
    from granian.log import LogLevels

    # Granian's own start and stop lines are of no use to a reader of ours.
    return LogLevels.debug if level == "DEBUG" else LogLevels.warning
