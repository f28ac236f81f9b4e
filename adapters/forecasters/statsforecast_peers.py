"""Classical models of the library statsforecast, as peers in backtests; an optional extra."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from adapters.forecasters.day_window import HOURS
from domain.errors import ConfigurationError, ModelRefused, NotEnoughHistory
from domain.forecast import HORIZON_HOURS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.series import HOUR, Floats

# What the library calls the ends of its prediction intervals, in the order of QUANTILE_LEVELS.
_INTERVALS_PERCENT = [50, 80, 90, 98]
_ENDS = ("lo-80", "lo-50", "mean", "hi-50", "hi-80", "hi-90", "hi-98")
MIN_HOURS = 3 * HOURS


class StatsforecastForecaster(Forecaster):
    """Fits one classical model to each series when asked: tens to hundreds of milliseconds each."""

    def __init__(self, name: str, make_model: Callable[[Any], Any]) -> None:
        """Prepare a peer.

        Args:
            name: As in the report.
            make_model: From the library's module of models to one model with a season of 24 hours.

        Raises:
            ConfigurationError: The library is not installed.
        """
        try:
            # Its regular expressions make newer Pythons warn while it is compiled.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                from statsforecast import models
        except ImportError as error:
            raise ConfigurationError(
                f"the peer {name} needs statsforecast: install mcp-core-orchestrator[bench] or drop it from --against"
            ) from error
        self.name = name
        self._make_model = lambda: make_model(models)

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port."""
        return [self._one(request) for request in requests]

    def _one(self, request: ForecastRequest) -> Forecast:
        target = request.target
        if target.observed_hours < MIN_HOURS:
            raise NotEnoughHistory(needed_hours=MIN_HOURS, observed_hours=target.observed_hours)
        gap = max(0, round((request.start - target.end) / HOUR))
        # Filled hours take the last observed value, so that what they held cannot matter.
        known = np.maximum.accumulate(np.where(target.observed, np.arange(len(target)), int(target.observed.argmax())))
        values = target.values[known]
        if values.min() == values.max():
            return Forecast(request.start, np.full((HORIZON_HOURS, len(_ENDS)), values[-1]), self.name)
        return Forecast(request.start, self._quantiles(values, gap), self.name)

    def _quantiles(self, values: Floats, gap: int) -> Floats:
        # Scaled so that the library's absolute tolerances mean the same for bytes and for shares.
        scale = float(np.abs(values).mean())
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model = cast(Any, self._make_model)()
            made = model.forecast(y=values / scale, h=gap + HORIZON_HOURS, level=_INTERVALS_PERCENT)
        quantiles = scale * np.stack([np.asarray(made[end], dtype=np.float64)[gap:] for end in _ENDS], axis=1)
        if not np.isfinite(quantiles).all():
            raise ModelRefused(self.name, "the model could not be fitted to this series")
        return np.maximum.accumulate(quantiles, axis=1)


def theta() -> StatsforecastForecaster:
    """Dynamic Optimized Theta (Fiorucci et al. 2016), season 24."""
    return StatsforecastForecaster("theta", lambda models: models.DynamicOptimizedTheta(season_length=HOURS))


def ets() -> StatsforecastForecaster:
    """Exponential smoothing chosen by AICc (Hyndman et al. 2002), season 24."""
    return StatsforecastForecaster("ets", lambda models: models.AutoETS(season_length=HOURS))


def mstl() -> StatsforecastForecaster:
    """Multiple seasonal-trend decomposition (Bandara et al. 2021), season 24."""
    return StatsforecastForecaster("mstl", lambda models: models.MSTL(season_length=[HOURS]))
