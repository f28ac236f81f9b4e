"""The only place where use cases meet adapters: which adapter stands behind each port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from dependency_injector import providers
from pydantic import SecretStr

from adapters.background_jobs import BackgroundJobs
from adapters.clock import SystemClock
from adapters.database.opening import (
    open_accounts,
    open_alert_log,
    open_alert_outbox,
    open_database,
    open_migrator,
    open_plan_store,
    open_target,
)
from adapters.database.ready import ReadyDatabase
from adapters.flavors.csv_catalog import CsvFlavorCatalog
from adapters.forecasters.open_lstm import open_cluster_model, open_lstm, open_service_model
from adapters.forecasters.peers import make_peer
from adapters.forecasters.statistical import StatisticalForecaster
from adapters.github.git_revisions import GitRevisions
from adapters.history.csv_history import CsvMetricHistory
from adapters.history.file_check import check_history_file
from adapters.history.guarded_history import GuardedMetricHistory
from adapters.history.history_files import HistoryFiles
from adapters.history.prometheus_source import open_prometheus_history
from adapters.history.sql_source import open_sql_history, open_sql_store
from adapters.history.window_cache import WindowCache
from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from adapters.manifests.yaml_editor import YamlManifestEditor
from adapters.models_io.file_model_catalog import FileModelCatalog
from adapters.notifiers.channels import ChannelOptions, make_notifiers
from adapters.plans.make import make_journal
from adapters.repeated import Repeated
from adapters.security.authenticator import code_at, enrolment_uri, qr_svg
from adapters.security.system_randomness import SystemRandomness
from adapters.security.zxcvbn_strength import ZxcvbnStrength
from adapters.toml_routes import load_routes
from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from adapters.traces.arrow_labels import read_labels
from adapters.training.cluster_trainer import KerasClusterTrainer
from adapters.training.file_model_store import FileModelStore
from adapters.training.kept_apart import KeptApartSource
from adapters.training.service_trainer import KerasServiceTrainer
from application.accounts.accounts import Authenticator
from domain.alerts.outbox import AlertRules
from domain.ports.history_store import HistoryStore
from domain.ports.notifier import Notifier
from domain.ports.password_hasher import PasswordHasher
from domain.ports.secret_box import SecretBox
from entrypoints.assets import asset_path
from entrypoints.settings import Settings, load_settings
from entrypoints.use_cases import UseCases

if TYPE_CHECKING:
    from adapters.database.database import Database
    from adapters.database.target import DatabaseTarget
    from adapters.github.github_archives import GithubArchives
    from adapters.mail.queued_mailer import QueuedMailer


def _history_store(backend: str, ours: Callable[[], HistoryStore], theirs: Callable[[], HistoryStore]) -> HistoryStore:
    """Where history is kept: the operator's own table if plans are made from it, else ours."""
    return theirs() if backend == "mysql" else ours()


def _forgetting(cache: WindowCache) -> Callable[[Collection[str]], None]:
    """What drops the remembered windows of services whose past changed."""
    return lambda service_ids: cache.forget(*service_ids)


def _target(settings: Settings, address: SecretStr) -> DatabaseTarget:
    return open_target(
        address,
        ssl_ca=settings.mysql_ssl_ca,
        connect_seconds=settings.database_connect_seconds,
        io_seconds=settings.database_timeout_seconds,
    )


def _database(ready: ReadyDatabase) -> Database:
    return ready()


def _alert_rules(settings: Settings, notifiers: Sequence[Notifier]) -> AlertRules:
    return AlertRules(
        channels=tuple(notifier.name for notifier in notifiers),
        dedup_ttl_seconds=settings.alert_dedup_ttl,
        tells_recovery=settings.alert_recovery,
        rate_per_minute=settings.alert_rate_per_minute,
    )


def _password_hasher() -> PasswordHasher:
    from adapters.security.argon2_hasher import Argon2Hasher

    return Argon2Hasher()


def _secret_box(settings: Settings) -> SecretBox:
    from adapters.security.aes_gcm_box import aes_gcm_box

    return aes_gcm_box(settings.encryption_keys.get_secret_value())


