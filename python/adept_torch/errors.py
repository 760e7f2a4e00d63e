"""What may go wrong, by what it means for the caller."""

from typing import ClassVar, Literal

ErrorType = Literal["input", "failure", "lost", "cancelled"]


class ExecutorError(Exception):
    """An error whose message is for people: what, where, what to do."""

    type: ClassVar[ErrorType] = "failure"


class InputError(ExecutorError):
    """A model folder or a checkpoint is at fault."""

    type = "input"


class CallError(ExecutorError):
    """This call failed; the model is as it was."""


class LostError(ExecutorError):
    """The weights are undefined now."""

    type = "lost"


class CancelledError(ExecutorError):
    """The trainer asked the call to end early; the model is as it was."""

    type = "cancelled"


class ProtocolError(Exception):
    """What came over the socket is not the protocol: the connection cannot go on."""
