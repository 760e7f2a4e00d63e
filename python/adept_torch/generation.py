"""Continues one prompt with transformers' cache: greedily, or by seeded sampling."""

import torch
from torch import Tensor

from .call import Call
from .errors import CallError
from .messages import Generate
from .model import Model


@torch.no_grad()
def generate(model: Model, prompt: Tensor, request: Generate, call: Call) -> Tensor:
    """The tokens that follow, [m] int32, without what ends them. Every rank computes; rank 0 chooses."""
    if len(prompt) == 0 or int(prompt.min()) < 0 or int(prompt.max()) >= model.vocabulary:
        raise CallError(f"A prompt needs tokens, within 0 to {model.vocabulary - 1}.")
    if request.temperature < 0 or not 0 < request.top_p <= 1:
        raise CallError("A temperature is at least 0, and topP lies above 0 and up to 1.")
    device = model.ranks.device
    generator = torch.Generator().manual_seed(request.seed)
    tokens = prompt.long()[None].to(device)
    cache = None
    found: list[int] = []
    while len(found) < request.max_tokens:
        call.check(len(found) / request.max_tokens, f"token {len(found) + 1}")
        output = model.decoder.causal(input_ids=tokens, past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        chosen = _choose(output.logits[0, -1].float().cpu(), request, generator)
        # Sums may differ between GPUs, and so might what each would choose.
        token = int(model.ranks.sum(torch.tensor([chosen if model.ranks.rank == 0 else 0])).item())
        if token in request.stop:
            break
        found.append(token)
        tokens = torch.tensor([[token]], device=device)
    return torch.tensor(found, dtype=torch.int32)


def _choose(logits: Tensor, request: Generate, generator: torch.Generator) -> int:
    if bool(logits.isnan().any()):
        raise CallError("The model computes logits that are not numbers: check its weights for NaN or infinite values.")
    if request.temperature == 0:
        return int(logits.argmax())
    probabilities = torch.softmax(logits / request.temperature, -1)
    ordered, ids = probabilities.sort(descending=True, stable=True)
    # The fewest tokens whose probabilities reach topP; at least one.
    ordered[ordered.cumsum(0) - ordered >= request.top_p] = 0
    return int(ids[torch.multinomial(ordered, 1, generator=generator)])
