"""A trainer for tests: starts the real executor, listens on a socket, and speaks the protocol."""

import secrets
import socket
import struct
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor

from adept_torch.batch import Batch
from adept_torch.frames import Frame, encode, read_frame

from .processes import SECONDS, ForkedProcesses, Processes, RealProcesses, kill_all


class ExecutorReplyError(Exception):
    """What an error frame says."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.type = error["type"]
        self.rank = error["rank"]
        self.detail = error["detail"]


class Trainer:
    """One executor of `ranks` processes. `exchanges`: whether hello and welcome are dealt with at once.

    `real`: by the command that users run; otherwise forks of this process, which start at once.
    """

    def __init__(
        self, ranks: int = 1, environment: Mapping[str, str] | None = None, exchanges: bool = True, real: bool = False
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = str(Path(self._folder.name) / "s")
        self._listener.bind(path)
        self._listener.listen(1)
        self._listener.settimeout(SECONDS)
        self.token = secrets.token_hex(32)
        own = {"ADEPT_EXECUTOR_SOCKET": path, "ADEPT_EXECUTOR_TOKEN": self.token, **(environment or {})}
        self.processes: Processes = (RealProcesses if real else ForkedProcesses)(ranks, own)
        self._number = 0
        self.progress: list[Mapping[str, Any]] = []
        self.hello: Mapping[str, Any] = {}
        self._socket: socket.socket | None = None
        if exchanges:
            self.accept()
            self.send({"kind": "welcome", "protocol": 1, "token": self.token})

    def __enter__(self) -> "Trainer":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.leave()
        kill_all(self.processes)
        self._folder.cleanup()

    def accept(self) -> None:
        """Waits for the executor's hello."""
        self._socket, _ = self._listener.accept()
        self._socket.settimeout(SECONDS)
        self.hello = self.receive()[0]
        assert self.hello["token"] == self.token

    @property
    def connection(self) -> socket.socket:
        assert self._socket is not None
        return self._socket

    def leave(self) -> None:
        """As a trainer that dies."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._listener.close()

    def ended(self) -> tuple[int, str]:
        """Exit status of the first process, and stderr."""
        return self.processes.wait()

    def all_end_within(self, seconds: float) -> bool:
        """Whether no process is left after some time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.processes.alive():
                return True
            time.sleep(0.1)
        return False

    def send(self, header: Mapping[str, Any], arrays: Mapping[str, Tensor] | None = None) -> None:
        self.connection.sendall(encode(Frame(dict(header), dict(arrays or {}))))

    def send_header(self, text: bytes) -> None:
        """A header as it is."""
        self.connection.sendall(struct.pack("<I", len(text)) + text)

    def receive(self) -> tuple[Mapping[str, Any], Mapping[str, Tensor]]:
        frame, _ = read_frame(self._exactly)
        return frame.header, frame.arrays

    def _exactly(self, count: int) -> bytearray:
        data = bytearray()
        while len(data) < count:
            piece = self.connection.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def begin(self, verb: str, arrays: Mapping[str, Tensor] | None = None, **parameters: Any) -> int:
        """Sends a call; returns its number."""
        self._number += 1
        self.send({"kind": "call", "id": self._number, "verb": verb, **parameters}, arrays)
        return self._number

    def end(self) -> tuple[Mapping[str, Any], Mapping[str, Tensor]]:
        """The reply to the call that runs. Raises ExecutorReplyError."""
        while True:
            header, arrays = self.receive()
            if header["kind"] == "error":
                raise ExecutorReplyError(header["error"])
            assert header["id"] == self._number
            if header["kind"] == "result":
                return header, arrays
            self.progress.append(header)

    def call(
        self, verb: str, arrays: Mapping[str, Tensor] | None = None, **parameters: Any
    ) -> tuple[Mapping[str, Any], Mapping[str, Tensor]]:
        self.begin(verb, arrays, **parameters)
        return self.end()

    def open(
        self, folder: Path, trains: str | Sequence[int] = "none", cache: Path | None = None, dtype: str = "float32"
    ) -> Mapping[str, Any]:
        kept = None if cache is None else {"folder": str(cache), "megabytes": 1}
        chosen = trains if isinstance(trains, str) else list(trains)
        return self.call("open", folder=str(folder), trains=chosen, frozenWeights="auto", dtype=dtype, rows=64, cache=kept)[0]

    def step(
        self, batches: Sequence[Batch], number: int, rates: Sequence[float], **parameters: Any
    ) -> tuple[Mapping[str, Any], Mapping[str, Tensor]]:
        arrays = {"rates": torch.tensor(rates, dtype=torch.float64)}
        for index, batch in enumerate(batches):
            arrays |= batch_arrays(batch, f".{index}")
        fixed = {
            "step": number,
            "clipAt": 0.5,
            "weightDecay": 0.1,
            "betas": [0.9, 0.999],
            "epsilon": 1e-8,
            "frozen": [],
            "reuse": False,
        }
        return self.call("step", arrays, batches=[batch_header(batch) for batch in batches], **{**fixed, **parameters})


def batch_header(batch: Batch) -> Mapping[str, Any]:
    starts = None if batch.starts is None else [list(begins) for begins in batch.starts]
    return {"length": batch.length, "numbers": list(batch.numbers), "documentStarts": starts}


def batch_arrays(batch: Batch, suffix: str = "") -> dict[str, Tensor]:
    return {f"tokens{suffix}": batch.tokens.int(), f"lengths{suffix}": torch.tensor(batch.lengths, dtype=torch.int32)}
