"""Losses in chunks of rows: logits of all positions at once would be larger than everything else."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from .batch import Targets
from .decoder import Decoder
from .ranks import pieces

# Values of a chunk's logits, by device: 64 MB in float32 on a CPU, 512 MB on a GPU.
_CHUNK_VALUES = {"cpu": 2**24, "cuda": 2**27}
_LEAST_ROWS = 16


def chunks(decoder: Decoder, rows: int) -> Iterator[slice]:
    """Slices of `rows` rows whose logits are held at once."""
    vocabulary = int(decoder.config.vocab_size)
    return pieces(rows, max(_LEAST_ROWS, _CHUNK_VALUES[decoder.device.type] // vocabulary))


def losses_of(decoder: Decoder, hidden: Tensor, targets: Targets) -> Tensor:
    """Negative log-likelihood of every target, [N] float32 on the CPU, nats. `hidden`: [B, T, D] before the final norm."""
    rows, ids = hidden.flatten(0, 1)[targets.rows.to(hidden.device)], targets.ids.to(hidden.device)
    with decoder.whole_head():
        parts = [cross_entropy(decoder.logits(rows[chunk]), ids[chunk], reduction="none") for chunk in chunks(decoder, len(ids))]
    return torch.cat(parts).cpu() if parts else torch.empty(0)


def losses_and_gradient(decoder: Decoder, hidden: Tensor, targets: Targets, scale: float) -> tuple[Tensor, Tensor]:
    """The losses, and the gradient of `scale`·Σ losses by `hidden`, [B, T, D].

    Gradients of the head's own parameters are left in them, where they are wanted.
    """
    index, ids = targets.rows.to(hidden.device), targets.ids.to(hidden.device)
    rows = hidden.detach().flatten(0, 1)
    gradient = torch.zeros_like(rows)
    losses = []
    with decoder.whole_head(differentiable=True):
        for chunk in chunks(decoder, len(ids)):
            leaf = rows[index[chunk]].requires_grad_(True)
            with torch.enable_grad():
                part = cross_entropy(decoder.logits(leaf), ids[chunk], reduction="none")
                (part.sum() * scale).backward()  # type: ignore[no-untyped-call]
            losses.append(part.detach())
            if leaf.grad is not None:
                gradient[index[chunk]] = leaf.grad
    return torch.cat(losses).cpu() if losses else torch.empty(0), gradient.view_as(hidden)


def logit_chunks(decoder: Decoder, hidden: Tensor, rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Logits [n, V] of the named rows of [B·T], a chunk at a time."""
    flat = hidden.flatten(0, 1)
    with decoder.whole_head():
        for chunk in chunks(decoder, len(rows)):
            yield chunk, decoder.logits(flat[rows[chunk].to(hidden.device)])
