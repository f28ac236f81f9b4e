"""How what could not be read, and what files disagree on, is listed below a table."""

from __future__ import annotations

from rich.console import Console

from domain.repository.facts import Finding

WIDTH = 150


def print_findings(console: Console, findings: tuple[Finding, ...]) -> None:
    """A line each: code, file and line, text."""
    for finding in findings:
        where = f"{finding.file}:{finding.line}" if finding.line else finding.file
        console.print(f"  {finding.code}  {where}  {finding.text}", highlight=False, markup=False)
