"""Sources as people type them: other marks, spellings and keyboards, and a target that stays as it should be."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from builtin_text import as_typed
from builtin_text.as_typed import requote, respell

CODES = ("de", "en")


def test_quotes_change_their_kind_and_nothing_else() -> None:
    text = "„Ja“, sagte er, “it's done”."
    for seed in range(20):
        changed = requote(text, Random(seed))
        assert re.sub(r"\W", "", changed) == re.sub(r"\W", "", text)
        assert len(changed) == len(text)


@pytest.mark.parametrize("src, tgt", [CODES, CODES[::-1]])
def test_the_target_keeps_its_marks_and_case_unless_both_are_in_capitals(src: str, tgt: str) -> None:
    pair = {"de": "Der Hund schläft hier.", "en": "The dog sleeps here."}
    draws = Random(5)
    kinds: Counter[str] = Counter()
    for _ in range(3000):
        texts = as_typed.as_typed(pair, src, draws)
        texts["de"] = texts["de"].replace("ae", "ä").replace("AE", "Ä")
        if texts[tgt] != pair[tgt]:
            assert texts == {code: text.upper() for code, text in pair.items()}
            kinds["capitals"] += 1
        elif texts[src] != pair[src]:
            assert texts[src].lower() == pair[src].lower().rstrip(".")
            kinds["typed"] += 1
    assert 0 < kinds["capitals"] < kinds["typed"] < 600


def test_german_is_spelt_as_in_switzerland_or_without_umlauts() -> None:
    spelt = {respell("Über große Füße", "de", Random(seed)) for seed in range(30)}
    assert spelt == {"Ueber grosse Fuesse", "Über grosse Füsse"}


def test_english_is_spelt_as_in_britain_and_dates_as_people_write_them() -> None:
    text = "Mr. Lee's favorite color is gray. Ms. Day travels on May 3, June 12 and at May 10:30."
    spelt = {respell(text, "en", Random(seed)) for seed in range(200)}
    assert all(each.startswith("Mr Lee's favourite colour is grey. M") for each in spelt)
    words = Counter(re.sub(r"\W", " ", each.split(". ", 1)[1]).split()[0] for each in spelt)
    assert set(words) == {"Mrs", "Ms", "Miss"}
    assert {re.search(r"on (.*?),", each)[1] for each in spelt} == {"May 3rd", "3 May", "the 3rd of May"}  # type: ignore[index]
    assert any("June 12th" in each for each in spelt)
    assert all(each.endswith("at May 10:30.") for each in spelt)


def test_british_words_have_their_article_and_other_senses_stay() -> None:
    text = "An apartment has an elevator and a parking meter, his cell phone is in an old cell."
    expected = "A flat has a lift and a parking meter, his mobile phone is in an old cell."
    assert respell(text, "en", Random(1)) == expected


def test_a_word_alone_has_a_small_or_a_large_first_letter_and_a_sentence_does_not_change() -> None:
    kinds = Counter(as_typed.as_typed({"de": "Fluss", "en": "river"}, "de", Random(seed))["de"] for seed in range(500))
    assert kinds["Fluss"] > kinds["fluss"] > 50
    kept = Counter(
        as_typed.as_typed({"de": "er schläft", "en": "he sleeps."}, "en", Random(seed))["en"][0] for seed in range(500)
    )
    assert kept["H"] < 30
