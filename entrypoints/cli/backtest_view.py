"""A backtest's report as rows and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table

from application.backtest_report import BacktestReport
from domain.forecast import QUANTILE_LEVELS
from domain.scoring import MethodScore

Row = dict[str, str | int | float | None]

OVERALL = "overall"
_WIDTH = 150
_SHOWN_LEVELS = (0.5, 0.9, 0.95, 0.99)


def _each(report: BacktestReport) -> Iterator[tuple[str, str, MethodScore]]:
    for dataset, methods in ((OVERALL, report.overall), *report.datasets.items()):
        for method, score in methods.items():
            yield dataset, method, score


def flat_rows(report: BacktestReport) -> list[Row]:
    """One row per data set (first ``overall``) and method."""
    return [
        {
            "dataset": dataset,
            "method": method,
            "n_series": score.n_series,
            "n_series_left_out": score.n_series_left_out,
            "n_windows": score.n_windows,
            "mae_ratio": score.mae_ratio,
            "pinball_ratio": score.pinball_ratio,
            "wape": score.wape,
            "win_rate": score.win_rate,
            **{f"coverage_{level:g}": score.coverage.get(level) for level in QUANTILE_LEVELS},
            "ms_per_forecast": score.ms_per_forecast,
        }
        for dataset, method, score in _each(report)
    ]


def print_table(report: BacktestReport) -> None:
    """Print to stdout; wide enough not to cut a name."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("data set", "method"):
        table.add_column(heading, no_wrap=True)
    for heading in ("series", "left out", "windows", "MAE ratio", "pinball", "WAPE", "wins"):
        table.add_column(heading, justify="right", no_wrap=True)
    for level in _SHOWN_LEVELS:
        table.add_column(f"≤p{100 * level:g}", justify="right", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    last = OVERALL
    for dataset, method, score in _each(report):
        if dataset != last:
            table.add_section()
        last = dataset
        covered = [_figure(score.coverage.get(level)) for level in _SHOWN_LEVELS]
        table.add_row(
            dataset, method, str(score.n_series), str(score.n_series_left_out), str(score.n_windows),
            _figure(score.mae_ratio), _figure(score.pinball_ratio), _figure(score.wape), _figure(score.win_rate),
            *covered, f"{score.ms_per_forecast:.2f}",
        )  # fmt: skip
    Console(width=_WIDTH).print(table)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
