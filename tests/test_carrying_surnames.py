"""Which names behind a title a model does not read."""

from __future__ import annotations

import pytest

from nmt.carrying.surnames import find_surnames
from tests.test_carrying_carrier import WORDS, train

TOKENIZER = train([*WORDS, "Herr", "Müller", "Smith", "Jackson"], size=385)


def found(text: str, language: str) -> list[str]:
    spans = find_surnames(text, language, TOKENIZER)
    assert all(each.kept for each in spans)
    return [text[each.start : each.end] for each in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Herr Kowalczyk ruft an.", ["Kowalczyk"]),
        ("Sehr geehrte Frau Schwarz-Möller,", ["Schwarz-Möller"]),
        ("Kennst du Herrn Brinkmann und Frau O'Connor?", ["Brinkmann", "O'Connor"]),
        ("Ein Termin bei Dr. Öztürk", ["Öztürk"]),
        ("Meine Frau Zwillinge", []),
        ("Herrn Brinkmanns Auto steht hier.", []),
        ("Herr Doktor Wagen", []),
        ("Seine Frau Zwillinge bekommt", []),
        ("Herr Müller ist da.", []),
        ("Ein Herr kommt. Brinkmann auch", []),
        ("Herr U. Brinkmann", []),
    ],
)
def test_german_names_behind_a_title(text: str, names: list[str]) -> None:
    assert found(text, "de") == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear Mrs. Collins,", ["Collins"]),
        ("Mr John Pemberton called Dr. O'Brien.", ["John Pemberton", "O'Brien"]),
        ("Ms. Anderson-Lee is here", ["Anderson-Lee"]),
        ("Mr. Collins's house, Mr. Collins' house", []),
        ("Mr. President, Mr. Smith and Mrs.", []),
        ("Mr. and Mrs. Fitzgerald", ["Fitzgerald"]),
        ("A Mr Right", ["Right"]),
    ],
)
def test_english_names_behind_a_title(text: str, names: list[str]) -> None:
    assert found(text, "en") == names


def test_other_languages_are_left_alone() -> None:
    assert found("M. Dupont et Mr. Collins", "fr") == []
