"""Model folders of a given shape with random weights, expanded as the trainer does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers


@dataclass(frozen=True)
class Shape:
    """A Qwen3 model of L layers and its added copies: D hidden, F MLP, H heads, K KV heads, V vocabulary."""

    layers: int
    hidden: int
    mlp: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    copies: Sequence[int]  # of these layers, counted from 0

    @property
    def layout(self) -> list[tuple[int, bool]]:
        """Of every layer of the expanded model its source, and whether it is a copy, which follows its source."""
        return [(layer, copy) for layer in range(self.layers) for copy in ((False, True) if layer in self.copies else (False,))]

    @property
    def added(self) -> tuple[int, ...]:
        """Layers of the expanded model that are copies."""
        return tuple(index for index, (_, copy) in enumerate(self.layout) if copy)

    @property
    def layer_parameters(self) -> int:
        """Of the projections of one layer; norms are left out."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return self.hidden * (2 * queries + 2 * keys) + 3 * self.hidden * self.mlp


# Qwen/Qwen3-1.7B-Base's config.json, with four copies in the last third.
QWEN3_1_7B = Shape(28, 2048, 6144, 16, 8, 128, 151936, (19, 21, 23, 25))
# The same in small, so that the whole script can be tried on a CPU.
SMALL = Shape(6, 64, 96, 4, 2, 16, 512, (3, 5))


def write_expanded(folder: Path, shape: Shape, dtype: torch.dtype, positions: int) -> Path:
    """The expanded model with random weights; copies begin with zeroed output projections."""
    config = transformers.Qwen3Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.mlp,
        num_hidden_layers=len(shape.layout),
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        max_position_embeddings=positions,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
    layers = model.model.layers
    with torch.no_grad():
        for index in shape.added:
            layers[index].load_state_dict(layers[index - 1].state_dict())
            for output in (layers[index].self_attn.o_proj, layers[index].mlp.down_proj):
                output.weight.zero_()
    model.save_pretrained(folder)
    return folder


def step_flops(shape: Shape, tokens: int, length: int, *, full: bool, kept: bool) -> float:
    """Floating-point operations that the arithmetic of one step needs, matrix products only (two a multiply–add).

    A product forward; its input's gradient down to the lowest trained layer, and in full training for all; its weight's
    gradient where that trains. With `kept` hidden states the layers below the lowest copy are not computed. Causal
    attention counts half of its T·T products. What is computed again to save memory does not count.
    """
    total = len(shape.layout)
    lowest = 0 if full else min(shape.added)
    trained = total if full else len(shape.added)
    forward = total - (lowest if kept else 0)
    head = shape.vocabulary * shape.hidden
    attention = shape.heads * shape.head_dim * length  # of one token, both products, half of each
    weights = shape.layer_parameters
    per_token = forward * (weights + attention) + head
    per_token += (total - lowest) * (weights + 2 * attention) + head
    per_token += trained * weights + (head if full else 0)
    return 2.0 * tokens * per_token
