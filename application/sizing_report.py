"""What a backtest of sizes answers: per rule and resource what was allocated, and what it was not enough for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from application.backtest_sizing import SWEPT_RISKS, SizingOutcome
from domain.metrics import Resource
from domain.series import Floats

Json = dict[str, object]

# Shares of hours over at which every rule is compared, each scaled or asked until it has exactly that share.
EQUAL_SHARES = (0.02, 0.01, 0.005)
OVERALL = "overall"
_FACTORS = (0.02, 64.0)
_STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingFigures:
    """One rule on one resource.

    Attributes:
        allocation: Σ size × hours ÷ Σ hourly mean use, both in units of their data set's mean use, so that a data set
            counts by its hours and not by the unit it is kept in.
        slack: Share of what was allocated that lies above the P95 of the day's use: 1 − Σ P95 ÷ Σ size. Pooled, as a
            single idle day has no finite slack.
        share_over: Share of hours whose maximum exceeds the size.
        clean_days: Share of service-days without such an hour.
        asked: The asked share of hours over; None for peers, which cannot be asked.
        n_days: Service-days the rule could answer for.
    """

    allocation: float
    slack: float
    share_over: float
    clean_days: float
    n_days: int
    asked: float | None = None

    @property
    def delivered_to_asked(self) -> float | None:
        """Delivered ÷ asked risk: 1 is what was promised, below is safer."""
        return None if self.asked is None else self.share_over / self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualFigures:
    """One rule at an equal share of hours over.

    Attributes:
        allocation: As in ``SizingFigures``; None where the rule cannot be brought to that share.
        knob: What it took: the factor on a peer's size, or the risk ours was asked for.
    """

    allocation: float | None
    knob: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceReport:
    """All rules on one resource of one group of services; ours go by ``forecaster@risk``."""

    n_services: int
    n_days: int
    n_hours: int
    rules: Mapping[str, SizingFigures]
    equal: Mapping[float, Mapping[str, EqualFigures]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingReport:
    """``in_use`` and ``apart`` (idle, or CPU not known): data set (first ``overall``) → resource → report."""

    in_use: Mapping[str, Mapping[Resource, ResourceReport]]
    apart: Mapping[str, Mapping[Resource, ResourceReport]]

    def as_json(self) -> Json:
        """The stable form, documented in docs/sizing.md."""
        return {"in_use": _group_json(self.in_use), "apart": _group_json(self.apart)}


def report_on_sizes(outcomes: Sequence[SizingOutcome], risks: Sequence[float]) -> SizingReport:
    """Sum up the outcomes of ``SizingBacktest``, asked for ``risks``."""
    groups = ([item for item in outcomes if item.in_use is wanted] for wanted in (True, False))
    in_use, apart = ({name: _by_resource(part, risks) for name, part in _parts(group).items()} for group in groups)
    return SizingReport(in_use=in_use, apart=apart)


def _parts(group: Sequence[SizingOutcome]) -> dict[str, list[SizingOutcome]]:
    parts = {OVERALL: list(group)} if group else {}
    for item in group:
        parts.setdefault(item.dataset, []).append(item)
    return parts


def _by_resource(part: Sequence[SizingOutcome], risks: Sequence[float]) -> dict[Resource, ResourceReport]:
    by_resource = {kind: [item for item in part if item.resource is kind] for kind in Resource}
    return {kind: _report(found, risks) for kind, found in by_resource.items() if found}


class _Days:
    """The days of several outcomes end to end, each data set's amounts weighed by one ÷ its mean use."""

    def __init__(self, outcomes: Sequence[SizingOutcome]) -> None:
        names = [item.dataset for item in outcomes for _ in item.hours]
        self.peaks = np.concatenate([item.peaks for item in outcomes])
        self.hours = np.concatenate([item.hours for item in outcomes])
        self.used = np.concatenate([item.used for item in outcomes])
        self.p95 = np.concatenate([item.p95 for item in outcomes])
        self.weight = dataset_weights(names, self.used, self.hours)

    def figures(self, sizes: Floats, asked: float | None = None) -> SizingFigures:
        keep = np.isfinite(sizes)
        over = self.peaks[keep] > sizes[keep, None]
        hours, weight, weighed = float(self.hours[keep].sum()), self.weight[keep], (self.weight * sizes)[keep]
        return SizingFigures(
            allocation=_ratio(float(weighed @ self.hours[keep]), float(weight @ self.used[keep])),
            slack=1.0 - _ratio(float(weight @ self.p95[keep]), float(weighed.sum())),
            share_over=_ratio(float(over.sum()), hours),
            clean_days=_ratio(float((~over.any(axis=1)).sum()), float(keep.sum())),
            n_days=int(keep.sum()), asked=asked,
        )  # fmt: skip

    def equal(self, sizes_at: Callable[[float], Floats], share: float, bounds: tuple[float, float]) -> EqualFigures:
        """The rule at a share of hours over; ``sizes_at`` a knob whose first bound is the safe one."""
        safe, bold = (math.log(bound) for bound in bounds)
        if self.figures(sizes_at(bounds[0])).share_over > share:
            return EqualFigures(allocation=None, knob=None)
        for _ in range(_STEPS):
            middle = (safe + bold) / 2
            is_safe = self.figures(sizes_at(math.exp(middle))).share_over <= share
            safe, bold = (middle, bold) if is_safe else (safe, middle)
        knob = math.exp(safe)
        return EqualFigures(allocation=self.figures(sizes_at(knob)).allocation, knob=knob)


