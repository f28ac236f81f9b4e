"""Which use case needs which port: the use cases, built from ports whose adapters ``container.py`` chooses."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from dependency_injector import containers, providers

from application.accounts.accounts import AccountRules, Accounts
from application.accounts.grants import KnownGrants
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
from domain.errors import HistoryReadOnly, ModelRefused
from domain.identity.sessions import SessionLimits
from domain.ports.account_database import AccountDatabase
from domain.ports.clock import Clock
from domain.ports.forecaster import Forecaster
from domain.ports.history_store import HistoryStore
from domain.ports.plan_journal import PlanJournal
from domain.routing import Engine
from entrypoints.settings import Settings
from entrypoints.stored_plan import describe_plan

# Where history comes from that can be sent to this service.
_STORABLE = ("database", "mysql")


def _known_grants(database: AccountDatabase, clock: Clock, backend: str) -> KnownGrants:
    return KnownGrants(database, clock, histories_are_owned=backend in _STORABLE)


def _plans_shown(grants: Callable[[], KnownGrants]) -> Callable[[str], frozenset[str]]:
    """What asks for the plans shared with somebody; where all see everything nobody asks, and no database is opened."""
    return lambda viewer_id: grants().plans_shown(viewer_id)


def _account_rules(settings: Settings) -> AccountRules:
    return AccountRules(
        base_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        is_registration_open=settings.registration == "open",
        sessions=SessionLimits(
            idle=timedelta(minutes=settings.session_idle_minutes), absolute=timedelta(hours=settings.session_hours)
        ),
        audit_retention=timedelta(days=settings.audit_retention_days),
    )


def _record_history(
    backend: str, store: Callable[[], HistoryStore], announce: Callable[[Collection[str]], None]
) -> RecordHistory:
    """What stores measurements, where plans would see them.

    Raises:
        HistoryReadOnly: History comes from elsewhere.
    """
    if backend not in _STORABLE:
        raise HistoryReadOnly(f"history comes from {backend} here; DATA_SOURCE_BACKEND=database or mysql can store it")
    return RecordHistory(store=store(), announce=announce)


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


def _keep_plan(journal: PlanJournal | None, settings: Settings) -> KeepPlan:
    return KeepPlan(
        journal=journal,
        keeps_plans=settings.keep_plans == "all",
        describe=partial(describe_plan, public_url=settings.public_url),
        random_bytes=secrets.token_bytes,
    )


class UseCases(containers.DeclarativeContainer):
    """The use cases over ports that are still open; ``Container`` puts an adapter behind each."""

    settings = providers.Dependency(instance_of=Settings)

    clock: providers.Provider[Any] = providers.Dependency()
    account_database: providers.Provider[Any] = providers.Dependency()
    randomness: providers.Provider[Any] = providers.Dependency()
    password_hasher: providers.Provider[Any] = providers.Dependency()
    password_strength: providers.Provider[Any] = providers.Dependency()
    secret_box: providers.Provider[Any] = providers.Dependency()
    mailer: providers.Provider[Any] = providers.Dependency()
    authenticator: providers.Provider[Any] = providers.Dependency()
    history: providers.Provider[Any] = providers.Dependency()
    history_files: providers.Provider[Any] = providers.Dependency()
    history_store: providers.Provider[Any] = providers.Dependency()
    history_changed: providers.Provider[Any] = providers.Dependency()
    flavor_catalog: providers.Provider[Any] = providers.Dependency()
    baseline_forecaster: providers.Provider[Any] = providers.Dependency()
    lstm_forecaster: providers.Provider[Any] = providers.Dependency()
    routes: providers.Provider[Any] = providers.Dependency()
    background_jobs: providers.Provider[Any] = providers.Dependency()
    plan_store: providers.Provider[Any] = providers.Dependency()
    plan_journal: providers.Provider[Any] = providers.Dependency()
    alert_outbox: providers.Provider[Any] = providers.Dependency()
    notifiers: providers.Provider[Any] = providers.Dependency()
    repository_reader: providers.Provider[Any] = providers.Dependency()
    repository_archives: providers.Provider[Any] = providers.Dependency()

    # Accounts
    request_rates = providers.ThreadSafeSingleton(RequestRates, account_database, clock)
    known_grants = providers.ThreadSafeSingleton(
        _known_grants, account_database, clock, settings.provided.data_source_backend
    )
    accounts = providers.ThreadSafeSingleton(
        Accounts,
        database=account_database,
        clock=clock,
        randomness=randomness,
        hasher=password_hasher,
        strength=password_strength,
        box=secret_box,
        mailer=mailer,
        authenticator=authenticator,
        rules=providers.Callable(_account_rules, settings),
        grants=known_grants,
    )

    # History
    gather_history = providers.ThreadSafeSingleton(
        GatherHistory, source=history, clock=clock, max_age_hours=settings.provided.history_age_limit_hours
    )
    record_history = providers.Callable(
        _record_history, settings.provided.data_source_backend, history_store.provider, history_changed
    )
    import_history = providers.Factory(ImportHistory, reader=history_files, store=history_store)
    prune_history = providers.Factory(PruneHistory, store=history_store)

    # Forecasts
    own_forecasters = providers.Callable(_own_forecasters, baseline_forecaster, lstm_forecaster.provider)
    compare_forecasters = providers.ThreadSafeSingleton(_compare, own_forecasters)
    forecast_series = providers.ThreadSafeSingleton(_forecast_series, baseline_forecaster, lstm_forecaster.provider)
    selections = providers.ThreadSafeSingleton(
        Selections, gather_history=gather_history, compare=compare_forecasters, run=background_jobs.provided.submit
    )
    train_model = providers.Factory(TrainModel, clock=clock)

    # Plans
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
    keep_plan = providers.ThreadSafeSingleton(_keep_plan, plan_journal, settings)
    recall_plans = providers.Factory(
        RecallPlans,
        store=plan_store,
        journal=plan_journal,
        shown=providers.Callable(_plans_shown, known_grants.provider),
    )
    review_plan = providers.Factory(ReviewPlan, history=history, clock=clock)
    score_plans = providers.Factory(ScorePlans, store=plan_store, review_plan=review_plan)
    forget_plans = providers.Factory(
        ForgetPlans, store=plan_store, clock=clock, retention_days=settings.provided.plan_retention_days
    )

    # Alerts
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
    send_test_alert = providers.Factory(
        SendTestAlert, notifiers=notifiers, clock=clock, deadline_seconds=settings.provided.alert_deadline_seconds
    )

    # Repositories
    analyze_repository = providers.Factory(AnalyzeRepository, reader=repository_reader)
    analyze_remote_repository = providers.Factory(
        AnalyzeRemoteRepository, archives=repository_archives, analyze=analyze_repository
    )
    profiles_kept = providers.ThreadSafeSingleton(ProfilesKept)
    foresee_unseen = providers.Factory(ForeseeUnseen, routes=routes, catalog=flavor_catalog)
    plan_repository = providers.Factory(
        PlanRepository,
        gather_history=gather_history,
        plan_capacity=plan_capacity,
        foresee_unseen=foresee_unseen,
        catalog=flavor_catalog,
    )
    gate_change = providers.Factory(GateChange, plan_repository=plan_repository)
