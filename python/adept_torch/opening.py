"""Opens a model folder: loads it, decides how it is spread over ranks, and says what trains."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh

from .activation_cache import ActivationCache
from .compiling import compile_layers, compiles
from .decoder import Decoder
from .errors import InputError
from .loading import Loaded
from .messages import Open
from .model import Model
from .outer import OuterShards, Part
from .ranks import Ranks
from .sharding import Layout, Sizes, choose_layout, mesh_of, room_of, shard_layers
from .spreading import load_once, modules_of, share_values
from .strength import Strength
from .trained import Slot, TrainedTensor, layer_tensors

# What a backward pass keeps of a layer, in values for each position: multiples of the hidden and of the MLP's size.
_KEPT_HIDDEN, _KEPT_MLP = 14, 4


def open_model(request: Open, ranks: Ranks) -> Model:
    """Raises InputError where the folder or what is to be trained does not fit."""
    dtype = _dtype(request, ranks.device)
    torch.manual_seed(request.seed)
    room, mesh = room_of(ranks), mesh_of(ranks)
    loaded = load_once(request.folder, dtype, ranks)
    decoder = loaded.decoder
    layers = _trained_layers(request, len(decoder.layers))
    outer = request.trains == "all"
    lowest = 0 if outer else min(layers, default=len(decoder.layers))
    layout = _layout(loaded, layers, outer, request.rows, ranks, dtype, room)
    compiled = compiles()
    if compiled:
        compile_layers(decoder.layers, ranks.device)
    _spread(decoder, layers, outer, layout, mesh, ranks, dtype)
    tensors = _trained_tensors(loaded, layers, outer, request.folder)
    for slot in {id(tensor.slot): tensor.slot for tensor in tensors}.values():
        slot.parameter.requires_grad_(True)
    if dtype != torch.float32 and tensors:
        _read_exactly(loaded, tensors)
    cache = _cache(request, lowest, decoder.layers, int(decoder.config.hidden_size), dtype, ranks)
    strength = Strength(decoder, loaded.units)
    reasons = [_why(request, dtype, ranks), layout.reason, *(["layers are compiled"] if compiled else [])]
    storage = (_name(dtype), "; ".join(reasons))
    return Model(ranks, decoder, loaded.units, tensors, layout, storage, dtype, lowest, outer, cache, strength)


def _dtype(request: Open, device: torch.device) -> torch.dtype:
    capable = device.type == "cuda" and torch.cuda.is_bf16_supported()
    asked = request.dtype
    if asked == "auto":
        asked = "bfloat16" if capable and request.frozen_weights != "float32" else "float32"
    return torch.bfloat16 if asked == "bfloat16" else torch.float32


def _name(dtype: torch.dtype) -> str:
    return "bfloat16" if dtype == torch.bfloat16 else "float32"


def _why(request: Open, dtype: torch.dtype, ranks: Ranks) -> str:
    if request.dtype != "auto":
        return f"computes in {_name(dtype)}, as asked"
    if dtype == torch.float32 and request.frozen_weights == "bfloat16":
        return "computes in float32, beside which this executor keeps no bfloat16"
    kind = "GPU" if ranks.device.type == "cuda" else "CPU"
    return f"computes in {_name(dtype)}, the default on this {kind}"


def _trained_layers(request: Open, layers: int) -> list[int]:
    if isinstance(request.trains, str):
        return list(range(layers)) if request.trains == "all" else []
    if len(set(request.trains)) != len(request.trains) or any(not 0 <= layer < layers for layer in request.trains):
        raise InputError(f"{request.folder} has layers 0 to {layers - 1}: {list(request.trains)} cannot be trained.")
    return list(request.trains)


def _count(parameters: Sequence[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)


def _layout(loaded: Loaded, layers: Sequence[int], outer: bool, rows: int, ranks: Ranks, dtype: torch.dtype, room: int) -> Layout:
    decoder = loaded.decoder
    sizes = [_count(list(layer.parameters())) for layer in decoder.layers]
    trained = sum(sizes[layer] for layer in layers)
    rest = _count(list(decoder.causal.parameters())) - sum(sizes)
    config = decoder.config
    kept = _KEPT_HIDDEN * config.hidden_size + _KEPT_MLP * (getattr(config, "intermediate_size", None) or 0)
    differentiated = len(sizes) - (0 if outer else min(layers, default=len(sizes)))
    activations = -(-rows // ranks.count) * int(kept) * differentiated * dtype.itemsize
    return choose_layout(Sizes(sum(sizes) - trained, trained, rest, outer), ranks, dtype.itemsize, activations, room)


def _spread(
    decoder: Decoder,
    layers: Sequence[int],
    outer: bool,
    layout: Layout,
    mesh: DeviceMesh | None,
    ranks: Ranks,
    dtype: torch.dtype,
) -> None:
    """Puts every rank's part on its device, layer by layer. `outer`: whether what lies outside the layers trains."""
    for index, layer in enumerate(decoder.layers):
        if mesh is not None:
            share_values(modules_of(layer), ranks)
        if mesh is None or not layout.shards(index in layers):
            continue
        if index in layers:
            # Shards of what trains are the float32 values themselves; FSDP2 makes the working copies.
            layer.float()
            layer.requires_grad_(True)
        shard_layers([layer], mesh, dtype)
    if mesh is not None:
        share_values(modules_of(decoder.causal, decoder.layers), ranks)
        if layout.outer:
            before, after = decoder.outer_parameters()
            head = decoder.causal.get_output_embeddings()
            parts: dict[Part, Sequence[nn.Parameter]] = {
                "embedding": list(before.values()),
                "head": [*after.values(), *head.parameters(recurse=False)],
            }
            decoder.outer = OuterShards(decoder.causal, parts, mesh, dtype, outer)
    decoder.causal.to(ranks.device)


