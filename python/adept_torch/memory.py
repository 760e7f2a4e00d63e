"""Memory of this process, and of the machine or GPU it computes on. All in bytes."""

import os
import resource
import sys
from pathlib import Path

import torch


def free_bytes(device: torch.device) -> int:
    """What may still be taken: of the GPU, or of the machine (and of the container that it is)."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    return min(_available(), _container_room())


def _available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        # No Linux: half of what there is.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return 0


def _container_room() -> int:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = int((folder / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return sys.maxsize
    return sys.maxsize if limit == "max" else max(int(limit) - used, 0)


def used_bytes(device: torch.device) -> tuple[int, int]:
    """Now and at most: of the GPU what torch has reserved, of the CPU the resident set."""
    if device.type == "cuda":
        return torch.cuda.memory_reserved(device), torch.cuda.max_memory_reserved(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak, peak
    now = pages * os.sysconf("SC_PAGE_SIZE")
    return now, max(now, peak)


def megabytes(count: int) -> int:
    """Whole megabytes, at least."""
    return -(-count // 1_000_000)
