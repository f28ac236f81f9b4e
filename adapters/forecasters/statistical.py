"""The statistical baseline: quantiles from the series itself, in NumPy, without any trained network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adapters.forecasters.day_window import HOURS, DayWindow
from adapters.forecasters.statistical_constants import CLASS_FROM_HOURS, load_constants
from adapters.forecasters.statistical_rule import RuleConstants, blend_and_spread
from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.series import Floats

SOURCE = "statistical"
# Measured on the traces: histories that end 1, 3 and 7 days early need intervals 1.2, 1.4 and 1.8 times as wide.
_LATE_SCALE_HOURS = 72.0


class StatisticalForecaster(Forecaster):
    """Thirteen simple experts blended by their recent error on the series, with conformal intervals.

    Experts: last value, means of 3 and 6 hours, medians of a day and a week, yesterday, same-hour medians of 3 and 7
    days, same-hour mean of 14, a week ago, and the profile moved to the recent level. Each is weighted by a fixed prior
    per lead times its error on the last seven daily origins of the series itself; the interval comes from what the
    weighted rule missed by on those origins, above and below apart (split-conformal), with constants of
    ``statistical_constants``. One observed hour is enough; less than a day gives a level and a wide interval.
    """

    name = SOURCE

    def __init__(self) -> None:
        self._constants: RuleConstants = load_constants()

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port. Quantiles are never below 0 where the history is not."""
        if not requests:
            return []
        window = DayWindow(requests)
        classes = np.searchsorted(CLASS_FROM_HOURS, window.hours, side="right") - 1
        # Less than a day has shown little of the range: the level itself is then a measure of spread.
        unseen = np.maximum(0.0, 1.0 - window.hours / HOURS) * np.abs(window.days.mean(axis=(1, 2)))
        median, steps = blend_and_spread(window.days, window.counted, unseen, classes, self._constants)
        steps *= np.sqrt(1.0 + window.late_hours / _LATE_SCALE_HOURS)[:, None, None]
        quantiles = _fan(median, steps)
        floor = np.where(window.days.min(axis=(1, 2)) >= 0, 0.0, -np.inf)
        np.maximum(quantiles, floor[:, None, None], out=quantiles)
        return [
            Forecast(request.start, quantiles[row], SOURCE, _notes(request.target.observed_hours))
            for row, request in enumerate(requests)
        ]


def _fan(median: Floats, steps: Floats) -> Floats:
    """Quantiles (B, 24, 7) from the median (B, 24) and the steps outward from it (B, 6, 24)."""
    quantiles = np.empty((*median.shape, len(QUANTILE_LEVELS)))
    quantiles[..., MEDIAN_INDEX] = median
    for step, index in enumerate((1, 0)):
        quantiles[..., index] = quantiles[..., index + 1] - steps[:, step]
    for step, index in enumerate((3, 4, 5, 6), start=2):
        quantiles[..., index] = quantiles[..., index - 1] + steps[:, step]
    return quantiles


def _notes(observed_hours: int) -> tuple[str, ...]:
    if observed_hours >= HOURS:
        return ()
    hours = f"{observed_hours} hour{'' if observed_hours == 1 else 's'}"
    return (f"only {hours} of history: the level is known, the shape of the day is not, so the interval is wide",)
