"""The protocol over a real socket with the real executor: what it answers, and what it refuses."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from adept_torch.frames import FRAME_LIMIT, HEADER_LIMIT

from .models import LAYERS, make_batch, reference, reference_losses
from .trainer import ExecutorReplyError, Trainer, batch_arrays, batch_header


@pytest.fixture(scope="module")
def trainer() -> Iterator[Trainer]:
    with Trainer() as executor:
        yield executor
        executor.call("shutdown")
        assert executor.ended() == (0, "")


@pytest.fixture(scope="module")
def described(trainer: Trainer, folders: Callable[[str], Path]) -> Any:
    return trainer.open(folders("qwen2"), [1, 3])


def test_hello(trainer: Trainer) -> None:
    said = trainer.hello["description"]
    assert trainer.hello["protocol"] == 1
    assert {**said, "torch": "", "transformers": "", "library": ""} == {
        "engine": "torch",
        "device": "CPU",
        "threads": 1,
        "ranks": 1,
        "bfloat16": False,
        "torch": "",
        "transformers": "",
        "library": "",
    }
    assert said["library"] == f"PyTorch {torch.__version__}" and said["torch"] == torch.__version__


def test_open_says_what_the_model_is(described: Any) -> None:
    assert described["model"] == {
        "layers": LAYERS,
        "hiddenSize": 16,
        "vocabSize": 67,
        "maxPositionEmbeddings": 64,
        "family": "qwen2",
        # What transformers fills in where config.json leaves it out.
        "perLayer": {"layer_types": ["full_attention"] * LAYERS},
        "parameters": 67 * 16 + 16 + LAYERS * (2 * 16 + 16 * 17 + 2 * 8 * 17 + 16 * 16 + 3 * 16 * 24),
    }
    units = {unit["name"]: unit for unit in described["units"]}
    assert list(units)[:4] == ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]
    assert [name for name, unit in units.items() if unit["output"]] == ["self_attn.o_proj", "mlp.down_proj"]
    assert units["self_attn.k_proj"]["parameters"] == [
        {"name": "self_attn.k_proj.weight", "shape": [8, 16]},
        {"name": "self_attn.k_proj.bias", "shape": [8]},
    ]
    assert all(unit["layers"] is None for unit in units.values())
    assert described["trained"][2] == {
        "name": "model.layers.1.self_attn.q_proj.bias",
        "shape": [16],
        "layer": 1,
        "unit": "self_attn.q_proj",
        "decays": False,
    }
    assert described["storage"]["dtype"] == "float32"


def test_a_call_of_every_kind(trainer: Trainer, described: Any, folders: Callable[[str], Path], tmp_path: Path) -> None:
    batch = make_batch((9, 5, 12))
    sent: dict[str, Any] = {"arrays": batch_arrays(batch), "batch": batch_header(batch)}
    with torch.no_grad():
        expected = reference_losses(reference(folders("qwen2")), batch)
    _, found = trainer.call("losses", reuse=False, **sent)
    torch.testing.assert_close(found["losses"], expected, rtol=2e-5, atol=2e-5)
    _, masked = trainer.call("maskedLosses", memory=None, scratch=None, **sent)
    assert masked["targets"].tolist() == [8, 4, 11] and masked["sums"].dtype == torch.float64
    torch.testing.assert_close(masked["sums"][0].sum(), expected.double().sum(), rtol=1e-6, atol=0)
    _, changes = trainer.call("layerChanges", **sent)
    assert changes["sums"].shape == (LAYERS, 3) and torch.equal(changes["losses"], found["losses"])
    group = {"unit": "mlp.up_proj", "along": "rows", "bounds": [0, 12, 24]}
    _, units = trainer.call("unitSums", reuse=False, layers=[1], definition="released", groups=[group], **sent)
    assert units["sums"].shape == (1, len(described["units"])) and units["groups.0"].shape == (1, 2)
    up = [unit["name"] for unit in described["units"]].index("mlp.up_proj")
    torch.testing.assert_close(units["groups.0"].sum(), units["sums"][0, up], rtol=1e-12, atol=0)
    rows = {**sent["arrays"], "rows": torch.tensor([0, 13], dtype=torch.int32)}
    _, logits = trainer.call("logits", rows, batch=sent["batch"])
    _, top = trainer.call("topTokens", **sent)
    assert logits["logits"].shape == (2, 67) and int(logits["logits"][0].argmax()) == int(top["tokens"][0])
    _, ranks = trainer.call("ranks", {**sent["arrays"], "targets": top["tokens"]}, batch=sent["batch"])
    assert ranks["ranks"].tolist() == [1] * 23
    header, done = trainer.step([batch], 1, [1e-3] * len(described["trained"]))
    assert header["tokens"] == 26 and done["memory"][1] >= done["memory"][0] > 1e7
    torch.testing.assert_close(done["numbers"][0], expected.double().mean(), rtol=1e-6, atol=0)
    trainer.call("saveTrained", folder=str(tmp_path))
    trainer.call("setStrength", alpha=[[1, 0.5]])
    trainer.call("loadTrained", folder=str(tmp_path), moments=True)
    _, moved = trainer.call("losses", reuse=False, **sent)
    assert 0 < expected.mean() - moved["losses"].mean() < 1
    assert trainer.call("memory")[1]["bytes"][0] > 1e7
    prompts = {"tokens": torch.tensor([[1, 2, 3]], dtype=torch.int32), "lengths": torch.tensor([3], dtype=torch.int32)}
    _, after = trainer.call("prefill", prompts, logits=True)
    more = {"tokens": after["top"], "rows": torch.tensor([0], dtype=torch.int32)}
    assert after["logits"].argmax() == after["top"][0] and "logits" not in trainer.call("decode", more, logits=False)[1]
    trainer.call("setStrength", alpha=[])
    with pytest.raises(ExecutorReplyError, match="Nothing is being generated"):
        trainer.call("decode", more, logits=False)


def _good(**changed: Any) -> dict[str, Any]:
    batch = make_batch((4, 3))
    return {"arrays": batch_arrays(batch), "batch": batch_header(batch), "reuse": False, **changed}


_BATCH = batch_header(make_batch((4, 3)))
_REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("fly", {}, r"The verb 'fly' is not known; there are open, losses"),
    ("losses", _good(reuse="yes"), r'"losses": reuse should be true or false, not "yes"'),
    ("losses", _good(extra=1), r'"losses" has no field "extra"'),
    ("losses", {"reuse": True}, r'"losses" lacks the field "batch"'),
    ("losses", _good(batch={**_BATCH, "numbers": [1, 2.5]}), r"batch: numbers\[1\] should be a whole number, not 2.5"),
    ("losses", _good(batch={**_BATCH, "documentStarts": [[0], [0, 0]]}), r"Documents of row 1, of 3 tokens"),
    ("losses", _good(batch={**_BATCH, "length": 5}), r'"tokens" is torch.int32 \[2, 4\], the call asks for torch.int32 \[2, 5\]'),
    ("losses", _good(arrays={}), r'The array "tokens" is missing'),
    ("losses", _good(arrays={**batch_arrays(make_batch((4, 3))), "lengths": torch.ones(2)}), r'"lengths" is torch.float32'),
    (
        "losses",
        _good(arrays={**batch_arrays(make_batch((4, 3))), "tokens": torch.full((2, 4), 67, dtype=torch.int32)}),
        "0 to 66",
    ),
    (
        "open",
        {"folder": "x", "trains": "some", "frozenWeights": "auto", "dtype": "auto", "rows": 1, "cache": None},
        '"none" or "all"',
    ),
    ("setStrength", {"alpha": [[1, 2, 3]]}, r"alpha\[0\] should have 2 items, not 3"),
]


@pytest.mark.parametrize(("verb", "parameters", "message"), _REFUSED)
def test_what_is_malformed_is_refused_in_a_sentence(
    verb: str, parameters: dict[str, Any], message: str, trainer: Trainer, described: Any
) -> None:
    assert described
    with pytest.raises(ExecutorReplyError, match=message) as raised:
        trainer.call(verb, **parameters)
    assert raised.value.type == "failure" and raised.value.rank is None


def test_a_second_model_is_refused_and_a_closed_one_answers_nothing(
    trainer: Trainer, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(ExecutorReplyError, match="open already"):
        trainer.open(folders("llama"))
    trainer.call("closeModel")
    with pytest.raises(ExecutorReplyError, match="No model is open"):
        trainer.call("losses", **_good())
    with pytest.raises(ExecutorReplyError, match=r"no config\.json") as raised:
        trainer.open(tmp_path)
    assert raised.value.type == "input"
    trainer.open(folders("qwen2"), [1, 3])


def test_a_call_is_cancelled_and_the_model_stays_as_it_was(trainer: Trainer, described: Any) -> None:
    batch = make_batch((60,) * 40)
    sent: dict[str, Any] = {"arrays": batch_arrays(batch), "batch": batch_header(batch)}
    before = trainer.call("losses", reuse=False, **sent)[1]["losses"]
    every = {"rates": torch.ones(len(described["trained"]), dtype=torch.float64), **batch_arrays(batch, ".0")}
    adamw = {"step": 1, "clipAt": 0, "weightDecay": 0, "betas": [0.9, 0.999], "epsilon": 1e-8, "frozen": [], "reuse": False}
    number = trainer.begin("step", every, batches=[batch_header(batch)], **adamw)
    trainer.send({"kind": "cancel", "id": number})
    with pytest.raises(ExecutorReplyError) as raised:
        trainer.end()
    assert raised.value.type == "cancelled"
    assert torch.equal(trainer.call("losses", reuse=False, **sent)[1]["losses"], before)


def test_progress_is_reported(trainer: Trainer, described: Any) -> None:
    assert described
    trainer.progress.clear()
    batch = make_batch((60,) * 400)
    trainer.call("maskedLosses", batch_arrays(batch), batch=batch_header(batch), memory=None, scratch=None)
    fractions = [report["fraction"] for report in trainer.progress]
    assert 0 < len(fractions) < 100
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1
    assert all(report["message"].startswith("layer ") for report in trainer.progress)


@pytest.mark.parametrize(
    ("token", "version", "message"), [(None, 2, "version 2"), ("0" * 64, 1, "another token"), (7, 1, "welcome")]
)
def test_another_trainer_is_not_obeyed(token: Any, version: int, message: str) -> None:
    with Trainer(exchanges=False) as other:
        other.accept()
        other.send({"kind": "welcome", "protocol": version, "token": other.token if token is None else token})
        status, errors = other.ended()
        assert status == 1 and message in errors and "Traceback" not in errors


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack("<I", HEADER_LIMIT + 1), f"header has {HEADER_LIMIT + 1} bytes"),
        (None, f"{FRAME_LIMIT} are allowed"),
        (struct.pack("<I", 3) + b"{]}", "not JSON"),
        (struct.pack("<I", 45) + b'{"kind":"call","id":1,"arrays":[],"epsilon":NaN}'[:45], "not JSON"),
    ],
)
def test_what_is_no_frame_ends_the_connection(data: bytes | None, message: str) -> None:
    huge = json.dumps({"kind": "call", "id": 1, "arrays": [{"name": "a", "dtype": "float64", "shape": [FRAME_LIMIT]}]}).encode()
    with Trainer() as other:
        other.connection.sendall(struct.pack("<I", len(huge)) + huge if data is None else data)
        header, _ = other.receive()
        assert header["kind"] == "error" and message in header["error"]["message"]
        assert other.ended()[0] == 1


@pytest.mark.parametrize(
    ("name", "value", "message", "real"),
    [("ADEPT_EXECUTOR_TOKEN", "abc", "32 bytes", True), ("ADEPT_EXECUTOR_SOCKET", "", "missing", False)],
)
def test_a_start_without_what_it_needs(name: str, value: str, message: str, real: bool) -> None:
    with Trainer(environment={name: value}, exchanges=False, real=real) as other:
        status, errors = other.ended()
        assert status == 2 and message in errors and "Traceback" not in errors
