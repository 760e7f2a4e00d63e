"""Importance of layers and units against one straightforward pass each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from adept_torch import masked_passes
from adept_torch.call import Call
from adept_torch.errors import CallError, CancelledError
from adept_torch.masked_passes import masked_losses
from adept_torch.messages import BatchHeader, GroupRequest, UnitSums
from adept_torch.unit_sums import unit_sums

from .conftest import ALONE, Opener
from .models import FAMILIES, LAYERS, make_batch, reference, reference_losses

LENGTHS = (9, 5, 12)


def _pass_through(_: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Any], output: object) -> Tensor:
    return args[0] if args else kwargs["hidden_states"]


def _one_pass_a_layer(model: Any) -> Tensor:
    """Losses added up over each sequence, the untouched model first, [L + 1, B]."""
    batch = make_batch(LENGTHS)
    sequences = batch.targets().sequences
    sums = torch.zeros(LAYERS + 1, batch.size, dtype=torch.float64)
    with torch.no_grad():
        sums[0].index_add_(0, sequences, reference_losses(model, batch).double())
        for index, layer in enumerate(model.model.layers):
            handle = layer.register_forward_hook(_pass_through, with_kwargs=True)
            sums[index + 1].index_add_(0, sequences, reference_losses(model, batch).double())
            handle.remove()
    return sums


@pytest.mark.parametrize("family", FAMILIES)
def test_one_sweep_is_one_pass_for_every_layer(family: str, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    expected = _one_pass_a_layer(reference(folders(family)))
    targets, sums = masked_losses(opened(family), make_batch(LENGTHS), None, None, call)
    assert targets.tolist() == [8, 4, 11]
    torch.testing.assert_close(sums, expected, rtol=2e-5, atol=1e-5)
    assert (sums[1:] - sums[0]).abs().min() > 1e-4


@pytest.mark.parametrize("together", [1, 70, 10000])
def test_passes_on_the_disk_and_together_change_nothing(
    together: int, opened: Opener, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened("qwen3")
    starts = ((0, 4), (0,), (0, 5, 7))
    batch = make_batch(LENGTHS, starts=starts)
    _, expected = masked_losses(model, batch, None, None, call)
    monkeypatch.setattr(masked_passes, "_ROWS_AT_ONCE", {"cpu": together})
    two = 2 * batch.size * batch.length * 16 * 4
    _, sums = masked_losses(model, batch, two, str(tmp_path), call)
    torch.testing.assert_close(sums, expected, rtol=1e-6, atol=0)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CallError, match="raise --memory"):
        masked_losses(model, batch, two, str(tmp_path / "nowhere"), call)


def test_a_cancelled_sweep_ends_at_the_next_layer(opened: Opener) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    with pytest.raises(CancelledError):
        masked_losses(opened("llama"), make_batch(LENGTHS), None, None, Call(ALONE, cancelled, lambda _, __: None))
    assert asked == 3


def _request(layers: tuple[int, ...], definition: str, groups: tuple[GroupRequest, ...] = ()) -> UnitSums:
    return UnitSums(BatchHeader(0, (), None), False, layers, definition, groups)  # type: ignore[arg-type]


@pytest.mark.parametrize("definition", ["released", "paper"])
@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma3_text", "olmo2"])
def test_unit_sums(family: str, definition: str, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = reference(folders(family))
    reference_losses(model, make_batch(LENGTHS)).mean().backward()  # type: ignore[no-untyped-call]
    layers = (3, 1)
    expected = []
    mine = opened(family)
    names = [unit.name for unit in mine.units]
    for layer in layers:
        for name in names:
            own = list(model.model.layers[layer].get_submodule(name).parameters(recurse=False))
            products = [parameter.detach().double() * parameter.grad.double() for parameter in own]
            expected.append(sum(float((p.abs() if definition == "released" else p).sum()) for p in products))
    sums, *_ = unit_sums(mine, make_batch(LENGTHS), _request(layers, definition), call)
    torch.testing.assert_close(sums.flatten(), torch.tensor(expected, dtype=torch.float64), rtol=2e-4, atol=1e-5)
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in mine.decoder.causal.parameters())


def test_experts_are_one_unit_each_of_gate_up_and_down(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = reference(folders("qwen3_moe"))
    reference_losses(model, make_batch(LENGTHS)).mean().backward()  # type: ignore[no-untyped-call]
    mine = opened("qwen3_moe")
    names = [unit.name for unit in mine.units]
    assert names[-4:] == ["mlp.gate", "mlp.experts.gate_proj", "mlp.experts.up_proj", "mlp.experts.down_proj"]
    sums, *_ = unit_sums(mine, make_batch(LENGTHS), _request((2,), "released"), call)
    experts = model.model.layers[2].mlp.experts
    fused = (experts.gate_up_proj.detach() * experts.gate_up_proj.grad).abs()
    down = (experts.down_proj.detach() * experts.down_proj.grad).abs()
    half = fused.shape[1] // 2
    expected = [float(part.sum()) for part in (fused[:, :half], fused[:, half:], down)]
    torch.testing.assert_close(sums[0, -3:], torch.tensor(expected, dtype=torch.float64), rtol=2e-4, atol=0)


def test_rows_of_what_is_fused_are_units(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = reference(folders("phi3"))
    reference_losses(model, make_batch(LENGTHS)).mean().backward()  # type: ignore[no-untyped-call]
    mine = opened("phi3")
    names = [unit.name for unit in mine.units]
    assert names[1:4] == ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]
    assert names[-3:] == ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
    groups = (GroupRequest("self_attn.k_proj", "rows", (0, 3, 8)),)
    sums, by_rows = unit_sums(mine, make_batch(LENGTHS), _request((2,), "released", groups), call)
    layer = model.model.layers[2]
    fused, inner = layer.self_attn.qkv_proj.weight, layer.mlp.gate_up_proj.weight
    own, mlp = (fused.detach() * fused.grad).abs(), (inner.detach() * inner.grad).abs()
    parts = [own[:16], own[16:24], own[24:], mlp[:24], mlp[24:]]
    expected = torch.tensor([float(part.sum()) for part in parts], dtype=torch.float64)
    torch.testing.assert_close(sums[0, [1, 2, 3, -3, -2]], expected, rtol=2e-4, atol=0)
    halves = torch.tensor([[float(own[16:19].sum()), float(own[19:24].sum())]], dtype=torch.float64)
    torch.testing.assert_close(by_rows, halves, rtol=2e-4, atol=0)


def test_layers_that_are_made_otherwise(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = reference(folders("qwen3_next"))
    reference_losses(model, make_batch(LENGTHS)).mean().backward()  # type: ignore[no-untyped-call]
    mine = opened("qwen3_next")
    sums, *_ = unit_sums(mine, make_batch(LENGTHS), _request((0, 1), "released"), call)
    for layer, has, lacks in ((0, "linear_attn.out_proj", "self_attn.o_proj"), (1, "mlp.down_proj", "mlp.shared_expert.up_proj")):
        columns = {unit.name: index for index, unit in enumerate(mine.units)}
        weight = model.model.layers[layer].get_submodule(has).weight
        expected = (weight.detach() * weight.grad).abs().double().sum()
        torch.testing.assert_close(sums[layer, columns[has]], expected, rtol=2e-4, atol=0)
        assert sums[layer, columns[lacks]] == 0
    with pytest.raises(CallError, match="pack the text joined"):
        masked_losses(mine, make_batch((9, 5), starts=((0, 4), (0,))), None, None, call)


def test_groups_of_rows_and_columns(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = reference(folders("qwen2"))
    reference_losses(model, make_batch(LENGTHS)).mean().backward()  # type: ignore[no-untyped-call]
    groups = (GroupRequest("self_attn.q_proj", "rows", (0, 4, 8, 12, 16)), GroupRequest("mlp.down_proj", "columns", (0, 7, 24)))
    _, rows, columns = unit_sums(opened("qwen2"), make_batch(LENGTHS), _request((0, 2), "released", groups), call)
    for index, layer in enumerate((0, 2)):
        query = model.model.layers[layer].self_attn.q_proj.weight
        down = model.model.layers[layer].mlp.down_proj.weight
        heads = (query.detach() * query.grad).abs().double().reshape(4, -1).sum(1)
        neurons = (down.detach() * down.grad).abs().double().sum(0)
        torch.testing.assert_close(rows[index], heads, rtol=2e-4, atol=1e-7)
        torch.testing.assert_close(columns[index], torch.stack([neurons[:7].sum(), neurons[7:].sum()]), rtol=2e-4, atol=1e-7)


def test_groups_that_do_not_fit_are_refused(opened: Opener, call: Call) -> None:
    for group in (GroupRequest("input_layernorm", "rows", (0, 4)), GroupRequest("mlp.up_proj", "rows", (0, 25))):
        with pytest.raises(CallError, match=group.unit):
            unit_sums(opened("llama"), make_batch(LENGTHS), _request((0,), "released", (group,)), call)
