"""Rank 0's side of the socket. A thread of its own reads, so that a cancellation or the trainer's end is seen at any time."""

import hmac
import queue
import socket
import threading
from collections.abc import Callable

from . import PROTOCOL
from .errors import ProtocolError
from .frames import Frame, Header, encode, read_frame

_HANDSHAKE_SECONDS = 30


class Channel:
    """The connection with the trainer. `calls` gives frames of kind "call" with their bytes, and None at its end."""

    def __init__(self, path: str, token: str) -> None:
        self._token = token
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._lock = threading.Lock()
        self._cancelled: set[object] = set()
        self.calls: queue.Queue[tuple[Frame, bytes] | None] = queue.Queue()
        # Whether nothing more will be read.
        self.left = False

    def greet(self, description: Header) -> None:
        """Says who this is, and waits for the trainer to say the same. Raises ProtocolError on another token or version."""
        self.send(Frame({"kind": "hello", "protocol": PROTOCOL, "token": self._token, "description": description}))
        self._socket.settimeout(_HANDSHAKE_SECONDS)
        try:
            welcome, _ = read_frame(self._receive)
        except TimeoutError as error:
            raise ProtocolError(f"The trainer did not answer within {_HANDSHAKE_SECONDS} seconds.") from error
        self._socket.settimeout(None)
        token = welcome.header.get("token")
        if welcome.header.get("kind") != "welcome" or not isinstance(token, str):
            raise ProtocolError('The trainer did not begin with "welcome".')
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise ProtocolError("What answered shows another token than the trainer's: it is not believed.")
        if welcome.header.get("protocol") != PROTOCOL:
            version = welcome.header.get("protocol")
            raise ProtocolError(
                f"The trainer speaks version {version!r} of the protocol, this executor {PROTOCOL}: update the older one."
            )

    def listen(self, on_end: Callable[[str | None], None]) -> None:
        """Begins to read. `on_end` is called in the reading thread, with what was wrong or None where the trainer left."""
        threading.Thread(target=self._read, args=(on_end,), daemon=True).start()

    def _read(self, on_end: Callable[[str | None], None]) -> None:
        problem: str | None = None
        try:
            while True:
                frame, data = read_frame(self._receive)
                self._take(frame, data)
        except ProtocolError as error:
            problem = str(error)
        except (EOFError, OSError):
            problem = None
        self.left = True
        on_end(problem)
        self.calls.put(None)

    def _take(self, frame: Frame, data: bytes) -> None:
        kind, number = frame.header.get("kind"), frame.header.get("id")
        if isinstance(number, bool) or not isinstance(number, int):
            raise ProtocolError('A frame has no whole number "id".')
        if kind == "cancel":
            self._cancelled.add(number)
        elif kind == "call":
            self.calls.put((frame, data))
        else:
            raise ProtocolError(f"A frame is of the kind {kind!r}; the trainer sends call and cancel.")

    def _receive(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while view:
            read = self._socket.recv_into(view)
            if read == 0:
                raise EOFError
            view = view[read:]
        return data

    def cancelled(self, number: object) -> bool:
        return number in self._cancelled

    def finish(self, number: object) -> None:
        """A call is over; a cancellation of it that comes later means nothing."""
        self._cancelled.discard(number)

    def send(self, frame: Frame) -> None:
        """Raises ProtocolError on a frame that is too long, OSError where the trainer has left."""
        data = encode(frame)
        with self._lock:
            self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()
