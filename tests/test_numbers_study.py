"""Numbers in translations: what counts as kept."""

from __future__ import annotations

import numbers_study
import pytest
from numbers_study import Value, amount, copied, date, figures, full_date, keeps, sentences, time, weekday

from nmt.errors import InputError
from tests import tiny


@pytest.mark.parametrize(
    "value, text, kept, lost",
    [
        (date(8, 5, "de"), "8. Mai", ["May 8", "the 8th of May"], ["May", "June 8", "May 18", "May 8:30"]),
        (date(8, 5, "en"), "May 8", ["am 8. Mai"], ["am 18. Mai", "im Mai"]),
        (date(8, 5, "de", short=True), "8.5.", ["on May 8"], ["on 8.5."]),
        (date(8, 12, "en", short=True), "Dec. 8", ["am 8. Dezember"], ["am Dez. 8", "December 8"]),
        (full_date(8, 5, 2024, "de"), "08.05.2024", ["May 8, 2024"], ["May 8", "May 8, 2023"]),
        (full_date(8, 5, 2024, "en"), "May 8, 2024", ["8. Mai 2024"], ["8. Juni 2024", "Mai 8, 2024"]),
        (weekday(6, "de"), "Sonntag", ["on Sunday"], ["on Monday"]),
        (weekday(0, "en"), "Monday", ["am Montagabend"], ["am Monday"]),
        (time(20, 30, "de"), "20:30 Uhr", ["8:30 pm", "8:30", "20:30"], ["8:30 am", "2:30 pm", "8:00 pm"]),
        (time(8, 0, "de"), "8:00 Uhr", ["8:00", "8 am", "8 o'clock"], ["8 pm", "8:00 p.m."]),
        (time(20, 30, "en"), "8:30 pm", ["20:30 Uhr", "20.30 Uhr"], ["8:30 Uhr", "20 Uhr"]),
        (time(12, 0, "en"), "12:00 pm", ["12 Uhr"], ["0:00 Uhr"]),
        (amount(124990, "de"), "1.249,90 €", ["€1,249.90."], ["1.249,90 €", "€1,249.9", "€1,249.905"]),
        (amount(124990, "en"), "€1,249.90", ["1.249,90 €"], ["€1,249.90"]),
        (figures(47), "47", ["47", "the 47."], ["470", "4.47", "47,5"]),
        (copied("X-12"), "X-12", ["(X-12)"], ["X12"]),
    ],
)
def test_a_number_is_kept_as_the_other_language_writes_it(
    value: Value, text: str, kept: list[str], lost: list[str]
) -> None:
    assert value.text == text
    assert [said for said in kept if not keeps(said, value.kept)] == []
    assert [said for said in lost if keeps(said, value.kept)] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_sentence_has_its_numbers_and_they_are_always_the_same(language: str) -> None:
    found = list(sentences(language, 3))
    assert found == list(sentences(language, 3)) and len(found) == 120
    assert all(kept and "{" not in text for _, text, kept in found)


def test_it_prints_how_many_keep_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [("ba", "ba", ()), ("ba de", "ba de", ("nothing that a model says",))]
    monkeypatch.setattr(numbers_study, "sentences", lambda *_: asked)
    numbers_study.main(numbers_study.parse_words(["-m", str(tiny.model_directory()), "--show", "--each", "1"]))
    shown, pattern, last = capsys.readouterr().out.strip().split("\n")
    assert shown.startswith("ba de\t") and pattern == "   1 of 1 lost a number: ba de"
    assert last == "1 of 2 keep all numbers (50.0%)"


def test_other_languages_are_refused() -> None:
    with pytest.raises(InputError, match="there are no sentences in 'fr'; take a model"):
        list(sentences("fr", 1))
