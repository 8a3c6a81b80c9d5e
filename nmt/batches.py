"""Batches: padded tensors of similar lengths under a token budget, in an order any run can repeat and resume.

An epoch walks a permutation of the corpus in pools of some thousand pairs. A pool is encoded, sorted by
length and cut into batches, whose order is then shuffled. Permutation, subword samples and shuffle follow
from (seed, epoch, pool), so a position is three numbers and memory grows with the pool, not with the corpus.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from torch import Tensor

from nmt.corpus import Pair
from nmt.permutation import Permutation
from nmt.store import PairStore
from nmt.tokenizer import BOS, EOS, PAD, TokenizerPair

POOL_PAIRS = 1 << 14
# Lengths and row counts are rounded so that few shapes occur: kernels are generated, and kept, per shape.
_LENGTH_STEP = 4
_ROW_STEP = 8

# Thousands of pairs wait in a pool: an array takes four bytes an id, a list forty.
IdPair = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True)
class Batch:
    """Sentence pairs as ids, padded at the end.

    src_ids (batch, src_len), tgt_in (batch, tgt_len) as BOS + y, tgt_out (batch, tgt_len) as y + EOS: int64,
    PAD where there is no token; src_lengths, tgt_lengths (batch,): int64.
    """

    src_ids: Tensor
    src_lengths: Tensor
    tgt_in: Tensor
    tgt_out: Tensor
    tgt_lengths: Tensor

    @property
    def src_tokens(self) -> int:
        """Source tokens, padding not counted."""
        return int(self.src_lengths.sum())

    @property
    def tgt_tokens(self) -> int:
        """Target tokens with EOS, padding not counted."""
        return int(self.tgt_lengths.sum())

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def share(self, number: int, count: int) -> Batch:
        """Return one of so many shares of the pairs, padded as the whole; of few pairs some shares have none."""
        return self._each(lambda tensor: tensor[number::count])

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        tensors = (self.src_ids, self.src_lengths, self.tgt_in, self.tgt_out, self.tgt_lengths)
        return Batch(*map(change, tensors))

    def shape(self) -> str:
        """Describe the sizes, for messages."""
        rows, src_len = self.src_ids.shape
        return f"{rows} sentences x ({src_len} source + {self.tgt_in.shape[1]} target) tokens"


def pad(sequences: Sequence[Sequence[int]], multiple: int = 1) -> tuple[Tensor, Tensor]:
    """Return ids (batch, longest rounded up to a multiple) padded with PAD, and lengths (batch,)."""
    lengths = [len(sequence) for sequence in sequences]
    width = max(_round_up(max(lengths), multiple), 1)
    ids = np.full((len(sequences), width), PAD, dtype=np.int64)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
    return torch.from_numpy(ids), torch.tensor(lengths)


def make_batch(pairs: Sequence[IdPair]) -> Batch:
    """Pad pairs of ids (without BOS and EOS; EOS is appended to the source too) into a batch."""
    src_ids, src_lengths = pad([[*src, EOS] for src, _ in pairs], _LENGTH_STEP)
    tgt_in, tgt_lengths = pad([[BOS, *tgt] for _, tgt in pairs], _LENGTH_STEP)
    tgt_out, _ = pad([[*tgt, EOS] for _, tgt in pairs], _LENGTH_STEP)
    return Batch(src_ids, src_lengths, tgt_in, tgt_out, tgt_lengths)


def cut(pairs: Sequence[IdPair], batch_tokens: int) -> list[list[int]]:
    """Group pairs of similar lengths so that rows x the longer side stays within the budget.

    A pair longer than the budget is a batch of its own. Returns the indices of each batch.
    """
    src_len = [_round_up(len(src) + 1, _LENGTH_STEP) for src, _ in pairs]
    tgt_len = [_round_up(len(tgt) + 1, _LENGTH_STEP) for _, tgt in pairs]
    # By the longer side first: it alone sets the number of rows, so that few shapes occur.
    order = sorted(range(len(pairs)), key=lambda i: (max(tgt_len[i], src_len[i]), tgt_len[i]))
    groups: list[list[int]] = []
    group: list[int] = []
    longest = 0
    for index in order:
        longer = max(longest, src_len[index], tgt_len[index])
        if group and len(group) >= _rows(batch_tokens, longer):
            groups.append(group)
            group, longer = [], max(src_len[index], tgt_len[index])
        group.append(index)
        longest = longer
    if group:
        groups.append(group)
    return groups


def _rows(batch_tokens: int, longest: int) -> int:
    rows = max(batch_tokens // longest, 1)
    return rows if rows < _ROW_STEP else rows // _ROW_STEP * _ROW_STEP


def _round_up(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


@dataclass(frozen=True)
class Position:
    """The next batch of a training: everything needed to go on from there; pairs: read in this epoch."""

    epoch: int = 0
    pool: int = 0
    batch: int = 0
    pairs: int = 0


class BatchStream:
    """An endless, resumable sequence of training batches."""

    def __init__(
        self, store: PairStore, tokenizers: TokenizerPair, batch_tokens: int, sampling: float, seed: int
    ) -> None:
        """sampling: the alpha of subword sampling on both sides, 0 = off"""
        self._store = store
        self._tokenizers = tokenizers
        self._batch_tokens = batch_tokens
        self._sampling = sampling
        self._seed = seed
        self._pools = -(-len(store) // POOL_PAIRS)

    def iterate(self, start: Position) -> Iterator[tuple[Batch, Position]]:
        """Yield each batch from a position on, with the position after it; pools are made ahead in a thread."""
        epoch, pool, skip, read = start.epoch, start.pool, start.batch, start.pairs
        ahead = _Ahead(self._pool, epoch, pool)
        while True:
            pairs, groups = ahead.result()
            following = (epoch, pool + 1) if pool + 1 < self._pools else (epoch + 1, 0)
            ahead = _Ahead(self._pool, *following)
            for number in range(skip, len(groups)):
                read += len(groups[number])
                after = Position(epoch, pool, number + 1, read)
                if number + 1 == len(groups):
                    after = Position(*following, 0, read if following[0] == epoch else 0)
                yield make_batch([pairs[i] for i in groups[number]]), after
            (epoch, pool), skip, read = following, 0, after.pairs

    def _pool(self, epoch: int, pool: int) -> tuple[list[IdPair], list[list[int]]]:
        """Encode a pool and cut it; segmentations and order follow from the seed, epoch and pool alone."""
        generator = np.random.default_rng([self._seed, epoch, pool])
        draws = Random(int(generator.integers(1, 2**31)))  # noqa: S311  (no secrets)
        permutation = Permutation(len(self._store), self._seed * 1_000_003 + epoch)
        numbers = np.arange(pool * POOL_PAIRS, min((pool + 1) * POOL_PAIRS, len(self._store)))
        pairs = [self._encode(pair, draws) for pair in self._store.read(permutation(numbers))]
        groups = cut(pairs, self._batch_tokens)
        return pairs, [groups[i] for i in generator.permutation(len(groups))]

    def _encode(self, pair: Pair, draws: Random) -> IdPair:
        src, tgt = self._tokenizers.src, self._tokenizers.tgt
        src_ids = array("i", src.sample(pair.src, self._sampling, draws))
        return src_ids, array("i", tgt.sample(pair.tgt, self._sampling, draws))


class _Ahead:
    """A pool being made in a thread of its own."""

    def __init__(self, make: Callable[[int, int], tuple[list[IdPair], list[list[int]]]], epoch: int, pool: int) -> None:
        self._made: tuple[list[IdPair], list[list[int]]] | None = None
        self._error: BaseException | None = None

        def run() -> None:
            try:
                self._made = make(epoch, pool)
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def result(self) -> tuple[list[IdPair], list[list[int]]]:
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._made is not None
        return self._made
