"""Reads prompts and then one token after another, with transformers' cache of keys and values.

What is chosen is the trainer's: every rank reads the same tokens.
"""

from typing import Any

import torch
from torch import Tensor

from .call import Call
from .errors import CallError
from .model import Model


class Decoding:
    """Rows of tokens that are continued. Prompts are filled up on the left, where nothing looks."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._cache: Any = None
        # What may be looked at, [B, S], and the position of each row's last token, [B].
        self._seen = torch.empty(0)
        self._positions = torch.empty(0)

    @torch.no_grad()
    def prefill(self, tokens: Tensor, lengths: Tensor, call: Call) -> Tensor:
        """Logits of what follows each prompt, [B, V] float32. `tokens` [B, T] are filled up on the right."""
        call.check()
        self._require(tokens)
        size, length = tokens.shape
        if size == 0 or bool((lengths < 1).any()) or bool((lengths > length).any()):
            raise CallError(f"{size} prompts within {length} tokens have lengths {lengths.tolist()[:20]}.")
        device = self._model.ranks.device
        columns = torch.arange(length)
        begins = (length - lengths)[:, None]
        self._seen = (columns >= begins).long().to(device)
        moved = tokens.gather(1, (columns - begins).clamp(min=0)).long().to(device)
        positions = (columns - begins).clamp(min=0).to(device)
        self._positions = (lengths - 1).to(device)
        return self._read(moved, positions)

    @torch.no_grad()
    def read(self, tokens: Tensor, rows: Tensor, call: Call) -> Tensor:
        """The same after one more token in each of some rows, [n]; the other rows are forgotten."""
        call.check()
        self._require(tokens)
        size = len(self._positions)
        ascending = len(rows) > 0 and bool((rows.diff() > 0).all())
        if len(rows) != len(tokens) or not ascending or int(rows[0]) < 0 or int(rows[-1]) >= size:
            raise CallError(f"Rows {rows.tolist()[:20]} are not some of {size}, in ascending order.")
        if len(rows) < size:
            kept = rows.long().to(self._positions.device)
            self._cache.reorder_cache(kept)
            self._seen, self._positions = self._seen[kept], self._positions[kept]
        self._seen = torch.cat((self._seen, torch.ones_like(self._seen[:, :1])), 1)
        self._positions = self._positions + 1
        return self._read(tokens.long()[:, None].to(self._seen.device), self._positions[:, None])

    def _read(self, tokens: Tensor, positions: Tensor) -> Tensor:
        output = self._model.decoder.read(
            input_ids=tokens,
            attention_mask=self._seen,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = output.past_key_values
        logits: Tensor = output.logits[:, -1].float().cpu()
        # No number is larger than NaN, so some token would seem to be the likeliest.
        if self._model.ranks.any(bool(logits.isnan().any())):
            raise CallError("The model computes logits that are not numbers: check its weights for NaN or infinite values.")
        return logits

    def _require(self, tokens: Tensor) -> None:
        vocabulary = self._model.vocabulary
        if bool((tokens < 0).any()) or bool((tokens >= vocabulary).any()):
            raise CallError(f"Tokens have to lie within 0 to {vocabulary - 1}, the model's vocabulary.")
