"""Texts are written in the letters and words of a vocabulary where it has them, and stay as they are where not."""

from __future__ import annotations

import pytest

from nmt.carrying.letters import Letters
from tests.test_carrying_carrier import WORDS, train


@pytest.fixture(scope="module")
def letters() -> Letters:
    """The letters of a vocabulary of German words, without the long dash."""
    return Letters(train(WORDS))


@pytest.mark.parametrize("character", ["ä", "—", "«", "Ｋ", "\u00a0", "\u200b"])
def test_a_character_with_a_plain_form_is_not_strange(character: str, letters: Letters) -> None:
    assert not letters.is_strange(character)


@pytest.mark.parametrize("character", ["Ł", "東", "🙂", "½", "²", "™", "€"])
def test_a_character_without_a_plain_form_is_strange(character: str, letters: Letters) -> None:
    assert not letters.knows(character) and letters.is_strange(character)


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Köln ist da", "Köln ist da"),
        ("«Das» ist ‚da‘", "\"Das\" ist 'da'"),
        ("Das—das", "Das - das"),
        ("Das\u202fist\u00ad \u22125…", "Das ist -5..."),
        ("東京", "東京"),
    ],
)
def test_a_text_is_simplified_as_far_as_there_are_plain_forms(text: str, plain: str, letters: Letters) -> None:
    assert letters.simplify(text) == plain


@pytest.mark.parametrize(
    "text, known",
    [
        ("fiancé und Café", "fiance und Cafe"),
        # Names, addresses and what has no plain letters.
        ("Zoé in Łódź", "Zoé in Łódź"),
        ("a@fiancé.de", "a@fiancé.de"),
        ("GROẞ", "GROß"),
    ],
)
def test_accents_go_where_the_vocabulary_lacks_them(text: str, known: str, letters: Letters) -> None:
    assert letters.in_known_letters(text) == known


def test_capitals_are_words_where_those_are_fewer_pieces(letters: Letters) -> None:
    assert letters.in_small_letters("WAS MACHST DU?") == "Was machst du?"
    for text in ("Was MACHST du?", "A", "12", ""):
        assert letters.in_small_letters(text) is None
    assert Letters(train([word.upper() for word in WORDS])).in_small_letters("WAS MACHST DU?") is None


def test_a_word_in_capitals_for_stress_is_read_as_the_word_it_is(letters: Letters) -> None:
    assert letters.unstressed("Das ist SEHR und GLÜCKLICH.") == "Das ist sehr und glücklich."
    for text in ("Das ist die NATO und HTML.", "Das ist GLÜCKLICH-b und GLÜCKLICH(1).", "SEHR GLÜCKLICH"):
        assert letters.unstressed(text) == text
