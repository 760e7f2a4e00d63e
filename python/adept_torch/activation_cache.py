"""Hidden states that enter the lowest trained layer: nothing below it changes, so they are computed once for each sequence."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from .batch import Batch
from .memory import free_bytes

_MEGABYTE = 1e6
# Of the disk, left to checkpoints, which matter more.
_RESERVED_BYTES = 1e9
# Of the machine's free memory, that pinned memory may take where there is a GPU.
_PINNED_SHARE = 0.5


class ActivationCache:
    """Keeps states by a sequence's number: beside a GPU in pinned memory while there is room, otherwise in a file.

    The file has no name once it is open, so nothing remains however the process ends.
    """

    def __init__(self, folder: str, limit: float, width: int, dtype: torch.dtype, device: torch.device, sharing: int = 1) -> None:
        self._folder = Path(folder)
        self._limit = limit * _MEGABYTE
        self._width = width
        self._dtype = dtype
        self._pinned_left = free_bytes(torch.device("cpu")) * _PINNED_SHARE / sharing if device.type == "cuda" else 0.0
        self._device = device
        self._pinned: dict[int, Tensor] = {}
        self._offsets: dict[int, int] = {}
        self._file: IO[bytes] | None = None
        self._bytes = 0
        self.problem: str | None = None

    def __len__(self) -> int:
        return len(self._pinned) + len(self._offsets)

    def holds(self, batch: Batch) -> bool:
        """Whether the states of all of its sequences are kept."""
        return all(number in self._pinned or number in self._offsets for number in batch.numbers)

    def read(self, batch: Batch) -> Tensor:
        """States [B, T, D] on the device; zero where a row is padding, which no position looks at."""
        states = torch.zeros(batch.size, batch.length, self._width, dtype=self._dtype, device=self._device)
        for row, (number, length) in enumerate(zip(batch.numbers, batch.lengths, strict=True)):
            kept = self._pinned.get(number)
            states[row, :length] = (self._stored(number, length) if kept is None else kept).to(self._device, non_blocking=True)
        return states

    def _stored(self, number: int, length: int) -> Tensor:
        if self._file is None:
            raise RuntimeError("Hidden states are in a file that is not there.")
        buffer = bytearray(length * self._width * self._dtype.itemsize)
        self._file.seek(self._offsets[number])
        if self._file.readinto(buffer) != len(buffer):  # type: ignore[attr-defined]
            raise OSError(f"The file of hidden states in {self._folder} is shorter than what was written.")
        return torch.frombuffer(buffer, dtype=self._dtype).reshape(length, self._width)

    def keep(self, batch: Batch, states: Tensor) -> None:
        """Keeps what is not yet kept, as far as there is room. `problem` says why nothing more can be kept."""
        if self.problem is not None:
            return
        for row, (number, length) in enumerate(zip(batch.numbers, batch.lengths, strict=True)):
            size = length * self._width * self._dtype.itemsize
            if number in self._pinned or number in self._offsets or self._bytes + size > self._limit:
                continue
            own = states[row, :length].detach()
            if size <= self._pinned_left:
                self._pinned[number] = own.to("cpu").pin_memory()
                self._pinned_left -= size
            elif not self._write(number, own):
                return
            self._bytes += size

    def _write(self, number: int, own: Tensor) -> bool:
        try:
            if os.statvfs(self._folder).f_bavail * os.statvfs(self._folder).f_frsize < _RESERVED_BYTES:
                return False
            self._file = self._file or tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115
            end = self._file.seek(0, os.SEEK_END)
            self._file.write(own.cpu().contiguous().view(torch.uint8).numpy().data)
        except OSError as error:
            self.problem = f"Hidden states cannot be stored in {self._folder} ({error}): they are computed again each time."
            return False
        self._offsets[number] = end
        return True

    def close(self) -> None:
        """Forgets all of it."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._offsets.clear()
        self._pinned.clear()


def entering(cache: ActivationCache | None, batch: Batch, compute: Callable[[], Tensor], every: Callable[[bool], bool]) -> Tensor:
    """What enters the lowest trained layer, kept or computed. `every`: whether something holds on every rank."""
    if cache is None:
        return compute()
    if every(cache.holds(batch)):
        return cache.read(batch)
    states = compute()
    cache.keep(batch, states)
    return states
