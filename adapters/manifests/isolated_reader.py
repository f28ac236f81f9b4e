"""Reads repositories in a process of its own that can be killed and knows no secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from domain.errors import InvalidData, NotFound
from domain.ports.repository_reader import RepositoryReader
from domain.repository.facts import Fact, FactName, Finding, RunInformation, SourceKind, Subject, SubjectKind

DEADLINE_SECONDS: Final = 60.0
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from adapters.manifests.child import main; main()"


class IsolatedRepositoryReader(RepositoryReader):
    """Folder or archive → facts, in a child process."""

    def __init__(self, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline_seconds = deadline_seconds

    def read(self, location: Path, *, name: str) -> RunInformation:
        """See the port."""
        command = [sys.executable, "-I", "-c", _PROGRAM, _ROOT, str(location.absolute()), name]
        kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if key in os.environ}
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, a constant program, the location as an argument
                command, capture_output=True, timeout=self._deadline_seconds, env=kept, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise InvalidData(f"reading the repository took longer than {self._deadline_seconds:.0f} s") from error
        if done.returncode != 0:
            raise InvalidData("the repository could not be read within the limits of memory and time")
        answer = json.loads(done.stdout)
        if answer.get("missing"):
            raise NotFound(f"there is nothing at {location.name!r}")
        if "refused" in answer:
            raise InvalidData(f"the repository was refused: {answer['refused']}")
        return _run_information(answer)


def _run_information(answer: dict[str, Any]) -> RunInformation:
    return RunInformation(
        facts=tuple(_fact(raw) for raw in answer["facts"]),
        findings=tuple(Finding(**raw) for raw in answer["findings"]),
        files_read=tuple(answer["files_read"]),
    )


def _fact(raw: dict[str, Any]) -> Fact:
    subject = Subject(SubjectKind(raw["subject"]["kind"]), raw["subject"]["name"])
    return Fact(**{**raw, "subject": subject, "name": FactName(raw["name"]), "source": SourceKind(raw["source"])})
