"""A causal language model taken apart: embedding, decoder layers one by one, and head, each by transformers' own code."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .batch import Batch
from .errors import CallError
from .outer import OuterShards


@dataclass(frozen=True)
class LayerCall:
    """What the model gives a layer beside the hidden states."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def repeated(self, times: int, size: int) -> "LayerCall":
        """The same for `times` copies of the `size` sequences, one copy after the other."""
        if times == 1 or size == 1:
            return self
        return LayerCall(_repeated(self.args, times, size), _repeated(dict(self.kwargs), times, size))


def _repeated(value: Any, times: int, size: int) -> Any:
    if isinstance(value, Tensor):
        # What has no row for each sequence (1, or a vector of positions) fits any number of them.
        return value.repeat(times, *[1] * (value.dim() - 1)) if value.dim() > 1 and value.shape[0] == size else value
    if isinstance(value, tuple):
        return tuple(_repeated(item, times, size) for item in value)
    if isinstance(value, dict):
        return {key: _repeated(item, times, size) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class Entered:
    """Token embeddings [B, T, D] as they enter the first layer, and how each layer is called."""

    hidden: Tensor
    calls: tuple[LayerCall, ...]


class _Recorder(nn.Module):
    """Stands in for a layer: passes its input through and keeps how it was called."""

    def __init__(self, layer: nn.Module, tupled: bool) -> None:
        super().__init__()
        # In a tuple, so that it is no submodule.
        self.__dict__["stood_in_for"] = (layer,)
        self.tupled = tupled
        self.call: LayerCall | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            # Models ask a layer for its type of attention, for example.
            return getattr(self.__dict__["stood_in_for"][0], name)

    def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Any:
        self.call = LayerCall(args, kwargs)
        return (hidden_states,) if self.tupled else hidden_states


class _Final(dict[str, Any]):
    """What a base model returns, with nothing but its last hidden states."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def __getitem__(self, key: Any) -> Any:
        return self["last_hidden_state"] if key == 0 else super().__getitem__(key)


class _FixedBase(nn.Module):
    """Stands in for the base model: whatever it is given, these are its last hidden states."""

    def __init__(self, base: nn.Module, last: Tensor) -> None:
        super().__init__()
        self.__dict__["stood_in_for"] = (base,)
        self.__dict__["last"] = last

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.__dict__["stood_in_for"][0], name)

    def forward(self, *_: Any, **__: Any) -> _Final:
        return _Final(last_hidden_state=self.__dict__["last"])


class Decoder:
    """The parts of a model. `text` holds embedding, layers and final norm; `causal` is all of it."""

    def __init__(self, causal: Any, layer_path: str, norm_name: str) -> None:
        self.causal = causal
        self.text: Any = causal.get_submodule(layer_path.rpartition(".")[0])
        self._layers_name = layer_path.rpartition(".")[2]
        prefix = causal.base_model_prefix
        # Some families give the name that the base model has inside of a larger one.
        self._base_name: str = prefix if prefix in causal._modules else layer_path.partition(".")[0]
        self.layers: list[nn.Module] = list(causal.get_submodule(layer_path))
        self.norm: nn.Module = getattr(self.text, norm_name)
        self.norm_name = norm_name
        self.tupled = False
        # Where each rank holds a part of what lies outside the layers.
        self.outer: OuterShards | None = None

    def whole_head(self, differentiable: bool = False) -> AbstractContextManager[None]:
        """Around calls of `logits`, so that ranks gather a sharded head once for all of them. Every rank has to come here."""
        return nullcontext() if self.outer is None else self.outer.whole("head", leaf=differentiable)

    def _whole_embedding(self) -> AbstractContextManager[None]:
        return nullcontext() if self.outer is None else self.outer.whole("embedding")

    def outer_parameters(self) -> tuple[dict[str, nn.Parameter], dict[str, nn.Parameter]]:
        """What lies outside the layers, by its name within `text`: what comes before them, and what comes after.

        The head is not among them, unless it is tied.
        """
        inside = {id(parameter) for layer in self.layers for parameter in layer.parameters()}
        before: dict[str, nn.Parameter] = {}
        after: dict[str, nn.Parameter] = {}
        for name, parameter in self.text.named_parameters():
            if id(parameter) not in inside:
                (after if name.startswith(self.norm_name) else before)[name] = parameter
        return before, after

    @property
    def device(self) -> torch.device:
        return next(iter(self.norm.parameters())).device

    @property
    def config(self) -> Any:
        """That of the text part."""
        return self.causal.config.get_text_config()

    @contextmanager
    def _swapped(self, parent: nn.Module, name: str, stand_in: nn.Module) -> Iterator[None]:
        # Not by assignment: FSDP and transformers watch that, and nothing changes for them.
        modules: dict[str, nn.Module | None] = parent._modules
        real = modules[name]
        modules[name] = stand_in
        try:
            yield
        finally:
            modules[name] = real

    def enter(self, batch: Batch) -> Entered:
        """What enters the first layer, and how the model would call every layer: masks, rotations, positions."""
        device = self.device
        documents = batch.documents()
        positions = None if documents is None else (torch.arange(batch.length) - documents).to(device)
        recorders = [_Recorder(layer, self.tupled) for layer in self.layers]
        with self._swapped(self.text, self._layers_name, nn.ModuleList(recorders)), self._whole_embedding():
            hidden = self._through(batch.tokens.to(device), positions)
        calls = tuple(_required(recorder) for recorder in recorders)
        if documents is not None:
            seen = _within_documents(documents.to(device))
            if not all(
                hasattr(layer, "self_attn") or hasattr(layer, "attention") or hasattr(layer, "attn") for layer in self.layers
            ):
                raise CallError("Layers without attention carry one document into the next: pack the text joined.")
            calls = tuple(_masked(call, seen) for call in calls)
        return Entered(hidden, calls)

    def _through(self, tokens: Tensor, positions: Tensor | None) -> Tensor:
        """The text part up to its final norm, with whatever stands in its list of layers."""
        kept: list[Tensor] = []

        def keep(_: nn.Module, args: tuple[Tensor, ...]) -> None:
            kept.append(args[0])

        handle = self.norm.register_forward_pre_hook(keep)
        try:
            self.text(input_ids=tokens, position_ids=positions, use_cache=False)
        finally:
            handle.remove()
        return kept[0]

    def layer(self, index: int, hidden: Tensor, call: LayerCall) -> Tensor:
        """One layer's output, [B, T, D]."""
        output = self.layers[index](hidden, *call.args, **call.kwargs)
        result: Tensor = output[0] if isinstance(output, tuple) else output
        return result

    def run(self, entered: Entered, hidden: Tensor, begin: int = 0, end: int | None = None) -> Tensor:
        """Hidden states after the layers from `begin` to before `end`."""
        for index in range(begin, len(self.layers) if end is None else end):
            hidden = self.layer(index, hidden, entered.calls[index])
        return hidden

    def read(self, **inputs: Any) -> Any:
        """What the whole model returns, keys and values with it."""
        with self._whole_embedding(), self.whole_head():
            return self.causal(**inputs)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits in float32, [n, V], of hidden states before the final norm, [n, D]; within `whole_head`."""
        last = self.norm(hidden[None])
        prefix = self._base_name
        dummy = torch.zeros(1, hidden.shape[0], dtype=torch.int64, device=hidden.device)
        with self._swapped(self.causal, prefix, _FixedBase(self.causal._modules[prefix], last)):
            logits: Tensor = self.causal(input_ids=dummy, use_cache=False).logits[0]
        return logits.float()


def _required(recorder: _Recorder) -> LayerCall:
    if recorder.call is None:
        raise RuntimeError("The model did not call one of its layers.")
    return recorder.call


def _within_documents(documents: Tensor) -> Tensor:
    """Whether a position (third axis) sees another (fourth) by documents alone and causally, [B, 1, T, T] bool."""
    length = documents.shape[1]
    same = documents[:, :, None] == documents[:, None, :]
    causal = torch.ones(length, length, dtype=torch.bool, device=documents.device).tril()
    return (same & causal)[:, None]


def _masked(call: LayerCall, seen: Tensor) -> LayerCall:
    """The call with the layer's own mask (a window, for example) narrowed to documents."""
    own = call.kwargs.get("attention_mask")
    if own is None:
        mask = seen
    elif own.dtype == torch.bool:
        mask = own & seen
    else:
        mask = own.masked_fill(~seen, torch.finfo(own.dtype).min)
    return LayerCall(call.args, {**call.kwargs, "attention_mask": mask})
