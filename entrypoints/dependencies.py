"""What the service depends on, and how each is: the source of `/health/ready` and `mcp-core doctor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from domain.errors import McpCoreError
from domain.ports.metric_history import SourceStatus
from domain.routing import Engine
from entrypoints.settings.database import DEFAULT_SQLITE_FILE

if TYPE_CHECKING:
    from entrypoints.container import Container

OK = "ok"
DEGRADED = "degraded"
DOWN = "down"
# Without these no plan can be answered; without the others a plan is answered from less, and says so (DESIGN §4).
ESSENTIAL = frozenset({"flavors", "routes"})


def dependency_checks(container: Container) -> dict[str, Callable[[], SourceStatus]]:
    """Name → a check that answers without raising."""
    return {
        "history": lambda: _guarded(lambda: container.history().status()),
        "flavors": lambda: _guarded(lambda: _flavors(container)),
        "routes": lambda: _guarded(lambda: _routes(container)),
        "models": lambda: _guarded(lambda: _models(container)),
        "database": lambda: _guarded(lambda: _database(container)),
        "alerts": lambda: _guarded(lambda: _alerts(container)),
    }


def overall_state(states: Mapping[str, str]) -> str:
    """``down`` when plans cannot be answered, else ``degraded`` when something is amiss, else ``ok``.

    Args:
        states: Dependency → its state. History that is down leaves the last window seen or the fallback scenario.
    """
    if any(state == DOWN for name, state in states.items() if name in ESSENTIAL):
        return DOWN
    return OK if all(state == OK for state in states.values()) else DEGRADED


def _guarded(check: Callable[[], SourceStatus]) -> SourceStatus:
    try:
        return check()
    except McpCoreError as error:
        return SourceStatus(state=DOWN, reason=error.message)


def _database(container: Container) -> SourceStatus:
    """A database that is named is asked; the default file only when it is there."""
    settings = container.settings()
    if settings.database_url is None and settings.mysql_host is None and not DEFAULT_SQLITE_FILE.exists():
        return SourceStatus(state=OK, detail=("SQLite, its file is made when first needed",))
    return container.migrator().status()


def _flavors(container: Container) -> SourceStatus:
    catalog = container.flavor_catalog()
    counted = [f"{provider}: {len(catalog.flavors(provider))} rows" for provider in catalog.providers()]
    return SourceStatus(state=OK, detail=tuple(counted))


def _routes(container: Container) -> SourceStatus:
    return SourceStatus(state=OK, detail=tuple(rule.model_version for rule in container.routes().rules))


def _models(container: Container) -> SourceStatus:
    series = container.forecast_series()
    names = tuple(f"{engine}: {forecaster.name}" for engine, forecaster in series.engines.items())
    missing = series.absent.get(Engine.LSTM)
    if Engine.LSTM in series.engines or missing is None:
        return SourceStatus(state=OK, detail=names)
    reason = f"lstm is not available ({missing}): the statistical baseline answers"
    return SourceStatus(state=DEGRADED, reason=reason, detail=names)


def _alerts(container: Container) -> SourceStatus:
    """The channels; one that was disabled takes no alerts until the service is restarted."""
    found = {notifier.name: notifier.status() for notifier in container.notifiers()}
    reasons = "; ".join(status.reason for status in found.values() if status.state != OK)
    named = tuple(f"{name}: {status.state}" for name, status in found.items())
    return SourceStatus(state=DEGRADED if reasons else OK, reason=reasons, detail=named)
