"""One forward and backward pass, layer by layer: nothing below the lowest layer that trains is differentiated or kept."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .batch import Batch
from .decoder import Decoder, Entered
from .head import losses_and_gradient


@dataclass(frozen=True)
class BackwardRequest:
    """`scale`: the gradient is that of scale·Σ losses. `entering`: gives the hidden states that enter the lowest layer.

    `on_layer` is called from the top down when a layer's parameters have their gradients, which it takes away.
    """

    scale: float
    lowest: int
    recompute: bool
    outer: bool
    entering: Callable[[Batch, Entered], Tensor]
    on_layer: Callable[[int], None]
    check: Callable[[], None]


def backward(decoder: Decoder, batch: Batch, request: BackwardRequest) -> Tensor:
    """Losses of every predicted position, [N] float32 on the CPU; gradients go where the request says."""
    with torch.set_grad_enabled(request.outer):
        entered = decoder.enter(batch)
    with torch.no_grad():
        hidden = entered.hidden.detach() if request.outer else request.entering(batch, entered)
    inputs, outputs = _forward(decoder, entered, hidden, request)
    last = outputs[-1].detach() if outputs else hidden
    losses, gradient = losses_and_gradient(decoder, last, batch.targets(), request.scale)
    for index in reversed(range(len(inputs))):
        layer = request.lowest + index
        request.check()
        output = outputs.pop()
        if request.recompute:
            output = _differentiable(decoder, entered, layer, inputs[index])
        # In the layer's own dtype, whatever the one above computed in.
        output.backward(gradient.to(output.dtype))  # type: ignore[no-untyped-call]
        # None in the lowest layer, below which nothing is wanted.
        below = inputs.pop().grad
        gradient = gradient if below is None else below
        request.on_layer(layer)
    if request.outer:
        entered.hidden.backward(gradient)  # type: ignore[no-untyped-call]
    return losses


def _forward(decoder: Decoder, entered: Entered, hidden: Tensor, request: BackwardRequest) -> tuple[list[Tensor], list[Tensor]]:
    """Input and output of every differentiated layer; each layer's graph ends at its input."""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    for layer in range(request.lowest, len(decoder.layers)):
        request.check()
        own = hidden.detach().requires_grad_(request.outer or layer > request.lowest)
        if request.recompute:
            with torch.no_grad():
                output = decoder.layer(layer, own, entered.calls[layer])
        else:
            output = _differentiable(decoder, entered, layer, own)
        inputs.append(own)
        outputs.append(output)
        hidden = output
    return inputs, outputs


def _differentiable(decoder: Decoder, entered: Entered, layer: int, hidden: Tensor) -> Tensor:
    with torch.enable_grad():
        return decoder.layer(layer, hidden, entered.calls[layer])
