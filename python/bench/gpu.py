"""What one GPU does: parity in float32, then speed and memory of a Qwen3-1.7B-shaped model in bfloat16.

`python -m bench.gpu --out FILE` takes at most 8 minutes. `--rehearse` does the same with a small model on whatever there is.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
import transformers

from adept_torch.batch import Batch
from adept_torch.call import Call
from adept_torch.masked_passes import masked_losses
from adept_torch.measure import losses
from adept_torch.messages import BatchHeader, CacheRequest, Open, Step, UnitSums
from adept_torch.model import Model
from adept_torch.opening import open_model
from adept_torch.ranks import RankPosition, Ranks
from adept_torch.step import step
from adept_torch.unit_sums import unit_sums

from .shapes import QWEN3_1_7B, SMALL, Shape, step_flops, write_expanded

# Dense bfloat16 peaks with float32 sums, by the vendor's data sheets, operations a second; the first name that fits.
PEAKS = {"H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "B200": 2250e12, "L40S": 362e12, "A10G": 70e12}
RATE = 1e-4


@dataclass(frozen=True)
class Plan:
    """The sizes of a run."""

    shape: Shape
    sequences: int
    length: int
    dtype: str
    steps: int


FULL = Plan(QWEN3_1_7B, 8, 2048, "bfloat16", 4)
REHEARSAL = Plan(SMALL, 4, 32, "bfloat16", 2)


class Device:
    """Opens models on one device and measures there."""

    def __init__(self, device: torch.device) -> None:
        self.ranks = Ranks(RankPosition(0, 1, 0, 1), device, 60)
        self.call = Call(self.ranks, lambda: False, lambda _, __: None)
        self.cuda = device.type == "cuda"

    def open(self, folder: Path, trains: Any, dtype: Any, rows: int, cache: Path | None = None) -> Model:
        kept = None if cache is None else CacheRequest(str(cache), 16_000.0)
        return open_model(Open(str(folder), trains, dtype, dtype, rows, kept), self.ranks)

    def seconds(self, work: Callable[[], object]) -> float:
        """Until the device has done it."""
        self._wait()
        begin = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - begin

    def _wait(self) -> None:
        if self.cuda:
            torch.cuda.synchronize()

    def forget(self) -> None:
        """Gives unused memory back, and begins to watch for a new peak."""
        if self.cuda:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()

    def peak(self) -> int | None:
        """Bytes that tensors took at most; None on a CPU, where nobody counts them."""
        return torch.cuda.max_memory_allocated() if self.cuda else None


@contextmanager
def compiling(asked: bool) -> Iterator[None]:
    """Within, models that are opened have their layers compiled, or not."""
    before = os.environ.get("ADEPT_COMPILE")
    os.environ["ADEPT_COMPILE"] = "on" if asked else "off"
    try:
        yield
    finally:
        if before is None:
            del os.environ["ADEPT_COMPILE"]
        else:
            os.environ["ADEPT_COMPILE"] = before


def batch_of(sequences: int, length: int, vocabulary: int, first: int = 0) -> Batch:
    """Random tokens; sequence number n is always the same."""
    rows = []
    for number in range(first, first + sequences):
        generator = torch.Generator().manual_seed(number)
        rows.append(torch.randint(vocabulary, (length,), generator=generator))
    return Batch(torch.stack(rows), (length,) * sequences, tuple(range(first, first + sequences)), None)


def train(model: Model, device: Device, batches: Sequence[Batch], *, reuse: bool) -> list[float]:
    """Losses of one step on each batch."""
    rates = [RATE] * len(model.tensors)
    return [
        step(model, Step((), number, 1.0, 0.0, (0.9, 0.999), 1e-8, (), reuse), [batch], rates, device.call).loss
        for number, batch in enumerate(batches, 1)
    ]


def parity(device: Device, folder: Path) -> dict[str, float]:
    """Largest differences from the same code on the CPU, in float32, relative to the largest value."""
    shape = SMALL
    write_expanded(folder, shape, torch.float32, 64)
    batch = batch_of(3, 24, shape.vocabulary)

    def numbers(on: Device) -> dict[str, list[float]]:
        model = on.open(folder, shape.added, "float32", batch.size * batch.length)
        try:
            found = {
                "losses": losses(model, batch, False, on.call).tolist(),
                "exact importance": masked_losses(model, batch, None, None, on.call)[1].flatten().tolist(),
                "unit sums": unit_sums(
                    model, batch, UnitSums(BatchHeader(0, (), None), False, tuple(range(model.layers)), "released", ()), on.call
                )[0].flatten().tolist(),
            }  # fmt: skip
            return {**found, "20 steps": train(model, on, [batch] * 20, reuse=False)}
        finally:
            model.close()

    mine, theirs = numbers(device), numbers(Device(torch.device("cpu")))
    return {name: max(abs(a - b) for a, b in zip(mine[name], theirs[name], strict=True)) / max(map(abs, theirs[name]))
            for name in mine}  # fmt: skip


def measured(plan: Plan, device: Device, folder: Path) -> dict[str, Any]:
    """Seconds and bytes of the steps of ADEPT and of full training, and of importance."""
    shape = plan.shape
    tokens = plan.sequences * plan.length
    batches = [batch_of(plan.sequences, plan.length, shape.vocabulary, plan.sequences * n) for n in range(plan.steps)]
    found: dict[str, Any] = {}

    def timed(name: str, model: Model, *, reuse: bool, full: bool, kept: bool) -> None:
        # The first one warms up, and keeps what a later epoch reuses.
        train(model, device, batches, reuse=reuse)
        device.forget()
        seconds = [device.seconds(lambda one=batch: train(model, device, [one], reuse=reuse)) for batch in batches]  # type: ignore[misc]
        flops = step_flops(shape, tokens, plan.length, full=full, kept=kept)
        found[name] = {**_times(seconds), "tokensPerSecond": tokens / median(seconds), "flops": flops,
                       "peakBytes": device.peak(), "layout": model.storage[1]}  # fmt: skip

    with tempfile.TemporaryDirectory(dir=folder.parent) as cache:
        model = device.open(folder, shape.added, plan.dtype, tokens, Path(cache))
        timed("adept, first epoch", model, reuse=False, full=False, kept=False)
        timed("adept, later epochs", model, reuse=True, full=False, kept=True)
        found["importance"] = importance(plan, device, model, batches[0])
        model.close()
    device.forget()
    with compiling(True):
        model = device.open(folder, shape.added, plan.dtype, tokens)
    timed("adept, compiled", model, reuse=False, full=False, kept=False)
    model.close()
    device.forget()
    model = device.open(folder, "all", plan.dtype, tokens)
    timed("full", model, reuse=False, full=True, kept=False)
    model.close()
    device.forget()
    return found


def importance(plan: Plan, device: Device, model: Model, batch: Batch) -> dict[str, Any]:
    """Exact layer importance of a batch, beside one full pass for each layer, which is what it replaces."""
    losses(model, batch, False, device.call)
    pass_seconds = [device.seconds(lambda: losses(model, batch, False, device.call)) for _ in range(plan.steps)]
    masked_losses(model, batch, None, None, device.call)
    device.forget()
    exact = [device.seconds(lambda: masked_losses(model, batch, None, None, device.call)) for _ in range(2)]
    each = median(pass_seconds) * (model.layers + 1)
    return {**_times(exact), "peakBytes": device.peak(), "passSeconds": median(pass_seconds),
            "passPerLayerSeconds": each, "ratio": each / median(exact)}  # fmt: skip


def _times(seconds: Sequence[float]) -> dict[str, Any]:
    return {"seconds": median(seconds), "fastest": min(seconds), "slowest": max(seconds)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 2 where there is no GPU and no rehearsal was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--rehearse", action="store_true", help="a small model, on the CPU where there is no GPU")
    options = parser.parse_args(arguments)
    if not torch.cuda.is_available() and not options.rehearse:
        print("There is no GPU that PyTorch can use: --rehearse tries the script on the CPU.", file=sys.stderr)
        return 2
    cuda = torch.cuda.is_available()
    # What is called float32 is float32.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    transformers.utils.logging.disable_progress_bar()
    device = Device(torch.device("cuda", 0) if cuda else torch.device("cpu"))
    name = torch.cuda.get_device_name(0) if cuda else "CPU"
    plan = REHEARSAL if options.rehearse else FULL
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "format": "adept.gpu/1",
            "device": name,
            "memoryBytes": torch.cuda.get_device_properties(0).total_memory if cuda else None,
            "peakFlops": next((peak for card, peak in PEAKS.items() if card in name), None),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda,
                         "transformers": transformers.__version__},
            "rehearsal": options.rehearse,
            "model": {"layers": plan.shape.layers, "copies": list(plan.shape.copies), "sequences": plan.sequences,
                      "length": plan.length, "dtype": plan.dtype},
            "parity": parity(device, Path(folder) / "parity"),
            "measured": measured(plan, device, write_expanded(Path(folder) / "model", plan.shape, torch.bfloat16, plan.length)),
        }  # fmt: skip
        result["seconds"] = time.perf_counter() - begin
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result["measured"], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
