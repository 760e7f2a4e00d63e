"""The jobs that the tests ask for: each takes the JSON request that test/parity/jobs.ts describes and returns its result."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Callable

import numpy
import torch
from huggingface_hub import ModelCard
from tokenizers import Tokenizer

from .config_keys import config_keys
from .importance import layer_importance, relative_changes, unit_importance
from .loss import mean_loss
from .models import Packed, Tokens, by_length, forward, load_as_stored, load_model
from .tuning import Plan, tune

Json = dict[str, Any]


def _logits(request: Json) -> list[numpy.ndarray]:
    """Logits [T, V] of every sequence."""
    model = load_model(request["model"], request.get("unread", ()))
    sequences = request["sequences"]
    results: list[numpy.ndarray] = [numpy.empty(0)] * len(sequences)
    with torch.no_grad():
        for group in by_length(sequences):
            _, logits = forward(model, [sequences[index] for index in group])
            for row, index in enumerate(group):
                results[index] = logits[row].numpy()
    return results


def logits(request: Json) -> Json:
    """All logits, row after row of sequence after sequence (base64 of float32), the largest |value|, and those asked for."""
    values = numpy.concatenate([rows.ravel() for rows in _logits(request)]).astype("<f4")
    return {
        "count": int(values.size),
        "largest": float(numpy.abs(values).max()),
        "sample": values[request["indices"]].tolist(),
        "all": base64.b64encode(values.tobytes()).decode("ascii"),
    }


def logits_of_each(request: Json) -> Json:
    """Of every model in a folder of such, by name: as `logits`, without all of them."""
    results = {}
    for folder in sorted(Path(request["models"]).iterdir()):
        result = logits({**request, "model": str(folder)})
        results[folder.name] = {key: result[key] for key in ("count", "largest", "sample")}
    return results


def difference(request: Json) -> Json:
    """Largest |difference| of any logit of two models."""
    first, second = (_logits({"model": request[key], "sequences": request["sequences"]}) for key in ("model", "other"))
    return {"maxDifference": max(float(numpy.abs(a - b).max()) for a, b in zip(first, second))}


def generate(request: Json) -> Json:
    """What transformers continues each prompt with, greedily, up to the token that ends it."""
    model = load_model(request["model"])
    prompts, stop = request["prompts"], request["stop"]
    width = max(map(len, prompts))
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    tokens = model.generate(
        ids, attention_mask=mask, do_sample=False, max_new_tokens=request["maxTokens"], eos_token_id=stop, pad_token_id=0
    )
    answers = tokens[:, width:].tolist()
    return {"answers": [answer[: answer.index(stop)] if stop in answer else answer for answer in answers]}


def loss(request: Json) -> Json:
    """Mean next-token loss."""
    return {"loss": mean_loss(load_model(request["model"]), request["sequences"])}


def loss_as_stored(request: Json) -> Json:
    """Mean next-token loss of what transformers holds with dtype="auto", in its own arithmetic and in float32."""
    model = load_as_stored(request["model"])
    dtype = str(model.dtype).removeprefix("torch.")
    own = mean_loss(model, request["sequences"])
    return {"dtype": dtype, "ownArithmetic": own, "loss": mean_loss(model.float(), request["sequences"])}


def importance(request: Json) -> Json:
    """Importance of every layer, what it changes, and importance of every unit by both definitions."""
    model = load_model(request["model"])
    sequences = request["sequences"]
    base, layers = layer_importance(model, sequences)
    everywhere = range(len(layers))
    released, paper = (unit_importance(model, sequences, request["batchSize"], everywhere, definition)
                       for definition in ("released", "paper"))  # fmt: skip
    units = [{"layer": layer, "name": name, "released": value, "paper": paper[(layer, name)]}
             for (layer, name), value in released.items()]  # fmt: skip
    changes = relative_changes(model, sequences)
    return {"baseLoss": base, "layers": layers, "changes": changes, "units": units}


def _sequences(request: Json, key: str) -> list[Tokens]:
    """The sequences of that name, with their documents where the request tells them."""
    rows: list[Tokens] = request[key]
    starts = (request.get("documentStarts") or {}).get(key)
    return rows if starts is None else [Packed(row, begins) for row, begins in zip(rows, starts, strict=True)]


def tuning(request: Json) -> Json:
    """Runs a tuning plan; with `evaluate`, also the mean loss on these sequences afterwards."""
    model = load_model(request["model"])
    plan = Plan(
        domain=_sequences(request, "domain"),
        probe=_sequences(request, "probe"),
        added=[(pair["layer"], pair["sourceLayer"]) for pair in request["added"]],
        full=request["full"],
        steps=request["steps"],
        learning_rate=request["learningRate"],
        update_every=request["updateEvery"],
        batch_size=request["batchSize"],
        grad_accum=request["gradAccum"],
        warmup=request["warmup"],
        schedule=request["schedule"],
        weight_decay=request["weightDecay"],
        max_grad_norm=request["maxGradNorm"],
        unit_rates=request["unitRates"],
        definition=request["unitDefinition"],
    )
    result = tune(model, plan)
    return {**result, "finalLoss": mean_loss(model, _sequences(request, "evaluate"))}


def card(request: Json) -> Json:
    """Metadata of a model card."""
    return {"metadata": ModelCard.load(request["file"]).data.to_dict()}


def pack(request: Json) -> Json:
    """Tokenises a JSONL of texts, puts `bos` before each, joins and cuts them, and hashes the sequences as int32."""
    tokenizer = Tokenizer.from_file(request["tokenizer"])
    length, wanted = request["seqLen"], request["maxSequences"]
    tokens: list[int] = []
    with open(request["file"], encoding="utf-8") as lines:
        for line in lines:
            if len(tokens) >= length * wanted:
                break
            tokens += [request["bos"], *tokenizer.encode(json.loads(line)["text"], add_special_tokens=False).ids]
    packed = numpy.array(tokens[: length * wanted], dtype="<i4")
    return {"tokens": int(packed.size), "first": packed[:32].tolist(), "sha256": hashlib.sha256(packed.tobytes()).hexdigest()}


JOBS: dict[str, Callable[[Json], Json]] = {
    "logits": logits,
    "logitsOfEach": logits_of_each,
    "difference": difference,
    "generate": generate,
    "loss": loss,
    "lossAsStored": loss_as_stored,
    "importance": importance,
    "tune": tuning,
    "card": card,
    "pack": pack,
    "configKeys": config_keys,
}
