"""Answers the trainer's calls, one at a time: rank 0 reads them and shares them out, every rank computes, rank 0 replies."""

import json
import queue
import traceback
from dataclasses import dataclass

import torch

from .call import Call
from .ending import Ending, error_frame
from .errors import ExecutorError, LostError, ProtocolError
from .frames import Frame, Header, decode, encode
from .handlers import Handlers, Result
from .messages import CloseModel, Memory, Open, Shutdown, parse_call
from .ranks import Ranks, is_symptom
from .reporter import Reporter

_DETAIL_LINES = 12
_PING: Header = {"kind": "ping"}
_END: Header = {"kind": "end"}


@dataclass(frozen=True)
class Failure:
    """Why a rank could not answer. An empty type: it could."""

    type: str = ""
    message: str = ""
    detail: str = ""

    @staticmethod
    def of(error: BaseException, undefined: bool) -> "Failure":
        """`undefined`: whether weights may be left in between."""
        detail = "".join(traceback.format_exception(error)).strip().splitlines()[-_DETAIL_LINES:]
        if isinstance(error, ExecutorError):
            return Failure(error.type, str(error), "\n".join(detail))
        name = type(error).__name__
        what = "out of memory" if name in ("OutOfMemoryError", "MemoryError") else name
        return Failure("lost" if undefined else "failure", f"{what}: {error}".strip()[:2000], "\n".join(detail))


class Server:
    """One per rank. The channel is there on rank 0, the pulse where there are several."""

    def __init__(self, ranks: Ranks, ending: Ending) -> None:
        self._ranks = ranks
        self._ending = ending
        self._channel = ending.channel
        self._pulse = ending.pulse
        self._reporter = Reporter(ending.channel)
        self._handlers = Handlers(ranks)
        # Why the weights are undefined, where they are.
        self._lost = ""

    def serve(self) -> None:
        """Until the trainer asks for the end, or leaves."""
        while True:
            frame = self._next()
            kind = frame.header.get("kind")
            if kind == "end":
                self._leave()
                return
            if kind == "call" and self._answer(frame):
                return

    def _leave(self) -> None:
        """All together, so that nobody takes it for a death."""
        if self._pulse is not None:
            self._pulse.stop()
        self._ranks.gather("")

    def _next(self) -> Frame:
        """The next call, on every rank. Waiting ranks hear something now and then, so that they know that all is well."""
        if self._channel is None:
            return decode(self._ranks.share(None))
        try:
            got = self._channel.calls.get(timeout=min(self._ranks.seconds / 3, 20))
        except queue.Empty:
            frame, data = Frame(_PING), b""
        else:
            frame, data = (Frame(_END), b"") if got is None else got
        self._ranks.share(data or encode(frame))
        return frame

    def _answer(self, frame: Frame) -> bool:
        """Whether this was the last call."""
        number = frame.header.get("id")
        self._ending.running = number
        if self._channel is not None and self._channel.left:
            # It had left before the call was begun, so that who reads from it saw no call that runs.
            self._ending.silently("The trainer has left.")
        self._reporter.begin(number)
        undefined = frame.header.get("verb") in ("open", "loadTrained")
        result, own = Result(), Failure()
        request: object = None
        try:
            request = parse_call(frame)
            if isinstance(request, Shutdown):
                self._leave()
            else:
                result = self._compute(request, frame, number)
        except Exception as error:
            if self._ranks.count > 1 and is_symptom(error):
                # Another rank is the cause; there is no meeting that could tell.
                raise
            own = Failure.of(error, undefined)
        rank, failure = self._settle(own)
        if failure.type:
            self._after(failure, isinstance(request, Open))
        # Before the reply: a trainer that leaves as soon as it has it leaves nothing unanswered.
        self._ending.running = None
        self._reporter.end()
        self._reply(number, result, rank, failure)
        if failure.type == "lost" and self._ranks.count > 1:
            # Other ranks may be anywhere.
            raise LostError(failure.message)
        return isinstance(request, Shutdown)

    def _compute(self, request: object, frame: Frame, number: object) -> Result:
        if self._lost and not isinstance(request, (Open, CloseModel, Memory)):
            raise LostError(f"The weights are undefined since an earlier call ({self._lost}): close, open and load.")
        channel = self._channel
        call = Call(self._ranks, lambda: channel is not None and channel.cancelled(number), self._reporter.report)
        result = self._handlers.answer(request, frame, call)
        if isinstance(request, (Open, CloseModel)):
            self._lost = ""
        return result

    def _settle(self, own: Failure) -> tuple[int | None, Failure]:
        """What all ranks make of the call: the first failure, with its rank."""
        if own.type and self._pulse is not None:
            self._pulse.report_failure(own.message, own.detail)
        said = json.dumps([own.type, own.message, own.detail])
        failures = [Failure(*json.loads(text)) for text in self._ranks.gather(said)]
        if own.type and self._pulse is not None:
            self._pulse.forget_failure()
        failed = [(rank, failure) for rank, failure in enumerate(failures) if failure.type]
        if not failed:
            return None, Failure()
        lost = [entry for entry in failed if entry[1].type == "lost"]
        return (lost or failed)[0]

    def _after(self, failure: Failure, opening: bool) -> None:
        if failure.type == "lost" or opening:
            # What was opened half is of no use to anyone.
            self._handlers.close()
        if failure.type == "lost":
            self._lost = "" if opening else failure.message
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _reply(self, number: object, result: Result, rank: int | None, failure: Failure) -> None:
        if self._channel is None:
            return
        self._channel.finish(number)
        if not failure.type:
            try:
                self._channel.send(Frame({"kind": "result", "id": number, **result.fields}, result.arrays))
            except ProtocolError as error:
                self._channel.send(error_frame(number, "failure", str(error), None, ""))
        else:
            whose = rank if self._ranks.count > 1 else None
            self._channel.send(error_frame(number, failure.type, failure.message, whose, failure.detail))
