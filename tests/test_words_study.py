"""Words alone: which translations count as right, and that no book of the built-in models has the words."""

from __future__ import annotations

import pytest
import words_study
from builtin_text import phrasebook
from words_study import is_right, words

from nmt.errors import InputError
from tests import tiny

DIRECTIONS = [("de", "en"), ("en", "de")]


@pytest.mark.parametrize("said", ["river", "River", "the river", "A river.", "stream"])
def test_case_articles_and_marks_do_not_count(said: str) -> None:
    assert is_right(said, ["river", "stream"])


@pytest.mark.parametrize("said", ["", "rivers", "the", "a river bank"])
def test_other_words_are_wrong(said: str) -> None:
    assert not is_right(said, ["river", "stream"])


@pytest.mark.parametrize("src, tgt", DIRECTIONS)
def test_the_words_are_in_no_book(src: str, tgt: str) -> None:
    asked = words(src, tgt)
    assert len(asked) > 70
    assert not asked.keys() & {pair[src] for pair in phrasebook.phrases()}
    assert all(each and each == each.strip() for meant in asked.values() for each in meant)


def test_it_prints_how_many_are_right(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(words_study, "words", lambda src, tgt: {"ba": ["BA"], "ma": ["nothing that a model says"]})
    words_study.main(words_study.parse_words(["-m", str(tiny.model_directory()), "--show"]))
    *wrong, last = capsys.readouterr().out.strip().split("\n")
    assert last == f"{2 - len(wrong)} of 2 right ({(2 - len(wrong)) / 2:.0%})"
    assert any(line.startswith("ma\t") for line in wrong)


def test_other_languages_are_refused() -> None:
    with pytest.raises(InputError, match="there are no words from de to fr; take a model"):
        words("de", "fr")
