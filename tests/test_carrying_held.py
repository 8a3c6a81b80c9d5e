"""What a model reads in the place of something else, and how that is put back."""

from __future__ import annotations

import pytest

from nmt.carrying.held import Held, Substitutes, write_span
from nmt.spans import Kind, Span


def test_each_kind_has_substitutes_that_the_text_does_not_hold() -> None:
    substitutes = Substitutes(lambda _: True, "de", "en")
    text = "Tom hat a@b.de, 5 €, 10.000, 14:30 und den 3. Mai; am Montag 47."
    contents = ["a@b.de", "5 €", "10.000", "14:30", "3. Mai"]
    kinds = [Kind.PLACE, Kind.AMOUNT, Kind.AMOUNT, Kind.TIME, Kind.DATE]
    spans = [
        Span(text.index(each), text.index(each) + len(each), kind) for each, kind in zip(contents, kinds, strict=True)
    ]
    held = substitutes.choose(text, spans)
    assert [each.read for each in held] == ["Anna", "83", "470", "2:30", "Mittwoch"]
    assert [each.written for each in held] == ["Anna", "83", "470", "2:30", "Wednesday"]
    assert [each.content for each in held] == ["a@b.de", "€5", "10,000", "2:30 pm", "May 3"]
    assert [each.is_date for each in held] == [False] * 4 + [True]


def test_what_the_vocabulary_cannot_write_is_no_substitute_and_there_may_be_none_left() -> None:
    spans = [Span(place, place + 1, Kind.NAME) for place in range(3)]
    few = Substitutes(lambda word: word in ("Anna", "Laura"), "de", "en")
    assert [each.read for each in few.choose("äöü", spans)] == ["Anna", "Laura"]
    assert Substitutes(lambda _: True, "de", "fr").choose("3. Mai", [Span(0, 6, Kind.DATE)]) == []


@pytest.mark.parametrize("translated", ["", "on Mondays", "Monday's", "Monday or Monday", "MONDAY"])
def test_what_is_not_there_once_is_lost(translated: str) -> None:
    assert Held("Montag", "Monday", "May 3", is_date=True).put_back(translated) is None


def test_dates_are_put_back_with_their_articles_and_in_capitals() -> None:
    held = Held("Monday", "Montag", "3. Mai", is_date=True)
    assert held.put_back("Seit Montag ist zu.") == "Seit dem 3. Mai ist zu."
    assert held.put_back("SEIT MONTAG IST ZU.", capitals=True) == "SEIT DEM 3. MAI IST ZU."
    address = Held("Tom", "Tom", "a@b.de")
    assert address.put_back("SEIT TOM", capitals=True) == "SEIT a@b.de"


def test_spans_are_written_as_the_target_language_does() -> None:
    text = "14:30 Uhr"
    assert write_span(text, Span(0, 9, Kind.TIME), "de", "en") == "2:30 pm"
    assert write_span(text, Span(0, 9, Kind.NAME), "de", "en") == text