def _mailer(settings: Settings) -> QueuedMailer:
    from adapters.mail.queued_mailer import QueuedMailer
    from adapters.mail.smtp import SmtpServer, make_delivery

    server = SmtpServer(
        host=settings.smtp_host, port=settings.smtp_port, security=settings.smtp_security, ca_file=settings.smtp_ca,
        user=settings.smtp_user, password=settings.smtp_password.get_secret_value(), sender=settings.smtp_from,
    )  # fmt: skip
    return QueuedMailer(make_delivery(server))


def _channel_options(settings: Settings) -> ChannelOptions:
    secrets = (settings.discord_webhook_url, settings.alert_webhook_url, settings.alert_webhook_secret)
    discord_url, webhook_url, webhook_secret = (secret.get_secret_value() if secret else "" for secret in secrets)
    return ChannelOptions(
        names=settings.alert_channels, discord_url=discord_url, bot_name=settings.discord_bot_name,
        bot_avatar=settings.discord_bot_avatar, webhook_url=webhook_url, webhook_secret=webhook_secret,
    )  # fmt: skip


def _github_archives(settings: Settings) -> GithubArchives:
    # A folder or an archive needs no HTTP client.
    from adapters.github.github_archives import GithubArchives

    token = settings.github_token.get_secret_value() if settings.github_token else ""
    return GithubArchives(token=token, deadline_seconds=settings.github_timeout_seconds)


def _fill_ports(container: type[UseCases]) -> type[UseCases]:
    """Let the use cases use the adapters of a container instead of the open ports of the same names.

    What ``containers.copy`` is for; that gives use cases a singleton of their own beside the container's.
    """
    adapters = container.cls_providers
    chosen = {id(port): adapters[name] for name, port in UseCases.providers.items() if name in adapters}
    for name, provider in providers.deepcopy(UseCases.providers, chosen).items():
        if name not in adapters:
            setattr(container, name, provider)
    return container


