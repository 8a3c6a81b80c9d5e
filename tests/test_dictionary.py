"""A dictionary found in sentence pairs: which words stand for each other, in which case, and what is left out."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from random import Random

import builtin_corpus
import pytest
from builtin_text.dictionary import SEEN, dictionary

THINGS = [("Fluss", "river"), ("Wald", "forest"), ("Rhein", "Rhine")]
DOINGS = [("sieht", "sees"), ("liebt", "loves"), ("malt", "paints"), ("sucht", "seeks"), ("findet", "finds")]
PAIRS = [
    {
        "de": f"{thing.capitalize()} ist schön. Anna {does} den {thing}.",
        "en": f"Anna {do} the {other}. It is beautiful.",
    }
    for (thing, other), (does, do) in product(THINGS, DOINGS)
]


def test_words_are_paired_and_have_the_case_that_they_have_within_sentences() -> None:
    found = {pair["de"]: pair["en"] for pair in dictionary(PAIRS)}
    assert {de: found.get(de) for de, _ in THINGS} == dict(THINGS)
    assert dictionary(PAIRS) == dictionary(iter(PAIRS))
    assert [pair["de"].lower() for pair in dictionary(PAIRS)] == sorted(
        pair["de"].lower() for pair in dictionary(PAIRS)
    )


def test_words_that_are_seldom_or_only_begin_sentences_are_left_out() -> None:
    assert len(DOINGS) == SEEN
    seldom = {pair["de"] for pair in dictionary(PAIRS[:-1])}
    assert "Rhein" not in seldom and "Fluss" in seldom
    first = [{"de": f"Hallo, {name}.", "en": f"Hello, {name}."} for name in ("Anna", "Max", "Uli", "Ina", "Ben", "Tim")]
    assert dictionary(first) == []
    assert dictionary([]) == []


def test_a_part_of_a_fixed_phrase_is_no_translation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtin_text.dictionary.EVERYWHERE", 0.9)
    fixed = [{"de": f"Der Baumarkt {does}.", "en": f"The hardware store {do}."} for does, do in DOINGS + DOINGS]
    other = [{"de": f"Der Laden {does}.", "en": f"The shop {do}."} for does, do in DOINGS + DOINGS]
    found = {pair["de"]: pair["en"] for pair in dictionary(fixed + other)}
    assert "Baumarkt" not in found


def test_the_corpus_has_the_words_that_the_phrase_book_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("de", "en"):
        text = "".join(pair[code] + "\n" for pair in PAIRS)
        (tmp_path / f"train.{code}").write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.setattr("builtin_text.phrasebook.phrases", lambda: iter([{"de": "fluss", "en": "river"}]))
    monkeypatch.setattr("builtin_text.phrasebook.sentences", lambda: iter([]))
    for name in ("SHORT", "PHRASES", "SENTENCES", "PATTERNS", "COMPOUNDS"):
        monkeypatch.setattr(builtin_corpus, name, 0)
    monkeypatch.setattr(builtin_corpus, "WORDS", 2)
    alone = Counter(
        pair["de"] for pair in builtin_corpus.everyday(tmp_path, "de", Random(1), None) if " " not in pair["de"]
    )
    assert alone["Rhein"] == alone["Wald"] == 2 and not alone["Fluss"]
