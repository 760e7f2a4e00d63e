"""One process of the executor, alone or as one of several ranks, from its start to its end."""

import os
import signal
import sys
import threading
from importlib.metadata import version

import torch

from .channel import Channel
from .errors import InputError, LostError, ProtocolError
from .frames import Header
from .pulse import Pulse
from .ranks import Place, Ranks, choose_device
from .server import Server, end_at_once
from .settings import Settings

# Without a sign of life from a rank.
_SILENCE_SECONDS = 30.0


def run(settings: Settings) -> int:
    """Serves the trainer. The exit status."""
    # Before anything makes threads, which inherit it: the signal is waited for in a thread, since the main one may be busy.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        place = Place.from_environment()
        ranks = Ranks(place, choose_device(place), settings.seconds)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    channel: Channel | None = None
    server: Server | None = None

    def lost(rank: int, cause: str, detail: str) -> None:
        number = None if server is None else server.running
        end_at_once(channel, number, rank, f"Rank {rank} {cause}.", detail)

    def terminated() -> None:
        signal.sigwait({signal.SIGTERM})
        number = None if server is None else server.running
        end_at_once(channel, number, None, "The executor was told to end (SIGTERM), as when another rank has died.", "")

    threading.Thread(target=terminated, daemon=True).start()
    pulse = Pulse(ranks, min(_SILENCE_SECONDS, settings.seconds), lost) if ranks.count > 1 else None
    try:
        ranks.meet()
        if pulse is not None:
            pulse.start()
        if place.rank == 0:
            channel = Channel(settings.socket, settings.token)
            channel.greet(_description(ranks))
        server = Server(ranks, channel, pulse)
        if channel is not None:
            _listen(channel, server)
        server.serve()
        if pulse is not None:
            pulse.stop()
    except (ProtocolError, OSError) as error:
        print(f"The executor cannot speak with its trainer: {error}", file=sys.stderr)
        return _end(ranks, 1)
    except (LostError, RuntimeError) as error:
        number = None if server is None else server.running
        end_at_once(channel, number, place.rank, f"Rank {place.rank} lost the others: {error}", "")
    return _end(ranks, 0)


def _end(ranks: Ranks, status: int) -> int:
    # An orderly leave needs every rank; after an error they may be anywhere.
    if status == 0:
        ranks.close()
        return 0
    os._exit(status)


def _listen(channel: Channel, server: Server) -> None:
    def ended(problem: str | None) -> None:
        if problem is not None:
            end_at_once(channel, server.running, None, problem, "")
        if server.running is not None:
            # The call that runs is of use to nobody; the other ranks see that rank 0 is gone.
            end_at_once(None, None, None, "The trainer has left.", "")

    channel.listen(ended)


def _description(ranks: Ranks) -> Header:
    device = ranks.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return {
        "engine": "torch",
        "device": name,
        "library": f"PyTorch {torch.__version__}",
        "threads": torch.get_num_threads(),
        "ranks": ranks.count,
        "torch": str(torch.__version__),
        "transformers": version("transformers"),
        "bfloat16": device.type == "cuda" and bool(torch.cuda.is_bf16_supported()),
    }
