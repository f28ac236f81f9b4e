"""What a child process gives up before it reads what a stranger wrote."""

from __future__ import annotations

import sys


def give_up_powers(*, memory_bytes: int, cpu_seconds: int, opens_files: bool) -> None:
    """From here on: so much memory and processor time, no new process, nothing written, no core dump.

    Args:
        memory_bytes: Of address space, on Linux.
        cpu_seconds: Of processor time.
        opens_files: Whether files may still be opened, to read them.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent's deadline still holds
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not opens_files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    if sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
