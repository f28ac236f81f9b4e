"""Change the code of accounts, one thing at a time, and count the changes that a test notices.

Tests are collected once. Each mutant lives in a fork of this process, where only the functions' code is replaced, and
runs the tests that came by its line, quickest first. Usage: ``python scripts/mutate.py [--most N] [--only TEXT]``.
"""

from __future__ import annotations

import argparse
import ast
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from mutants import Mutant, mutants_of  # noqa: E402

FOLDERS = ("domain/identity", "application/accounts")
TESTS = (
    "tests/unit/domain/identity", "tests/unit/application/accounts", "tests/http/test_account_life.py",
    "tests/http/test_access.py", "tests/http/test_own_plans.py", "tests/http/test_shares.py",
    "tests/http/test_planted_sessions.py", "tests/http/test_no_enumeration.py",
    "tests/http/test_accounts_told_and_erased.py",
    "tests/unit/entrypoints/cli/test_accounts_commands.py",
    "tests/unit/entrypoints/cli/test_account_access_commands.py",
)  # fmt: skip
SEED = 6
LONGEST_SECONDS = 60
Where = tuple[str, int]


class Mutating:
    """Takes the place of pytest's loop over tests."""

    def __init__(self, mutants: list[Mutant], jobs: int) -> None:
        self.mutants = mutants
        self.jobs = jobs
        self.survivors: list[Mutant] = []
        self.judged = 0
        self.is_done = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Every mutant against the tests that came by."""
        seen, took = _in_a_fork(lambda: _traced(session.items))
        useless = _useless(session.items, took)
        running: dict[int, tuple[Mutant, float]] = {}
        for mutant in self.mutants:
            while len(running) >= self.jobs:
                self._reap(running)
            tests = sorted(_tests_of(mutant, seen, took) - useless, key=lambda index: took[index])
            if not tests:
                self.judged += 1
                self._survived(mutant)
                continue
            pid = os.fork()
            if pid == 0:
                os._exit(_judge(mutant, [session.items[index] for index in tests]))
            running[pid] = (mutant, time.monotonic())
        while running:
            self._reap(running)
        self.is_done = True
        return True

    def _survived(self, mutant: Mutant) -> None:
        self.survivors.append(mutant)
        said = f"{mutant.module}:{mutant.line} {mutant.where}: {mutant.what}"
        sys.stderr.write(f"{said}   [{self.judged} judged]\n")

    def _reap(self, running: dict[int, tuple[Mutant, float]]) -> None:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            mutant, _ = running.pop(pid)
            self.judged += 1
            if status == 0:
                self._survived(mutant)
            return
        for known, (_, began) in running.items():
            if time.monotonic() - began > LONGEST_SECONDS:
                # A test that never ends has noticed.
                os.kill(known, signal.SIGKILL)
        time.sleep(0.005)


def _in_a_fork(work: Callable[[], Any]) -> Any:
    """Do it in a process of its own, as threads that it leaves behind would not survive a fork."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            pickle.dump(work(), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        done = pickle.load(pipe)  # noqa: S301  # written by our own fork
    os.waitpid(pid, 0)
    return done


def _traced(items: list[pytest.Item]) -> tuple[dict[Where, set[int]], dict[int, float]]:
    """Which tests came by which line of the code to be changed, and how long each took."""
    seen: dict[Where, set[int]] = defaultdict(set)
    took: dict[int, float] = {}
    folders = tuple(str(ROOT / folder) for folder in FOLDERS)
    current = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(folders):
            return None
        seen[frame.f_code.co_filename, frame.f_lineno].add(current)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)
    for index, item in enumerate(items):
        current, began = index, time.monotonic()
        if not _passes(item):
            os.write(2, f"fails unchanged: {item.nodeid}\n".encode())
            os._exit(1)
        took[index] = time.monotonic() - began
    sys.settrace(None)
    return dict(seen), took


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _tests_of(mutant: Mutant, seen: dict[Where, set[int]], took: dict[int, float]) -> set[int]:
    file = str(ROOT / Path(*mutant.module.split(".")).with_suffix(".py"))
    if not mutant.is_constant:
        return seen.get((file, mutant.line)) or _near(file, mutant, seen)
    # Whoever uses a constant may be in any file, and a test may read it itself: ask all of them.
    return set(took)


