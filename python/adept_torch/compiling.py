"""torch.compile of decoder layers, where it is asked for: docs/torch.md has what it gains and what it costs."""

import os
from collections.abc import Sequence

import torch
from torch import nn

from .errors import InputError

_BACKEND = "inductor"
# Graphs of one layer's code: with and without gradients, of what is frozen and of what trains, and of each kind of layer.
_GRAPHS = 64


def compiles() -> bool:
    """Whether ADEPT_COMPILE asks for it. Raises InputError where it says something else."""
    asked = os.environ.get("ADEPT_COMPILE", "off")
    if asked not in ("on", "off"):
        raise InputError(f"The environment variable ADEPT_COMPILE is {asked!r}: it may be on or off.")
    return asked == "on"


def compile_layers(layers: Sequence[nn.Module], device: torch.device) -> None:
    """Each on its own, in place: layers of one class share what is compiled. FSDP2 wants it before it shards.

    Raises InputError where nothing can be compiled here.
    """
    try:
        torch.compile(torch.relu, backend=_BACKEND)(torch.zeros(2, device=device))
    except Exception as error:  # whatever the compiler's own stages raise
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(
            f"torch.compile does not work here ({reason[:300]}): install what it calls for (a C++ compiler; on a GPU triton), "
            "or leave out ADEPT_COMPILE."
        ) from error
    # Beyond its own limit torch goes on without, and says so to nobody.
    torch._dynamo.config.recompile_limit = _GRAPHS
    for layer in layers:
        # Sequences have any length, and the sweep of exact importance any number of them.
        layer.compile(dynamic=True, backend=_BACKEND)
