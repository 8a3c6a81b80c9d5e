"""Search over a table of random log-probabilities, against greedy and exhaustive oracles written here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nmt.config import SearchConfig
from nmt.errors import FailureError, InputError
from nmt.search import Hypothesis, Layout, Sentences, Special, Step, search

PAD, UNK, BOS, EOS = range(4)
SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)
LENGTHS = [5, 3, 4]


@dataclass(frozen=True)
class FakeState:
    """Which sentence each row belongs to; checks that rows and sentences are always selected together."""

    owners: Tensor  # (rows,)
    sentences: Tensor  # (sentences,)
    step: int = 0

    def select(self, rows: Tensor, sentences: Tensor | None, layout: Layout | None) -> FakeState:
        kept = self.sentences if sentences is None else self.sentences[sentences]
        owners = self.owners[rows]
        if layout is None:
            assert torch.equal(owners, kept.repeat_interleave(len(owners) // len(kept)))
        else:
            assert torch.equal(owners, kept[layout.places // layout.width])
        return FakeState(owners, kept, self.step)


@dataclass
class Fake:
    """A model whose output depends on the sentence, the step and the last token."""

    table: Tensor  # (sentences, steps, vocab, vocab) log-probabilities
    attention: Tensor  # (sentences, steps, vocab, src_len)
    lengths: list[int]
    rows_seen: list[int] = field(default_factory=list)

    def __call__(self, tokens: Tensor, state: FakeState) -> Step[FakeState]:
        self.rows_seen.append(len(tokens))
        where = (state.owners, torch.full_like(tokens, state.step), tokens)
        after = FakeState(state.owners, state.sentences, state.step + 1)
        return Step(self.table[where], self.attention[where], after)

    def search(self, sentences: Sequence[int] | None = None, **keys: Any) -> list[list[Hypothesis]]:
        chosen = list(range(len(self.lengths)) if sentences is None else sentences)
        margins = keys.pop("margins", None)
        owners = torch.tensor(chosen)
        lengths = torch.tensor([self.lengths[sentence] for sentence in chosen])
        config = SearchConfig(**{"prune": 0.0, **keys})
        return search(self, FakeState(owners, owners), Sentences(lengths, chosen, None, margins), config, SPECIAL)

    def log_probs(self, sentence: int, tokens: Sequence[int]) -> list[float]:
        """Score a translation, EOS included, without any search."""
        path = [BOS, *tokens, EOS]
        return [
            float(self.table[sentence, step, last, token])
            for step, (last, token) in enumerate(itertools.pairwise(path))
        ]

    def weights(self, sentence: int, tokens: Sequence[int]) -> Tensor:
        path = [BOS, *tokens]
        rows = [self.attention[sentence, step, last] for step, last in enumerate(path)]
        return torch.stack(rows)[:, : self.lengths[sentence]]

    def score(self, sentence: int, tokens: Sequence[int], config: SearchConfig) -> float:
        values = self.log_probs(sentence, tokens)
        covered = self.weights(sentence, tokens).sum(0).clamp(1e-6, 1.0).log().sum()
        by_length: float = sum(values) / len(values) ** config.length_penalty
        return by_length + config.coverage_penalty * float(covered)


def random_fake(seed: int, vocab: int = 7, steps: int = 40, lengths: Sequence[int] = tuple(LENGTHS)) -> Fake:
    generator = torch.Generator().manual_seed(seed)
    logits = 2.0 * torch.randn(len(lengths), steps, vocab, vocab, generator=generator)
    match = torch.randn(len(lengths), steps, vocab, max(lengths), generator=generator)
    padding = torch.arange(max(lengths)) >= torch.tensor(lengths).unsqueeze(1)
    match = match.masked_fill(padding[:, None, None, :], float("-inf"))
    return Fake(logits.log_softmax(3), match.softmax(3), list(lengths))


def biased_fake(seed: int, eos_bias: float, **sizes: Any) -> Fake:
    fake = random_fake(seed, **sizes)
    fake.table[..., EOS] += eos_bias
    fake.table = fake.table.log_softmax(3)
    return fake


def greedy(fake: Fake, sentence: int, limit: int) -> list[int]:
    tokens: list[int] = []
    while len(tokens) < limit:
        row = fake.table[sentence, len(tokens), tokens[-1] if tokens else BOS].clone()
        row[[PAD, UNK, BOS]] = float("-inf")
        if not tokens:
            row[EOS] = float("-inf")
        token = int(row.argmax())
        if token == EOS:
            break
        tokens.append(token)
    return tokens


def every_translation(vocab: int, shortest: int, longest: int) -> list[tuple[int, ...]]:
    content = [token for token in range(vocab) if token not in (PAD, UNK, BOS, EOS)]
    return [tokens for size in range(shortest, longest + 1) for tokens in itertools.product(content, repeat=size)]


def pruned_beam(fake: Fake, sentence: int, config: SearchConfig) -> list[list[int]]:
    """Search one sentence by lists, giving up what falls behind; returns all that ended, best first."""
    going: list[tuple[float, list[int]]] = [(0.0, [])]
    ended: list[tuple[float, list[int]]] = []
    while going:
        ranked = sorted(
            ((score + float(fake.table[sentence, len(tokens), (tokens or [BOS])[-1], token]), tokens, token)
             for score, tokens in going for token in range(EOS, fake.table.size(3))
             if (tokens or token != EOS) and (len(tokens) < config.max_length or token == EOS)),
            key=lambda each: -each[0],
        )  # fmt: skip
        kept = ranked[: config.beam_size]
        ended += [(score / (len(tokens) + 1), tokens) for score, tokens, token in kept if token == EOS]
        alive = [(score, [*tokens, token]) for score, tokens, token in ranked if token != EOS]
        alive = alive[: config.beam_size - len(ended)]
        going = [each for each in alive if each[0] >= alive[0][0] - config.prune]
        best = max((score for score, _ in ended), default=float("-inf"))
        if len(ended) >= config.beam_size or (going and best >= going[0][0] / (config.max_length + 1)):
            break
    return [tokens for _, tokens in sorted(ended, key=lambda each: -each[0])]


def ids(results: list[list[Hypothesis]]) -> list[list[list[int]]]:
    return [[hypothesis.tokens for hypothesis in found] for found in results]


def assert_same(one: list[list[Hypothesis]], other: list[list[Hypothesis]]) -> None:
    for left, right in zip(one, other, strict=True):
        assert left == right  # tokens, scores and log-probabilities, to the last bit
        for mine, yours in zip(left, right, strict=True):
            assert torch.equal(mine.attention, yours.attention)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("vocab", [7, 300])
def test_a_beam_of_one_is_greedy_search(seed: int, vocab: int) -> None:
    fake = random_fake(seed, vocab=vocab, steps=14)
    expected = [[greedy(fake, sentence, 13)] for sentence in range(3)]
    assert ids(fake.search(beam_size=1, max_length=13)) == expected


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0, 2.0, -0.5])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.4])
def test_a_beam_as_wide_as_all_hypotheses_finds_the_best_ones(
    seed: int, length_penalty: float, coverage_penalty: float
) -> None:
    fake = random_fake(seed, vocab=7, steps=5)
    config = SearchConfig(length_penalty=length_penalty, coverage_penalty=coverage_penalty)
    translations = every_translation(7, 1, 4)
    keys: dict[str, Any] = {"length_penalty": length_penalty, "coverage_penalty": coverage_penalty}
    results = fake.search(beam_size=len(translations), n_best=3, max_length=4, **keys)
    for sentence, found in enumerate(results):
        oracle = sorted(((fake.score(sentence, tokens, config), tokens) for tokens in translations), reverse=True)
        assert [tuple(hypothesis.tokens) for hypothesis in found] == [tokens for _, tokens in oracle[:3]]
        for hypothesis, (score, _) in zip(found, oracle, strict=False):
            assert hypothesis.score == pytest.approx(score, rel=1e-5)


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), length_penalty=st.floats(-3.0, 3.0), eos_bias=st.floats(-4.0, 4.0))
def test_stopping_early_never_loses_the_best(seed: int, length_penalty: float, eos_bias: float) -> None:
    fake = biased_fake(seed, eos_bias, vocab=6, steps=5)
    config = SearchConfig(length_penalty=length_penalty)
    translations = every_translation(6, 1, 4)
    results = fake.search(beam_size=len(translations), max_length=4, length_penalty=length_penalty)
    for sentence, found in enumerate(results):
        best = max(fake.score(sentence, tokens, config) for tokens in translations)
        assert found[0].score == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize(
    ("length_penalty", "log_prob", "steps"),
    # What has ended scores -0.4 / 2 ** length_penalty; a rival goes on, at most to 9 tokens and EOS.
    [(1.0, -1.9, 3), (1.0, -2.1, 2), (0.0, -0.39, 3), (0.0, -0.41, 2), (-1.0, -0.26, 3), (-1.0, -0.27, 2)],
)
def test_a_sentence_is_done_as_soon_as_no_rival_can_win(length_penalty: float, log_prob: float, steps: int) -> None:
    fake = random_fake(0, vocab=7, steps=10, lengths=[3])
    fake.table[:] = -50.0
    fake.table[0, 0, BOS, 4] = fake.table[0, 1, 4, EOS] = -0.2
    fake.table[0, 0, BOS, 5] = fake.table[0, 1, 5, 6] = log_prob / 2
    fake.search(beam_size=2, max_length=9, length_penalty=length_penalty)
    assert len(fake.rows_seen) == steps


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.integers(1, 6),
    data=st.data(),
    length_penalty=st.sampled_from([0.0, 0.7, 1.0]),
    coverage_penalty=st.sampled_from([0.0, 0.3]),
    no_repeat_ngram=st.integers(0, 3),
    max_length=st.integers(3, 9),
    sampling=st.booleans(),
    prune=st.sampled_from([0.0, 0.1, 2.0]),
    eos_bias=st.sampled_from([-20.0, 0.0, 20.0]),
)
def test_every_result_is_ranked_full_within_its_lengths_and_scored_by_its_own_path(
    seed: int, beam_size: int, data: st.DataObject, eos_bias: float, **keys: Any
) -> None:
    keys["n_best"] = data.draw(st.integers(1, beam_size), label="n_best")
    keys["min_length"] = data.draw(st.integers(1, 3), label="min_length")
    fake = biased_fake(seed, eos_bias, vocab=9, steps=10)
    config = SearchConfig(beam_size=beam_size, **keys)
    for sentence, found in enumerate(fake.search(beam_size=beam_size, **keys)):
        assert len(found) == config.n_best
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
        assert config.sampling or len({tuple(h.tokens) for h in found}) == len(found)
        for h in found:
            assert config.min_length <= len(h.tokens) <= config.max_length
            assert not {PAD, UNK, BOS, EOS} & set(h.tokens)
            assert h.token_log_probs == pytest.approx(fake.log_probs(sentence, h.tokens), rel=1e-6)
            assert h.log_prob == pytest.approx(sum(h.token_log_probs))
            assert h.score == pytest.approx(fake.score(sentence, h.tokens, config), rel=1e-5)
            assert h.attention.shape == (len(h.tokens) + 1, LENGTHS[sentence])
            assert torch.equal(h.attention, fake.weights(sentence, h.tokens))


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.integers(1, 6),
    vocab=st.sampled_from([6, 9, 500]),
    no_repeat_ngram=st.sampled_from([0, 2]),
    coverage_penalty=st.sampled_from([0.0, 0.3]),
    sampling=st.booleans(),
    prune=st.sampled_from([0.0, 0.1, 2.0]),
)
def test_batch_mates_change_nothing(seed: int, beam_size: int, vocab: int, **keys: Any) -> None:
    fake = random_fake(seed, vocab=vocab, steps=7, lengths=[2, 5, 3, 4])
    keys |= {"beam_size": beam_size, "n_best": min(2, beam_size), "max_length": 6}
    together = fake.search(**keys)
    alone = [fake.search([sentence], **keys)[0] for sentence in range(4)]
    assert_same(together, alone)
    assert_same(fake.search([3, 1, 0], **keys), [together[3], together[1], together[0]])


def test_a_vocabulary_smaller_than_the_beam_gives_all_there_is() -> None:
    fake = random_fake(3, vocab=5, steps=5)
    content = [(4,) * size for size in range(1, 5)]
    for found in fake.search(beam_size=10, n_best=10, max_length=4):
        assert sorted(tuple(hypothesis.tokens) for hypothesis in found) == content
    narrow = random_fake(3, vocab=6, steps=3)
    for found in narrow.search(beam_size=5, n_best=5, max_length=2):
        assert len({tuple(hypothesis.tokens) for hypothesis in found}) == 5


@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("eos_bias", [50.0, float("inf")])
def test_no_result_is_empty_even_if_the_model_loves_to_end(beam_size: int, eos_bias: float) -> None:
    fake = random_fake(1)
    fake.table[..., EOS] = 0.0
    fake.table[..., EOS + 1 :] -= min(eos_bias, 1e6)
    results = fake.search(beam_size=beam_size)
    assert all(len(hypothesis.tokens) == 1 for found in results for hypothesis in found)


@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("eos_log_prob", [-50.0, float("-inf")])
def test_no_result_is_endless_even_if_the_model_never_ends(beam_size: int, eos_log_prob: float) -> None:
    fake = random_fake(2, steps=31)
    fake.table[..., EOS] = eos_log_prob
    results = fake.search(beam_size=beam_size, n_best=beam_size, max_length_ratio=2.0)
    for length, found in zip(LENGTHS, results, strict=True):
        assert [len(hypothesis.tokens) for hypothesis in found] == [2 * length + 20] * beam_size
        assert all(math.isfinite(hypothesis.score) for hypothesis in found)


def test_a_least_length_above_the_derived_greatest_length_raises_it() -> None:
    results = random_fake(4).search(min_length=35)
    assert all(len(hypothesis.tokens) == 35 for found in results for hypothesis in found)


def test_without_a_least_length_a_result_may_be_empty() -> None:
    fake = biased_fake(1, 50.0)
    assert ids(fake.search(min_length=0)) == [[[]]] * 3
    assert fake.search(min_length=0)[1][0].attention.shape == (1, LENGTHS[1])


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("sampling", [False, True])
def test_no_ngram_is_repeated(size: int, sampling: bool) -> None:
    fake = biased_fake(6, -20.0, vocab=8)
    keys: dict[str, Any] = {"beam_size": 4, "n_best": 4, "sampling": sampling, "max_length": 30}
    for found in fake.search(no_repeat_ngram=size, min_length=20, **keys):
        for hypothesis in found:
            ngrams = list(zip(*(hypothesis.tokens[i:] for i in range(size)), strict=False))
            assert len(set(ngrams)) == len(ngrams)


def test_coverage_penalty_prefers_the_hypothesis_that_covers_the_source() -> None:
    fake = random_fake(0, vocab=6, steps=3, lengths=[2])
    one_sided, covering = 4, 5
    fake.table[:] = math.log(0.01)
    fake.table[0, 0, BOS, one_sided], fake.table[0, 0, BOS, covering] = math.log(0.5), math.log(0.4)
    fake.table[0, 1, :, EOS] = math.log(0.9)
    fake.attention[:] = torch.tensor([0.9, 0.1])
    fake.attention[0, 1, covering] = torch.tensor([0.1, 0.9])
    assert ids(fake.search(max_length=2)) == [[[one_sided]]]
    assert ids(fake.search(max_length=2, coverage_penalty=0.5)) == [[[covering]]]


def test_coverage_does_not_count_padding_and_survives_unseen_positions() -> None:
    fake = random_fake(5)
    fake.attention[:] = 0.0
    fake.attention[..., 0] = 1.0
    for sentence, found in enumerate(fake.search(coverage_penalty=0.2, max_length=6)):
        expected = fake.score(sentence, found[0].tokens, SearchConfig(coverage_penalty=0.2))
        assert math.isfinite(expected)
        assert found[0].score == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("beam_size", [2, 4, 5])
@pytest.mark.parametrize("prune", [0.3, 1.5, 4.0])
def test_what_has_fallen_behind_is_given_up_as_a_search_by_lists_does(seed: int, beam_size: int, prune: float) -> None:
    fake = biased_fake(seed, 1.0, lengths=[5, 3, 4, 6, 2, 5, 4, 3, 5])
    config = SearchConfig(beam_size=beam_size, prune=prune, max_length=12)
    expected = [pruned_beam(fake, sentence, config)[0] for sentence in range(9)]
    assert [found[0] for found in ids(fake.search(**config.model_dump()))] == expected


def test_what_is_given_up_costs_no_rows() -> None:
    fake = random_fake(1, vocab=30, steps=14, lengths=[4] * 20)
    fake.search(beam_size=5, max_length=13, coverage_penalty=0.2, no_repeat_ngram=3)
    unpruned, fake.rows_seen = sum(fake.rows_seen), []
    fake.search(beam_size=5, max_length=13, prune=0.5, coverage_penalty=0.2, no_repeat_ngram=3)
    assert sum(fake.rows_seen) < 0.75 * unpruned


@pytest.mark.parametrize("beam_size", [1, 3])
def test_finished_sentences_leave_the_batch(beam_size: int) -> None:
    fake = random_fake(7)
    for sentence, ends_after in enumerate([2, 5, 9]):
        fake.table[sentence, :, :, EOS] = -50.0
        fake.table[sentence, ends_after:, :, EOS] = -1e-4
        fake.table[sentence, ends_after:, :, EOS + 1 :] = -10.0
    results = fake.search(beam_size=beam_size)
    assert [len(found[0].tokens) for found in results] == [2, 5, 9]
    # All three for 3 steps (the first on one row each), then two, then one; and no step for nobody.
    expected = [3] + [3 * beam_size] * 2 + [2 * beam_size] * 3 + [beam_size] * 4
    assert fake.rows_seen == expected


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_all_that_is_within_a_margin_is_found_by_no_more_steps(seed: int, length_penalty: float) -> None:
    fake = biased_fake(seed, 3.0)
    keys: dict[str, Any] = {"beam_size": 6, "max_length": 12, "length_penalty": length_penalty}
    every = fake.search(n_best=6, **keys)
    steps, fake.rows_seen = sum(fake.rows_seen), []
    margins = [0.1, 0.4, 0.0]
    found = fake.search(margins=margins, **keys)
    assert sum(fake.rows_seen) < steps + (length_penalty > 0)
    for one, other, margin in zip(found, every, margins, strict=True):
        near = [[each for each in those if each.score >= those[0].score - margin] for those in (one, other)]
        assert_same([near[0]], [near[1]])


def test_source_positions_may_go_as_sentences_leave() -> None:
    fake = random_fake(8)
    fake.table[0, :, :, EOS] = -1e-4  # the longest source is done first
    fake.table[0, :, :, EOS + 1 :] -= 9.0

    def trimmed(tokens: Tensor, state: FakeState) -> Step[FakeState]:
        taken = fake(tokens, state)
        longest = max(LENGTHS[int(sentence)] for sentence in state.sentences)
        return Step(taken.log_probs, taken.weights[:, :longest], taken.state)

    owners, config = torch.arange(3), SearchConfig(coverage_penalty=0.2, max_length=9)
    results = search(trimmed, FakeState(owners, owners), Sentences(torch.tensor(LENGTHS)), config, SPECIAL)
    assert_same(results, fake.search(coverage_penalty=0.2, max_length=9))


@pytest.mark.parametrize("beam_size", [2, 5])
def test_of_equal_scores_the_lower_tokens_come_first(beam_size: int) -> None:
    fake = random_fake(0, vocab=1000, steps=2, lengths=[3])
    fake.table[:] = -7.0
    found = fake.search(beam_size=beam_size, n_best=beam_size, max_length=1)[0]
    assert [hypothesis.tokens for hypothesis in found] == [[4 + i] for i in range(beam_size)]


@pytest.mark.parametrize("vocab", [130, 1000, 1024])
@pytest.mark.parametrize("beam_size", [1, 2, 4])
def test_large_vocabularies_are_ranked_as_by_sorting_them(vocab: int, beam_size: int) -> None:
    fake = random_fake(vocab, vocab=vocab, steps=2)
    fake.table = (fake.table * 2).round() / 2  # many ties
    results = fake.search(beam_size=beam_size, n_best=beam_size, max_length=1, length_penalty=0.0)
    for sentence, found in enumerate(results):
        going = fake.table[sentence, 0, BOS].tolist()
        best = sorted(range(EOS + 1, vocab), key=lambda token: (-going[token], token))[:beam_size]
        expected = sorted(best, key=lambda token: -sum(fake.log_probs(sentence, [token])))
        assert [hypothesis.tokens for hypothesis in found] == [[token] for token in expected]


SAMPLED: dict[str, Any] = {"sampling": True, "n_best": 6, "max_length": 8}


def test_sampling_is_reproducible_by_its_seed() -> None:
    fake = random_fake(9)
    assert_same(fake.search(**SAMPLED, seed=3), fake.search(**SAMPLED, seed=3))
    assert ids(fake.search(**SAMPLED, seed=3)) != ids(fake.search(**SAMPLED, seed=4))


def test_samples_of_one_sentence_and_of_equal_sentences_differ() -> None:
    fake = random_fake(9)
    fake.table[1:] = fake.table[0]
    found = [{tuple(tokens) for tokens in samples} for samples in ids(fake.search(**SAMPLED))]
    assert all(len(samples) > 1 for samples in found)
    assert found[0] != found[1]


@pytest.mark.parametrize("narrow", [{"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-3}])
@pytest.mark.parametrize("vocab", [7, 300])
def test_sampling_the_likeliest_token_alone_is_greedy_search(narrow: dict[str, Any], vocab: int) -> None:
    fake = random_fake(10, vocab=vocab, steps=9)
    expected = [[tokens] * 6 for (tokens,) in ids(fake.search(beam_size=1, max_length=8))]
    assert ids(fake.search(**SAMPLED, **narrow)) == expected


@pytest.mark.parametrize(
    ("keys", "kept", "power"),
    [
        ({}, 3, 1.0),
        ({"temperature": 2.0}, 3, 0.5),
        ({"top_k": 2}, 2, 1.0),
        ({"top_p": 0.75}, 2, 1.0),
        ({"top_p": 0.8, "top_k": 3}, 2, 1.0),
        ({"top_p": 0.85}, 3, 1.0),
    ],
)
def test_samples_follow_the_distribution_asked_for(keys: dict[str, Any], kept: int, power: float) -> None:
    fake = random_fake(0, vocab=7, steps=2, lengths=[2])
    fake.table[..., :4] = -30.0
    probabilities = torch.tensor([0.2, 0.5, 0.3])
    fake.table[..., 4:] = probabilities.log()
    found = fake.search(sampling=True, n_best=4000, max_length=1, **keys)[0]
    share = torch.tensor([h.tokens[0] - 4 for h in found]).bincount(minlength=3) / len(found)
    expected = probabilities.pow(power)
    expected[probabilities.argsort(descending=True)[kept:]] = 0.0
    assert torch.allclose(share, expected / expected.sum(), atol=0.03)
    assert torch.equal(share > 0, expected > 0)


def test_sampled_log_probs_are_the_models_own() -> None:
    fake = random_fake(11)
    for sentence, found in enumerate(fake.search(**SAMPLED, temperature=3.0, top_k=2)):
        for hypothesis in found:
            own = fake.log_probs(sentence, hypothesis.tokens)
            assert hypothesis.token_log_probs == pytest.approx(own, rel=1e-6)


def test_settings_that_contradict_each_other_are_refused() -> None:
    fake = random_fake(0)
    with pytest.raises(InputError, match="3 translations of a line are more than a beam of 2 holds"):
        fake.search(beam_size=2, n_best=3)
    with pytest.raises(InputError, match="a minimum length of 9 tokens is above the maximum length of 5"):
        fake.search(min_length=9, max_length=5)


@pytest.mark.parametrize("sampling", [False, True])
def test_a_model_that_gives_no_numbers_is_a_failure_and_not_a_translation(sampling: bool) -> None:
    fake = random_fake(0)
    fake.table[1] = float("nan")
    with pytest.raises(FailureError, match="finite score"):
        fake.search(sampling=sampling, max_length=4)


def test_no_sentences_give_no_results() -> None:
    assert random_fake(0).search([]) == []
    assert random_fake(0).rows_seen == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("keys", [{}, {"beam_size": 1}, {"no_repeat_ngram": 2, "coverage_penalty": 0.2}, SAMPLED])
def test_a_gpu_finds_what_the_cpu_finds(keys: dict[str, Any]) -> None:
    fake = random_fake(12, vocab=600, steps=9)
    keys = {**keys, "max_length": 8}
    on_gpu = Fake(fake.table.cuda(), fake.attention.cuda(), fake.lengths)
    owners, lengths = torch.arange(3).cuda(), torch.tensor(LENGTHS).cuda()
    found = search(on_gpu, FakeState(owners, owners), Sentences(lengths), SearchConfig(**keys), SPECIAL)
    assert ids(found) == ids(fake.search(**keys))
    assert all(hypothesis.attention.device.type == "cpu" for each in found for hypothesis in each)
