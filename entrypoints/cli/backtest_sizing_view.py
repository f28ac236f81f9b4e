"""A report on sizes as rows, as a table and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich import box
from rich.console import Console
from rich.table import Table

from application.sizing_report import EQUAL_SHARES, EqualFigures, ResourceReport, SizingFigures, SizingReport
from entrypoints.cli.backtest_html import PAGE_STYLE, html_table

Row = dict[str, str | int | float | None]

_WIDTH = 150
_GROUPS = {"in_use": "in use", "apart": "apart: idle, or CPU not known"}
_NOTE = (
    "One size a day from two weeks of history, held against the next day's hourly maxima. Allocation: size ÷ mean use. "
    "Slack: share of the size above the day's P95. At equal hours over, peers are scaled and ours is asked accordingly."
)


def _each(report: SizingReport) -> Iterator[tuple[str, str, str, ResourceReport]]:
    for group, parts in (("in_use", report.in_use), ("apart", report.apart)):
        for dataset, resources in parts.items():
            for resource, item in resources.items():
                yield group, dataset, resource.value, item


def _rules(item: ResourceReport) -> Iterator[tuple[str, SizingFigures, dict[float, EqualFigures]]]:
    """Every rule; what ours takes at equal hours over stands in its first row."""
    shown: set[str] = set()
    for name, figures in item.rules.items():
        method = name.split("@")[0]
        equal = {share: found[method] for share, found in item.equal.items()} if method not in shown else {}
        shown.add(method)
        yield name, figures, equal


def flat_rows(report: SizingReport) -> list[Row]:
    """One row per group, data set (first ``overall``), resource and rule."""
    return [
        {
            "group": group, "dataset": dataset, "resource": resource, "rule": name,
            "n_services": item.n_services, "n_days": figures.n_days, "asked_risk": figures.asked,
            "allocation": figures.allocation, "slack": figures.slack, "share_over": figures.share_over,
            "clean_days": figures.clean_days, "delivered_to_asked": figures.delivered_to_asked,
            **{f"allocation_at_{share:g}": equal[share].allocation if equal else None for share in EQUAL_SHARES},
        }
        for group, dataset, resource, item in _each(report)
        for name, figures, equal in _rules(item)
    ]  # fmt: skip


def print_sizes(report: SizingReport) -> None:
    """Print to stdout, a table per group, data set and resource."""
    console = Console(width=_WIDTH)
    for group, dataset, resource, item in _each(report):
        title = f"{dataset}, {resource}, {_GROUPS[group]}: {item.n_services} services, {item.n_days} days"
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("rule", no_wrap=True)
        for heading in ("allocation", "slack", "hours over", "clean days", "÷ asked"):
            table.add_column(heading, justify="right", no_wrap=True)
        for share in EQUAL_SHARES:
            table.add_column(f"at {share:.1%} over", justify="right", no_wrap=True)
        for name, figures, equal in _rules(item):
            compared = [_figure(equal[share].allocation if equal else None) for share in EQUAL_SHARES]
            table.add_row(
                name, _figure(figures.allocation), f"{figures.slack:.1%}", f"{figures.share_over:.2%}",
                f"{figures.clean_days:.1%}", _figure(figures.delivered_to_asked), *compared,
            )  # fmt: skip
        console.print(table)
    console.print(_NOTE)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def page(report: SizingReport) -> str:
    """One self-contained HTML page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sizes</title><style>{PAGE_STYLE}</style>'
        f"</head><body><h1>Sizes</h1><p>{escape(_NOTE)}</p>{html_table(flat_rows(report))}</body></html>"
    )
