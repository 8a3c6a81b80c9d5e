"""Token ids of terms and openings: whatever path they allow spells what was asked for."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.config import TokenizerConfig
from nmt.constraints import Opening
from nmt.glossary import Demand, Glossary
from nmt.phrases import Phrases
from nmt.tokenizer import Tokenizer, TokenizerPair
from nmt.tokenizer_training import train_tokenizer

SENTENCES = ["the house of houses", "a mouse in the house (and a café)", "mice see the seas", "Zoë said: houses!"] * 3


@cache
def phrases(kind: str) -> tuple[Phrases, Tokenizer]:
    config = TokenizerConfig.model_validate({"kind": kind, "vocab_size": 300 if kind == "bpe" else 286})
    tokenizer = train_tokenizer(SENTENCES, config)
    return Phrases(TokenizerPair(tokenizer, tokenizer)), tokenizer


def walk(opening: Opening, draws: random.Random) -> list[int]:
    """Take one of the ways through an opening."""
    tokens: list[int] = []
    place = 0
    while place < len(opening):
        token = draws.choice(sorted(opening[place]))
        tokens.append(token)
        assert opening[place][token] > place
        place = opening[place][token]
    return tokens


@given(
    prefix=st.text(st.sampled_from("the housmic ZëéC(漢\u0301"), max_size=12),
    kind=st.sampled_from(["unigram", "bpe"]),
    seed=st.integers(0, 1000),
)
def test_every_way_through_an_opening_begins_with_the_prefix(prefix: str, kind: str, seed: int) -> None:
    made, tokenizer = phrases(kind)
    draws = random.Random(seed)
    normal = tokenizer.decode(tokenizer.encode(prefix))
    for _ in range(5):
        tokens = walk(made.opening(prefix), draws)
        assert tokenizer.decode(tokens).startswith(" ".join(normal.split()))
    if prefix.split() and not prefix[-1].isspace():
        # The tokenizer's own way is one of them.
        opening, place = made.opening(prefix), 0
        for token in tokenizer.encode(prefix):
            place = opening[place][token]
        assert place == len(opening)


def test_the_last_word_may_go_on_unless_a_space_follows() -> None:
    made, tokenizer = phrases("unigram")
    longer = tokenizer.encode("the houses")
    assert len(longer) > 2
    for prefix, allowed in [("the hou", True), ("the house", True), ("the house ", False), ("the s", False)]:
        opening, place = made.opening(prefix), 0
        for token in longer:
            if place < len(opening):
                place = opening[place].get(token, len(opening) + 1)
        assert (place == len(opening)) == allowed
    assert made.opening("") == made.opening("  ") == ()


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_every_phrase_of_a_term_spells_one_of_its_forms(kind: str) -> None:
    made, tokenizer = phrases(kind)
    (demand,) = Glossary.of({"haus": "house|seaside mouse"}).find("Das Haus")
    (term,) = made.constraint("Das Haus", [demand]).terms
    for phrase in (*term.wanted, *term.known):
        assert tokenizer.decode(phrase) in ("house", "seaside mouse")
    for phrase in term.first:
        assert tokenizer.decode(phrase) in ("House", "Seaside mouse", "house", "seaside mouse")
    assert tuple(tokenizer.encode("house")) in term.wanted
    behind = tokenizer.encode("(house")[len(tokenizer.encode("(")) :]
    assert tuple(behind) in (*term.wanted, *term.known)


@pytest.mark.parametrize(
    "text, spaced, behind",
    [
        ("Das Haus", True, False),
        ("l'Haus", True, False),
        ("Alt-Haus", True, True),
        ("Das (Haus)", False, True),
        ("„Haus“", False, True),
        ("Hof/Haus", False, True),
        ("Das 'Haus'", False, True),
    ],
)
def test_a_term_behind_a_mark_is_brought_in_behind_one(text: str, spaced: bool, behind: bool) -> None:
    made, tokenizer = phrases("unigram")
    (term,) = made.constraint(text, Glossary.of({"haus": "mouse"}).find(text)).terms
    usual, glued = tuple(tokenizer.encode("mouse")), tuple(tokenizer.encode("(mouse")[len(tokenizer.encode("(")) :])
    assert usual != glued
    assert [usual in term.wanted, glued in term.wanted] == [spaced, behind]
    assert {usual, glued} <= {*term.wanted, *term.known}


def test_a_term_knows_which_source_tokens_it_stands_for() -> None:
    made, tokenizer = phrases("unigram")
    text = "the house of the houses"
    found = Glossary.of({"houses": "x", "of": None}).find(text)
    for term, word in zip(made.constraint(text, found).terms, ("of", "houses"), strict=True):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids[term.source[0] : term.source[-1] + 1]) == word


def test_edges_say_which_pieces_make_one_word() -> None:
    made, tokenizer = phrases("unigram")
    edges = made.edges
    for token, piece in enumerate(tokenizer.pieces(range(len(tokenizer)))):
        if token > 3 and not tokenizer.is_byte(token):
            text = piece.replace("\u2581", " ")
            assert edges.begins[token] == text[0].isalnum()
            assert edges.ends[token] == text[-1].isalnum()
            assert edges.wordless[token] == (not any(map(str.isalnum, text)))
        elif tokenizer.is_byte(token):
            assert edges.begins[token] and edges.ends[token] and not edges.wordless[token]


def test_equal_demands_make_equal_terms() -> None:
    made, _ = phrases("unigram")
    one, other = made.constraint(
        "x y", [Demand("x", ("house",), span=(0, 1)), Demand("x", ("house",), span=(2, 3))]
    ).terms
    assert one == other and one.source != other.source
