"""Tests of the dictionary learned from pairs."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from nmt import lexicon
from nmt.lexicon import likeliest

Ids = list[int]


def pairs(count: int, seed: int = 1) -> list[tuple[Ids, Ids]]:
    """Return sentences of pieces 5 to 24, each translated by the piece 7 higher, in another order."""
    draws = Random(seed)
    sentences = [[draws.randrange(5, 25) for _ in range(draws.randrange(1, 7))] for _ in range(count)]
    return [(src, draws.sample([piece + 7 for piece in src], len(src))) for src in sentences]


def slowly(corpus: list[tuple[Ids, Ids]], rounds: int) -> dict[tuple[int, int], float]:
    """Return the probabilities of Model 1 by its textbook loop."""
    chances = {(s, t): 1.0 for src, tgt in corpus for s in src for t in tgt}
    for _ in range(rounds):
        counts: dict[tuple[int, int], float] = dict.fromkeys(chances, 0.0)
        for src, tgt in corpus:
            for t in tgt:
                total = sum(chances[s, t] for s in src)
                for s in src:
                    counts[s, t] += chances[s, t] / total
        totals: dict[int, float] = {}
        for (s, _), count in counts.items():
            totals[s] = totals.get(s, 0.0) + count
        chances = {(s, t): count / totals[s] for (s, t), count in counts.items()}
    return chances


def test_the_likeliest_translation_is_found_whatever_the_order_of_words() -> None:
    table = likeliest(pairs(300), 30, 3)
    assert table[5:25, 0].tolist() == list(range(12, 32))


def test_the_ranking_is_that_of_the_textbook_loop() -> None:
    corpus = pairs(40, seed=2)
    chances = slowly(corpus, lexicon._ROUNDS)
    table = likeliest(corpus, 30, 4)
    for src in range(5, 25):
        ranked = sorted((chance for (s, _), chance in chances.items() if s == src), reverse=True)[:4]
        assert [chances[src, int(tgt)] for tgt in table[src] if tgt] == pytest.approx(ranked)


def test_a_piece_that_no_pair_holds_has_none() -> None:
    table = likeliest(pairs(20), 40, 3)
    assert not table[25:].any() and not table[:5].any()
    assert not likeliest([], 40, 3).any()
    assert not likeliest([([], [5]), ([6], [])], 40, 3).any()


def test_work_in_chunks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = likeliest(pairs(100), 30, 5)
    monkeypatch.setattr(lexicon, "_CHUNK", 7)
    assert np.array_equal(likeliest(pairs(100), 30, 5), whole)


def test_no_more_pairs_are_read_than_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "MOST_LINKS", 50)
    endless = (pair for seed in iter(int, 1) for pair in pairs(100, seed))
    assert likeliest(endless, 30, 2).any()
