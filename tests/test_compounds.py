"""Sentences made of two: grammatical in both languages, and only of what surely is a statement."""

from __future__ import annotations

from random import Random

import pytest
from builtin_text.compounds import compounds, continues, is_statement, within

HE = {"de": "Er wohnt in Bonn.", "en": "He lives in Bonn."}
TOM = {"de": "Tom ist sehr müde.", "en": "Tom is very tired."}


@pytest.mark.parametrize(
    "de, en",
    [
        ("Wo wohnt er jetzt?", "Where does he live now?"),
        ("Er kam. Sie ging.", "He came. She went."),
        ("„Er kam nicht.“", '"He did not come."'),
        ("Er kam.", "He came."),
        ("Er ging heim", "He went home."),
        (f"Er {'sehr ' * 11}ging.", "He went there."),
    ],
)
def test_questions_quotes_and_texts_too_short_or_long_are_no_statement(de: str, en: str) -> None:
    assert not is_statement({"de": de, "en": en})
    assert is_statement(HE)


def test_a_statement_stands_within_a_sentence_where_its_first_word_is_known() -> None:
    assert continues(HE) and within(HE) == {"de": "er wohnt in Bonn.", "en": "he lives in Bonn."}
    mine = {"de": "Ich wohne in Bonn.", "en": "I live in Bonn."}
    assert continues(mine) and within(mine) == {"de": "ich wohne in Bonn.", "en": "I live in Bonn."}
    assert not continues(TOM)
    # Small letters would make them of you.
    assert not continues({"de": "Sie wohnen in Bonn.", "en": "You live in Bonn."})
    assert not continues({"de": "Das hat Ihnen gefallen, denke ich, und Ihr Haus.", "en": "You liked it."})


def test_two_statements_are_joined_in_both_languages_by_the_same_word() -> None:
    made = list(compounds([TOM, HE], 200, Random(1)))
    assert len(made) == 200
    assert {"de": "Tom ist sehr müde, aber er wohnt in Bonn.", "en": "Tom is very tired, but he lives in Bonn."} in made
    assert {"de": "Ich glaube, er wohnt in Bonn.", "en": "I think he lives in Bonn."} in made
    assert all(pair["de"].endswith(" er wohnt in Bonn.") and pair["en"].endswith(" he lives in Bonn.") for pair in made)
    assert list(compounds([TOM], 5, Random(1))) == []
