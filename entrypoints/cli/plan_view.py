"""How a plan looks in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from domain.forecast import QUANTILE_LEVELS
from domain.plan import Plan
from domain.sizing import Alternative
from entrypoints.wire import plan_body

_BLOCKS = " ▁▂▃▄▅▆▇█"
_CHART_ROWS = 5
_P99 = QUANTILE_LEVELS.index(0.99)
_MOST_ALTERNATIVES = 6


def csv_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row a forecast hour."""
    body = plan_body(plan)
    return [
        {
            "service_id": body.prediction.service_id,
            "metric_name": body.prediction.metric_name,
            "model_version": body.prediction.model_version,
            "time": f"{point.time:%Y-%m-%dT%H:%M:%SZ}",
            "value": point.value,
            "recommended_flavor": body.recommended_flavor,
            "expected_cost_per_day": body.expected_cost_per_day,
        }
        for point in body.prediction.predictions
    ]


def print_plan(plan: Plan, console: Console | None = None) -> None:
    """Print the day as a chart, the flavor, its cost and risk, and why."""
    out = console or Console()
    request, outlook = plan.request, plan.outlook
    out.print(
        Panel(
            _chart(plan),
            title=f"{request.service_id} · {request.metric_name} ({outlook.metric.unit})",
            subtitle=outlook.model_version,
            expand=False,
        )
    )
    flavor = plan.choice.flavor
    out.print(
        f"[bold]{flavor.name}[/bold]: {flavor.vcpus:g} vCPUs, {flavor.memory_gib:g} GiB × {request.context.replicas}"
        f"  ·  [bold]{float(plan.cost_usd_per_day):.2f} USD per day[/bold]"
        f"  ·  accepted risk {request.context.risk:.4g} of hours over capacity",
        soft_wrap=True,
    )
    out.print(_alternatives(plan))
    for reason in dict.fromkeys(plan.reasons):
        out.print(Text(f"  {reason.text}", style="red" if reason.code == "anomaly" else ""), soft_wrap=True)


def _chart(plan: Plan) -> Text:
    """24 columns, the median solid and the way up to p99 dim, with the scale at the left."""
    median = plan.outlook.median
    high = plan.outlook.shown[:, _P99]
    top = float(high.max()) or 1.0
    text = Text()
    for row in range(_CHART_ROWS, 0, -1):
        text.append(f"{top * row / _CHART_ROWS:>10.4g} ", style="dim")
        for value, upper in zip(median, high, strict=True):
            filled, reach = _cell(float(value) / top, row), _cell(float(upper) / top, row)
            solid = filled != " "
            text.append((filled if solid else reach) * 2, style="bold cyan" if solid else "dim")
        text.append("\n")
    hours = "".join(f"{plan.outlook.hour(step).hour:02d}      " for step in range(0, 24, 4))
    text.append(f"{'UTC hour':>10} {hours.rstrip()}", style="dim")
    text.append("\n           solid: median, dim: up to p99", style="dim")
    return text


def _cell(share: float, row: int) -> str:
    level = share * _CHART_ROWS - (row - 1)
    return _BLOCKS[max(0, min(8, round(level * 8)))]


def _alternatives(plan: Plan) -> Table:
    table = Table("flavor", "vCPUs", "GiB", "USD/day", "hours over CPU", "hours over memory", title="cost against risk")
    curve = plan.alternatives
    names = [item.flavor.name for item in curve]
    chosen = names.index(plan.choice.flavor.name) if plan.choice.flavor.name in names else 0
    first = max(0, chosen - _MOST_ALTERNATIVES // 2)
    for item in curve[first : first + _MOST_ALTERNATIVES]:
        is_chosen = item.flavor.name == plan.choice.flavor.name
        table.add_row(*_row(item), style="bold green" if is_chosen else "")
    return table


def _row(item: Alternative) -> tuple[str, ...]:
    flavor = item.flavor
    return (
        flavor.name, f"{flavor.vcpus:g}", f"{flavor.memory_gib:g}", f"{float(item.cost_usd_per_day):.2f}",
        _share(item.cpu_share_over), _share(item.memory_share_over),
    )  # fmt: skip


def _share(share: float | None) -> str:
    return "not known" if share is None else f"{share:.2%}"
