"""What people type, through the built-in models where they are there; and that the checks notice what is wrong."""

from __future__ import annotations

import everyday
import pytest
from everyday import faults, texts

from nmt.errors import InputError
from nmt.pretrained.models import LanguagePair, builtin_models
from nmt.translator import Translator
from tests import tiny

# Of the texts that are said, those in which a number, a question or a word may go wrong: a model is no rule.
_MOST_FAULTS = 0.1
# What holds whatever the model says.
_STRICT = ("empty", "goes round in circles", "not in capitals", "another beginning")


@pytest.fixture(scope="module", params=[*builtin_models(), None][: len(builtin_models()) or 1], ids=str)
def translated(request: pytest.FixtureRequest) -> dict[str, list[tuple[str, str]]]:
    """Pairs of each kind of text and its translation by a built-in model."""
    pair: LanguagePair | None = request.param
    if pair is None:
        pytest.skip("this installation has no built-in models")
    translator = Translator.load(builtin_models()[pair], threads=1)
    lines = texts(pair.src)
    return {
        kind: [(line, found.text) for line, found in zip(lines[kind], translator.translate(lines[kind]), strict=True)]
        for kind in lines
    }


def test_what_is_no_language_comes_out_as_it_is(translated: dict[str, list[tuple[str, str]]]) -> None:
    assert [pair for pair in translated["kept"] if pair[0] != pair[1]] == []


def test_what_is_said_comes_out_whole(translated: dict[str, list[tuple[str, str]]]) -> None:
    wrong = [
        (source, translation, fault)
        for source, translation in translated["said"]
        for fault in faults(source, translation)
        if fault in _STRICT or "@" in fault or "www" in fault or not fault.isascii()
    ]
    assert wrong == []


def test_numbers_questions_and_words_go_wrong_in_few(translated: dict[str, list[tuple[str, str]]]) -> None:
    wrong = [(source, found, list(faults(source, found))) for source, found in translated["said"]]
    wrong = [each for each in wrong if each[2]]
    assert len(wrong) <= _MOST_FAULTS * len(translated["said"]), wrong


@pytest.mark.parametrize("language", ["de", "en"])
def test_there_are_texts_of_every_kind_and_none_twice(language: str) -> None:
    found = texts(language)
    every = found["kept"] + found["said"]
    assert len(every) == len(set(every)) >= 120
    assert all(isinstance(each, str) and each.strip() for each in every)


@pytest.mark.parametrize(
    "source, translation, fault",
    [
        ("Ja.", " ", "empty"),
        ("Ja.", "yes yes yes yes yes", "goes round in circles"),
        ("Ja.", "it is so, it is so, it is so, it is so", "goes round in circles"),
        ("Um 14:30 Uhr.", "At 2:30.", "without 14"),
        ("Siehe https://a.de/b.", "See https://a.de.", "without https://a.de/b"),
        ("Gut 👍", "Good", "without 👍"),
        ("Ja?", "Yes.", "no question"),
        ("DAS IST GUT", "That is good", "not in capitals"),
        ("Das ist gut.", "das ist gut", "not translated"),
        ("- Brot", "Bread", "another beginning"),
        (" Brot", "Bread", "another beginning"),
    ],
)
def test_what_is_wrong_is_noticed(source: str, translation: str, fault: str) -> None:
    assert fault in list(faults(source, translation))


@pytest.mark.parametrize(
    "source, translation",
    [("Um 3 Uhr?", "At three o'clock?"), ("Anna", "Anna"), ("  - Brot 👍", "  - bread 👍"), ("nein nein", "no, no")],
)
def test_what_is_right_passes(source: str, translation: str) -> None:
    assert list(faults(source, translation)) == []


def test_other_languages_are_refused() -> None:
    with pytest.raises(InputError, match="there are no texts in 'fr'; take a model from one of: de, en"):
        texts("fr")
    for words in (["--to", "fr"], ["--from", "en"]):
        with pytest.raises(InputError, match="this model"):
            everyday.main(everyday.parse_words(["-m", str(tiny.model_directory()), *words]))
