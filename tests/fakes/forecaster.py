"""A Forecaster that answers with the mean of what was observed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.errors import NotEnoughHistory
from domain.forecast import HORIZON_HOURS, MEDIAN_INDEX, QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest


class FlatForecaster(Forecaster):
    """The observed mean for every hour; the interval widens as the history gets shorter."""

    def __init__(self, name: str = "flat", needed_hours: int = 1) -> None:
        self.name = name
        self.needed_hours = needed_hours

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        return [self._one(request) for request in requests]

    def _one(self, request: ForecastRequest) -> Forecast:
        values = request.target.observed_values
        if len(values) < self.needed_hours:
            raise NotEnoughHistory(needed_hours=self.needed_hours, observed_hours=len(values))
        spread = values.std() + 20 * abs(values.mean()) / len(values)
        offsets = (np.arange(len(QUANTILE_LEVELS)) - MEDIAN_INDEX) * spread
        quantiles = np.tile(values.mean() + offsets, (HORIZON_HOURS, 1))
        return Forecast(request.start, quantiles, self.name)


class LevelForecaster(Forecaster):
    """Says the same level for every hour, whatever was observed."""

    def __init__(self, name: str, level: float) -> None:
        self.name = name
        self.level = level

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        spread = 0.1 * (np.arange(len(QUANTILE_LEVELS)) - MEDIAN_INDEX)
        return [
            Forecast(request.start, np.tile(self.level + spread, (HORIZON_HOURS, 1)), self.name) for request in requests
        ]
