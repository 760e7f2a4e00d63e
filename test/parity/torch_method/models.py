"""Loads a Hugging Face folder with transformers, which is the ground truth of every architecture, in float32."""

from pathlib import Path
from typing import Sequence

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, PreTrainedModel

# Row-major token ids of one sequence.
Tokens = Sequence[int]


def load_model(folder: str) -> PreTrainedModel:
    """The model in float32 with plain attention, in evaluation mode; every tensor of the folder has to find its place."""
    if not (Path(folder) / "config.json").is_file():
        raise FileNotFoundError(f"{folder} holds no config.json")
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True, local_files_only=True
    )
    wrong = {key: sorted(map(str, names)) for key, names in info.items() if names}
    if wrong:
        raise ValueError(f"{folder} does not load cleanly in transformers: {wrong}")
    kinds = {parameter.dtype for parameter in model.parameters()}
    if kinds != {torch.float32}:
        raise ValueError(f"{folder} was loaded as {kinds}")
    return model.eval()


def decoder_layers(model: PreTrainedModel) -> nn.ModuleList:
    """The decoder layers, in order."""
    return model.get_submodule("model.layers")


def by_length(sequences: Sequence[Tokens]) -> list[list[int]]:
    """Indices of the sequences, those of one length together: no row is ever padded, so padding cannot be wrong here."""
    groups: dict[int, list[int]] = {}
    for index, sequence in enumerate(sequences):
        groups.setdefault(len(sequence), []).append(index)
    return list(groups.values())


def forward(model: PreTrainedModel, rows: Sequence[Tokens]) -> tuple[Tensor, Tensor]:
    """Token ids [B, T] and logits [B, T, V] of sequences of one length."""
    ids = torch.tensor([list(row) for row in rows], dtype=torch.long)
    return ids, model(input_ids=ids, use_cache=False).logits


def unit_modules(layer: nn.Module) -> dict[str, nn.Module]:
    """The units of a layer: every module that has parameters of its own, by name, its weight and bias together."""
    return {name: module for name, module in layer.named_modules() if list(module.parameters(recurse=False))}
