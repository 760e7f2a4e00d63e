"""What trains: parameters with their float32 values, gradients and moments, and the checkpoint's tensors as parts of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from .units import Shape, Unit


def local_of(tensor: Tensor) -> Tensor:
    """What this rank holds of a tensor, sharing its memory."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


class Slot:
    """One parameter of the model. Its tensors have the shape of what this rank holds of it, and are float32.

    Where the model computes in bfloat16 the float32 values live here, and the parameter is a rounded copy of them.
    """

    def __init__(self, parameter: nn.Parameter) -> None:
        self.parameter = parameter
        self.sharded = isinstance(parameter, DTensor)
        held = local_of(parameter.detach())
        self.values = held if held.dtype == torch.float32 else held.float()
        self.first: Tensor | None = None
        self.second: Tensor | None = None

    @property
    def shape(self) -> Shape:
        """Of the whole parameter."""
        return tuple(self.parameter.shape)

    def moments(self) -> tuple[Tensor, Tensor]:
        """AdamW's, made when first needed."""
        if self.first is None or self.second is None:
            self.first, self.second = torch.zeros_like(self.values), torch.zeros_like(self.values)
        return self.first, self.second

    def publish(self) -> None:
        """Rewrites the working copy, where there is one."""
        held = local_of(self.parameter.detach())
        if held.data_ptr() != self.values.data_ptr():
            held.copy_(self.values)

    def take_gradient(self) -> Tensor | None:
        """The gradient that a backward pass left, of this rank's part, float32; the parameter has none afterwards."""
        gradient = self.parameter.grad
        self.parameter.grad = None
        return None if gradient is None else local_of(gradient).float()

    def whole(self, held: Tensor) -> Tensor:
        """All of a tensor of this parameter's form, from what every rank holds of it. Every rank has to call this."""
        if isinstance(self.parameter, DTensor):
            mesh, placements = self.parameter.device_mesh, self.parameter.placements
            shape, stride = self.parameter.shape, self.parameter.stride()
            return DTensor.from_local(held, mesh, placements, run_check=False, shape=shape, stride=stride).full_tensor()
        return held


@dataclass(frozen=True)
class TrainedTensor:
    """A checkpoint's tensor that trains, as a part of a slot."""

    name: str
    shape: Shape
    layer: int | None
    unit: str | None
    slot: Slot = field(repr=False)
    expert: int | None = None
    rows: tuple[int, int] | None = None
    stored: str | None = None  # the weights' tensor, where these are rows of it

    @property
    def decays(self) -> bool:
        """Weight decay applies to matrices only."""
        return len(self.shape) > 1

    def within(self, whole: Tensor, first: int = 0) -> Tensor | None:
        """This tensor's part of a tensor of the slot's form, whose first axis begins at `first`; None where it is not there."""
        part = whole
        if self.expert is not None:
            index = self.expert - first
            if not 0 <= index < whole.shape[0]:
                return None
            part = whole[index]
        if self.rows is None:
            return part
        offset = first if self.expert is None else 0
        begin, end = (min(max(row - offset, 0), part.shape[0]) for row in self.rows)
        return part[begin:end] if begin < end else None

    def held(self, local: Tensor) -> Tensor | None:
        """This tensor's part of what this rank holds of the slot."""
        return self.within(local, first_row(self.slot))

    @property
    def begin(self) -> int:
        """The first of the tensor's rows that this rank holds; experts are held whole or not at all."""
        if self.expert is not None:
            return 0
        return max(first_row(self.slot) - (self.rows[0] if self.rows else 0), 0)

    @torch.no_grad()
    def fill(self, held: Tensor, whole: Tensor) -> None:
        """Copies this rank's rows of the whole tensor into what `held` gave."""
        held.copy_(whole[self.begin : self.begin + held.shape[0]] if held.dim() else whole)


def first_row(slot: Slot) -> int:
    """Where this rank's part begins along the first axis: FSDP2 cuts it as torch.chunk does."""
    if not isinstance(slot.parameter, DTensor):
        return 0
    mesh = slot.parameter.device_mesh
    return min(mesh.get_local_rank() * -(-slot.shape[0] // mesh.size()), slot.shape[0])


def layer_tensors(layer: int, slots: Callable[[int, str], Slot], prefix: str, units: Sequence[Unit]) -> list[TrainedTensor]:
    """The tensors of a layer, in the order of its units."""
    below = f"{prefix}{layer}."
    return [
        TrainedTensor(
            f"{below}{part.name}",
            part.shape,
            layer,
            unit.name,
            slots(layer, part.parameter),
            part.expert,
            part.rows,
            None if part.stored == part.name else f"{below}{part.stored}",
        )
        for unit in units
        for part in unit.parts
    ]
