"""What was found out about services' recent past: remembered, renewed once a day, never on a request's time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from application.compare_forecasters import CompareForecasters, decide
from application.gather_history import GatherHistory, History
from application.recent import Recent
from application.windows import BacktestWindow, trial_windows
from domain.errors import DataSourceUnavailable
from domain.ports.backtest_source import BacktestSeries
from domain.ports.metric_history import HistoryScope
from domain.selection import COMPARISON_HOURS, Comparison, Selection, comparison_time, prior_selection

_REMEMBERED = 16_384
# Of one series: the choice of today, of the days before while today's is being made, and of plans made for the past.
_CHOICES_EACH = 4

Job = Callable[[], None]
Selected = tuple[tuple[str, Selection], ...]
_Owner = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Selections:
    """Which forecaster answers, for every metric of a service.

    A choice depends on the models and on what was known at the midnight before the first forecast hour, and on nothing
    else: whoever asks, and whenever, gets the same one once it is made. Until then the newest one made for a day before
    answers, and before any the prior's.

    Attributes:
        gather_history: Reads the longer past.
        compare: The two forecasters; None where there is no model to choose.
        run: Takes a job to be done beside the requests, or at once; False when it has no room for it.
    """

    gather_history: GatherHistory
    compare: CompareForecasters | None
    run: Callable[[Job], bool]
    _known: Recent[_Owner, Mapping[datetime, Selection]] = field(default_factory=lambda: Recent(_REMEMBERED))
    _under_way: set[tuple[str, datetime]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def known(self, service_id: str, history: History, start: datetime) -> Selected:
        """What is known now, by metric name; never waits. Nothing where there is nothing to choose."""
        if self.compare is None:
            return ()
        owner, until = _owner(service_id, history), comparison_time(start)
        return tuple(
            (name, self._newest((owner, name), until, item.series.observed_hours))
            for name, item in history.aligned.items()
        )

    def renew(self, service_id: str, history: History, start: datetime) -> Selected:
        """See that the choices of the day are made, and tell what is known by now."""
        owner, until = _owner(service_id, history), comparison_time(start)
        missing = any(until not in (self._known.get((owner, name)) or {}) for name in history.aligned)
        if self.compare is not None and missing and self._begin(owner, until):
            accepted = self.run(lambda: self._make(self.compare, service_id, history, owner, until))
            if not accepted:
                self._end(owner, until)
        return self.known(service_id, history, start)

    def _newest(self, key: _Owner, until: datetime, observed_hours: int) -> Selection:
        made = self._known.get(key) or {}
        day = max((day for day in made if day <= until), default=None)
        if day is None:
            return prior_selection(observed_hours, Comparison.NOT_YET)
        found = made[day]
        return prior_selection(observed_hours, found.rests_on) if found.rests_on is not Comparison.COMPARED else found

    def _begin(self, owner: str, until: datetime) -> bool:
        with self._lock:
            if (owner, until) in self._under_way:
                return False
            self._under_way.add((owner, until))
            return True

    def _end(self, owner: str, until: datetime) -> None:
        with self._lock:
            self._under_way.discard((owner, until))

    def _make(
        self, compare: CompareForecasters | None, service_id: str, history: History, owner: str, until: datetime
    ) -> None:
        """Compare all metrics of a service at once; a source that is down leaves it to a later plan."""
        try:
            trials = self._trials(service_id, history, until)
            everything = [trial for each in trials.values() for trial in each]
            losses = iter(compare.losses(everything) if compare else ())
            for name, mine in trials.items():
                hours = history.aligned[name].series.observed_hours
                self._keep((owner, name), until, decide([(trial, next(losses)) for trial in mine], hours))
        except DataSourceUnavailable:
            return
        finally:
            self._end(owner, until)

    def _trials(self, service_id: str, history: History, until: datetime) -> dict[str, Sequence[BacktestWindow]]:
        found, companions = self.gather_history.past(service_id, history.metric, until, COMPARISON_HOURS)
        trials: dict[str, Sequence[BacktestWindow]] = dict.fromkeys(history.aligned, ())
        for metric, series in found:
            if metric.name in trials:
                subject = BacktestSeries(dataset="", service_id=service_id, metric=metric, series=series)
                trials[metric.name] = trial_windows(subject, until)
        if history.scope is HistoryScope.SERVICE:
            return trials
        return {
            name: [
                replace(
                    trial,
                    request=replace(
                        trial.request, scope=history.scope,
                        companions={key: each.before(trial.request.start) for key, each in companions.items()},
                    ),
                )
                for trial in mine
            ]
            for name, mine in trials.items()
        }  # fmt: skip

    def _keep(self, key: _Owner, until: datetime, selection: Selection) -> None:
        with self._lock:
            made = {**(self._known.get(key) or {}), until: selection}
            others = sorted(day for day in made if day != until)[1 - _CHOICES_EACH :]
            self._known.put(key, {day: made[day] for day in (*others, until)})


def _owner(service_id: str, history: History) -> str:
    """The cluster's history answers for every service alike, so it is compared once."""
    return "" if history.scope is HistoryScope.CLUSTER else service_id
