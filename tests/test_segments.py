"""Tests of cutting long texts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nmt.segments import split_long
from nmt.tokenizer import Tokenizer

texts = st.text("ab.,;!?…\"')» \n\u2028\u00a0\u3000。！é漢🙂", max_size=80)


def words(text: str) -> int:
    return len(text.split())


@given(text=texts, limit=st.integers(1, 12))
@example(text="", limit=1)
@example(text=" \n ", limit=1)
@example(text="a" * 30, limit=7)
def test_the_parts_joined_are_the_text_and_each_is_within_the_limit(text: str, limit: int) -> None:
    for count in (len, words):
        parts = split_long(text, count, limit)
        assert "".join(parts) == text
        assert all(count(part) <= limit for part in parts)
        assert all(parts) or parts == [""]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), limit=st.integers(5, 12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_are_within_the_limit_in_the_tokens_of_a_tokenizer(tokenizer: Tokenizer, text: str, limit: int) -> None:
    parts = split_long(text, tokenizer.count, limit)
    assert "".join(parts) == text
    assert all(tokenizer.count(part) <= limit for part in parts)


@pytest.mark.parametrize("text", ["", "One two.", "One. Two. Three."])
def test_a_text_within_the_limit_is_one_part(text: str) -> None:
    assert split_long(text, words, 3) == [text]


@pytest.mark.parametrize(
    "text, limit, parts",
    [
        ("One two. Three four, five. Six.", 2, ["One two. ", "Three four, ", "five. ", "Six."]),
        ("One, two. Three four. Five.", 3, ["One, two. ", "Three four. Five."]),
        ("One two three. Four? Five six!", 4, ["One two three. Four? ", "Five six!"]),
        ("One “two.” Three (four.) Five", 2, ["One “two.” ", "Three (four.) ", "Five"]),
        ("One two, three four; five six", 4, ["One two, three four; ", "five six"]),
        ("One. Two three, four five six.", 4, ["One. ", "Two three, ", "four five six."]),
        ("one two three four five", 2, ["one two ", "three four ", "five"]),
        ("Zahl 3.5 und z.B. so weiter", 4, ["Zahl 3.5 und z.B. ", "so weiter"]),
    ],
)
def test_cuts_fall_after_sentences_then_clauses_then_words(text: str, limit: int, parts: list[str]) -> None:
    assert split_long(text, words, limit) == parts


def test_a_word_too_long_is_cut_anywhere() -> None:
    assert split_long("abcdefgh", len, 3) == ["abc", "def", "gh"]


def test_a_character_beyond_the_limit_is_a_part_of_its_own() -> None:
    assert split_long("abc", lambda text: 5 * len(text), 3) == ["a", "b", "c"]


def test_an_address_too_long_is_not_cut_unless_it_has_no_end() -> None:
    address = "https://a.de/" + "b" * 300
    assert split_long(f"Hier: {address}.", len, 100) == ["Hier: ", f"{address}."]
    assert all(len(part) <= 100 for part in split_long(address * 20, len, 100))


def test_each_part_is_as_long_as_fits() -> None:
    text = " ".join(f"{number}." for number in range(50))
    parts = split_long(text, words, 7)
    assert [words(part) for part in parts] == [7] * 7 + [1]
