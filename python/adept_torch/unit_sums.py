"""Importance of units, and of parts of them, by the gradient of a batch's mean loss."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from .batch import Batch
from .call import Call
from .errors import CallError
from .gradients import BackwardRequest, backward
from .messages import GroupRequest, UnitSums
from .model import Model
from .trained import Slot, TrainedTensor


class Sums:
    """Σ |θ·g| or θ·g, float64, of units and groups. What shards give is added up over ranks at the end."""

    def __init__(self, model: Model, request: UnitSums) -> None:
        self._model = model
        self._request = request
        units = [len(model.units), *(len(group.bounds) - 1 for group in request.groups)]
        shape = (2, len(request.layers))
        # First of parameters that every rank has whole, then of those that it has a part of.
        self._sums = [torch.zeros(*shape, size, dtype=torch.float64) for size in units]
        self._rows = {layer: index for index, layer in enumerate(request.layers)}

    @torch.no_grad()
    def take(self, layer: int) -> None:
        """Takes a layer's gradients away. Every rank comes here, in the same order, whether it has some or not."""
        if layer not in self._rows:
            return
        known = {id(slot.parameter): slot for slot in self._model.slots}
        module = self._model.decoder.layers[layer]
        products: dict[str, tuple[Slot, Tensor]] = {}
        for name, parameter in module.named_parameters():
            slot = known.get(id(parameter)) or Slot(parameter)
            gradient = slot.take_gradient()
            gradient = torch.zeros_like(slot.values) if gradient is None else gradient
            if not slot.sharded:
                self._model.ranks.sum(gradient)
            product = slot.values * gradient
            products[name] = (slot, product.abs() if self._request.definition == "released" else product)
        self._add(layer, products)

    def _add(self, layer: int, products: dict[str, tuple[Slot, Tensor]]) -> None:
        row = self._rows[layer]
        columns = {unit.name: index for index, unit in enumerate(self._model.units)}
        for unit in self._model.layer_units[layer]:
            for part in unit.parts:
                slot, product = products[part.parameter]
                tensor = TrainedTensor(part.name, part.shape, layer, unit.name, slot, part.expert, part.rows)
                own = tensor.held(product)
                if own is None:
                    continue
                kind = int(slot.sharded)
                self._sums[0][kind, row, columns[unit.name]] += own.sum(dtype=torch.float64).cpu()
                if part.name.endswith("weight"):
                    for number, group in enumerate(self._request.groups):
                        if group.unit == unit.name:
                            self._sums[number + 1][kind, row] += _group_sums(own, group, tensor.begin)

    def result(self) -> list[Tensor]:
        """[layers, units], then [layers, bounds − 1] of every group."""
        return [sums[0] + self._model.ranks.sum(sums[1].clone()) for sums in self._sums]


def _group_sums(product: Tensor, group: GroupRequest, begin: int) -> Tensor:
    """Of a weight's rows from `begin` on, added up between the bounds."""
    along = product.sum(1 if group.along == "rows" else 0, dtype=torch.float64).cpu()
    offset = begin if group.along == "rows" else 0
    bounds = [min(max(bound - offset, 0), len(along)) for bound in group.bounds]
    return torch.stack([along[a:b].sum() for a, b in itertools.pairwise(bounds)])


def unit_sums(model: Model, batch: Batch, request: UnitSums, call: Call) -> list[Tensor]:
    """Sums over the parameters of every unit of the named layers; the gradient is that of the whole batch, over all ranks."""
    _check(model, request)
    sums = Sums(model, request)
    lowest = min(request.layers)
    share = model.share(batch)
    # A sequence that only keeps ranks in step counts for nothing.
    scale = 1 / max(sum(batch.target_counts), 1) if share.rows else 0.0
    call.check()
    with model.wanting(request.layers):
        if share.batch is not None:
            backward(
                model.decoder,
                share.batch,
                BackwardRequest(
                    scale=scale,
                    lowest=lowest,
                    recompute=model.layout.recompute,
                    outer=False,
                    entering=lambda own, entered: model.entering(own, entered, lowest, request.reuse),
                    on_layer=sums.take,
                    check=call.check_alone,
                ),
            )
        else:
            for layer in reversed(range(lowest, model.layers)):
                sums.take(layer)
    return sums.result()


def _check(model: Model, request: UnitSums) -> None:
    layers = request.layers
    if not layers or len(set(layers)) != len(layers) or any(not 0 <= layer < model.layers for layer in layers):
        raise CallError(f"The model has layers 0 to {model.layers - 1}: units of {list(layers)} cannot be measured.")
    matrices = {unit.name: _matrix(unit.parts[0].shape) for unit in model.units}
    for group in request.groups:
        shape = matrices.get(group.unit)
        if shape is None:
            raise CallError(f'There is no unit "{group.unit}" with a matrix, so it has no groups.')
        size = shape[0] if group.along == "rows" else shape[1]
        if not _ascending(group.bounds) or group.bounds[-1] > size:
            raise CallError(f'Groups of "{group.unit}" have bounds {list(group.bounds)[:20]}: they have to ascend up to {size}.')


def _matrix(shape: Sequence[int]) -> Sequence[int] | None:
    return shape if len(shape) == 2 else None


def _ascending(bounds: Sequence[int]) -> bool:
    return len(bounds) > 1 and bounds[0] >= 0 and all(a < b for a, b in itertools.pairwise(bounds))
