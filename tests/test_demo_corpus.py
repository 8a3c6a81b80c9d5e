"""The demo corpus: what its sampler promises, and its grammar phrase by phrase."""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import demo_corpus as grammar
import pytest

PAIRS = grammar.generate(3000, seed=7)
NOUNS = {noun.de: noun for noun in grammar.NOUN_LIST}
ADJECTIVES = {adjective.de: adjective for adjective in grammar.ADJECTIVE_LIST}
VERBS = {verb.infinitive: verb for verb in grammar.VERB_LIST}


def test_the_seed_decides_the_corpus() -> None:
    assert grammar.generate(200, seed=3) == grammar.generate(200, seed=3)
    assert grammar.generate(200, seed=3) != grammar.generate(200, seed=4)


def test_no_sentence_of_either_side_comes_twice() -> None:
    assert len({german for german, _ in PAIRS}) == len({english for _, english in PAIRS}) == len(PAIRS)


def test_every_source_has_one_translation() -> None:
    sampler = grammar.Sampler(random.Random(11))
    translations: dict[str, str] = {}
    for german, english in (sampler.sentence() for _ in range(15_000)):
        assert translations.setdefault(german, english) == english


def test_the_space_is_much_larger_than_the_corpus() -> None:
    sampler = grammar.Sampler(random.Random(12))
    assert len({sampler.sentence() for _ in range(5000)}) > 4700


def test_the_command_writes_disjoint_sets_of_the_sizes_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["demo_corpus.py", "--output", str(tmp_path), "--pairs", "700", "--held-out", "90"]
    )
    grammar.main_command(grammar.parse_words())
    for language in ("de", "en"):
        lines = {
            name: (tmp_path / f"{name}.{language}").read_text(encoding="utf-8").removesuffix("\n").split("\n")
            for name in ("train", "dev", "test")
        }
        assert [len(lines[name]) for name in ("train", "dev", "test")] == [700, 500, 90]
        assert len(set().union(*lines.values())) == 700 + 500 + 90


@pytest.mark.parametrize("side", [0, 1])
def test_sentences_are_clean_lines_of_four_to_fourteen_words(side: int) -> None:
    for pair in PAIRS:
        sentence = pair[side]
        assert re.fullmatch(r"[A-Za-zÄÖÜäöüß0-9 ,.:?!'„“”]+", sentence), sentence
        assert "  " not in sentence and sentence == sentence.strip()
        assert 4 <= len(sentence.split()) <= 14
        assert not sentence[0].islower() and sentence[-1] in ".?!“”"


def test_german_verbs_end_subordinate_clauses() -> None:
    finite = {"hat", "habe", "hast", "haben", "ist", "bin", "bist", "sind", "muss", "musst", "müssen"}
    reasons = [german for german, _ in PAIRS if ", weil " in german]
    assert len(reasons) > 50
    past = {"hatte", "hattest", "hatten", "war", "warst", "waren", "musste", "musstest", "mussten"}
    assert all(german.rstrip(".").split()[-1] in finite | past for german in reasons)


def test_english_has_no_wrong_article_and_no_double_tense() -> None:
    text = "\n".join(english for _, english in PAIRS)
    assert not re.search(r"\ba [aeiou]", text)
    assert not re.search(r"\ban [^aeiou]", text)
    assert not re.search(r"^(He|She) (have|do|are|were|go|buy|need)\b", text, re.MULTILINE)
    assert not re.search(r"\b(did|does|do) not \w+(ed|ought)\b(?<!need)", text)


@pytest.mark.parametrize(
    ("noun", "determiner", "case", "adjective", "plural", "german", "english"),
    [
        ("Tisch", "der", "nominative", "alt", False, "der alte Tisch", "the old table"),
        ("Tisch", "ein", "nominative", "alt", False, "ein alter Tisch", "an old table"),
        ("Tisch", "ein", "accusative", "teuer", False, "einen teuren Tisch", "an expensive table"),
        ("Auto", "kein", "accusative", "neu", False, "kein neues Auto", "a new car"),
        ("Frau", "der", "dative", "jung", False, "der jungen Frau", "the young woman"),
        ("Kind", "der", "dative", "klein", True, "den kleinen Kindern", "the small children"),
        ("Nachbar", "unser", "accusative", "nett", False, "unseren netten Nachbarn", "our nice neighbour"),
        ("Student", "dies", "dative", None, False, "diesem Studenten", "this student"),
        ("Kaffee", "", "accusative", "kalt", False, "kalten Kaffee", "cold coffee"),
        ("Milch", "kein", "accusative", "frisch", False, "keine frische Milch", "any fresh milk"),
        ("Apfel", "drei", "accusative", "gut", True, "drei gute Äpfel", "three good apples"),
        ("Buch", "dies", "accusative", None, True, "diese Bücher", "these books"),
    ],
)
def test_noun_phrases_agree(
    noun: str, determiner: str, case: str, adjective: str | None, plural: bool, german: str, english: str
) -> None:
    known = {**ADJECTIVES, "gut": ADJECTIVES["gut"]}
    chosen = known[adjective] if adjective else None
    assert grammar.noun_phrase(NOUNS[noun], determiner, case, chosen, plural) == (german, english)


