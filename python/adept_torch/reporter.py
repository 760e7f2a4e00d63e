"""What the trainer hears while a call runs: its progress, and now and then the same again, as a sign of life."""

import contextlib
import threading
import time

from .channel import Channel
from .frames import Frame

# Between two reports of progress, and between signs of life, where there is nothing to report.
_LEAST_SECONDS = 0.1
ALIVE_SECONDS = 10.0


class Reporter:
    """On rank 0, with a channel; elsewhere it says nothing. Nothing is said of a call that has ended."""

    def __init__(self, channel: Channel | None) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._number: object = None
        self._last: tuple[float, str] = (0.0, "")
        self._said = 0.0
        if channel is not None:
            threading.Thread(target=self._live, daemon=True).start()

    def begin(self, number: object) -> None:
        """A call begins."""
        with self._lock:
            self._number, self._last, self._said = number, (0.0, ""), time.monotonic()

    def end(self) -> None:
        """It has ended; its reply comes next."""
        with self._lock:
            self._number = None

    def report(self, fraction: float, message: str) -> None:
        """Sends it unless something was said just now. Raises OSError where the trainer has left."""
        with self._lock:
            self._last = (fraction, message)
            if time.monotonic() - self._said >= _LEAST_SECONDS:
                self._say()

    def _live(self) -> None:
        # A trainer that has left is noticed by who reads from it.
        with contextlib.suppress(OSError):
            while True:
                time.sleep(ALIVE_SECONDS / 4)
                with self._lock:
                    if self._number is not None and time.monotonic() - self._said >= ALIVE_SECONDS * 3 / 4:
                        self._say()

    def _say(self) -> None:
        if self._channel is not None and self._number is not None:
            fraction, message = self._last
            self._channel.send(Frame({"kind": "progress", "id": self._number, "fraction": fraction, "message": message}))
            self._said = time.monotonic()
