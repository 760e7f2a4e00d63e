"""Tells whether every rank lives. Each writes a number that grows into the ranks' common store; each looks at the others'.

A rank that was killed or stopped no longer writes. One that hangs in its computation does: it is found when the others'
collectives time out. A rank whose store or whose rank 0 is gone ends itself, so that no process is left.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import torch.distributed as dist
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from .ranks import Ranks

_HEARTBEAT_SECONDS = 1.0
_PREFIX = "adept/"
# From a rank's failure, or rank 0's own, until rank 0 no longer waits for the others to fail by themselves.
_GRACE_SECONDS = 5.0


class Pulse:
    """`on_lost(rank, cause, detail)` is called once, in a thread of its own, on every rank; it ends the process."""

    def __init__(self, ranks: Ranks, silence: float, on_lost: Callable[[int, str, str], None]) -> None:
        self._ranks = ranks
        self._silence = silence
        self._on_lost = on_lost
        self._store = _connect(ranks)
        self._own = _connect(ranks)
        self._settled = threading.Event()
        self._own.set(f"{_PREFIX}heartbeat/{ranks.rank}", "0")

    def start(self) -> None:
        """After every rank has made its pulse."""
        threading.Thread(target=self._send, daemon=True).start()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Before an orderly end, in which ranks leave one after the other."""
        self._settled.set()

    def report_failure(self, cause: str, detail: str) -> None:
        """Lets rank 0 know why this rank does not come to the next collective."""
        self._own.set(f"{_PREFIX}failed/{self._ranks.rank}", json.dumps({"cause": cause, "detail": detail}))

    def forget_failure(self) -> None:
        """All ranks failed in the same way and go on."""
        self._own.delete_key(f"{_PREFIX}failed/{self._ranks.rank}")

    def note_end(self) -> None:
        """This process ends by itself, so its silence is not what went wrong."""
        with contextlib.suppress(dist.DistError, RuntimeError):
            self._own.set(f"{_PREFIX}ended/{self._ranks.rank}", "1")

    def silent(self, seconds: float) -> list[int]:
        """Other ranks that stop to give signs of life within some seconds, without having said that they end."""
        others = [rank for rank in range(self._ranks.count) if rank != self._ranks.rank]
        until = time.monotonic() + seconds
        try:
            before = {rank: self._own.get(f"{_PREFIX}heartbeat/{rank}") for rank in others}
            while others and time.monotonic() < until:
                time.sleep(_HEARTBEAT_SECONDS / 4)
                others = [rank for rank in others if not self._own.check([f"{_PREFIX}ended/{rank}"])
                          and self._own.get(f"{_PREFIX}heartbeat/{rank}") == before[rank]]  # fmt: skip
        except (dist.DistError, RuntimeError):
            return []
        return others

    def _send(self) -> None:
        count = 0
        while not self._settled.wait(_HEARTBEAT_SECONDS):
            count += 1
            try:
                self._own.set(f"{_PREFIX}heartbeat/{self._ranks.rank}", str(count))
            except dist.DistError:
                return

    def _watch(self) -> None:
        others = [rank for rank in range(self._ranks.count) if rank != self._ranks.rank]
        # Rank 0 looks at all; the others at it alone, which knows best what to say.
        watched = others if self._ranks.rank == 0 else [0]
        seen = {rank: ("", time.monotonic()) for rank in watched}
        failed: dict[int, float] = {}
        while not self._settled.wait(_HEARTBEAT_SECONDS):
            try:
                self._look(watched, seen, failed)
            except (dist.DistError, RuntimeError) as error:
                self._lost(0, "its store is gone, so rank 0 or what started the ranks has ended", str(error))
                return

    def _look(self, watched: list[int], seen: dict[int, tuple[str, float]], failed: dict[int, float]) -> None:
        now = time.monotonic()
        for rank in watched:
            value = self._store.get(f"{_PREFIX}heartbeat/{rank}").decode()
            if value != seen[rank][0]:
                seen[rank] = (value, now)
            elif now - seen[rank][1] > self._silence:
                self._lost(rank, f"gave no sign of life for {self._silence:.0f} seconds: it was killed or stopped", "")
        # Itself, too: the others wait for it in a collective and know of nothing.
        for rank in range(self._ranks.count) if self._ranks.rank == 0 else []:
            key = f"{_PREFIX}failed/{rank}"
            if not self._store.check([key]):
                failed.pop(rank, None)
            elif now - failed.setdefault(rank, now) > _GRACE_SECONDS:
                said = json.loads(self._store.get(key))
                self._lost(rank, str(said["cause"]), str(said["detail"]))

    def _lost(self, rank: int, cause: str, detail: str) -> None:
        if not self._settled.is_set():
            self._settled.set()
            self._on_lost(rank, cause, detail)


def _connect(ranks: Ranks) -> TCPStore:
    """A connection of its own: the ranks' is busy while they wait for each other."""
    host, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    return TCPStore(host, port, is_master=False, timeout=timedelta(seconds=min(ranks.seconds, 60)))
