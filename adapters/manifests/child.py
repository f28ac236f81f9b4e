"""The process in which repositories are read: a location in, facts out; it can reach no network and no secret."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from adapters.child_limits import give_up_powers

MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 60


def main() -> None:
    """Read the location named on the command line; write one JSON object to standard output."""
    from adapters.manifests.members import TooMuch, read_members
    from adapters.manifests.read_files import read_files
    from domain.repository.facts import RunInformation

    location, name = Path(sys.argv[2]), sys.argv[3]
    give_up_powers(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, opens_files=True)
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


if __name__ == "__main__":
    main()
