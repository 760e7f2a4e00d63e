"""Exact layer importance of a batch: losses with no layer masked, and with each masked in turn, in one sweep."""

import tempfile
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from .batch import Batch
from .call import Call
from .errors import CallError
from .head import losses_of
from .model import Model, Share

# Positions that go through a layer together, by device: a CPU gains nothing from more.
_ROWS_AT_ONCE = {"cpu": 1024, "cuda": 32768}


class Passes:
    """Hidden states of every pass, [B, T, D] each: on the device as far as there is room, otherwise in a nameless file."""

    def __init__(self, room: float | None, scratch: str | None) -> None:
        self._room = room
        self._scratch = scratch
        self._held: dict[int, Tensor] = {}
        self._file: IO[bytes] | None = None
        self._like: Tensor | None = None
        self.count = 0

    def put(self, index: int, states: Tensor) -> None:
        """Raises CallError where there is no room on the disk."""
        self._like = states
        self.count = max(self.count, index + 1)
        size = states.numel() * states.element_size()
        if self._room is None or index < max(1, int(self._room // size)):
            self._held[index] = states
            return
        try:
            if self._scratch is None:
                raise OSError("no folder was given")
            self._file = self._file or tempfile.TemporaryFile(dir=Path(self._scratch), buffering=0)  # noqa: SIM115
            self._file.seek(index * size)
            view = states.cpu().contiguous().view(torch.uint8).numpy().data
            if self._file.write(view) != size:
                raise OSError("the disk is full")
        except OSError as error:
            raise CallError(
                f"Hidden states do not fit into the memory limit and cannot be stored in {self._scratch} ({error}): "
                "raise --memory, or free disk space."
            ) from error

    def take(self, index: int) -> Tensor:
        """States that are put back, or not needed any more."""
        held = self._held.pop(index, None)
        if held is not None:
            return held
        if self._file is None or self._like is None:
            raise RuntimeError(f"Pass {index} was not kept.")
        like = self._like
        size = like.numel() * like.element_size()
        buffer = bytearray(size)
        self._file.seek(index * size)
        if self._file.readinto(buffer) != size:  # type: ignore[attr-defined]
            raise OSError("The file of hidden states is shorter than what was written.")
        return torch.frombuffer(buffer, dtype=like.dtype).reshape(like.shape).to(like.device)

    def close(self) -> None:
        self._held.clear()
        if self._file is not None:
            self._file.close()


@torch.no_grad()
def masked_losses(model: Model, batch: Batch, memory: float | None, scratch: str | None, call: Call) -> tuple[Tensor, Tensor]:
    """Targets [B] int32 and losses added up over each sequence [L + 1, B] float64, the untouched model first.

    Masking layer l changes nothing before l, so one sweep serves all: before layer l the untouched hidden states are
    kept once more as the pass that skips l, and every later layer runs on all passes so far (arXiv 2510.10071, stage 1).
    """
    share = model.share(batch)
    passes = Passes(None if memory is None else memory / model.ranks.count, scratch)
    sums = torch.zeros(model.layers + 1, len(share.rows), dtype=torch.float64)
    try:
        _sweep(model, share, passes, _together(model, batch), call)
        with model.decoder.whole_head():
            for index in range(model.layers + 1):
                call.check()
                if share.batch is not None:
                    targets = share.batch.targets()
                    own = losses_of(model.decoder, passes.take(index), targets)
                    if share.rows:
                        sums[index].index_add_(0, targets.sequences, own.double())
    finally:
        passes.close()
    counts = torch.tensor(batch.target_counts, dtype=torch.int32)
    return counts, model.scatter_columns(batch.size, share.rows, sums)


def _together(model: Model, batch: Batch) -> int:
    """Passes that go through a layer at once: the same on every rank, since sharded layers are gathered at each call."""
    positions = model.ranks.most(batch.size) * batch.length
    return max(1, _ROWS_AT_ONCE[model.ranks.device.type] // positions)


def _sweep(model: Model, share: Share, passes: Passes, together: int, call: Call) -> None:
    entered = None if share.batch is None else model.decoder.enter(share.batch)
    if entered is not None:
        passes.put(0, entered.hidden)
    for layer in range(model.layers):
        call.check(((layer + 1) / model.layers) ** 2, f"layer {layer + 1} of {model.layers}")
        if entered is None:
            continue
        count = layer + 1
        for begin in range(0, count, together):
            indices = range(begin, min(begin + together, count))
            inputs = [passes.take(index) for index in indices]
            if begin == 0:
                passes.put(count, inputs[0].clone())
            repeated = entered.calls[layer].repeated(len(inputs), inputs[0].shape[0])
            joined = torch.cat(inputs) if len(inputs) > 1 else inputs[0]
            output = model.decoder.layer(layer, joined, repeated)
            for index, states in zip(indices, output.chunk(len(inputs)), strict=True):
                passes.put(index, states)
