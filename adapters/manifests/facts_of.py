"""Collects what one file says: facts under its path and source, findings with its lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.repository.facts import Fact, FactName, Finding, SourceKind, Subject

MAX_VALUE_CHARACTERS = 500


@dataclass(slots=True, kw_only=True)
class FileFacts:
    """What has been read from one file so far.

    Attributes:
        file: Path from the repository's root.
        source: Kind of file.
        overlay: Environment an overlay is for, "" for the base.
    """

    file: str
    source: SourceKind
    overlay: str = ""
    facts: list[Fact] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, subject: Subject, name: FactName, value: str | float | int, line: int, words: str = "") -> None:
        """Note a fact; text is cut at 500 characters."""
        kept = value[:MAX_VALUE_CHARACTERS] if isinstance(value, str) else value
        self.facts.append(
            Fact(
                subject=subject, name=name, value=kept, file=self.file, line=max(1, line), source=self.source,
                overlay=self.overlay, words=words[:MAX_VALUE_CHARACTERS],
            )
        )  # fmt: skip

    def find(self, code: str, line: int, text: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(code=code, file=self.file, line=line, text=text[:MAX_VALUE_CHARACTERS]))
