"""A forecast holds what it promises, made one by one or many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from domain.forecast import QUANTILE_LEVELS, Forecast

START = datetime(2026, 11, 23, 7, tzinfo=UTC)
N = len(QUANTILE_LEVELS)


def quantiles() -> np.ndarray:
    return np.tile(np.arange(N, dtype=float), (24, 1))


def one(start: datetime, values: np.ndarray) -> Forecast:
    return Forecast(start, values, "lstm")


def of_many(start: datetime, values: np.ndarray) -> Forecast:
    stacked = np.stack([quantiles() if values.shape == (24, N) else values, values])
    return Forecast.batch([START, start], stacked, "lstm", [(), ()])[1]


def infinite() -> np.ndarray:
    values = quantiles()
    values[3, -1] = np.inf
    return values


def crossing() -> np.ndarray:
    values = quantiles()
    values[5, 2] = 9
    return values


@pytest.mark.parametrize("make", [one, of_many])
@pytest.mark.parametrize(
    ("start", "values", "reason"),
    [
        (START, quantiles()[:23], "must be"),
        (START, infinite(), "finite"),
        (START, crossing(), "cross"),
        (START + timedelta(minutes=1), quantiles(), "full hour"),
        (START.replace(tzinfo=None), quantiles(), "full hour"),
        (START.astimezone(timezone(timedelta(hours=9))), quantiles(), "full hour"),
    ],
)
def test_what_is_no_forecast_is_refused(
    make: Callable[[datetime, np.ndarray], Forecast], start: datetime, values: np.ndarray, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        make(start, values)


def test_many_at_once_are_those_made_one_by_one() -> None:
    starts = [START, START + timedelta(hours=1)]
    stacked = np.stack([quantiles(), quantiles() + 5])
    made = Forecast.batch(starts, stacked, "lstm", [("a",), ()])
    for forecast, start, values, notes in zip(made, starts, stacked, [("a",), ()], strict=True):
        assert (forecast.start, forecast.source, forecast.notes) == (start, "lstm", notes)
        assert np.array_equal(forecast.quantiles, values)
        assert not forecast.quantiles.flags.writeable
        assert forecast.quantiles.base is None  # keeps nothing of the others alive
    assert Forecast.batch([], np.empty((0, 24, N)), "lstm", []) == []