def dataset_weights(datasets: Sequence[str], used: Floats, hours: Floats) -> Floats:
    """Shape (d,): for each day one ÷ the mean hourly use of its data set; 0 for a data set that used nothing."""
    _, group = np.unique(datasets, return_inverse=True)
    total, counted = np.bincount(group, weights=used), np.bincount(group, weights=hours)
    weights: Floats = np.where(total > 0, counted / np.where(total > 0, total, 1.0), 0.0)[group]
    return weights


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _report(outcomes: Sequence[SizingOutcome], risks: Sequence[float]) -> ResourceReport:
    days = _Days(outcomes)
    peers = {name: np.concatenate([item.peers[name] for item in outcomes]) for name in outcomes[0].peers}
    ours = {name: np.concatenate([item.ours[name] for item in outcomes]) for name in outcomes[0].ours}
    rules = {
        f"{name}@{risk:g}": days.figures(sizes[:, column], risk)
        for name, sizes in ours.items() for column, risk in enumerate(risks)
    }  # fmt: skip
    rules |= {name: days.figures(sizes) for name, sizes in peers.items()}
    equal: dict[float, dict[str, EqualFigures]] = {}
    for share in EQUAL_SHARES:
        swept = {name: _swept(sizes[:, len(risks) :]) for name, sizes in ours.items()}
        found = {name: days.equal(at, share, (SWEPT_RISKS[-1], SWEPT_RISKS[0])) for name, at in swept.items()}
        scaled = {name: _scaled(sizes) for name, sizes in peers.items()}
        equal[share] = found | {name: days.equal(at, share, _FACTORS[::-1]) for name, at in scaled.items()}
    return ResourceReport(
        n_services=len(outcomes), n_days=len(days.hours), n_hours=int(days.hours.sum()), rules=rules, equal=equal
    )


def _scaled(sizes: Floats) -> Callable[[float], Floats]:
    return lambda factor: sizes * factor


def _swept(sizes: Floats) -> Callable[[float], Floats]:
    """Our sizes at any risk between the swept ones, in log risk."""
    logs = [math.log(risk) for risk in reversed(SWEPT_RISKS)]

    def at(risk: float) -> Floats:
        position = float(np.interp(math.log(risk), logs, np.arange(len(logs))[::-1]))
        low = min(int(position), len(logs) - 2)
        mixed: Floats = sizes[:, low] * (low + 1 - position) + sizes[:, low + 1] * (position - low)
        return mixed

    return at


def _group_json(group: Mapping[str, Mapping[Resource, ResourceReport]]) -> Json:
    overall = {kind.value: _resource_json(item) for kind, item in group.get(OVERALL, {}).items()}
    datasets = {
        name: {kind.value: _resource_json(item) for kind, item in part.items()}
        for name, part in group.items() if name != OVERALL
    }  # fmt: skip
    return {"overall": overall, "datasets": datasets}


def _resource_json(item: ResourceReport) -> Json:
    return {
        "n_services": item.n_services,
        "n_days": item.n_days,
        "n_hours": item.n_hours,
        "rules": {name: _figures_json(figures) for name, figures in item.rules.items()},
        "equal_share_over": {
            f"{share:g}": {
                name: {"allocation": _known(one.allocation), "knob": one.knob} for name, one in found.items()
            }
            for share, found in item.equal.items()
        },
    }


def _figures_json(figures: SizingFigures) -> Json:
    return {
        "allocation": _known(figures.allocation), "slack": _known(figures.slack),
        "share_over": _known(figures.share_over), "clean_days": _known(figures.clean_days),
        "asked_risk": figures.asked, "delivered_to_asked": _known(figures.delivered_to_asked),
        "n_days": figures.n_days,
    }  # fmt: skip


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
