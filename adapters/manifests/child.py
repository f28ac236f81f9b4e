"""The process in which repositories are read: a location in, facts out; it can reach no network and no secret."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 60


def main() -> None:
    """Read the location named on the command line; write one JSON object to standard output."""
    from adapters.manifests.members import TooMuch, read_members
    from adapters.manifests.read_files import read_files
    from domain.repository.facts import RunInformation

    location, name = Path(sys.argv[2]), sys.argv[3]
    _give_up_powers()
    try:
        members = read_members(location)
        found = read_files(members.texts, name)
        both = RunInformation(
            facts=found.facts, findings=(*members.findings, *found.findings), files_read=found.files_read
        )
        answer: dict[str, object] = asdict(both)
    except TooMuch as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": f"reading it needs more than {MEMORY_BYTES // 2**20} MiB of memory"}
    except FileNotFoundError:
        answer = {"missing": True}
    except (OSError, ValueError) as error:
        answer = (
            {"refused": error.strerror or "it cannot be read"}
            if isinstance(error, OSError)
            else {"refused": str(error)}
        )
    sys.stdout.write(json.dumps(answer))


def _give_up_powers() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's deadline still holds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


if __name__ == "__main__":
    main()
