"""Training against torch.optim.AdamW with a rate for every tensor, and what must not change."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from adept_torch.batch import Batch
from adept_torch.call import Call
from adept_torch.errors import CallError
from adept_torch.messages import BatchHeader, Step
from adept_torch.model import Model
from adept_torch.step import StepResult, step
from adept_torch.trained import TrainedTensor

from .conftest import Opener
from .models import make_batch, reference, reference_losses, write_model

STEPS = 20
CLIP, DECAY = 0.5, 0.1


def request(number: int, frozen: Sequence[str] = (), reuse: bool = False) -> Step:
    return Step((BatchHeader(0, (), None),), number, CLIP, DECAY, (0.9, 0.999), 1e-8, tuple(frozen), reuse)


def batches(number: int) -> list[Batch]:
    """Two uneven micro-batches; the same sequences again after three steps."""
    first = 10 * (number % 3)
    return [make_batch((9, 4, 6), first), make_batch((12, 3), first + 3)]


def rates(tensors: Sequence[TrainedTensor]) -> list[float]:
    """Other for every tensor."""
    return [1e-2 * (1 + index % 7) / 7 for index in range(len(tensors))]


def train(model: Model, call: Call, *, reuse: bool = False, frozen: Sequence[str] = ()) -> list[StepResult]:
    chosen = [0.0 if t.name in frozen else rate for t, rate in zip(model.tensors, rates(model.tensors), strict=True)]
    return [step(model, request(n, frozen, reuse), batches(n), chosen, call) for n in range(1, STEPS + 1)]


def reference_run(model: Any, tensors: Sequence[TrainedTensor], frozen: Sequence[str] = ()) -> tuple[list[float], list[float]]:
    """Losses and norms of the same steps by torch.optim.AdamW and torch's own clipping."""
    named = dict(model.named_parameters())
    model.requires_grad_(False)
    groups = []
    for tensor, rate in zip(tensors, rates(tensors), strict=True):
        named[tensor.name].requires_grad_(True)
        decay = DECAY if named[tensor.name].dim() > 1 else 0.0
        groups.append({"params": [named[tensor.name]], "lr": 0.0 if tensor.name in frozen else rate, "weight_decay": decay})
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    losses, norms = [], []
    for number in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = torch.cat([reference_losses(model, batch) for batch in batches(number)]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        counted = [named[tensor.name] for tensor in tensors if tensor.name not in frozen]
        norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in counted])
        torch.nn.utils.clip_grads_with_norm_([named[tensor.name] for tensor in tensors], CLIP, norm)
        optimizer.step()
        losses.append(loss.item())
        norms.append(norm.item())
    return losses, norms


