"""Chooses, from memory, what each rank holds of a model, and shards decoder layers with FSDP2.

What lies outside of the layers is sharded by outer.py.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

from .errors import InputError
from .memory import free_bytes, megabytes
from .ranks import Ranks

Sharding = Literal["none", "trained", "all"]
# Of what is free: the rest is for activations, and for what the allocator cannot use.
_SHARE = 0.7
# Value, gradient and two moments of a parameter that trains, float32.
TRAINED_BYTES = 16


@dataclass(frozen=True)
class Sizes:
    """Parameters by what happens to them."""

    frozen_layers: int
    trained_layers: int
    outer: int
    outer_trains: bool


@dataclass(frozen=True)
class Layout:
    """How a model is spread, and why. `outer`: whether embedding and head are in parts."""

    sharding: Sharding
    outer: bool
    recompute: bool
    reason: str

    def shards(self, trains: bool) -> bool:
        """Whether a layer is in parts that trains, or does not."""
        return self.sharding == "all" or (self.sharding == "trained" and trains)


def needed_bytes(sizes: Sizes, sharding: Sharding, ranks: int, width: int) -> int:
    """What one rank holds, in bytes; `width`: bytes of a frozen or working value."""
    trained = TRAINED_BYTES + (width if width < 4 else 0)
    outer = sizes.outer * (trained if sizes.outer_trains else width) // (ranks if shards_outer(sizes, sharding) else 1)
    frozen = sizes.frozen_layers * width // (ranks if sharding == "all" else 1)
    return outer + frozen + sizes.trained_layers * trained // (1 if sharding == "none" else ranks)


def shards_outer(sizes: Sizes, sharding: Sharding) -> bool:
    """Whether embedding and head are in parts as well."""
    return sharding == "all" or (sharding == "trained" and sizes.outer_trains)


def room_of(ranks: Ranks) -> int:
    """Bytes that every rank may take, before a model is loaded."""
    sharing = ranks.position.local_count if ranks.device.type == "cpu" else 1
    return min(ranks.everyone(int(free_bytes(ranks.device) * _SHARE) // sharing))


def choose_layout(sizes: Sizes, ranks: Ranks, width: int, activations: int, room: int) -> Layout:
    """Replicates what is frozen while that fits, and shards what trains. `activations`: bytes that a backward pass keeps."""
    asked = os.environ.get("ADEPT_SHARDING", "auto")
    if asked not in ("auto", "none", "trained", "all"):
        raise InputError(f"The environment variable ADEPT_SHARDING is {asked!r}: it may be auto, none, trained or all.")
    if ranks.count == 1:
        sharding: Sharding = "none"
        said = "one process holds all of it"
    elif asked != "auto":
        sharding, said = _named(asked), f"{_WORDS[_named(asked)]}, as ADEPT_SHARDING asks"
    else:
        sharding = _smallest(sizes, ranks.count, width, room)
        needed = needed_bytes(sizes, sharding, ranks.count, width)
        said = f"{_WORDS[sharding]}: {megabytes(needed)} MB a rank, {megabytes(room)} MB are to be had"
    left = room - needed_bytes(sizes, sharding, ranks.count, width)
    recompute = _recompute(activations > left)
    said += "; activations are computed again in the backward pass" if recompute else ""
    return Layout(sharding, shards_outer(sizes, sharding), recompute, said)


_WORDS = {
    "none": "every rank holds all of it",
    "trained": "every rank holds what is frozen, and a part of what trains",
    "all": "every rank holds a part of every layer, of the embedding and of the head",
}


def _named(asked: str) -> Sharding:
    return "none" if asked == "none" else "trained" if asked == "trained" else "all"


def _smallest(sizes: Sizes, ranks: int, width: int, room: int) -> Sharding:
    if sizes.trained_layers == 0:
        return "none" if needed_bytes(sizes, "none", ranks, width) <= room else "all"
    return "trained" if needed_bytes(sizes, "trained", ranks, width) <= room else "all"


def _recompute(tight: bool) -> bool:
    asked = os.environ.get("ADEPT_CHECKPOINTING", "auto")
    if asked not in ("auto", "on", "off"):
        raise InputError(f"The environment variable ADEPT_CHECKPOINTING is {asked!r}: it may be auto, on or off.")
    return tight if asked == "auto" else asked == "on"


def mesh_of(ranks: Ranks) -> DeviceMesh | None:
    """All ranks in a row; None where there is one. Every rank has to call this."""
    return init_device_mesh(ranks.device.type, (ranks.count,)) if ranks.count > 1 else None


def shard_layers(layers: Sequence[nn.Module], mesh: DeviceMesh, dtype: torch.dtype) -> None:
    """Makes each layer an FSDP2 unit of its own, whose gradients are summed over ranks.

    Every layer is its own root, since layers are called one by one. Sums, not means: gloo has none, and the loss is
    already divided by the number of all targets.
    """
    for layer in layers:
        policy = MixedPrecisionPolicy(
            param_dtype=dtype if dtype != torch.float32 else None, reduce_dtype=torch.float32, cast_forward_inputs=False
        )
        fully_shard(layer, mesh=mesh, reshard_after_forward=True, mp_policy=policy)
        if not isinstance(layer, FSDPModule):
            raise TypeError("FSDP2 left a layer as it was.")
        layer.set_force_sum_reduction_for_comms(True)
        layer.set_gradient_divide_factor(1.0)