@pytest.mark.parametrize(
    ("infinitive", "forms"),
    [
        ("lesen", "lese liest liest lesen"),
        ("arbeiten", "arbeite arbeitest arbeitet arbeiten"),
        ("treffen", "treffe triffst trifft treffen"),
        ("fahren", "fahre fährst fährt fahren"),
        ("ein|laden", "lade lädst lädt laden"),
        ("essen", "esse isst isst essen"),
        ("mögen", "mag magst mag mögen"),
    ],
)
def test_german_verbs_agree(infinitive: str, forms: str) -> None:
    assert " ".join(grammar.conjugate(VERBS[infinitive], person)[0] for person in "123p") == forms


def test_separable_verbs_part_in_main_clauses_only() -> None:
    call = VERBS["an|rufen"]
    assert grammar.verb_de(call, "3", False, "") == ("ruft", "an", "anruft")
    assert grammar.verb_de(call, "3", True, "") == ("hat", "angerufen", "angerufen hat")
    assert grammar.verb_de(call, "2", False, "müssen") == ("musst", "anrufen", "anrufen musst")
    assert grammar.imperative(call) == ("ruf", "an")
    assert [grammar.imperative(VERBS[name])[0] for name in ("lesen", "warten", "fahren")] == [
        "lies", "warte", "fahr",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "past", "person", "tense", "helped", "expected"),
    [
        ("buy", "bought", "3", "simple", False, ("", "buys")),
        ("buy", "bought", "p", "simple", False, ("", "buy")),
        ("buy", "bought", "3", "simple", True, ("does", "buy")),
        ("tidy", "tidied", "3", "simple", False, ("", "tidies")),
        ("go shopping", "went shopping", "3", "simple", False, ("", "goes shopping")),
        ("watch television", "-", "3", "simple", False, ("", "watches television")),
        ("have to work", "had to work", "3", "simple", False, ("", "has to work")),
        ("buy", "bought", "1", "past", True, ("did", "buy")),
        ("buy", "bought", "1", "past", False, ("", "bought")),
        ("write", "wrote", "1", "progressive", False, ("am", "writing")),
        ("get up", "got up", "2", "progressive", True, ("are", "getting up")),
        ("be allowed to go", "-", "3", "past", True, ("was", "allowed to go")),
        ("be", "was", "2", "past", False, ("were", "")),
        ("be", "was", "3", "future", False, ("will", "be")),
    ],
)
def test_english_verbs_agree(
    base: str, past: str, person: str, tense: str, helped: bool, expected: tuple[str, str]
) -> None:
    assert grammar.verb_en(base, past, person, tense, helped) == expected


def test_articles_follow_the_sound() -> None:
    assert grammar.with_article("old table") == "an old table"
    assert grammar.with_article("new egg") == "a new egg"


def test_word_order_of_one_clause() -> None:
    anna = grammar.Phrase("Anna", "Anna")
    clause = grammar.Clause(
        anna, VERBS["ab|holen"], "past", negation="nicht", early=grammar.Pair("ihren Bruder", "her brother"),
        time=grammar.Pair("gestern", "yesterday"), place=grammar.Pair("am Bahnhof", "at the station"),
    )  # fmt: skip
    assert grammar.main(clause) == (
        "Anna hat ihren Bruder gestern nicht am Bahnhof abgeholt",
        "Anna did not pick her brother up at the station yesterday",
    )
    assert grammar.fronted(clause).de == "gestern hat Anna ihren Bruder nicht am Bahnhof abgeholt"
    assert grammar.question(clause, grammar.Pair("warum", "why")) == (
        "warum hat Anna ihren Bruder gestern nicht am Bahnhof abgeholt",
        "why did Anna not pick her brother up at the station yesterday",
    )
    assert grammar.subordinate(grammar.Pair("dass", "that"), clause).de == (
        "dass Anna ihren Bruder gestern nicht am Bahnhof abgeholt hat"
    )
