"""The only place where use cases meet adapters."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from dependency_injector import containers, providers
from pydantic import SecretStr

from adapters.background_jobs import BackgroundJobs
from adapters.clock import SystemClock
from adapters.database.ready import ReadyDatabase
from adapters.flavors.csv_catalog import CsvFlavorCatalog
from adapters.forecasters.open_lstm import open_cluster_model, open_lstm, open_service_model
from adapters.forecasters.peers import make_peer
from adapters.forecasters.statistical import StatisticalForecaster
from adapters.github.git_revisions import GitRevisions
from adapters.github.github_archives import GithubArchives
from adapters.history.csv_file_checker import CsvFileChecker
from adapters.history.csv_history import CsvMetricHistory
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
from adapters.toml_routes import load_routes
from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from adapters.traces.arrow_labels import read_labels
from adapters.training.cluster_trainer import KerasClusterTrainer
from adapters.training.file_model_store import FileModelStore
from adapters.training.kept_apart import KeptApartSource
from adapters.training.service_trainer import KerasServiceTrainer
from application.accounts.accounts import AccountRules, Accounts, Authenticator
from application.accounts.request_rates import RequestRates
from application.analyze_repository import AnalyzeRemoteRepository, AnalyzeRepository
from application.backtest import BASELINE, LSTM
from application.compare_forecasters import CompareForecasters
from application.deliver_alert import DeliverAlert
from application.detect_anomalies import DetectAnomalies
from application.dispatch_alerts import DispatchAlerts
from application.forecast_series import ForecastSeries
from application.foresee_load import ForeseeLoad
from application.foresee_unseen import ForeseeUnseen
from application.forget_plans import ForgetPlans
from application.gate_change import GateChange
from application.gather_history import GatherHistory
from application.import_history import ImportHistory
from application.keep_plan import KeepPlan
from application.plan_capacity import PlanCapacity
from application.plan_hourly import PlanHourly
from application.plan_metrics import PlanMetrics
from application.plan_repository import PlanRepository
from application.profiles_kept import ProfilesKept
from application.prune_history import PruneHistory
from application.recall_plans import RecallPlans
from application.record_history import RecordHistory
from application.review_plan import ReviewPlan
from application.score_plans import ScorePlans
from application.selections import Selections
from application.send_test_alert import SendTestAlert
from application.train_model import TrainModel
from application.what_if import WhatIf
from domain.alerts.outbox import AlertRules
from domain.errors import HistoryReadOnly, ModelRefused
from domain.identity.sessions import SessionLimits
from domain.ports.account_database import AccountDatabase
from domain.ports.alert_outbox import AlertLog, AlertOutbox
from domain.ports.forecaster import Forecaster
from domain.ports.history_store import HistoryStore
from domain.ports.notifier import Notifier
from domain.ports.password_hasher import PasswordHasher
from domain.ports.plan_journal import PlanJournal
from domain.ports.plan_store import PlanStore
from domain.ports.secret_box import SecretBox
from domain.routing import Engine
from entrypoints.assets import asset_path
from entrypoints.settings import Settings, load_settings
from entrypoints.stored_plan import describe_plan

if TYPE_CHECKING:
    from adapters.database.database import Database
    from adapters.database.migrator import Migrator
    from adapters.database.target import DatabaseTarget
    from adapters.mail.queued_mailer import QueuedMailer


def _database_target(settings: Settings) -> DatabaseTarget:
    return _target(settings, settings.address())


def _mysql_database(settings: Settings) -> Database:
    """The server of the MYSQL_ settings, whose table of history may be all it has of ours."""
    from adapters.database.database import Database

    return Database(_target(settings, settings.mysql_address()))


def _target(settings: Settings, address: SecretStr) -> DatabaseTarget:
    """Imported when asked for, as SQLAlchemy takes half a second that planning from CSV does not need."""
    from adapters.database.target import make_target

    return make_target(
        address,
        ssl_ca=settings.mysql_ssl_ca,
        connect_seconds=settings.database_connect_seconds,
        io_seconds=settings.database_timeout_seconds,
    )


def _history_store(backend: str, ours: Callable[[], HistoryStore], theirs: Callable[[], HistoryStore]) -> HistoryStore:
    """Where history is kept: the operator's own table if plans are made from it, else ours."""
    return theirs() if backend == "mysql" else ours()


