"""One engine over two models: the cluster's history goes to one, a service's own to the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from adapters.forecasters.lstm import LstmForecaster
from adapters.forecasters.onnx_cluster_lstm import OnnxClusterForecaster
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from domain.metrics import describe_metric
from domain.ports.forecaster import ForecastRequest
from domain.ports.metric_history import HistoryScope
from domain.series import LoadSeries
from tests.fakes.forecaster import FlatForecaster

START = datetime(2026, 11, 23, tzinfo=UTC)
MODELS = Path(__file__).resolve().parents[4] / "models"


class Model(FlatForecaster):
    """Stands in for a trained model."""

    model_digest = "0123456789abcdef"
    target_column = "total_events"


def ask(metric: str, scope: HistoryScope, level: float = 5.0) -> ForecastRequest:
    """A request over two days of a slightly moving series."""
    values = level + 0.01 * level * np.sin(np.arange(48))
    series = LoadSeries(START - timedelta(hours=48), values, np.ones(48, dtype=bool))
    return ForecastRequest(metric=describe_metric(metric), target=series, start=START, scope=scope)


def engine(*, with_cluster: bool = True) -> LstmForecaster:
    """The engine over stand-ins that sign their forecasts."""
    cluster = cast(Any, Model("of the cluster")) if with_cluster else None
    return LstmForecaster(cast(Any, Model("of a service")), cluster)


@pytest.mark.parametrize(
    ("metric", "scope", "answers"),
    [
        ("total_events", HistoryScope.CLUSTER, "of the cluster"),
        ("avg_cpu", HistoryScope.CLUSTER, "of a service"),
        ("total_events", HistoryScope.SERVICE, "of a service"),
    ],
)
def test_the_model_follows_metric_and_scope(metric: str, scope: HistoryScope, answers: str) -> None:
    (forecast,) = engine().forecast_many([ask(metric, scope)])
    assert forecast.source == answers


def test_answers_keep_the_order_of_the_requests() -> None:
    requests = [
        ask("total_events", HistoryScope.CLUSTER, 1.0), ask("avg_cpu", HistoryScope.CLUSTER, 2.0),
        ask("total_events", HistoryScope.CLUSTER, 3.0),
    ]  # fmt: skip
    made = engine().forecast_many(requests)
    assert [round(float(forecast.median[0])) for forecast in made] == [1, 2, 3]


def test_without_a_cluster_model_the_service_model_answers_for_all() -> None:
    (forecast,) = engine(with_cluster=False).forecast_many([ask("total_events", HistoryScope.CLUSTER)])
    assert forecast.source == "of a service"


def test_the_shipped_models_load_and_name_themselves() -> None:
    shipped = LstmForecaster(OnnxLstmForecaster(MODELS / "service"), OnnxClusterForecaster(MODELS))
    (forecast,) = shipped.forecast_many([ask("avg_cpu", HistoryScope.SERVICE, 0.4)])
    assert forecast.source == "lstm"
    assert float(forecast.median.mean()) == pytest.approx(0.4, rel=0.1)
    assert "service" in shipped.name
    assert "cluster" in shipped.name
