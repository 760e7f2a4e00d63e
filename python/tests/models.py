"""Tiny random models of several families, as Hugging Face folders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor

from adept_torch.batch import Batch

VOCABULARY = 67
LAYERS = 4
_SIZES: Mapping[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": 64,
    # Larger than usual, so that a random model prefers some tokens.
    "initializer_range": 0.3,
    "pad_token_id": None,
    "bos_token_id": None,
    "eos_token_id": None,
}
_WINDOWS = {"layer_types": ["sliding_attention", "full_attention"] * (LAYERS // 2), "sliding_window": 3}
FAMILIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "llama": ("LlamaConfig", {}),
    "qwen2": ("Qwen2Config", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3Config", {"tie_word_embeddings": False}),
    "mistral": ("MistralConfig", {"sliding_window": 3}),
    "gemma3_text": ("Gemma3TextConfig", {"query_pre_attn_scalar": 4, **_WINDOWS}),
    "olmo2": ("Olmo2Config", {}),
    "phi3": ("Phi3Config", {"pad_token_id": 0}),
    "qwen3_next": (
        "Qwen3NextConfig",
        {
            "num_experts": 3,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 8,
            "shared_expert_intermediate_size": 8,
            "linear_num_key_heads": 2,
            "linear_num_value_heads": 4,
            "linear_key_head_dim": 4,
            "linear_value_head_dim": 4,
            "layer_types": ["linear_attention", "full_attention"] * (LAYERS // 2),
            "mlp_only_layers": [1],
        },
    ),
    "glm4_moe": (
        "Glm4MoeConfig",
        {
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "n_group": 1,
            "topk_group": 1,
            "moe_intermediate_size": 8,
            "first_k_dense_replace": 1,
            "num_nextn_predict_layers": 1,
        },
    ),
    "qwen3_moe": ("Qwen3MoeConfig", {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 8}),
}


def write_model(folder: Path, family: str, dtype: torch.dtype = torch.float32) -> Path:
    """A random model, always the same; norms and biases are no ones and zeros, which would hide what is wrong with them."""
    name, own = FAMILIES[family]
    torch.manual_seed(7)
    model = transformers.AutoModelForCausalLM.from_config(getattr(transformers, name)(**{**_SIZES, **own}))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.2)
        for buffer_name, buffer in model.named_buffers():
            if buffer_name.endswith("e_score_correction_bias"):
                buffer.copy_(torch.randn_like(buffer) * 0.2)
    model.to(dtype).save_pretrained(folder)
    if own.get("num_nextn_predict_layers"):
        _add_prediction_layer(folder / "model.safetensors")
    return folder


def _add_prediction_layer(file: Path) -> None:
    """What guesses a second token, as published models have it: a layer above the others that transformers does not load."""
    tensors = load_file(file)
    last = f"model.layers.{LAYERS - 1}."
    above = {
        name.replace(last, f"model.layers.{LAYERS}."): value.clone() for name, value in tensors.items() if name.startswith(last)
    }
    width = tensors["model.norm.weight"].shape[0]
    above[f"model.layers.{LAYERS}.eh_proj.weight"] = torch.ones(width, 2 * width)
    save_file({**tensors, **above}, file, {"format": "pt"})


def reference(folder: Path) -> Any:
    """The same by transformers alone, in float32."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def make_batch(lengths: tuple[int, ...], first: int = 0, starts: tuple[tuple[int, ...], ...] | None = None) -> Batch:
    """Random tokens; sequence `first + i` is always the same."""
    longest = max(lengths)
    tokens = torch.zeros(len(lengths), longest, dtype=torch.int64)
    for row, length in enumerate(lengths):
        generator = torch.Generator().manual_seed(1000 + first + row)
        tokens[row, :length] = torch.randint(VOCABULARY, (length,), generator=generator)
    return Batch(tokens, lengths, tuple(range(first, first + len(lengths))), starts)


def reference_losses(model: Any, batch: Batch) -> Tensor:
    """Losses of every predicted position, one sequence after the other and so without padding, [N]. Documents are ignored."""
    losses = []
    for row, length in enumerate(batch.lengths):
        ids = batch.tokens[row : row + 1, :length]
        logits = model(input_ids=ids, use_cache=False).logits[0, :-1]
        losses.append(torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none"))
    return torch.cat(losses)
