"""Windows the service model learns from: nothing of the hours to be forecast is in what the network reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adapters.training.drawn_ahead import BLOCK, drawn_ahead
from adapters.training.window_sampler import SamplingPlan, WindowBatch, WindowSampler
from domain.errors import InvalidData
from domain.training_set import TrainingSeries
from domain.window_covariates import DAY, FEATURE_NAMES, MAX_HOURS, WEEK

ONLY_ORIGIN = WEEK + DAY  # a series of this length can be forecast at one hour only: a week in, a day before its end


def series(hours: int, seed: int = 0, name: str = "a", metric: str = "cpu") -> TrainingSeries:
    random = np.random.default_rng(seed)
    values = 5 + np.sin(np.arange(hours) / DAY * 2 * np.pi) + random.normal(0, 0.3, hours)
    return TrainingSeries(
        dataset="d", service_id=name, metric_name=metric, first_hour=1000,
        values=values.astype(np.float32), observed=np.ones(hours, dtype=bool),
    )  # fmt: skip


def drawn(source: list[TrainingSeries], size: int = 64, seed: int = 1, **plan: float) -> WindowBatch:
    sampler = WindowSampler(source, SamplingPlan(**plan))  # type: ignore[arg-type]
    return sampler.draw(size, np.random.default_rng(seed))


@pytest.mark.parametrize("mix", [0.0, 0.4])
def test_the_hours_to_be_forecast_are_in_no_input(mix: float) -> None:
    source = [series(ONLY_ORIGIN, seed, f"s{seed}") for seed in range(5)]
    told = (1e4 + np.arange(DAY) ** 2).astype(np.float32)
    later = [replace(one, values=np.append(one.values[:WEEK], told)) for one in source]
    before, after = drawn(source, mix_share=mix), drawn(later, mix_share=mix)
    assert np.array_equal(before.inputs, after.inputs)
    assert np.array_equal(before.anchor, after.anchor)
    assert not np.array_equal(before.target, after.target)


def test_hours_nobody_observed_have_no_weight_and_change_no_input() -> None:
    honest = series(ONLY_ORIGIN)
    observed = honest.observed.copy()
    observed[[3, 40, WEEK + 2]] = False
    batches = []
    for forged in (0.0, 1e6):
        values = np.where(observed, honest.values, np.float32(forged)).astype(np.float32)
        batches.append(
            drawn(
                [
                    TrainingSeries(
                        dataset="d", service_id="a", metric_name="cpu", first_hour=0, values=values, observed=observed
                    )
                ],
                mix_share=0.0,
            )
        )
    assert np.array_equal(batches[0].inputs, batches[1].inputs)
    assert (batches[0].weight[:, 2] == 0).all()
    assert (np.delete(batches[0].weight, 2, axis=1) > 0).all()


def test_the_same_draw_gives_the_same_windows_and_another_seed_others() -> None:
    source = [series(600, seed, f"s{seed}") for seed in range(3)]
    first, again, other = drawn(source), drawn(source), drawn(source, seed=2)
    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.target, again.target)
    assert not np.array_equal(first.inputs, other.inputs)
    assert first.inputs.shape[1:] == (DAY, len(FEATURE_NAMES))


def test_a_history_of_a_given_length_is_shown_exactly() -> None:
    sampler = WindowSampler([series(900)], SamplingPlan(mix_share=0.0))
    share = FEATURE_NAMES.index("observed_share_two_weeks")
    for hours in (DAY, 2 * DAY, WEEK, MAX_HOURS):
        batch = sampler.draw(32, np.random.default_rng(0), history_hours=hours)
        assert batch.inputs[:, 0, share] == pytest.approx(hours / MAX_HOURS)


def test_a_constant_or_too_short_series_is_nothing_to_learn_from() -> None:
    flat = series(600)
    flat.values[:] = 4
    for useless in (flat, series(2 * DAY)):
        with pytest.raises(InvalidData, match="add data"):
            WindowSampler([useless], SamplingPlan())


def test_batches_drawn_ahead_depend_on_seed_and_step_only() -> None:
    sampler = WindowSampler([series(600, seed, f"s{seed}") for seed in range(3)], SamplingPlan())

    def batches(seed: int, steps: range) -> list[np.ndarray]:
        with drawn_ahead(sampler, batch_size=8, seed=seed) as draw:
            return [draw(step).inputs for step in steps]

    whole = batches(3, range(BLOCK + 3))
    assert all(one.shape == (8, DAY, len(FEATURE_NAMES)) for one in whole)
    assert not np.array_equal(whole[0], batches(4, range(1))[0])
    resumed = batches(3, range(BLOCK - 1, BLOCK + 3))
    assert all(np.array_equal(left, right) for left, right in zip(whole[BLOCK - 1 :], resumed, strict=True))
