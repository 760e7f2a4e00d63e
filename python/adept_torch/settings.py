"""What the trainer says by environment variables when it starts the executor."""

import os
import re
from dataclasses import dataclass

from .errors import InputError


@dataclass(frozen=True)
class Settings:
    """Where the trainer listens and the token that both sides show, of rank 0; how long ranks wait for each other, seconds."""

    socket: str
    token: str
    seconds: float

    @staticmethod
    def from_environment() -> "Settings":
        """Raises InputError naming the variable that is missing or malformed."""
        socket = os.environ.get("ADEPT_EXECUTOR_SOCKET", "")
        token = os.environ.get("ADEPT_EXECUTOR_TOKEN", "")
        seconds = os.environ.get("ADEPT_COLLECTIVE_SECONDS", "600")
        speaks = os.environ.get("RANK", "0") == "0"
        if speaks and not socket:
            raise InputError("The environment variable ADEPT_EXECUTOR_SOCKET is missing: the executor is started by a trainer.")
        if speaks and re.fullmatch("[0-9a-f]{64}", token) is None:
            raise InputError("The environment variable ADEPT_EXECUTOR_TOKEN is no 32 bytes in hexadecimal.")
        try:
            parsed = float(seconds)
        except ValueError:
            parsed = 0.0
        if not 1 <= parsed <= 86400:
            raise InputError(f"The environment variable ADEPT_COLLECTIVE_SECONDS is {seconds!r}: give 1 to 86400.")
        return Settings(socket, token, parsed)
