"""Sequences side by side.

Shape letters, here and elsewhere: B sequences, T tokens, N predicted positions, L layers, D hidden, V vocabulary.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .errors import CallError
from .frames import Frame
from .messages import BatchHeader


@dataclass(frozen=True)
class Targets:
    """The predicted positions of a batch, [N] each: row of [B·T], the token that follows, and its sequence."""

    rows: Tensor
    ids: Tensor
    sequences: Tensor


@dataclass(frozen=True)
class Batch:
    """`tokens` [B, T] int64, rows filled up on the right; `starts`: where documents begin that do not see each other."""

    tokens: Tensor
    lengths: tuple[int, ...]
    numbers: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...] | None

    @property
    def size(self) -> int:
        """B."""
        return len(self.lengths)

    @property
    def length(self) -> int:
        """T."""
        return self.tokens.shape[1]

    @property
    def target_counts(self) -> list[int]:
        """The predicted positions of every sequence, [B]."""
        return [max(length - 1, 0) for length in self.lengths]

    def select(self, rows: Sequence[int]) -> "Batch":
        """Some of the sequences, no wider than the longest of them."""
        lengths = tuple(self.lengths[row] for row in rows)
        starts = None if self.starts is None else tuple(self.starts[row] for row in rows)
        tokens = self.tokens[list(rows), : max(lengths, default=0)]
        return Batch(tokens, lengths, tuple(self.numbers[row] for row in rows), starts)

    def targets(self) -> Targets:
        """Every position that has a next token in its own sequence, documents or not, on the CPU."""
        counts = torch.tensor(self.target_counts, dtype=torch.int64)
        sequences = torch.repeat_interleave(torch.arange(self.size), counts)
        firsts = torch.cumsum(counts, 0) - counts
        rows = sequences * self.length + torch.arange(len(sequences)) - firsts[sequences]
        return Targets(rows, self.tokens.reshape(-1)[rows + 1], sequences)

    def documents(self) -> Tensor | None:
        """For every position where its document begins, [B, T]; None where each row is one document."""
        if self.starts is None or all(len(starts) == 1 for starts in self.starts):
            return None
        positions = torch.arange(self.length)
        begins = [torch.tensor(starts)[torch.searchsorted(torch.tensor(starts), positions, right=True) - 1]
                  for starts in self.starts]  # fmt: skip
        return torch.stack(begins)


def read_batch(header: BatchHeader, frame: Frame, vocabulary: int, suffix: str = "") -> Batch:
    """The batch that a header and the arrays `tokens` and `lengths` describe. Raises CallError on what does not fit."""
    size = len(header.numbers)
    tokens = read_array(frame, f"tokens{suffix}", torch.int32, (size, header.length)).long()
    lengths = read_array(frame, f"lengths{suffix}", torch.int32, (size,))
    if size == 0 or bool((lengths < 1).any()) or bool((lengths > header.length).any()):
        raise CallError(f"A batch of {size} sequences within {header.length} tokens has lengths {lengths.tolist()[:20]}.")
    if bool((tokens < 0).any()) or bool((tokens >= vocabulary).any()):
        raise CallError(f"A batch has tokens outside of 0 to {vocabulary - 1}, the model's vocabulary.")
    own = tuple(int(length) for length in lengths)
    _check_starts(header.document_starts, own)
    return Batch(tokens, own, header.numbers, header.document_starts)


def _check_starts(starts: tuple[tuple[int, ...], ...] | None, lengths: tuple[int, ...]) -> None:
    if starts is None:
        return
    if len(starts) != len(lengths):
        raise CallError(f"A batch of {len(lengths)} sequences has documents of {len(starts)}.")
    for row, (begins, length) in enumerate(zip(starts, lengths, strict=True)):
        ascending = all(a < b for a, b in itertools.pairwise(begins))
        if not begins or begins[0] != 0 or not ascending or begins[-1] >= length:
            raise CallError(f"Documents of row {row}, of {length} tokens, cannot begin at {list(begins)[:20]}.")


def read_array(frame: Frame, name: str, dtype: torch.dtype, shape: tuple[int | None, ...]) -> Tensor:
    """An array of a frame; None in `shape` fits any size. Raises CallError where it is missing or of another form."""
    array = frame.arrays.get(name)
    if array is None:
        raise CallError(f'The array "{name}" is missing.')
    fits = array.dim() == len(shape) and all(n is None or n == size for n, size in zip(shape, array.shape, strict=True))
    if array.dtype != dtype or not fits:
        is_, called = f"{array.dtype} {list(array.shape)}", f"{dtype} {list(shape)}"
        raise CallError(f'The array "{name}" is {is_}, the call asks for {called}.')
    return array
