"""How a process ends when something is wrong: the trainer hears why, and nothing is left running."""

import contextlib
import os
import signal
import sys
import threading
from typing import NoReturn

from .channel import Channel
from .errors import ErrorType
from .frames import Frame
from .pulse import Pulse
from .ranks import Ranks

# For the other ranks' hearts to be seen still, before a cause is named.
_LOOK_SECONDS = 4.0


class Ending:
    """One per process. `channel`, `pulse` and `running` (the number of the call that is answered) come when they are there."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._lock = threading.Lock()
        self.channel: Channel | None = None
        self.pulse: Pulse | None = None
        self.running: object = None

    def watch_for_sigterm(self) -> None:
        """In a thread, since the main one may be busy. The signal is blocked in all threads, so this comes before others."""
        threading.Thread(target=self._terminated, daemon=True).start()

    def _terminated(self) -> None:
        signal.sigwait({signal.SIGTERM})
        said = "The executor was told to end (SIGTERM)"
        # What started the ranks tells all to end when one has died: whoever waits should hear of that one.
        if self.running is not None:
            self.rank_gone(f"{said}.")
        self.at_once(f"{said}.", None)

    def lost(self, rank: int, cause: str, detail: str) -> NoReturn:
        """A rank is known to be gone, or to have failed alone."""
        self.at_once(f"Rank {rank}: {cause}", rank, detail)

    def rank_gone(self, said: str, detail: str = "") -> NoReturn:
        """Something failed that fails when a rank is gone; names that rank, if there is one."""
        gone = [] if self.pulse is None or self._ranks.rank != 0 else self.pulse.silent(_LOOK_SECONDS)
        if gone:
            self.at_once(f"Rank {gone[0]} has died: it was killed, or the machine had no memory left.", gone[0], detail or said)
        self.at_once(said, None, detail)

    def at_once(self, cause: str, rank: int | None, detail: str = "") -> NoReturn:
        """Tells the trainer, if it is there, and ends this process whatever its other threads do."""
        # The first thread to come here says why; others wait for the end.
        self._lock.acquire()
        # Whoever reads it may have left, too.
        with contextlib.suppress(OSError):
            print(cause, file=sys.stderr, flush=True)
        if self.pulse is not None:
            self.pulse.note_end()
        if self.channel is not None:
            with contextlib.suppress(OSError):
                self.channel.send(error_frame(self.running, "lost", cause, rank, detail))
        os._exit(1)

    def silently(self, cause: str) -> NoReturn:
        """The same where nobody listens."""
        self.channel = None
        self.at_once(cause, None)


def error_frame(number: object, kind: ErrorType | str, message: str, rank: int | None, detail: str) -> Frame:
    """A reply that says what went wrong."""
    error = {"type": kind, "message": message, "rank": rank, "detail": detail}
    return Frame({"kind": "error", "id": number, "error": error})
