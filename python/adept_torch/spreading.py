"""One rank loads a model, the others take it over layer by layer: none but the first has all of it on the CPU."""

import json
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from .errors import InputError
from .loading import Loaded, Probed, load, outline
from .ranks import Ranks

# How often a rank that loads says so, at least.
_SIGN_SECONDS = 20.0
_LOADING = b"loading"
# Where a module keeps tensors: some families have copies of their buffers as plain attributes.
_KINDS = ("_parameters", "_buffers", "__dict__")


def load_once(folder: str, dtype: torch.dtype, ranks: Ranks) -> Loaded:
    """What rank 0 loads; elsewhere the same without values, which `share_values` brings. Raises InputError on every rank."""
    if ranks.count == 1:
        return load(folder, dtype)
    loaded, failed = _load_first(folder, dtype, ranks) if ranks.rank == 0 else _outline_later(folder, dtype, ranks)
    problem = next(filter(None, ranks.gather("" if failed is None else str(failed))), "")
    if failed is not None:
        raise failed
    if problem or loaded is None:
        raise InputError(problem or f"{folder}: rank 0 could not load the model.")
    return loaded


_Outcome = tuple[Loaded | None, Exception | None]


def _load_first(folder: str, dtype: torch.dtype, ranks: Ranks) -> _Outcome:
    """In a thread of its own, so that the others hear something meanwhile: they wait for no one without end."""
    outcomes: queue.Queue[_Outcome] = queue.Queue()

    def work() -> None:
        try:
            outcomes.put((load(folder, dtype), None))
        except Exception as error:
            outcomes.put((None, error))

    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            loaded, failed = outcomes.get(timeout=min(ranks.seconds / 3, _SIGN_SECONDS))
        except queue.Empty:
            ranks.share(_LOADING)
            continue
        ranks.share(b"" if loaded is None else loaded.probed.encode())
        return loaded, failed


def _outline_later(folder: str, dtype: torch.dtype, ranks: Ranks) -> _Outcome:
    known = ranks.share(None)
    while known == _LOADING:
        known = ranks.share(None)
    try:
        return (outline(folder, dtype, Probed.decode(known)) if known else None), None
    except Exception as error:
        return None, error


@dataclass(frozen=True)
class _Slot:
    """Where a tensor is kept."""

    module: nn.Module
    kind: str
    name: str
    tensor: Tensor

    def put(self, tensor: Tensor) -> None:
        getattr(self.module, self.kind)[self.name] = tensor


def modules_of(module: nn.Module, without: Sequence[nn.Module] = ()) -> dict[str, nn.Module]:
    """It and all below it, by name, leaving out some and what is below those."""
    left_out = {id(inner) for one in without for inner in one.modules()}
    return {name: inner for name, inner in module.named_modules() if id(inner) not in left_out}


def share_values(modules: Mapping[str, nn.Module], ranks: Ranks) -> None:
    """Puts rank 0's tensors of these modules on every rank's device. Raises InputError where the modules are others there."""
    slots = {key: slot for path, module in modules.items() for key, slot in _slots(path, module)}
    same: dict[int, list[str]] = {}
    for key, slot in slots.items():
        same.setdefault(id(slot.tensor), []).append(key)
    own = [
        {
            "keys": keys,
            "shape": list(slots[keys[0]].tensor.shape),
            "dtype": str(slots[keys[0]].tensor.dtype).removeprefix("torch."),
        }
        for keys in same.values()
    ]
    described = json.loads(ranks.share(json.dumps(own).encode() if ranks.rank == 0 else None))
    other = {key for one in described for key in one["keys"]} ^ slots.keys()
    if problem := next(filter(None, ranks.gather(", ".join(sorted(other))[:300])), ""):
        raise InputError(f"Ranks have other tensors of the model than rank 0 ({problem}): install the same transformers for all.")
    for one in described:
        _share(one, slots, ranks)


def _slots(path: str, module: nn.Module) -> Iterator[tuple[str, _Slot]]:
    for kind in _KINDS:
        for name, tensor in getattr(module, kind).items():
            if isinstance(tensor, Tensor):
                yield f"{path}.{name}".removeprefix("."), _Slot(module, kind, name, tensor)


@torch.no_grad()
def _share(described: Mapping[str, Any], slots: Mapping[str, _Slot], ranks: Ranks) -> None:
    """One tensor, under every key that it has."""
    keys: list[str] = described["keys"]
    first = slots[keys[0]]
    if ranks.rank == 0:
        values = first.tensor.detach().to(ranks.device).contiguous()
    else:
        values = torch.empty(described["shape"], dtype=getattr(torch, described["dtype"]), device=ranks.device)
    if values.numel() > 0:
        # As bytes: gloo does not know every type.
        dist.broadcast(values.reshape(-1).view(torch.uint8), 0)
    if ranks.rank == 0 and values.data_ptr() == first.tensor.data_ptr():
        return
    parameter = nn.Parameter(values, requires_grad=False) if any(slots[key].kind == "_parameters" for key in keys) else None
    for key in keys:
        slot = slots[key]
        slot.put(values if parameter is None or slot.kind != "_parameters" else parameter)
