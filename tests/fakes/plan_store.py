"""Plans, and the alerts they give rise to, in memory: obviously right rather than fast."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock

from domain.alerts.compose import addressed, summary_of
from domain.alerts.message import AlertMessage
from domain.alerts.outbox import (
    AlertEntry,
    AlertQuery,
    AlertRules,
    AlertState,
    DeliveryEntry,
    LeasedAlert,
    OutboxStatus,
    Settlement,
    state_of,
)
from domain.alerts.restraint import CLOCK_TOLERANCE, MINUTE, AlertSeries, Verdict, rule
from domain.errors import DatabaseUnavailable
from domain.plans.ids import RANDOM_BYTES, lowest_id, time_ordered_id
from domain.plans.records import PlanQuery, PlanRecord, PlanSummary, StoredPlan
from domain.ports.alert_outbox import AlertLog, AlertOutbox
from domain.ports.clock import Clock
from domain.ports.plan_store import PlanStore
from tests.fakes.clock import FixedClock


@dataclass
class _Delivery:
    number: int
    channel: str
    next_at: datetime
    written_at: datetime
    state: AlertState = AlertState.PENDING
    attempts: int = 0
    leased_until: datetime | None = None
    token: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None
    sent_at: datetime | None = None
    status: int | None = None
    detail: str = ""


@dataclass
class _Alert:
    message: AlertMessage
    created_at: datetime
    told_by: str | None = None
    deliveries: list[_Delivery] = field(default_factory=list)

    @property
    def state(self) -> AlertState:
        return state_of([delivery.state for delivery in self.deliveries])


class InMemoryPlanStore(PlanStore, AlertOutbox, AlertLog):
    """Keeps everything in dictionaries.

    Args:
        rules: How alerts are told.
        clock: The store's own time.

    Attributes:
        problem: When not empty, everything raises DatabaseUnavailable with this text.
    """

    def __init__(self, rules: AlertRules | None = None, clock: Clock | None = None) -> None:
        self.problem = ""
        self._rules = rules or AlertRules(channels=("fake",))
        self._clock = clock or FixedClock()
        self._plans: dict[str, PlanRecord] = {}
        self._alerts: dict[str, _Alert] = {}
        self._series: dict[str, AlertSeries] = {}
        self._numbers = 0
        self._lock = RLock()

    def save(self, records: Sequence[PlanRecord]) -> None:
        """See the port."""
        with self._lock:
            now = self._now()
            for record in records:
                if record.plan_id not in self._plans:
                    self._plans[record.plan_id] = record
                    self._tell(record, now)

    def _tell(self, record: PlanRecord, now: datetime) -> None:
        document = record.document
        key = document.alert_key
        if key is None or document.message is None:
            return
        ruling = rule(
            self._series.get(key), alert_id=record.plan_id, is_anomaly=document.is_anomaly,
            first_hour=document.first_hour, now=now, rules=self._rules,
        )  # fmt: skip
        if ruling.series is not None:
            self._series[key] = ruling.series
        if ruling.verdict is Verdict.NOTHING:
            return
        message = addressed(
            document.message,
            alert_id=record.plan_id,
            is_kept=True,
            created_at=record.generated_at,
            suppressed=ruling.suppressed,
        )
        is_duplicate = ruling.verdict is Verdict.SUPPRESS
        told_by = ruling.series.alert_id if is_duplicate and ruling.series else None
        channels = () if is_duplicate else self._rules.channels
        self._enqueue(message, now, told_by, channels)

    def _enqueue(self, message: AlertMessage, now: datetime, told_by: str | None, channels: Sequence[str]) -> None:
        alert = _Alert(message=message, created_at=now, told_by=told_by)
        for channel in channels:
            self._numbers += 1
            alert.deliveries.append(_Delivery(number=self._numbers, channel=channel, next_at=now, written_at=now))
        self._alerts[message.alert_id] = alert

    def find(self, plan_id: str, owner_id: str | None = None) -> StoredPlan | None:
        """See the port."""
        self._now()
        record = self._plans.get(plan_id)
        if record is None or (owner_id is not None and record.owner_id != owner_id):
            return None
        return StoredPlan(
            summary=_summary(record), request=json.loads(record.request), document=json.loads(record.document.body)
        )

    def page(self, query: PlanQuery) -> Sequence[PlanSummary]:
        """See the port."""
        self._now()
        found = [_summary(self._plans[key]) for key in sorted(self._plans, reverse=True)]
        return [item for item in found if _matches(item, query)][: query.limit]

    def prune(self, before: datetime, limit: int) -> int:
        """See the port."""
        self._now()
        old = [key for key in sorted(self._plans) if self._plans[key].generated_at < before][:limit]
        for key in old:
            del self._plans[key]
        done = [key for key, item in self._alerts.items() if key < lowest_id(before) and not _is_pending(item)]
        for key in done:
            del self._alerts[key]
        return len(old)

    def lease(self, channel: str, *, lease_seconds: float) -> LeasedAlert | None:
        """See the port."""
        with self._lock:
            now = self._now()
            is_used_up = self._taken(channel, now) >= self._rules.rate_per_minute
            if is_used_up:
                self._fold(channel, now)
            busy: set[str] = set()
            for alert, delivery in self._pending(channel):
                service = alert.message.service_id
                is_new = delivery.attempts == 0 and alert.message.kind != "summary"
                if service not in busy and _is_free(delivery, now):
                    if is_new and is_used_up:
                        busy.add(service)
                        continue
                    return _lease(alert, delivery, now, lease_seconds)
                busy.add(service)
            return None

    def _taken(self, channel: str, now: datetime) -> int:
        """Alerts first taken within the last minute."""
        firsts = [
            item.first_at
            for alert in self._alerts.values()
            for item in alert.deliveries
            if item.channel == channel and item.first_at is not None and alert.message.kind != "summary"
        ]
        return sum(now - MINUTE < first <= now + CLOCK_TOLERANCE for first in firsts)

    def _pending(self, channel: str) -> list[tuple[_Alert, _Delivery]]:
        pairs = [(alert, item) for alert in self._alerts.values() for item in alert.deliveries]
        waiting = [pair for pair in pairs if pair[1].channel == channel and pair[1].state is AlertState.PENDING]
        return sorted(waiting, key=lambda pair: pair[1].number)

    def _fold(self, channel: str, now: datetime) -> None:
        fresh = [
            (alert, item)
            for alert, item in self._pending(channel)
            if item.attempts == 0 and alert.message.kind != "summary" and not _is_leased(item, now)
        ]
        if len(fresh) <= self._rules.rate_per_minute:
            return
        messages = sorted((alert.message for alert, _ in fresh), key=lambda item: -(item.score or 0.0))
        summary_id = time_ordered_id(now, os.urandom(RANDOM_BYTES))
        services = len({message.service_id for message in messages})
        message = summary_of(messages[:3], alert_id=summary_id, count=len(fresh), services=services, now=now)
        self._enqueue(message, now, None, (channel,))
        for alert, item in fresh:
            item.state = AlertState.SUPPRESSED
            alert.told_by = summary_id

    def settle(self, leased: LeasedAlert, settlement: Settlement) -> bool:
        """See the port."""
        with self._lock:
            now = self._now()
            for _, delivery in self._pending(leased.channel):
                if delivery.number == leased.delivery_id and delivery.token == leased.token:
                    _note(delivery, settlement, now)
                    return True
            return False

    def status(self) -> OutboxStatus:
        """See the port."""
        now = self._now()
        states = Counter(alert.state for alert in self._alerts.values())
        waiting = [
            (alert.created_at, item.channel)
            for alert in self._alerts.values()
            for item in alert.deliveries
            if item.state is AlertState.PENDING
        ]
        oldest = max((max(0.0, (now - created).total_seconds()) for created, _ in waiting), default=0.0)
        return OutboxStatus(
            states=dict(states), pending=dict(Counter(name for _, name in waiting)), oldest_seconds=oldest
        )

    def alerts(self, query: AlertQuery) -> Sequence[AlertEntry]:
        """See the port."""
        self._now()
        entries = [_entry(self._alerts[key]) for key in sorted(self._alerts, reverse=True)]
        return [
            entry
            for entry in entries
            if (query.state is None or entry.state is query.state)
            and (query.service_id is None or entry.message.service_id == query.service_id)
            and (query.owner_id is None or self._owner_of(entry.alert_id) == query.owner_id)
            and (query.before_id is None or entry.alert_id < query.before_id)
        ][: query.limit]

    def _owner_of(self, plan_id: str) -> str | None:
        record = self._plans.get(plan_id)
        return record.owner_id if record else None

    def retry(self, alert_ids: Sequence[str] | None = None) -> int:
        """See the port."""
        now = self._now()
        taken_up = 0
        for key, alert in self._alerts.items():
            failed = [item for item in alert.deliveries if item.state is AlertState.FAILED]
            if failed and (alert_ids is None or key in alert_ids):
                taken_up += 1
                for item in failed:
                    item.state, item.attempts, item.next_at, item.written_at = AlertState.PENDING, 0, now, now
        return taken_up

    def _now(self) -> datetime:
        if self.problem:
            raise DatabaseUnavailable(self.problem)
        return self._clock.now()


def _summary(record: PlanRecord) -> PlanSummary:
    document = record.document
    return PlanSummary(
        plan_id=record.plan_id, owner_id=record.owner_id, kind=document.kind, service_id=document.service_id,
        metric_name=document.metric_name, model_version=document.model_version, generated_at=record.generated_at,
        first_hour=document.first_hour, recommended_flavor=document.recommended_flavor,
        cost_usd_per_day=document.cost_usd_per_day, is_anomaly=document.is_anomaly, digest=document.digest,
    )  # fmt: skip


def _matches(item: PlanSummary, query: PlanQuery) -> bool:
    return (
        query.service_id in (None, item.service_id)
        and query.metric_name in (None, item.metric_name)
        and query.owner_id in (None, item.owner_id)
        and (query.ids is None or item.plan_id in query.ids)
        and (query.since is None or item.generated_at >= query.since)
        and (query.until is None or item.generated_at < query.until)
        and (query.before_id is None or item.plan_id < query.before_id)
    )


def _is_pending(alert: _Alert) -> bool:
    return alert.state is AlertState.PENDING


def _is_leased(item: _Delivery, now: datetime) -> bool:
    return item.leased_until is not None and item.leased_until > now and item.written_at <= now + CLOCK_TOLERANCE


def _is_free(item: _Delivery, now: datetime) -> bool:
    clock_was_put_back = item.written_at > now + CLOCK_TOLERANCE
    return clock_was_put_back or (item.next_at <= now and not _is_leased(item, now))


def _lease(alert: _Alert, item: _Delivery, now: datetime, lease_seconds: float) -> LeasedAlert:
    item.token = os.urandom(8).hex()
    item.first_at = item.first_at or now
    item.leased_until, item.written_at = now + timedelta(seconds=lease_seconds), now
    age = max(now - alert.created_at, timedelta())
    return LeasedAlert(
        delivery_id=item.number, channel=item.channel, message=alert.message, attempts=item.attempts,
        age_seconds=age.total_seconds(), token=item.token,
    )  # fmt: skip


def _note(item: _Delivery, settlement: Settlement, now: datetime) -> None:
    item.state, item.status, item.detail = settlement.state, settlement.status, settlement.detail
    item.attempts += 1
    item.last_at = item.written_at = now
    item.next_at = now + timedelta(seconds=settlement.retry_in_seconds)
    item.leased_until, item.token = None, ""
    if settlement.state is AlertState.SENT:
        item.sent_at = now


def _entry(alert: _Alert) -> AlertEntry:
    return AlertEntry(
        alert_id=alert.message.alert_id, kind=alert.message.kind, state=alert.state, created_at=alert.created_at,
        told_by=alert.told_by, message=alert.message,
        deliveries=tuple(
            DeliveryEntry(
                channel=item.channel, state=item.state, attempts=item.attempts,
                next_attempt_at=item.next_at if item.state is AlertState.PENDING else None,
                last_attempt_at=item.last_at, sent_at=item.sent_at, last_status=item.status, last_detail=item.detail,
            )
            for item in alert.deliveries
        ),
    )  # fmt: skip
