"""What a backtest answers: scores per data set and overall, and windows worth looking at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.backtest import Backtest
from application.windows import BacktestWindow, rolling_windows
from domain.forecast import Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.scoring import MethodScore, SeriesScore, score_dataset, score_overall

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestReport:
    """Scores by method name, over all data sets and for each of them."""

    overall: Mapping[str, MethodScore]
    datasets: Mapping[str, Mapping[str, MethodScore]]

    def as_json(self) -> Json:
        """The stable form: ``overall`` and ``datasets.<name>``, each with ``methods.<name>.{…}``.

        Figures that do not exist, because no series counts, are null.
        """
        return {
            "overall": {"methods": _methods(self.overall)},
            "datasets": {name: {"methods": _methods(scores)} for name, scores in self.datasets.items()},
        }


def report_on(scores: Mapping[str, Sequence[SeriesScore]]) -> BacktestReport:
    """Sum up what ``Backtest`` returned for all series, by method."""
    names = sorted({score.dataset for found in scores.values() for score in found})
    return BacktestReport(
        overall={method: score_overall(found) for method, found in scores.items()},
        datasets={
            name: {
                method: score_dataset([score for score in found if score.dataset == name])
                for method, found in scores.items()
            }
            for name in names
        },
    )


def _methods(scores: Mapping[str, MethodScore]) -> Json:
    return {
        name: {
            "mae_ratio": score.mae_ratio,
            "pinball_ratio": score.pinball_ratio,
            "wape": score.wape,
            "coverage": {f"{level:g}": share for level, share in score.coverage.items()},
            "win_rate": score.win_rate,
            "ms_per_forecast": score.ms_per_forecast,
            "n_series": score.n_series,
            "n_series_left_out": score.n_series_left_out,
            "n_windows": score.n_windows,
        }
        for name, score in scores.items()
    }


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ShownWindow:
    """A window to be drawn.

    Attributes:
        kind: ``typical`` (the series of median error ratio of its data set) or ``worst`` (of largest).
        mae_ratio: The series' error ratio.
        window: Its newest window.
        forecast: What the method said.
    """

    kind: str
    mae_ratio: float
    window: BacktestWindow
    forecast: Forecast


def windows_to_show(
    subjects: Sequence[BacktestSeries], scores: Sequence[SeriesScore], run: Backtest, method: str
) -> list[ShownWindow]:
    """Per data set the newest window of its typical and of its worst series.

    Args:
        subjects: The series of the backtest.
        scores: Those of the method to be drawn.
        run: The backtest.
        method: Which of its methods is drawn.
    """
    by_label = {(subject.dataset, subject.label): subject for subject in subjects}
    shown: list[ShownWindow] = []
    for name in sorted({score.dataset for score in scores}):
        ranked = sorted((item for item in scores if item.dataset == name and item.counts), key=lambda x: x.mae_ratio)
        picks = [("typical", ranked[len(ranked) // 2]), ("worst", ranked[-1])] if ranked else []
        for kind, score in picks:
            window = list(rolling_windows(by_label[name, score.series], 0))[-1]
            forecast = run.answers(method, [window])[0]
            if forecast is None:
                continue
            shown.append(ShownWindow(kind=kind, mae_ratio=score.mae_ratio, window=window, forecast=forecast))
    return shown
