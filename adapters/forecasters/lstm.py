"""The two trained models behind one engine: the cluster's history goes to one, a service's own to the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.forecasters.cluster_lstm import ClusterLstmForecaster
from adapters.forecasters.service_lstm import ServiceLstmForecaster
from domain.forecast import Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.ports.metric_history import HistoryScope

NAME: Final = "lstm"


class LstmForecaster(Forecaster):
    """Forecasts the column the cluster model was trained on with that model, everything else with the service model.

    Args:
        service: Forecasts any metric of any service.
        cluster: Forecasts one column of the cluster's wide history, or None where no such model is installed.
    """

    def __init__(self, service: ServiceLstmForecaster, cluster: ClusterLstmForecaster | None) -> None:
        self._service = service
        self._cluster = cluster
        digests = [f"service {service.model_digest[:12]}"]
        digests += [f"cluster {cluster.model_digest[:12]}"] if cluster else []
        self.name = f"{NAME} ({', '.join(digests)})"

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port; 24 observed hours are needed."""
        answers: dict[int, Forecast] = {}
        for forecaster, mine in self._shares(requests):
            made = forecaster.forecast_many([requests[index] for index in mine])
            answers |= dict(zip(mine, made, strict=True))
        return [answers[index] for index in range(len(requests))]

    def _shares(self, requests: Sequence[ForecastRequest]) -> list[tuple[Forecaster, list[int]]]:
        cluster = [index for index, request in enumerate(requests) if self._is_cluster(request)]
        service = [index for index in range(len(requests)) if index not in cluster]
        shares: list[tuple[Forecaster, list[int]]] = [(self._service, service)] if service else []
        if cluster and self._cluster is not None:
            shares.append((self._cluster, cluster))
        return shares

    def _is_cluster(self, request: ForecastRequest) -> bool:
        model = self._cluster
        is_whole = request.scope is HistoryScope.CLUSTER
        return model is not None and is_whole and request.metric.name == model.target_column
