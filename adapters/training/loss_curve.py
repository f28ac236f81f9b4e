"""The loss curve as SVG, drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_WIDTH: Final = 640
_HEIGHT: Final = 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 24, 40
_COLOURS: Final = {"loss": "#1f6feb", "validation_loss": "#d1242f"}
_LABELS: Final = {"loss": "training", "validation_loss": "validation"}


def loss_curve_svg(history: Sequence[Mapping[str, float]]) -> str:
    """An SVG of training and validation loss per epoch; ``history`` holds one mapping per epoch."""
    values = [entry[name] for entry in history for name in _COLOURS if name in entry]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = (high - low) or 1.0

    def point(epoch: int, value: float) -> str:
        x = _LEFT + (_WIDTH - _LEFT - _RIGHT) * epoch / max(1, len(history) - 1)
        y = _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - value) / span
        return f"{x:.1f},{y:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><title>Loss per epoch</title><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        *_axes(len(history), low, high),
    ]
    for row, (name, colour) in enumerate(_COLOURS.items()):
        line = " ".join(point(epoch, entry[name]) for epoch, entry in enumerate(history) if name in entry)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{line}"/>')
        parts.append(f'<text x="{_WIDTH - 100}" y="{_TOP + 14 * (row + 1)}" fill="{colour}">{_LABELS[name]}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(epochs: int, low: float, high: float) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    return [
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="#57606a"/>',
        f'<text x="{_LEFT - 8}" y="{_TOP + 4}" text-anchor="end">{high:.4f}</text>',
        f'<text x="{_LEFT - 8}" y="{bottom}" text-anchor="end">{low:.4f}</text>',
        f'<text x="{_LEFT}" y="{bottom + 18}">1</text>',
        f'<text x="{right}" y="{bottom + 18}" text-anchor="end">{max(epochs, 1)}</text>',
        f'<text x="{(_LEFT + right) / 2:.0f}" y="{bottom + 32}" text-anchor="middle">epoch</text>',
    ]
