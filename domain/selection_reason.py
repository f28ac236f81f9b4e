"""A selection in one sentence: who answers, why, and by what margin."""

from __future__ import annotations

from domain.reasons import Reason, ReasonCode
from domain.selection import Comparison, Selection


def selection_reason(metric_name: str, selection: Selection) -> Reason:
    """Who answers for a metric, why, and by what margin, in one sentence."""
    who = f"{metric_name}: {_who(selection)}"
    if selection.rests_on is Comparison.NOT_YET:
        text = f"{who}, as is best over many services; it has not been compared with the baseline on this one yet"
        return Reason(ReasonCode.MODEL_NOT_COMPARED, text)
    if selection.rests_on is Comparison.TOO_SHORT:
        text = f"{who}, as is best over many services; the past of this one is too short or too flat to compare on"
        return Reason(ReasonCode.MODEL_NOT_COMPARED, text)
    code = ReasonCode.MODEL_STOOD_DOWN if selection.stands_down else ReasonCode.MODEL_COMPARED
    window = f"{selection.first_day:%Y-%m-%d} to {selection.last_day:%Y-%m-%d}"
    chosen = f"chosen on {selection.days_chosen} day(s) of {window}"
    return Reason(code, f"{who}, {chosen}; {_margin(selection)}")


def _who(selection: Selection) -> str:
    if selection.stands_down:
        return "the model stands down and the statistical baseline answers alone"
    if selection.lstm_weight == 1.0:
        return "the LSTM answers alone"
    return f"a blend of {selection.lstm_weight:.0%} LSTM and {1 - selection.lstm_weight:.0%} baseline answers"


def _margin(selection: Selection) -> str:
    ratios = [] if selection.lstm_weight == 1.0 else [("LSTM", selection.loss_to_lstm)]
    ratios += [] if selection.stands_down else [("baseline", selection.loss_to_baseline)]
    told = [f"{_against(ratio)} the {name}'s" for name, ratio in ratios if ratio is not None]
    if not told:
        return "no other day was left to measure the margin on"
    return f"on {selection.days_measured} other day(s) of these its error was {' and '.join(told)}"


def _against(ratio: float) -> str:
    return f"{1 - ratio:.1%} below" if ratio < 1 else f"{ratio - 1:.1%} above"
