"""A repository's plans as Markdown and as an HTML page; everything read from the repository is escaped."""

from __future__ import annotations

import html
import re

from domain.repository.planned import RepositoryPlan
from entrypoints.cli.repository_rows import COLUMNS, cells, total_line

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")
_MOST_FINDINGS = 50
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#1c2330}table{border-collapse:collapse}"
    "th,td{border-bottom:1px solid #d5dae5;padding:.3em .8em;text-align:left;vertical-align:top}"
    "tr.under td{background:#fdeeee}tr.over td{background:#eef6ee}details{margin:.4em 0}"
)


def markdown_text(text: str) -> str:
    """Text that stays text in Markdown: no table break, link, mention or tag comes of it."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def markdown_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table of plain texts."""
    lines = [columns, tuple("---" for _ in columns), *(tuple(map(markdown_text, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_markdown(planned: RepositoryPlan) -> str:
    """Table, total, reasons per service, findings."""
    parts = [f"{markdown_text(total_line(planned))}.", markdown_table(COLUMNS, [cells(i) for i in planned.services])]
    reasons = []
    for item in planned.services:
        notes = item.plan.notes if item.plan else item.refusal.message if item.refusal else ""
        reasons.append(f"- **{markdown_text(item.profile.name)}**: {markdown_text(notes)}")
    if reasons:
        parts.append("### Why\n\n" + "\n".join(reasons))
    if planned.findings:
        found = [
            f"- {markdown_text(item.code)} {markdown_text(item.file)}:{item.line}: {markdown_text(item.text)}"
            for item in planned.findings[:_MOST_FINDINGS]
        ]
        parts.append("### Findings\n\n" + "\n".join(found) + _more(len(planned.findings)))
    return "\n\n".join(parts)


def as_html(planned: RepositoryPlan) -> str:
    """One page without scripts or anything from elsewhere."""
    rows = "\n".join(
        f'<tr class="{html.escape(str(item.comparison.verdict)) if item.comparison else ""}">'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells(item))
        + "</tr>"
        for item in planned.services
    )
    why = "\n".join(
        f"<details><summary>{html.escape(item.profile.name)}</summary><ul>{_reasons(item.plan.notes)}"
        f"{''.join(f'<li>{html.escape(e.file)}:{e.line} {html.escape(e.fact)}</li>' for e in item.profile.evidence)}"
        "</ul></details>"
        for item in planned.services
        if item.plan
    )
    found = "".join(
        f"<li>{html.escape(item.code)} {html.escape(item.file)}:{item.line} {html.escape(item.text)}</li>"
        for item in planned.findings[:_MOST_FINDINGS]
    )
    head = "".join(f"<th>{html.escape(column)}</th>" for column in COLUMNS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Plans</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>Plans</h1>\n<p>{html.escape(total_line(planned))}.</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>\n<h2>Why</h2>\n{why}\n"
        f"<h2>Findings</h2>\n<ul>{found or '<li>none</li>'}</ul>{html.escape(_more(len(planned.findings)))}\n"
        "</body></html>"
    )


def _reasons(notes: str) -> str:
    return "".join(f"<li>{html.escape(note)}</li>" for note in notes.split("; "))


def _more(count: int) -> str:
    return f"\n\n… and {count - _MOST_FINDINGS} more" if count > _MOST_FINDINGS else ""
