"""One size from two views of a service: the forecast of its next day, and what it used in the last two weeks.

At the accepted risk the forecast needs one amount (domain/mixture.py), the past two weeks needed another. The size is

    min(forecast's need ^ w × past's need ^ (1 − w), highest hour) + margin × √(highest hour × (highest − median hour))

A forecast's tail is a guess where the past is a fact, so the size never goes beyond the highest hour seen but by the
margin. Its unit lies between the service's size and its swing, so that one that never moved gets none. How many units,
that alone was measured: with them the rule delivered the asked risk on the services it was fitted on (split-conformal
calibration, domain/size_constants.py, docs/sizing.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.mixture import hourly_need, mean_share_over, mixture_need, mixture_needs

Floats = NDArray[np.float64]

# With less than a week the past has not shown its peaks: the forecast alone decides.
MIN_PAST_HOURS = 168
# Of the two views the smaller counts for no less than this share of the larger, so that a zero decides nothing alone.
_LEAST_SHARE_OF_OTHER = 0.1
# Between these risks' sizes a size is turned back into a risk by interpolation.
_CURVE_STEPS = 32
_MOST_RISK = 0.5
# Less than an hour in a hundred years is no risk to weigh.
_NEVER = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingRule:
    """Constants of the rule for one forecaster and one resource.

    Attributes:
        name: Forecaster and resource, as in a plan's reasons.
        fitted_on: Date of the fit, ISO 8601.
        forecast_weight: Weight of the forecast in the geometric mean, 0 to 1; the past has the rest.
        margins: (risk, margin), risks falling, margins at least 0 and never falling; between them margins lie on a
            line in log risk, above the first risk its margin holds.
    """

    name: str
    fitted_on: str
    forecast_weight: float
    margins: tuple[tuple[float, float], ...]

    @property
    def least_risk(self) -> float:
        """The smallest risk whose delivery was measured; below it sizes grow as the forecast's own tail does."""
        return self.margins[-1][0]

    def margin(self, risk: float) -> float:
        """In ``margin_unit``s; never falls as the risk falls."""
        risks = [math.log(pair[0]) for pair in reversed(self.margins)]
        return float(np.interp(math.log(risk), risks, [pair[1] for pair in reversed(self.margins)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeParts:
    """What a size was made of, for a plan's reasons and evidence; amounts in one unit.

    Attributes:
        rule: Its constants.
        risk: Accepted share of hours over the size.
        forecast_need: What the forecast needs at that risk, or at the rule's least where that is more.
        past_need: What the past needed at the same risk.
        past_hours: How many hours that is told from.
        highest_hour: The past's highest.
        median_hour: The past's median.
        margin: How many ``margin_unit``s were added.
        size: The outcome.
    """

    rule: SizingRule
    risk: float
    forecast_need: float
    past_need: float
    past_hours: int
    highest_hour: float
    median_hour: float
    margin: float
    size: float

    @property
    def margin_amount(self) -> float:
        """What the margin came to."""
        return self.margin * margin_unit(self.highest_hour, self.median_hour)

    @property
    def is_measured(self) -> bool:
        """Whether the rule was ever seen to deliver so small a risk."""
        return self.risk >= self.rule.least_risk


def day_size(quantiles: Floats, past: Floats | None, risk: float, rule: SizingRule | None) -> float:
    """One size for all hours of the forecast.

    Args:
        quantiles: Shape (n, 7), at least 0, one row an hour.
        past: Observed hourly maxima of the last two weeks, ascending, in the same unit, or None.
        risk: Accepted share of hours over the size, 0 < risk ≤ 0.5.
        rule: Constants, or None.
    """
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return mixture_need(quantiles, risk)
    return float(_sizes(lambda at: np.array([mixture_need(quantiles, at)]), past, risk, rule)[0])


def day_parts(quantiles: Floats, past: Floats | None, risk: float, rule: SizingRule | None) -> SizeParts | None:
    """How ``day_size`` came about; None where the forecast alone makes it."""
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return None
    measured = max(risk, rule.least_risk)
    need = mixture_need(quantiles, measured)
    sizes = _sizes(lambda at: np.array([need if at == measured else mixture_need(quantiles, at)]), past, risk, rule)
    return SizeParts(
        rule=rule, risk=risk, forecast_need=need, past_need=past_need(past, measured), past_hours=past.size,
        highest_hour=float(past[-1]), median_hour=past_need(past, 0.5), margin=rule.margin(measured),
        size=float(sizes[0]),
    )  # fmt: skip


def hour_sizes(quantiles: Floats, past: Floats | None, risk: float, rule: SizingRule | None) -> Floats:
    """Shape (n,): a size per hour, by the same rule applied to each hour's own distribution.

    What all hours of the past needed says nothing of a single one: the forecast has all the weight.
    """
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return hourly_need(quantiles, risk)
    return _sizes(lambda at: hourly_need(quantiles, at), past, risk, replace(rule, forecast_weight=1.0))


def share_over(quantiles: Floats, past: Floats | None, amounts: Sequence[float], rule: SizingRule | None) -> Floats:
    """Shape (k,): the risk at which each amount would be the day's size; the inverse of ``day_size``.

    Amounts below the size for a risk of one half are judged by the forecast alone, as are those beyond the size for the
    least risk measured: by how far they lie beyond it.
    """
    wanted = np.array(amounts)
    plain = mean_share_over(quantiles, wanted)
    if rule is None or past is None or past.size < MIN_PAST_HOURS:
        return plain
    risks = np.geomspace(_MOST_RISK, rule.least_risk, _CURVE_STEPS)
    needs = zip(risks.tolist(), mixture_needs(quantiles, risks).tolist(), strict=True)
    each = [float(_sizes(_always(need), past, risk, rule)[0]) for risk, need in needs]
    sizes = np.maximum.accumulate(each)
    # Where the curve stands still, the smallest risk of that size is the one that holds.
    behind = np.clip(np.searchsorted(sizes, wanted, side="right"), 1, sizes.size - 1)
    span = np.maximum(sizes[behind] - sizes[behind - 1], 1e-300)
    part = np.clip((wanted - sizes[behind - 1]) / span, 0.0, 1.0)
    logs = np.log(risks)
    shares = np.exp(logs[behind - 1] + part * (logs[behind] - logs[behind - 1]))
    shares = np.where(wanted < sizes[0], np.maximum(plain, _MOST_RISK), shares)
    least, size = mixture_need(quantiles, rule.least_risk), float(sizes[-1])
    scaled = mean_share_over(quantiles, wanted * least / size if size > 0 else wanted)
    shares = np.where(wanted >= sizes[-1], np.minimum(scaled, rule.least_risk), shares)
    result: Floats = np.where(shares < _NEVER, 0.0, shares)
    return result


def _always(need: float) -> Callable[[float], Floats]:
    """A need that is worked out already."""
    needs = np.array([need])
    return lambda _: needs


def _sizes(need_at: Callable[[float], Floats], past: Floats, risk: float, rule: SizingRule) -> Floats:
    measured = max(risk, rule.least_risk)
    needs = need_at(measured)
    highest = float(past[-1])
    base = base_size(needs, past_need(past, measured), highest, rule.forecast_weight)
    sizes: Floats = base + rule.margin(measured) * margin_unit(highest, past_need(past, 0.5))
    if measured == risk:
        return sizes
    # Nothing was measured there: from the least risk measured on, sizes grow as the forecast's own tail does.
    grown: Floats = sizes * np.where(needs > 0, need_at(risk) / np.where(needs > 0, needs, 1.0), 1.0)
    return grown


def base_size(needs: Floats, seen: Floats | float, highest: Floats | float, forecast_weight: float) -> Floats:
    """What the margin is added to.

    Args:
        needs: Shape (n,), at least 0, what the forecast needs at a risk.
        seen: What the past needed at the same risk; one for all or shape (n,).
        highest: The past's highest hour; likewise. Where it is below a tenth of the forecast's need, the service was
            idle, and the forecast alone decides.
        forecast_weight: 0 to 1.
    """
    forecast = np.maximum(needs, _LEAST_SHARE_OF_OTHER * np.asarray(seen))
    known = np.maximum(seen, _LEAST_SHARE_OF_OTHER * forecast)
    both = np.minimum(forecast**forecast_weight * known ** (1.0 - forecast_weight), highest)
    sizes: Floats = np.where(np.asarray(highest) >= _LEAST_SHARE_OF_OTHER * needs, both, needs)
    return sizes


def margin_unit(highest: float, median: float) -> float:
    """The geometric mean of the highest hour and of its distance from the median hour; 0 where nothing moved."""
    return math.sqrt(highest * max(highest - median, 0.0))


def past_need(past: Floats, risk: float) -> float:
    """The amount that a share ``risk`` of the past's hours exceeds; ``past`` is ascending, at least two hours."""
    position = (1.0 - risk) * (past.size - 1)
    below = min(int(position), past.size - 2)
    return float(past[below] + (position - below) * (past[below + 1] - past[below]))
