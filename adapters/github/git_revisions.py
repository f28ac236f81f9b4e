"""Revisions through ``git archive``: no network, no hooks, no filter programs of the repository's own settings."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import InvalidData, NotFound, Unavailable
from domain.ports.repository_revisions import RepositoryRevisions

MOST_BYTES: Final = 250 * 2**20
_REF = re.compile(r"[A-Za-z0-9_@^~{}][A-Za-z0-9._/@^~{}-]{0,199}", re.ASCII)
_KEPT = ("PATH", "HOME", "SYSTEMROOT", "LD_LIBRARY_PATH")
# A repository's own settings could name programs; these would be run by reading alone.
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitRevisions(RepositoryRevisions):
    """Asks the git that is installed.

    Attributes:
        program: Its name or path.
        deadline_seconds: Longest time it may take.
        most_bytes: Largest archive, unpacked.
    """

    program: str = "git"
    deadline_seconds: float = 60.0
    most_bytes: int = MOST_BYTES

    @contextmanager
    def archived(self, folder: Path, ref: str) -> Iterator[Path]:
        """See the port."""
        if _REF.fullmatch(ref) is None or ".." in ref:
            raise NotFound(f"{ref[:80]!r} is no revision: name a branch, a tag or a commit")
        with tempfile.TemporaryDirectory(prefix="mcp-core-") as place:
            path = Path(place) / "revision.tar"
            commit = self._run(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
            with path.open("wb") as target:
                self._run(folder, "archive", "--format=tar", commit.decode().strip(), target=target.fileno())
            if path.stat().st_size > self.most_bytes:
                raise InvalidData(f"revision {ref} has more than {self.most_bytes // 2**20} MiB")
            yield path

    def _run(self, folder: Path, *arguments: str, target: int = subprocess.PIPE) -> bytes:
        named = [part for setting in _SETTINGS for part in ("-c", setting)]
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
        try:
            done = subprocess.run(  # noqa: S603 - git, constant arguments, and a revision that was checked
                [self.program, *named, *arguments], cwd=folder, env=kept | quiet, stdin=subprocess.DEVNULL,
                stdout=target, stderr=subprocess.PIPE, timeout=self.deadline_seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unavailable(f"git took longer than {self.deadline_seconds:g} s") from None
        except FileNotFoundError as error:
            if not folder.is_dir():
                raise NotFound(f"there is no folder {folder.name!r}") from error
            raise Unavailable("git is not installed: use --baseline with a file instead of --base") from error
        if done.returncode != 0:
            raise NotFound(_why(done.stderr, arguments))
        return done.stdout or b""


def _why(said: bytes, arguments: tuple[str, ...]) -> str:
    ref = arguments[-1].removesuffix("^{commit}")
    if b"not a git repository" in said:
        return "the folder is not under git: use --baseline with a file instead of --base"
    if b"dubious ownership" in said:
        return "git does not trust the folder's owner: git config --global --add safe.directory FOLDER"
    return f"there is no revision {ref!r} here; a shallow clone may lack it: fetch it first"
