"""The processes of an executor: the real command, or forks of the tests' own process, which has loaded PyTorch already."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from adept_torch.__main__ import main

PACKAGE = Path(__file__).parents[1]
SECONDS = 120


class Processes(Protocol):
    """All ranks, and what starts them."""

    def ranks(self) -> Sequence[int]:
        """Ids of the ranks, in order."""

    def alive(self) -> Sequence[int]:
        """Ids of whatever still runs."""

    def wait(self) -> tuple[int, str]:
        """Exit status of the first process, and what all wrote to stderr, once that one has ended."""


class RealProcesses:
    """python -m adept_torch; under torchrun where there are several ranks."""

    def __init__(self, ranks: int, environment: Mapping[str, str]) -> None:
        self._token = environment["ADEPT_EXECUTOR_TOKEN"]
        torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"] if ranks > 1 else []
        self._first = subprocess.Popen(
            [sys.executable, *torchrun, "-m", "adept_torch"],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PACKAGE), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environments(self) -> dict[int, dict[str, str]]:
        """By id, of every process that has this executor's token."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(ValueError, OSError):
                pairs = (entry / "environ").read_bytes().decode().split("\0")
                variables = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
                if variables.get("ADEPT_EXECUTOR_TOKEN") == self._token:
                    found[int(entry.name)] = variables
        return found

    def ranks(self) -> Sequence[int]:
        by_rank = {int(variables["RANK"]): pid for pid, variables in self._environments().items() if "RANK" in variables}
        return [by_rank[rank] for rank in sorted(by_rank)] or [self._first.pid]

    def alive(self) -> Sequence[int]:
        self._first.poll()
        return list(self._environments())

    def wait(self) -> tuple[int, str]:
        _, errors = self._first.communicate(timeout=SECONDS)
        return self._first.returncode, errors


class ForkedProcesses:
    """The same code without its start, which takes seconds of each process."""

    def __init__(self, ranks: int, environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        shared = {**environment, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks)}
        self._ids = [
            self._fork({**shared, "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(ranks)})
            for rank in range(ranks)
        ]
        self._status: dict[int, int] = {}

    def _fork(self, environment: Mapping[str, str]) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid != 0:
            return pid
        status = 70
        try:
            os.environ.update(environment)
            os.dup2(self._errors.fileno(), 2)
            sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
            status = main()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _collect(self) -> None:
        for pid in self._ids:
            if pid not in self._status:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    self._status[pid] = os.waitstatus_to_exitcode(status)

    def ranks(self) -> Sequence[int]:
        return self._ids

    def alive(self) -> Sequence[int]:
        self._collect()
        return [pid for pid in self._ids if pid not in self._status]

    def wait(self) -> tuple[int, str]:
        until = time.monotonic() + SECONDS
        while self._ids[0] in self.alive():
            if time.monotonic() > until:
                raise TimeoutError("The executor has not ended.")
            time.sleep(0.02)
        self._errors.seek(0)
        return self._status[self._ids[0]], self._errors.read().decode()


def kill_all(processes: Processes) -> None:
    """Leaves nothing behind."""
    while alive := processes.alive():
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
