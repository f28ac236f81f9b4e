"""The HTTP application, built around a container; nothing happens at import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Litestar

from entrypoints.dependencies import dependency_checks
from entrypoints.http.guard import Guard
from entrypoints.http.health import health_handlers
from entrypoints.http.metrics import Metrics
from entrypoints.http.openapi import openapi_config
from entrypoints.http.plans import plans_router
from entrypoints.http.problems import EXCEPTION_HANDLERS

if TYPE_CHECKING:
    from entrypoints.container import Container


def create_app(container: Container) -> Litestar:
    """The application over a container's use cases.

    Raises:
        ConfigurationError: The routing table is wrong.
        InvalidData: The flavor catalogue is wrong.
    """
    settings = container.settings()
    metrics = Metrics()
    plans = plans_router(
        container.plan_capacity(), container.plan_metrics(), container.plan_hourly(), metrics, settings.max_json_depth
    )
    app = Litestar(
        route_handlers=[plans, *health_handlers(dependency_checks(container), metrics)],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        # Litestar's own debug pages would show stack traces.
        debug=False,
    )
    app.asgi_handler = Guard(
        app.asgi_handler, body_timeout_seconds=settings.body_timeout_seconds, observe=metrics.observe_request
    )
    return app
