"""Several ranks on gloo against one process: uneven batches, two micro-batches, every way of sharding."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from adept_torch.loading import Probed, load, outline
from adept_torch.messages import Open
from adept_torch.model import Model
from adept_torch.opening import open_model
from adept_torch.ranks import Ranks
from adept_torch.trained import local_of

from .models import FAMILIES, LAYERS, make_batch
from .test_step import batches, rates
from .trainer import ExecutorReplyError, Trainer, batch_arrays, batch_header

STEPS = 6
TRAINS = (1, 3)
Numbers = dict[str, Tensor]


def run(trainer: Trainer, model: Path, folder: Path, trains: Any = TRAINS) -> Numbers:
    """What an executor computes: of a model, in some steps, and afterwards."""
    opened = trainer.open(model, trains, cache=folder)
    numbers: Numbers = {}
    batch = make_batch((9, 5, 12, 3, 7), first=40, starts=((0, 4), (0,), (0,), (0, 1), (0,)))
    sent: dict[str, Any] = {"arrays": batch_arrays(batch), "batch": batch_header(batch)}
    count = len(opened["trained"])
    every = rates([None] * count)  # type: ignore[list-item]
    for moment in ("before", "after"):
        numbers[f"losses {moment}"] = trainer.call("losses", reuse=True, **sent)[1]["losses"]
        # Frozen layers too: the sources of copies are measured before there are steps.
        group = {"unit": "self_attn.q_proj", "along": "rows", "bounds": [0, 3, 11, 16]}
        columns = {"unit": "self_attn.o_proj", "along": "columns", "bounds": [0, 7, 16]}
        asked: dict[str, Any] = {"layers": [0, 1, 3], "definition": "released", "groups": [group, columns]}
        _, sums = trainer.call("unitSums", reuse=True, **asked, **sent)
        numbers |= {f"unit sums {moment} {name}": array for name, array in sums.items()}
        if moment == "before":
            _, masked = trainer.call("maskedLosses", memory=None, scratch=None, **sent)
            _, changes = trainer.call("layerChanges", **sent)
            numbers |= {"masked": masked["sums"], "targets": masked["targets"].double(), "changes": changes["sums"]}
            rows = {**sent["arrays"], "rows": torch.tensor([50, 3, 26], dtype=torch.int32)}
            numbers["logits"] = trainer.call("logits", rows, batch=sent["batch"])[1]["logits"]
            numbers["top"] = trainer.call("topTokens", **sent)[1]["tokens"].double()
            done = [trainer.step(batches(n), n, every, reuse=True) for n in range(1, STEPS + 1)]
            numbers["steps"] = torch.stack([arrays["numbers"] for _, arrays in done])
            assert [header["tokens"] for header, _ in done] == [34] * STEPS
    trainer.call("setStrength", alpha=[[1, 0.3]])
    numbers["losses at 0.3"] = trainer.call("losses", reuse=True, **sent)[1]["losses"]
    trainer.call("setStrength", alpha=[])
    trainer.call("saveTrained", folder=str(folder))
    prompts = torch.tensor([[1, 2, 3], [4, 0, 0]], dtype=torch.int32)
    read = {"tokens": prompts, "lengths": torch.tensor([3, 1], dtype=torch.int32)}
    numbers["after prompts"] = trainer.call("prefill", read, logits=True)[1]["logits"]
    more = {"tokens": torch.tensor([5], dtype=torch.int32), "rows": torch.tensor([1], dtype=torch.int32)}
    numbers["losses after more"] = trainer.call("decode", more, logits=True)[1]["logits"]
    trainer.call("endDecoding")
    for file in ("delta", "optimizer"):
        numbers |= {f"saved {name}": tensor for name, tensor in load_file(folder / f"{file}.safetensors").items()}
    return numbers


@pytest.fixture(scope="module")
def alone(folders: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Any], Numbers]:
    """What one process computes."""
    known: dict[tuple[str, Any], Numbers] = {}

    def numbers(family: str, trains: Any) -> Numbers:
        if (family, trains) not in known:
            with Trainer() as trainer:
                known[family, trains] = run(trainer, folders(family), tmp_path_factory.mktemp("alone"), trains)
        return known[family, trains]

    return numbers


def assert_same(found: Numbers, expected: Numbers) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        # Gradients near zero leave Adam's first steps to rounding; losses and sums they do not.
        loose = name.startswith(("saved", "losses after", "losses at", "unit sums after"))
        relative, absolute = (2e-3, 2e-4) if loose else (1e-5, 1e-5)
        torch.testing.assert_close({name: found[name]}, {name: tensor}, rtol=relative, atol=absolute)


@pytest.mark.parametrize(
    ("family", "ranks", "sharding", "trains", "said"),
    [
        ("llama", 2, "none", TRAINS, "every rank holds all of it"),
        ("llama", 3, "auto", TRAINS, "every rank holds what is frozen, and a part of what trains"),
        ("llama", 4, "all", TRAINS, "every rank holds a part of every layer, of the embedding and of the head"),
        ("qwen3", 3, "all", "all", "every rank holds a part of every layer, of the embedding and of the head"),
        ("qwen2", 2, "auto", "all", "and a part of what trains"),
        ("qwen3_moe", 2, "trained", TRAINS, "and a part of what trains"),
        ("phi3", 3, "trained", TRAINS, "and a part of what trains"),
    ],
)
def test_ranks_compute_what_one_process_does(
    family: str,
    ranks: int,
    sharding: str,
    trains: Any,
    said: str,
    folders: Callable[[str], Path],
    alone: Callable[[str, Any], Numbers],
    tmp_path: Path,
) -> None:
    expected = alone(family, trains)
    # The same sequences again.
    assert expected["steps"][3, 0] < expected["steps"][0, 0] - 0.2
    with Trainer(ranks, {"ADEPT_SHARDING": sharding}) as trainer:
        assert trainer.hello["description"]["ranks"] == ranks
        found = run(trainer, folders(family), tmp_path, trains)
        trainer.call("closeModel")
        assert said in trainer.open(folders(family), trains)["storage"]["reason"]
        trainer.call("shutdown")
        assert trainer.ended() == (0, "")
        assert trainer.all_end_within(20)
    assert_same(found, expected)
    assert (found["masked"][1:] - found["masked"][0]).abs().max() > 0.1 and len(found["masked"]) == LAYERS + 1


def test_a_run_goes_on_with_other_ranks(
    folders: Callable[[str], Path], alone: Callable[[str, Any], Numbers], tmp_path: Path
) -> None:
    """Three steps on two ranks, saved; three more on three ranks."""
    expected = alone("llama", TRAINS)["steps"]
    found = []
    for ranks, numbers in ((2, range(1, 4)), (3, range(4, STEPS + 1))):
        with Trainer(ranks) as trainer:
            opened = trainer.open(folders("llama"), TRAINS)
            if ranks == 3:
                trainer.call("loadTrained", folder=str(tmp_path), moments=True)
            every = rates([None] * len(opened["trained"]))  # type: ignore[list-item]
            found += [trainer.step(batches(n), n, every)[1]["numbers"] for n in numbers]
            trainer.call("saveTrained", folder=str(tmp_path))
    torch.testing.assert_close(torch.stack(found), expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("trains", [TRAINS, "all"])
def test_masters_in_bfloat16_are_the_shards(trains: Any, folders: Callable[[str], Path]) -> None:
    """What FSDP2's working copies compute is what one process computes with its own."""
    found = []
    for ranks in (1, 2):
        with Trainer(ranks) as trainer:
            opened = trainer.open(folders("llama"), trains, dtype="bfloat16")
            assert opened["storage"]["dtype"] == "bfloat16"
            every = rates([None] * len(opened["trained"]))  # type: ignore[list-item]
            found.append(torch.stack([trainer.step(batches(n), n, every)[1]["numbers"] for n in range(1, STEPS + 1)]))
    torch.testing.assert_close(found[1][:, 0], found[0][:, 0], rtol=5e-3, atol=0)


