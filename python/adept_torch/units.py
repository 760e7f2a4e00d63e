"""The units of a decoder layer, and the checkpoint's names of their tensors."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from .errors import InputError
from .families import BALANCING, EXPERT_NAMES, FUSED, OUTPUT_PROJECTIONS, POST_NORMS, RENAMED

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """A checkpoint's tensor as a part of a layer's parameter: all of it, rows of it, or rows of one expert.

    Rows of what the weights, too, keep as one are a tensor of their own in a run's files.
    """

    name: str  # below the layer, in a run's files
    shape: Shape
    parameter: str  # below the layer, in the module
    expert: int | None = None
    rows: tuple[int, int] | None = None

    @property
    def stored(self) -> str:
        """The tensor of the weights that holds it, below the layer."""
        return self.parameter if self.rows is not None and self.expert is None else self.name


@dataclass(frozen=True)
class Unit:
    """A module with parameters of its own; the experts of a layer are one unit each of gate, up and down."""

    name: str
    parts: tuple[Part, ...]
    output: bool
    zero: int


def units_of(layer: nn.Module, family: str, stored: Mapping[str, Shape], order: Sequence[str]) -> list[Unit]:
    """The units in the order of the computation.

    `stored`: the tensors that the checkpoint has of this layer, names below it. `order`: modules in the order in which
    they were called. Raises InputError where the checkpoint calls a tensor by a name that is not known here.
    """
    parts: dict[str, list[Part]] = {}
    for path, parameter in _ordered(layer, order):
        shape = tuple(parameter.shape)
        for unit, part in _slices(layer, family, path, shape) or _parts_of(path, shape, stored):
            parts.setdefault(unit, []).append(part)
    norms = POST_NORMS.get(family)
    outputs = norms.units if norms else OUTPUT_PROJECTIONS
    zero = -norms.offset if norms else 0
    return [Unit(name, tuple(found), name in outputs, zero if name in outputs else 0) for name, found in parts.items()]


def _ordered(layer: nn.Module, order: Sequence[str]) -> Iterator[tuple[str, nn.Parameter]]:
    """Parameters in the order of the computation; an attention's projections come before its head norms."""
    positions = {name: index for index, name in enumerate(order)}
    for norm, projection in (("q_norm", "v_proj"), ("k_norm", "v_proj")):
        for name in order:
            if name.endswith(f".{norm}"):
                after = name.removesuffix(norm) + projection
                positions[name] = max(positions[name], positions.get(after, 0))
    named = [(path, parameter) for path, parameter in layer.named_parameters() if path.rpartition(".")[2] not in BALANCING]
    keys = [(positions.get(path.rpartition(".")[0], len(positions)), path.endswith("_norm.weight"), index)
            for index, (path, _) in enumerate(named)]  # fmt: skip
    yield from (named[key[2]] for key in sorted(keys))


def _slices(layer: nn.Module, family: str, path: str, shape: Shape) -> list[tuple[str, Part]]:
    """The units of a fused projection, by its rows; none of any other."""
    module, _, kind = path.rpartition(".")
    names = FUSED.get(family, {}).get(module, [])
    sizes = [shape[0] // len(names)] * len(names) if names else []
    if "self_attn.k_proj" in names:
        attention: Any = layer.get_submodule("self_attn")
        keys = attention.num_key_value_heads * attention.head_dim
        sizes = [shape[0] - 2 * keys, keys, keys]
    ends = list(itertools.accumulate(sizes))
    return [
        (name, Part(f"{name}.{kind}", (size, *shape[1:]), path, rows=(end - size, end)))
        for name, size, end in zip(names, sizes, ends, strict=True)
    ]


def _parts_of(path: str, shape: Shape, stored: Mapping[str, Shape]) -> list[tuple[str, Part]]:
    for candidate in _candidates(path, shape):
        if all(stored.get(part.name) == part.shape for _, part in candidate):
            return candidate
    raise InputError(
        f'The checkpoint has no tensor for the parameter "{path}" of shape {list(shape)}, by no name known here: '
        "this model family cannot be trained yet."
    )


def _candidates(path: str, shape: Shape) -> Iterator[list[tuple[str, Part]]]:
    """Ways in which a checkpoint may store a parameter."""
    module = path.rpartition(".")[0]
    yield [(module, Part(path, shape, path))]
    for own, theirs in RENAMED:
        if path.startswith(own):
            renamed = theirs + path.removeprefix(own)
            yield [(renamed.rpartition(".")[0], Part(renamed, shape, path))]
    fused = re.fullmatch(r"(.*experts)\.(gate_up_proj|down_proj)", path)
    if fused is None or len(shape) != 3:
        return
    prefixes = [fused[1], *(theirs + fused[1].removeprefix(own) for own, theirs in RENAMED if path.startswith(own))]
    for prefix in prefixes:
        for gate, up, down in EXPERT_NAMES:
            names = (gate, up) if fused[2] == "gate_up_proj" else (down,)
            yield list(_expert_parts(path, prefix, names, shape))


def _expert_parts(path: str, prefix: str, names: tuple[str, ...], shape: Shape) -> Iterator[tuple[str, Part]]:
    experts, rows, columns = shape
    each = rows // len(names)
    for index, name in enumerate(names):
        for expert in range(experts):
            span = None if len(names) == 1 else (index * each, (index + 1) * each)
            part = Part(f"{prefix}.{expert}.{name}.weight", (each, columns), path, expert, span)
            yield f"{prefix}.{name}", part
