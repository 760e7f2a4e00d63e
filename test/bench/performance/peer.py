"""The peers of `npm run bench`: the same jobs in PyTorch with transformers, float32.

Peer (a) does the same mathematics as well as a careful person would: no padding, no gradients where none are needed, no
copies of the model. Peer (b), `releasedImportance`, works as the released scripts do: every sequence padded to 2048, a full
pass for each masked layer.

    python peer.py JOB.json     prints {"seconds", "values", "peakMemory", ...} as its last line
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

RELEASED_LENGTH = 2048


def batches_of(job: dict) -> list[torch.Tensor]:
    tokens = torch.tensor(job["tokens"])
    return list(tokens.split(job["batchSize"]))


def loss_sum(model: nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    logits = model(input_ids=tokens, use_cache=False).logits[:, :-1]
    return cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="sum")


def target_count(batches: list[torch.Tensor]) -> int:
    return sum(batch[:, 1:].numel() for batch in batches)


def masked(model: nn.Module) -> Iterator[None]:
    """The model as it is, then without each of its layers in turn."""
    layers = model.model.layers
    yield
    for index in range(len(layers)):
        model.model.layers = nn.ModuleList([layer for at, layer in enumerate(layers) if at != index])
        yield
    model.model.layers = layers


@torch.inference_mode()
def exact_importance(model: nn.Module, job: dict) -> list[float]:
    batches = batches_of(job)
    losses = [sum(loss_sum(model, batch).item() for batch in batches) / target_count(batches) for _ in masked(model)]
    return [loss - losses[0] for loss in losses[1:]]


@torch.no_grad()
def released_importance(model: nn.Module, job: dict) -> list[float]:
    losses = []
    for _ in masked(model):
        total = count = 0
        for row in job["tokens"]:
            ids = torch.zeros(1, RELEASED_LENGTH, dtype=torch.long)
            ids[0, : len(row)] = torch.tensor(row)
            attention = (torch.arange(RELEASED_LENGTH) < len(row)).long()[None]
            labels = torch.where(attention.bool(), ids, -100)
            logits = model(input_ids=ids, attention_mask=attention, use_cache=False).logits
            total += cross_entropy(logits[0, :-1], labels[0, 1:], reduction="sum").item()
            count += len(row) - 1
        losses.append(total / count)
    return [loss - losses[0] for loss in losses[1:]]


def unit_parameters(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name.removesuffix(".weight"), parameter) for name, parameter in model.model.layers.named_parameters()]


def unit_importance(model: nn.Module, job: dict) -> list[float]:
    """mean |θ|·|∂L/∂θ| over every tensor of the layers, added up over the batches."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    units = [unit for _, unit in sorted(unit_parameters(model))]
    for parameter in units:
        parameter.requires_grad_(True)
    sums = [0.0] * len(units)
    batches = batches_of(job)
    for batch in batches:
        (loss_sum(model, batch) / target_count([batch])).backward()
        with torch.no_grad():
            for index, parameter in enumerate(units):
                sums[index] += (parameter * parameter.grad).abs().mean().item()
                parameter.grad = None
    return [value / len(batches) for value in sums]


def tune(model: nn.Module, job: dict) -> dict:
    """AdamW over the added layers; losses and seconds of each step, epoch after epoch over the same batches."""
    trained = set(job["trained"])
    groups = []
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for index, layer in enumerate(model.model.layers):
        if index in trained:
            for parameter in layer.parameters():
                parameter.requires_grad_(True)
                decay = job["weightDecay"] if parameter.dim() > 1 else 0.0
                groups.append({"params": [parameter], "lr": job["learningRate"], "weight_decay": decay})
    parameters = [group["params"][0] for group in groups]
    optimizer = torch.optim.AdamW(groups)
    losses, seconds, first_step = [], [], None
    for _ in range(job["epochs"]):
        for batch in batches_of(job):
            begin = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            loss = loss_sum(model, batch) / target_count([batch])
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, job["maxGradNorm"])
            optimizer.step()
            losses.append(loss.item())
            seconds.append(time.perf_counter() - begin)
            first_step = first_step or time.time() - job["started"]
    return {"values": losses, "stepSeconds": seconds, "firstStep": first_step}


@torch.inference_mode()
def forward(model: nn.Module, job: dict) -> list[float]:
    batches = batches_of(job)
    return [sum(loss_sum(model, batch).item() for batch in batches) / target_count(batches)]


@torch.inference_mode()
def matmul() -> float:
    """GFLOP/s of a 2048³ product: the best of several, as the machine's own rate."""
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    seconds = []
    for _ in range(10):
        begin = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - begin)
    return 2 * 2048**3 / statistics.median(seconds) / 1e9


def peak_memory() -> int:
    """Peak resident memory so far, bytes; getrusage would count the parent process as well."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


JOBS = {
    "exactImportance": exact_importance,
    "releasedImportance": released_importance,
    "unitImportance": unit_importance,
    "tune": tune,
    "forward": forward,
}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    torch.set_num_threads(job["threads"])
    if job["job"] == "matmul":
        # With everything imported that a job needs, and before there is a tensor.
        idle = peak_memory()
        print(json.dumps({"gigaflops": matmul(), "idleMemory": idle}))
        return
    begin = time.perf_counter()
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32, attn_implementation="sdpa")
    model.eval()
    loaded = time.perf_counter() - begin
    if job["job"] != "tune":
        with torch.inference_mode():
            loss_sum(model, batches_of(job)[0])
    begin = time.perf_counter()
    result = JOBS[job["job"]](model, job)
    seconds = time.perf_counter() - begin
    values = result if isinstance(result, dict) else {"values": result}
    print(json.dumps({**values, "seconds": seconds, "loadSeconds": loaded, "peakMemory": peak_memory()}))


main()