def _record_history(
    backend: str, store: Callable[[], HistoryStore], announce: Callable[[Collection[str]], None]
) -> RecordHistory:
    """What stores measurements, where plans would see them.

    Raises:
        HistoryReadOnly: History comes from elsewhere.
    """
    if backend not in ("database", "mysql"):
        raise HistoryReadOnly(f"history comes from {backend} here; DATA_SOURCE_BACKEND=database or mysql can store it")
    return RecordHistory(store=store(), announce=announce)


def _forgetting(cache: WindowCache) -> Callable[[Collection[str]], None]:
    """What drops the remembered windows of services whose past changed."""
    return lambda service_ids: cache.forget(*service_ids)


def _migrator(target: DatabaseTarget) -> Migrator:
    from adapters.database.database import Database
    from adapters.database.migrator import Migrator

    return Migrator(Database(target), asset_path("migrations"))


def _database(ready: ReadyDatabase) -> Database:
    return ready()


def _plan_store(database: Callable[[], Database], rules: AlertRules, keeps: str) -> PlanStore:
    from adapters.database.plan_store import make_plan_store

    return make_plan_store(database, rules, keeps_plans=keeps == "all")


def _alert_outbox(database: Callable[[], Database], rules: AlertRules) -> AlertOutbox:
    from adapters.database.alert_outbox import SqlAlertOutbox

    return SqlAlertOutbox(database, rules)


def _alert_log(database: Callable[[], Database]) -> AlertLog:
    from adapters.database.alert_log import SqlAlertLog

    return SqlAlertLog(database)


def _alert_rules(settings: Settings, notifiers: Sequence[Notifier]) -> AlertRules:
    return AlertRules(
        channels=tuple(notifier.name for notifier in notifiers),
        dedup_ttl_seconds=settings.alert_dedup_ttl,
        tells_recovery=settings.alert_recovery,
        rate_per_minute=settings.alert_rate_per_minute,
    )


def _keep_plan(journal: PlanJournal | None, settings: Settings) -> KeepPlan:
    return KeepPlan(
        journal=journal,
        keeps_plans=settings.keep_plans == "all",
        describe=partial(describe_plan, public_url=settings.public_url),
        random_bytes=secrets.token_bytes,
    )


def _account_database(database: Database) -> AccountDatabase:
    from adapters.database.accounts.database import SqlAccountDatabase

    return SqlAccountDatabase(database)


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


def _account_rules(settings: Settings) -> AccountRules:
    return AccountRules(
        base_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        is_registration_open=settings.registration == "open",
        sessions=SessionLimits(
            idle=timedelta(minutes=settings.session_idle_minutes), absolute=timedelta(hours=settings.session_hours)
        ),
        audit_retention=timedelta(days=settings.audit_retention_days),
    )


def _forecast_series(baseline: Forecaster, lstm: Callable[[], Forecaster]) -> ForecastSeries:
    """The engines there are; a model that is missing or refused leaves the baseline, and its reason in the notes."""
    try:
        return ForecastSeries(engines={Engine.BASELINE: baseline, Engine.LSTM: lstm()}, absent={})
    except ModelRefused as error:
        return ForecastSeries(engines={Engine.BASELINE: baseline}, absent={Engine.LSTM: error.message})


def _own_forecasters(baseline: Forecaster, lstm: Callable[[], Forecaster]) -> Mapping[str, Forecaster]:
    """Our methods by their names in a backtest's report; a model that is missing or refused has no row."""
    try:
        return {LSTM: lstm(), BASELINE: baseline}
    except ModelRefused:
        return {BASELINE: baseline}


def _compare(own: Mapping[str, Forecaster]) -> CompareForecasters | None:
    """What compares our two methods; nothing where there is no model."""
    return CompareForecasters(lstm=own[LSTM], baseline=own[BASELINE]) if LSTM in own else None


def _channel_options(settings: Settings) -> ChannelOptions:
    secrets = (settings.discord_webhook_url, settings.alert_webhook_url, settings.alert_webhook_secret)
    discord_url, webhook_url, webhook_secret = (secret.get_secret_value() if secret else "" for secret in secrets)
    return ChannelOptions(
        names=settings.alert_channels, discord_url=discord_url, bot_name=settings.discord_bot_name,
        bot_avatar=settings.discord_bot_avatar, webhook_url=webhook_url, webhook_secret=webhook_secret,
    )  # fmt: skip


