"""The call that is being answered: its progress, and whether the trainer still wants it."""

import time
from collections.abc import Callable

from .errors import CancelledError
from .ranks import Ranks

# Between two reports.
_SECONDS = 0.1


class Call:
    """`cancelled` and `report` are rank 0's; other ranks learn of a cancellation from it."""

    def __init__(self, ranks: Ranks, cancelled: Callable[[], bool], report: Callable[[float, str], None]) -> None:
        self._ranks = ranks
        self._cancelled = cancelled
        self._report = report
        self._reported = time.monotonic()

    def check(self, fraction: float = 0.0, message: str = "") -> None:
        """Reports now and then, and raises CancelledError on every rank where the call is cancelled.

        Every rank has to come here equally often.
        """
        if self._ranks.agree(self._cancelled()):
            raise CancelledError("The call was cancelled.")
        now = time.monotonic()
        if message and now - self._reported >= _SECONDS:
            self._reported = now
            self._report(fraction, message)

    def check_alone(self) -> None:
        """The same where ranks do not come equally often, which takes effect only with one of them."""
        if self._ranks.count == 1:
            self.check()
