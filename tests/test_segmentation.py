"""Segmentations drawn at random: the same vocabulary as SentencePiece, by the right probabilities."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nmt.segmentation import BpeSampler, Pieces, SentenceSampler, UnigramSampler
from nmt.tokenizer import Tokenizer, normalize

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
few = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCORES = {"a": -1.0, "b": -2.0, "ab": -1.5, "▁": -3.0, "▁a": -2.5, "c": -4.0}
IDS = {piece: 300 + number for number, piece in enumerate(SCORES)}
PIECES = Pieces(IDS, SCORES, tuple(range(4, 260)), frozenset())


@given(text=texts)
@example(text="Der Hund sieht <br>drei  Häuser__x__ ")
@example(text="a\u2581b \x00 \u3000 \u2028 \x85 e\u0301 \ufeff \U0001f600")
@few
def test_the_most_probable_segmentation_is_the_one_of_sentencepiece(tokenizer: Tokenizer, text: str) -> None:
    certain = {UnigramSampler: 1e4, BpeSampler: 0.0}
    sampler = tokenizer._sampler
    alpha = certain[type(sampler._words)]
    ours, theirs = sampler.sample(normalize(text), alpha, Random(1)), tokenizer.encode(text)
    # Where two segmentations are equally probable, either may be taken.
    assert ours == theirs or (len(ours) > 1 and score(tokenizer, ours) == pytest.approx(score(tokenizer, theirs)))


def score(tokenizer: Tokenizer, ids: list[int]) -> float:
    scores = tokenizer._sampler._pieces.scores
    return sum(scores.get(piece, 0.0) for piece in tokenizer.pieces(ids))


def ways(word: str) -> dict[tuple[int, ...], float]:
    """Return every segmentation of a word with its log-probability, by trying all."""
    if not word:
        return {(): 0.0}
    found = {}
    for end in range(1, len(word) + 1):
        if word[:end] in SCORES:
            for rest, value in ways(word[end:]).items():
                found[(IDS[word[:end]], *rest)] = SCORES[word[:end]] + value
    return found


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
def test_unigram_draws_each_segmentation_by_its_probability_to_the_power_of_alpha(alpha: float) -> None:
    word, count = "▁abcab", 20_000
    weights = {ids: math.exp(alpha * value) for ids, value in ways(word).items()}
    assert len(weights) == 6
    sampler, draws = UnigramSampler(PIECES), Random(3)
    found = Counter(tuple(sampler.sample(word, alpha, draws)) for _ in range(count))
    assert found.keys() == weights.keys()
    for ids, weight in weights.items():
        assert found[ids] / count == pytest.approx(weight / sum(weights.values()), abs=0.015)


def test_bpe_leaves_out_the_share_of_merges_asked_for() -> None:
    sampler, draws = BpeSampler(PIECES), Random(3)
    found = Counter(tuple(sampler.sample("ab", 0.3, draws)) for _ in range(10_000))
    assert found[(IDS["a"], IDS["b"])] / 10_000 == pytest.approx(0.3, abs=0.02)
    assert sampler.sample("▁ab", 0.0, draws) == [IDS["▁"], IDS["ab"]]
    assert sampler.sample("▁ab", 1.0, draws) == [IDS["▁"], IDS["a"], IDS["b"]]


@pytest.mark.parametrize("kind", [UnigramSampler, BpeSampler])
def test_a_character_without_a_piece_becomes_its_bytes(kind: type[UnigramSampler] | type[BpeSampler]) -> None:
    found = kind(PIECES).sample("aßb", 0.0 if kind is BpeSampler else 1.0, Random(1))
    assert found == [IDS["a"], *(4 + byte for byte in "ß".encode()), IDS["b"]]


def test_spaces_are_one_and_a_longer_symbol_wins() -> None:
    ids = {**IDS, "<x>": 290, "<x>>": 291}
    pieces = Pieces(ids, {**SCORES, "<x>": 0.0, "<x>>": 0.0}, PIECES.byte_ids, frozenset({"<x>", "<x>>"}))
    sampler = SentenceSampler(pieces, BpeSampler(pieces))
    space = IDS["▁"]
    assert sampler.sample("  <x>>  c <x>", 1.0, Random(1)) == [space, 291, space, IDS["c"], space, 290]
    assert sampler.sample("  ", 1.0, Random(1)) == []


def test_what_is_kept_of_words_changes_no_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["▁ab", "▁abc", "▁cab", "▁" + "ab" * 30]
    kept = UnigramSampler(PIECES)
    first = [kept.sample(word, 0.5, Random(number)) for number, word in enumerate(words * 3)]
    monkeypatch.setattr("nmt.segmentation._KEPT_WORDS", 1)
    forgetful = UnigramSampler(PIECES)
    assert [forgetful.sample(word, 0.5, Random(number)) for number, word in enumerate(words * 3)] == first
    assert len(forgetful._kept) == 1
