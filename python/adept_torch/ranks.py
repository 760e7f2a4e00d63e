"""The processes that compute together. Sequences are shared out by number: rank r takes i with i mod ranks = r."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from .errors import InputError

_ROLL_CALL_SECONDS = 15.0


@dataclass(frozen=True)
class RankPosition:
    """Which process this is, from the environment that torchrun or a scheduler sets."""

    rank: int
    count: int
    local_rank: int
    local_count: int

    @staticmethod
    def from_environment() -> "RankPosition":
        """Raises InputError when a variable is no number."""
        values = []
        for name, fallback in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "")):
            text = os.environ.get(name, fallback) or os.environ.get("WORLD_SIZE", "1")
            if not text.isdigit():
                raise InputError(f"The environment variable {name} is {text!r}: start the executor with torchrun.")
            values.append(int(text))
        return RankPosition(*values)


def choose_device(position: RankPosition) -> torch.device:
    """The GPU of this process's number on its machine, or the CPU; ADEPT_DEVICE=cpu leaves GPUs alone."""
    if os.environ.get("ADEPT_DEVICE") == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if position.local_rank >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise InputError(f"Rank {position.rank} is number {position.local_rank} here, but there are {count} GPUs: start fewer.")
    return torch.device("cuda", position.local_rank)


class Ranks:
    """All processes, and what they tell each other. With one process nothing is initialised and all is local."""

    def __init__(self, position: RankPosition, device: torch.device, seconds: float) -> None:
        self.position = position
        self.device = device
        self.seconds = seconds
        self._control: dist.ProcessGroup | None = None
        self._checks: dist.ProcessGroup | None = None
        self._roll_call: dist.ProcessGroup | None = None
        if device.type == "cuda":
            torch.cuda.set_device(device)
        if position.count > 1:
            timeout = timedelta(seconds=seconds)
            backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=timeout)
            # Groups of their own: a rank that fails in the middle of a computation must not mix up what others say.
            self._control = dist.new_group(backend="gloo", timeout=timeout)
            self._checks = dist.new_group(backend="gloo", timeout=timeout)
            self._roll_call = dist.new_group(backend="gloo", timeout=timeout)

    @property
    def rank(self) -> int:
        return self.position.rank

    @property
    def count(self) -> int:
        return self.position.count

    def mine(self, size: int, offset: int = 0) -> list[int]:
        """Which of `size` sequences are this rank's, the first being number `offset` of the call."""
        return [index for index in range(size) if (offset + index) % self.count == self.rank]

    def most(self, size: int) -> int:
        """The largest number of `size` sequences that any rank takes."""
        return -(-size // self.count)

    def sum(self, tensor: Tensor) -> Tensor:
        """Adds a tensor up over all ranks, in place."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, flag: bool) -> bool:
        """Whether it is so on any rank."""
        return bool(self.sum(torch.tensor([int(flag)])).item())

    def everyone(self, value: int) -> list[int]:
        """Every rank's number, on every rank."""
        return [int(text) for text in self.gather(str(value))]

    def agree(self, flag: bool) -> bool:
        """What rank 0 says. For checks in the middle of a computation."""
        if self._checks is None:
            return flag
        said = torch.tensor([int(flag)], dtype=torch.uint8)
        dist.broadcast(said, 0, group=self._checks)
        return bool(said.item())

    def share(self, data: bytes | None) -> bytes:
        """Rank 0's bytes, on every rank; None elsewhere."""
        if self._control is None:
            return data or b""
        size = torch.tensor([len(data or b"")])
        dist.broadcast(size, 0, group=self._control)
        if int(size.item()) == 0:
            return b""
        body = torch.empty(int(size.item()), dtype=torch.uint8)
        if data is not None:
            body = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        dist.broadcast(body, 0, group=self._control)
        return bytes(body.numpy())

    def gather(self, text: str) -> list[str]:
        """Every rank's text, on every rank."""
        if self._control is None:
            return [text]
        # As bytes: what comes from another process is read by no pickle.
        own = torch.frombuffer(bytearray(text.encode() or b"\0"), dtype=torch.uint8)
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.count)]
        dist.all_gather(sizes, torch.tensor([len(own)]), group=self._control)
        longest = max(int(size) for size in sizes)
        padded = torch.zeros(longest, dtype=torch.uint8)
        padded[: len(own)] = own
        all_padded = [torch.empty_like(padded) for _ in range(self.count)]
        dist.all_gather(all_padded, padded, group=self._control)
        pairs = zip(all_padded, sizes, strict=True)
        return [bytes(part[: int(size)].numpy()).decode().strip("\0") for part, size in pairs]

    def meet(self) -> None:
        """Waits for every rank; the error of rank 0 names those that did not come."""
        if self._control is not None:
            dist.monitored_barrier(self._control, timeout=timedelta(seconds=self.seconds), wait_all_ranks=True)

    def absent(self) -> str:
        """Which ranks do not come any more, when a collective has failed; "" where that cannot be told."""
        try:
            timeout = timedelta(seconds=min(_ROLL_CALL_SECONDS, self.seconds))
            dist.monitored_barrier(self._roll_call, timeout=timeout, wait_all_ranks=True)
        except RuntimeError as error:
            named = re.search(r"[Rr]anks ([\d, ]+) failed to pass", str(error))
            return f"rank {named[1].strip()} does not come to what the others do together" if named else ""
        return ""

    def close(self) -> None:
        """Leaves the group."""
        if self.count > 1:
            dist.destroy_process_group()


def is_symptom(error: BaseException) -> bool:
    """Whether an error only says that ranks could not reach each other; gloo's have no type of their own."""
    return isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error))


def pieces(size: int, most: int) -> Iterator[slice]:
    """Slices of at most `most` that cover `size`."""
    for begin in range(0, size, max(most, 1)):
        yield slice(begin, min(begin + most, size))
