"""Quotation marks of a translation are pairs of one kind."""

from __future__ import annotations

import pytest

from nmt.carrying.quotes import with_own_quotes
from nmt.translation import Translation

GERMAN = [
    # As the source has it, as the model writes it, as it should be.
    ("“A”", 'Der Film "A“ ist gut.', "Der Film „A“ ist gut."),
    ('"A"', 'Der Film „A" ist gut.', "Der Film „A“ ist gut."),
    ("“A” “B”", 'Wähle "A" und „B“.', "Wähle „A“ und „B“."),
    ("“A”", 'Wähle "A".', "Wähle „A“."),
    ("“A”", "Wähle “A”.", "Wähle “A”."),
    ('"A"', 'Wähle "A".', 'Wähle "A".'),
    ("„A“", "Wähle »A«.", "Wähle »A«."),
    ("“A”", '("A")', "(„A“)"),
    # No pairs: an inch, code, a mark too many, marks the wrong way round.
    ("“A”", 'Ein 6" Rohr und "A".', 'Ein 6" Rohr und "A".'),
    ("“A”", '3" und 5“ groß', '3" und 5“ groß'),
    ("“A”", 'Rufe print("A“) auf', 'Rufe print("A“) auf'),
    ("“A”", 'A" und "B', 'A" und "B'),
    ("“A”", '"A"b', '"A"b'),
    ("“A”", "Nichts davon", "Nichts davon"),
]


@pytest.mark.parametrize(("source", "text", "expected"), GERMAN)
def test_german_gets_its_own_marks(source: str, text: str, expected: str) -> None:
    assert with_own_quotes(source, Translation(text), "de").text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('The film "A“ is good.', 'The film "A" is good.'),
        ('Click "Next" and “B”.', 'Click "Next" and "B".'),
        ("The film “A” is good.", "The film “A” is good."),
        ('The film "A" is good.', 'The film "A" is good.'),
    ],
)
def test_mixed_marks_become_straight_in_english(text: str, expected: str) -> None:
    assert with_own_quotes("„A“", Translation(text), "en").text == expected


def test_other_languages_keep_their_marks() -> None:
    assert with_own_quotes("“A”", Translation('« A" «'), "fr").text == '« A" «'


def test_alternatives_get_them_too() -> None:
    every = tuple(Translation(text) for text in ('"A“', '„A"', '„B"'))
    found = with_own_quotes('"A"', Translation(every[0].text, alternatives=every), "de")
    assert [each.text for each in found.alternatives] == ["„A“", "„B“"]


def test_a_line_of_many_marks_takes_no_time() -> None:
    text = 'a "b“ ' * 100_000
    assert with_own_quotes("“A”", Translation(text), "de").text == "a „b“ " * 100_000
