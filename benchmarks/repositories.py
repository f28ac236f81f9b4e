"""How long reading a repository takes: 300 services in one Compose file, 20,000 members in one archive.

    python -m benchmarks.repositories

Processes are timed from their start to their end, the reader's own process included, as a user waits for them; the
median of five. Memory is the most that any process of the command had resident.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from adapters.manifests.members import MAX_MEMBERS
from application.analyze_repository import AnalyzeRepository
from domain.errors import InvalidData

ROOT = Path(__file__).parents[1]
SERVICES = 300
RUNS = 5


def compose_file(services: int) -> str:
    """A Compose file in which everyone has ports, limits, heap flags and a neighbour to depend on."""
    lines = ["services:"]
    for number in range(services):
        neighbour = f"svc-{(number + 1) % services}"
        lines += [
            f"  svc-{number}:", f"    image: registry.example.com/team/svc-{number}:1.{number}",
            f"    ports: ['{8000 + number}:8080']", "    environment:", f"      PEER_ADDR: {neighbour}:8080",
            "      NODE_OPTIONS: --max-old-space-size=384", f"    depends_on: [{neighbour}]", "    deploy:",
            "      replicas: 2", "      resources:", "        limits: {cpus: '0.5', memory: 512M}",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def members(count: int) -> dict[str, bytes]:
    """A repository of so many files: every hundredth a Compose file of a service, the rest sources of 2 KiB."""
    source = b"print('a line of a program that nobody needs to read')\n" * 38
    return {
        f"repo/app-{number}/compose.yaml" if number % 100 == 0 else f"repo/src/part-{number % 97}/file-{number}.py": (
            f"services:\n  app-{number}:\n    image: postgres:16\n    mem_limit: 1g\n".encode()
            if number % 100 == 0
            else source
        )
        for number in range(count)
    }


def tar_gz(path: Path, content: dict[str, bytes]) -> Path:
    """Write the members as GitHub does."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return path


def zipped(path: Path, content: dict[str, bytes]) -> Path:
    """Write the members as a .zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def command_line(location: Path) -> None:
    """``mcp-core analyze``, as a user starts it."""
    subprocess.run(
        [sys.executable, "-m", "entrypoints.cli", "analyze", str(location)], cwd=ROOT, check=True,
        stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def in_process(location: Path) -> None:
    """The use case, its reader's process included, without the start of a command line."""
    AnalyzeRepository(reader=IsolatedRepositoryReader())(location)


def median_seconds(run: Callable[[Path], None], location: Path) -> float:
    """The median of five."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run(location)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print one line a case."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Path(folder) / "stack"
        stack.mkdir()
        (stack / "compose.yaml").write_text(compose_file(SERVICES))
        content = members(MAX_MEMBERS)
        cases = {
            f"{SERVICES} services in one Compose file": stack,
            f"{MAX_MEMBERS:,} members in a .tar.gz": tar_gz(Path(folder) / "repo.tar.gz", content),
            f"{MAX_MEMBERS:,} members in a .zip": zipped(Path(folder) / "repo.zip", content),
        }
        for name, location in cases.items():
            whole, alone = median_seconds(command_line, location), median_seconds(in_process, location)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{name}: {whole:.2f} s from start to table, {alone:.2f} s in process, at most {peak:.0f} MiB so far")
        too_many = tar_gz(Path(folder) / "more.tar.gz", members(MAX_MEMBERS + 1))
        start = time.perf_counter()
        try:
            in_process(too_many)
        except InvalidData as error:
            print(f"{MAX_MEMBERS + 1:,} members: {error} ({time.perf_counter() - start:.2f} s)")


if __name__ == "__main__":
    main()
