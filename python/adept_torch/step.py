"""One optimiser step over micro-batches whose sequences are shared out over ranks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .adamw import AdamW
from .batch import Batch
from .call import Call
from .errors import CallError, LostError
from .gradients import BackwardRequest, backward
from .messages import Step
from .model import Model, Share
from .trained import Slot


@dataclass(frozen=True)
class StepResult:
    """The mean loss over all predicted positions of the step, nats; the gradient's norm before clipping; tokens."""

    loss: float
    norm: float
    tokens: int


class Gradients:
    """Float32 gradients of what this rank holds, added up over micro-batches."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._sums: dict[int, Tensor] = {}
        self._by_layer: dict[int | None, list[Slot]] = {}
        for tensor in model.tensors:
            slots = self._by_layer.setdefault(tensor.layer, [])
            if all(slot is not tensor.slot for slot in slots):
                slots.append(tensor.slot)

    def take(self, layer: int | None) -> None:
        """Those that a backward pass left in a layer, or outside the layers."""
        for slot in self._by_layer.get(layer, []):
            gradient = slot.take_gradient()
            if gradient is None:
                continue
            sofar = self._sums.get(id(slot))
            if sofar is None:
                self._sums[id(slot)] = gradient
            else:
                sofar.add_(gradient)

    def reduce(self) -> None:
        """Adds up over ranks; FSDP2 has done so for what it shards."""
        for slot in self._model.slots:
            if id(slot) not in self._sums:
                self._sums[id(slot)] = torch.zeros_like(slot.values)
            if not slot.sharded:
                self._model.ranks.sum(self._sums[id(slot)])

    def of(self, slot: Slot) -> Tensor:
        return self._sums[id(slot)]

    def norm(self, leave_out: frozenset[str]) -> float:
        """√Σ‖g‖², in double precision in the order of the trained tensors; what is frozen must not slow down the others."""
        zero = torch.zeros((), dtype=torch.float64, device=self._model.ranks.device)
        squares: list[Tensor] = []
        partial: list[Tensor] = []
        for tensor in self._model.tensors:
            own = None if tensor.name in leave_out else tensor.held(self.of(tensor.slot))
            square = zero if own is None else torch.linalg.vector_norm(own, dtype=torch.float64).square()
            (partial if tensor.slot.sharded else squares).append(square)
            (squares if tensor.slot.sharded else partial).append(zero)
        total = torch.stack(squares) + self._model.ranks.sum(torch.stack(partial))
        return math.sqrt(sum(total.tolist()))


def step(model: Model, request: Step, batches: Sequence[Batch], rates: Sequence[float], call: Call) -> StepResult:
    """The gradient is that of the mean loss over all predicted positions of all batches, however they fall into them.

    `rates`: of every trained tensor, times the schedule's factor. A loss or norm that is not finite changes nothing.
    """
    _check(model, request, batches, rates)
    gradients = Gradients(model)
    targets = sum(sum(batch.target_counts) for batch in batches)
    try:
        total = _accumulate(model, request, batches, gradients, call)
        gradients.reduce()
        loss = float(model.ranks.sum(torch.tensor([total], dtype=torch.float64)).item()) / targets
        norm = gradients.norm(frozenset(request.frozen))
        call.check()
    finally:
        for slot in model.slots:
            slot.parameter.grad = None
    if math.isfinite(loss) and math.isfinite(norm):
        try:
            _update(model, request, rates, gradients, norm)
        except Exception as error:
            raise LostError(f"The step failed while it changed weights ({error}).") from error
    return StepResult(loss, norm, sum(sum(batch.lengths) for batch in batches))


def _check(model: Model, request: Step, batches: Sequence[Batch], rates: Sequence[float]) -> None:
    if not model.tensors:
        raise CallError("Nothing trains in this model: open it with layers to train.")
    model.strength.require_one("train")
    if len(rates) != len(model.tensors):
        raise CallError(f"There are {len(rates)} rates for {len(model.tensors)} trained tensors.")
    unknown = set(request.frozen) - {tensor.name for tensor in model.tensors}
    if unknown:
        raise CallError(f"{sorted(unknown)[0]} does not train, so it cannot be frozen.")
    if request.step < 1 or sum(sum(batch.target_counts) for batch in batches) == 0:
        raise CallError("A step needs a number from 1 on, and at least one predicted position.")


def _accumulate(model: Model, request: Step, batches: Sequence[Batch], gradients: Gradients, call: Call) -> float:
    """Runs every micro-batch. Returns the sum of this rank's losses."""
    targets = sum(sum(batch.target_counts) for batch in batches)
    total = 0.0
    offset = 0
    for index, batch in enumerate(batches):
        call.check(index / len(batches), f"batch {index + 1} of {len(batches)}")
        share = model.share(batch, offset)
        offset += batch.size
        if share.batch is not None:
            own = _backward(model, share, request.reuse, gradients, 1 / targets, call)
            total += float(own.sum(dtype=torch.float64)) if share.rows else 0.0
    return total


def _backward(model: Model, share: Share, reuse: bool, gradients: Gradients, scale: float, call: Call) -> Tensor:
    if share.batch is None:
        raise RuntimeError("There is nothing to differentiate.")
    lowest = model.lowest
    losses = backward(
        model.decoder,
        share.batch,
        BackwardRequest(
            # A sequence that only keeps ranks in step counts for nothing.
            scale=scale if share.rows else 0.0,
            lowest=lowest,
            recompute=model.layout.recompute,
            outer=model.trains_outer,
            entering=lambda own, entered: model.entering(own, entered, lowest, reuse),
            on_layer=gradients.take,
            check=call.check_alone,
        ),
    )
    gradients.take(None)
    return losses


@torch.no_grad()
def _update(model: Model, request: Step, rates: Sequence[float], gradients: Gradients, norm: float) -> None:
    # As torch.nn.utils.clip_grad_norm_.
    clip = min(1.0, request.clip_at / (norm + 1e-6)) if request.clip_at > 0 else 1.0
    adamw = AdamW(request.step, request.betas, request.epsilon, clip)
    for tensor, rate in zip(model.tensors, rates, strict=True):
        slot = tensor.slot
        first, second = slot.moments()
        held = [tensor.held(part) for part in (slot.values, gradients.of(slot), first, second)]
        values, gradient, one, two = held
        if values is not None and gradient is not None and one is not None and two is not None:
            adamw.update(values, gradient, (one, two), rate, request.weight_decay if tensor.decays else 0.0)
    for slot in model.slots:
        slot.publish()
