"""Importance of layers and units (arXiv 2510.10071, stages 1 and 2)."""

from typing import Any, Iterator, Literal, Sequence

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from .loss import loss_sum, mean_loss, target_count
from .models import Tokens, decoder_layers, unit_modules

Definition = Literal["released", "paper"]
# (layer, unit) → importance
UnitValues = dict[tuple[int, str], float]


def _pass_input_through(module: nn.Module, args: tuple, kwargs: dict[str, Any], output: Any) -> Any:
    """Replaces a decoder layer's output by its input, h_{l+1} = h_l."""
    hidden_states = args[0] if args else kwargs["hidden_states"]
    return (hidden_states, *output[1:]) if isinstance(output, tuple) else hidden_states


def layer_importance(model: PreTrainedModel, sequences: Sequence[Tokens]) -> tuple[float, list[float]]:
    """L and, for every layer l, I(l) = L̂(l) − L, L̂(l) the mean loss when l's output is replaced by its input."""
    base = mean_loss(model, sequences)
    values = []
    for layer in decoder_layers(model):
        handle = layer.register_forward_hook(_pass_input_through, with_kwargs=True)
        try:
            values.append(mean_loss(model, sequences) - base)
        finally:
            handle.remove()
    return base, values


def relative_changes(model: PreTrainedModel, sequences: Sequence[Tokens]) -> list[float]:
    """For every layer, the mean over all positions of ‖output − input‖ / ‖input‖."""
    layers = decoder_layers(model)
    sums = [0.0] * len(layers)

    def add(layer: int, before: Tensor, output: Any) -> None:
        after = output[0] if isinstance(output, tuple) else output
        ratios = (after - before).double().norm(dim=-1) / before.double().norm(dim=-1)
        sums[layer] += ratios.sum().item()

    def hook(layer: int) -> Any:
        return lambda _, args, kwargs, output: add(layer, args[0] if args else kwargs["hidden_states"], output)

    handles = [module.register_forward_hook(hook(layer), with_kwargs=True) for layer, module in enumerate(layers)]
    try:
        with torch.no_grad():
            for sequence in sequences:
                model(torch.tensor([list(sequence)]))
    finally:
        for handle in handles:
            handle.remove()
    positions = sum(len(sequence) for sequence in sequences)
    return [total / positions for total in sums]


def batches_of(sequences: Sequence[Tokens], size: int) -> Iterator[Sequence[Tokens]]:
    """Sequences in their order, `size` at a time; the last batch may be smaller."""
    for start in range(0, len(sequences), size):
        yield sequences[start : start + size]


def unit_importance(
    model: PreTrainedModel, sequences: Sequence[Tokens], batch_size: int, layers: Sequence[int], definition: Definition
) -> UnitValues:
    """Importance of every unit of the given layers; a unit's parameters θ_j are its weight and bias together.

    With L_b the mean loss over batch b's predicted positions and B the number of batches:
      released code  I_U = mean_j( |θ_j| · (1/B) Σ_b |∂L_b/∂θ_j| )
      paper          I_U = mean_j( θ_j · (1/B) Σ_b ∂L_b/∂θ_j )
    Leaves requires_grad, gradients and parameters as they were.
    """
    units = {(layer, name): list(module.parameters(recurse=False))
             for layer in layers
             for name, module in unit_modules(decoder_layers(model)[layer]).items()}  # fmt: skip
    parameters = [parameter for unit in units.values() for parameter in unit]
    before = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    model.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    sums = [torch.zeros_like(parameter) for parameter in parameters]
    count = 0
    for batch in batches_of(sequences, batch_size):
        loss = loss_sum(model, batch) / target_count(batch)
        for total, gradient in zip(sums, torch.autograd.grad(loss, parameters)):
            total += gradient.abs() if definition == "released" else gradient
        count += 1
    for parameter, flag in before:
        parameter.requires_grad_(flag)
    slopes = {id(parameter): total / count for parameter, total in zip(parameters, sums)}
    return {key: _mean_product(unit, [slopes[id(parameter)] for parameter in unit], definition)
            for key, unit in units.items()}  # fmt: skip


def _mean_product(unit: Sequence[Tensor], slopes: Sequence[Tensor], definition: Definition) -> float:
    products = []
    for parameter, slope in zip(unit, slopes):
        theta = parameter.detach()
        products.append(((theta.abs() if definition == "released" else theta) * slope).flatten())
    return torch.cat(products).double().mean().item()
