"""Which numbers of a text its translation lost."""

from __future__ import annotations

import pytest

from nmt.carrying.figures import find_figures, lost_figures


@pytest.mark.parametrize(
    "text, translation, lost",
    [
        ("Am 8. Mai 2024 kamen 62,5 Leute.", "People came in May.", ["2024", "62,5", "8. Mai"]),
        ("Am 8. Mai 2024 kamen 62,5 Leute.", "On May 8th, 2024, 62.5 people came.", []),
        ("Es sind 12 Eier und 14 Tage.", "There are a dozen eggs and two weeks.", []),
        ("Er ist 47 und 15.", "He is forty-seven and fifteen.", []),
        ("Es waren 100 oder 1000.", "A hundred or a thousand.", []),
        ("12 und 12", "12 and", ["12"]),
        ("Am 12. März um 14:30", "At 12:30 at 14:30", ["12. März"]),
        ("Vom 12. März bis 3. Mai", "From May 12 to May 3rd", ["12. März"]),
        ("Am Montag oder Dienstag", "On Monday morning", ["Dienstag"]),
        ("Um 20:10 Uhr und 15 Uhr", "At 10:10 am", ["20:10"]),
        ("Um 20:10 Uhr und 15 Uhr", "At 8:10 pm and 3 o'clock", []),
        ("Um 20:10, um 20:30, um 8:45", "At 8:10 pm, at 20:30", ["8:45"]),
        # One figure may be a word, and others belong to something longer.
        ("3 Hunde, 1.000 Mark, 3:1, 10:15:30, 20-25 °C, die 90er, 0221 4711", "", []),
    ],
)
def test_numbers_that_a_translation_lost(text: str, translation: str, lost: list[str]) -> None:
    assert sorted(each.found for each in lost_figures(text, translation, "de", "en")) == sorted(lost)


@pytest.mark.parametrize(
    "text, translation, lost",
    [
        ("On May 8, 2024 at 20:10, 62.5 people came.", "Im Mai", ["2024", "20:10", "62.5", "May 8"]),
        ("On May 8, 2024 at 20:10, 62.5 people came.", "Am 8. Mai 2024 um 20:10 Uhr kamen 62,5 Leute.", []),
        ("He is 47, and I am 12.", "Er ist siebenundvierzig, ich bin zwölf.", []),
        ("At 11 pm, 11 a.m. and 3pm", "", []),
        ("On Monday evening and on May 8", "Montagabend und am 8.5.", ["May 8"]),
    ],
)
def test_numbers_that_a_translation_into_german_lost(text: str, translation: str, lost: list[str]) -> None:
    assert sorted(each.found for each in lost_figures(text, translation, "en", "de")) == sorted(lost)


def test_each_number_may_be_written_as_the_other_language_does() -> None:
    forms = [each.forms for each in lost_figures("62,5 Leute, 22 und 12, 13.30 Uhr", "", "de", "en")]
    assert sorted(forms) == [("12", "12th"), ("1:30 pm",), ("22", "22nd"), ("62.5",)]


def test_what_must_be_held_is_in_the_order_of_the_text() -> None:
    text = "Am Montag, dem 8. Mai 2024 um 14:30, 62,5 Leute"
    assert [each.found for each in find_figures(text, "de", "en")] == ["Montag", "8. Mai", "2024", "14:30", "62,5"]


def test_between_other_languages_nothing_is_lost() -> None:
    assert lost_figures("On May 8, 2024", "", "en", "fr") == []
