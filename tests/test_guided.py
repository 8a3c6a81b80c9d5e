"""Searches that must hold terms or open in a certain way, against exhaustive ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.config import SearchConfig
from nmt.constraints import Constraint, Edges, Opening, Term, Tracker
from nmt.errors import InputError
from nmt.guided import places_in_banks
from nmt.search import Demands, Hypothesis, Sentences, search
from tests.test_search import (
    SPECIAL,
    Fake,
    FakeState,
    assert_same,
    biased_fake,
    every_translation,
    ids,
    random_fake,
)

CONTENT = [4, 5, 6]
Tokens = Sequence[int]


def edges(vocab: int, begins: Sequence[int]) -> Edges:
    """Every token ends with a letter; those of `begins` go on with a word."""
    return Edges([token in begins for token in range(vocab)], [True] * vocab, [False] * vocab)


def guided(
    fake: Fake,
    constraints: Sequence[Constraint],
    begins: Sequence[int] = (),
    sentences: Sequence[int] = (0, 1, 2),
    **keys: Any,
) -> list[list[Hypothesis]]:
    chosen = [constraints[sentence] for sentence in sentences]
    lengths = torch.tensor([fake.lengths[sentence] for sentence in sentences])
    owners = torch.tensor(sentences)
    config = SearchConfig(**{"prune": 0.0, **keys})
    return search(
        fake,
        FakeState(owners, owners),
        Sentences(lengths, sentences, Demands(chosen, edges(fake.table.size(3), begins))),
        config,
        SPECIAL,
    )


def holds(tokens: Tokens, terms: Sequence[Term], begins: Sequence[int]) -> bool:
    """Say whether each term can have tokens of its own, as whole words."""
    if not terms:
        return True
    for phrase in terms[0].wanted:
        size = len(phrase)
        for start in range(len(tokens) - size + 1):
            after = tokens[start + size : start + size + 1]
            if tuple(tokens[start : start + size]) != phrase or (after and after[0] in begins):
                continue
            if phrase[0] in begins and start:
                continue
            # What is taken makes way for a token that belongs to no phrase.
            rest = [*tokens[:start], *[-1] * size, *tokens[start + size :]]
            if holds(rest, terms[1:], begins):
                return True
    return False


def demanded(fake: Fake, sentence: int, terms: Sequence[Term]) -> Any:
    """Return the score by which translations of a sentence are ranked: beyond some length they gain nothing."""
    longest = fake.lengths[sentence] + sum(term.size for term in terms)

    def score(tokens: Tokens) -> float:
        values = fake.log_probs(sentence, tokens)
        return sum(values) / (min(len(values), longest) if terms else len(values))

    return score


def terms_of(draws: random.Random) -> tuple[Term, ...]:
    """Return up to two terms whose phrases share no token."""
    content = draws.sample(CONTENT, 3)
    one = [tuple(draws.choices(content[:1], k=size)) for size in draws.sample([1, 2], draws.choice([1, 2]))]
    other = [tuple(draws.choices(content[1:2], k=draws.choice([1, 2])))]
    return tuple(map(Term, [tuple(one), tuple(other)][: draws.randrange(3)]))


@pytest.mark.parametrize("seed", range(12))
def test_a_wide_beam_finds_the_best_translation_that_holds_the_terms(seed: int) -> None:
    draws = random.Random(seed)
    begins = draws.sample(CONTENT, draws.randrange(2))
    fake = biased_fake(seed, draws.choice([-2.0, 0.0, 2.0]), vocab=7, steps=6)
    constraints = [Constraint(terms_of(draws)) for _ in range(3)]
    found = guided(fake, constraints, begins, beam_size=1500, max_length=5)
    for sentence, constraint in enumerate(constraints):
        able = [each for each in every_translation(7, 1, 5) if holds(each, constraint.terms, begins)]
        if able:
            score = demanded(fake, sentence, constraint.terms)
            best = max(able, key=score)
            assert found[sentence][0].tokens == list(best)
            assert found[sentence][0].score == pytest.approx(score(best), rel=1e-5)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.integers(1, 5),
    phrases=st.lists(st.lists(st.lists(st.integers(4, 7), min_size=1, max_size=3), min_size=1, max_size=2), max_size=3),
    begins=st.sampled_from([(), (5,), (6, 8)]),
    prune=st.sampled_from([0.0, 0.3, 1.5]),
    eos_bias=st.sampled_from([-20.0, 0.0, 20.0]),
    length_penalty=st.sampled_from([0.0, 1.0, -0.5]),
    coverage_penalty=st.sampled_from([0.0, 0.3]),
)
def test_every_result_holds_every_term(
    seed: int, beam_size: int, phrases: list[list[list[int]]], begins: tuple[int, ...], eos_bias: float, **keys: Any
) -> None:
    # A phrase that goes on with a word could stand only at the beginning.
    terms = tuple(
        Term(tuple(tuple(each) for each in either)) for either in phrases if all(e[0] not in begins for e in either)
    )
    fake = biased_fake(seed, eos_bias, vocab=12, steps=45)
    constraints = [Constraint(terms), Constraint(terms[:1]), Constraint()]
    found = guided(fake, constraints, begins, beam_size=beam_size, n_best=min(2, beam_size), **keys)
    for constraint, hypotheses, sentence in zip(constraints, found, range(3), strict=True):
        assert hypotheses
        assert [each.score for each in hypotheses] == sorted((each.score for each in hypotheses), reverse=True)
        for each in hypotheses:
            assert holds(each.tokens, constraint.terms, begins)
            assert each.token_log_probs == pytest.approx(fake.log_probs(sentence, each.tokens), rel=1e-6)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.integers(1, 5),
    prune=st.sampled_from([0.0, 0.3, 1.5]),
    coverage_penalty=st.sampled_from([0.0, 0.3]),
    no_repeat_ngram=st.sampled_from([0, 2]),
)
def test_batch_mates_change_nothing_and_what_is_free_is_as_without(seed: int, beam_size: int, **keys: Any) -> None:
    fake = random_fake(seed, vocab=12, steps=9)
    keys |= {"beam_size": beam_size, "n_best": min(2, beam_size), "max_length": 8}
    constraints = [Constraint((Term(((4, 5),)), Term(((6,),)))), Constraint(), Constraint((Term(((7,), (8, 9))),))]
    together = guided(fake, constraints, **keys)
    for sentence in range(3):
        assert_same([together[sentence]], guided(fake, constraints, (), [sentence], **keys))
    assert_same(guided(fake, constraints, (), [2, 0], **keys), [together[2], together[0]])
    assert_same([together[1]], fake.search([1], **keys))
    assert_same(guided(fake, [Constraint()] * 3, **keys), fake.search(**keys))


def test_a_term_asked_for_twice_is_there_twice() -> None:
    twice = Constraint((Term(((4,),)), Term(((5,),)), Term(((4,),))))
    for found in guided(random_fake(2, vocab=9), [twice] * 3, beam_size=2):
        assert found[0].tokens.count(4) >= 2 and 5 in found[0].tokens


def test_known_phrases_count_and_are_not_brought_in() -> None:
    fake = random_fake(1, vocab=9, steps=31)
    fake.table[:] = -30.0
    fake.table[:, 0, 2, 7] = fake.table[:, 1, 7, 8] = fake.table[:, 2, 8, 3] = -0.1
    fake.table[:, 2, 8, 5] = -0.5
    known = Constraint((Term(((4,),), known=((7, 8),)),))
    assert ids(guided(fake, [known] * 3, beam_size=2)) == [[[7, 8]]] * 3


@pytest.mark.parametrize("token, left", [(4, (1, 0)), (5, (0, 1))])
def test_a_phrase_meets_the_term_that_it_is_wanted_for(token: int, left: tuple[int, ...]) -> None:
    both = Constraint((Term(((5,),), known=((4,),)), Term(((4,),), known=((5,),))))
    tracker = Tracker(both, edges(7, []), 9)
    assert tracker.after(tracker.start, token).left == left


def test_first_phrases_count_only_before_any_other_word() -> None:
    fake = random_fake(3, vocab=9, steps=31)
    first = Constraint((Term(((4,),), first=((7,),)),))
    for found in guided(fake, [first] * 3, beam_size=4):
        assert 4 in found[0].tokens or found[0].tokens[0] == 7


def test_a_term_begins_where_its_source_is_attended_to() -> None:
    fake = random_fake(0, vocab=9, steps=31)
    fake.table[:] = -8.0
    for step, token in enumerate([5, 6, 7]):
        fake.table[:, step, :, token] = -0.5
    fake.table[:, 3, :, 3] = -0.1
    # The first and third tokens look at source token 0, the second at source token 2.
    fake.attention[:] = torch.tensor([0.9, 0.0, 0.1, 0.0, 0.0])
    fake.attention[:, 1] = torch.tensor([0.1, 0.0, 0.9, 0.0, 0.0])
    asked = Constraint((Term(((8,),), source=(2,)),))
    assert ids(guided(fake, [asked] * 3, max_length=3)) == [[[5, 8, 7]]] * 3


def test_a_repeated_term_may_break_the_rule_against_repetition() -> None:
    twice = Constraint((Term(((4, 5),)), Term(((4, 5),))))
    for found in guided(random_fake(4, vocab=9), [twice] * 3, beam_size=3, no_repeat_ngram=1):
        assert holds(found[0].tokens, twice.terms, ())


def test_what_cannot_be_held_leaves_the_best_translation_there_is() -> None:
    long = Constraint((Term(((4,) * 9,)),))
    fake = random_fake(5, vocab=9)
    assert_same(guided(fake, [long] * 3, max_length=6), fake.search(max_length=6))
    # Six tokens leave no room for a word's end: a term that a word always goes on behind.
    fake.table[:, :, 4, :5] = fake.table[:, :, 4, 6:] = float("-inf")
    fake.table[:, :, 4, 5] = 0.0
    for found in guided(fake, [Constraint((Term(((4,),)),))] * 3, (5,), max_length=6):
        assert found[0].tokens


OPENING: Opening = ({4: 1, 5: 2}, {6: 2}, {7: 3, 8: 3})


def opens(tokens: Tokens, opening: Opening) -> bool:
    place = 0
    for token in tokens:
        if place == len(opening):
            break
        if token not in opening[place]:
            return False
        place = opening[place][token]
    return place == len(opening)


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_the_best_translation_that_opens_as_asked(seed: int) -> None:
    fake = random_fake(seed, vocab=9, steps=5)
    found = guided(fake, [Constraint((), OPENING)] * 3, beam_size=4000, max_length=4)
    for sentence in range(3):
        able = [each for each in every_translation(9, 1, 4) if opens(each, OPENING)]
        assert found[sentence][0].tokens == list(max(able, key=demanded(fake, sentence, ())))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    beam_size=st.integers(1, 4),
    sampling=st.booleans(),
    no_repeat_ngram=st.sampled_from([0, 1]),
    eos_bias=st.sampled_from([0.0, 20.0]),
)
def test_every_result_opens_as_asked(seed: int, beam_size: int, eos_bias: float, **keys: Any) -> None:
    fake = biased_fake(seed, eos_bias, vocab=12, steps=40)
    repeated: Opening = ({4: 1}, {4: 2})
    constraints = [Constraint((), OPENING), Constraint((), repeated), Constraint()]
    found = guided(fake, constraints, beam_size=beam_size, n_best=beam_size, **keys)
    for constraint, hypotheses in zip(constraints, found, strict=True):
        assert len(hypotheses) == beam_size or not keys["sampling"]
        assert all(opens(each.tokens, constraint.opening) for each in hypotheses)
    if not keys["sampling"]:
        asked = [Constraint((Term(((9,),)), Term(((7,),))), each.opening) for each in constraints]
        for constraint, hypotheses in zip(asked, guided(fake, asked, beam_size=beam_size), strict=True):
            assert opens(hypotheses[0].tokens, constraint.opening)
            assert {7, 9} <= set(hypotheses[0].tokens)


def test_samples_cannot_be_made_to_hold_a_term() -> None:
    with pytest.raises(InputError, match="leave out the sampling or the glossary"):
        guided(random_fake(0), [Constraint((Term(((4,),)),))] * 3, sampling=True)


def test_places_in_banks_count_within_each() -> None:
    assert places_in_banks(torch.tensor([[2, 0, 2, 2, 0, 1]])).tolist() == [[0, 0, 1, 2, 1, 0]]
