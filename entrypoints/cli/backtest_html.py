"""A backtest's report as one self-contained HTML page with plots in SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from application.backtest_report import ShownWindow
from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.series import Floats

Hours = NDArray[np.int64]

_WIDTH, _HEIGHT, _MARGIN = 460.0, 170.0, 34.0
_HISTORY_HOURS = 72
PAGE_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1240px;padding:0 1rem;color:#1c2330}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
th,td{padding:.2rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid #e3e6ec}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
tr.first td{border-top:2px solid #b9c0cf}
figure{display:inline-block;margin:.6rem .8rem .6rem 0}figcaption{font-size:12px;color:#49536b;max-width:460px}
"""
# Headings of columns whose name in JSON and CSV is long.
_HEADINGS = {"n_series": "series", "n_series_left_out": "left out", "n_windows": "windows", "mae_ratio": "MAE ratio",
             "pinball_ratio": "pinball ratio", "wape": "WAPE", "win_rate": "wins", "ms_per_forecast": "ms"}  # fmt: skip


def as_html(rows: Sequence[Mapping[str, object]], windows: Sequence[ShownWindow], method: str) -> str:
    """The page.

    Args:
        rows: Of ``flat_rows``, at least one.
        windows: To be drawn.
        method: Whose forecasts they are.
    """
    plots = "".join(_figure(item) for item in windows)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Backtest</title><style>{PAGE_STYLE}</style>'
        "</head><body><h1>Backtest</h1><p>24-hour forecasts, one a day. Ratios are relative to the daily seasonal "
        "naive, below 1 is better; coverage is the share of hours at or below the quantile.</p>"
        f"{html_table(rows)}"
        f"<h2>Typical and worst windows of {escape(method)}</h2><p>Dark: what happened. Blue: median. Bands: p10–p90 "
        f"and up to p99. The vertical line is where the forecast begins.</p>{plots}</body></html>"
    )


def _heading(name: str) -> str:
    level = name.removeprefix("coverage_")
    return f"≤p{100 * float(level):g}" if level != name else _HEADINGS.get(name, name.replace("_", " "))


def _row(row: Mapping[str, object], before: Mapping[str, object]) -> str:
    """A line of the table; the first of each data set is set apart."""
    kind = "" if row["dataset"] == before["dataset"] else ' class="first"'
    return f"<tr{kind}>" + "".join(f"<td>{_cell(value)}</td>" for value in row.values()) + "</tr>"


def html_table(rows: Sequence[Mapping[str, object]]) -> str:
    """A table with the keys of the first row, at least one, as headings; every row names its data set."""
    head = "".join(f"<th>{escape(_heading(name))}</th>" for name in rows[0])
    body = "".join(_row(row, rows[index - 1] if index else row) for index, row in enumerate(rows))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))


def _figure(item: ShownWindow) -> str:
    subject = item.window.subject
    caption = (
        f"{subject.dataset}: {subject.label}, {item.kind} series (MAE ratio {item.mae_ratio:.2f}), "
        f"from {item.forecast.start:%Y-%m-%d %H:%M} UTC"
    )
    return f"<figure>{plot(item)}<figcaption>{escape(caption)}</figcaption></figure>"


def plot(item: ShownWindow) -> str:
    """One SVG: three days of history, the forecast's bands and what happened."""
    past = item.window.request.target.values[-_HISTORY_HOURS:]
    quantiles, actual = item.forecast.quantiles, item.window.actual
    everything = np.concatenate([past, actual, quantiles.ravel()])
    low, high = float(everything.min()), float(everything.max())
    scale = _Scale(hours=len(past) + len(actual), low=low, high=high if high > low else low + 1.0)
    ahead = np.arange(len(past), scale.hours)
    p10, p90, p99 = (quantiles[:, QUANTILE_LEVELS.index(level)] for level in (0.1, 0.9, 0.99))
    begin = scale.x(len(past) - 0.5)
    labels = "".join(
        f'<text x="2" y="{scale.y(value) + 3:.1f}" font-size="9" fill="#49536b">{value:.3g}</text>'
        for value in (scale.low, scale.high)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" role="img">'
        f'{labels}<line x1="{begin:.1f}" x2="{begin:.1f}" y1="6" y2="{_HEIGHT - 6:.0f}" stroke="#b9c0cf"/>'
        f"{scale.band(ahead, p90, p99, '#e3ecfb')}{scale.band(ahead, p10, p90, '#bcd3f7')}"
        f"{scale.line(ahead, quantiles[:, MEDIAN_INDEX], '#2364c8')}"
        f"{scale.line(np.arange(scale.hours), np.concatenate([past, actual]), '#1c2330')}</svg>"
    )


class _Scale:
    """From hours and values to pixels."""

    def __init__(self, *, hours: int, low: float, high: float) -> None:
        self.hours, self.low, self.high = hours, low, high

    def x(self, hour: float) -> float:
        return _MARGIN + (_WIDTH - _MARGIN - 4.0) * hour / max(1, self.hours - 1)

    def y(self, value: float) -> float:
        return 8.0 + (_HEIGHT - 16.0) * (self.high - value) / (self.high - self.low)

    def points(self, hours: Hours, values: Floats) -> list[str]:
        return [f"{self.x(hour):.1f},{self.y(value):.1f}" for hour, value in zip(hours, values, strict=True)]

    def line(self, hours: Hours, values: Floats, color: str) -> str:
        points = " ".join(self.points(hours, values))
        return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.4"/>'

    def band(self, hours: Hours, lower: Floats, upper: Floats, color: str) -> str:
        outline = " ".join(self.points(hours, upper) + self.points(hours, lower)[::-1])
        return f'<polygon points="{outline}" fill="{color}"/>'