@_fill_ports
class Container(UseCases):
    """The use cases with an adapter behind every port. Override a provider to swap an adapter."""

    settings = UseCases.settings

    clock = providers.ThreadSafeSingleton(SystemClock)
    background_jobs = providers.ThreadSafeSingleton(BackgroundJobs)
    repeated = providers.Object(Repeated)

    # Databases
    database_target = providers.ThreadSafeSingleton(_target, settings, settings.provided.address.call())
    migrator = providers.ThreadSafeSingleton(
        open_migrator, database_target, providers.Callable(asset_path, "migrations")
    )
    # The database with the schema of this version: an SQLite file is made and upgraded, any other only looked at.
    ready_database = providers.ThreadSafeSingleton(ReadyDatabase, migrator)
    database = providers.Callable(_database, ready_database)
    mysql_database = providers.ThreadSafeSingleton(
        open_database, providers.Callable(_target, settings, settings.provided.mysql_address.call())
    )

    # Accounts
    account_database = providers.ThreadSafeSingleton(open_accounts, database.provider)
    randomness = providers.ThreadSafeSingleton(SystemRandomness)
    password_hasher = providers.ThreadSafeSingleton(_password_hasher)
    password_strength = providers.ThreadSafeSingleton(ZxcvbnStrength)
    secret_box = providers.ThreadSafeSingleton(_secret_box, settings)
    mailer = providers.ThreadSafeSingleton(_mailer, settings)
    authenticator = providers.Object(Authenticator(code_at=code_at, uri_of=enrolment_uri, picture_of=qr_svg))

    # History
    csv_history = providers.ThreadSafeSingleton(
        CsvMetricHistory,
        data_path=settings.provided.csv_data_path,
        services_path=settings.provided.csv_services_path,
    )
    database_history = providers.ThreadSafeSingleton(open_sql_history, database.provider)
    mysql_history = providers.ThreadSafeSingleton(
        open_sql_history, mysql_database.provider, table=settings.provided.mysql_table
    )
    prometheus_history = providers.ThreadSafeSingleton(
        open_prometheus_history,
        url=settings.provided.prometheus_url,
        token=settings.provided.prometheus_token,
        user=settings.provided.prometheus_user,
        password=settings.provided.prometheus_password,
        queries_path=settings.provided.prometheus_queries_path,
        timeout_seconds=settings.provided.prometheus_timeout_seconds,
        max_age_hours=settings.provided.history_age_limit_hours,
        now=clock.provided.now,
    )
    window_cache = providers.ThreadSafeSingleton(
        WindowCache, now=clock.provided.now, fresh_seconds=settings.provided.history_cache_seconds
    )
    remote_history = providers.ThreadSafeSingleton(
        GuardedMetricHistory,
        providers.Selector(
            settings.provided.data_source_backend,
            database=database_history,
            mysql=mysql_history,
            prometheus=prometheus_history,
        ),
        cache=window_cache,
        patience_seconds=settings.provided.history_patience_seconds,
    )
    history = providers.Selector(
        settings.provided.data_source_backend,
        csv=csv_history,
        database=remote_history,
        mysql=remote_history,
        prometheus=remote_history,
    )
    database_store = providers.ThreadSafeSingleton(open_sql_store, database.provider)
    mysql_store = providers.ThreadSafeSingleton(
        open_sql_store, mysql_database.provider, table=settings.provided.mysql_table
    )
    history_store = providers.Callable(
        _history_store, settings.provided.data_source_backend, database_store.provider, mysql_store.provider
    )
    history_files = providers.Factory(HistoryFiles)
    history_changed = providers.Callable(_forgetting, window_cache)
    file_check = providers.Callable(check_history_file)

    # Forecasts
    model_catalog = providers.ThreadSafeSingleton(
        FileModelCatalog,
        folder=settings.provided.model_dir,
        factories=providers.Dict(
            service=providers.Factory(open_service_model, runtime=settings.provided.lstm_runtime).provider,
            cluster=providers.Factory(open_cluster_model, runtime=settings.provided.lstm_runtime).provider,
        ),
    )
    routes = providers.ThreadSafeSingleton(load_routes, settings.provided.routes_path)
    baseline_forecaster = providers.ThreadSafeSingleton(StatisticalForecaster)
    lstm_forecaster = providers.ThreadSafeSingleton(
        open_lstm, settings.provided.model_dir, settings.provided.lstm_runtime
    )
    peer_forecaster = providers.Callable(make_peer)
    backtest_source = providers.Factory(ArrowBacktestSource)
    labels = providers.Callable(read_labels)
    kept_apart_source = providers.Factory(KeptApartSource)
    service_trainer = providers.Factory(KerasServiceTrainer, history=history)
    cluster_trainer = providers.Factory(KerasClusterTrainer)
    model_store = providers.Factory(FileModelStore)

    # Plans and alerts
    flavor_catalog = providers.ThreadSafeSingleton(
        CsvFlavorCatalog,
        path=providers.Callable(asset_path, "data/flavors.csv"),
        own_path=settings.provided.flavor_catalog_path,
        discounts=settings.provided.flavor_discounts,
    )
    notifiers = providers.ThreadSafeSingleton(make_notifiers, providers.Callable(_channel_options, settings), clock)
    alert_rules = providers.ThreadSafeSingleton(_alert_rules, settings, notifiers)
    plan_store = providers.ThreadSafeSingleton(
        open_plan_store, database.provider, alert_rules, settings.provided.keep_plans
    )
    plan_journal = providers.ThreadSafeSingleton(
        make_journal,
        plan_store.provider,
        keeps=settings.provided.keep_plans,
        spool_dir=settings.provided.plan_spool_dir,
        spool_max_bytes=settings.provided.plan_spool_max_bytes,
    )
    alert_outbox = providers.ThreadSafeSingleton(open_alert_outbox, database.provider, alert_rules)
    alert_log = providers.ThreadSafeSingleton(open_alert_log, database.provider)

    # Repositories
    repository_reader = providers.ThreadSafeSingleton(IsolatedRepositoryReader)
    repository_archives = providers.ThreadSafeSingleton(_github_archives, settings)
    repository_revisions = providers.ThreadSafeSingleton(GitRevisions)
    manifest_editor = providers.ThreadSafeSingleton(YamlManifestEditor)


def build_container(settings: Settings | None = None) -> Container:
    """A container over the given settings, or over those of the environment.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    return Container(settings=settings or load_settings())
