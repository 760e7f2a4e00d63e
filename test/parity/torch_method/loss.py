"""Next-token cross-entropy, nats."""

from typing import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from .models import Tokens, by_length, forward


def target_count(sequences: Sequence[Tokens]) -> int:
    """Every token but the first of its sequence is predicted."""
    return sum(len(sequence) - 1 for sequence in sequences)


def loss_sum(model: PreTrainedModel, sequences: Sequence[Tokens]) -> Tensor:
    """Σ_s Σ_t −log p(x_{s,t+1} | x_{s,≤t}), a scalar that gradients flow through."""
    total = torch.zeros(())
    for group in by_length(sequences):
        ids, logits = forward(model, [sequences[index] for index in group])
        predicted = logits[:, :-1].reshape(-1, logits.shape[-1])
        total = total + cross_entropy(predicted, ids[:, 1:].reshape(-1), reduction="sum")
    return total


def mean_loss(model: PreTrainedModel, sequences: Sequence[Tokens], rows: int = 8) -> float:
    """L = (1/n) Σ losses over all n predicted positions of all sequences; the sum is taken in double precision."""
    total = 0.0
    with torch.no_grad():
        for group in by_length(sequences):
            for start in range(0, len(group), rows):
                ids, logits = forward(model, [sequences[index] for index in group[start : start + rows]])
                predicted = logits[:, :-1].reshape(-1, logits.shape[-1])
                losses = cross_entropy(predicted.float(), ids[:, 1:].reshape(-1), reduction="none")
                total += losses.double().sum().item()
    return total / target_count(sequences)
