"""AdamW (Loshchilov & Hutter 2019), in the order of torch.optim.AdamW, with a rate for every tensor."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AdamW:
    """Numbers of one step, counted from 1. Gradients are multiplied by `clip`."""

    step: int
    betas: tuple[float, float]
    epsilon: float
    clip: float

    @torch.no_grad()
    def update(self, values: Tensor, gradient: Tensor, moments: tuple[Tensor, Tensor], rate: float, decay: float) -> None:
        """Changes values and moments in place.

        θ ← θ·(1 − lr·wd); m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; θ ← θ − (lr/(1 − β₁ᵗ))·m / (√v/√(1 − β₂ᵗ) + ε)
        """
        first, second = moments
        beta1, beta2 = self.betas
        clipped = gradient if self.clip == 1 else gradient * self.clip
        if decay != 0:
            values.mul_(1 - rate * decay)
        first.lerp_(clipped, 1 - beta1)
        second.mul_(beta2).addcmul_(clipped, clipped, value=1 - beta2)
        denominator = second.sqrt().div_(math.sqrt(1 - beta2**self.step)).add_(self.epsilon)
        values.addcdiv_(first, denominator, value=-rate / (1 - beta1**self.step))