@pytest.mark.parametrize(("family", "trains"), [("llama", (1, 3)), ("qwen2", "all"), ("gemma3_text", (1, 3)), ("olmo2", "all")])
def test_twenty_steps_are_torchs(family: str, trains: Any, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    mine = opened(family, trains)
    model = reference(folders(family))
    losses, norms = reference_run(model, mine.tensors)
    found = train(mine, call)
    assert losses[-1] < losses[0] - 0.5
    assert norms[0] > CLIP
    torch.testing.assert_close([result.loss for result in found], losses, rtol=2e-4, atol=0)
    torch.testing.assert_close([result.norm for result in found], norms, rtol=5e-3, atol=0)
    assert found[0].tokens == 34
    named = dict(model.named_parameters())
    for tensor in mine.tensors:
        torch.testing.assert_close(tensor.slot.values, named[tensor.name].detach(), rtol=2e-3, atol=2e-3)


def test_all_that_trains_is_named_in_order(opened: Opener) -> None:
    untied = [tensor.name for tensor in opened("qwen3", "all").tensors]
    assert untied[:2] == ["model.embed_tokens.weight", "model.layers.0.input_layernorm.weight"]
    assert untied[-2:] == ["model.norm.weight", "lm_head.weight"]
    tied = [tensor.name for tensor in opened("qwen2", "all").tensors]
    assert tied[-1] == "model.norm.weight"
    decaying = {tensor.name.rsplit(".", 2)[-2:][0] for tensor in opened("qwen2", (0,)).tensors if not tensor.decays}
    assert decaying == {"input_layernorm", "q_proj", "k_proj", "v_proj", "post_attention_layernorm"}


def test_experts_train(opened: Opener, call: Call) -> None:
    model = opened("qwen3_moe", (1, 2))
    names = [tensor.name for tensor in model.tensors]
    assert "model.layers.2.mlp.experts.2.up_proj.weight" in names
    before = {slot: slot.values.clone() for slot in model.slots}
    losses = [result.loss for result in train(model, call, frozen=["model.layers.2.mlp.experts.2.up_proj.weight"])]
    assert losses[-1] < losses[0] - 0.3
    for tensor in model.tensors:
        own, earlier = tensor.held(tensor.slot.values), tensor.held(before[tensor.slot])
        assert own is not None
        moved = not torch.equal(own, earlier)  # type: ignore[arg-type]
        assert moved == (tensor.name != "model.layers.2.mlp.experts.2.up_proj.weight"), tensor.name


def test_layers_that_are_made_otherwise_train(opened: Opener, call: Call) -> None:
    model = opened("qwen3_next", (2, 3))
    units = {layer: {tensor.unit for tensor in model.tensors if tensor.layer == layer} for layer in (2, 3)}
    assert "linear_attn" in units[2] - units[3] and "self_attn.q_proj" in units[3] - units[2]
    losses = [result.loss for result in train(model, call)]
    assert losses[-1] < losses[0] - 0.3


def test_frozen_units_leave_the_norm_and_their_moments_move(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    frozen = ["model.layers.1.mlp.up_proj.weight"]
    mine = opened("llama", (1, 3))
    before = {tensor.name: tensor.slot.values.clone() for tensor in mine.tensors}
    losses, norms = reference_run(reference(folders("llama")), mine.tensors, frozen)
    found = train(mine, call, frozen=frozen)
    torch.testing.assert_close([result.loss for result in found], losses, rtol=2e-4, atol=0)
    torch.testing.assert_close([result.norm for result in found], norms, rtol=5e-3, atol=0)
    (tensor,) = [tensor for tensor in mine.tensors if tensor.name in frozen]
    assert torch.equal(tensor.slot.values, before[frozen[0]])
    assert tensor.slot.first is not None and tensor.slot.first.abs().max() > 0


def test_kept_hidden_states_give_the_same_numbers(opened: Opener, call: Call, tmp_path: Path) -> None:
    plain = train(opened("qwen3", (2, 3)), call)
    model = opened("qwen3", (2, 3), cache=tmp_path)
    cached = train(model, call, reuse=True)
    torch.testing.assert_close([r.loss for r in cached], [r.loss for r in plain], rtol=1e-6, atol=0)
    assert model.cache is not None and len(model.cache) == 15
    # What lies below is not computed again.
    with torch.no_grad():
        model.decoder.layers[0].get_parameter("mlp.down_proj.weight").fill_(float("nan"))
    assert step(model, request(1, reuse=True), batches(1), rates(model.tensors), call).loss < plain[0].loss
    assert not step(model, request(1), batches(1), rates(model.tensors), call).loss < plain[0].loss


def test_a_cache_without_room_keeps_nothing(opened: Opener, call: Call, tmp_path: Path) -> None:
    model = opened("qwen3", (2,), cache=tmp_path / "nowhere")
    found = step(model, request(1, reuse=True), batches(1), rates(model.tensors), call)
    assert found.loss > 0
    assert model.cache is not None and len(model.cache) == 0
    assert "computed again each time" in (model.cache.problem or "")


def test_activations_computed_again_give_the_same_numbers(opened: Opener, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = train(opened("qwen3", (1,)), call)
    monkeypatch.setenv("ADEPT_CHECKPOINTING", "on")
    model = opened("qwen3", (1,))
    assert model.layout.recompute
    assert [r.loss for r in train(model, call)] == [r.loss for r in plain]


def test_what_is_not_finite_changes_nothing(opened: Opener, call: Call) -> None:
    model = opened("llama", (1, 3))
    step(model, request(1), batches(1), rates(model.tensors), call)
    before = [(t.slot.values.clone(), *(m.clone() for m in t.slot.moments())) for t in model.tensors]
    with torch.no_grad():
        model.decoder.layers[2].get_parameter("mlp.down_proj.weight")[0, 0] = float("inf")
    found = step(model, request(2), batches(2), rates(model.tensors), call)
    assert not torch.isfinite(torch.tensor(found.loss))
    for tensor, (values, first, second) in zip(model.tensors, before, strict=True):
        assert torch.equal(tensor.slot.values, values)
        assert torch.equal(tensor.slot.moments()[0], first) and torch.equal(tensor.slot.moments()[1], second)


def test_bfloat16_with_float32_masters(opened: Opener, call: Call, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", "llama")
    exact = train(opened(folder, (1, 3)), call)
    model = opened(folder, (1, 3), dtype="bfloat16")
    before = {tensor.name: tensor.slot.values.clone() for tensor in model.tensors}
    # Masters come from the checkpoint, not from its rounded copy.
    assert any(not torch.equal(values, values.bfloat16().float()) for values in before.values())
    small = [1e-6] * len(model.tensors)
    for number in range(1, 4):
        step(model, request(number), batches(number), small, call)
    for tensor in model.tensors:
        assert tensor.slot.parameter.dtype == torch.bfloat16
        assert not torch.equal(tensor.slot.values, before[tensor.name]), tensor.name
        assert torch.equal(tensor.slot.parameter.detach(), tensor.slot.values.bfloat16())
    found = train(model, call)
    assert abs(found[-1].loss - exact[-1].loss) < 0.05
    assert model.decoder.layers[0].get_parameter("mlp.down_proj.weight").dtype == torch.bfloat16


def test_a_step_that_cannot_be_is_refused(opened: Opener, call: Call) -> None:
    with pytest.raises(CallError, match="Nothing trains"):
        step(opened("llama"), request(1), batches(1), [], call)
    model = opened("llama", (1,))
    with pytest.raises(CallError, match="rates"):
        step(model, request(1), batches(1), [1.0], call)
    with pytest.raises(CallError, match=r"lm_head\.weight does not train"):
        step(model, request(1, ["lm_head.weight"]), batches(1), rates(model.tensors), call)
    model.strength.set({1: 0.5})
    with pytest.raises(CallError, match="strength"):
        step(model, request(1), batches(1), rates(model.tensors), call)
