"""A small world to plan in: fakes behind every port, real rules in between."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dependency_injector import providers

from domain.alerts.outbox import AlertRules
from domain.errors import ModelRefused
from domain.flavors import Flavor
from domain.ports.forecaster import Forecaster
from entrypoints.container import Container, build_container
from entrypoints.settings import Settings
from tests.fakes.account_database import InMemoryAccountDatabase
from tests.fakes.clock import FixedClock
from tests.fakes.flavor_catalog import FakeFlavorCatalog
from tests.fakes.mailer import RecordingMailer
from tests.fakes.metric_history import InMemoryMetricHistory
from tests.fakes.password_hasher import QuickHasher
from tests.fakes.password_strength import WordCountingStrength
from tests.fakes.plan_store import InMemoryPlanStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class World:
    """What the services did, what is for sale, and the container over it.

    Attributes:
        history: The past of the services.
        flavors: Flavors on top of the generic ones.
        settings: Settings that differ from the defaults.
        clock: What tells ``generated_at``.
        kept: The plans kept, and their alerts.
        accounts: Who may ask.
        hasher: Checks their passwords.
        mail: What was mailed to them.
    """

    history: InMemoryMetricHistory = field(default_factory=InMemoryMetricHistory)
    flavors: list[Flavor] = field(default_factory=list)
    settings: dict[str, object] = field(default_factory=dict)
    clock: FixedClock = field(default_factory=FixedClock)
    accounts: InMemoryAccountDatabase = field(default_factory=InMemoryAccountDatabase)
    hasher: QuickHasher = field(default_factory=QuickHasher)
    mail: RecordingMailer = field(default_factory=RecordingMailer)

    kept: InMemoryPlanStore = field(init=False)

    def __post_init__(self) -> None:
        self.kept = InMemoryPlanStore(AlertRules(channels=("log",)), self.clock)

    def container(self) -> Container:
        """A container whose history, catalogue and clock are this world's."""
        # No .env file of the developer's may leak into a test.
        container = build_container(Settings(_env_file=None, **self.settings))  # type: ignore[arg-type]
        container.history.override(providers.Object(self.history))
        container.flavor_catalog.override(providers.Object(FakeFlavorCatalog(self.flavors)))
        container.clock.override(providers.Object(self.clock))
        for provider in (container.plan_store, container.alert_outbox, container.alert_log):
            provider.override(providers.Object(self.kept))
        container.lstm_forecaster.override(providers.Callable(no_model))
        container.account_database.override(providers.Object(self.accounts))
        container.password_hasher.override(providers.Object(self.hasher))
        container.password_strength.override(providers.Object(WordCountingStrength()))
        container.mailer.override(providers.Object(self.mail))
        return container

    def lives(self, service: str, metric: str, hours: int, level: float = 0.3, swing: float = 0.1) -> None:
        """Give a service a daily rhythm of one metric, up to and including the hour before NOW's."""
        start = NOW - timedelta(hours=hours)
        values = [level + swing * math.sin(2 * math.pi * ((start.hour + step) % 24) / 24) for step in range(hours)]
        self.history.add(service, metric, start, values)


def body(service: str = "shop", metric: str | None = "avg_cpu", **context: object) -> dict[str, object]:
    """A request body; keyword arguments go into the context."""
    base = {"context_id": "ctx-1", "timestamp": "2026-11-23T11:30:00Z", "service_type": "web"}
    named = {"service_id": service} | ({} if metric is None else {"metric_name": metric})
    return named | {"context": base | context}


def no_model() -> Forecaster:
    raise ModelRefused("manifest.json", "no trained model is installed")


def lstm_engine(container: Container, forecaster: Forecaster) -> None:
    """Let a forecaster answer where the routes ask for an LSTM."""
    container.lstm_forecaster.override(providers.Object(forecaster))