def _near(file: str, mutant: Mutant, seen: dict[Where, set[int]]) -> set[int]:
    """A statement over several lines is told by the line it begins at."""
    lines = [line for name, line in seen if name == file and line <= mutant.line]
    return seen[file, max(lines)] if lines and mutant.line - max(lines) <= 8 else set()


def _useless(items: list[pytest.Item], took: dict[int, float]) -> set[int]:
    """Tests that fail in a fork although nothing was changed: they would notice everything."""
    quickest_first = sorted(took, key=lambda index: took[index])
    found = set(_in_a_fork(lambda: _failing(items, quickest_first)))
    found |= {index for index in took if _in_a_fork(lambda: _failing(items, [index]))}  # noqa: B023  # called at once
    for index in sorted(found):
        sys.stderr.write(f"not asked, as it fails in a fork with nothing changed: {items[index].nodeid}\n")
    return found


def _failing(items: list[pytest.Item], order: list[int]) -> list[int]:
    _be_silent()
    return [index for index in order if not _passes(items[index])]


def _be_silent() -> None:
    """In a fork; by descriptor, as a file put in the place of ``sys.stdout`` is a leak that tests fail of."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _judge(mutant: Mutant, items: list[pytest.Item]) -> int:
    """0 when every test passes, else 1."""
    _be_silent()
    try:
        _apply(mutant)
        return 0 if all(_passes(item) for item in items) else 1
    except BaseException:  # the mutant broke whatever it broke: it was noticed
        return 1


def _apply(mutant: Mutant) -> None:
    module = sys.modules[mutant.module]
    code = compile(mutant.tree, str(module.__file__), "exec", dont_inherit=True)
    if mutant.is_constant:
        _replace_constant(module, mutant)
        return
    owner: Any = module
    for name in mutant.where.split(".")[:-1]:
        owner, code = vars(owner)[name], _inner(code, name)
    function = vars(owner)[mutant.where.split(".")[-1]]
    function = getattr(function, "fget", None) or getattr(function, "__func__", function)
    function = getattr(function, "__wrapped__", function)
    function.__code__ = _inner(code, function.__name__)


def _inner(code: CodeType, name: str) -> CodeType:
    return next(part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name)


def _replace_constant(module: ModuleType, mutant: Mutant) -> None:
    """Work the constant out anew, and put it wherever it was imported to."""
    old = vars(module)[mutant.where]
    node = next(
        part for part in mutant.tree.body
        if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == mutant.where
    )  # fmt: skip
    new = eval(compile(ast.Expression(node.value), "constant", "eval"), vars(module))  # noqa: S307
    for other in list(sys.modules.values()):
        if getattr(other, "__dict__", {}).get(mutant.where) is old:
            setattr(other, mutant.where, new)


def main() -> int:
    """Print the share that was noticed, and every change that was not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=0, help="so many, drawn with a fixed seed; 0: all")
    parser.add_argument("--only", default="", help="only modules with this in their names")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at the same time")
    asked = parser.parse_args()
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    paths = [path for path in paths if path.name not in ("errors.py", "__init__.py")]
    mutants = [mutant for path in paths for mutant in mutants_of(ROOT, path) if asked.only in mutant.module]
    if asked.most and asked.most < len(mutants):
        mutants = random.Random(SEED).sample(mutants, asked.most)  # noqa: S311
    plugin = Mutating(mutants, asked.jobs)
    os.chdir(ROOT)
    pytest.main(["-q", "-p", "no:cacheprovider", "-o", "addopts=", *TESTS], plugins=[plugin])
    if not plugin.is_done:
        return 1
    killed = len(mutants) - len(plugin.survivors)
    sys.stdout.write(f"{killed} of {len(mutants)} mutants noticed, {killed / max(1, len(mutants)):.1%}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
