"""One size from two views of a service: the forecast of its next day, and what it used in the last two weeks.

The mixture rule (domain/mixture.py) says what the forecast needs. Two weeks of hourly maxima say what was needed. The
size is the weighted geometric mean of the two quantiles, held below a multiple of the highest hour seen: a forecast's
tail is a guess where the past is a fact, but the smaller the accepted risk, the further beyond the past a size may go.
Last, the asked risk is translated into the level at which the rule was measured to deliver it
(domain/size_constants.py, docs/sizing.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.mixture import hourly_need, mean_share_over, mixture_need

Floats = NDArray[np.float64]

# With less than a week the past has not shown its peaks: the forecast alone decides.
MIN_PAST_HOURS = 168
# Of the two views the smaller counts for no less than this share of the larger, so that a zero decides nothing alone.
_LEAST_SHARE_OF_OTHER = 0.1
_CAP_AT_LEVEL = 0.01
# The rarest hours a forecast of quantiles up to p99 is trusted with as much as with all others.
TAIL_LEVEL = 0.003
_CURVE_RISKS = np.geomspace(0.5, 1e-5, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingRule:
    """Constants of the rule for one forecaster and one resource.

    Attributes:
        name: Forecaster and resource, as in a plan's reasons.
        fitted_on: Date of the fit, ISO 8601.
        forecast_weight: Weight of the forecast in the geometric mean, 0 to 1; the past has the rest.
        tail_weight: The same for levels below ``TAIL_LEVEL``, where a forecast's tail is extrapolated.
        cap_factor: How many times the highest hour of two weeks the size may be at a level of 1 %.
        cap_exponent: The cap grows with (1 % ÷ level) to this power, at least 0.
        levels: (asked risk, level sized at), both falling; between them the ratio is interpolated in log risk, beyond
            them it is that of the nearest.
    """

    name: str
    fitted_on: str
    forecast_weight: float
    tail_weight: float
    cap_factor: float
    cap_exponent: float
    levels: tuple[tuple[float, float], ...]

    def level(self, risk: float) -> float:
        """The level to size at so that ``risk`` is what was delivered; never falls as the risk rises, at most 0.5."""
        asked = np.log([pair[0] for pair in reversed(self.levels)])
        used = np.log([pair[1] for pair in reversed(self.levels)])
        at = math.log(risk)
        inside = min(max(at, asked[0]), asked[-1])
        return min(0.5, math.exp(float(np.interp(inside, asked, used)) + at - inside))


def day_size(quantiles: Floats, past: Floats | None, risk: float, rule: SizingRule | None) -> float:
    """One size for all hours of the forecast.

    Args:
        quantiles: Shape (n, 7), at least 0, one row an hour.
        past: Observed hourly maxima of the last two weeks, ascending, in the same unit, or None.
        risk: Accepted share of hours over the size, 0 < risk ≤ 0.5.
        rule: Constants; None, or a past of less than a week, leaves the mixture rule alone.
    """
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return mixture_need(quantiles, risk)
    return float(_sizes(lambda level: np.array([mixture_need(quantiles, level)]), past, rule.level(risk), rule)[0])


def hour_sizes(quantiles: Floats, past: Floats | None, risk: float, rule: SizingRule | None) -> Floats:
    """Shape (n,): a size per hour, by the same rule applied to each hour's own distribution."""
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return hourly_need(quantiles, risk)
    return _sizes(lambda level: hourly_need(quantiles, level), past, rule.level(risk), rule)


def share_over(quantiles: Floats, past: Floats | None, amounts: Sequence[float], rule: SizingRule | None) -> Floats:
    """Shape (k,): the risk at which each amount would be the day's size; the inverse of ``day_size``."""
    plain = mean_share_over(quantiles, np.array(amounts))
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return plain
    sizes = np.maximum.accumulate([day_size(quantiles, past, risk, rule) for risk in _CURVE_RISKS.tolist()])
    # Where the curve stands still, the smallest risk of that size is the one that holds.
    behind = np.minimum(np.searchsorted(sizes, amounts, side="right"), sizes.size - 1)
    before = np.maximum(behind - 1, 0)
    span = np.maximum(sizes[behind] - sizes[before], 1e-300)
    part = np.clip((np.array(amounts) - sizes[before]) / span, 0.0, 1.0)
    logs = np.log(_CURVE_RISKS)
    shares = np.exp(logs[before] + part * (logs[behind] - logs[before]))
    shares = np.where(np.array(amounts) < sizes[0], np.maximum(plain, _CURVE_RISKS[0]), shares)
    result: Floats = np.where(np.array(amounts) >= sizes[-1], np.minimum(plain, _CURVE_RISKS[-1]), shares)
    return result


def _sizes(need_at: Callable[[float], Floats], past: Floats, level: float, rule: SizingRule) -> Floats:
    return sizes_at(need_at, lambda at: past_quantile(past, at), float(past[-1]), level, rule)


def sizes_at(
    need_at: Callable[[float], Floats], seen_at: Callable[[float], Floats | float], highest: Floats | float,
    level: float, rule: SizingRule,
) -> Floats:  # fmt: skip
    """Sizes at a level from the needs of the forecast and of the past at any level; they never fall with it.

    Args:
        need_at: Level → shape (n,), at least 0, what the forecast needs.
        seen_at: Level → what the past exceeds in that share of its hours; one for all or shape (n,).
        highest: The past's highest hour; likewise. Where it is 0 the forecast alone decides.
        level: 0 < level ≤ 0.5.
        rule: Constants.
    """
    body = max(level, TAIL_LEVEL)
    sizes = _blend(need_at(body), seen_at(body), highest, _cap(body, rule), rule.forecast_weight)
    if level < TAIL_LEVEL:
        tail = _blend(need_at(level), seen_at(level), highest, _cap(level, rule), rule.tail_weight)
        sizes = np.maximum(sizes, tail)
    return sizes


def _cap(level: float, rule: SizingRule) -> float:
    return float(rule.cap_factor * (_CAP_AT_LEVEL / level) ** rule.cap_exponent)


def past_quantile(past: Floats, level: float) -> float:
    """The amount that a share ``level`` of the past's hours exceeds; ``past`` is ascending, at least two hours."""
    position = (1.0 - level) * (past.size - 1)
    below = min(int(position), past.size - 2)
    return float(past[below] + (position - below) * (past[below + 1] - past[below]))


def _blend(needs: Floats, seen: Floats | float, highest: Floats | float, cap: float, weight: float) -> Floats:
    top = np.asarray(highest)
    forecast = np.maximum(needs, _LEAST_SHARE_OF_OTHER * np.asarray(seen))
    known = np.maximum(seen, _LEAST_SHARE_OF_OTHER * forecast)
    blended = np.minimum(forecast**weight * known ** (1.0 - weight), cap * top)
    sizes: Floats = np.where(top > 0.0, blended, needs)
    return sizes
