"""Names and numbers exchanged for others: the same on both sides, and only what surely is one."""

from __future__ import annotations

import re
from random import Random

import pytest
from builtin_text import exchanges, names
from builtin_text.exchanges import rename, renumber, replace_proper

CODES = ("de", "en")


def digits(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def test_names_are_exchanged_for_the_same_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "FULL", 0)
    pair = {"de": "Tom und Maria mögen Toms Hund.", "en": "Tom and Mary like Tom's dog."}
    draws = Random(3)
    for _ in range(200):
        texts = rename(pair, draws)
        found = [re.match(r"(\w+) \w+ (\w+) \w+ (\w+?)'?s (?:Hund|dog)", texts[code]) for code in CODES]
        assert found[0] and found[1] and found[0].groups() == found[1].groups()
        assert found[0][1] == found[0][3]
    assert rename({"de": "Tom schläft.", "en": "He sleeps."}, draws) == {"de": "Tom schläft.", "en": "He sleeps."}
    words = {"de": "Tomaten, Atom", "en": "Tomatoes, Tom"}
    assert rename(words, draws) == words


def test_other_names_are_exchanged_where_they_are_surely_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "PROPER", 1)
    draws = Random(3)
    seen = set()
    for _ in range(100):
        texts = replace_proper({"de": "Er fuhr nach Boston.", "en": "He went to Boston."}, draws)
        seen.add(place := texts["en"].removeprefix("He went to ")[:-1])
        translated = [entry.split("/") for entry in names.TRANSLATED]
        assert texts["de"].removeprefix("Er fuhr nach ")[:-1] in {place, *(de for de, en in translated if en == place)}
    assert len(seen) > 50
    for de, en in (
        ("Wind kommt auf.", "Wind is rising."),
        ("Im April kam er.", "He came in April."),
        ("Er kennt Boston und Japan.", "He knows Boston and Japan."),
        ("Mein Hund", "My dog"),
        ("Johns Hund", "This is John's dog."),
    ):
        assert replace_proper({"de": de, "en": en}, draws) == {"de": de, "en": en}


def test_numbers_are_exchanged_for_the_same_on_both_sides_and_keep_their_length() -> None:
    pair = {"de": "Um 12 Uhr kamen 345 Leute, 3 gingen 1999.", "en": "At 12, 345 people came, in 1999 left 3."}
    draws = Random(4)
    seen = set()
    for _ in range(100):
        texts = renumber(pair, draws)
        assert digits(texts["de"]) == digits(texts["en"])
        assert sorted(map(len, digits(texts["de"]))) == [1, 2, 3, 4] and "3" in digits(texts["de"])
        seen.add(texts["de"])
    assert len(seen) > 90
    different = {"de": "Um 15 Uhr.", "en": "At 3 p.m."}
    assert renumber(different, draws) == different
