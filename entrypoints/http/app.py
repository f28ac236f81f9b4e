"""The HTTP application, built around a container; nothing happens at import."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.middleware import DefineMiddleware

from domain.ports.metric_history import SourceStatus
from entrypoints.background import Background
from entrypoints.dependencies import dependency_checks
from entrypoints.http.alerts import alerts_handler
from entrypoints.http.auth.account import account_router
from entrypoints.http.auth.desk import AuthDesk, hosts_answered, make_desk
from entrypoints.http.auth.gate import Gate
from entrypoints.http.auth.hosts import HostCheck
from entrypoints.http.auth.rules import rules_with
from entrypoints.http.auth.shares import shares_router
from entrypoints.http.auth.sign_in import sign_in_router
from entrypoints.http.auth.trail import admin_router
from entrypoints.http.auth.upkeep import keep_house
from entrypoints.http.bounded_check import BoundedCheck
from entrypoints.http.guard import Guard
from entrypoints.http.health import health_handlers
from entrypoints.http.history import history_handler
from entrypoints.http.kept_plans import kept_plans_handlers
from entrypoints.http.metrics import Metrics
from entrypoints.http.openapi import openapi_config
from entrypoints.http.plans import plans_router
from entrypoints.http.problems import EXCEPTION_HANDLERS
from entrypoints.http.repositories import repositories_router
from entrypoints.http.what_if import what_if_handler

if TYPE_CHECKING:
    from entrypoints.container import Container


_ANYBODY = "optional: whoever reaches this address may plan and read (loopback only; AUTH=required asks for keys)"


def create_app(container: Container) -> Litestar:
    """The application over a container's use cases.

    Raises:
        ConfigurationError: The routing table is wrong, what is needed to ask a remote history, or AUTH=optional where
            others reach the service.
        InvalidData: The flavor catalogue is wrong.
    """
    settings = container.settings()
    # What is wrong for good is told now, in one line, and not at the first request.
    container.routes()
    container.flavor_catalog()
    if settings.history_is_remote:
        container.history()
    checks = dependency_checks(container)
    # Its waits are the driver's, several seconds; a remote history has a guard of its own.
    checks["database"] = BoundedCheck(checks["database"])
    desk = make_desk(settings, container.accounts, container.request_rates)
    metrics = Metrics()
    plans = plans_router(
        container.plan_capacity, container.plan_metrics, container.plan_hourly, container.detect_anomalies,
        container.keep_plan, kept_plans_handlers(container.recall_plans, container.review_plan, container.known_grants),
        container.known_grants, metrics, settings.max_json_depth,
    )  # fmt: skip
    history = history_handler(container.record_history, container.accounts, settings.max_json_depth)
    repositories = repositories_router(
        container.analyze_repository, container.plan_repository, container.profiles_kept(), container.clock,
        container.keep_plan, container.known_grants, settings.max_upload_bytes, settings.max_json_depth,
    )  # fmt: skip
    app = Litestar(
        route_handlers=[
            plans,
            what_if_handler(container.what_if, container.known_grants, settings.max_json_depth),
            history,
            repositories,
            alerts_handler(container.alert_log),
            *health_handlers(checks, metrics),
            sign_in_router(desk),
            account_router(desk),
            admin_router(desk),
            shares_router(desk, container.recall_plans),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        middleware=[DefineMiddleware(Gate, desk=desk, rules=rules_with(settings.public_routes))],
        cors_config=_cors(settings.cors_origins),
        lifespan=[_worker(container, metrics, checks, desk)],
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        # Litestar's own debug pages would show stack traces.
        debug=False,
    )
    app.asgi_handler = Guard(
        HostCheck(app.asgi_handler, hosts_answered(settings)),
        body_timeout_seconds=settings.body_timeout_seconds,
        observe=metrics.observe_request,
        is_over_tls=desk.cookie.is_secure,
    )
    return app


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    """Pages of other origins may call with a key and never with a cookie."""
    if not origins:
        return None
    return CORSConfig(
        allow_origins=list(origins), allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"], allow_credentials=False, max_age=600,
    )  # fmt: skip


def _worker(
    container: Container, metrics: Metrics, checks: Mapping[str, Callable[[], SourceStatus]], desk: AuthDesk
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What the worker process does before the first request and after the last one.

    History and models are loaded here and not in the supervisor: threads and model sessions do not survive a fork.
    """

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        jobs = container.background_jobs()
        jobs.start()
        container.plan_capacity()
        background = Background(container, metrics)
        background.start()
        found = {name: check() for name, check in checks.items()}
        structlog.get_logger("service").info("ready", **{name: _in_words(status) for name, status in found.items()})
        structlog.get_logger("service").info("authentication", auth="required" if desk.is_required else _ANYBODY)
        async with keep_house(desk):
            yield
        container.password_hasher().close()
        desk.threads.close()
        container.mailer().close()
        jobs.stop()
        background.stop()
        structlog.get_logger("service").info("stopped")

    return lifespan


def _in_words(status: SourceStatus) -> str:
    """State, reason, and what was found: files and services, sizes for sale, routes, models."""
    return f"{status.state}: {'; '.join(part for part in (status.reason, *status.detail) if part)}"
