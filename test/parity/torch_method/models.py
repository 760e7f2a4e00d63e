"""Loads a Hugging Face folder with transformers, which is the ground truth of every architecture, in float32."""

from pathlib import Path
from typing import Sequence

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel

# Row-major token ids of one sequence.
Tokens = Sequence[int]


class Packed(list[int]):
    """Token ids of documents that do not see each other; they begin at `starts`, from 0 on."""

    def __init__(self, tokens: Tokens, starts: Sequence[int]) -> None:
        super().__init__(tokens)
        self.starts = list(starts)


def load_model(folder: str, unread: Sequence[str] = ()) -> PreTrainedModel:
    """The model in float32 with plain attention, in evaluation mode; all tensors but the `unread` have to find their place."""
    if not (Path(folder) / "config.json").is_file():
        raise FileNotFoundError(f"{folder} holds no config.json")
    model = _load(folder, torch.float32, unread)
    kinds = {parameter.dtype for parameter in model.parameters()}
    if kinds != {torch.float32}:
        raise ValueError(f"{folder} was loaded as {kinds}")
    return model


def load_as_stored(folder: str) -> PreTrainedModel:
    """The same in the type that config.json names, or where it names none that of the weights."""
    return _load(folder, "auto")


def _load(folder: str, dtype: torch.dtype | str, unread: Sequence[str] = ()) -> PreTrainedModel:
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", output_loading_info=True, local_files_only=True
    )
    wrong = {key: sorted(map(str, names)) for key, names in info.items() if names}
    if wrong != ({"unexpected_keys": sorted(unread)} if unread else {}):
        raise ValueError(f"{folder} does not load cleanly in transformers: {wrong}")
    return split_fused(model.eval())


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The decoder layers, in order; of a model of several kinds of input those that read text."""
    nested = hasattr(model.model, "language_model")
    return model.get_submodule("model.language_model.layers" if nested else "model.layers")


def by_length(sequences: Sequence[Tokens]) -> list[list[int]]:
    """Indices of the sequences, those of one length together: no row is ever padded, so padding cannot be wrong here."""
    groups: dict[int, list[int]] = {}
    for index, sequence in enumerate(sequences):
        groups.setdefault(len(sequence), []).append(index)
    return list(groups.values())


def forward(model: PreTrainedModel, rows: Sequence[Tokens]) -> tuple[Tensor, Tensor]:
    """Token ids [B, T] and logits [B, T, V] of sequences of one length."""
    ids = torch.tensor([list(row) for row in rows], dtype=torch.long)
    return ids, model(input_ids=ids, use_cache=False, **_document_inputs(model, rows)).logits


def _document_inputs(model: PreTrainedModel, rows: Sequence[Tokens]) -> dict[str, Tensor]:
    """Mask [B, 1, T, T], 0 where a position sees another, and position ids [B, T] of rows of several documents; else nothing."""
    if not any(isinstance(row, Packed) for row in rows):
        return {}
    if getattr(model.config, "sliding_window", None) is not None:
        raise ValueError("a mask of one's own takes the place of the sliding window's")
    length = len(rows[0])
    positions = torch.arange(length)
    documents = torch.zeros(len(rows), length, dtype=torch.long)
    for row, tokens in enumerate(rows):
        starts = torch.tensor(tokens.starts if isinstance(tokens, Packed) else [0])
        documents[row] = torch.searchsorted(starts, positions, right=True)
    seen = (documents[:, :, None] == documents[:, None, :]) & (positions[:, None] >= positions[None, :])
    mask = torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)
    own = torch.stack([_restarted(document) for document in documents])
    return {"attention_mask": mask[:, None], "position_ids": own}


def _restarted(document: Tensor) -> Tensor:
    """Positions from 0 in every document, given the document of every position."""
    _, counts = torch.unique_consecutive(document, return_counts=True)
    return torch.cat([torch.arange(int(count)) for count in counts])


class Concatenated(nn.Module):
    """A linear module as several, whose outputs lie one after the other: rows of its weight that are a unit each."""

    def __init__(self, fused: nn.Linear, rows: dict[str, int]) -> None:
        super().__init__()
        weights = fused.weight.detach().split(list(rows.values()))
        for name, weight in zip(rows, weights, strict=True):
            part = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
            part.weight = nn.Parameter(weight.clone())
            self.add_module(name, part)

    def forward(self, hidden_states: Tensor) -> Tensor:
        return torch.cat([part(hidden_states) for part in self.children()], dim=-1)


def split_fused(model: PreTrainedModel) -> PreTrainedModel:
    """Takes queries, keys and values, and gate and up, apart where the class computes them as one."""
    config = model.config.get_text_config()
    for layer in decoder_layers(model):
        attention, mlp = layer.self_attn, layer.mlp
        if hasattr(attention, "qkv_proj"):
            keys = config.num_key_value_heads * attention.head_dim
            rows = {"q_proj": config.num_attention_heads * attention.head_dim, "k_proj": keys, "v_proj": keys}
            attention.qkv_proj = Concatenated(attention.qkv_proj, rows)
        if hasattr(mlp, "gate_up_proj"):
            half = config.intermediate_size
            mlp.gate_up_proj = Concatenated(mlp.gate_up_proj, {"gate_proj": half, "up_proj": half})
    return model


def unit_modules(layer: nn.Module) -> dict[str, nn.Module]:
    """The units of a layer: every module that has parameters of its own, by name, its weight and bias together."""
    return {
        name.replace("qkv_proj.", "").replace("gate_up_proj.", ""): module
        for name, module in layer.named_modules()
        if list(module.parameters(recurse=False))
    }