def _github_archives(settings: Settings) -> GithubArchives:
    token = settings.github_token.get_secret_value() if settings.github_token else ""
    return GithubArchives(token=token, deadline_seconds=settings.github_timeout_seconds)


class Container(containers.DeclarativeContainer):
    """Ports, their adapters, and the use cases built from them. Override a provider to swap an adapter."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.ThreadSafeSingleton(SystemClock)
    database_target = providers.ThreadSafeSingleton(_database_target, settings)
    migrator = providers.ThreadSafeSingleton(_migrator, database_target)
    # The database with the schema of this version: an SQLite file is made and upgraded, any other only looked at.
    ready_database = providers.ThreadSafeSingleton(ReadyDatabase, migrator)
    database = providers.Callable(_database, ready_database)
    account_database = providers.ThreadSafeSingleton(_account_database, database)
    request_rates = providers.ThreadSafeSingleton(RequestRates, account_database.provider, clock)
    password_hasher = providers.ThreadSafeSingleton(_password_hasher)
    secret_box = providers.ThreadSafeSingleton(_secret_box, settings)
    mailer = providers.ThreadSafeSingleton(_mailer, settings)
    accounts = providers.ThreadSafeSingleton(
        Accounts,
        database=account_database,
        clock=clock,
        randomness=providers.ThreadSafeSingleton(SystemRandomness),
        hasher=password_hasher,
        box=secret_box,
        mailer=mailer,
        authenticator=providers.Object(Authenticator(code_at=code_at, uri_of=enrolment_uri, picture_of=qr_svg)),
        rules=providers.Callable(_account_rules, settings),
    )
    mysql_database = providers.ThreadSafeSingleton(_mysql_database, settings)
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
    record_history = providers.Callable(
        _record_history, settings.provided.data_source_backend, history_store.provider, history_changed
    )
    import_history = providers.Factory(ImportHistory, reader=history_files, store=history_store)
    prune_history = providers.Factory(PruneHistory, store=history_store)
    data_file_checker = providers.ThreadSafeSingleton(CsvFileChecker)
    flavor_catalog = providers.ThreadSafeSingleton(
        CsvFlavorCatalog,
        path=providers.Callable(asset_path, "data/flavors.csv"),
        own_path=settings.provided.flavor_catalog_path,
        discounts=settings.provided.flavor_discounts,
    )
    notifiers = providers.ThreadSafeSingleton(make_notifiers, providers.Callable(_channel_options, settings), clock)
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
    peer_forecaster = providers.Callable(make_peer)
    backtest_source = providers.Factory(ArrowBacktestSource)
    labels = providers.Callable(read_labels)
    kept_apart_source = providers.Factory(KeptApartSource)
    lstm_forecaster = providers.ThreadSafeSingleton(
        open_lstm, settings.provided.model_dir, settings.provided.lstm_runtime
    )
    own_forecasters = providers.Callable(_own_forecasters, baseline_forecaster, lstm_forecaster.provider)
    compare_forecasters = providers.ThreadSafeSingleton(_compare, own_forecasters)
    forecast_series = providers.ThreadSafeSingleton(_forecast_series, baseline_forecaster, lstm_forecaster.provider)
    gather_history = providers.ThreadSafeSingleton(
        GatherHistory, source=history, clock=clock, max_age_hours=settings.provided.history_age_limit_hours
    )
    repeated = providers.Object(Repeated)
    background_jobs = providers.ThreadSafeSingleton(BackgroundJobs)
    selections = providers.ThreadSafeSingleton(
        Selections, gather_history=gather_history, compare=compare_forecasters, run=background_jobs.provided.submit
    )
    foresee_load = providers.ThreadSafeSingleton(
        ForeseeLoad,
        selections=selections,
        gather_history=gather_history,
        routes=routes,
        forecast_series=forecast_series,
        catalog=flavor_catalog,
    )
    detect_anomalies = providers.ThreadSafeSingleton(
        DetectAnomalies,
        forecast_series=forecast_series,
        chosen=settings.provided.anomaly_detector,
        threshold=settings.provided.anomaly_z,
    )
    plan_capacity = providers.ThreadSafeSingleton(
        PlanCapacity,
        foresee_load=foresee_load,
        detect_anomaly=detect_anomalies,
        catalog=flavor_catalog,
        clock=clock,
    )
    what_if = providers.ThreadSafeSingleton(WhatIf, plan_capacity=plan_capacity)
    plan_metrics = providers.ThreadSafeSingleton(PlanMetrics, plan_capacity=plan_capacity)
    plan_hourly = providers.ThreadSafeSingleton(
        PlanHourly, foresee_load=foresee_load, catalog=flavor_catalog, clock=clock
    )
    alert_rules = providers.ThreadSafeSingleton(_alert_rules, settings, notifiers)
    plan_store = providers.ThreadSafeSingleton(
        _plan_store, database.provider, alert_rules, settings.provided.keep_plans
    )
    plan_journal = providers.ThreadSafeSingleton(
        make_journal,
        plan_store.provider,
        keeps=settings.provided.keep_plans,
        spool_dir=settings.provided.plan_spool_dir,
        spool_max_bytes=settings.provided.plan_spool_max_bytes,
    )
    keep_plan = providers.ThreadSafeSingleton(_keep_plan, plan_journal, settings)
    recall_plans = providers.Factory(RecallPlans, store=plan_store, journal=plan_journal)
    review_plan = providers.Factory(ReviewPlan, history=history, clock=clock)
    score_plans = providers.Factory(ScorePlans, store=plan_store, review_plan=review_plan)
    alert_outbox = providers.ThreadSafeSingleton(_alert_outbox, database.provider, alert_rules)
    alert_log = providers.ThreadSafeSingleton(_alert_log, database.provider)
    deliver_alert = providers.ThreadSafeSingleton(
        DeliverAlert,
        outbox=alert_outbox,
        deadline_seconds=settings.provided.alert_deadline_seconds,
        give_up_seconds=settings.provided.alert_give_up_seconds,
        jitter=providers.Object(secrets.SystemRandom().random),
        monotonic=providers.Object(time.monotonic),
    )
    # Needs observe and complain: what it does is shown differently by the service and by a command.
    dispatch_alerts = providers.Factory(
        DispatchAlerts,
        deliver=deliver_alert.provider,
        outbox=alert_outbox.provider,
        notifiers=notifiers,
        monotonic=providers.Object(time.monotonic),
    )
    forget_plans = providers.Factory(
        ForgetPlans, store=plan_store, clock=clock, retention_days=settings.provided.plan_retention_days
    )
    repository_reader = providers.ThreadSafeSingleton(IsolatedRepositoryReader)
    repository_archives = providers.ThreadSafeSingleton(_github_archives, settings)
    analyze_repository = providers.Factory(AnalyzeRepository, reader=repository_reader)
    analyze_remote_repository = providers.Factory(
        AnalyzeRemoteRepository, archives=repository_archives, analyze=analyze_repository
    )
    repository_revisions = providers.ThreadSafeSingleton(GitRevisions)
    profiles_kept = providers.ThreadSafeSingleton(ProfilesKept)
    foresee_unseen = providers.Factory(ForeseeUnseen, routes=routes, catalog=flavor_catalog)
    plan_repository = providers.Factory(
        PlanRepository,
        gather_history=gather_history,
        plan_capacity=plan_capacity,
        foresee_unseen=foresee_unseen,
        catalog=flavor_catalog,
    )
    manifest_editor = providers.ThreadSafeSingleton(YamlManifestEditor)
    gate_change = providers.Factory(GateChange, plan_repository=plan_repository)
    send_test_alert = providers.Factory(
        SendTestAlert, notifiers=notifiers, clock=clock, deadline_seconds=settings.provided.alert_deadline_seconds
    )
    service_trainer = providers.Factory(KerasServiceTrainer, history=history)
    cluster_trainer = providers.Factory(KerasClusterTrainer)
    model_store = providers.Factory(FileModelStore)
    train_model = providers.Factory(TrainModel, clock=clock)


def build_container(settings: Settings | None = None) -> Container:
    """A container over the given settings, or over those of the environment.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    return Container(settings=settings or load_settings())
