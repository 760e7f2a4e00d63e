"""What a forward pass tells: losses, what layers change, logits, likeliest tokens and ranks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .batch import Batch
from .call import Call
from .errors import CallError
from .head import logit_chunks, losses_of
from .model import Model


def losses(model: Model, batch: Batch, reuse: bool, call: Call) -> Tensor:
    """Negative log-likelihood of every predicted position, [N] float32, nats."""
    call.check()
    share = model.share(batch)
    own = torch.empty(0)
    if share.batch is not None:
        with torch.no_grad():
            own = losses_of(model.decoder, model.hidden(share.batch, reuse), share.batch.targets())
    return model.scatter_rows(batch, share.rows, own)


@torch.no_grad()
def layer_changes(model: Model, batch: Batch, call: Call) -> tuple[Tensor, Tensor]:
    """Losses [N]; ‖output − input‖ / ‖input‖ of every layer, added up over the tokens of each sequence, [L, B] float64."""
    share = model.share(batch)
    own = torch.empty(0)
    sums = torch.zeros(model.layers, len(share.rows), dtype=torch.float64)
    entered = None if share.batch is None else model.decoder.enter(share.batch)
    hidden = None if entered is None else entered.hidden
    for layer in range(model.layers):
        call.check(layer / model.layers, f"layer {layer + 1} of {model.layers}")
        if share.batch is None or entered is None or hidden is None:
            continue
        output = model.decoder.layer(layer, hidden, entered.calls[layer])
        if share.rows:
            changes = _relative_changes(hidden.float(), output.float()).cpu().double()
            for index, length in enumerate(share.batch.lengths):
                sums[layer, index] = changes[index, :length].sum()
        hidden = output
    if share.batch is not None and hidden is not None:
        own = losses_of(model.decoder, hidden, share.batch.targets())
    return model.scatter_rows(batch, share.rows, own), model.scatter_columns(batch.size, share.rows, sums)


def _relative_changes(before: Tensor, after: Tensor) -> Tensor:
    """[B, T] of two [B, T, D]. The term keeps an input of zeros from being divided by zero."""
    change = (after - before).square().sum(-1)
    return change.sqrt() * (before.square().sum(-1) + 1e-30).rsqrt()


@torch.no_grad()
def logits(model: Model, batch: Batch, rows: Tensor, call: Call) -> Tensor:
    """Logits of the named rows of [B·T], [n, V] float32."""
    call.check()
    if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= batch.size * batch.length):
        raise CallError(f"Rows of logits have to lie within 0 to {batch.size * batch.length - 1}.")
    share = model.share(batch)
    found = torch.zeros(len(rows), model.vocabulary)
    if share.batch is not None:
        hidden = model.hidden(share.batch)
        # Once: ranks have different numbers of rows.
        with model.decoder.whole_head():
            for local, row in enumerate(share.rows):
                # A row of the batch may be longer than this rank's rows: what lies beyond has no logits.
                own = ((rows // batch.length == row) & (rows % batch.length < share.batch.length)).nonzero()[:, 0]
                positions = rows[own] % batch.length + local * share.batch.length
                for chunk, values in logit_chunks(model.decoder, hidden, positions):
                    found[own[chunk]] = values.cpu()
    return model.ranks.sum(found)


def _each_target(
    model: Model, batch: Batch, call: Call, value: Callable[[Tensor, Tensor], Tensor], wanted: Tensor | None
) -> Tensor:
    """What `value` makes of logits [n, V] and of those positions' entries of `wanted`, for every position, [N] int64."""
    call.check()
    share = model.share(batch)
    values: list[Tensor] = []
    bad = False
    if share.batch is not None:
        targets = share.batch.targets()
        own = _entries(batch, share.rows, wanted) if wanted is not None and share.rows else targets.ids
        hidden = model.hidden(share.batch)
        for chunk, found in logit_chunks(model.decoder, hidden, targets.rows):
            bad = bad or bool(found.isnan().any())
            values.append(value(found, own[chunk].to(found.device)).cpu())
    # No number is larger than NaN, so nothing would seem to have changed.
    if model.ranks.any(bad and bool(share.rows)):
        raise CallError("The model computes logits that are not numbers: check its weights for NaN or infinite values.")
    return model.scatter_rows(batch, share.rows, torch.cat(values) if values else torch.empty(0, dtype=torch.int64))


def _entries(batch: Batch, rows: Sequence[int], values: Tensor) -> Tensor:
    counts = batch.target_counts
    return torch.cat([values[sum(counts[:row]) : sum(counts[: row + 1])] for row in rows]).long()


@torch.no_grad()
def top_tokens(model: Model, batch: Batch, call: Call) -> Tensor:
    """The likeliest token of every predicted position, the lowest id of equals, [N] int32. Raises CallError on NaN."""
    return _each_target(model, batch, call, lambda found, _: found.argmax(-1), None).int()


@torch.no_grad()
def ranks_of(model: Model, batch: Batch, tokens: Tensor, call: Call) -> Tensor:
    """The rank of one token at every predicted position, 1 the likeliest, [N] int32. Raises CallError on NaN."""
    if len(tokens) and (int(tokens.min()) < 0 or int(tokens.max()) >= model.vocabulary):
        raise CallError(f"Tokens have to lie within 0 to {model.vocabulary - 1}.")

    def rank(found: Tensor, own: Tensor) -> Tensor:
        return (found > found.gather(1, own[:, None])).sum(-1) + 1

    return _each_target(model, batch, call, rank, tokens).int()
