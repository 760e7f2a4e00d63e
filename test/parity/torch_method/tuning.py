"""Adaptive unit-wise decoupled tuning (arXiv 2510.10071, stage 2) with torch.optim.AdamW."""

from dataclasses import dataclass
from typing import Any, Sequence

import torch
from torch import nn
from transformers import PreTrainedModel, get_scheduler

from .importance import UnitValues, unit_importance
from .loss import loss_sum, target_count
from .models import Tokens, decoder_layers, unit_modules


@dataclass(frozen=True)
class Plan:
    """One tuning run. `added` pairs each added layer with the layer it copies; it is empty when everything is trained."""

    domain: list[Tokens]
    probe: list[Tokens]
    added: list[tuple[int, int]]
    full: bool
    steps: int
    learning_rate: float
    update_every: int
    batch_size: int
    grad_accum: int
    warmup: int
    schedule: str
    weight_decay: float
    max_grad_norm: float
    unit_rates: str
    definition: str


def learning_rates(importance: UnitValues, base: float) -> UnitValues:
    """lr_U = 2·(1 − Ĩ_U)·base, Ĩ_U = (I_U − min I)/(max I − min I) over all units; base where all are equal."""
    low, high = min(importance.values()), max(importance.values())
    if high == low:
        return {unit: base for unit in importance}
    return {unit: 2 * (1 - (value - low) / (high - low)) * base for unit, value in importance.items()}


def schedule_factors(name: str, warmup: int, steps: int) -> list[float]:
    """The factor of every step's learning rate, as transformers' get_scheduler gives it to an optimiser of rate 1."""
    if name == "constant" and warmup > 0:
        name = "constant_with_warmup"
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=steps)
    factors = []
    for _ in range(steps):
        factors.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return factors


class Rates:
    """Importance and learning rate of every trained unit: seeded from the source layers, later its own."""

    def __init__(self, model: PreTrainedModel, plan: Plan) -> None:
        self.model = model
        self.plan = plan
        self.trained = list(range(len(decoder_layers(model)))) if plan.full else [layer for layer, _ in plan.added]
        self.values: UnitValues = {}
        self.history: list[dict[str, Any]] = []

    def seed(self) -> None:
        """Rates of the first steps. A fresh copy has θ·∂L/∂θ = 0 in every unit, so its source stands in for it."""
        if self.plan.unit_rates == "equal":
            names = [(layer, name) for layer in self.trained for name in unit_modules(decoder_layers(self.model)[layer])]
            self.values = {unit: self.plan.learning_rate for unit in names}
        elif self.plan.full:
            self.refresh(0)
        else:
            source = self._measure([source for _, source in self.plan.added])
            copied = {(layer, name): value
                      for layer, source_layer in self.plan.added
                      for (of, name), value in source.items() if of == source_layer}  # fmt: skip
            self._take(0, copied)

    def refresh(self, step: int) -> None:
        """Measures the trained layers themselves."""
        self._take(step, self._measure(self.trained))

    def _measure(self, layers: Sequence[int]) -> UnitValues:
        plan = self.plan
        return unit_importance(self.model, plan.probe, plan.batch_size, layers, plan.definition)

    def _take(self, step: int, importance: UnitValues) -> None:
        self.values = learning_rates(importance, self.plan.learning_rate)
        units = [{"layer": layer, "name": name, "importance": value, "learningRate": self.values[(layer, name)]}
                 for (layer, name), value in importance.items()]  # fmt: skip
        self.history.append({"step": step, "units": units})


def _groups(model: PreTrainedModel, rates: Rates, plan: Plan) -> list[dict[str, Any]]:
    """One parameter group per unit (matrices and the rest apart: only matrices decay), the rest of the model one more."""
    claimed: set[int] = set()
    groups = []

    def add(unit: tuple[int, str] | None, parameters: Sequence[nn.Parameter]) -> None:
        for decays in (True, False):
            chosen = [parameter for parameter in parameters if (parameter.ndim > 1) == decays]
            if chosen:
                claimed.update(map(id, chosen))
                groups.append({"params": chosen, "unit": unit, "weight_decay": plan.weight_decay if decays else 0.0})

    for layer in rates.trained:
        for name, module in unit_modules(decoder_layers(model)[layer]).items():
            add((layer, name), list(module.parameters(recurse=False)))
    if plan.full:
        add(None, [parameter for parameter in model.parameters() if id(parameter) not in claimed])
    return groups


def tune(model: PreTrainedModel, plan: Plan) -> dict[str, Any]:
    """Runs the plan and returns every step's loss, gradient norm before clipping, and the rates that were in force.

    Step s takes the next batch_size·grad_accum sequences in the given order (around again at the end). Its gradient is
    that of the mean loss over all predicted positions of the step, however they fall into micro-batches.
    """
    rates = Rates(model, plan)
    rates.seed()
    groups = _groups(model, rates, plan)
    model.requires_grad_(False)
    trained = [parameter for group in groups for parameter in group["params"]]
    for parameter in trained:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    per_step = plan.batch_size * plan.grad_accum
    for step, factor in enumerate(schedule_factors(plan.schedule, plan.warmup, plan.steps)):
        for group in optimizer.param_groups:
            rate = plan.learning_rate if group["unit"] is None else rates.values[group["unit"]]
            group["lr"] = rate * factor
        rows = [plan.domain[index % len(plan.domain)] for index in range(step * per_step, (step + 1) * per_step)]
        targets = target_count(rows)
        optimizer.zero_grad()
        total = 0.0
        for start in range(0, per_step, plan.batch_size):
            part = loss_sum(model, rows[start : start + plan.batch_size])
            (part / targets).backward()
            total += part.item()
        limit = plan.max_grad_norm if plan.max_grad_norm > 0 else float("inf")
        norms.append(torch.nn.utils.clip_grad_norm_(trained, limit).item())
        optimizer.step()
        losses.append(total / targets)
        if plan.unit_rates == "importance" and (step + 1) % plan.update_every == 0:
            rates.refresh(step + 1)
    return {"losses": losses, "gradNorms": norms, "importance": rates.history}
