"""What trains, as the run folder keeps it: safetensors in float32 under the checkpoint's names, whatever wrote them."""

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from .call import Call
from .errors import CallError, LostError
from .model import Model
from .stored import StoredTensors
from .trained import Slot, TrainedTensor

DELTA, OPTIMIZER = "delta.safetensors", "optimizer.safetensors"
# What the names of a tensor's moments end in, as in torch.optim.AdamW.
MOMENTS = (".exp_avg", ".exp_avg_sq")

# What every rank holds of one of a slot's tensors.
_Of = Callable[[Slot], Tensor]


def save_trained(model: Model, folder: str, call: Call) -> None:
    """Writes and syncs both files; every rank gathers, rank 0 writes. Raises CallError where they cannot be written."""
    model.strength.require_one("save what was trained")
    of_values: list[tuple[str, _Of]] = [("", lambda slot: slot.values)]
    of_moments: list[tuple[str, _Of]] = [
        (MOMENTS[0], lambda slot: _moment(slot, 0)),
        (MOMENTS[1], lambda slot: _moment(slot, 1)),
    ]
    path = Path(folder)
    problems = [_write(model, path / file, parts, call) for file, parts in ((DELTA, of_values), (OPTIMIZER, of_moments))]
    # Rank 0 alone writes: the others learn of a full disk from it.
    problem = model.ranks.gather(next(filter(None, problems), ""))[0]
    if problem:
        raise CallError(problem)


def _moment(slot: Slot, index: int) -> Tensor:
    moment = (slot.first, slot.second)[index]
    return torch.zeros_like(slot.values) if moment is None else moment


def _write(model: Model, file: Path, parts: list[tuple[str, _Of]], call: Call) -> str:
    """Returns what went wrong, as rank 0 sees it. All ranks have to gather to the end."""
    named = [(tensor, f"{tensor.name}{suffix}", of) for tensor in model.tensors for suffix, of in parts]
    if model.ranks.rank != 0:
        for _ in _gathered(named, call):
            pass
        return ""
    pieces = _gathered(named, call)
    try:
        with file.open("wb") as opened:
            opened.write(_header(named))
            for piece in pieces:
                opened.write(piece.contiguous().view(torch.uint8).numpy().data)
            _sync(opened)
        _sync_folder(file.parent)
    except OSError as error:
        for _ in pieces:
            pass
        return f"{file} cannot be written ({error}): free disk space, or choose another folder."
    return ""


def _gathered(named: list[tuple[TrainedTensor, str, _Of]], call: Call) -> Iterator[Tensor]:
    """Every tensor whole, on the CPU, one at a time."""
    last: tuple[Slot, str, Tensor] | None = None
    for index, (tensor, name, of) in enumerate(named):
        call.check(index / len(named), f"tensor {index + 1} of {len(named)}")
        suffix = name.removeprefix(tensor.name)
        # Experts lie one after the other in the same parameter.
        if last is None or last[0] is not tensor.slot or last[1] != suffix:
            last = (tensor.slot, suffix, tensor.slot.whole(of(tensor.slot)))
        part = tensor.within(last[2])
        if part is None:
            raise RuntimeError(f"{name} is not in its parameter.")
        yield part.cpu().reshape(-1)


def _header(named: list[tuple[TrainedTensor, str, _Of]]) -> bytes:
    fields = {}
    end = 0
    for tensor, name, _ in named:
        begin, end = end, end + 4 * math.prod(tensor.shape)
        fields[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(fields, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _sync(opened: IO[bytes]) -> None:
    opened.flush()
    os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_trained(model: Model, folder: str, moments: bool) -> None:
    """Reads what trains, on every rank, whatever number of ranks wrote it. Raises InputError before anything changes."""
    model.strength.set({})
    path = Path(folder)
    delta = StoredTensors([path / DELTA])
    optimizer = StoredTensors([path / OPTIMIZER]) if moments else None
    for tensor in model.tensors:
        delta.require(tensor.name, tensor.shape)
        if optimizer is not None:
            for suffix in MOMENTS:
                optimizer.require(f"{tensor.name}{suffix}", tensor.shape)
    try:
        for tensor in model.tensors:
            _fill(tensor, tensor.slot.values, delta, "")
            if optimizer is not None:
                for suffix, moment in zip(MOMENTS, tensor.slot.moments(), strict=True):
                    _fill(tensor, moment, optimizer, suffix)
        for slot in model.slots:
            slot.publish()
    except Exception as error:
        raise LostError(f"{folder} could not be read to its end ({error}).") from error


def _fill(tensor: TrainedTensor, local: Tensor, stored: StoredTensors, suffix: str) -> None:
    held = tensor.held(local)
    if held is not None:
        tensor.fill(held, stored.read(f"{tensor.name}{suffix}"))
