"""The model card: what a model learned from, how well it does on what it never saw, and when not to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.ports.model_trainer import TrainedModel

CARD_NAME: Final = "model_card.md"
_UPPER_LEVELS: Final = (0.5, 0.9, 0.95, 0.99)
_WINDOWS: Final = {
    "service": "Up to the last 336 hourly values of one metric of one service (at least 24 observed), scaled by the "
    "mean and standard deviation of the last week; 24 steps aligned with the 24 hours forecast.",
    "cluster": "The last 24 hours of the 82 covariates of the 84-column cluster file; 24 steps aligned with the 24 "
    "hours forecast.",
}
_LIMITS: Final = {
    "service": (
        "It sees one series at a time: no deployments, no campaigns, no holidays.",
        "With less than a week of history the interval is wider and the error larger (figures above).",
        "On a service unlike any of the training data it may lose to a simple rule: a backtest on the service's own "
        "history tells.",
        "Beyond 24 hours it says nothing.",
    ),
    "cluster": (
        "It knows one cluster. On another one it must be trained again.",
        "Where the file it learned from is simulated, its figures say that the machinery works, not how well a real "
        "cluster can be forecast.",
        "A column that is missing at serving time makes the model step aside.",
    ),
}


def render_card(model: TrainedModel, *, command: str = "", data_notes: str = "") -> str:
    """Markdown of the card.

    Args:
        model: A finished model.
        command: How it was trained, as typed.
        data_notes: Markdown on sources, licences and citations.
    """
    sections = [
        [f"# Model card: `{model.name}`", ""],
        ["## What it sees", "", _WINDOWS.get(model.name, ""), ""],
        ["## Figures, on what was kept apart", "", *_figures(model.figures), ""],
        ["## When not to trust it", "", *(f"- {limit}" for limit in _LIMITS.get(model.name, ())), ""],
        ["## How it was trained", "", *([f"    {command}", ""] if command else []), *_facts(model.facts), ""],
        [data_notes.strip(), ""] if data_notes.strip() else [],
    ]
    return "\n".join(line for section in sections for line in section)


def _figures(figures: Mapping[str, object]) -> Iterator[str]:
    yield "MAE and pinball loss are relative to the daily seasonal naive (below 1 is better); geometric means."
    yield ""
    yield "| history | data set | series | windows | MAE ratio | pinball ratio | hours below p50 / p90 / p95 / p99 |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for history, found in figures.items():
        parts = _mapping(found)
        yield _row(history, "**all**", _mapping(parts.get("overall")))
        for name, score in sorted(_mapping(parts.get("datasets")).items()):
            yield _row(history, name, _mapping(score))


def _row(history: str, name: str, score: Mapping[Any, Any]) -> str:
    coverage = _mapping(score.get("coverage"))
    shares = " / ".join(_number(coverage.get(level)) for level in _UPPER_LEVELS)
    cells = (history, name, score.get("n_series", 0), score.get("n_windows", 0))
    ratios = (_number(score.get("mae_ratio")), _number(score.get("pinball_ratio")), shares)
    return "| " + " | ".join(str(cell) for cell in (*cells, *ratios)) + " |"


def _facts(facts: Mapping[str, object]) -> Iterator[str]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield f"- {name}:"
            for key, inner in value.items():
                yield f"  - {key}: {_plain(inner)}"
        else:
            yield f"- {name}: {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value) or "none"
    return str(value)


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "–"


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
