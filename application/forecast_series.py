"""Step three of a plan: the routed engine forecasts, or hands over and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.reasons import Reason, ReasonCode
from domain.routing import Engine
from domain.selection import Selection, answer_of
from domain.selection_reason import selection_reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Forecasts in the order of the requests, and what a reader should know.

    Attributes:
        forecasts: One per request.
        made_by: Who made each.
        selections: What decided between model and baseline for each; empty where nothing was to decide.
        reasons: Why it was these.
    """

    forecasts: tuple[Forecast, ...] = ()
    made_by: tuple[str, ...] = ()
    selections: tuple[Selection, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastSeries:
    """Forecasts with the engine the route names.

    Attributes:
        engines: Engine → forecaster; the baseline is always there.
        absent: Engine → why it is not there, for the notes.
    """

    engines: Mapping[Engine, Forecaster]
    absent: Mapping[Engine, str]

    def __call__(
        self, engine: Engine, requests: Sequence[ForecastRequest], selections: Sequence[Selection] = ()
    ) -> Forecasts:
        """One forecast per request; an engine that cannot answer hands over to the baseline, never silently.

        Args:
            engine: The route's.
            requests: What to forecast.
            selections: One per request, for the LSTM: how much of each answer is its own. Without, all of it.
        """
        if not requests:
            return Forecasts()
        chosen = self.engines.get(engine)
        if chosen is None:
            return self._baseline(requests, f"{engine} is not available ({self.absent.get(engine, 'not configured')})")
        try:
            if engine is Engine.LSTM and selections:
                return self._selected(chosen, requests, selections)
            made = tuple(chosen.forecast_many(requests))
        except (ModelRefused, NotEnoughHistory) as error:
            if engine is Engine.BASELINE:
                raise
            return self._baseline(requests, f"{engine} cannot answer ({error.message})")
        return Forecasts(forecasts=made, made_by=(chosen.name,) * len(made))

    def _selected(
        self, lstm: Forecaster, requests: Sequence[ForecastRequest], selections: Sequence[Selection]
    ) -> Forecasts:
        baseline = self.engines[Engine.BASELINE]
        weights = [selection.lstm_weight for selection in selections]
        ours = _only(lstm, requests, [weight > 0 for weight in weights])
        theirs = _only(baseline, requests, [weight < 1 for weight in weights])
        answers = map(answer_of, selections, ours, theirs)
        return Forecasts(
            forecasts=tuple(answer for answer in answers if answer is not None),
            made_by=tuple(baseline.name if weight == 0 else lstm.name for weight in weights),
            selections=tuple(selections),
            reasons=selection_reasons(
                [(request.metric.name, selection) for request, selection in zip(requests, selections, strict=True)]
            ),
        )

    def _baseline(self, requests: Sequence[ForecastRequest], why: str) -> Forecasts:
        baseline = self.engines[Engine.BASELINE]
        reason = Reason(ReasonCode.MODEL_UNAVAILABLE, f"{why}: the statistical baseline answers")
        made = tuple(baseline.forecast_many(requests))
        return Forecasts(forecasts=made, made_by=(baseline.name,) * len(made), reasons=(reason,))


def _only(forecaster: Forecaster, requests: Sequence[ForecastRequest], wanted: Sequence[bool]) -> list[Forecast | None]:
    """Forecasts of the requests wanted, None for the others; one batch."""
    asked = [request for request, is_wanted in zip(requests, wanted, strict=True) if is_wanted]
    made = iter(forecaster.forecast_many(asked) if asked else ())
    return [next(made) if is_wanted else None for is_wanted in wanted]