def test_one_rank_loads(folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = tmp_path / "loads"

    def load_noted(*arguments: Any) -> Any:
        with loads.open("a") as file:
            file.write(os.environ["RANK"])
        time.sleep(0.2)
        return load(*arguments)

    monkeypatch.setattr("adept_torch.spreading.load", load_noted)
    # The others are told several times that it goes on.
    monkeypatch.setattr("adept_torch.spreading._SIGN_SECONDS", 0.05)
    with Trainer(3) as trainer:
        (tmp_path / "model.safetensors").write_bytes(b"no config beside it")
        with pytest.raises(ExecutorReplyError, match=r"no config\.json"):
            trainer.open(tmp_path, TRAINS)
        trainer.open(folders("llama"), TRAINS)
        assert loads.read_text() == "00"
        batch = make_batch((4, 3, 5, 2))
        trainer.call("losses", batch_arrays(batch), batch=batch_header(batch), reuse=False)


def test_every_family_reaches_the_other_ranks(folders: Callable[[str], Path]) -> None:
    """Buffers and what a family keeps beside them, too: rank 1 takes the second sequence."""
    batch = make_batch((9, 12))
    sent: dict[str, Any] = {"arrays": batch_arrays(batch), "batch": batch_header(batch), "reuse": False}
    found: list[Numbers] = []
    for ranks in (1, 2):
        with Trainer(ranks, {"ADEPT_SHARDING": "all"}) as trainer:
            losses: Numbers = {}
            for family in FAMILIES:
                trainer.open(folders(family))
                losses[family] = trainer.call("losses", **sent)[1]["losses"]
                trainer.call("closeModel")
            found.append(losses)
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-5)


def test_a_rank_that_cannot_build_the_model_ends_the_opening(
    folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def outline_elsewhere(folder: str, dtype: torch.dtype, probed: Probed) -> Any:
        return outline("/nowhere" if os.environ["RANK"] == "2" else folder, dtype, probed)

    monkeypatch.setattr("adept_torch.spreading.outline", outline_elsewhere)
    with Trainer(3) as trainer:
        with pytest.raises(ExecutorReplyError, match=r"/nowhere holds no config\.json"):
            trainer.open(folders("llama"), TRAINS)
        assert trainer.call("memory")[1]["bytes"].min() > 0


@pytest.mark.parametrize(("family", "trains"), [("qwen3", "all"), ("llama", TRAINS)])
def test_ranks_hold_parts_of_everything(
    family: str, trains: Any, folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_noted(request: Open, ranks: Ranks) -> Model:
        model = open_model(request, ranks)
        parameters = list(model.decoder.causal.parameters())
        held = sum(local_of(parameter).numel() for parameter in parameters if parameter.dim() > 1)
        whole = sum(parameter.numel() for parameter in parameters if parameter.dim() > 1)
        (tmp_path / os.environ["RANK"]).write_text(f"{held} {whole}")
        return model

    monkeypatch.setattr("adept_torch.handlers.open_model", open_noted)
    with Trainer(3, {"ADEPT_SHARDING": "all"}) as trainer:
        trainer.open(folders(family), trains)
    found = [[int(number) for number in (tmp_path / str(rank)).read_text().split()] for rank in range(3)]
    assert sum(held for held, _ in found) == found[0][1]
    # Rows are shared out whole, the last rank having the fewest.
    assert max(held for held, _ in found) < found[0][1] * 0.4
