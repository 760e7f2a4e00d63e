"""What each verb does, on every rank alike. The results are the same on all; rank 0's is sent."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from . import messages as m
from .batch import Batch, read_array, read_batch
from .call import Call
from .checkpoint import load_trained, save_trained
from .errors import CallError
from .frames import Frame, Header
from .generation import Decoding
from .masked_passes import masked_losses
from .measure import layer_changes, logits, losses, ranks_of, top_tokens
from .memory import used_bytes
from .model import Model
from .opening import open_model
from .ranks import Ranks
from .step import step
from .unit_sums import unit_sums


@dataclass(frozen=True)
class Result:
    """What goes into a reply beside its kind and number."""

    fields: Header = field(default_factory=dict)
    arrays: dict[str, Tensor] = field(default_factory=dict)


class Handlers:
    """Holds the one model that is open."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._model: Model | None = None
        self._decoding: Decoding | None = None
        self._told: set[str] = set()

    def answer(self, request: object, frame: Frame, call: Call) -> Result:
        """Raises ExecutorError, or whatever went wrong."""
        handler = _HANDLERS[type(request)]
        if isinstance(request, _CHANGES):
            # What was read was read with other weights.
            self._decoding = None
        result = handler(self, request, frame, call)
        problem = self._problem()
        return Result({**result.fields, "problem": problem}, result.arrays) if problem else result

    def _problem(self) -> str | None:
        """What cannot be kept any more, said once."""
        cache = None if self._model is None else self._model.cache
        if cache is None or cache.problem is None or cache.problem in self._told:
            return None
        self._told.add(cache.problem)
        return cache.problem

    @property
    def model(self) -> Model:
        if self._model is None:
            raise CallError("No model is open.")
        return self._model

    def _batch(self, header: m.BatchHeader, frame: Frame, suffix: str = "") -> Batch:
        return read_batch(header, frame, self.model.vocabulary, suffix)

    def open(self, request: m.Open, _: Frame, __: Call) -> Result:
        if self._model is not None:
            raise CallError("A model is open already: close it first.")
        self._model = open_model(request, self._ranks)
        return Result(_described(self._model))

    def losses(self, request: m.Losses, frame: Frame, call: Call) -> Result:
        batch = self._batch(request.batch, frame)
        return Result(arrays={"losses": losses(self.model, batch, request.reuse, call)})

    def masked_losses(self, request: m.MaskedLosses, frame: Frame, call: Call) -> Result:
        batch = self._batch(request.batch, frame)
        targets, sums = masked_losses(self.model, batch, request.memory, request.scratch, call)
        return Result(arrays={"targets": targets, "sums": sums})

    def layer_changes(self, request: m.LayerChanges, frame: Frame, call: Call) -> Result:
        found, sums = layer_changes(self.model, self._batch(request.batch, frame), call)
        return Result(arrays={"losses": found, "sums": sums})

    def unit_sums(self, request: m.UnitSums, frame: Frame, call: Call) -> Result:
        sums, *groups = unit_sums(self.model, self._batch(request.batch, frame), request, call)
        return Result(arrays={"sums": sums, **{f"groups.{index}": group for index, group in enumerate(groups)}})

    def logits(self, request: m.Logits, frame: Frame, call: Call) -> Result:
        rows = read_array(frame, "rows", torch.int32, (None,)).long()
        return Result(arrays={"logits": logits(self.model, self._batch(request.batch, frame), rows, call)})

    def top_tokens(self, request: m.TopTokens, frame: Frame, call: Call) -> Result:
        return Result(arrays={"tokens": top_tokens(self.model, self._batch(request.batch, frame), call)})

    def ranks(self, request: m.Ranks, frame: Frame, call: Call) -> Result:
        batch = self._batch(request.batch, frame)
        tokens = read_array(frame, "targets", torch.int32, (sum(batch.target_counts),))
        return Result(arrays={"ranks": ranks_of(self.model, batch, tokens, call)})

    def step(self, request: m.Step, frame: Frame, call: Call) -> Result:
        batches = [self._batch(header, frame, f".{index}") for index, header in enumerate(request.batches)]
        rates = read_array(frame, "rates", torch.float64, (len(self.model.tensors),)).tolist()
        done = step(self.model, request, batches, rates, call)
        numbers = torch.tensor([done.loss, done.norm], dtype=torch.float64)
        return Result({"tokens": done.tokens}, {"numbers": numbers, "memory": self._used()})

    def set_strength(self, request: m.SetStrength, _: Frame, __: Call) -> Result:
        self.model.strength.set(dict(request.alpha))
        return Result()

    def save_trained(self, request: m.SaveTrained, _: Frame, call: Call) -> Result:
        save_trained(self.model, request.folder, call)
        return Result()

    def load_trained(self, request: m.LoadTrained, _: Frame, __: Call) -> Result:
        load_trained(self.model, request.folder, request.moments)
        return Result()

    def memory(self, _: m.Memory, __: Frame, ___: Call) -> Result:
        return Result(arrays={"bytes": self._used()})

    def prefill(self, request: m.Prefill, frame: Frame, call: Call) -> Result:
        tokens = read_array(frame, "tokens", torch.int32, (None, None))
        lengths = read_array(frame, "lengths", torch.int32, (tokens.shape[0],))
        self._decoding = None
        decoding = Decoding(self.model)
        logits = decoding.prefill(tokens, lengths, call)
        self._decoding = decoding
        return Result(arrays=_next(logits, request.logits))

    def decode(self, request: m.Decode, frame: Frame, call: Call) -> Result:
        if self._decoding is None:
            raise CallError("Nothing is being generated.")
        tokens, rows = (read_array(frame, name, torch.int32, (None,)) for name in ("tokens", "rows"))
        return Result(arrays=_next(self._decoding.read(tokens, rows, call), request.logits))

    def end_decoding(self, _: m.EndDecoding, __: Frame, ___: Call) -> Result:
        self._decoding = None
        return Result()

    def close_model(self, _: m.CloseModel, __: Frame, ___: Call) -> Result:
        self.close()
        return Result()

    def _used(self) -> Tensor:
        """Bytes of all ranks, now and at most, [2] float64."""
        return self._ranks.sum(torch.tensor(used_bytes(self._ranks.device), dtype=torch.float64))

    def close(self) -> None:
        """Frees the model, if there is one."""
        if self._model is not None:
            self._model.close()
        self._model = None
        if self._ranks.device.type == "cuda":
            torch.cuda.empty_cache()


