"""Selections in a sentence: who answers for which metric, why, and by what margin; what metrics share is said once."""

from __future__ import annotations

from collections.abc import Sequence

from domain.reasons import Reason, ReasonCode
from domain.selection import Comparison, Selection

Chosen = tuple[str, Selection]


def selection_reasons(chosen: Sequence[Chosen]) -> tuple[Reason, ...]:
    """Who answers for each metric: one sentence for all that rest on the same days.

    Args:
        chosen: Metric name and its selection.
    """
    groups: dict[object, list[Chosen]] = {}
    for name, selection in chosen:
        groups.setdefault((_code(selection), selection.rests_on, _days(selection)), []).append((name, selection))
    return tuple(Reason(_code(group[0][1]), _sentence(group)) for group in groups.values())


def _code(selection: Selection) -> ReasonCode:
    if selection.rests_on is not Comparison.COMPARED:
        return ReasonCode.MODEL_NOT_COMPARED
    return ReasonCode.MODEL_STOOD_DOWN if selection.stands_down else ReasonCode.MODEL_COMPARED


def _sentence(group: Sequence[Chosen]) -> str:
    by_weight: dict[float, list[str]] = {}
    for name, selection in group:
        by_weight.setdefault(selection.lstm_weight, []).append(name)
    who = "; ".join(f"{_listed(names)}: {_who(weight)}" for weight, names in by_weight.items())
    rests_on, these = group[0][1].rests_on, "this one" if len(group) == 1 else "these"
    if rests_on is Comparison.NOT_YET:
        return f"{who}, as is best over many services; not yet compared with the baseline on the past of {these}"
    if rests_on is Comparison.TOO_SHORT:
        return f"{who}, as is best over many services; the past of {these} is too short or too flat to compare on"
    return f"{who}, chosen on {_days(group[0][1])}; {_margins(group)}"


def _who(lstm_weight: float) -> str:
    if lstm_weight == 0.0:
        return "the model stands down and the statistical baseline answers alone"
    if lstm_weight == 1.0:
        return "the LSTM answers alone"
    return f"a blend of {lstm_weight:.0%} LSTM and {1 - lstm_weight:.0%} baseline answers"


def _days(selection: Selection) -> str:
    if selection.first_day is None or selection.last_day is None:
        return ""
    return f"{selection.days_chosen} day(s) of {selection.first_day:%Y-%m-%d} to {selection.last_day:%Y-%m-%d}"


def _margins(group: Sequence[Chosen]) -> str:
    told = [(name, _margin(selection)) for name, selection in group]
    known = [(name, margin) for name, margin in told if margin]
    if not known:
        return "no other day was left to measure the margin on"
    each = known[0][1] if len(group) == 1 else ", ".join(f"{margin} for {name}" for name, margin in known)
    return f"on {group[0][1].days_measured} other day(s) of these its error was {each}"


def _margin(selection: Selection) -> str:
    ratios = [] if selection.lstm_weight == 1.0 else [("LSTM", selection.loss_to_lstm)]
    ratios += [] if selection.stands_down else [("baseline", selection.loss_to_baseline)]
    return " and ".join(f"{_against(ratio)} the {name}'s" for name, ratio in ratios if ratio is not None)


def _against(ratio: float) -> str:
    return f"{1 - ratio:.1%} below" if ratio < 1 else f"{ratio - 1:.1%} above"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
