"""An open model: its parts, what trains of it, and how its work is shared out over ranks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from .activation_cache import ActivationCache, entering
from .batch import Batch
from .decoder import Decoder, Entered
from .ranks import Ranks
from .sharding import Layout
from .strength import Strength
from .trained import Slot, TrainedTensor
from .units import Unit


@dataclass(frozen=True)
class Share:
    """This rank's sequences of a batch, `rows` of it. `batch` is None where there are none and none is needed.

    Where layers are sharded every rank has to compute as often as the others: it takes a sequence whose numbers
    nobody uses, and `rows` is empty.
    """

    rows: Sequence[int]
    batch: Batch | None


@dataclass
class Model:
    """Everything that a call needs. `lowest` is the lowest layer that trains; as many as there are where none does."""

    ranks: Ranks
    decoder: Decoder
    layer_units: Sequence[Sequence[Unit]]
    tensors: Sequence[TrainedTensor]
    layout: Layout
    storage: tuple[str, str]  # dtype and reason
    dtype: torch.dtype
    lowest: int
    trains_outer: bool
    cache: ActivationCache | None
    strength: Strength

    @property
    def layers(self) -> int:
        return len(self.decoder.layers)

    @property
    def units(self) -> list[Unit]:
        """What layers are made of: those of the first, and after them what only other layers have."""
        found: dict[str, Unit] = {}
        for units in self.layer_units:
            for unit in units:
                found.setdefault(unit.name, unit)
        return list(found.values())

    @property
    def vocabulary(self) -> int:
        return int(self.decoder.config.vocab_size)

    @property
    def slots(self) -> list[Slot]:
        """Every parameter that trains, once."""
        return list({id(tensor.slot): tensor.slot for tensor in self.tensors}.values())

    @property
    def sharded(self) -> bool:
        return self.layout.sharding != "none"

    def share(self, batch: Batch, offset: int = 0) -> Share:
        """This rank's part of a batch whose first sequence is number `offset` of the call."""
        rows = self.ranks.mine(batch.size, offset)
        if rows:
            return Share(rows, batch.select(rows))
        return Share(rows, batch.select([0]) if self.sharded else None)

    def entering(self, batch: Batch, entered: Entered, layer: int, reuse: bool) -> Tensor:
        """Hidden states that enter a layer, [B, T, D]; from kept ones where that may be."""
        if not reuse or self.cache is None or layer < self.lowest or self.strength.changes_below(self.lowest):
            return self.decoder.run(entered, entered.hidden, 0, layer)

        def compute() -> Tensor:
            return self.decoder.run(entered, entered.hidden, 0, self.lowest)

        kept = entering(self.cache, batch, compute, self._every)
        return self.decoder.run(entered, kept, self.lowest, layer)

    def _every(self, flag: bool) -> bool:
        # Only where lower layers are sharded must ranks compute them together.
        return not self.ranks.any(not flag) if self.layout.sharding == "all" else flag

    @torch.no_grad()
    def hidden(self, batch: Batch, reuse: bool = False) -> Tensor:
        """Hidden states before the final norm, [B, T, D]."""
        return self.entering(batch, self.decoder.enter(batch), self.layers, reuse)

    @contextmanager
    def wanting(self, layers: Sequence[int]) -> Iterator[None]:
        """Within, gradients are wanted of these layers' parameters and of nothing else."""
        before = [(parameter, parameter.requires_grad) for parameter in self.decoder.causal.parameters()]
        wanted = {id(parameter) for layer in layers for parameter in self.decoder.layers[layer].parameters()}
        try:
            for parameter, _ in before:
                parameter.requires_grad_(id(parameter) in wanted)
            yield
        finally:
            for parameter, flag in before:
                parameter.grad = None
                parameter.requires_grad_(flag)

    def scatter_rows(self, batch: Batch, rows: Sequence[int], values: Tensor) -> Tensor:
        """Puts values [n] of the predicted positions of this rank's rows in the batch's order and adds up all ranks': [N]."""
        counts = batch.target_counts
        all_values = torch.zeros(sum(counts), dtype=values.dtype)
        done = 0
        for row in rows:
            begin = sum(counts[:row])
            all_values[begin : begin + counts[row]] = values[done : done + counts[row]]
            done += counts[row]
        return self.ranks.sum(all_values)

    def scatter_columns(self, size: int, rows: Sequence[int], values: Tensor) -> Tensor:
        """The same for values [n, rows] of whole sequences: [n, B]."""
        all_values = torch.zeros(values.shape[0], size, dtype=values.dtype)
        if rows:
            all_values[:, list(rows)] = values
        return self.ranks.sum(all_values)

    def close(self) -> None:
        if self.cache is not None:
            self.cache.close()
