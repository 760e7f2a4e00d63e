"""One process of the executor, alone or as one of several ranks, from its start to its end."""

import signal
import sys
from importlib.metadata import version

import torch

from .channel import Channel
from .ending import Ending
from .errors import InputError, LostError, ProtocolError
from .frames import Header
from .pulse import Pulse
from .ranks import RankPosition, Ranks, choose_device
from .server import Server
from .settings import Settings

# Without a sign of life from a rank.
_SILENCE_SECONDS = 30.0


def run(settings: Settings) -> int:
    """Serves the trainer. The exit status."""
    # Before anything makes threads, which inherit it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        position = RankPosition.from_environment()
        ranks = Ranks(position, choose_device(position), settings.seconds)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    ending = Ending(ranks)
    ending.watch_for_sigterm()
    try:
        _serve(settings, ranks, ending)
    except (ProtocolError, OSError) as error:
        ending.silently(f"The executor cannot speak with its trainer: {error}")
    except LostError as error:
        ending.silently(str(error))
    except RuntimeError as error:
        ending.rank_gone(f"Ranks cannot reach each other: {ranks.absent() or error}", str(error))
    ranks.close()
    return 0


def _serve(settings: Settings, ranks: Ranks, ending: Ending) -> None:
    if ranks.count > 1:
        pulse = Pulse(ranks, min(_SILENCE_SECONDS, settings.seconds), ending.lost)
        ranks.meet()
        pulse.start()
        ending.pulse = pulse
    if ranks.rank == 0:
        channel = Channel(settings.socket, settings.token)
        channel.greet(_description(ranks))
        ending.channel = channel
        channel.listen(lambda problem: _trainer_ended(ending, problem))
    Server(ranks, ending).serve()


def _trainer_ended(ending: Ending, problem: str | None) -> None:
    if problem is not None:
        ending.at_once(problem, None)
    if ending.running is not None:
        # The call that runs is of use to nobody; the other ranks see that rank 0 is gone.
        ending.silently("The trainer has left.")


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
