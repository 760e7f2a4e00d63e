"""The call that is being answered: its progress, and whether the trainer still wants it."""

from collections.abc import Callable

from .errors import CancelledError
from .ranks import Ranks


class Call:
    """`cancelled` and `report` are rank 0's; other ranks learn of a cancellation from it."""

    def __init__(self, ranks: Ranks, cancelled: Callable[[], bool], report: Callable[[float, str], None]) -> None:
        self._ranks = ranks
        self._cancelled = cancelled
        self._report = report

    def check(self, fraction: float = 0.0, message: str = "") -> None:
        """Reports, and raises CancelledError on every rank where the call is cancelled.

        Every rank has to come here equally often.
        """
        if self._ranks.agree(self._cancelled()):
            raise CancelledError("The call was cancelled.")
        if message:
            self._report(fraction, message)

    def check_alone(self) -> None:
        """The same where ranks do not come equally often, which takes effect only with one of them."""
        if self._ranks.count == 1:
            self.check()
