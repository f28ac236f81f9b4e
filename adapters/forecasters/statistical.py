"""The statistical baseline: quantiles from the series itself, in NumPy, without any trained network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.errors import NotEnoughHistory
from domain.forecast import HORIZON_HOURS, QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.series import Floats

SOURCE = "statistical"


class StatisticalForecaster(Forecaster):
    """Same-hour mean plus the quantiles of what it missed by within the window."""

    name = SOURCE

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port; one observed hour is enough."""
        return [self._one(request) for request in requests]

    def _one(self, request: ForecastRequest) -> Forecast:
        target = request.target
        if not target.observed_hours:
            raise NotEnoughHistory(needed_hours=1, observed_hours=0)
        seen = target.observed
        offset = round((request.start - target.start).total_seconds() / 3600)
        phase = (np.arange(len(target)) - offset) % HORIZON_HOURS
        level = float(target.observed_values.mean())
        counts = np.bincount(phase[seen], minlength=HORIZON_HOURS)
        sums = np.bincount(phase[seen], weights=target.observed_values, minlength=HORIZON_HOURS)
        profile = (sums + level) / (counts + 1)
        spread = target.observed_values - profile[phase[seen]]
        widen = 1.0 + 2.0 / np.sqrt(target.observed_hours) + request.stale_hours / 336
        offsets: Floats = np.quantile(spread, QUANTILE_LEVELS) * widen
        quantiles = np.maximum.accumulate(profile[:, None] + (offsets - offsets[3]), axis=1)
        notes = () if target.observed_hours >= HORIZON_HOURS else (f"only {target.observed_hours} hours were observed",)
        return Forecast(request.start, quantiles, SOURCE, notes)
