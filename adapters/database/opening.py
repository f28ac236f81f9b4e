"""Opening the database and what is kept in it; SQLAlchemy, which takes half a second, is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from domain.alerts.outbox import AlertRules
from domain.ports.account_database import AccountDatabase
from domain.ports.alert_outbox import AlertLog, AlertOutbox
from domain.ports.plan_store import PlanStore

if TYPE_CHECKING:
    from pydantic import SecretStr

    from adapters.database.database import Database
    from adapters.database.migrator import Migrator
    from adapters.database.target import DatabaseTarget


def open_target(
    address: SecretStr, *, ssl_ca: Path | None, connect_seconds: float, io_seconds: float
) -> DatabaseTarget:
    """Where a database is; see ``make_target``."""
    from adapters.database.target import make_target

    return make_target(address, ssl_ca=ssl_ca, connect_seconds=connect_seconds, io_seconds=io_seconds)


def open_database(target: DatabaseTarget) -> Database:
    """A database as it is found: nobody looks at its schema."""
    from adapters.database.database import Database

    return Database(target)


def open_migrator(target: DatabaseTarget, migrations: Path) -> Migrator:
    """What makes and upgrades the schema; ``migrations`` is the folder of the steps."""
    from adapters.database.migrator import Migrator

    return Migrator(open_database(target), migrations)


def open_plan_store(database: Callable[[], Database], rules: AlertRules, keeps: str) -> PlanStore:
    """Where plans are kept; all of them where ``keeps`` is ``all``, else only what alerts need."""
    from adapters.database.plan_store import make_plan_store

    return make_plan_store(database, rules, keeps_plans=keeps == "all")


def open_alert_outbox(database: Callable[[], Database], rules: AlertRules) -> AlertOutbox:
    """The alerts still to be sent."""
    from adapters.database.alert_outbox import SqlAlertOutbox

    return SqlAlertOutbox(database, rules)


def open_alert_log(database: Callable[[], Database]) -> AlertLog:
    """The alerts there were."""
    from adapters.database.alert_log import SqlAlertLog

    return SqlAlertLog(database)


def open_accounts(database: Callable[[], Database]) -> AccountDatabase:
    """Where accounts, their sessions and keys are kept."""
    from adapters.database.accounts.database import SqlAccountDatabase

    return SqlAccountDatabase(database)
