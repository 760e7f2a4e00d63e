"""Loads a Hugging Face folder with transformers and takes the model apart."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .batch import Batch
from .decoder import Decoder
from .errors import InputError
from .families import LAYER_PATHS, NORM_NAMES
from .stored import StoredTensors
from .units import Shape, Unit, units_of

# Of the largest logit: as far as a model taken apart may differ from itself. Sums of a product depend on its shape.
_TOLERANCES = {torch.float32: 1e-4, torch.bfloat16: 5e-2}


@dataclass(frozen=True)
class Probed:
    """What only a model with values can tell."""

    attention: str  # its implementation
    tupled: bool  # what a layer returns
    order: list[list[str]]  # modules of every layer by their calls

    def encode(self) -> bytes:
        return json.dumps([self.attention, self.tupled, self.order]).encode()

    @staticmethod
    def decode(data: bytes) -> "Probed":
        """What `encode` of the same program made."""
        return Probed(*json.loads(data))


@dataclass(frozen=True)
class Loaded:
    """A model, and how the checkpoint calls its parts."""

    decoder: Decoder
    probed: Probed
    stored: StoredTensors
    units: list[list[Unit]]  # of every layer
    layer_prefix: str  # of tensor names, up to the layer's number


def load(folder: str, dtype: torch.dtype) -> Loaded:
    """On the CPU. Raises InputError where the folder holds no model that can be taken apart."""
    stored = _stored(folder)
    causal = _from_pretrained(Path(folder), dtype)
    decoder = _take_apart(causal, folder)
    order = _probe(decoder, folder, dtype)
    return _named(decoder, stored, Probed(str(causal.config._attn_implementation), decoder.tupled, order), folder)


def outline(folder: str, dtype: torch.dtype, probed: Probed) -> Loaded:
    """What `load` gives, with tensors that have no values."""
    stored = _stored(folder)
    _prepare_transformers()
    from transformers import AutoConfig, AutoModelForCausalLM  # noqa: PLC0415

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        with torch.device("meta"):
            causal = AutoModelForCausalLM.from_config(
                config, dtype=dtype, attn_implementation=probed.attention, trust_remote_code=False
            )
    except Exception as error:
        raise InputError(f"{folder}: transformers cannot build this model: {_first_line(error)}") from error
    decoder = _take_apart(causal, folder)
    decoder.tupled = probed.tupled
    return _named(decoder, stored, probed, folder)


def _stored(folder: str) -> StoredTensors:
    path = Path(folder)
    if not (path / "config.json").is_file():
        raise InputError(f"{folder} holds no config.json: give a folder of a Hugging Face model.")
    return StoredTensors.of_folder(path)


def _named(decoder: Decoder, stored: StoredTensors, probed: Probed, folder: str) -> Loaded:
    prefix = _layer_prefix(stored, decoder, folder)
    family = str(decoder.config.model_type)
    units = [
        units_of(layer, family, _below(stored, f"{prefix}{index}."), probed.order[index])
        for index, layer in enumerate(decoder.layers)
    ]
    return Loaded(decoder, probed, stored, units, prefix)


def _prepare_transformers() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # transformers' loading threads: PyTorch has failed in them with "Invalid thread pool!".
    os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")


def _from_pretrained(path: Path, dtype: torch.dtype) -> Any:
    _prepare_transformers()
    # Here, because it takes seconds and only a model needs it.
    from transformers import AutoModelForCausalLM  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()
    # Code that lies in the folder is never run.
    options = {"dtype": dtype, "local_files_only": True, "output_loading_info": True, "trust_remote_code": False}
    try:
        try:
            model, info = AutoModelForCausalLM.from_pretrained(path, attn_implementation="sdpa", **options)
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            model, info = AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager", **options)
    except Exception as error:  # a family's own code, and what it asks of config.json
        raise InputError(f"{path}: transformers cannot load this model: {_first_line(error)}") from error
    missing = sorted(map(str, info.get("missing_keys", ())))
    mismatched = sorted(map(str, info.get("mismatched_keys", ())))
    if missing or mismatched:
        raise InputError(f"{path}: config.json calls for tensors that the weights lack: {', '.join(missing + mismatched)[:300]}.")
    return model


def _first_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0][:500] if lines else type(error).__name__


def _take_apart(causal: Any, folder: str) -> Decoder:
    causal.eval()
    causal.requires_grad_(False)
    layers = causal.config.get_text_config().num_hidden_layers
    for path in LAYER_PATHS:
        try:
            found = causal.get_submodule(path)
        except AttributeError:
            continue
        text = causal.get_submodule(path.rpartition(".")[0])
        norms = [name for name in NORM_NAMES if isinstance(getattr(text, name, None), nn.Module)]
        if isinstance(found, nn.ModuleList) and len(found) == layers and norms:
            return Decoder(causal, path, norms[0])
    raise InputError(f"{folder}: the decoder layers of a {causal.config.model_type} model are not known: it cannot be used yet.")


def _probe(decoder: Decoder, folder: str, dtype: torch.dtype) -> list[list[str]]:
    """The modules of every layer in the order of their calls. Raises InputError unless the parts are the whole."""
    names = {id(module): (index, name) for index, layer in enumerate(decoder.layers) for name, module in layer.named_modules()}
    order: list[list[str]] = [[] for _ in decoder.layers]

    def called(module: nn.Module, _: object) -> None:
        index, name = names[id(module)]
        order[index].append(name)

    def returned(_: nn.Module, __: object, output: object) -> None:
        decoder.tupled = isinstance(output, tuple)

    handles = [module.register_forward_pre_hook(called) for layer in decoder.layers for module in layer.modules()]
    handles.append(decoder.layers[0].register_forward_hook(returned))
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(int(decoder.config.vocab_size), (2, 8), generator=generator)
    batch = Batch(tokens, (8, 8), (0, 1), None)
    with torch.no_grad():
        try:
            whole = decoder.causal(input_ids=tokens, use_cache=False).logits.float()
        finally:
            for handle in handles:
                handle.remove()
        entered = decoder.enter(batch)
        hidden = decoder.run(entered, entered.hidden)
        parts = decoder.logits(hidden.flatten(0, 1)).view_as(whole)
    # Weights that are not finite are the trainer's to notice, by what it measures.
    difference = (parts - whole).nan_to_num().abs().max().item()
    if difference > _TOLERANCES[dtype] * max(whole.nan_to_num().abs().max().item(), 1.0):
        kind = decoder.config.model_type
        raise InputError(
            f"{folder}: a {kind} model's layers one by one give other logits (by {difference:.3g}): it cannot be used yet."
        )
    return [list(dict.fromkeys(modules)) for modules in order]


def _layer_prefix(stored: StoredTensors, decoder: Decoder, folder: str) -> str:
    """The prefix of layers in the checkpoint: under which most tensors are those of the first layer."""
    first = {name: tuple(parameter.shape) for name, parameter in decoder.layers[0].named_parameters()}
    best = (0, "")
    for prefix in sorted({match[1] for name in stored.shapes if (match := re.match(r"(.*?\.?(?:layers|h)\.)0\.", name))}):
        below = _below(stored, f"{prefix}0.")
        best = max(best, (sum(below.get(name) == shape for name, shape in first.items()), prefix))
    if best[0] == 0:
        raise InputError(f"{folder}: the weights name no layers as config.json calls for: download the model again.")
    return best[1]


def _below(stored: StoredTensors, prefix: str) -> dict[str, Shape]:
    return {name.removeprefix(prefix): shape for name, shape in stored.shapes.items() if name.startswith(prefix)}
