"""The verbs of the protocol and their parameters, as the trainer sends them."""

from dataclasses import dataclass
from typing import Literal

from .errors import CallError
from .frames import Frame
from .schema import SchemaError, parse

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class BatchHeader:
    """T, the numbers of the B sequences, and where documents begin in each that do not see each other."""

    length: int
    numbers: tuple[int, ...]
    document_starts: tuple[tuple[int, ...], ...] | None


@dataclass(frozen=True)
class CacheRequest:
    """Where hidden states are kept, and how many megabytes of them."""

    folder: str
    megabytes: float


@dataclass(frozen=True)
class Open:
    folder: str
    trains: Literal["none", "all"] | tuple[int, ...]
    frozen_weights: Precision
    dtype: Precision
    rows: int
    cache: CacheRequest | None
    seed: int = 0


@dataclass(frozen=True)
class Losses:
    batch: BatchHeader
    reuse: bool


@dataclass(frozen=True)
class MaskedLosses:
    batch: BatchHeader
    memory: float | None
    scratch: str | None


@dataclass(frozen=True)
class LayerChanges:
    batch: BatchHeader


@dataclass(frozen=True)
class GroupRequest:
    """Parts of a unit's weight: rows or columns from one bound to the next."""

    unit: str
    along: Literal["rows", "columns"]
    bounds: tuple[int, ...]


@dataclass(frozen=True)
class UnitSums:
    batch: BatchHeader
    reuse: bool
    layers: tuple[int, ...]
    definition: Literal["released", "paper"]
    groups: tuple[GroupRequest, ...]


@dataclass(frozen=True)
class Logits:
    batch: BatchHeader


@dataclass(frozen=True)
class TopTokens:
    batch: BatchHeader


@dataclass(frozen=True)
class Ranks:
    batch: BatchHeader


@dataclass(frozen=True)
class Step:
    batches: tuple[BatchHeader, ...]
    step: int
    clip_at: float
    weight_decay: float
    betas: tuple[float, float]
    epsilon: float
    frozen: tuple[str, ...]
    reuse: bool


@dataclass(frozen=True)
class SetStrength:
    alpha: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class SaveTrained:
    folder: str


@dataclass(frozen=True)
class LoadTrained:
    folder: str
    moments: bool


@dataclass(frozen=True)
class Memory:
    pass


@dataclass(frozen=True)
class Prefill:
    logits: bool


@dataclass(frozen=True)
class Decode:
    logits: bool


@dataclass(frozen=True)
class EndDecoding:
    pass


@dataclass(frozen=True)
class CloseModel:
    pass


@dataclass(frozen=True)
class Shutdown:
    pass


VERBS: dict[str, type] = {
    "open": Open,
    "losses": Losses,
    "maskedLosses": MaskedLosses,
    "layerChanges": LayerChanges,
    "unitSums": UnitSums,
    "logits": Logits,
    "topTokens": TopTokens,
    "ranks": Ranks,
    "step": Step,
    "setStrength": SetStrength,
    "saveTrained": SaveTrained,
    "loadTrained": LoadTrained,
    "memory": Memory,
    "prefill": Prefill,
    "decode": Decode,
    "endDecoding": EndDecoding,
    "closeModel": CloseModel,
    "shutdown": Shutdown,
}


def parse_call(frame: Frame) -> object:
    """The request in a frame of kind "call". Raises CallError naming what is wrong with it."""
    verb = frame.header.get("verb")
    kind = VERBS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise CallError(f"The verb {verb!r} is not known; there are {', '.join(VERBS)}.")
    fields = {name: value for name, value in frame.header.items() if name not in ("kind", "id", "verb")}
    try:
        return parse(kind, fields, f'"{verb}"')
    except SchemaError as error:
        raise CallError(str(error)) from error
