"""The strength α: scales what a layer writes into the residual stream by scaling the units that write it."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from .decoder import Decoder
from .errors import CallError
from .trained import local_of
from .units import Unit


class Strength:
    """α = 1 restores what was trained, to the bit."""

    def __init__(self, decoder: Decoder, layer_units: Sequence[Sequence[Unit]]) -> None:
        self._decoder = decoder
        # Of every layer the parameters that write, with the value at which they write nothing.
        self._outputs = [
            {
                part.parameter: unit.zero if part.parameter.endswith("weight") else 0
                for unit in units
                if unit.output
                for part in unit.parts
            }
            for units in layer_units
        ]
        self._trained: dict[tuple[int, str], Tensor] = {}

    @property
    def is_one(self) -> bool:
        return not self._trained

    def changes_below(self, layer: int) -> bool:
        """Whether a layer below this one is scaled, so that what enters it is not what it was."""
        return any(scaled < layer for scaled, _ in self._trained)

    def require_one(self, what: str) -> None:
        """Raises CallError where the model is scaled, since what is there is not what was trained."""
        if not self.is_one:
            raise CallError(f"The strength has to be 1 to {what}: set it back first.")

    @torch.no_grad()
    def set(self, alpha: Mapping[int, float]) -> None:
        """Scales the named layers and restores all others. Raises CallError on a layer that is not there."""
        layers = len(self._decoder.layers)
        for layer in alpha:
            if not 0 <= layer < layers:
                raise CallError(f"There is no layer {layer}: the model has 0 to {layers - 1}.")
        for key, values in self._trained.items():
            self._held(*key).copy_(values)
        self._trained.clear()
        for layer, factor in alpha.items():
            if factor == 1:
                continue
            for name, zero in self._outputs[layer].items():
                held = self._held(layer, name)
                self._trained[(layer, name)] = held.clone()
                # zero + α·(value − zero), where zero is 0 or −1.
                held.copy_((held.float() - zero) * factor + zero)

    def _held(self, layer: int, name: str) -> Tensor:
        return local_of(self._decoder.layers[layer].get_parameter(name).detach())