_Handler = Callable[[Handlers, Any, Frame, Call], Result]
_HANDLERS: dict[type, _Handler] = {
    m.Open: cast(_Handler, Handlers.open),
    m.Losses: cast(_Handler, Handlers.losses),
    m.MaskedLosses: cast(_Handler, Handlers.masked_losses),
    m.LayerChanges: cast(_Handler, Handlers.layer_changes),
    m.UnitSums: cast(_Handler, Handlers.unit_sums),
    m.Logits: cast(_Handler, Handlers.logits),
    m.TopTokens: cast(_Handler, Handlers.top_tokens),
    m.Ranks: cast(_Handler, Handlers.ranks),
    m.Step: cast(_Handler, Handlers.step),
    m.SetStrength: cast(_Handler, Handlers.set_strength),
    m.SaveTrained: cast(_Handler, Handlers.save_trained),
    m.LoadTrained: cast(_Handler, Handlers.load_trained),
    m.Memory: cast(_Handler, Handlers.memory),
    m.Prefill: cast(_Handler, Handlers.prefill),
    m.Decode: cast(_Handler, Handlers.decode),
    m.EndDecoding: cast(_Handler, Handlers.end_decoding),
    m.CloseModel: cast(_Handler, Handlers.close_model),
}


_CHANGES = (m.Step, m.SetStrength, m.LoadTrained, m.CloseModel)


def _next(logits: Tensor, all_of_them: bool) -> dict[str, Tensor]:
    top = {"top": logits.argmax(-1).int()}
    return {**top, "logits": logits} if all_of_them else top


def _having(model: Model, name: str) -> list[int] | None:
    """The layers that have a unit; None where all do."""
    having = [layer for layer, units in enumerate(model.layer_units) if any(unit.name == name for unit in units)]
    return None if len(having) == model.layers else having


def _per_layer(config: dict[str, Any], layers: int) -> Header:
    """Keys with one value for each layer, as the configuration's class fills them in."""
    return {key: value for key, value in config.items() if isinstance(value, list) and len(value) == layers and "layer" in key}


def _described(model: Model) -> Header:
    config = model.decoder.config
    dtype, reason = model.storage
    return {
        "model": {
            "layers": model.layers,
            "hiddenSize": int(config.hidden_size),
            "vocabSize": model.vocabulary,
            "maxPositionEmbeddings": getattr(config, "max_position_embeddings", None),
            "parameters": sum(parameter.numel() for parameter in model.decoder.causal.parameters()),
            "family": str(config.model_type),
            "perLayer": _per_layer(config.to_dict(), model.layers),
        },
        "units": [
            {
                "name": unit.name,
                "parameters": [{"name": part.name, "shape": list(part.shape)} for part in unit.parts],
                "output": unit.output,
                "zero": unit.zero,
                "layers": _having(model, unit.name),
            }
            for unit in model.units
        ],
        "trained": [
            {"name": t.name, "shape": list(t.shape), "layer": t.layer, "unit": t.unit, "decays": t.decays} for t in model.tensors
        ],
        "storage": {"dtype": dtype, "reason": reason},
    }
