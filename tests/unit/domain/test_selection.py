"""When the model stands down: chosen on some days, measured on others, held back by the prior."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.forecast import Forecast
from domain.reasons import ReasonCode
from domain.selection import (
    LSTM_WEIGHTS,
    MARGIN_EVERY_DAYS,
    PRIORS,
    Comparison,
    Selection,
    answer_of,
    best_blend,
    blend_losses,
    cautious,
    comparison_time,
    prior_of,
    prior_selection,
    select,
)
from domain.selection_reason import selection_reasons
from domain.series import Floats

FIRST = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = [FIRST + timedelta(days=step) for step in range(14)]
MEASURED = [day.toordinal() % MARGIN_EVERY_DAYS == 0 for day in DAYS]
HOURS = 336


def losses(lstm: float, baseline: float, days: int = 14) -> Floats:
    """The same straight line from the baseline's loss to the LSTM's on every day."""
    return np.tile(np.linspace(baseline, lstm, len(LSTM_WEIGHTS)), (days, 1))


def forecast(level: float, source: str) -> Forecast:
    return Forecast(FIRST, np.tile(level + np.arange(7.0), (24, 1)), source, (f"note of {source}",))


def test_without_any_past_the_prior_answers() -> None:
    first = prior_selection(HOURS, Comparison.NOT_YET)
    assert first.lstm_weight == LSTM_WEIGHTS[int(np.argmin(prior_of(HOURS)))]
    assert (first.rests_on, first.days_chosen, first.loss_to_baseline) == (Comparison.NOT_YET, 0, None)


def test_a_much_better_baseline_makes_the_model_stand_down() -> None:
    found = select(DAYS, losses(lstm=4.0, baseline=1.0), HOURS)
    assert found.stands_down
    assert found.loss_to_lstm == pytest.approx(0.25)
    assert found.loss_to_baseline == 1.0
    assert (found.first_day, found.last_day) == (DAYS[0], DAYS[-1])


def test_a_much_better_model_answers_alone() -> None:
    assert select(DAYS, losses(lstm=1.0, baseline=4.0), HOURS).lstm_weight == 1.0


def test_a_single_day_moves_little() -> None:
    one_day = next([day] for day, measured in zip(DAYS, MEASURED, strict=True) if not measured)
    prior = prior_selection(HOURS, Comparison.NOT_YET).lstm_weight
    assert 0.5 < select(one_day, losses(2.0, 1.0, days=1), HOURS).lstm_weight <= prior


def test_the_margin_comes_from_days_that_did_not_choose() -> None:
    table = losses(lstm=1.0, baseline=4.0)
    table[MEASURED] = losses(lstm=4.0, baseline=1.0)[0]
    found = select(DAYS, table, HOURS)
    assert found.lstm_weight == 1.0
    assert found.loss_to_baseline == 4.0
    assert found.days_chosen + found.days_measured == 14
    assert found.days_measured == sum(MEASURED)


def test_each_day_counts_alike_whatever_its_size() -> None:
    table = losses(lstm=1.0, baseline=4.0)
    wild = MEASURED.index(False)
    table[wild] = losses(lstm=4e6, baseline=1e6)[0]
    assert select(DAYS, table, HOURS).lstm_weight == 1.0


def test_days_without_any_error_tell_nothing() -> None:
    assert select(DAYS, losses(0.0, 0.0), HOURS).rests_on is Comparison.TOO_SHORT


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(0, 14))
def test_the_model_s_share_falls_as_its_error_grows(lstm: float, baseline: float, days: int) -> None:
    prior = prior_of(HOURS)
    better = best_blend(losses(lstm, baseline, days), prior)
    assert best_blend(losses(lstm * 1.5, baseline, days), prior) <= better


def test_of_equal_blends_the_model_s_share_is_largest() -> None:
    assert best_blend(losses(1.0, 1.0), np.zeros(len(LSTM_WEIGHTS))) == len(LSTM_WEIGHTS) - 1


def test_losses_count_observed_hours_only() -> None:
    actual, observed = np.full((1, 24), 5.0), np.zeros((1, 24), dtype=bool)
    observed[0, 3] = True
    lstm, baseline = np.full((1, 24, 7), 5.0), np.full((1, 24, 7), 6.0)
    found = blend_losses(actual, observed, lstm, baseline)
    assert found.shape == (1, len(LSTM_WEIGHTS))
    assert found[0, -1] == 0.0
    # One hour off by one: 1 absolute, and 0.9 + 0.5 + 0.1 + 0.05 + 0.01 of the levels.
    assert found[0, 0] == pytest.approx(1.0 + 1.56)


def test_priors_rise_with_hours_and_cover_every_length() -> None:
    assert [hours for hours, _ in PRIORS] == sorted(hours for hours, _ in PRIORS)
    assert all(len(curve) == len(LSTM_WEIGHTS) for _, curve in PRIORS)
    assert prior_of(1).tolist() == cautious(np.array(PRIORS[0][1])).tolist()
    assert prior_of(50).tolist() == cautious(np.array(PRIORS[1][1])).tolist()


def test_the_baseline_s_share_must_earn_more_than_it_would_by_chance() -> None:
    flat = np.zeros(len(LSTM_WEIGHTS))
    for days, prior, expected in ((1, flat, 0.0), (1, cautious(flat), 1.0), (14, cautious(flat), 0.0)):
        assert LSTM_WEIGHTS[best_blend(losses(1.1, 1.0, days), prior)] == expected


def test_a_blend_is_the_weighted_mean_of_the_quantiles() -> None:
    made = answer_of(Selection(lstm_weight=0.25, rests_on=Comparison.COMPARED), forecast(8, "lstm"), forecast(4, "s"))
    assert made is not None
    assert made.quantiles[0].tolist() == (5.0 + np.arange(7.0)).tolist()
    assert (made.source, made.notes) == ("lstm", ("note of lstm", "note of s"))


def test_one_alone_is_passed_through() -> None:
    lstm, baseline = forecast(8, "lstm"), forecast(4, "statistical")
    for weight, expected in ((1.0, lstm), (0.0, baseline)):
        assert answer_of(Selection(lstm_weight=weight, rests_on=Comparison.COMPARED), lstm, baseline) is expected
    half = Selection(lstm_weight=0.5, rests_on=Comparison.COMPARED)
    assert answer_of(half, None, baseline) is baseline
    assert answer_of(half, lstm, None) is lstm


def test_a_day_is_judged_by_what_was_known_at_its_midnight() -> None:
    assert comparison_time(datetime(2026, 11, 23, 17, tzinfo=UTC)) == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("selection", "code", "text"),
    [
        (prior_selection(HOURS, Comparison.NOT_YET), ReasonCode.MODEL_NOT_COMPARED, "not yet compared"),
        (prior_selection(HOURS, Comparison.TOO_SHORT), ReasonCode.MODEL_NOT_COMPARED, "too short"),
        (select(DAYS, losses(4.0, 1.0), HOURS), ReasonCode.MODEL_STOOD_DOWN, "75.0% below the LSTM's"),
        (select(DAYS, losses(1.0, 4.0), HOURS), ReasonCode.MODEL_COMPARED, "75.0% below the baseline's"),
    ],
)
def test_the_sentence_says_who_and_by_what_margin(selection: Selection, code: ReasonCode, text: str) -> None:
    (reason,) = selection_reasons([("avg_cpu", selection)])
    assert reason.code is code
    assert text in reason.text
    assert reason.text.startswith("avg_cpu: ")


def test_the_sentence_names_the_days() -> None:
    text = selection_reasons([("cpu", select(DAYS, losses(4.0, 1.0), HOURS))])[0].text
    assert "of 2026-11-02 to 2026-11-15" in text
    assert f"on {sum(MEASURED)} other day(s)" in text


def test_what_several_metrics_share_is_said_once() -> None:
    alone, down = select(DAYS, losses(1.0, 4.0), HOURS), select(DAYS, losses(4.0, 1.0), HOURS)
    new = prior_selection(HOURS, Comparison.NOT_YET)
    chosen = [("avg_cpu", alone), ("memory", down), ("cpu_max", alone), ("requests", new), ("events", new)]
    compared, stood_down, not_yet = selection_reasons(chosen)
    assert compared.text.startswith("avg_cpu and cpu_max: the LSTM answers alone, chosen on ")
    assert compared.text.endswith("75.0% below the baseline's for avg_cpu, 75.0% below the baseline's for cpu_max")
    assert (compared.text.count("2026-11-02"), compared.code) == (1, ReasonCode.MODEL_COMPARED)
    assert (stood_down.code, not_yet.code) == (ReasonCode.MODEL_STOOD_DOWN, ReasonCode.MODEL_NOT_COMPARED)
    assert stood_down.text.startswith("memory: the model stands down")
    assert not_yet.text.startswith("requests and events: ")


def test_metrics_with_other_shares_and_the_same_days_are_told_together() -> None:
    mixed = [
        ("a", Selection(lstm_weight=0.8, rests_on=Comparison.NOT_YET)),
        ("b", Selection(lstm_weight=1.0, rests_on=Comparison.NOT_YET)),
    ]
    (reason,) = selection_reasons(mixed)
    assert reason.text.startswith(
        "a: a blend of 80% LSTM and 20% baseline answers; b: the LSTM answers alone, as is best over many services"
    )
