"""What the two ways of running the service model share: everything but the network itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from adapters.forecasters.service_window import SOURCE, covariates_of, forecasts_of, window_of
from domain.forecast import Forecast
from domain.interval_calibration import IntervalCalibration
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.window_covariates import Singles

# Large enough to spread what a NumPy call costs, small enough that a chunk's arrays stay in the processor's cache.
CHUNK: Final = 32


class ServiceLstmForecaster(Forecaster):
    """Forecasts any metric of any service from up to two weeks of its own history."""

    name = SOURCE
    model_digest: str
    calibration: IntervalCalibration

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port; 24 observed hours are needed."""
        windows = [window_of(request) for request in requests]
        answers: list[Forecast] = []
        for first in range(0, len(requests), CHUNK):
            chunk = windows[first : first + CHUNK]
            made, order = covariates_of(chunk)
            raw = self.predict(made.inputs)
            answers += forecasts_of(requests[first : first + CHUNK], chunk, made, order, raw, self.calibration)
        return answers

    @abstractmethod
    def predict(self, inputs: Singles) -> Singles:
        """The network: (batch, 24, features) → (batch, 24, levels), both float32."""
