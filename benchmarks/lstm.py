"""What a forecast costs beside the bare network, in one run.

    python -m benchmarks.lstm [--models models] [--tensorflow]

Alternates the adapter, history in memory in and quantiles out, with a bare ONNX Runtime call on the same input, so that
whatever else the machine does meets both. Prints medians of processor time of this thread, which a busy machine
disturbs least, and their ratio. Promised: one forecast at most twice the bare call and at most 0.3 ms; in batches at
least 10,000 forecasts a second and core. ``--tensorflow`` adds the Keras file run by TensorFlow (extra ``train``).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from adapters.forecasters.open_lstm import open_service_model
from adapters.forecasters.service_lstm import CHUNK
from adapters.forecasters.service_window import covariates_of, window_of
from domain.metrics import describe_metric
from domain.ports.forecaster import LOOKBACK_HOURS, ForecastRequest
from domain.series import HOUR, LoadSeries

START = datetime(2026, 11, 16, 7, tzinfo=UTC)
ROUNDS = 400
BATCH_ROUNDS = 40

Call = Callable[[], object]


def requests(count: int) -> list[ForecastRequest]:
    """Two weeks of so many services, each with a daily swing and noise."""
    hour = np.arange(LOOKBACK_HOURS)
    made = []
    for seed in range(count):
        noise = np.random.default_rng(seed).normal(0, 4, LOOKBACK_HOURS)
        values = 40 + 15 * np.sin(hour * 2 * np.pi / 24) + noise
        series = LoadSeries(START - LOOKBACK_HOURS * HOUR, values, np.ones(LOOKBACK_HOURS, dtype=bool))
        made.append(ForecastRequest(metric=describe_metric("requests"), target=series, start=START))
    return made


def medians(calls: Sequence[Call], rounds: int) -> list[float]:
    """Median processor seconds of each call; they take turns."""
    for call in calls:
        call()
    taken = np.empty((rounds, len(calls)))
    for row in range(rounds):
        for column, call in enumerate(calls):
            started = time.thread_time()
            call()
            taken[row, column] = time.thread_time() - started
    return [float(one) for one in np.median(taken, axis=0)]


def compare(models: Path, runtime: str) -> None:
    """Print one forecast and a batch, beside the network alone."""
    forecaster = open_service_model(models / "service", runtime)  # type: ignore[arg-type]
    for count, rounds in ((1, ROUNDS), (16 * CHUNK, BATCH_ROUNDS)):
        asked = requests(count)
        chunks = [asked[first : first + CHUNK] for first in range(0, count, CHUNK)]
        inputs = [covariates_of([window_of(one) for one in chunk])[0].inputs for chunk in chunks]
        whole, bare = medians(
            [lambda: forecaster.forecast_many(asked), lambda: [forecaster.predict(each) for each in inputs]],  # noqa: B023
            rounds,
        )
        each, network = whole / count * 1e6, bare / count * 1e6
        print(
            f"{runtime:10} {count:5} forecast(s) at once: {each:7.1f} µs each, network alone {network:6.1f} µs, "
            f"ratio {each / network:.2f}, {1e6 / each:,.0f} a second"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--tensorflow", action="store_true")
    options = parser.parse_args()
    for runtime in ("onnx", "tensorflow") if options.tensorflow else ("onnx",):
        compare(options.models, runtime)


if __name__ == "__main__":
    main()
