"""Recursion with one-step models: every covariate is recomputed from the predicted hours, never fed in by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from adapters.forecasters.recursive import RecursiveForecaster
from adapters.models_io.metadata import ModelMetadata
from adapters.models_io.scalers import AffineScaler
from domain.covariates import ALL_COLUMNS, FEATURE_COLUMNS, OBSERVED_COLUMNS, TARGET_COLUMN
from domain.errors import ModelRefused, NotEnoughHistory
from domain.metrics import describe_metric
from domain.ports.forecaster import ForecastRequest
from domain.series import HOUR, LoadSeries

START = datetime(2026, 11, 23, 15, tzinfo=UTC)
Array = np.ndarray[Any, Any]


def series(values: Array, end: datetime = START) -> LoadSeries:
    return LoadSeries(end - len(values) * HOUR, np.asarray(values, dtype=float), np.ones(len(values), bool))


def history(hours: int = 336, seed: int = 1) -> dict[str, LoadSeries]:
    """A cluster whose every column differs."""
    source = np.random.default_rng(seed)
    day = np.sin(np.arange(hours) / 24 * 2 * np.pi)
    columns = {name: 10 + index + day + source.random(hours) for index, name in enumerate(OBSERVED_COLUMNS)}
    return {name: series(values) for name, values in {TARGET_COLUMN: 500 + 100 * day, **columns}.items()}


def metadata(**changes: Any) -> ModelMetadata:
    whole: dict[str, Any] = {
        "sequence_length": 24,
        "feature_names": FEATURE_COLUMNS,
        "target_col": TARGET_COLUMN,
        "scaler": None,
        "target_scaler": None,
        "use_log_transform": False,
        "extra": {},
    }
    return ModelMetadata(**{**whole, **changes})


def request(columns: dict[str, LoadSeries], **changes: Any) -> ForecastRequest:
    whole: dict[str, Any] = {
        "metric": describe_metric(TARGET_COLUMN),
        "target": columns[TARGET_COLUMN],
        "start": START,
        "companions": columns,
    }
    return ForecastRequest(**{**whole, **changes})


class Counting:
    """A network that answers 1000, 1001, … and remembers what it was shown for the path that is asked for."""

    def __init__(self) -> None:
        self.shown: list[Array] = []

    def __call__(self, batch: Array) -> Array:
        self.shown.append(batch[0])
        return np.full((len(batch), 1), 999.0 + len(self.shown))


def column(shown: Array, name: str) -> Array:
    return shown[:, FEATURE_COLUMNS.index(name)]


def test_every_step_sees_the_predicted_hours_in_the_derived_columns() -> None:
    network, columns = Counting(), history()
    forecast = RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(columns)])[0]
    np.testing.assert_allclose(forecast.median, 1000 + np.arange(24))
    assert len(network.shown) == 24
    # Row r of the window shown at step k is hour START − 24 + k + r; its own total_events is lag 0, in ma and roll.
    last = network.shown[23]
    np.testing.assert_allclose(column(last, "lag1_events")[2:], 1000 + np.arange(22))
    np.testing.assert_allclose(column(last, "diff_1h")[2:], 1.0)
    np.testing.assert_allclose(column(last, "roll12_max")[-1], 1022)
    np.testing.assert_allclose(column(last, "ma3_events")[-1], 1021)
    np.testing.assert_allclose(column(last, "lag24_events")[-1], columns[TARGET_COLUMN].values[-2], rtol=1e-6)


def test_observed_columns_of_a_future_hour_are_those_of_the_day_before() -> None:
    network, columns = Counting(), history()
    RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(columns)])
    for name in OBSERVED_COLUMNS:
        np.testing.assert_allclose(column(network.shown[23], name)[1:], columns[name].values[-24:-1], rtol=1e-6)


def test_the_calendar_goes_on_through_the_forecast() -> None:
    network = Counting()
    RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(history())])
    np.testing.assert_array_equal(column(network.shown[0], "hour_of_day"), (np.arange(24) + 15) % 24)
    np.testing.assert_array_equal(column(network.shown[12], "hour_of_day"), (np.arange(24) + 3) % 24)
    # 23 November 2026 is a Monday; 24 November begins at hour 9 of the forecast.
    assert column(network.shown[20], "day_of_week")[-1] == 2
    assert column(network.shown[20], "day_of_month")[-1] == 23


def test_weekdays_come_from_a_dateless_file_that_tells_them() -> None:
    network, columns = Counting(), history()
    hours = START.hour - 336 + np.arange(336)
    days = hours // 24 + 14
    # The file's window ended on a Sunday, the eighteenth; the request says Monday.
    columns |= {"hour_of_day": series(hours % 24), "day_of_week": series(days % 7), "day_of_month": series(days + 3)}
    RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(columns)])
    assert column(network.shown[0], "day_of_week")[-1] == 0
    assert column(network.shown[0], "day_of_month")[-1] == 17
    assert column(network.shown[23], "day_of_week")[-1] == 1


def test_calendar_columns_that_fit_no_date_are_left_aside_and_said_so() -> None:
    columns = history()
    columns |= {name: series(np.zeros(336)) for name in ("hour_of_day", "day_of_week", "day_of_month")}
    forecast = RecursiveForecaster(Counting(), metadata(), artefact="m").forecast_many([request(columns)])[0]
    assert any("fit no date" in note for note in forecast.notes)


def test_scaling_and_the_logarithm_are_undone() -> None:
    shown = []

    def network(batch: Array) -> Array:
        shown.append(batch[0])
        return np.full((len(batch), 1), 0.5)

    scaler = AffineScaler("RobustScaler", np.full(82, 3.0), np.full(82, 2.0))
    target = AffineScaler("RobustScaler", np.array([6.0]), np.array([0.5]))
    described = metadata(scaler=scaler, target_scaler=target, use_log_transform=True)
    columns = history()
    forecast = RecursiveForecaster(network, described, artefact="m").forecast_many([request(columns)])[0]
    np.testing.assert_allclose(forecast.median, np.expm1(6.25))
    expected = (columns["avg_cpu"].values[-1] - 3) / 2
    np.testing.assert_allclose(column(shown[0], "avg_cpu")[-1], expected, rtol=1e-6)


def test_a_forecast_is_never_negative() -> None:
    network = RecursiveForecaster(lambda batch: np.full((len(batch), 1), -5.0), metadata(), artefact="m")
    assert (network.forecast_many([request(history())])[0].median == 0).all()


def test_only_the_columns_the_model_reads_are_shown_in_its_order() -> None:
    seen = []

    def network(batch: Array) -> Array:
        seen.append(batch)
        return np.zeros((len(batch), 1))

    names = ("hour_sin", "avg_cpu", "lag1_events")
    forecaster = RecursiveForecaster(network, metadata(feature_names=names, sequence_length=12), artefact="m")
    columns = history()
    forecaster.forecast_many([request(columns)])
    assert seen[0].shape[1:] == (12, 3)
    np.testing.assert_allclose(
        seen[0][0, -1, 1:], [columns["avg_cpu"].values[-1], columns[TARGET_COLUMN].values[-2]], rtol=1e-6
    )


def test_hours_between_the_history_and_the_forecast_are_bridged() -> None:
    network, columns = Counting(), history()
    late = request(columns, start=START + timedelta(hours=5))
    forecast = RecursiveForecaster(network, metadata(), artefact="m").forecast_many([late])[0]
    assert forecast.start == START + timedelta(hours=5)
    np.testing.assert_allclose(forecast.median, 1005 + np.arange(24))


def test_the_interval_is_that_of_what_was_missed_on_earlier_days() -> None:
    def last_value(batch: Array) -> Array:
        return batch[:, -1:, FEATURE_COLUMNS.index("lag1_events")]

    columns = history()
    calm = RecursiveForecaster(last_value, metadata(), artefact="m").forecast_many([request(columns)])[0]
    noise = np.random.default_rng(5).normal(scale=200, size=336)
    columns[TARGET_COLUMN] = series(columns[TARGET_COLUMN].values + noise)
    wild = RecursiveForecaster(last_value, metadata(), artefact="m").forecast_many([request(columns)])[0]
    assert (wild.at(0.99) - wild.median).mean() > 1.5 * (calm.at(0.99) - calm.median).mean()


def test_a_model_that_always_missed_low_gets_its_interval_above() -> None:
    low = RecursiveForecaster(lambda batch: np.full((len(batch), 1), 10.0), metadata(), artefact="m")
    forecast = low.forecast_many([request(history())])[0]
    np.testing.assert_allclose(forecast.at(0.1), 10.0)
    assert (forecast.at(0.95) > 500).all()


def test_the_error_of_an_earlier_day_is_judged_on_what_was_known_then() -> None:
    shown: list[Array] = []

    def network(batch: Array) -> Array:
        shown.append(batch)
        return np.full((len(batch), 1), 500.0)

    columns = history()
    RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(columns)])
    before = [batch[3].copy() for batch in shown]  # the path that starts three days earlier
    shown.clear()
    for name in columns:
        values = columns[name].values.copy()
        values[-72:] *= 1.0001  # far too small to move a bin edge that the features read
        columns[name] = series(values)
    RecursiveForecaster(network, metadata(), artefact="m").forecast_many([request(columns)])
    bins = [FEATURE_COLUMNS.index(n) for n in FEATURE_COLUMNS if "quantile" in n or "load" in n]
    keep = np.delete(np.arange(82), bins)
    for old, new in zip(before, shown, strict=True):
        np.testing.assert_array_equal(old[:, keep], new[3][:, keep])


@pytest.mark.parametrize("hours", [24, 30, 71, 100])
def test_a_short_history_is_padded_and_its_interval_says_so(hours: int) -> None:
    forecast = RecursiveForecaster(Counting(), metadata(), artefact="m").forecast_many([request(history(hours))])[0]
    np.testing.assert_allclose(forecast.median, 1000 + np.arange(24))
    assert any("too short to judge" in note for note in forecast.notes) == (hours < 95)
    assert (forecast.at(0.99) > forecast.at(0.1)).all()


def test_an_old_history_widens_the_interval() -> None:
    fresh, old = RecursiveForecaster(Counting(), metadata(), artefact="m").forecast_many(
        [request(history()), request(history(), stale_hours=336)]
    )
    assert (old.at(0.1) < fresh.at(0.1)).all()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"metric": describe_metric("avg_cpu")}, ModelRefused),
        ({"start": START + timedelta(hours=200)}, NotEnoughHistory),
        ({"target": series(np.ones(23))}, NotEnoughHistory),
        ({"companions": {}}, ModelRefused),
    ],
)
def test_a_request_it_cannot_answer_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    forecaster = RecursiveForecaster(Counting(), metadata(), artefact="m")
    with pytest.raises(error):
        forecaster.forecast_many([request(history(), **changes)])


def test_a_missing_column_is_named() -> None:
    columns = history()
    del columns["std_memory"]
    with pytest.raises(ModelRefused, match="no column std_memory"):
        RecursiveForecaster(Counting(), metadata(), artefact="m").forecast_many([request(columns)])


@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_refused(answer: float) -> None:
    broken = RecursiveForecaster(lambda batch: np.full((len(batch), 1), answer), metadata(), artefact="m")
    with pytest.raises(ModelRefused, match="not finite"):
        broken.forecast_many([request(history())])


def test_a_model_of_several_numbers_is_refused() -> None:
    wide = RecursiveForecaster(lambda batch: np.zeros((len(batch), 24, 7)), metadata(), artefact="m")
    with pytest.raises(ModelRefused, match="one number is expected"):
        wide.forecast_many([request(history())])


def test_columns_that_cannot_be_computed_are_refused_when_the_model_is_built() -> None:
    with pytest.raises(ModelRefused, match="moon_phase, which cannot be computed"):
        RecursiveForecaster(Counting(), metadata(feature_names=("avg_cpu", "moon_phase")), artefact="m")
    with pytest.raises(ModelRefused, match="revenue, which is not a raw column"):
        RecursiveForecaster(Counting(), metadata(target_col="revenue"), artefact="m")
    assert "moon_phase" not in ALL_COLUMNS
