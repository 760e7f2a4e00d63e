"""Losses and logits against transformers' own."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from adept_torch import head
from adept_torch.call import Call
from adept_torch.errors import CallError, InputError
from adept_torch.measure import layer_changes, logits, losses, ranks_of, top_tokens

from .conftest import Opener
from .models import FAMILIES, LAYERS, VOCABULARY, make_batch, reference, reference_losses

LENGTHS = (9, 5, 12, 2)


@pytest.mark.parametrize("family", FAMILIES)
def test_losses_are_transformers(family: str, opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    batch = make_batch(LENGTHS)
    with torch.no_grad():
        expected = reference_losses(reference(folders(family)), batch)
    found = losses(opened(family), batch, False, call)
    assert expected.std() > 0.5
    torch.testing.assert_close(found, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_names_without_the_base_prefix(
    dtype: str, opened: Opener, folders: Callable[[str], Path], call: Call, tmp_path: Path
) -> None:
    """As AutoModel saves them: the model is the same, and what trains is called as the trainer calls it."""
    folder = shutil.copytree(folders("qwen2"), tmp_path / "bare")
    file = folder / "model.safetensors"
    save_file({name.removeprefix("model."): value for name, value in load_file(file).items()}, file, {"format": "pt"})
    # A pruned Hub cache has links that lead nowhere.
    (folder / "other.safetensors").symlink_to(tmp_path / "gone")
    batch = make_batch(LENGTHS)
    bare, whole = (opened(source, "all", dtype=dtype) for source in (folder, "qwen2"))
    torch.testing.assert_close(losses(bare, batch, False, call), losses(whole, batch, False, call), rtol=0, atol=0)
    assert [tensor.name for tensor in bare.tensors] == [tensor.name for tensor in whole.tensors]


def test_code_in_the_folder_is_never_run(opened: Opener, folders: Callable[[str], Path], call: Call, tmp_path: Path) -> None:
    """The class of transformers computes a family that it knows; one that only the folder's code knows is refused."""
    folder = shutil.copytree(folders("llama"), tmp_path / "own-code")
    ran = tmp_path / "ran"
    (folder / "modeling_own.py").write_text(f"open({str(ran)!r}, 'w').close()\n", encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoConfig": "modeling_own.Config", "AutoModelForCausalLM": "modeling_own.Model"}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    batch = make_batch(LENGTHS)
    assert torch.equal(losses(opened(folder), batch, False, call), losses(opened("llama"), batch, False, call))
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "own"}), encoding="utf-8")
    with pytest.raises(InputError, match="contains custom code"):
        opened(folder)
    assert not ran.exists()


@pytest.mark.parametrize("family", ["llama", "mistral", "gemma3_text", "qwen3_moe"])
def test_separate_documents_are_sequences_of_their_own(
    family: str, opened: Opener, folders: Callable[[str], Path], call: Call
) -> None:
    starts = ((0, 4, 9), (0,), (0, 1, 2))
    batch = make_batch((12, 7, 11), starts=starts)
    model = reference(folders(family))
    expected = []
    for row, begins in enumerate(starts):
        length = batch.lengths[row]
        rows = []
        for begin, end in zip(begins, [*begins[1:], length], strict=True):
            rows.append(model(input_ids=batch.tokens[row : row + 1, begin:end], use_cache=False).logits[0])
        # The last token of a document predicts the first of the next.
        expected.append(torch.nn.functional.cross_entropy(torch.cat(rows)[:-1], batch.tokens[row, 1:length], reduction="none"))
    found = losses(opened(family), batch, False, call)
    torch.testing.assert_close(found, torch.cat(expected).detach(), rtol=2e-5, atol=2e-5)
    assert (found - losses(opened(family), make_batch((12, 7, 11)), False, call)).abs().max() > 0.1


def test_positions_begin_anew_in_every_document(opened: Opener) -> None:
    """Rotations do not show it: they depend on distances alone. What scales with the position does."""
    entered = opened("llama").decoder.enter(make_batch((6, 4), starts=((0, 2, 5), (0,))))
    assert entered.calls[0].kwargs["position_ids"].tolist() == [[0, 1, 0, 1, 2, 0], [0, 1, 2, 3, 4, 5]]


def test_chunks_of_rows_give_the_same_losses(opened: Opener, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_batch((40, 33, 21))
    model = opened("qwen2")
    whole = losses(model, batch, False, call)
    monkeypatch.setattr(head, "_CHUNK_VALUES", {"cpu": 1})
    assert len(list(head.chunks(model.decoder, len(whole)))) > 4
    torch.testing.assert_close(losses(model, batch, False, call), whole, rtol=1e-6, atol=1e-6)


def test_logits_top_tokens_and_ranks(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    batch = make_batch(LENGTHS)
    model = opened("qwen3")
    ids = batch.tokens[2:3]
    with torch.no_grad():
        expected = reference(folders("qwen3"))(input_ids=ids).logits[0]
    rows = torch.tensor([2 * batch.length + 3, 2 * batch.length + 11])
    torch.testing.assert_close(logits(model, batch, rows, call), expected[[3, 11]], rtol=2e-5, atol=2e-5)
    first = sum(batch.target_counts[:2])
    top = top_tokens(model, batch, call)
    assert top[first : first + 11].tolist() == expected[:-1].argmax(-1).tolist()
    assert ranks_of(model, batch, top, call).tolist() == [1] * len(top)
    last = torch.full_like(top, VOCABULARY - 1)
    above = (expected[:-1] > expected[:-1, -1:]).sum(-1) + 1
    assert ranks_of(model, batch, last, call)[first : first + 11].tolist() == above.tolist()


def test_logits_that_are_not_numbers_are_no_ranking(opened: Opener, call: Call) -> None:
    model = opened("llama")
    with torch.no_grad():
        model.decoder.layers[1].get_parameter("mlp.down_proj.weight")[3, 3] = float("nan")
    batch = make_batch(LENGTHS)
    with pytest.raises(CallError, match="not numbers"):
        top_tokens(model, batch, call)
    assert losses(model, batch, False, call).isnan().any()


def test_layer_changes(opened: Opener, folders: Callable[[str], Path], call: Call) -> None:
    batch = make_batch(LENGTHS)
    found, sums = layer_changes(opened("llama"), batch, call)
    model = reference(folders("llama"))
    with torch.no_grad():
        torch.testing.assert_close(found, reference_losses(model, batch), rtol=2e-5, atol=2e-5)
        states = model.model(input_ids=batch.tokens[2:3], output_hidden_states=True).hidden_states
    # The last of transformers' states has gone through the final norm.
    for layer in range(LAYERS - 1):
        before, after = states[layer][0].double(), states[layer + 1][0].double()
        expected = ((after - before).norm(dim=-1) / before.norm(dim=-1)).sum()
        torch.testing.assert_close(sums[layer, 2], expected, rtol=1e-5, atol=0)
