"""Ranks that die, stop, hang or fail alone, and trainers that leave: the cause is told, and no process is left."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adept_torch.errors import LostError
from adept_torch.measure import losses
from adept_torch.ranks import Ranks
from adept_torch.step import step

from .models import make_batch
from .test_step import batches, rates
from .trainer import ExecutorReplyError, Trainer, batch_arrays, batch_header

_SHORT = {"ADEPT_COLLECTIVE_SECONDS": "4"}


def begin_losses(trainer: Trainer) -> None:
    batch = make_batch((5, 4, 6))
    trainer.begin("losses", batch_arrays(batch), batch=batch_header(batch), reuse=False)


def begin_long(trainer: Trainer) -> None:
    """Seconds of work, in which ranks meet at every layer."""
    batch = make_batch((60,) * 4000)
    trainer.begin("maskedLosses", batch_arrays(batch), batch=batch_header(batch), memory=None, scratch=None)
    while trainer.receive()[0]["kind"] != "progress":
        pass


def failure(trainer: Trainer) -> ExecutorReplyError:
    with pytest.raises(ExecutorReplyError) as raised:
        trainer.end()
    return raised.value


def test_a_killed_rank_is_named_and_all_end(folders: Callable[[str], Path]) -> None:
    with Trainer(2, real=True) as trainer:
        trainer.open(folders("llama"), [1])
        ranks = trainer.processes.ranks()
        assert len(ranks) == 2 and len(trainer.processes.alive()) == 3
        begin_long(trainer)
        os.kill(ranks[1], signal.SIGKILL)
        error = failure(trainer)
        assert (error.type, error.rank) == ("lost", 1) and "Rank 1 has died" in str(error)
        assert trainer.all_end_within(30)


def test_a_rank_that_died_while_nothing_was_asked(folders: Callable[[str], Path]) -> None:
    with Trainer(3) as trainer:
        trainer.open(folders("llama"), [1])
        os.kill(trainer.processes.ranks()[2], signal.SIGKILL)
        begin_losses(trainer)
        error = failure(trainer)
        assert (error.type, error.rank) == ("lost", 2)
        assert trainer.all_end_within(30)


def test_a_stopped_rank_is_named_and_all_end(folders: Callable[[str], Path]) -> None:
    with Trainer(2, _SHORT) as trainer:
        trainer.open(folders("llama"), [1])
        begin_long(trainer)
        os.kill(trainer.processes.ranks()[1], signal.SIGSTOP)
        error = failure(trainer)
        assert (error.type, error.rank) == ("lost", 1)
        assert trainer.ended()[0] == 1
        os.kill(trainer.processes.ranks()[1], signal.SIGCONT)
        assert trainer.all_end_within(30)


def test_a_rank_that_hangs_is_named(folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = losses

    def hangs(*arguments: Any) -> Any:
        if os.environ["RANK"] == "2":
            time.sleep(300)
        return real(*arguments)

    monkeypatch.setattr("adept_torch.handlers.losses", hangs)
    with Trainer(3, _SHORT) as trainer:
        trainer.open(folders("llama"))
        begin_losses(trainer)
        error = failure(trainer)
        assert error.type == "lost" and "rank 2 does not come" in str(error)
        assert trainer.ended()[0] == 1


@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_fails_alone_is_named(rank: int, folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = losses

    def fails(*arguments: Any) -> Any:
        if os.environ["RANK"] == str(rank):
            raise MemoryError("no room for the logits")
        return real(*arguments)

    monkeypatch.setattr("adept_torch.handlers.losses", fails)
    with Trainer(2) as trainer:
        trainer.open(folders("llama"))
        begin_losses(trainer)
        error = failure(trainer)
        assert (error.type, error.rank) == ("lost", rank) and "no room for the logits" in str(error)
        assert "in fails" in error.detail
        assert trainer.all_end_within(30)


def test_a_call_that_was_sent_last_is_not_begun(folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer has left before its call reaches every rank."""
    share = Ranks.share

    def slow_share(self: Ranks, data: bytes | None) -> bytes:
        if data is not None:
            time.sleep(0.5)
        return share(self, data)

    monkeypatch.setattr(Ranks, "share", slow_share)
    monkeypatch.setattr("adept_torch.handlers.losses", lambda *_: time.sleep(300))
    with Trainer(2) as trainer:
        trainer.open(folders("llama"))
        begin_losses(trainer)
        trainer.leave()
        assert trainer.all_end_within(60)


def test_all_ranks_that_fail_go_on(folders: Callable[[str], Path], tmp_path: Path) -> None:
    with Trainer(2) as trainer:
        trainer.open(folders("llama"), [1])
        trainer.begin("loadTrained", folder=str(tmp_path), moments=True)
        error = failure(trainer)
        assert (error.type, error.rank) == ("input", 0) and "delta.safetensors" in str(error)
        begin_losses(trainer)
        assert trainer.end()[1]["losses"].isfinite().all()
        begin_long(trainer)
        trainer.send({"kind": "cancel", "id": 4})
        assert failure(trainer).type == "cancelled"


def test_weights_that_are_undefined_are_not_used(folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = step

    def fails(model: Any, request: Any, *arguments: Any) -> Any:
        if request.step == 2:
            raise LostError("The step failed while it changed weights (no room).")
        return real(model, request, *arguments)

    monkeypatch.setattr("adept_torch.handlers.step", fails)
    with Trainer() as trainer:
        count = len(trainer.open(folders("llama"), [1])["trained"])
        every = rates([None] * count)  # type: ignore[list-item]
        trainer.step(batches(1), 1, every)
        for number, message in ((2, "while it changed"), (3, "close, open and load")):
            with pytest.raises(ExecutorReplyError, match=message) as raised:
                trainer.step(batches(number), number, every)
            assert raised.value.type == "lost"
        trainer.call("closeModel")
        trainer.open(folders("llama"), [1])
        trainer.step(batches(1), 1, every)


@pytest.mark.parametrize("busy", [False, True])
def test_a_trainer_that_leaves_takes_all_ranks_with_it(busy: bool, folders: Callable[[str], Path]) -> None:
    with Trainer(3) as trainer:
        trainer.open(folders("llama"), [1])
        if busy:
            begin_long(trainer)
        trainer.leave()
        assert trainer.all_end_within(30)
        assert trainer.ended()[0] == (1 if busy else 0)


def test_a_long_call_gives_signs_of_life(folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: Any) -> Any:
        time.sleep(1)
        return losses(*arguments)

    monkeypatch.setattr("adept_torch.handlers.losses", slow)
    monkeypatch.setattr("adept_torch.reporter.ALIVE_SECONDS", 0.2)
    with Trainer() as trainer:
        trainer.open(folders("llama"))
        trainer.progress.clear()
        begin_losses(trainer)
        trainer.end()
        assert 3 <= len(trainer.progress) <= 10
        assert all((report["fraction"], report["message"]) == (0, "") for report in trainer.progress)
        time.sleep(0.5)
        trainer.call("memory")


def test_sigterm_ends_at_once(folders: Callable[[str], Path]) -> None:
    with Trainer() as trainer:
        trainer.open(folders("llama"), [1])
        begin_long(trainer)
        os.kill(trainer.processes.ranks()[0], signal.SIGTERM)
        error = failure(trainer)
        assert error.type == "lost" and "SIGTERM" in str(error)
        assert trainer.all_end_within(10)
