"""Tests of batches and their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nmt.batches
from nmt.batches import Batch, BatchStream, IdPair, Position, cut, make_batch, pad
from nmt.config import TokenizerConfig
from nmt.corpus import Pair
from nmt.store import PairStore
from nmt.tokenizer import BOS, EOS, PAD, TokenizerPair
from nmt.tokenizer_training import train_tokenizer

SIZE, BUDGET = 41, 96
PAIRS: list[IdPair] = [([5, 6, 7, 8], [9, 10, 4]), ([4], [5, 6, 7, 8, 9, 10, 4, 5]), ([], [])]
lengths = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40)


def of_lengths(sizes: list[tuple[int, int]]) -> list[IdPair]:
    return [([5] * src, [6] * tgt) for src, tgt in sizes]


def test_padding_stands_at_the_end_alone() -> None:
    ids, sizes = pad([[5, 6, 7], [], [8]], multiple=4)
    assert ids.tolist() == [[5, 6, 7, PAD], [PAD] * 4, [8, PAD, PAD, PAD]]
    assert sizes.tolist() == [3, 0, 1]
    assert pad([[]])[0].shape == (1, 1)


def test_targets_begin_with_bos_or_end_with_eos_and_are_padded_after() -> None:
    batch = make_batch(PAIRS)
    for row, (src, tgt) in enumerate(PAIRS):
        for ids, expected in (
            (batch.src_ids[row], [*src, EOS]),
            (batch.tgt_in[row], [BOS, *tgt]),
            (batch.tgt_out[row], [*tgt, EOS]),
        ):
            assert ids.dtype == torch.int64
            assert ids[: len(expected)].tolist() == expected
            assert not (ids[len(expected) :] != PAD).any()
    assert batch.src_lengths.tolist() == [len(src) + 1 for src, _ in PAIRS]
    assert batch.tgt_lengths.tolist() == [len(tgt) + 1 for _, tgt in PAIRS]
    assert batch.tgt_in.shape == batch.tgt_out.shape == (3, 12)
    assert batch.src_ids.shape == (3, 8)
    assert (batch.src_tokens, batch.tgt_tokens) == (8, 14)
    assert batch.shape() == "3 sentences x (8 source + 12 target) tokens"
    assert torch.equal(batch.to(torch.device("cpu")).tgt_out, batch.tgt_out)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_shares_hold_every_pair_once_and_are_padded_as_the_whole(count: int) -> None:
    whole = make_batch(PAIRS)
    shares = [whole.share(number, count) for number in range(count)]
    assert sum(share.tgt_tokens for share in shares) == whole.tgt_tokens
    for number, share in enumerate(shares):
        for name in ("src_ids", "src_lengths", "tgt_in", "tgt_out", "tgt_lengths"):
            assert torch.equal(getattr(share, name), getattr(whole, name)[number::count])
    assert [len(share.src_ids) for share in shares] == {1: [3], 2: [2, 1], 5: [1, 1, 1, 0, 0]}[count]


@given(sizes=lengths, budget=st.integers(1, 200))
def test_every_pair_is_in_one_group_and_every_group_within_the_budget(
    sizes: list[tuple[int, int]], budget: int
) -> None:
    pairs = of_lengths(sizes)
    groups = cut(pairs, budget)
    assert sorted(index for group in groups for index in group) == list(range(len(pairs)))
    for group in groups:
        batch = make_batch([pairs[index] for index in group])
        longer = max(batch.src_ids.shape[1], batch.tgt_in.shape[1])
        assert len(group) == 1 or len(group) * longer <= budget


def test_a_pair_longer_than_the_budget_is_alone() -> None:
    groups = cut(of_lengths([(2, 2), (50, 3), (3, 3), (3, 60)]), 30)
    assert sorted(map(sorted, groups)) == [[0, 2], [1], [3]]


def test_groups_hold_pairs_of_similar_lengths() -> None:
    generator = np.random.default_rng(1)
    sizes = generator.integers(1, 40, 600).tolist()
    groups = cut(of_lengths([(size, size) for size in sizes]), 512)
    padding = sum(max(sizes[i] for i in group) * len(group) for group in groups) / sum(sizes)
    assert padding < 1.2


def test_few_shapes_occur() -> None:
    generator = np.random.default_rng(1)
    shapes = []
    for _ in range(3):
        src = generator.integers(1, 40, 1000)
        tgt = np.maximum(src + generator.integers(-4, 5, 1000), 1)
        pairs = of_lengths(list(zip(src.tolist(), tgt.tolist(), strict=True)))
        batches = [make_batch([pairs[i] for i in group]) for group in cut(pairs, 256)]
        shapes += [(*batch.src_ids.shape, batch.tgt_in.shape[1]) for batch in batches]
    assert len(set(shapes)) * 8 < len(shapes)


@pytest.fixture(scope="module")
def tokenizers(lines: list[str]) -> TokenizerPair:
    src, tgt = (
        train_tokenizer(lines, TokenizerConfig.model_validate({"kind": kind, "vocab_size": 290}))
        for kind in ("unigram", "bpe")
    )
    return TokenizerPair(src, tgt)


@pytest.fixture
def store(tmp_path: Path) -> PairStore:
    return PairStore.build((Pair(f"{i} {'Kind ' * (i % 5)}x", f"{i} Öl") for i in range(SIZE)), tmp_path / "store")


@pytest.fixture
def stream(store: PairStore, tokenizers: TokenizerPair, monkeypatch: pytest.MonkeyPatch) -> BatchStream:
    """Return a stream of three pools an epoch, with subword sampling."""
    monkeypatch.setattr(nmt.batches, "POOL_PAIRS", 16)
    return BatchStream(store, tokenizers, BUDGET, sampling=0.3, seed=7)


def epochs(stream: BatchStream, count: int, start: Position = Position()) -> list[tuple[Batch, Position]]:  # noqa: B008
    """Return all batches from a position to the end of epoch `count`, with the positions after them."""
    taken = []
    for batch, after in stream.iterate(start):
        taken.append((batch, after))
        if after == Position(count):
            return taken
    raise AssertionError("a stream never ends")


def numbers(tokenizers: TokenizerPair, batches: list[tuple[Batch, Position]]) -> list[int]:
    """Return the numbers of the pairs in batches, read from their text, source and target."""
    found = []
    for batch, _ in batches:
        for row in range(len(batch.src_ids)):
            src = tokenizers.src.decode(batch.src_ids[row, : int(batch.src_lengths[row]) - 1].tolist())
            tgt = tokenizers.tgt.decode(batch.tgt_out[row, : int(batch.tgt_lengths[row]) - 1].tolist())
            number = int(src.split()[0])
            assert src.split() == [str(number), *["Kind"] * (number % 5), "x"]
            assert tgt == f"{number} Öl"
            found.append(number)
    return found


def equal(ours: list[tuple[Batch, Position]], theirs: list[tuple[Batch, Position]]) -> bool:
    if [after for _, after in ours] != [after for _, after in theirs]:
        return False
    names = ("src_ids", "src_lengths", "tgt_in", "tgt_out", "tgt_lengths")
    return all(
        torch.equal(getattr(one, name), getattr(other, name))
        for (one, _), (other, _) in zip(ours, theirs, strict=True)
        for name in names
    )


def test_every_pair_comes_once_an_epoch_in_another_order(stream: BatchStream, tokenizers: TokenizerPair) -> None:
    both = epochs(stream, 2)
    first = epochs(stream, 1)
    orders = [numbers(tokenizers, part) for part in (first, both[len(first) :])]
    assert [sorted(order) for order in orders] == [list(range(SIZE))] * 2
    # Each epoch mixes anew which pairs share a pool, not only the batches of a pool.
    assert set(orders[0][:16]) != set(orders[1][:16])


def test_positions_count_the_pairs_read_in_their_epoch(stream: BatchStream) -> None:
    read = 0
    for batch, after in epochs(stream, 2):
        read += len(batch.src_ids)
        assert (after.epoch, after.pairs) == divmod(read, SIZE)


def test_the_order_follows_from_the_seed(stream: BatchStream, store: PairStore, tokenizers: TokenizerPair) -> None:
    again = BatchStream(store, tokenizers, BUDGET, sampling=0.3, seed=7)
    other = BatchStream(store, tokenizers, BUDGET, sampling=0.3, seed=8)
    assert equal(epochs(stream, 1), epochs(again, 1))
    assert numbers(tokenizers, epochs(stream, 1)) != numbers(tokenizers, epochs(other, 1))


def test_from_any_position_exactly_the_remaining_batches_follow(stream: BatchStream) -> None:
    whole = epochs(stream, 2)
    for done, (_, after) in enumerate(whole[:-1], start=1):
        assert equal(epochs(stream, 2, after), whole[done:])


def test_a_stream_never_ends(stream: BatchStream) -> None:
    *_, (_, last) = islice(stream.iterate(Position()), 60)
    assert last.epoch >= 2


def test_an_error_in_the_thread_that_makes_pools_surfaces(
    stream: BatchStream, store: PairStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: Iterator[tuple[Batch, Position]] = stream.iterate(Position())
    next(batches)

    def fail(_: object) -> list[Pair]:
        raise OSError("the disk is gone")

    monkeypatch.setattr(store, "read", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        for _ in range(100):
            next(batches)
