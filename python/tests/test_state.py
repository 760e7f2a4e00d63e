"""Strength, checkpoints, generation, and folders that cannot be opened."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from adept_torch.call import Call
from adept_torch.checkpoint import load_trained, save_trained
from adept_torch.errors import CallError, InputError
from adept_torch.generation import Decoding
from adept_torch.measure import losses
from adept_torch.step import step

from .conftest import Opener
from .models import FAMILIES, make_batch, reference
from .test_step import batches, rates, request, train

LENGTHS = (9, 5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_of_strength_0_is_not_there(family: str, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    model = opened(family, (2,))
    batch = make_batch(LENGTHS)
    before = losses(model, batch, False, call)
    model.strength.set({2: 0.0})
    without = losses(model, batch, False, call)
    assert (without - before).abs().max() > 0.01
    parts = reference(folders(family))
    del parts.model.layers[2]
    parts.config.num_hidden_layers -= 1
    if getattr(parts.config, "layer_types", None):
        parts.config.layer_types = [kind for index, kind in enumerate(parts.config.layer_types) if index != 2]
    with torch.no_grad():
        ids = batch.tokens[:1]
        logits = parts(input_ids=ids, use_cache=False).logits[0, :-1]
    expected = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
    torch.testing.assert_close(without[:8], expected, rtol=2e-5, atol=2e-5)
    model.strength.set({2: 0.5})
    assert (losses(model, batch, False, call) - without).abs().max() > 1e-3
    model.strength.set({2: 1.0})
    assert torch.equal(losses(model, batch, False, call), before)


def test_strength_of_a_layer_that_is_not_there(opened: Opener) -> None:
    with pytest.raises(CallError, match="no layer 4"):
        opened("llama").strength.set({4: 0.0})


def test_a_run_goes_on_from_what_was_saved(opened: Opener, call: Call, tmp_path: Path) -> None:
    first = opened("qwen3_moe", (1, 3))
    train(first, call)
    save_trained(first, str(tmp_path), call)
    expected = step(first, request(21), batches(21), rates(first.tensors), call)
    second = opened("qwen3_moe", (1, 3))
    load_trained(second, str(tmp_path), True)
    assert step(second, request(21), batches(21), rates(second.tensors), call) == expected
    for one, other in zip(first.slots, second.slots, strict=True):
        assert torch.equal(one.values, other.values)
    delta, optimizer = load_file(tmp_path / "delta.safetensors"), load_file(tmp_path / "optimizer.safetensors")
    assert set(delta) == {tensor.name for tensor in first.tensors}
    assert set(optimizer) == {f"{name}{suffix}" for name in delta for suffix in (".exp_avg", ".exp_avg_sq")}
    assert all(tensor.dtype == torch.float32 for tensor in [*delta.values(), *optimizer.values()])


def test_untouched_moments_are_saved_as_zeros(opened: Opener, call: Call, tmp_path: Path) -> None:
    model = opened("llama", "all")
    save_trained(model, str(tmp_path), call)
    assert all(not tensor.any() for tensor in load_file(tmp_path / "optimizer.safetensors").values())
    named = dict(model.decoder.causal.named_parameters())
    for name, tensor in load_file(tmp_path / "delta.safetensors").items():
        assert torch.equal(tensor, named[name].detach())


def test_a_checkpoint_that_does_not_fit_changes_nothing(opened: Opener, call: Call, tmp_path: Path) -> None:
    model = opened("llama", (1,))
    save_trained(model, str(tmp_path), call)
    delta = load_file(tmp_path / "delta.safetensors")
    delta["model.layers.1.mlp.up_proj.weight"] = torch.zeros(2, 2)
    save_file(delta, tmp_path / "delta.safetensors")
    before = [slot.values.clone() for slot in model.slots]
    with pytest.raises(InputError, match=r"up_proj\.weight\" has shape \[2, 2\]"):
        load_trained(model, str(tmp_path), False)
    (tmp_path / "delta.safetensors").write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be read"):
        load_trained(model, str(tmp_path), False)
    assert all(torch.equal(slot.values, values) for slot, values in zip(model.slots, before, strict=True))


def test_a_folder_that_cannot_be_written(opened: Opener, call: Call, tmp_path: Path) -> None:
    with pytest.raises(CallError, match="cannot be written"):
        save_trained(opened("llama", (1,)), str(tmp_path / "nowhere"), call)


@pytest.mark.parametrize("family", FAMILIES)
def test_decoding_is_transformers(family: str, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    """Prompts of unequal lengths side by side; the longest ends early, and its row is forgotten."""
    prompts = make_batch((9, 4, 6))
    expected = []
    for row, length in enumerate(prompts.lengths):
        prompt = prompts.tokens[row, :length]
        with torch.no_grad():
            found = reference(folders(family)).generate(prompt[None], max_new_tokens=10, do_sample=False, pad_token_id=0)
        expected.append(found[0, length:].tolist())
    decoding = Decoding(opened(family))
    lengths = torch.tensor(prompts.lengths, dtype=torch.int32)
    logits = decoding.prefill(prompts.tokens.int(), lengths, call)
    answers: list[list[int]] = [[], [], []]
    rows = [0, 1, 2]
    for count in range(10):
        tokens = logits.argmax(-1).int()
        for at, row in enumerate(rows):
            answers[row].append(int(tokens[at]))
        kept = [at for at, row in enumerate(rows) if row != 0 or count < 3]
        rows = [rows[at] for at in kept]
        logits = decoding.read(tokens[kept], torch.tensor(kept, dtype=torch.int32), call)
    assert [answers[0], answers[1], answers[2]] == [expected[0][:4], *expected[1:]]


def test_decoding_refuses_what_does_not_fit(opened: Opener, call: Call) -> None:
    decoding = Decoding(opened("llama"))
    tokens, lengths = torch.tensor([[1, 2], [3, 0]], dtype=torch.int32), torch.tensor([2, 1], dtype=torch.int32)
    with pytest.raises(CallError, match=r"lengths \[2, 0\]"):
        decoding.prefill(tokens, lengths - torch.tensor([0, 1]), call)
    with pytest.raises(CallError, match="within 0 to 66"):
        decoding.prefill(tokens + 66, lengths, call)
    decoding.prefill(tokens, lengths, call)
    for rows in ([1, 0], [0, 2], [0]):
        with pytest.raises(CallError, match="not some of 2"):
            decoding.read(torch.tensor([1, 1], dtype=torch.int32), torch.tensor(rows), call)


def test_folders_that_are_no_models(opened: Opener, folders: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no config\.json"):
        opened(tmp_path)
    copy = Path(shutil.copytree(folders("llama"), tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 5}))
    with pytest.raises(InputError, match=r"lack: model\.layers\.4"):
        opened(copy)
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "unheard_of"}))
    with pytest.raises(InputError, match="unheard_of"):
        opened(copy)
    with pytest.raises(InputError, match=r"layers 0 to 3: \[4\]"):
        opened("llama", (4,))
    (copy / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        opened(copy)
