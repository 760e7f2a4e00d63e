"""What torch.compile gains of the decoder layers of a model, and what it costs, on this machine.

`python -m bench.compiled --model DIR --layers 21,24 --out FILE` opens the model with and without, and measures both in turn.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
import transformers
from torch import Tensor

from adept_torch.masked_passes import masked_losses
from adept_torch.measure import losses
from adept_torch.model import Model

from .gpu import Device, batch_of, compiling, train

KINDS = {"eager": False, "compiled": True}
SEQUENCES, LENGTH, ROUNDS = 4, 256, 5


def works(device: Device, model: Model) -> dict[str, Callable[[], Tensor]]:
    """What is measured, by name: each gives losses."""
    batch = batch_of(SEQUENCES, LENGTH, model.vocabulary)
    return {
        "step": lambda: torch.tensor(train(model, device, [batch], reuse=False)),
        "forward pass": lambda: losses(model, batch, False, device.call),
        "exact importance": lambda: masked_losses(model, batch.select([0]), None, None, device.call)[1],
    }


def measured(folder: Path, trained: Sequence[int], rounds: int) -> dict[str, Any]:
    """Seconds of every work with and without, the first time and later; and the largest relative difference of losses."""
    device = Device(torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu"))
    kinds: dict[str, dict[str, Callable[[], Tensor]]] = {}
    for kind, compiled in KINDS.items():
        with compiling(compiled):
            kinds[kind] = works(device, device.open(folder, tuple(trained), "auto", SEQUENCES * LENGTH))
    found: dict[str, Any] = {}
    apart = 0.0
    for name in kinds["eager"]:
        first = {kind: device.seconds(work[name]) for kind, work in kinds.items()}
        later: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(rounds):
            round_ = {kind: once(device, work[name]) for kind, work in kinds.items()}
            for kind, (seconds, _result) in round_.items():
                later[kind].append(seconds)
            apart = max(apart, difference(*(result for _seconds, result in round_.values())))
        found[name] = {kind: {"first": first[kind], "median": median(times), "fastest": min(times), "slowest": max(times)}
                       for kind, times in later.items()}  # fmt: skip
    return {"works": found, "difference": apart}


def once(device: Device, work: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Its seconds and its result."""
    kept: list[Tensor] = []
    return device.seconds(lambda: kept.append(work())), kept[0]


def difference(one: Tensor, other: Tensor) -> float:
    """The largest, relative to the largest value."""
    return float((one - other).abs().max() / one.abs().max())


def device_name() -> str:
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, type=Path)
    parser.add_argument("--layers", required=True, help="the layers that train, for example 21,24")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args(arguments)
    transformers.utils.logging.disable_progress_bar()
    layers = [int(layer) for layer in options.layers.split(",")]
    found = {
        "layers": layers,
        "sequences": SEQUENCES,
        "length": LENGTH,
        "rounds": options.rounds,
        "threads": torch.get_num_threads(),
        "device": device_name(),
        **measured(options.model, layers, options.rounds),
    }
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