def _trained_tensors(loaded: Loaded, layers: Sequence[int], outer: bool, folder: str) -> list[TrainedTensor]:
    """In the order of the computation: embedding, layers, final norm, head; tied embeddings are one."""
    decoder = loaded.decoder
    slots: dict[int, Slot] = {}

    def slot_of(parameter: nn.Parameter) -> Slot:
        if id(parameter) not in slots:
            slots[id(parameter)] = Slot(parameter)
        return slots[id(parameter)]

    def layer_slot(layer: int, name: str) -> Slot:
        return slot_of(decoder.layers[layer].get_parameter(name))

    inner = [tensor for layer in layers for tensor in layer_tensors(layer, layer_slot, loaded.layer_prefix, loaded.units[layer])]
    if not outer:
        return inner
    before, after = _outer_parameters(loaded, folder)
    named = [TrainedTensor(name, tuple(parameter.shape), None, None, slot_of(parameter)) for name, parameter in before]
    rest = [TrainedTensor(name, tuple(parameter.shape), None, None, slot_of(parameter)) for name, parameter in after]
    return [*named, *inner, *rest]


def _outer_parameters(loaded: Loaded, folder: str) -> tuple[list[tuple[str, nn.Parameter]], list[tuple[str, nn.Parameter]]]:
    """By checkpoint name: what comes before the layers, and what comes after them."""
    decoder = loaded.decoder
    prefix = loaded.layer_prefix.rpartition(".")[0].rpartition(".")[0]
    below = f"{prefix}." if prefix else ""
    before, after = ([(f"{below}{name}", one) for name, one in part.items()] for part in decoder.outer_parameters())
    head = decoder.causal.get_output_embeddings().weight
    if all(head is not parameter for _, parameter in [*before, *after]):
        names = [name for name in loaded.stored.shapes if name.endswith("lm_head.weight")] or ["lm_head.weight"]
        after.append((names[0], head))
    for name, parameter in [*before, *after]:
        if loaded.stored.shapes.get(name) != tuple(parameter.shape):
            raise InputError(
                f"{folder}: the weights lack the tensor {name} of shape {list(parameter.shape)}: download the model again."
            )
    return before, after


def _read_exactly(loaded: Loaded, tensors: Sequence[TrainedTensor]) -> None:
    """Float32 values of what trains, from the checkpoint rather than from its rounded copy."""
    for tensor in tensors:
        held = tensor.held(tensor.slot.values)
        if held is not None:
            values = loaded.stored.read(tensor.stored or tensor.name)
            tensor.fill(held, values[slice(*tensor.rows)] if tensor.stored and tensor.rows else values)


def _cache(
    request: Open, lowest: int, layers: Sequence[nn.Module], width: int, dtype: torch.dtype, ranks: Ranks
) -> ActivationCache | None:
    asked = request.cache
    if asked is None or asked.megabytes <= 0 or not 0 < lowest < len(layers):
        return None
    return ActivationCache(asked.folder, asked.megabytes / ranks.count, width, dtype, ranks.device, ranks.position.local_count)
