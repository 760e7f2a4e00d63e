"""The script for GPUs, tried in small on the CPU; what it counts is held against what torch counts."""

import json
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from adept_torch.errors import InputError
from bench import compiled, gpu
from bench.shapes import QWEN3_1_7B, SMALL, step_flops, write_expanded

LENGTH = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_expanded(tmp_path_factory.mktemp("small"), SMALL, torch.float32, 64)


@pytest.mark.parametrize(("full", "kept"), [(False, False), (False, True), (True, False)])
def test_operations_are_those_that_torch_counts(full: bool, kept: bool, folder: Path, tmp_path: Path) -> None:
    device = gpu.Device(torch.device("cpu"))
    batch = gpu.batch_of(4, LENGTH, SMALL.vocabulary)
    model = device.open(folder, "all" if full else SMALL.added, "float32", 4 * LENGTH, tmp_path)
    if kept:
        gpu.train(model, device, [batch], reuse=True)
    with FlopCounterMode(display=False) as counter:
        gpu.train(model, device, [batch], reuse=kept)
    model.close()
    own = step_flops(SMALL, 4 * LENGTH, LENGTH, full=full, kept=kept)
    # Torch counts all of the T·T products of attention, and the head of predicted positions alone.
    assert own == pytest.approx(counter.get_total_flops(), rel=0.08)


def test_the_shape_is_that_of_the_published_model() -> None:
    assert QWEN3_1_7B.layer_parameters * QWEN3_1_7B.layers + 151936 * 2048 == pytest.approx(1.72e9, rel=0.01)
    assert QWEN3_1_7B.added == (20, 23, 26, 29)


def test_the_whole_script_runs_on_a_cpu(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adept_torch.compiling._BACKEND", "eager")
    out = tmp_path / "gpu.json"
    assert gpu.main(["--rehearse", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert (found["rehearsal"], found["device"], found["peakFlops"]) == (True, "CPU", None)
    # The same code on the same device.
    assert set(found["parity"].values()) == {0.0}
    steps = found["measured"]
    assert steps["adept, later epochs"]["flops"] < steps["adept, first epoch"]["flops"] < steps["full"]["flops"]
    assert all(entry["seconds"] > 0 for entry in steps.values())
    assert "layers are compiled" in steps["adept, compiled"]["layout"]
    assert "compiled" not in steps["adept, first epoch"]["layout"]
    assert "tokensPerSecond" in capsys.readouterr().out


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_it_says_that_there_is_no_gpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["--out", str(tmp_path / "x")]) == 2
    assert "no GPU" in capsys.readouterr().err


@pytest.mark.parametrize("lengths", [(3, 5)])
def test_random_sequences_are_always_the_same(lengths: tuple[int, int]) -> None:
    first, later = (gpu.batch_of(2, lengths[0], 99, start) for start in (0, 1))
    assert torch.equal(first.tokens[1], later.tokens[0])


def test_compiled_layers_compute_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `npm run torch:compile` measures, captured but not translated, which would take most of a minute."""
    monkeypatch.setattr("adept_torch.compiling._BACKEND", "eager")
    monkeypatch.setattr("bench.compiled.LENGTH", 16)
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    out = tmp_path / "compiled.json"
    layers = ",".join(map(str, SMALL.added))
    assert compiled.main(["--model", str(folder), "--layers", layers, "--rounds", "2", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert set(found["works"]) == {"step", "forward pass", "exact importance"}
    assert all(one[kind]["median"] > 0 for one in found["works"].values() for kind in ("eager", "compiled"))
    assert found["difference"] < 1e-4
    frames = torch._dynamo.utils.counters["frames"]
    # Nothing goes on without, and layers share what is compiled.
    assert 0 < frames["ok"] == frames["total"] <= 12
    monkeypatch.setenv("ADEPT_COMPILE", "maybe")
    with pytest.raises(InputError, match="'maybe': it may be on or off"):
        gpu.Device(torch.device("cpu")).open(folder, SMALL.added, "float32", LENGTH)
